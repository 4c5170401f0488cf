"""The command `synth`, with rendering stood in for."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from lapa_annotator.cli.main import app
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.formats.lapa import write_labels, write_landmarks
from lapa_annotator.store.project import Project
from lapa_annotator.synth import produce
from lapa_annotator.synth.draw import draw
from lapa_annotator.synth.produce import metadata_path, sample_name

runner = CliRunner()
SIZE = 64


@pytest.fixture
def rendering(monkeypatch):
    """Faces without a renderer: a grey picture, points in a row, a map of skin."""
    monkeypatch.setattr(produce, "require_anny", lambda: None)
    monkeypatch.setattr(produce, "require_blender", lambda: None)

    def work(seed, out, size, mix):
        folder, name = out / "train", sample_name(seed)
        for kind in ("images", "metadata"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
        pixels = np.full((size, size, 3), seed, np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{name}.jpg")
        write_labels(folder / "labels" / f"{name}.png", np.ones((size, size), np.uint8))
        points = np.linspace(1, size - 2, 212).reshape(106, 2)
        write_landmarks(folder / "landmarks" / f"{name}.txt", points)
        told = {**asdict(draw(seed, mix)), "size": size, "visibility": [1] + [2] * 105}
        metadata_path(out, seed).write_text(json.dumps(told))

    monkeypatch.setattr(produce, "_work", work)


def _call(*words):
    return runner.invoke(app, ["synth", "--count", "3", "--size", str(SIZE), *map(str, words)])


def test_a_run_leaves_a_sheet_and_histograms_to_look_at(rendering, tmp_path):
    shown = _call("--out", tmp_path / "faces")
    assert shown.exit_code == 0, shown.output
    for name in ("contact-sheet.jpg", "coverage.png"):
        assert (tmp_path / "faces" / name).is_file()
        assert name in shown.output.replace("\n", "")


def test_rendered_faces_go_into_a_project_as_finished_synthetic_images(rendering, tmp_path):
    project = tmp_path / "p.lapa"
    Project.create(project).close()
    shown = _call("--out", tmp_path / "faces", "--project", project)
    assert shown.exit_code == 0, shown.output
    with Project.open(project, read_only=True) as opened:
        ids = opened.ids("tag:synthetic status:done").tolist()
        assert len(ids) == 3
        landmarks = opened.load(ids[0]).faces[0].landmarks
    assert landmarks.visibility.tolist() == [1] + [2] * 105
    assert (landmarks.origin == Origin.IMPORTED).all()


def test_a_second_run_adds_nothing_twice(rendering, tmp_path):
    project = tmp_path / "p.lapa"
    Project.create(project).close()
    for _ in range(2):
        shown = _call("--out", tmp_path / "faces", "--project", project)
    assert "0 faces added" in shown.output


def test_a_project_that_is_not_there_is_told_before_anything_is_rendered(rendering, tmp_path):
    shown = _call("--out", tmp_path / "faces", "--project", tmp_path / "none.lapa")
    assert shown.exit_code == 2
    assert not (tmp_path / "faces").exists()
