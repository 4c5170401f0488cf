"""From a face of a photo to a face of a sample: the photo as it is, smaller, or cropped."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.batch.export.options import ExportOptions, Shown
from lapa_annotator.domain.geometry import Box, Similarity, square_crop
from lapa_annotator.domain.schema import OUTER_EYE_CORNERS
from lapa_annotator.formats.samples import SampleFace
from lapa_annotator.runtime.crops import cut

Image = NDArray[np.uint8]
Values = NDArray[np.uint8]


def prepared(
    image: Image, faces: list[SampleFace], options: ExportOptions
) -> list[tuple[Image | None, list[SampleFace]]]:
    """Bring a photo and its faces to the size and framing that were asked for.

    Args:
        image: (H, W, 3) uint8 RGB.
        faces: its faces.
        options: of the export.

    Returns:
        One picture with the faces it shows per sample that is made; None for the picture
        where it is the photo itself.
    """
    if options.shown is Shown.CROP:
        return [_cropped(image, face, options) for face in faces]
    picture, shown = _reduced(image, faces, options.size)
    if options.row.several:
        return [(picture, shown)] if shown else []
    return [(picture, [face]) for face in shown]


def _reduced(
    image: Image, faces: list[SampleFace], longest: int
) -> tuple[Image | None, list[SampleFace]]:
    height, width = image.shape[:2]
    if not longest or max(width, height) <= longest:
        return None, faces
    scale = longest / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    share = np.array(size) / (width, height)
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, [_smaller(face, size, share) for face in faces]


def _smaller(face: SampleFace, size: tuple[int, int], share: NDArray[np.float64]) -> SampleFace:
    def resized(values: Values | None) -> Values | None:
        if values is None:
            return None
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)

    corners = np.array([(face.box.x0, face.box.y0), (face.box.x1, face.box.y1)])
    # Pixels are counted from their centres: the picture's corner lies at (-0.5, -0.5).
    edges = ((corners + 0.5) * share - 0.5).ravel().tolist()
    points = None if face.points is None else (face.points + 0.5) * share - 0.5
    labels, occluders = resized(face.labels), resized(face.occluders)
    return replace(face, box=Box(*edges), points=points, labels=labels, occluders=occluders)


def _cropped(
    image: Image, face: SampleFace, options: ExportOptions
) -> tuple[Image, list[SampleFace]]:
    size = options.crop_size
    crop = _square(face, options)

    def turned(values: Values | None) -> Values | None:
        if values is None:
            return None
        made = cv2.warpAffine(values, crop.matrix, (size, size), flags=cv2.INTER_NEAREST)
        return np.asarray(made, np.uint8)

    box = face.box
    corners = np.array([(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)])
    points = None if face.points is None else crop.apply(face.points)
    pose = face.pose and replace(face.pose, roll=face.pose.roll + crop.rotation)
    shown = replace(
        face,
        box=Box.around(crop.apply(corners)),
        points=points,
        labels=turned(face.labels),
        pose=pose,
        occluders=turned(face.occluders),
    )
    return cut(image, crop, size), [shown]


def _square(face: SampleFace, options: ExportOptions) -> Similarity:
    """The transform from the photo to the crop around a face."""
    box = face.box if face.points is None else Box.around(face.points)
    roll = 0.0
    if options.upright and face.points is not None:
        left, right = (face.points[i] for i in OUTER_EYE_CORNERS)
        roll = math.degrees(math.atan2(right[1] - left[1], right[0] - left[0]))
    side = options.margin * max(box.width, box.height)
    return square_crop(box.centre, side, options.crop_size, roll)
