"""``eval`` prints tables, writes them, and names what it could not compare."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from lapa_annotator.cli.main import app
from lapa_annotator.formats.lapa import write_labels, write_landmarks

TRUTH = np.random.default_rng(0).uniform(0, 100, (106, 2))


def _eval(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Predictions of two faces, one pixel off, and the truth of the same two."""
    labels = np.repeat(np.arange(11, dtype=np.uint8), 4)[None].repeat(30, axis=0)
    for name in ("a", "b"):
        write_landmarks(tmp_path / "truth/test/landmarks" / f"{name}.txt", TRUTH)
        write_landmarks(
            tmp_path / "pred/train/landmarks" / f"{name}.txt", TRUTH + np.array([1.0, 0.0])
        )
        write_labels(tmp_path / "truth/test/labels" / f"{name}.png", labels)
        write_labels(tmp_path / "pred/train/labels" / f"{name}.png", np.roll(labels, 1, axis=1))
    return tmp_path / "pred", tmp_path / "truth"


def test_landmarks_are_shown_by_part(folders: tuple[Path, Path]) -> None:
    result = _eval("landmarks", *folders)
    assert result.exit_code == 0, result.output
    for word in ("inter-ocular", "box", "contour", "eyebrows", "mouth", "inner points", "2 faces"):
        assert word in result.output


def test_landmark_tables_are_written(folders: tuple[Path, Path], tmp_path: Path) -> None:
    paths = [tmp_path / "new" / f"scores.{suffix}" for suffix in ("csv", "md", "json")]
    flags = [w for pair in zip(("--csv", "--markdown", "--json"), paths, strict=True) for w in pair]
    assert _eval("landmarks", *folders, *flags).exit_code == 0
    expected = 100 / np.hypot(*(TRUTH[66] - TRUTH[79]))
    with paths[0].open(encoding="utf-8") as file:
        rows = {(r["normaliser"], r["part"]): r for r in csv.DictReader(file)}
    assert float(rows["inter-ocular", "nose"]["mean"]) == pytest.approx(expected, rel=1e-4)
    assert f"| inter-ocular | nose | 15 | 2 | {expected:.3f} |" in paths[1].read_text(
        encoding="utf-8"
    )
    details = json.loads(paths[2].read_text(encoding="utf-8"))
    assert (details["faces"], details["skipped"]) == (2, {})
    assert details["rows"][0]["mean"] == pytest.approx(expected)


def test_label_maps_are_shown_by_class_and_drawn(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    picture, details = tmp_path / "c.png", tmp_path / "d.json"
    result = _eval("parsing", *folders, "--confusion", picture, "--json", details)
    assert result.exit_code == 0, result.output
    assert "Helen overall" in result.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    # Each class is four columns wide and moved by one.
    assert json.loads(details.read_text())["f1"]["nose"] == pytest.approx(0.75)


def test_a_class_that_never_occurs_is_a_dash_and_null(tmp_path: Path) -> None:
    for side in ("p", "t"):
        write_labels(tmp_path / side / "labels/a.png", np.ones((4, 4), np.uint8))
    outputs = ["--json", tmp_path / "d.json", "--markdown", tmp_path / "d.md"]
    assert _eval("parsing", tmp_path / "p", tmp_path / "t", *outputs).exit_code == 0
    assert "| hair | – |" in (tmp_path / "d.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "d.json").read_text())["f1"]["hair"] is None


def test_what_is_missing_is_named_and_counted(folders: tuple[Path, Path]) -> None:
    pred, truth = folders
    (pred / "train/landmarks/b.txt").unlink()
    result = _eval("landmarks", pred, truth)
    assert result.exit_code == 1
    assert "1 face " in result.output
    assert "test/b: nothing was predicted for it." in result.output
    assert "Not compared: 1 sample." in result.output


def test_nothing_readable_at_all_still_says_why(folders: tuple[Path, Path], tmp_path: Path) -> None:
    pred, truth = folders
    for path in pred.rglob("*.txt"):
        path.write_text("105\n")
    result = _eval("landmarks", pred, truth, "--csv", tmp_path / "x.csv")
    assert result.exit_code == 1
    assert "a.txt: its first line is '105', not 106" in result.output
    assert "Not compared: 2 samples." in result.output
    assert not (tmp_path / "x.csv").exists()


def test_a_wrong_folder_is_one_sentence_and_status_2(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    result = _eval("parsing", folders[0], tmp_path / "gone")
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    assert "gone: there is no such folder" in result.output


def test_a_report_that_cannot_be_written_is_told(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    result = _eval("parsing", *folders, "--csv", tmp_path / "taken")
    assert result.exit_code == 2
    assert "a folder of that name is in the way" in result.output


def test_an_unknown_verb_or_option_is_a_wrong_call(folders: tuple[Path, Path]) -> None:
    assert _eval("poses", *folders).exit_code == 2
    assert _eval("parsing", *folders, "--format", "nonsense").exit_code == 2
