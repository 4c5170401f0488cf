"""Our own detector: decoding its answers, and the shipped network on real photos."""

import dataclasses
import math

import numpy as np
import pytest
import skimage.data

from lapa_annotator.dla import centre
from lapa_annotator.dla.centre import MIN_SCORE, MODEL, CentreDetector, decode
from lapa_annotator.domain.geometry import Box
from tests.support import needs_models


def answer(height=10, width=12):
    """What the network says of a picture without a face."""
    raw = np.zeros((7, height, width), np.float32)
    raw[0] = -9
    return raw


def say(raw, row, column, box, roll=0.0, logit=3.0):
    """Let a cell claim the face of ``box``."""
    x, y = 8 * column + 3.5, 8 * row + 3.5
    raw[0, row, column] = logit
    edges = (x - box.x0, y - box.y0, box.x1 - x, box.y1 - y)
    raw[1:5, row, column] = np.log(np.array(edges) / 8)
    raw[5:7, row, column] = math.cos(math.radians(roll)), math.sin(math.radians(roll))


def test_a_cell_gives_the_box_it_speaks_of():
    raw = answer()
    box = Box(20, 11, 61, 50)
    say(raw, 3, 5, box, roll=-35, logit=2.0)
    (found,) = decode(raw)
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((20, 11, 61, 50), abs=1e-4)
    assert found.roll == pytest.approx(-35, abs=1e-4)
    assert found.score == pytest.approx(1 / (1 + math.exp(-2)))


def test_the_length_of_the_roll_s_vector_does_not_matter():
    raw = answer()
    say(raw, 3, 5, Box(20, 11, 61, 50), roll=50)
    raw[5:7] *= 0.2
    assert decode(raw)[0].roll == pytest.approx(50, abs=1e-4)


def test_of_neighbouring_cells_the_surest_speaks():
    raw = answer()
    say(raw, 3, 5, Box(20, 11, 61, 50), logit=2)
    say(raw, 3, 6, Box(21, 11, 61, 50), logit=4)
    say(raw, 8, 1, Box(1, 60, 20, 79), logit=1)
    assert sorted(round(b.x0) for b in decode(raw)) == [1, 21]


def test_what_scores_too_little_is_no_face():
    raw = answer()
    say(raw, 3, 5, Box(20, 11, 61, 50), logit=math.log(MIN_SCORE / (1 - MIN_SCORE)) - 0.1)
    assert decode(raw) == []
    assert len(decode(raw, MIN_SCORE / 2)) == 1


class TestWhereNoLookIsSure:
    """A network that says the same of a face at any size, and nothing of anything else."""

    face = Box(60, 50, 180, 190)

    def detect(self, monkeypatch, sizes: int, score: float) -> list[Box]:
        """Let the first so many sizes of a picture say that a face scores so much."""

        def look(_, image, margin=0.0, least=MIN_SCORE):
            agrees = margin in sorted(centre._SIZES)[:sizes] and score >= least
            return [dataclasses.replace(self.face, score=score)] if agrees else []

        monkeypatch.setattr(CentreDetector, "_look", look)
        return CentreDetector().detect(np.zeros((240, 240, 3), np.uint8))

    def test_all_sizes_together_find_a_face(self, monkeypatch):
        (found,) = self.detect(monkeypatch, sizes=4, score=0.3)
        assert found.iou(self.face) > 0.99
        assert found.score == pytest.approx(0.3)

    def test_one_size_alone_does_not(self, monkeypatch):
        assert self.detect(monkeypatch, sizes=1, score=0.45) == []


@needs_models(MODEL)
class TestOnPhotos:
    """With the shipped weights, on the photograph that scikit-image carries."""

    photo = skimage.data.astronaut()

    def test_the_face_is_found_where_it_is(self):
        best = max(CentreDetector().detect(self.photo), key=lambda box: box.score)
        assert best.iou(Box(178, 92, 270, 180)) > 0.6

    def test_the_largest_face_comes_first(self):
        sizes = [box.area for box in CentreDetector().detect(self.photo)]
        assert sizes == sorted(sizes, reverse=True)

    def test_small_faces_of_a_large_photo_are_found(self):
        canvas = np.full((2400, 3200, 3), 90, np.uint8)
        corners = ((0, 0), (0, 2600), (1000, 1500), (1880, 100))
        for top, left in corners:
            canvas[top : top + 512, left : left + 512] = self.photo
        found = CentreDetector().detect(canvas)
        for top, left in corners:
            face = Box(left + 178, top + 92, left + 270, top + 180)
            assert max(face.iou(box) for box in found) > 0.5

    def test_a_cat_is_no_sure_face(self):
        found = CentreDetector().detect(skimage.data.chelsea())
        assert all(box.score < MIN_SCORE for box in found)
