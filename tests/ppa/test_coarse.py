"""The coarse stage cuts each head out with all of its hair, and nobody else's."""

import cv2
import numpy as np
import pytest

from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.ppa.coarse import head_crop, nearer_to_others
from lapa_annotator.ppa.frame import FaceFrame
from lapa_annotator.ppa.segment import CoarseToFine, segment_face
from tests.ppa.faces import perfect_face

FACE = perfect_face().points


class RedOrBlue:
    """Calls red skin and blue hair, both at once foreground; remembers what it was shown."""

    name = "by colour"
    size = 128

    def __init__(self):
        self.seen = []

    def foreground(self, picture):
        self.seen.append(picture)
        return (np.maximum(picture[..., 0], picture[..., 2]) > 127).astype(np.float32)

    def segment(self, crop):
        skin, hair = (crop[..., k].astype(np.float32) / 255 for k in (0, 2))
        skin = skin * (1 - hair)
        return np.stack([1 - skin - hair, skin, hair]).astype(np.float32)


class Blind(RedOrBlue):
    """Sees nothing."""

    def foreground(self, picture):
        return np.zeros(picture.shape[:2], np.float32)


def _place(x, y, face=200.0):
    """The face's points with their centre at (x, y) and a size of ``face`` pixels."""
    return Similarity.about((499.5, 500.0), (x, y), face / 607, 0).apply(FACE)


def _head(image, x, y, face=200.0, hair=0.0):
    """Paint a head: a red disc, and blue hair that hangs down to ``hair`` faces below."""
    if hair:
        corner = (round(x - 0.7 * face), round(y - 0.75 * face))
        far = (round(x + 0.7 * face), round(y + hair * face))
        cv2.rectangle(image, corner, far, (0, 0, 255), -1)
    cv2.ellipse(image, (round(x), round(y)), (round(face * 0.5), round(face * 0.7)), 0, 0, 360,
                (255, 0, 0), -1)  # fmt: skip
    return image


def _black(height=900, width=1200):
    return np.zeros((height, width, 3), np.uint8)


def _corners(frame):
    """The corners of an upright square in image pixels."""
    back = frame.crop(1.0, 0.0, 1000).inverse()
    return back.apply(np.array([[-0.5, -0.5], [999.5, 999.5]]))


def test_the_crop_holds_all_of_long_hair():
    image = _head(_black(), 600, 350, hair=2.2)
    (x0, y0), (x1, y1) = _corners(head_crop(image, _place(600, 350), [], RedOrBlue()))
    assert x0 < 460
    assert x1 > 740
    assert y0 < 200
    assert y1 > 790


def test_a_bald_head_gets_a_close_crop():
    bald = head_crop(_head(_black(), 600, 400), _place(600, 400), [], RedOrBlue())
    long = head_crop(_head(_black(), 600, 400, hair=2.2), _place(600, 400), [], RedOrBlue())
    assert bald.size < 0.8 * long.size
    assert bald.size == pytest.approx(2.6 * FaceFrame.of(_place(600, 400)).size)


def test_without_a_foreground_the_face_itself_is_kept():
    points = _place(600, 400)
    (x0, y0), (x1, y1) = _corners(head_crop(_black(), points, [], Blind()))
    assert (points.min(axis=0) > (x0, y0)).all()
    assert (points.max(axis=0) < (x1, y1)).all()


def test_another_persons_hair_stays_out():
    image = _head(_head(_black(), 400, 350, hair=1.5), 670, 350, hair=1.5)
    mine, theirs = _place(400, 350), _place(670, 350)
    alone = head_crop(image, mine, [], RedOrBlue())
    apart = head_crop(image, mine, [theirs], RedOrBlue())
    # The two heads of hair touch: without the neighbour's face they are one.
    assert _corners(alone)[1, 0] > 800
    assert apart.size < 0.9 * alone.size
    assert apart.centre[0] == pytest.approx(400, abs=60)


def test_what_does_not_touch_the_head_stays_out():
    image = _head(_black(), 300, 400)
    lonely = head_crop(image.copy(), _place(300, 400), [], RedOrBlue())
    cv2.circle(image, (1000, 400), 80, (0, 0, 255), -1)
    assert head_crop(image, _place(300, 400), [], RedOrBlue()) == lonely


