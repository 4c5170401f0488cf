"""Histograms of what a run of rendered faces covers."""

import io
import json
from dataclasses import asdict

from PIL import Image

from lapa_annotator.batch.coverage import coverage_picture, drawn
from lapa_annotator.synth.draw import draw


def _files(folder, seeds):
    for seed in seeds:
        path = folder / f"{seed}.json"
        path.write_text(json.dumps(asdict(draw(seed))))
        yield path


def test_what_runs_drew_is_shown_as_a_picture(tmp_path):
    faces = drawn(_files(tmp_path, range(30)))
    with Image.open(io.BytesIO(coverage_picture(faces))) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 500


def test_faces_that_failed_are_left_out(tmp_path):
    files = [*_files(tmp_path, [1, 2]), tmp_path / "3.json"]
    assert [face["seed"] for face in drawn(files)] == [1, 2]


def test_a_run_without_faces_has_a_picture_too():
    assert coverage_picture([])
