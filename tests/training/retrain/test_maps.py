"""A project's parsing network learns from label maps; the gate judges it by F1."""

import dataclasses
import json

import cv2
import numpy as np
import pytest
import torch

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.override import EMPTY, Patch
from lapa_annotator.nets.registry import build_network
from lapa_annotator.nets.weights import save_weights
from lapa_annotator.ppa.parse import ParseOptions
from lapa_annotator.ppa.settings import Settings, apply, making, settings_of
from lapa_annotator.store.cache import CachedSegmentation
from lapa_annotator.training.loop import Machine
from lapa_annotator.training.parsing_run import ParsingOrder
from lapa_annotator.training.retrain import versions
from lapa_annotator.training.retrain.gate import MAPS, Errors, Rule, compare
from lapa_annotator.training.retrain.map_source import MapSource, has_map
from lapa_annotator.training.retrain.maps import LabelMaps
from lapa_annotator.training.retrain.measure import beside_borders, measure_maps
from lapa_annotator.training.retrain.report import read_report
from lapa_annotator.training.retrain.run import retrain
from lapa_annotator.training.retrain.settings import RetrainSettings
from lapa_annotator.training.retrain.settings import settings_of as retraining_of
from lapa_annotator.training.retrain.snapshot import take_snapshot
from lapa_annotator.training.retrain.split import Split
from lapa_annotator.training.retrain.versions import PARSING, go_back
from tests.training.retrain.support import SIDE, SMALL, face_points, make_project

MACHINE = Machine(threads=1, report_every=20, validate_every=100, save_every=100, precision="fp32")
MAPS_SMALL = dataclasses.replace(
    SMALL, scratch=False, steps=30, batch=4, rate=1e-2, rule=Rule(faces=2, worse=100.0)
)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _no_coarse_network(monkeypatch):
    monkeypatch.setattr("lapa_annotator.ppa.registry.coarse_of", lambda _: ())


def head(points, side=SIDE):
    """(3, side, side) uint8: a head around (106, 2) points, hair in its upper half."""
    centre, size = points.mean(axis=0), np.ptp(points, axis=0).max()
    whole = np.zeros((side, side), np.uint8)
    cv2.circle(whole, tuple(int(v) for v in centre), int(0.75 * size), 255, -1)
    hair = whole.copy()
    hair[int(points[33:51, 1].min() - 0.1 * size) :] = 0
    return np.stack([255 - whole, whole - hair, hair])


class Says:
    """A segmenter that says the same of every pixel."""

    size = 64

    def __init__(self, name, *shares):
        self.name, self._shares = name, shares

    def segment(self, crop):
        return np.broadcast_to(
            np.array(self._shares, np.float32)[:, None, None], (3, self.size, self.size)
        ).copy()


def segment(project, image_id, model="teacher"):
    """Keep the head of an image's one face as its segmentation."""
    face = project.load(image_id).faces[0]
    said = CachedSegmentation(head(face.landmarks.points), Similarity(1, 0, 0, 0), model)
    project.segmentations.store(face.id, said)
    return face


