"""Sample pictures of Face Synthetics are read in LaPa's terms."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.facesynthetics import (
    IGNORED,
    FaceSyntheticsFolder,
    read_segmentation,
    read_shared_points,
)
from tests.support import SHARED, needs_shared


def _points_file(path: Path, rows: int = 70) -> Path:
    path.write_text("".join(f"{10 * i}.5 {i}\n" for i in range(rows)))
    return path


def test_segmentations_become_lapas_classes(tmp_path: Path) -> None:
    path = tmp_path / "000001_seg.png"
    Image.fromarray(np.array([[*range(19), 255]], np.uint8)).save(path)
    ear, background, unknown = Label.SKIN, Label.BACKGROUND, IGNORED
    expected = [
        *(Label.BACKGROUND, Label.SKIN, Label.NOSE, Label.RIGHT_EYE, Label.LEFT_EYE),
        *(Label.RIGHT_EYEBROW, Label.LEFT_EYEBROW, ear, ear, Label.INNER_MOUTH),
        *(Label.UPPER_LIP, Label.LOWER_LIP, background, Label.HAIR, Label.SKIN),
        *(background, background, background, background, unknown),
    ]
    assert read_segmentation(path).tolist() == [expected]


def test_an_unknown_class_is_told(tmp_path: Path) -> None:
    path = tmp_path / "000001_seg.png"
    Image.fromarray(np.full((4, 4), 19, np.uint8)).save(path)
    with pytest.raises(InputError, match="it holds the unknown class 19"):
        read_segmentation(path)


def test_only_the_points_that_mean_the_same_are_read(tmp_path: Path) -> None:
    indices, points = read_shared_points(_points_file(tmp_path / "000001_ldmks.txt"))
    assert (indices.shape, points.shape) == ((52,), (52, 2))
    assert (np.diff(indices) > 0).all()
    line_of = {int(i): int(p[1] + 0.5) for i, p in zip(indices, points, strict=True)}
    assert line_of[16] == 8, "the chin"
    assert (line_of[66], line_of[79]) == (36, 45), "the outer eye corners"
    assert [line_of[i] for i in range(84, 104)] == list(range(48, 68)), "the mouth"
    assert (line_of[104], line_of[105]) == (68, 69), "the pupils"
    assert points[0].tolist() == [0.0, -0.5], "the file counts from the picture's corner"


@pytest.mark.parametrize("text", ["1 2\n" * 69, "1 2\n" * 69 + "1 nan\n", "1 2\n" * 69 + "1\n"])
def test_a_bad_landmark_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "000001_ldmks.txt"
    path.write_text(text)
    with pytest.raises(InputError, match="it does not hold 70 lines of x and y"):
        read_shared_points(path)


def test_a_folder_is_known_by_the_names_in_it(tmp_path: Path) -> None:
    folder = FaceSyntheticsFolder(tmp_path)
    (tmp_path / "000001.png").write_bytes(b"x")
    assert not folder.is_one()
    _points_file(tmp_path / "000002_ldmks.txt")
    assert folder.is_one()
    assert (folder.labels(), list(folder.landmarks())) == ({}, ["000002"])


@needs_shared("facesynthetics50")
def test_left_is_the_images_left_in_the_real_samples() -> None:
    folder = FaceSyntheticsFolder(SHARED / "data" / "facesynthetics50")
    assert len(folder.labels()) == len(folder.landmarks()) == 50
    for name, path in folder.landmarks().items():
        indices, points = read_shared_points(path)
        at = dict(zip(indices.tolist(), points, strict=True))
        eyes = {104: (at[66] + at[70]) / 2, 105: (at[75] + at[79]) / 2}
        for pupil, other in ((104, 105), (105, 104)):
            own = np.linalg.norm(at[pupil] - eyes[pupil])
            assert own < np.linalg.norm(at[pupil] - eyes[other]), f"{name}: pupil {pupil}"
        labels = read_segmentation(folder.labels()[name])
        both = [labels == Label.LEFT_EYE, labels == Label.RIGHT_EYE]
        if min(eye.sum() for eye in both) > 20:
            left, right = (np.argwhere(eye).mean(axis=0)[::-1] for eye in both)
            assert np.linalg.norm(left - eyes[104]) < np.linalg.norm(right - eyes[104]), name


@needs_shared("facesynthetics50")
def test_points_and_labels_of_the_real_samples_agree_on_where_a_pixel_is() -> None:
    folder = FaceSyntheticsFolder(SHARED / "data" / "facesynthetics50")
    apart = []
    for name, path in folder.landmarks().items():
        indices, points = read_shared_points(path)
        mouth = points[(indices >= 84) & (indices < 96)]
        labels = read_segmentation(folder.labels()[name])
        lips = np.argwhere((labels >= Label.UPPER_LIP) & (labels <= Label.LOWER_LIP))[:, ::-1]
        if len(lips) > 100:
            apart.append(
                (
                    np.ptp(mouth, axis=0) / 2
                    + mouth.min(axis=0)
                    - np.ptp(lips, axis=0) / 2
                    - lips.min(axis=0)
                )[0]
            )
    assert abs(np.median(apart)) < 0.3
