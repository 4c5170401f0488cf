"""``simulate`` on the command line: drags, calibration, label maps, and a prior that learns."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from lapa_annotator.cli.main import app
from lapa_annotator.dla.shape import learn_shapes
from lapa_annotator.domain.landmarks import Landmarks
from tests.training.data.support import face_points, write_lapa
from tests.training.test_known_faces import Nobody


class Astray:
    """A proposer that misses every part of a face by a way of its own, by chance."""

    name = "astray"

    def __init__(self, truth) -> None:
        self._truth, self._rng = truth, np.random.default_rng(0)

    def propose(self, image, box):
        parts = np.repeat(self._rng.normal(0, 6, (4, 2)), (33, 33, 22, 18), axis=0)
        return Landmarks(self._truth + parts)


@pytest.fixture
def simulate(tmp_path, monkeypatch):
    """Call ``simulate`` on faces whose proposals are wrong; returns what it writes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    proposer = Astray(face_points())
    monkeypatch.setattr("lapa_annotator.dla.registry.make_detector", Nobody)
    monkeypatch.setattr("lapa_annotator.dla.registry.make_proposer", lambda name: proposer)
    rng = np.random.default_rng(1)
    faces = [face_points() + rng.normal(0, 3, (106, 2)) for _ in range(200)]
    shapes = learn_shapes([(faces, 1.0)])
    monkeypatch.setattr("lapa_annotator.dla.shape.shipped_shapes", lambda: shapes)
    for folder, names in (("test", "abc"), ("learned", "".join(map(chr, range(100, 122))))):
        write_lapa(tmp_path / folder, list(names))

    def call(*options):
        out = tmp_path / "drags.json"
        arguments = ["simulate", tmp_path / "test", "--json", out, *options]
        result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output, json.loads(out.read_text())

    call.learned = tmp_path / "learned"
    return call


def drags(found, method):
    rows = found["drags"]
    return next(r["mean"] for r in rows if (r["method"], r["group"]) == (method, "all faces"))


def test_what_was_learned_from_other_faces_saves_drags(simulate):
    said, found = simulate("--learn", simulate.learned, "--maps")
    assert found["faces"] == 3
    assert found["prior"] == 22
    assert drags(found, "propagation") < drags(found, "plain") / 3
    assert {row["radius"] for row in found["calibration"]} == {0.03, 0.05, 0.08}
    assert found["maps"]["drags"] == [0, 3, 5, 10]
    assert "Said to be near the truth" in said


def test_a_prior_that_learns_is_measured_as_often_as_there_are_faces(simulate):
    said, found = simulate("--online", "--learn", simulate.learned)
    rows = found["online"]
    assert [r["seen"] for r in rows] == [0, 0, 20, 20, 22, 22]
    assert [r["tolerance"] for r in rows] == [0.05, 0.08] * 3
    assert rows[2]["mean"] < rows[0]["mean"]
    assert "faces seen" in said
    assert "drags" not in found