def project_of_maps(folder, photos=12):
    """A project of which every face is finished and segmented, its photos with heads in them."""
    project = make_project(folder, photos=photos, finished=photos)
    for image_id in project.ids().tolist():
        segment(project, image_id)
        file = project.photo_path(image_id)
        colours = np.array([[30, 30, 60], [70, 120, 200], [10, 60, 160]], np.uint8)  # BGR
        seed = int(project.info(image_id).path.stem)
        cv2.imwrite(str(file), colours[head(face_points(seed)).argmax(axis=0)])
    return project


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Weights of a very small network to begin from."""
    settings = ParsingOrder(data=(), width=0.0625, head=4, edge=4).settings
    torch.manual_seed(0)
    weights = tmp_path / "tiny" / "weights.safetensors"
    weights.parent.mkdir()
    save_weights(weights, build_network("bspnet", **settings), "bspnet", settings, {})
    (weights.parent / "network.json").write_text(json.dumps({"size": 64, "classes": 3}))
    monkeypatch.setattr(LabelMaps, "begins_from", lambda *_: ("tiny", weights))
    return weights


def test_a_network_that_has_learned_is_promoted_and_makes_the_maps_from_then_on(tmp_path, tiny):
    with project_of_maps(tmp_path) as project:
        work = retrain(
            project, MAPS_SMALL, MACHINE, task=PARSING, baseline=Says("nobody", 1.0, 0.0, 0.0)
        )
        reports = list(work)
        assert "parsing-0001 is in use now" in reports[-1].note
        assert {"training", "validated", "comparing"} <= {report.stage for report in reports}
        folder = project.folder / "training/runs/parsing-0001"
        told = read_report(folder)
        assert (told["old"]["name"], told["rows"][0]["part"]) == ("nobody", "all classes")
        assert told["new"]["F1"] > told["old"]["F1"]
        assert "less the mean F1" in told["rule"]["text"]
        (version,) = project.models.all(PARSING)
        assert version.active
        assert version.parent == "tiny"
        assert {"error", "F1", "old error", "faces"} <= version.metrics.keys()
        assert project.models.active("landmarks") is None
        made = making(project, settings_of(project))
        assert made.parser == str(folder)
        assert versions.current_segmenter(project).name == "parsing-0001"
        assert len(list((folder / "maps").iterdir())) == 12
        assert not (folder / "crops").exists()
        go_back(project, "parsing-0001")
        (folder / "network.bin").unlink()
        with pytest.raises(InputError, match=r"weights of parsing-0001 are gone"):
            go_back(project, "parsing-0001")


def test_faces_without_a_label_map_are_not_learned_from(tmp_path):
    with make_project(tmp_path, photos=9, finished=9) as project:
        settings = dataclasses.replace(SMALL, least=6)
        with pytest.raises(
            InputError, match="0 finished images have a label map, and a training needs 6"
        ):
            next(retrain(project, settings, MACHINE, task=PARSING))
        for image_id in project.ids().tolist()[:7]:
            segment(project, image_id)
        snapshot, _ = take_snapshot(project, settings, Split(), has_map(project))
        assert snapshot.faces() == 7


def test_a_segmenter_that_is_named_by_hand_is_not_replaced_behind_ones_back(tmp_path):
    with project_of_maps(tmp_path) as project:
        apply(project, Settings.of({"segmenter": "multiclass"}))
        with pytest.raises(InputError, match="name multiclass, which a new version would not"):
            next(retrain(project, MAPS_SMALL, MACHINE, task=PARSING))


def test_a_runs_label_maps_stay_what_they_were_when_it_began(tmp_path):
    with project_of_maps(tmp_path) as project:
        snapshot, _ = take_snapshot(project, SMALL, Split(), has_map(project))
        source = MapSource(project, snapshot, tmp_path / "maps", "train")
        before = source.load(0)
        assert {Label.SKIN, Label.HAIR, Label.NOSE} <= set(np.unique(before.labels).tolist())
        for image_id in project.ids().tolist():
            project.segmentations.forget(project.load(image_id).faces[0].id)
        again = MapSource(project, snapshot, tmp_path / "maps", "train")
        assert again.keys() == source.keys()[:1]
        assert np.array_equal(again.load(0).labels, before.labels)
        assert not len(MapSource(project, snapshot, tmp_path / "none", "train"))


def test_what_a_person_has_painted_is_in_the_map(tmp_path):
    with project_of_maps(tmp_path) as project:
        snapshot, _ = take_snapshot(project, SMALL, Split(), has_map(project))
        image_id = snapshot.chosen("train")[0].image
        face = project.load(image_id).faces[0]
        painted = dataclasses.replace(
            face, override=Patch(2, 3, np.full((4, 5), Label.HAIR, np.uint8))
        )
        source = MapSource(project, snapshot, tmp_path / "maps", "train")
        source._faces[0] = (*source._faces[0][:2], painted)
        assert (source.load(0).labels[3:7, 2:7] == Label.HAIR).all()


def test_two_segmenters_are_measured_on_the_same_faces_class_by_class(tmp_path):
    with project_of_maps(tmp_path) as project:
        snapshot, _ = take_snapshot(project, SMALL, Split(), has_map(project))
        frozen = MapSource(project, snapshot, tmp_path / "maps", "held out")
        skin, nothing = Says("skin", 0.0, 1.0, 0.0), Says("nothing", 1.0, 0.0, 0.0)
        work = measure_maps((skin, nothing), frozen, ParseOptions())
        try:
            while True:
                next(work)
        except StopIteration as end:
            one, other = end.value
        assert one.names == other.names
        assert len(one.names) == len(frozen)
        skin_of, hair_of = MAPS.parts["skin"][0], MAPS.parts["hair"][0]
        assert (one.each[:, hair_of] == 100).all()
        assert one.each[:, skin_of].mean() < other.each[:, skin_of].mean()
        assert np.array_equal(np.isnan(one.each), np.isnan(other.each))


def test_only_painted_pixels_count_beside_a_border():
    labels = np.zeros((40, 40), np.uint8)
    labels[:, 20:] = Label.HAIR
    plain = beside_borders(labels, EMPTY, interocular=100.0)
    assert np.flatnonzero(plain.any(axis=0)).tolist() == [18, 19, 20, 21]
    painted = Patch(19, 0, np.full((10, 2), Label.HAIR, np.uint8))
    some = beside_borders(labels, painted, interocular=100.0)
    assert not some[:10, 19:21].any()
    assert some[10:, 19:21].all()


def test_the_gate_speaks_of_f1_and_its_classes():
    rng = np.random.default_rng(0)
    old = Errors(tuple("abcdefghijkl"), rng.uniform(5, 9, (12, 10)), np.zeros(12), MAPS)
    new = Errors(old.names, old.each - 1, old.yaw, MAPS)
    worse = new.each.copy()
    worse[:, MAPS.parts["hair"][0]] += 4
    rule = Rule(faces=12, worse=1.0)
    assert "less the mean F1) falls by 1.00" in compare(old, new, rule).reason
    refused = compare(old, Errors(old.names, worse, old.yaw, MAPS), rule)
    assert not refused.promoted
    assert "hair surely rises by more than 1 %" in refused.reason


def test_each_task_has_settings_of_its_own(tmp_path):
    with make_project(tmp_path, photos=1, finished=0) as project:
        assert retraining_of(project) == SMALL
        assert retraining_of(project, PARSING) == RetrainSettings(rule=Rule(worse=1.0))
