"""The verbs export, import and report."""

import json
from pathlib import Path

from typer.testing import CliRunner

from lapa_annotator.cli.main import app
from tests.batch.export.builders import make_project

RUN = CliRunner()


def _run(*words: object):
    return RUN.invoke(app, [str(w) for w in words])


def test_a_project_goes_out_and_into_another_one(tmp_path: Path) -> None:
    make_project(tmp_path, ["a.png", "b.png"]).close()
    out = tmp_path / "out"
    done = _run(
        *("export", tmp_path / "p.lapa", "--out", out, "--format", "coco", "--jobs", 1),
        *("--merge", "upper lip+lower lip=lips", "--query", "status:done", "--licence", "CC0"),
    )
    assert done.exit_code == 0, done.output
    assert "2 faces of 2 images; 0 skipped." in done.output
    card = json.loads((out / "card.json").read_text())
    assert "lips" in [row["name"] for row in card["classes"]]
    assert _run("export", out, "--verify").exit_code == 0
    (out / "card.md").write_text("changed")
    again = _run("export", tmp_path / "p.lapa", "--out", out, "--jobs", 1)
    assert again.exit_code == 2
    assert "an older export is there" in again.output
    plain = tmp_path / "plain"
    assert _run("project", "export", tmp_path / "p.lapa", plain).exit_code == 0
    assert _run("project", "new", tmp_path / "q").exit_code == 0
    taken = _run("import", tmp_path / "q.lapa", plain, "--tag", "seen")
    assert taken.exit_code == 0, taken.output
    assert "2 faces of 2 images; 0 skipped." in taken.output
    found = _run("project", "search", tmp_path / "q.lapa", "tag:seen", "--paths").output
    assert sorted(Path(line).name for line in found.split()) == ["a.jpg", "b.jpg"]


def test_wrong_calls_are_one_sentence(tmp_path: Path) -> None:
    make_project(tmp_path, ["a.png"]).close()
    project, out = tmp_path / "p.lapa", tmp_path / "out"
    for words, said in (
        (["--format", "pdf"], "no format has this name"),
        (["--split", "train:x"], "has no weight"),
        (["--merge", "beak=nose"], "cannot be mapped"),
        (["--colour", "nose=red"], "no class and colour"),
        (["--query", "status:odd"], "status:odd"),
        (["--size", "99999"], "make no sense"),
        (["--margin", "0.1"], "makes no sense"),
    ):
        done = _run("export", project, "--out", out, *words)
        assert done.exit_code == 2
        assert said in done.output
        assert "Traceback" not in done.output
        assert not out.exists()
    assert "say --out FOLDER" in _run("export", project).output
    assert "none of the formats" in _run("import", project, tmp_path).output


def test_a_changed_export_is_told(tmp_path: Path) -> None:
    make_project(tmp_path, ["a.png"]).close()
    out = tmp_path / "out"
    assert _run("export", tmp_path / "p.lapa", "--out", out, "--jobs", 1).exit_code == 0
    (photo,) = out.rglob("a.jpg")
    photo.write_bytes(b"x")
    done = _run("export", out, "--verify")
    assert done.exit_code == 1
    assert "it was changed" in done.output


def test_a_report_is_written(tmp_path: Path) -> None:
    make_project(tmp_path, ["a.png"]).close()
    done = _run("report", tmp_path / "p.lapa", "--out", tmp_path / "report")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "report" / "report.html").is_file()
