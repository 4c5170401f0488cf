"""Comparing with another person's annotation in a review, and settling between the two."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.face import Annotation, Status
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.domain.override import Patch
from lapa_annotator.gui.editor.review.comparing import OTHERS
from tests.gui.editor.conftest import face_in, photo_of
from tests.gui.editor.test_livemap import segmentation

HAIR = Patch(150, 150, np.full((20, 30), Label.HAIR, np.uint8))


def _moved(face, by: float, name: str, **more):
    marks = face.landmarks
    points = marks.points + np.array([by, 0.0])
    marks = replace(
        marks, points=points, origin=np.full(106, Origin.CORRECTED), annotator=(name,) * 106
    )
    return replace(face, landmarks=marks, **more)


@pytest.fixture
def twice(desk):
    """A finished photo that ben and cara have annotated too, before a reviewer."""
    mine = _moved(face_in(), 0.0, "Ann")
    ben, cara = _moved(mine, 6.0, "ben", override=HAIR), _moved(mine, 12.0, "cara")
    photo = photo_of(
        mine,
        annotation=Annotation((mine,), Status.DONE),
        proposals={mine.id: mine.landmarks},
        segmentations={mine.id: segmentation()},
        others={"ben": Annotation((ben,), Status.DONE), "cara": Annotation((cara,), Status.DONE)},
    )
    desk.editor.open(photo)
    desk.editor.toggle_review()
    desk.mine, desk.ben, desk.cara = mine, ben, cara
    return desk


def _compare(desk, place: int) -> None:
    desk.editor.options.set("reference", place)


def test_a_key_goes_through_everybody_and_says_how_far_he_is_away(twice):
    comparing = twice.editor.reviewing.comparing
    names = []
    for _ in range(comparing.references):
        twice.key(Qt.Key.Key_L)
        names.append(comparing.name)
    assert [n.split(",")[0] for n in names] == [
        "what the last review left",
        "the photo alone",
        "what ben says",
        "what cara says",
        "the model's own label map",
    ]
    unit = 100 / twice.mine.landmarks.interocular
    assert names[2].endswith(f"{6 * unit:.1f} % away")
    assert names[3].endswith(f"{12 * unit:.1f} % away")


def test_his_label_map_is_blinked_with_and_stands_beside(twice):
    comparing = twice.editor.reviewing.comparing
    _compare(twice, OTHERS)
    area, labels = comparing.reference
    assert labels[160 - area.y0, 160 - area.x0] == Label.HAIR
    assert comparing.blink()
    twice.editor.toggle_beside()
    assert (comparing.beside.map_item.pixels == labels).all()


def _violet(desk) -> int:
    """How many pixels of the canvas are of the ink of other people's points."""
    image = desk.editor.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = rows[:, : 3 * image.width()].reshape(-1, 3).astype(int)
    return int((np.abs(pixels - (190, 130, 255)).max(axis=1) < 25).sum())


def test_his_points_are_drawn_while_he_is_compared_with(twice):
    assert not _violet(twice)
    _compare(twice, OTHERS)
    assert _violet(twice) > 100
    _compare(twice, 0)
    assert not _violet(twice)


def test_his_points_can_be_settled_with_only_while_he_is_compared_with(twice):
    assert not twice.editor.has("others")
    _compare(twice, OTHERS)
    assert twice.editor.has("others")
    twice.editor.toggle_review()
    assert not twice.editor.has("others")


def test_a_key_takes_what_he_says_as_one_edit(twice):
    _compare(twice, OTHERS)
    before = twice.document.annotation
    twice.key(Qt.Key.Key_Right)
    (face,) = twice.document.annotation.faces
    assert face.landmarks == twice.ben.landmarks and face.override == HAIR
    assert "adjudicated" in twice.document.annotation.tags
    assert twice.titles == ["Adjudicate: take what ben says"]
    twice.editor.undo()
    assert twice.document.annotation == before


def test_of_selected_points_only_these_are_taken(twice):
    _compare(twice, OTHERS + 1)
    twice.document.select({3, 54}, 54)
    twice.key(Qt.Key.Key_Right)
    (face,) = twice.document.annotation.faces
    off = face.landmarks.points - twice.mine.landmarks.points
    assert np.flatnonzero(off.any(axis=1)).tolist() == [3, 54]
    assert off[3].tolist() == [12.0, 0.0]
    assert face.landmarks.annotator[3] == "cara"
    assert twice.titles == ["Adjudicate: take what cara says (2 points)"]


def test_the_mean_is_of_all_three(twice):
    _compare(twice, OTHERS)
    twice.key(Qt.Key.Key_Down)
    (face,) = twice.document.annotation.faces
    assert face.landmarks.points == pytest.approx(twice.mine.landmarks.points + np.array([6.0, 0]))
    assert set(face.landmarks.annotator) == {"Ann"}


def test_keeping_the_first_is_recorded_once(twice):
    _compare(twice, OTHERS)
    twice.key(Qt.Key.Key_Left)
    assert twice.document.annotation.faces == (twice.mine,)
    assert "adjudicated" in twice.document.annotation.tags
    twice.key(Qt.Key.Key_Left)
    assert twice.titles == ["Adjudicate: keep the first"]


def test_a_photo_of_one_person_has_nobody_to_settle_with(twice):
    _compare(twice, OTHERS + 1)
    twice.editor.open(photo_of(face_in(), image_id=9))
    assert twice.editor.reviewing.comparing.other is None
    assert not twice.editor.has("others")
    twice.editor.take_theirs()
    assert "adjudicated" not in twice.document.annotation.tags
