"""Real photos come into a project with their size as displayed."""

from pathlib import Path

from PIL import Image

from lapa_annotator.batch.photos import LOOK, add_folder, rescan
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import PhotoState


def test_a_turned_photo_has_the_size_that_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (40, 30)).save(tmp_path / "photos" / "turned.jpg", exif=exif)
    Image.new("RGB", (40, 30)).save(tmp_path / "photos" / "plain.png")
    (tmp_path / "photos" / "notes.txt").write_text("no photo")
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no photo")
    with Project.create(tmp_path / "p") as project:
        found = list(add_folder(project, tmp_path / "photos"))[-1]
        assert (found.new, len(found.unreadable)) == (2, 1)
        plain, turned = project.page().rows
        assert (plain.width, plain.height, plain.orientation) == (40, 30, 1)
        assert (turned.width, turned.height, turned.orientation) == (30, 40, 6)


def test_a_changed_photo_is_measured_again_when_it_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "photos" / "a.png"
    file.parent.mkdir()
    Image.new("RGB", (40, 30)).save(file)
    with Project.create(tmp_path / "p") as project:
        list(add_folder(project, file.parent))
        Image.new("RGB", (50, 60)).save(file)
        assert list(rescan(project))[-1].changed == 1
        (row,) = project.page().rows
        assert (row.width, row.photo) == (40, PhotoState.CHANGED)
        project.accept_change(row.id, LOOK)
        (row,) = project.page().rows
        assert (row.width, row.height, row.photo) == (50, 60, PhotoState.PRESENT)
