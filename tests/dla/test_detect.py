"""Face boxes: merging, and the real detector on real photos."""

import numpy as np
import pytest
import skimage.data

from lapa_annotator.dla.boxes import merge_boxes
from lapa_annotator.dla.detect import _decode
from lapa_annotator.dla.registry import find_faces, make_detector, make_proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box, Similarity
from tests.support import needs_models


def test_overlapping_boxes_become_one_weighted_by_score():
    merged = merge_boxes([Box(0, 0, 10, 10, 0.9), Box(2, 0, 12, 10, 0.3)])
    assert len(merged) == 1
    assert merged[0].x0 == pytest.approx(0.5)
    assert merged[0].score == 0.9


def test_a_box_inside_another_goes():
    assert len(merge_boxes([Box(0, 0, 100, 100, 0.9), Box(40, 40, 60, 60, 0.8)])) == 1


def test_separate_faces_stay_separate():
    assert len(merge_boxes([Box(0, 0, 10, 10), Box(20, 0, 30, 10), Box(0, 20, 10, 30)])) == 3


def test_a_mirrored_look_finds_the_same_box_and_roll():
    cells = {False: 24 * 48 + 20, True: 24 * 48 + 27}  # mirror places of the grid of 48
    # Centre, size, then eyes, nose, mouth, ears of a head rolled clockwise, from the cell's centre.
    key_points = [(-15, -14), (13, -6), (-3, 2), (-7, 14), (-28, -12), (24, 4)]
    found = {}
    for flip, cell in cells.items():
        said, scores = np.zeros((2304, 16), np.float32), np.full(2304, -9, np.float32)
        sign = -1 if flip else 1
        points = np.array([(1, 2), *key_points], np.float32) * (sign, 1)
        if flip:
            points = points[[0, 2, 1, 3, 4, 6, 5]]
        said[cell] = np.insert(points, 1, (60, 50), axis=0).ravel()
        scores[cell] = 2
        (found[flip],) = _decode(said, scores, Similarity(1.0, 0.0, 0.0, 0.0), 0.5, flip)
    assert found[True] == found[False]
    assert found[False].centre == pytest.approx((20.5 * 4 + 1 - 0.5, 24.5 * 4 + 2 - 0.5))
    assert 10 < found[False].roll < 25


@pytest.mark.parametrize("make", [make_detector, make_proposer])
def test_an_unknown_name_says_which_names_there_are(make):
    with pytest.raises(InputError, match="has this name; take one of "):
        make("nobody")


@needs_models("face_detection_full_range", "facemesh")
class TestOnPhotos:
    """With the fetched models, on the photograph that scikit-image carries."""

    photo = skimage.data.astronaut()

    def faces(self, image: np.ndarray) -> list:
        return find_faces(image, make_detector(), make_proposer())

    def test_one_face_is_found_where_it_is(self):
        (face,) = self.faces(self.photo)
        x, y = face.box.centre
        assert (x, y) == pytest.approx((225, 120), abs=15)
        left, right = face.landmarks.points[104], face.landmarks.points[105]
        assert left[0] < right[0]
        assert face.landmarks.confidence.min() > 0.3

    def test_a_mirrored_photo_gives_mirrored_points(self):
        from lapa_annotator.domain.schema import mirror_points

        (face,) = self.faces(self.photo)
        (other,) = self.faces(np.ascontiguousarray(self.photo[:, ::-1]))
        back = mirror_points(np.array(other.landmarks.points), self.photo.shape[1])
        error = np.hypot(*(back - face.landmarks.points).T) / face.landmarks.interocular
        assert error[33:].mean() < 0.02

    @pytest.mark.parametrize("degrees", [-30, 30, 60])
    def test_a_turned_photo_gives_turned_points(self, degrees):
        from lapa_annotator.domain.geometry import Similarity
        from lapa_annotator.runtime.crops import cut

        turn = Similarity.about((255.5, 200.0), (255.5, 255.5), 1, degrees)
        (face,) = self.faces(self.photo)
        (turned, *_) = self.faces(cut(self.photo, turn, 512))
        expected = turn.apply(np.array(face.landmarks.points))
        error = np.hypot(*(expected - turned.landmarks.points).T) / face.landmarks.interocular
        assert error[33:].mean() < 0.04
        assert turned.pose.roll - face.pose.roll == pytest.approx(degrees, abs=5)

    def test_several_faces_of_a_large_photo_are_found(self):
        canvas = np.full((2400, 3200, 3), 90, np.uint8)
        for top, left in ((0, 0), (0, 2600), (1000, 1500), (1880, 100)):
            canvas[top : top + 512, left : left + 512] = self.photo
        assert len(self.faces(canvas)) == 4

    @pytest.mark.parametrize("name", ["coffee", "chelsea", "rocket", "hubble_deep_field"])
    def test_a_photo_without_a_person_has_no_face(self, name):
        assert self.faces(getattr(skimage.data, name)()) == []
