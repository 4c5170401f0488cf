"""Rendered faces themselves; they need the model of heads and Blender's module."""

import json
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from lapa_annotator.cli.main import app
from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.lapa import LapaFolder, read_labels, read_landmarks
from lapa_annotator.synth.install import require_blender

runner = CliRunner()


def _missing() -> str:
    if find_spec("anny") is None or find_spec("torch") is None:
        return "the extra 'synth' is not installed (anny, torch)"
    try:
        require_blender()
    except InputError as error:
        return str(error)
    return ""


pytestmark = pytest.mark.skipif(bool(_missing()), reason=_missing() or "all there")


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Two small faces, rendered by the command."""
    out = tmp_path_factory.mktemp("faces")
    call = ["synth", "--count", "2", "--seed", "3", "--size", "96", "--out", str(out)]
    shown = runner.invoke(app, call)
    assert shown.exit_code == 0, shown.output
    return out


def test_the_command_writes_a_lapa_data_set(faces):
    samples = LapaFolder(faces).samples()
    assert [s.name for s in samples] == ["synthetic_00000003", "synthetic_00000004"]
    for sample in samples:
        assert np.asarray(Image.open(sample.image)).shape == (96, 96, 3)
        labels = read_labels(sample.labels, (96, 96))
        points = read_landmarks(sample.landmarks)
        assert {Label.SKIN, Label.NOSE} <= set(np.unique(labels).tolist())
        assert points[66, 0] < points[79, 0]
        x, y = np.round(points[54]).astype(int)
        assert labels[y, x] == Label.NOSE


def test_what_was_drawn_is_kept_beside(faces):
    data = json.loads((faces / "train/metadata/synthetic_00000003.json").read_text())
    assert data["seed"] == 3
    assert len(data["visibility"]) == 106
    assert (faces / "contact-sheet.jpg").is_file()


def test_a_face_depends_on_its_seed_alone(faces, tmp_path):
    call = ["synth", "--count", "1", "--seed", "4", "--size", "96", "--out", str(tmp_path)]
    assert runner.invoke(app, call).exit_code == 0
    for kind, ending in (("labels", "png"), ("landmarks", "txt")):
        place = f"train/{kind}/synthetic_00000004.{ending}"
        assert (tmp_path / place).read_bytes() == (faces / place).read_bytes()


def test_bad_calls_are_told_in_one_sentence(tmp_path):
    shown = runner.invoke(app, ["synth", "--count", "0", "--out", str(tmp_path)])
    assert shown.exit_code == 2
    assert "--count" in shown.stderr
    shown = runner.invoke(app, ["synth"])
    assert shown.exit_code == 2
    assert "--out" in shown.stderr
