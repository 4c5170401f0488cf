"""Backgrounds and what a camera adds."""

from dataclasses import replace

import numpy as np
import pytest

from lapa_annotator.synth.backgrounds import background
from lapa_annotator.synth.draw import draw
from lapa_annotator.synth.film import develop

KINDS = ("plain", "gradient", "blobs", "room", "foliage", "bokeh", "texture", "photo")


@pytest.mark.parametrize("kind", KINDS)
def test_a_background_is_a_picture_and_its_seeds_alone_decides_it(kind):
    made = background(kind, 64, 3)
    assert made.shape == (64, 64, 3)
    assert made.min() >= 0
    assert made.max() <= 255
    assert (made == background(kind, 64, 3)).all()
    assert (made != background(kind, 64, 4)).any()


def test_what_is_covered_shows_no_background():
    person = draw(1)
    clean = replace(
        person,
        film=replace(
            person.film,
            noise=0,
            motion=0,
            quality=100,
            shrink=1,
            grey=False,
            contrast=1,
            saturation=1,
        ),
    )
    rendering = np.full((64, 64, 4), 255, dtype=np.uint8)
    rendering[..., :3] = 77
    assert (develop(rendering, None, clean) == 77).all()
    rendering[..., 3] = 0
    assert (develop(rendering, None, clean) != 77).any()


def test_black_and_white_has_no_colour():
    person = draw(1)
    grey = replace(person, film=replace(person.film, grey=True, quality=100))
    rendering = np.random.default_rng(0).integers(0, 256, (64, 64, 4), dtype=np.uint8)
    made = develop(rendering, None, grey).astype(int)
    assert np.abs(np.diff(made, axis=2)).max() <= 1
