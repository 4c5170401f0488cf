"""The class of every place of the head, as a picture over its texture coordinates."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import Label
from lapa_annotator.synth import regions
from lapa_annotator.synth.points import class_outlines, smooth
from lapa_annotator.synth.template import CLASS_CHART, COLOUR_CHART, Chart, template

Array = NDArray[np.float64]
_SUB = 4


def fill(picture: NDArray[np.uint8], outline: Array, chart: Chart, value: int) -> None:
    """Paint a closed outline of (n, 2) texture coordinates; values change in place."""
    corners = np.round(chart.pixels(outline) * 2**_SUB).astype(np.int32)
    cv2.fillPoly(picture, [corners], value, cv2.LINE_8, _SUB)


@cache
def _ground() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Skin and background over the colour chart and over the class chart, without parts."""
    rest = template().chart_rest
    head = regions.above_neck(np.nan_to_num(rest)) > 0
    coarse = np.where(head, Label.SKIN, Label.BACKGROUND).astype(np.uint8)
    face = _face_outline()
    fill(coarse, face, COLOUR_CHART, Label.SKIN)
    at = COLOUR_CHART.pixels(CLASS_CHART.grid()).astype(np.float32)
    margin = regions.above_neck(np.nan_to_num(rest)).astype(np.float32)
    fine_margin = cv2.remap(margin, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    fine = np.where(fine_margin > 0, Label.SKIN, Label.BACKGROUND).astype(np.uint8)
    fill(fine, face, CLASS_CHART, Label.SKIN)
    return coarse, fine


@cache
def _coarse_pixels() -> tuple[NDArray[np.intp], ...]:
    """Rows and columns of the colour chart under the class chart's."""
    at = COLOUR_CHART.pixels(CLASS_CHART.grid())
    rows, columns = COLOUR_CHART.shape
    return np.ix_(
        np.clip(np.round(at[:, 0, 1]).astype(int), 0, rows - 1),
        np.clip(np.round(at[0, :, 0]).astype(int), 0, columns - 1),
    )


def _face_outline() -> Array:
    from lapa_annotator.synth.template import MEAN_POINTS_UV

    return smooth(MEAN_POINTS_UV[:33], closed=False)


@cache
def scalp_picture(receding: float) -> NDArray[np.bool_]:
    """Where hair grows, over the colour chart."""
    rest = template().chart_rest
    grows: NDArray[np.bool_] = regions.scalp(np.nan_to_num(rest), COLOUR_CHART.grid(), receding) > 0
    return grows


class HeadClasses:
    """Looks up the class of places on one person's head.

    Args:
        uv: the person's (106, 2) points in texture coordinates.
        hairy: the hair's region over the colour chart; None for a bald head.
    """

    def __init__(self, uv: Array, hairy: NDArray[np.bool_] | None) -> None:
        coarse, fine = _ground()
        self._coarse, self._fine = coarse.copy(), fine.copy()
        if hairy is not None:
            self._coarse[hairy] = Label.HAIR
            self._fine[hairy[_coarse_pixels()]] = Label.HAIR
        for label, outline in class_outlines(uv):
            fill(self._fine, outline, CLASS_CHART, label)

    def __call__(self, uv: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Classes (n,) of (n, 2) texture coordinates on the head."""
        found = _lookup(self._coarse, COLOUR_CHART, uv)
        c = CLASS_CHART
        face = (uv[:, 0] > c.u0) & (uv[:, 0] < c.u1) & (uv[:, 1] > c.v0) & (uv[:, 1] < c.v1)
        found[face] = _lookup(self._fine, c, uv[face])
        return found


def _lookup(
    picture: NDArray[np.uint8], chart: Chart, uv: NDArray[np.floating]
) -> NDArray[np.uint8]:
    at = np.round(chart.pixels(np.asarray(uv, dtype=np.float64))).astype(int)
    rows = np.clip(at[:, 1], 0, picture.shape[0] - 1)
    columns = np.clip(at[:, 0], 0, picture.shape[1] - 1)
    found: NDArray[np.uint8] = picture[rows, columns].copy()
    return found
