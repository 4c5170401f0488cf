"""``train detector`` on the command line."""

import pytest
from typer.testing import CliRunner

from lapa_annotator.cli.main import app
from lapa_annotator.nets.detector import Detector
from lapa_annotator.nets.hourglass import Hourglass
from lapa_annotator.nets.weights import read_info, save_weights
from lapa_annotator.training.data.split import held_out
from tests.training.data.support import write_lapa


def call(*arguments):
    return CliRunner().invoke(app, ["train", "detector", *map(str, arguments)])


@pytest.fixture
def faces(tmp_path):
    """A folder of three photos to train on and one held out."""
    names = [f"face{i}" for i in range(40)]
    kept = [n for n in names if not held_out(n)][:3]
    write_lapa(tmp_path / "faces", [*kept, *[n for n in names if held_out(n)][:1]])
    return tmp_path / "faces"


def test_a_detector_is_trained_from_a_folder(faces, tmp_path, monkeypatch):
    monkeypatch.setattr("lapa_annotator.training.detector_run._HELD_OUT_COUNT", 2)
    out = tmp_path / "run"
    options = ("--data", faces, "--out", out, "--steps", 1, "--batch", 1, "--threads", 1)
    done = call(*options)
    assert done.exit_code == 0, done.output
    assert read_info(out / "weights.safetensors").network == "detector"
    assert (out / "network.xml").is_file()
    assert "average_precision" in (out / "card.md").read_text(encoding="utf-8")


def test_weights_of_another_network_are_refused(faces, tmp_path):
    path = tmp_path / "other.safetensors"
    save_weights(path, Hourglass(width=8, depth=1), "hourglass", {"width": 8, "depth": 1})
    done = call("--data", faces, "--out", tmp_path / "run", "--init", path)
    assert done.exit_code == 2
    assert "it is a hourglass" in done.output
    assert not (tmp_path / "run").exists()


def test_its_own_weights_may_be_trained_on(faces, tmp_path):
    from lapa_annotator.training.datasets import Data
    from lapa_annotator.training.detector_run import DetectorOrder, _prepare

    path = tmp_path / "own.safetensors"
    network = Detector()
    network.head[-1].bias.data.fill_(0.25)
    save_weights(path, network, "detector", {})
    task, recipe, faces_seen = _prepare(DetectorOrder((Data(faces),), init=path))
    assert task.network().head[-1].bias[0].item() == 0.25
    assert "init" in recipe.fingerprints
    assert faces_seen == 3
