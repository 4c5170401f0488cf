"""``train parsing`` and ``train ablation`` on the command line."""

import pytest
from typer.testing import CliRunner

from lapa_annotator.cli.main import app
from lapa_annotator.cli.train_parsing import order_of
from lapa_annotator.training.data.split import held_out
from tests.training.data.support import write_lapa

RUNNER = CliRunner()
SMALL = ("--width", 0.125, "--head", 8, "--edge", 8, "--size", 64, "--steps", 1, "--batch", 2)


def call(*arguments):
    return RUNNER.invoke(app, ["train", *map(str, arguments)])


@pytest.fixture
def faces(tmp_path):
    """A folder of two photos to train on and one held out."""
    names = [f"face{i}" for i in range(40)]
    kept = [n for n in names if not held_out(n)][:2]
    write_lapa(tmp_path / "faces", [*kept, *[n for n in names if held_out(n)][:1]])
    return tmp_path / "faces"


def test_a_parser_is_trained_from_a_folder(faces, tmp_path):
    out = tmp_path / "run"
    told = ("--data", faces, "--out", out, "--cache", tmp_path / "cache", "--threads", 1)
    done = call("parsing", *told, *SMALL)
    assert done.exit_code == 0, done.output
    assert "skin F1" in done.output
    assert (out / "network.json").is_file()
    other = call("parsing", *told, *SMALL, "--classes", 11)
    assert other.exit_code == 2
    assert "classes = 3, not 11" in other.output


def test_an_ablation_ends_with_its_table(faces, tmp_path):
    told = ("--data", faces, "--out", tmp_path / "runs", "--cache", tmp_path / "cache")
    done = call("ablation", *told, "--threads", 1, "--seeds", 1, *SMALL)
    assert done.exit_code == 0, done.output
    assert "Model C" in (tmp_path / "runs" / "ablation.txt").read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--classes", 5), "5 is not 2, 3 or 11"),
        (("--net", "unet"), "no parser"),
        (("--backbone", "vgg"), "resnet101"),
        (("--init", "/nowhere.pth"), "no such file"),
    ],
)
def test_bad_input_is_one_sentence(faces, tmp_path, options, told):
    places = ("--data", faces, "--out", tmp_path / "run", "--cache", tmp_path / "cache")
    done = call("parsing", *places, *SMALL, *options)
    assert done.exit_code == 2
    assert told in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "run").exists()


def test_two_classes_are_the_small_coarse_network(faces):
    order = order_of([str(faces)], False, {"classes": 2})
    assert (order.net, order.width, order.head) == ("pspnet", 0.5, 64)


def test_what_is_named_beats_the_papers_recipe(faces):
    order = order_of([str(faces)], True, {"size": 128, "batch": 4})
    assert (order.backbone, order.optimizer, order.size, order.batch) == (
        "resnet101",
        "sgd",
        128,
        4,
    )
