"""Pictures to look at: what they show and how large they are."""

from pathlib import Path

import numpy as np
import pytest

from lapa_annotator.batch.pictures import contact_sheet, overlay
from lapa_annotator.domain.classes import palette
from lapa_annotator.formats.photo import write_picture

# 106 points in two corners of the unit square: out of the way, and the whole is shown.
CORNERS = np.repeat([[0.0, 0.0], [1.0, 1.0]], 53, axis=0)


def test_a_class_tints_its_area_and_draws_its_outline():
    image = np.full((600, 600, 3), 100, np.uint8)
    labels = np.zeros((600, 600), np.uint8)
    labels[200:400, 200:400] = 6
    picture = overlay(image, labels, CORNERS * 599)
    colour = palette()[6].astype(float)
    assert np.allclose(picture[300, 300], 0.55 * 100 + 0.45 * colour, atol=1)
    assert picture[200, 300].tolist() == colour.tolist()
    assert picture[100, 100].tolist() == [100, 100, 100]


def test_points_are_dots_where_they_are():
    image, labels = np.full((600, 600, 3), 100, np.uint8), np.zeros((600, 600), np.uint8)
    points = CORNERS * 599
    points[50] = (250, 120)
    picture = overlay(image, labels, points)
    assert picture[120, 250].tolist() == [255, 255, 255]
    near = (picture[100:140, 230:270] != 100).any(axis=2)
    rows, columns = np.nonzero(near)
    assert abs(rows.mean() - 20) < 0.3
    assert abs(columns.mean() - 20) < 0.3


@pytest.mark.parametrize(
    ("size", "shown"),
    [((225, 275), (419, 512)), ((4000, 3000), (1024, 768)), ((700, 600), (700, 600))],
)
def test_overlays_have_a_size_that_is_good_to_look_at(size, shown):
    width, height = size
    points = CORNERS * (width - 1, height - 1)
    labels = np.zeros((height, width), np.uint8)
    picture = overlay(np.zeros((height, width, 3), np.uint8), labels, points)
    assert (picture.shape[1], picture.shape[0]) == shown


def test_a_small_face_is_shown_large():
    image = np.zeros((3000, 4000, 3), np.uint8)
    image[1000:1100, 2000:2100] = 200
    labels = np.zeros((3000, 4000), np.uint8)
    labels[1000:1100, 2000:2100] = 1
    picture = overlay(image, labels, CORNERS * 90 + (2005, 1005))
    assert picture.shape == (512, 512, 3)
    assert 0.5 < (picture.max(axis=2) > 100).mean() < 0.65


def test_a_face_that_lies_outside_of_its_image_is_no_error():
    labels = np.zeros((60, 60), np.uint8)
    assert overlay(np.zeros((60, 60, 3), np.uint8), labels, CORNERS * 50 - 500).shape[2] == 3


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (7, 7, 1), (23, 10, 3)])
def test_a_sheet_holds_every_picture_in_order(tmp_path, count, columns, rows):
    pictures = []
    for i in range(count):
        path = tmp_path / f"{i}.png"
        write_picture(path, np.full((100, 100, 3), 50 + i, np.uint8))
        pictures.append((f"人脸 {i} " + "long " * 30, path))
    sheet = contact_sheet(pictures)
    assert sheet.shape == (rows * 218, columns * 200, 3)
    assert sheet[100, 100].tolist() == [50, 50, 50]
    row, column = divmod(count - 1, 10)
    last = sheet[row * 218 + 100, column * 200 + 100]
    assert last.tolist() == [50 + count - 1] * 3


def _captions(tmp_path: Path, *names: str) -> list[np.ndarray]:
    path = tmp_path / "grey.png"
    write_picture(path, np.full((100, 100, 3), 50, np.uint8))
    return [contact_sheet([(name, path)])[200:] for name in names]


def test_captions_show_the_letters_of_many_languages(tmp_path):
    shown = _captions(tmp_path, "été", "e\u0301te\u0301", "лицо", "πρόσωπο", "\uffff" * 4)
    assert np.array_equal(shown[0], shown[1]), "an accent is an accent, however it is encoded"
    assert len({caption.tobytes() for caption in shown}) == 4


def test_captions_escape_what_their_font_does_not_have(tmp_path):
    unknown, escaped = _captions(tmp_path, "人 🙂", "\\u4eba \\U0001f642")
    assert np.array_equal(unknown, escaped)
