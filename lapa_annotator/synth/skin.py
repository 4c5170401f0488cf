"""The colours of a person's skin as a picture over the head's texture coordinates."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import Label
from lapa_annotator.synth import regions
from lapa_annotator.synth.classes import fill, scalp_picture
from lapa_annotator.synth.hair import STYLES, receding
from lapa_annotator.synth.person import Person
from lapa_annotator.synth.points import class_outlines, lid_rings, lip_arcs, mirrored
from lapa_annotator.synth.template import COLOUR_CHART, template

Array = NDArray[np.float64]
Picture = NDArray[np.float32]


def skin_picture(person: Person, uv: Array) -> Picture:
    """Paint the colour chart: (rows, columns, 3) linear RGB.

    Args:
        person: whose skin.
        uv: the person's (106, 2) points in texture coordinates.
    """
    rng = np.random.default_rng([person.seed, 3])
    skin = person.skin
    base = np.array(skin.colour, dtype=np.float32)
    shape = COLOUR_CHART.shape
    colour = np.broadcast_to(base, (*shape, 3)).copy()
    grain = 0.03 * _noise(rng, shape, 18) + 0.035 * _noise(rng, shape, 4)
    colour *= 1 + grain[..., None]
    _redden(colour, skin.blush)
    _dots(colour, rng, skin.freckles, skin.spots)
    _eyes(colour, person, uv)
    _lips(colour, person, uv, rng)
    _hair_shadows(colour, person, uv)
    return np.clip(colour, 0.004, 0.95).astype(np.float32)


def _noise(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Picture:
    """Smooth noise of unit spread."""
    small = (max(2, int(shape[0] / sigma * 1.5)), max(2, int(shape[1] / sigma * 1.5)))
    coarse = rng.normal(size=small).astype(np.float32)
    found: Picture = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return found


@cache
def _spot(place: tuple[float, float], size: float) -> Picture:
    """A soft spot about a place in texture coordinates, and about its mirror image."""
    grid = COLOUR_CHART.grid()
    total = np.zeros(COLOUR_CHART.shape, dtype=np.float32)
    for centre in (np.array(place), mirrored(np.array(place))):
        distance = ((grid - centre) ** 2).sum(axis=-1)
        total = np.maximum(total, np.exp(-distance / (2 * size**2)).astype(np.float32))
    return total


def _blend(colour: Picture, mask: NDArray[np.floating], target: Array) -> None:
    colour += mask[..., None] * (target.astype(np.float32) - colour)


def _redden(colour: Picture, blush: float) -> None:
    red = (0.05 + 0.22 * blush) * _spot((0.872, 0.437), 0.014)
    red += 0.16 * _spot((0.8714, 0.483), 0.007) + 0.12 * _spot((0.851, 0.337), 0.02)
    red += 0.10 * _spot((0.95, 0.483), 0.010)
    colour *= 1 + red[..., None] * np.array([0.14, -0.42, -0.36], dtype=np.float32)


def _dots(colour: Picture, rng: np.random.Generator, freckles: float, spots: float) -> None:
    rows, columns = COLOUR_CHART.shape
    mask = np.zeros((rows, columns), dtype=np.float32)
    for _ in range(int(freckles * 420)):
        u, v = rng.normal(0.868, 0.022), rng.normal(0.483, 0.045)
        x, y = COLOUR_CHART.pixels(np.array([u, v]))
        cv2.circle(
            mask,
            (int(x * 8), int(y * 8)),
            int(rng.uniform(4, 11)),
            rng.uniform(0.2, 0.7),
            -1,
            cv2.LINE_AA,
            3,
        )
    for _ in range(int(spots * 8)):
        x, y = rng.uniform(200, columns), rng.uniform(0, rows)
        cv2.circle(
            mask,
            (int(x * 8), int(y * 8)),
            int(rng.uniform(4, 10)),
            rng.uniform(0.3, 0.8),
            -1,
            cv2.LINE_AA,
            3,
        )
    mask = cv2.GaussianBlur(mask, (0, 0), 0.7)
    colour *= 1 - mask[..., None] * np.array([0.45, 0.6, 0.65], dtype=np.float32)


def _painted(outlines: list[Array], blur: float) -> Picture:
    mask = np.zeros(COLOUR_CHART.shape, dtype=np.uint8)
    for outline in outlines:
        fill(mask, outline, COLOUR_CHART, 255)
    found: Picture = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), blur)
    return found


def _eyes(colour: Picture, person: Person, uv: Array) -> None:
    base = np.array(person.skin.colour)
    under = 0.20 * _spot((0.850, 0.450), 0.006)
    colour *= 1 - under[..., None] * np.array([0.5, 0.7, 0.55], dtype=np.float32)
    if person.skin.shadow:
        lid = (
            0.8
            * person.skin.shadow
            * np.maximum(_spot((0.830, 0.446), 0.006), _spot((0.832, 0.455), 0.005))
        )
        _blend(colour, lid, np.array(person.skin.shadow_colour) * 0.6 + 0.4 * base)
        line = _painted(list(lid_rings(uv)), 1.6)
        _blend(colour, np.clip(line * 1.6, 0, 0.85) * person.skin.shadow, np.array([0.012] * 3))
    # Between the lids the skin is wet and red; the inner corner shows it.
    _blend(
        colour,
        0.8 * _painted(list(lid_rings(uv)), 0.8),
        base * [0.9, 0.5, 0.48] + [0.06, 0.015, 0.015],
    )


def _lips(colour: Picture, person: Person, uv: Array, rng: np.random.Generator) -> None:
    upper, lower, _, _ = lip_arcs(uv)
    mask = _painted([np.concatenate([upper, lower[::-1]])], 1.6)
    lines = 1 + 0.10 * _noise(rng, COLOUR_CHART.shape, 3)
    target = np.array(person.skin.lips, dtype=np.float32) * lines[..., None]
    colour += mask[..., None] * 0.9 * (target - colour)
    inner = [outline for label, outline in class_outlines(uv) if label == Label.INNER_MOUTH]
    wet = np.array(person.skin.lips) * [0.7, 0.5, 0.5] + [0.08, 0.01, 0.01]
    _blend(colour, 0.7 * _painted(inner, 1.5), wet)


def _hair_shadows(colour: Picture, person: Person, uv: Array) -> None:
    """Hair colours the skin it grows on: brows, scalp, beard."""
    brows = [
        o for label, o in class_outlines(uv) if label in (Label.LEFT_EYEBROW, Label.RIGHT_EYEBROW)
    ]
    _blend(
        colour,
        0.36 * person.brows.density * _painted(brows, 3.0),
        np.array(person.brows.colour) * 1.3,
    )
    rest = np.nan_to_num(template().chart_rest)
    style = person.hair.style
    if style in STYLES:
        soft = 10 if style == "receding" else 3
        mask = cv2.GaussianBlur(
            scalp_picture(receding(person.hair)).astype(np.float32), (0, 0), soft
        )
        strength = {"shaved": 0.55, "receding": 0.4}.get(style, 0.8)
        _blend(colour, strength * mask, np.array(person.hair.colour) * 1.1)
    stubble = person.skin.stubble * 0.35
    if person.beard is not None:
        stubble = max(stubble, 0.3)
    if stubble:
        kind = person.beard.style if person.beard is not None else "full"
        mask = cv2.GaussianBlur(regions.beard(rest, kind).astype(np.float32), (0, 0), 4)
        mask *= 1 - _painted([np.concatenate([lip_arcs(uv)[0], lip_arcs(uv)[1][::-1]])], 1.0)
        tone = np.array(person.hair.colour) * 0.8 + np.array([0.02, 0.022, 0.028])
        _blend(colour, stubble * mask, np.minimum(tone, np.array(person.skin.colour)))
