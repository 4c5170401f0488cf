"""Exports are whole or not there, the same every time, and can be stopped at any moment."""

import errno
import json
import os
import shutil
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lapa_annotator.batch.execute import Serial
from lapa_annotator.batch.export.card import seal, verify
from lapa_annotator.batch.export.options import ExportOptions, Shown, SplitBy
from lapa_annotator.batch.export.run import export
from lapa_annotator.batch.export.staging import open_staging
from lapa_annotator.batch.export.stopped import remove_stopped, stopped_at
from lapa_annotator.batch.photos import add_folder
from lapa_annotator.batch.transfer import import_data_set
from lapa_annotator.domain.edits import SetOverride, SetTags
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.override import Occluder, Patch
from lapa_annotator.formats.lapa import LapaFolder, read_labels, read_landmarks
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.formats.registry import FORMATS, OCCLUDERS, read_samples
from lapa_annotator.formats.samples import Sample
from lapa_annotator.store.project import Project
from tests.batch.export.builders import HEIGHT, WIDTH, files_of, make_photo, make_project

NAMES = ["a.png", "b.png", "sub/c.png"]


def _export(project: Project, out: Path, **options) -> list:
    return list(export(project, ExportOptions(out, jobs=1, **options), Serial()))


def _staging(out: Path) -> Path:
    return out.with_name(f".{out.name}.export")


@pytest.mark.parametrize("name", FORMATS)
def test_what_goes_out_comes_into_another_project(name: str, tmp_path: Path) -> None:
    if name == "hf":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra 'export')")
    format_ = FORMATS[name]
    out, unpacked = tmp_path / "out", tmp_path / "unpacked"
    with make_project(tmp_path, NAMES, faces=2 if format_.several else 1) as project:
        _export(project, out, format=name)
        before = [project.load(i) for i in project.ids()]
    with Project.create(tmp_path / "q", annotator="bö") as other:
        steps = list(import_data_set(other, out, unpacked=None if name != "hf" else unpacked))
        assert [s.problem for s in steps if s.problem] == []
        after = [other.load(i) for i in other.ids("status:done")]
    assert steps[-1].faces == sum(len(a.faces) for a in before)
    if "points" in format_.keeps:
        # Photos are sorted into splits, so their order may be another one.
        found = sorted(f.landmarks.points[0].round(4).tolist() for a in after for f in a.faces)
        wanted = sorted(f.landmarks.points[0].round(4).tolist() for a in before for f in a.faces)
        assert np.allclose(found, wanted, atol=2e-4)


def _hide(project: Project, kind: Occluder) -> None:
    """Put something in front of the first photo's face."""
    image = int(project.ids()[0])
    (face,) = project.load(image).faces
    after = Patch(10, 8, np.full((6, 9), kind, np.uint8))
    before = face.override.region(10, 8, 9, 6)
    project.save(image, SetOverride(face.id, before, after))


@pytest.mark.parametrize("name", [n for n, f in FORMATS.items() if OCCLUDERS in f.keeps])
def test_what_hides_a_face_goes_out_and_comes_in_again(name: str, tmp_path: Path) -> None:
    if name == "hf":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra 'export')")
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        _hide(project, Occluder.GLASSES)
        _export(project, out, format=name)
    with Project.create(tmp_path / "q", annotator="bö") as other:
        unpacked = tmp_path / "unpacked" if name == "hf" else None
        assert not [s.problem for s in import_data_set(other, out, unpacked=unpacked) if s.problem]
        layers = [other.load(i).faces[0].override for i in other.ids()]
    found = [layer for layer in layers if (layer.values == Occluder.GLASSES).any()]
    assert len(found) == 1
    where = found[0].region(10, 8, 9, 6).values
    assert (where == Occluder.GLASSES).all()
    assert (found[0].values == Occluder.GLASSES).sum() == where.size
    assert (found[0].classes[found[0].values == Occluder.GLASSES] == 0).all()


