"""From landmarks and a segmentation to the label map of a face (LaPa, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points, check_points
from lapa_annotator.domain.override import EMPTY, UNSET, Patch
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.ppa.curves import Polygon
from lapa_annotator.ppa.fit import (
    GROUPS,
    FitOptions,
    Fitting,
    Outlines,
    PartGroup,
    fit_group,
    fit_jawline,
)
from lapa_annotator.ppa.fusion import (
    ORDER,
    REGION_POINTS,
    FaceRegion,
    Layer,
    Sureness,
    coarse,
    face_region,
    fuse,
)
from lapa_annotator.ppa.raster import NOWHERE, Fills, Rect, apart
from lapa_annotator.ppa.segment import Segmentation

Touched = NDArray[np.bool_]

JAWLINE = "jawline"
CURVES: tuple[str, ...] = (*(group.name for group in GROUPS), JAWLINE)
"""What is drawn by a curve of its own: the groups of parts, and the face contour."""


@dataclass(frozen=True)
class ParseOptions:
    """How a face is parsed.

    Attributes:
        fitting: "curves" (the paper's category-wise fitting) or "direct" (straight lines).
        straight: what is drawn in straight lines whatever ``fitting`` says: names of ``CURVES``.
        order: the layers of the fusion, later ones on top.
        closed_eye, closed_mouth: openings below this share of the width are closed.
        sureness: how sure hair and background must be to cover a part.
        jaw_slack: how far outside a proposed jawline skin is still believed, as a share of the
            jaw's width. A jawline that a person has set cuts exactly.
    """

    fitting: Fitting = "curves"
    straight: tuple[str, ...] = ()
    order: tuple[Layer, ...] = ORDER
    closed_eye: float = FitOptions.closed_eye
    closed_mouth: float = FitOptions.closed_mouth
    sureness: Sureness = field(default_factory=Sureness)
    jaw_slack: float = 0.05

    def fit(self, curve: str) -> FitOptions:
        """The options of the fitting alone, for one of ``CURVES``."""
        fitting = "direct" if curve in self.straight else self.fitting
        return FitOptions(fitting, self.closed_eye, self.closed_mouth)


class FaceParser:
    """The label map of one face, kept up to date while its landmarks move.

    It keeps the segmentation at the image's size and every outline, refits only what a move
    touches and fuses only the rectangle in which the map can have changed.

    Attributes:
        labels: (H, W) uint8 of the whole image, changed in place.
        remarks: what the fitting had to repair or leave out.

    Args:
        size: (width, height) of the image.
        points: (106, 2) float64 landmarks in image pixels.
        segmentation: hair, skin and background of this face.
        options: how to parse.
        override: pixels that a curator has fixed; on top of everything.
        touched: (106,) bool, the points that a person has set; none when left out.
        still: pixels by which the cut below the jaw may lag behind its points; for sketches.

    Raises:
        ValueError: points of another shape, or one that is not finite.
    """

    def __init__(
        self,
        size: tuple[int, int],
        points: Points,
        segmentation: Segmentation,
        options: ParseOptions | None = None,
        override: Patch = EMPTY,
        touched: Touched | None = None,
        still: float = 0.0,
    ) -> None:
        self._options, self._still = options or ParseOptions(), still
        self._image = Rect(0, 0, *size)
        self._points, self._touched = check_points(points), _touched(touched)
        self._base = coarse(segmentation, size, self._options.sureness)
        self._override = override
        self._fill = Fills(self._image)
        self._outlines = [self._fit_group(g) for g in GROUPS]
        self._region = self._fit_region()
        self.labels: LabelMap = np.zeros((size[1], size[0]), np.uint8)
        everything = self._base.rect.joined(Rect.around(self._region.inside))
        for outlines in self._outlines:
            everything = everything.joined(_around(outlines))
        self._redraw(everything)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the fitting had to repair or leave out, in words."""
        return tuple(r for outlines in self._outlines for r in outlines.remarks)

    @property
    def parts(self) -> dict[int, list[Polygon]]:
        """Class id (2-9) -> closed polygons (n, 2) in image pixels."""
        return {k: rings for outlines in self._outlines for k, rings in outlines.rings.items()}

    @property
    def jawline(self) -> Polygon:
        """The fitted face contour as an open polyline (n, 2) in image pixels."""
        return fit_jawline(self._points, self._options.fit(JAWLINE))

    def move(self, points: Points, touched: Touched | None = None) -> Rect:
        """Put the landmarks elsewhere and bring ``labels`` up to date.

        Args:
            points: (106, 2) float64, those that moved and those that did not.
            touched: (106,) bool, the points that a person has set; as before when left out.

        Returns:
            The rectangle outside of which no pixel has changed.

        Raises:
            ValueError: points of another shape, or one that is not finite; nothing is changed.
        """
        everything = NOWHERE
        for rect in self.changes(points, touched):
            everything = everything.joined(rect)
        return everything

    def changes(self, points: Points, touched: Touched | None = None) -> list[Rect]:
        """Move as ``move`` does; the rectangles outside of which no pixel has changed.

        Raises:
            ValueError: as ``move``.
        """
        points = check_points(points)
        touched = self._touched if touched is None else _touched(touched)
        changed = (points != self._points).any(axis=1)
        region_changed = (changed | (touched != self._touched))[list(REGION_POINTS)].any()
        self._points, self._touched = points, touched
        dirty = []
        for k, group in enumerate(GROUPS):
            if changed[list(group.indices)].any():
                old, new = self._outlines[k], self._fit_group(group)
                self._outlines[k] = new
                dirty.append(_redrawn(old, new))
        if region_changed:
            was, now = self._region, _kept(self._region, self._fit_region(), self._still)
            self._region = now
            skin = self._base.skin
            dirty += _stretches(was.inside, now.inside, closed=True)
            # Where no skin was seen there is none to cut.
            cut = _stretches(was.edge(skin), now.edge(skin), closed=False)
            dirty += [rect.clipped(skin) for rect in cut]
            dirty.append(_changed(was.vouched, now.vouched))
        return [drawn for rect in apart(dirty) if not (drawn := self._redraw(rect)).empty]

    def paint(self, override: Patch, within: Rect | None = None) -> Rect:
        """Replace the override layer; return the rectangle that may have changed.

        Args:
            override: the new layer.
            within: where it differs from the old one; anywhere when left out.
        """
        dirty = within or _extent(self._override).joined(_extent(override))
        dirty = dirty.clipped(self._image)
        place = dirty.x0, dirty.y0, dirty.x1 - dirty.x0, dirty.y1 - dirty.y0
        old, new = self._override.region(*place).values, override.region(*place)
        self._override = override
        fixed, gone = new.values != UNSET, old != UNSET
        # In place: of a large stroke every new array costs as much as what is done with it.
        if np.greater(gone, fixed, out=gone).any():
            return self._redraw(dirty)
        # Where repairs only came there is nothing to fuse.
        if not dirty.empty:
            cv2.copyTo(new.classes, fixed.view(np.uint8), self.labels[dirty.slices])
        return dirty

    def _fit_group(self, group: PartGroup) -> Outlines:
        return fit_group(self._points, group, self._options.fit(group.name))

    def _fit_region(self) -> FaceRegion:
        slack, touched = self._options.jaw_slack, self._touched[:33]
        return face_region(self._points, self.jawline, slack, touched)

    def _redraw(self, rect: Rect) -> Rect:
        rect = rect.clipped(self._image)
        if rect.empty:
            return NOWHERE
        fused = fuse(rect, self._base, self._region, self.parts, self._options.order, self._fill)
        above = self._override.region(rect.x0, rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0)
        np.copyto(fused, above.classes, where=above.values != UNSET)
        self.labels[rect.slices] = fused
        return rect


def _around(outlines: Outlines) -> Rect:
    rect = NOWHERE
    for rings in outlines.rings.values():
        for ring in rings:
            rect = rect.joined(Rect.around(ring))
    return rect


def _redrawn(before: Outlines, after: Outlines) -> Rect:
    """The rectangle outside of which two fits of the same group agree."""
    rect = NOWHERE
    for label, rings in before.rings.items():
        others = after.rings[label]
        if len(rings) != len(others):
            return _around(before).joined(_around(after))
        for a, b in zip(rings, others, strict=True):
            rect = rect.joined(_changed(a, b))
    return rect


def _changed(before: Polygon, after: Polygon) -> Rect:
    """The rectangle around the edges in which two polygons differ.

    Where they have as many vertices, they differ only between their common edges.
    """
    if before.shape != after.shape:
        return Rect.around(before).joined(Rect.around(after))
    moved = _moved(before, after)
    return Rect.around(np.concatenate([before[moved], after[moved]]))


def _stretches(before: Polygon, after: Polygon, *, closed: bool) -> list[Rect]:
    """As ``_changed``, but a rectangle for each stretch of polygons or of open lines."""
    if before.shape != after.shape:
        return [Rect.around(before).joined(Rect.around(after))]
    moved = _moved(before, after)
    ends = np.flatnonzero(np.diff(np.concatenate([[0], moved.view(np.int8), [0]])))
    runs = [np.arange(i, j) for i, j in ends.reshape(-1, 2).tolist()]
    if closed and len(runs) > 1 and moved[0] and moved[-1]:
        runs[0] = np.concatenate([runs.pop(), runs[0]])
    return [Rect.around(np.concatenate([before[run], after[run]])) for run in runs]


def _moved(before: Polygon, after: Polygon) -> NDArray[np.bool_]:
    """(n,) bool: the vertices that are not where they were, and their neighbours."""
    moved: NDArray[np.bool_] = (before != after).any(axis=1)
    return moved | np.roll(moved, 1) | np.roll(moved, -1)


def _kept(was: FaceRegion, now: FaceRegion, still: float) -> FaceRegion:
    """The region as it is now, but for vertices of its cut that have hardly moved."""
    if not still or was.below.shape != now.below.shape:
        return now
    moved = np.abs(now.below - was.below).max(axis=1, keepdims=True) >= still
    return replace(now, below=np.where(moved, now.below, was.below))


def _extent(patch: Patch) -> Rect:
    h, w = patch.values.shape
    return Rect(patch.x, patch.y, patch.x + w, patch.y + h)


def _touched(touched: Touched | None) -> Touched:
    return np.zeros(N_POINTS, bool) if touched is None else np.array(touched, bool)


def parse_face(
    size: tuple[int, int],
    points: Points,
    segmentation: Segmentation,
    options: ParseOptions | None = None,
    override: Patch = EMPTY,
    touched: Touched | None = None,
) -> LabelMap:
    """Parse one face: fit its parts and fuse them with its segmentation (LaPa, 3.2).

    Args:
        size: (width, height) of the image in pixels.
        points: (106, 2) float64 landmarks in image pixels, anywhere in the plane.
        segmentation: hair, skin and background of this face, from ``segment_face``.
        options: how to parse.
        override: pixels that a curator has fixed; on top of everything.
        touched: (106,) bool, the points that a person has set; none when left out.

    Returns:
        (H, W) uint8 label map of the whole image.

    Raises:
        ValueError: points of another shape, or one that is not finite.
    """
    return FaceParser(size, points, segmentation, options, override, touched).labels
