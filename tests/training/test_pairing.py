"""Predictions and truth are matched by name; what does not match is named."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.lapa import write_labels, write_landmarks
from lapa_annotator.training.pairing import pair_up

POINTS = np.random.default_rng(0).uniform(0, 100, (106, 2))
LABELS = np.full((8, 8), 1, np.uint8)


def _write(root: Path, *names: str) -> Path:
    for name in names:
        folder, _, stem = name.rpartition("|")
        write_landmarks(root / folder / "landmarks" / f"{stem}.txt", POINTS)
        write_labels(root / folder / "labels" / f"{stem}.png", LABELS)
    return root


def _found(pred: Path, truth: Path) -> dict[str, str]:
    pairing = pair_up(pred, truth, "labels")
    return {k: p.relative_to(pred).as_posix() for k, (p, _) in pairing.found.items()}


def test_the_same_split_and_name_come_first(tmp_path: Path) -> None:
    truth = _write(tmp_path / "t", "train|a", "test|a")
    pred = _write(tmp_path / "p", "train|a", "test|a")
    assert _found(pred, truth) == {
        "train/a": "train/labels/a.png",
        "test/a": "test/labels/a.png",
    }


def test_the_name_alone_matches_across_splits_and_folders(tmp_path: Path) -> None:
    truth = _write(tmp_path / "t", "test|a", "test|b")
    pred = _write(tmp_path / "p", "train|a", "train|deep/b")
    assert _found(pred, truth) == {
        "test/a": "train/labels/a.png",
        "test/b": "train/labels/deep/b.png",
    }


def test_a_name_that_fits_two_files_fits_none(tmp_path: Path) -> None:
    truth = _write(tmp_path / "t", "|a", "|b")
    pairing = pair_up(_write(tmp_path / "p", "train|a", "val|a", "val|b"), truth, "labels")
    assert (list(pairing.found), list(pairing.skipped)) == (["b"], ["a"])


def test_what_was_not_predicted_is_named(tmp_path: Path) -> None:
    pairing = pair_up(
        _write(tmp_path / "p", "|a"), _write(tmp_path / "t", "|a", "|人"), "landmarks"
    )
    assert pairing.skipped == {"人": "人: nothing was predicted for it."}
    assert pairing.compared == 1


def test_bad_files_are_skipped_with_their_sentence_and_the_rest_goes_on(tmp_path: Path) -> None:
    truth, pred = (_write(tmp_path / side, "|a", "|b", "|c", "|d") for side in "tp")
    (pred / "landmarks/b.txt").write_text("105\n")
    (truth / "landmarks/c.txt").write_text("106\n" + "3 3\n" * 106)
    write_labels(pred / "labels/b.png", LABELS[:4])
    Image.fromarray(LABELS * 0 + 11).save(truth / "labels/c.png")
    landmarks = pair_up(pred, truth, "landmarks")
    assert [pair.name for pair in landmarks.landmarks()] == ["a", "d"]
    assert "p/landmarks/b.txt: its first line is '105'" in landmarks.skipped["b"]
    assert "t/landmarks/c.txt: its outer eye corners coincide" in landmarks.skipped["c"]
    labels = pair_up(pred, truth, "labels")
    assert [pair.name for pair in labels.labels()] == ["a", "d"]
    assert "p/labels/b.png: the label map is 8x4 pixels, its picture 8x8" in labels.skipped["b"]
    assert "t/labels/c.png: the label map holds the id 11" in labels.skipped["c"]
    assert labels.compared == 2


def test_the_truth_may_be_laid_out_as_face_synthetics(tmp_path: Path) -> None:
    truth = tmp_path / "t"
    truth.mkdir()
    Image.fromarray(np.full((8, 8), 255, np.uint8)).save(truth / "a_seg.png")
    (truth / "a_ldmks.txt").write_text("".join(f"{i} {i % 7}\n" for i in range(70)))
    pred = _write(tmp_path / "p", "train|a")
    (points,) = pair_up(pred, truth, "landmarks").landmarks()
    assert (points.indices.shape, points.truth.shape) == ((52,), (52, 2))
    (labels,) = pair_up(pred, truth, "labels").labels()
    assert (labels.ignored, labels.truth.max()) == (255, 255)


def test_folders_that_cannot_be_compared_are_told(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a", "|x"), _write(tmp_path / "b", "|y")
    with pytest.raises(InputError, match="none of its labels has the name of one in"):
        pair_up(a, b, "labels")
    with pytest.raises(InputError, match="it is no folder laid out as LaPa is"):
        pair_up(a, tmp_path, "labels")
    (tmp_path / "c" / "images").mkdir(parents=True)
    with pytest.raises(InputError, match="c: it holds no landmarks; name the folder of the truth"):
        pair_up(a, tmp_path / "c", "landmarks")