def test_a_small_face_of_a_large_photo_is_looked_at_from_nearby():
    network = RedOrBlue()
    image = _head(_black(2000, 3000), 2400, 600, face=100, hair=1.0)
    frame = head_crop(image, _place(2400, 600, 100), [], network)
    assert (network.seen[0][..., 0] > 127).sum() > 300
    assert _corners(frame)[1, 1] > 700


def test_a_turned_head_is_cropped_upright():
    turn = cv2.getRotationMatrix2D((600, 450), -30, 1)
    image = _head(_black(), 600, 450, hair=1.0)
    points = _place(600, 450)
    straight = head_crop(image, points, [], RedOrBlue())
    turned = head_crop(
        cv2.warpAffine(image, turn, (1200, 900)),
        points @ turn[:, :2].T + turn[:, 2],
        [],
        RedOrBlue(),
    )
    assert turned.roll == pytest.approx(30, abs=0.5)
    assert turned.size == pytest.approx(straight.size, rel=0.06)


def test_the_fine_stage_sees_the_coarse_crop():
    image = _head(_black(), 600, 350, hair=2.2)
    network = RedOrBlue()
    said = segment_face(image, _place(600, 350), CoarseToFine(network, network))
    assert said.model == "by colour+by colour"
    back = said.to_crop.inverse().matrix
    hair = cv2.warpAffine(said.probabilities[2], back, (1200, 900)) > 127
    truth = image[..., 2] > 127
    assert 2 * (hair & truth).sum() / (hair.sum() + truth.sum()) > 0.985


@pytest.mark.parametrize("roll", [0, 20])
@pytest.mark.parametrize(("channel", "colour"), [(1, (255, 150, 0)), (2, (0, 150, 255))])
def test_what_is_pasted_back_lies_where_it_was_to_a_fraction_of_a_pixel(roll, channel, colour):
    image = cv2.ellipse(_black(), (601, 352), (100, 140), 0, 0, 360, colour, -1)
    turn = cv2.getRotationMatrix2D((601, 352), -roll, 1)
    image = cv2.warpAffine(cv2.GaussianBlur(image, (0, 0), 1.0), turn, (1200, 900))
    points = _place(601, 352) @ turn[:, :2].T + turn[:, 2]
    network = RedOrBlue()
    said = segment_face(image, points, CoarseToFine(network, network))
    back = said.to_crop.inverse().matrix
    found = cv2.warpAffine(said.probabilities[channel], back, (1200, 900)) / 255
    true = image[..., 2 * channel - 2] / 255
    for axis in (0, 1):
        place = np.arange(found.shape[1 - axis])
        mean = [(m.sum(axis=axis) * place).sum() / m.sum() for m in (found, true)]
        assert abs(mean[0] - mean[1]) < 0.1
    # Nor is it larger or smaller: less than a tenth of a pixel along the outline.
    assert abs(np.sqrt(found.sum() / true.sum()) - 1) * 120 < 0.1


def test_of_two_who_touch_each_gets_the_own_half():
    image = _head(_head(_black(), 400, 350, hair=1.0), 660, 350, hair=1.0)
    mine, theirs = _place(400, 350), _place(660, 350)
    network = RedOrBlue()
    said = segment_face(image, mine, CoarseToFine(network, network), [theirs])
    back = said.to_crop.inverse().matrix
    own = said.probabilities[1:].max(axis=0)
    seen = cv2.warpAffine(own, back, (1200, 900)) > 127
    assert seen[300, 360]
    assert not seen[:, 560:].any()


def test_a_face_far_away_takes_nothing():
    assert nearer_to_others((100, 100), _place(50, 50, 40), [_place(900, 900, 40)]) is None


def test_the_nearer_face_is_measured_in_its_own_size():
    taken = nearer_to_others((200, 400), _place(100, 100, 150), [_place(330, 100, 30)])
    assert taken is not None
    assert not taken[100, 200]
    assert taken[100, 340]


def test_points_that_coincide_are_no_problem():
    frame = head_crop(_black(), np.full((106, 2), 300.0), [FACE], RedOrBlue())
    assert isinstance(frame, FaceFrame)
