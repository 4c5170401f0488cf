"""Pictures of findings: the photo with a frame where to look, and a sheet of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from lapa_annotator.batch.errors.finding import Finding
from lapa_annotator.batch.pictures import Image, dots, resized, sheet
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.store.project import Project

SIDE = 200
_WIDE = 2.2
_FRAME = (255, 140, 0)
_BEHIND = (32, 32, 32)


def picture(project: Project, finding: Finding, side: int = SIDE) -> Image:
    """The surroundings of what a finding is about, framed: (side, side, 3) uint8 RGB.

    Two photos that are about each other stand side by side.

    Raises:
        InputError: the photo cannot be read.
    """
    pixels = read_photo(project.photo_path(finding.image_id)).pixels
    if finding.other:
        twin = read_photo(project.photo_path(finding.other)).pixels
        halves = [_upright_half(p, side) for p in (pixels, twin)]
        return np.ascontiguousarray(np.hstack(halves)[:, :side])
    faces = project.load(finding.image_id).faces
    face = next((f for f in faces if f.id == finding.face_id), None)
    return framed(pixels, finding.place, face, side)


def _upright_half(pixels: Image, side: int) -> Image:
    """A whole photo in a strip half as wide as high."""
    wide = (side + 1) // 2
    small = resized(pixels, side)
    if small.shape[1] > wide:
        small = resized(pixels, max(1, round(wide * max(pixels.shape[:2]) / pixels.shape[1])))
    out = np.full((side, wide, 3), _BEHIND, np.uint8)
    height, width = min(small.shape[0], side), min(small.shape[1], wide)
    y, x = (side - height) // 2, (wide - width) // 2
    out[y : y + height, x : x + width] = small[:height, :width]
    return out


def framed(pixels: Image, place: Box | None, face: Face | None, side: int = SIDE) -> Image:
    """A square of an (H, W, 3) image around a place of a face, the place framed in orange.

    So much of the face is shown, with its points, that one sees where in it the place is.
    Without a place the whole image is shown.
    """
    height, width = pixels.shape[:2]
    whole = Box(0, 0, width, height)
    shown = whole if place is None else _surroundings(place, face)
    reach = max(shown.width, shown.height)
    x0, y0 = shown.centre[0] - reach / 2, shown.centre[1] - reach / 2
    scale = side / reach
    if scale < 1:
        # Warping knows no averaging: what is larger is made smaller first.
        size = max(1, round(width * scale)), max(1, round(height * scale))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    zoom = max(scale, 1.0)
    to_square = np.array([[zoom, 0, -x0 * scale], [0, zoom, -y0 * scale]])
    how = cv2.INTER_LINEAR
    square = cv2.warpAffine(pixels, to_square, (side, side), flags=how, borderValue=_BEHIND)
    square = np.ascontiguousarray(square, np.uint8)
    if face is not None and face.landmarks is not None:
        dots(square, (face.landmarks.points - (x0, y0)) * scale)
    if place is not None:
        corners = [
            (round((x - x0) * scale), round((y - y0) * scale))
            for x, y in ((place.x0, place.y0), (place.x1, place.y1))
        ]
        cv2.rectangle(square, corners[0], corners[1], _FRAME, max(1, side // 100))
    return square


def _surroundings(place: Box, face: Face | None) -> Box:
    """What is shown around a place: the face with it, or some of the photo."""
    if face is None:
        grow = (_WIDE - 1) / 2 * max(place.width, place.height)
    else:
        x0, y0 = min(place.x0, face.box.x0), min(place.y0, face.box.y0)
        x1, y1 = max(place.x1, face.box.x1), max(place.y1, face.box.y1)
        place, grow = Box(x0, y0, x1, y1), 0.05 * max(x1 - x0, y1 - y0)
    return Box(place.x0 - grow, place.y0 - grow, place.x1 + grow, place.y1 + grow)


def findings_sheet(project: Project, findings: Sequence[Finding], columns: int = 6) -> Image:
    """The findings on one sheet, at least one; a photo that cannot be read is grey."""
    return sheet(_cells(project, findings), len(findings), min(columns, len(findings)))


def _cells(project: Project, findings: Sequence[Finding]) -> Iterator[tuple[Sequence[str], Image]]:
    for finding in findings:
        try:
            shown = picture(project, finding)
        except InputError:
            shown = np.full((SIDE, SIDE, 3), 64, np.uint8)
        head, tail = _two_lines(finding.sentence)
        yield (f"{finding.severity:.2f} {finding.kind}: {finding.path}", head, tail), shown


def _two_lines(text: str, most: int = 34) -> tuple[str, str]:
    if len(text) <= most:
        return text, ""
    cut = text.rfind(" ", 0, most)
    cut = most if cut < 0 else cut
    return text[:cut], text[cut:].strip()
