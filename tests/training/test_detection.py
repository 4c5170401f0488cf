"""Training the face detector: targets, losses, and a network that learns them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from lapa_annotator.dla.boxes import merge_boxes  # noqa: E402
from lapa_annotator.dla.centre import decode  # noqa: E402
from lapa_annotator.domain.geometry import Box  # noqa: E402
from lapa_annotator.training.data.mosaic import (  # noqa: E402
    Mosaic,
    MosaicMaker,
    MosaicSettings,
    Portrait,
)
from lapa_annotator.training.detection import (  # noqa: E402
    DetectionTask,
    LossWeights,
    detection_loss,
    encode,
)
from tests.training.data.support import face_points  # noqa: E402

torch.set_num_threads(1)
SMALL = {"widths": [4, 4, 6, 6, 6], "depth": 1}


def mosaic(*boxes, doubtful=()):
    return Mosaic(np.zeros((128, 160, 3), np.uint8), tuple(boxes), tuple(doubtful))


def answer(target):
    """What a network says that has learnt the target by heart."""
    raw = torch.zeros(1, 7, *target.shape[1:])
    raw[0, 0] = torch.logit(torch.from_numpy(target[0]).clamp(1e-4, 1 - 1e-4))
    raw[0, 1:5] = torch.from_numpy(np.log(np.where(target[1] > 0, target[2:6], 1)))
    raw[0, 5:7] = torch.from_numpy(target[6:8])
    return raw


@pytest.mark.parametrize(
    "boxes",
    [
        [Box(20, 31, 61, 80, roll=25)],
        [Box(-20, 31, 61, 90, roll=-50), Box(100, 40, 111, 52, roll=5)],
        [Box(0, 0, 9, 11), Box(40, 0, 49, 9, roll=60), Box(9, 90, 120, 127)],
    ],
)
def test_a_target_decodes_to_the_boxes_it_is_of(boxes):
    found = merge_boxes(decode(answer(encode(mosaic(*boxes)))[0].numpy(), 0.9))
    assert len(found) == len(boxes)
    for box in boxes:
        best = max(found, key=box.iou)
        assert best.iou(box) > 0.999
        assert best.roll == pytest.approx(box.roll, abs=1e-3)


def test_the_boxes_of_large_and_small_faces_count_alike():
    target = encode(mosaic(Box(10, 10, 90, 100), Box(120, 100, 130, 110)))
    assert target[1].sum() == pytest.approx(2, abs=1e-5)
    assert target[1][:, 14:].sum() == pytest.approx(1, abs=1e-5)


def test_a_learnt_target_costs_hardly_anything():
    target = encode(mosaic(Box(20, 31, 61, 80, roll=25)))
    batch = torch.from_numpy(target)[None]
    _, parts = detection_loss(answer(target), batch, LossWeights())
    assert parts["overlap"] < 1e-4
    assert parts["sides"] < 1e-4
    assert parts["roll"] < 1e-6
    worse = answer(target)
    worse[:, 1:] += 0.5
    for name, part in detection_loss(worse, batch, LossWeights())[1].items():
        assert name == "heat" or part > 0.04


def test_nothing_is_asked_about_doubtful_faces():
    sure = torch.full((1, 7, 16, 20), -9.0)
    sure[0, 0, 5, 5] = 9.0
    asked = torch.from_numpy(encode(mosaic()))[None]
    spared = torch.from_numpy(encode(mosaic(doubtful=[Box(20, 20, 70, 70)])))[None]
    costs = [detection_loss(sure, t, LossWeights())[1]["heat"] for t in (asked, spared)]
    assert costs[0] > 1
    assert costs[1] < 0.01


def task(seed=0):
    image = np.random.default_rng(0).integers(0, 256, (128, 120, 3), dtype=np.uint8)
    maker = MosaicMaker([([Portrait(image, (face_points(),))], 1.0)], MosaicSettings(side=64))
    held_out = [maker.make(99, n) for n in range(2)]
    return DetectionTask(maker, held_out, settings=SMALL, batch=2, seed=seed)


def test_a_batch_depends_on_seed_and_step_alone():
    one, same = task().batch(4), task().batch(4)
    assert one["images"].shape == (2, 3, 64, 64)
    assert one["target"].shape == (2, 9, 8, 8)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["images"], task(1).batch(4)["images"])
    assert not torch.equal(one["images"], task().batch(5)["images"])


def test_a_few_steps_lower_the_loss():
    torch.manual_seed(0)
    made = task()
    network, batch = made.network(), made.batch(1)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    losses = []
    for _ in range(30):
        loss, _ = made.loss(network, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]


def test_validation_scores_held_out_mosaics():
    made = task()
    scores = made.validate(made.network().eval())
    assert set(scores) == {"recall", "false_alarms", "average_precision", "iou", "roll"}
    assert scores["recall"] == 0