def test_what_hides_a_face_lies_beside_a_format_that_cannot_hold_it(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        _hide(project, Occluder.HAND)
        _export(project, tmp_path / "plain")
        _export(project, tmp_path / "more", metadata=True)
        _export(project, tmp_path / "crop", metadata=True, shown=Shown.CROP, size=128)
    assert not (tmp_path / "plain" / "occluders").exists()
    lines = (tmp_path / "more" / "metadata.jsonl").read_text().splitlines()
    told = [row["occluders"] for row in map(json.loads, lines) if row["occluders"]]
    assert told == [{"hand": 54}]
    for folder in ("more", "crop"):
        (file,) = (tmp_path / folder / "occluders").iterdir()
        hidden = np.array(Image.open(file))
        labels = np.array(Image.open(next((tmp_path / folder).glob(f"*/labels/{file.name}"))))
        assert set(np.unique(hidden)) == {0, int(Occluder.HAND)}
        assert hidden.shape == labels.shape
        assert not labels[hidden > 0].any()
    card = json.loads((tmp_path / "more" / "card.json").read_text())
    assert card["quality"]["faces hidden by"] == {"hand": 1}


@pytest.mark.parametrize("name", ["lapa", "coco", "celebamask"])
def test_two_exports_of_one_state_are_the_same_byte_by_byte(name: str, tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        more = {"overlays": True, "metadata": True, "licence": "CC0"}
        _export(project, tmp_path / "one", format=name, **more)
        _export(project, tmp_path / "two", format=name, **more)
    one, two = (files_of(tmp_path / n) for n in ("one", "two"))
    assert one == two
    assert {"manifest.json", "card.json", "card.md", "metadata.jsonl"} <= one.keys()
    assert not _staging(tmp_path / "one").exists()


@pytest.mark.parametrize("name", ["lapa", "coco", "wflw"])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_cancelled_export_goes_on_to_the_same_end(name: str, after: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ExportOptions(out, format=name, jobs=1)
    with make_project(tmp_path, NAMES) as project:
        _export(project, tmp_path / "whole", format=name)
        with closing(export(project, options, Serial())) as job:
            for _ in range(after + 1):
                next(job)
        assert not out.exists()
        steps = list(export(project, options, Serial()))
    assert steps[0].reused == after
    assert files_of(out) == files_of(tmp_path / "whole")


def test_files_that_a_kill_left_half_written_are_made_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        _export(project, tmp_path / "whole")
        with closing(export(project, ExportOptions(out, jobs=1), Serial())) as job:
            for _ in range(3):
                next(job)
        cut = sorted((_staging(out) / "data").rglob("*.png"))[0]
        cut.write_bytes(cut.read_bytes()[:20])
        (_staging(out) / "data" / "rubbish.txt").write_text("x")
        steps = _export(project, out)
    assert steps[0].reused == 1
    assert files_of(out) == files_of(tmp_path / "whole")


def test_what_changed_since_the_stop_is_made_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        with closing(export(project, ExportOptions(out, jobs=1), Serial())) as job:
            for _ in range(4):
                next(job)
        project.save(int(project.ids()[0]), SetTags(frozenset(), frozenset({"val"})))
        steps = _export(project, out)
    assert steps[0].reused == 2
    assert (out / "val" / "images" / "a.jpg").is_file()
    assert len(list(out.rglob("a.jpg"))) == 1


def test_an_export_into_what_is_there_is_refused_or_replaces_an_older_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        _export(project, out)
        before = files_of(out)
        with pytest.raises(InputError, match="an older export is there"):
            _export(project, out, format="voc")
        assert files_of(out) == before
        _export(project, out, format="voc", replace=True)
        assert (out / "labelmap.txt").is_file()
        assert not (out / "train").exists()
        with pytest.raises(InputError, match="is not empty"):
            _export(project, tmp_path / "photos", replace=True)
    assert not _staging(out).exists()


def test_what_a_person_put_into_an_export_is_not_replaced_with_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        _export(project, out)
        (out / "train" / "notes.txt").write_text("mine")
        (out / "more.txt").write_text("mine too")
        before = files_of(out)
        with pytest.raises(InputError, match=r"has more\.txt and 1 more, which it did not write"):
            _export(project, out, replace=True)
        assert files_of(out) == before


@pytest.mark.parametrize("manifest", ["{}", "[]", '{"files": {}}', "{"])
def test_another_programs_folder_with_a_manifest_is_no_older_export(
    tmp_path: Path, manifest: str
) -> None:
    out = tmp_path / "site"
    out.mkdir()
    (out / "manifest.json").write_text(manifest)
    (out / "index.html").write_text("mine")
    with (
        make_project(tmp_path, NAMES) as project,
        pytest.raises(InputError, match="is not empty"),
    ):
        _export(project, out, replace=True)
    assert (out / "index.html").read_text() == "mine"


def test_no_data_set_lands_in_the_project_or_around_it(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        for out in (project.folder, project.folder / "deep" / "out", tmp_path):
            with pytest.raises(InputError, match="the project lies there"):
                _export(project, out, replace=True)


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        with open_staging(out), pytest.raises(InputError, match="another run is at work"):
            _export(project, out)
        _export(project, out)
    assert verify(out) == []


def test_a_kill_between_two_renames_keeps_the_older_export(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        _export(project, out)
        before = files_of(out)
        _staging(out).mkdir()
        out.rename(_staging(out) / "before")
        with pytest.raises(InputError, match="older export"), open_staging(out):
            assert files_of(out) == before
            _export(project, out)


def _stop(project: Project, out: Path, after: int = 3) -> None:
    with closing(export(project, ExportOptions(out, jobs=1), Serial())) as job:
        for _ in range(after):
            next(job)


def test_what_a_stopped_export_left_is_told_and_can_be_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        assert stopped_at(out) is None
        _stop(project, out)
        stopped = stopped_at(out)
        assert stopped is not None
        assert stopped.photos == 2
        assert "with 2 photo(s) done" in str(stopped)
        assert stopped_at(out) == stopped, "to look changes nothing"
        remove_stopped(out)
        assert not _staging(out).exists()
        assert stopped_at(out) is None
        assert _export(project, out)[0].reused == 0


def test_an_export_at_work_is_neither_stopped_nor_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        with closing(export(project, ExportOptions(out, jobs=1), Serial())) as job:
            next(job)
            assert stopped_at(out) is None
            with pytest.raises(InputError, match="another run is at work"):
                remove_stopped(out)
        assert _staging(out).exists()


def test_removing_what_is_left_between_two_renames_keeps_the_older_export(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES) as project:
        _export(project, out)
        before = files_of(out)
        _stop(project, tmp_path / "other")
        (_staging(tmp_path / "other")).rename(_staging(out))
        out.rename(_staging(out) / "before")
        remove_stopped(out)
        assert files_of(out) == before


def test_an_export_that_is_whole_takes_away_what_was_left_beside_it_for_a_month(
    tmp_path: Path,
) -> None:
    stale, young, strange = (tmp_path / name for name in ("stale", "young", "strange"))
    with make_project(tmp_path, NAMES) as project:
        for out in (stale, young, strange):
            _stop(project, out)
        (_staging(strange) / "letter.txt").write_text("not ours")
        foreign = _staging(tmp_path / "foreign")
        foreign.mkdir()
        (foreign / "records.sqlite").write_text("somebody's")
        month_ago = time.time() - 31 * 86400
        for folder in (_staging(stale), _staging(strange), foreign):
            for file in folder.glob("records.sqlite*"):
                os.utime(file, (month_ago, month_ago))
        _export(project, tmp_path / "out")
    assert not _staging(stale).exists()
    for kept in (_staging(young), _staging(strange), foreign):
        assert kept.exists()


def test_a_full_disk_is_told_and_nothing_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if "landmarks" in self.parts and self.stem == "b":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, data)

    with make_project(tmp_path, NAMES) as project:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", full)
            with pytest.raises(InputError, match="the disk is full"):
                _export(project, out)
        assert not out.exists()
        steps = _export(project, out)
    assert steps[0].reused == 1
    assert verify(out) == []


def test_a_photo_that_is_gone_is_left_out_and_told(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        (tmp_path / "photos" / "b.png").unlink()
        steps = _export(project, tmp_path / "out")
    assert [s.photo for s in steps if s.problem][:1] == ["b.png"]
    assert (steps[-1].done, steps[-1].faces, steps[-1].skipped) == (3, 2, 1)
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["counts"]["left out"] == 1
    assert list(card["left out"]) == ["b"]
    assert str(tmp_path) not in json.dumps(card)


def test_the_card_counts_and_the_seal_breaks_when_a_byte_changes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES, faces=2) as project:
        _export(project, out, licence="CC BY 4.0")
    card = json.loads((out / "card.json").read_text())
    assert card["counts"]["faces"] == 6
    assert card["counts"]["photos"] == 3
    assert card["licences"]["photos and annotations"] == "CC BY 4.0"
    assert card["provenance"]["models"] == ["fake"]
    assert card["seal"] == seal(card)
    skin = sum(
        int((read_labels(s.labels) == 1).sum()) for s in LapaFolder(out).samples() if s.labels
    )
    assert card["classes"][1]["pixels"] == skin
    assert verify(out) == []
    label = next(out.rglob("*.png"))
    label.write_bytes(label.read_bytes() + b"\0")
    (out / "extra.txt").write_text("x")
    assert [s.split("; ")[0].split(": ")[1] for s in verify(out)] == [
        "it was changed",
        "came later",
    ]


def test_crops_are_upright_and_points_follow(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        _export(project, tmp_path / "out", shown=Shown.CROP, size=64, margin=1.5)
    samples = LapaFolder(tmp_path / "out").samples()
    assert len(samples) == 3
    for sample in samples:
        assert read_photo(sample.image).pixels.shape == (64, 64, 3)
        assert read_labels(sample.labels).shape == (64, 64)
        points = read_landmarks(sample.landmarks)
        assert points[66, 1] == pytest.approx(points[79, 1], abs=1e-4)
        span = points.max(axis=0) - points.min(axis=0)
        assert 35 < span.max() < 50


def test_photos_are_brought_down_to_a_size_with_their_points(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES[:1]) as project:
        _export(project, tmp_path / "out", size=30)
        (face,) = project.load(int(project.ids()[0])).faces
    (sample,) = LapaFolder(tmp_path / "out").samples()
    height, width = read_labels(sample.labels).shape
    assert (width, height) == (WIDTH // 2, HEIGHT // 2)
    wanted = (face.landmarks.points + 0.5) / 2 - 0.5
    assert np.allclose(read_landmarks(sample.landmarks), wanted, atol=1e-6)


def test_classes_are_put_together_and_an_import_of_that_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with make_project(tmp_path, NAMES[:1]) as project:
        merge = ("upper lip+lower lip=lips", "hair=background")
        _export(project, out, format="voc", merge=merge, colours=("lips=#010203",))
        assert "lips:1,2,3::" in (out / "labelmap.txt").read_text()
        with pytest.raises(InputError, match="its classes were put together"):
            list(import_data_set(project, out))


def test_photos_of_one_place_in_two_folders_do_not_meet(tmp_path: Path) -> None:
    with make_project(tmp_path, ["a.png"]) as project:
        make_photo(tmp_path / "more" / "a.png", 5)
        list(add_folder(project, tmp_path / "more"))
        _export(project, tmp_path / "out", query="", format="yolo")
    names = sorted(p.stem for p in (tmp_path / "out").rglob("*.txt"))
    assert names == ["photos__a"]


def test_an_empty_export_is_an_empty_data_set(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES[:1]) as project:
        _export(project, tmp_path / "out", query="tag:none", format="coco")
    assert json.loads((tmp_path / "out" / "card.json").read_text())["counts"]["faces"] == 0


def test_persons_stay_together(tmp_path: Path) -> None:
    names = [f"{k}.png" for k in range(8)]
    tags = {n: [f"person:{k % 3}"] for k, n in enumerate(names)}
    with make_project(tmp_path, names, tags=tags) as project:
        _export(
            project,
            tmp_path / "out",
            format="coco",
            split_by=SplitBy.PERSON,
            shares={"train": 1, "val": 1, "test": 1},
        )
    found = [s for s in read_samples(tmp_path / "out", FORMATS["coco"]) if isinstance(s, Sample)]
    splits = {}
    for sample in found:
        splits.setdefault(int(sample.name) % 3, set()).add(sample.split)
    assert len(found) == 8
    assert all(len(s) == 1 for s in splits.values())


def test_the_project_is_as_it_was(tmp_path: Path) -> None:
    with make_project(tmp_path, NAMES) as project:
        before = [project.load(i) for i in project.ids()], len(project.history(1))
        _export(project, tmp_path / "out", format="cvat")
        assert ([project.load(i) for i in project.ids()], len(project.history(1))) == before
    shutil.rmtree(tmp_path / "out")
    assert (tmp_path / "photos" / "a.png").is_file()
