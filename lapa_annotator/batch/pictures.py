"""Pictures to look at: label maps over photos, and a sheet of many of them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from lapa_annotator.domain.labelmap import LabelMap, colourise
from lapa_annotator.formats.photo import read_photo

Image = NDArray[np.uint8]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_MOST = 1024
_LEAST = 512
_OPACITY = 0.45
_MARGIN = 0.15
_CELL = 200
_CAPTION = 18
_COLUMNS = 10
_BEHIND = (32, 32, 32)


def overlay(
    image: Image,
    labels: LabelMap,
    points: NDArray[np.float64],
    palette: NDArray[np.uint8] | None = None,
) -> Image:
    """Paint a label map and its points over their image, at a size that is good to look at.

    Args:
        image: (H, W, 3) uint8 RGB.
        labels: (H, W) uint8, class ids.
        points: (106, 2) float64, in pixels of the image.
        palette: (n, 3) uint8 RGB, row = class id; LaPa's colours when left out.

    Returns:
        (h, w, 3) uint8 RGB of the face and what is around it, its longer side between 512 and
        1024 pixels.
    """
    left, top, right, bottom = _surroundings(labels, points)
    image, labels = image[top:bottom, left:right], labels[top:bottom, left:right]
    height, width = labels.shape
    mixed = painted(image, labels, min(max(height, width, _LEAST), _MOST), palette)
    h, w = mixed.shape[:2]
    dots(mixed, (points - (left, top) + 0.5) * (w / width, h / height) - 0.5)
    return mixed


def painted(
    image: Image, labels: LabelMap, side: int, palette: NDArray[np.uint8] | None = None
) -> Image:
    """Paint a label map over its image: (h, w, 3), its longer side ``side`` pixels.

    Args:
        image: (H, W, 3) uint8 RGB.
        labels: (H, W) uint8, class ids.
        side: of the picture.
        palette: as for ``overlay``.
    """
    picture, classes = resized(image, side), resized(labels, side, smooth=False)
    colours = colourise(classes) if palette is None else palette[classes]
    mixed = cv2.addWeighted(picture, 1 - _OPACITY, colours, _OPACITY, 0)
    mixed[classes == 0] = picture[classes == 0]
    edge = _edges(classes)
    mixed[edge] = colours[edge]
    return np.asarray(mixed, dtype=np.uint8)


def resized(image: NDArray[np.uint8], side: int, *, smooth: bool = True) -> NDArray[np.uint8]:
    """An (H, W, 3) image or an (H, W) map with a longer side of ``side`` pixels."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = (cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC) if smooth else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def _surroundings(labels: LabelMap, points: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is worth showing: points, classes and a margin."""
    height, width = labels.shape
    rows, columns = (np.flatnonzero((labels != 0).any(axis=a)) for a in (1, 0))
    low, high = points.min(axis=0), points.max(axis=0) + 1
    if rows.size:
        low = np.minimum(low, (columns[0], rows[0]))
        high = np.maximum(high, (columns[-1] + 1, rows[-1] + 1))
    margin = _MARGIN * (high - low).max()
    low = np.clip(np.floor(low - margin), 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(high + margin), low + 1, (width, height)).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _edges(classes: LabelMap) -> NDArray[np.bool_]:
    """The (h, w) pixels of every class that touch another one, by their 4 neighbours."""
    edge: NDArray[np.bool_] = np.zeros(classes.shape, np.bool_)
    down, across = classes[1:] != classes[:-1], classes[:, 1:] != classes[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge &= classes != 0
    return edge


def dots(picture: Image, points: NDArray[np.float64]) -> None:
    """Draw (n, 2) points, in pixels of the (h, w, 3) picture, as small dots into it."""
    fine = 4  # bits after the point: a dot sits where its point is, not on the nearest pixel
    radius = max(1.2, max(picture.shape) / 500)
    centres = [(round(x * 2**fine), round(y * 2**fine)) for x, y in points]
    for grow, colour in ((0.8, (0, 0, 0)), (0.0, (255, 255, 255))):
        for centre in centres:
            reach = round((radius + grow) * 2**fine)
            cv2.circle(picture, centre, reach, colour, -1, cv2.LINE_AA, fine)


def contact_sheet(pictures: Sequence[tuple[str, Path]]) -> Image:
    """Lay pictures out on one sheet, each with its name below.

    Args:
        pictures: names and files, in the order of the sheet; at least one.

    Returns:
        (h, w, 3) uint8 RGB, ten pictures a row.

    Raises:
        InputError: a picture cannot be read.
    """
    cells = (((name,), read_photo(path).pixels) for name, path in pictures)
    return sheet(cells, len(pictures), min(_COLUMNS, len(pictures)))


def sheet(
    cells: Iterable[tuple[Sequence[str], Image]],
    count: int,
    columns: int,
    cell: tuple[int, int] = (_CELL, _CELL),
) -> Image:
    """Lay images out on one sheet, each with a few lines of text below.

    Args:
        cells: lines, as many for each, and (H, W, 3) uint8 RGB images.
        count: how many there are; at least one.
        columns: how many stand in a row.
        cell: width and height of the room of an image, in pixels.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    font, (wide, tall) = _font(), cell
    whole: Pillow.Image | None = None
    for i, (lines, image) in enumerate(cells):
        high = tall + _CAPTION * len(lines)
        if whole is None:
            whole = Pillow.new("RGB", (columns * wide, math.ceil(count / columns) * high), _BEHIND)
        left, top = i % columns * wide, i // columns * high
        picture = Pillow.fromarray(image)
        picture.thumbnail((wide - 4, tall - 4))
        place = left + (wide - picture.width) // 2, top + (tall - picture.height) // 2
        whole.paste(picture, place)
        draw = ImageDraw.Draw(whole)
        for k, line in enumerate(lines):
            text = _shortened(_shown(line), font, wide - 8)
            at = left + 4, top + tall + k * _CAPTION
            draw.text(at, text, fill=(224, 224, 224), font=font)
    return np.asarray(whole)


@cache
def _font() -> Font:
    """DejaVu Sans, which matplotlib carries: Latin, Greek, Cyrillic, Arabic and more."""
    package = find_spec("matplotlib")
    for folder in (package.submodule_search_locations or []) if package else []:
        path = Path(folder, "mpl-data", "fonts", "ttf", "DejaVuSans.ttf")
        if path.is_file():
            return ImageFont.truetype(path, 11)
    return ImageFont.load_default(11)


def _shown(name: str) -> str:
    """The name, with backslashes for characters that the font would show as a box."""
    font = _font()
    box = bytes(font.getmask("\uffff"))
    return "".join(
        c.encode("unicode_escape").decode("ascii") if bytes(font.getmask(c)) == box else c
        for c in unicodedata.normalize("NFC", name)
    )


def _shortened(name: str, font: Font, width: int) -> str:
    if font.getlength(name) <= width:
        return name
    while name and font.getlength(name + "…") > width:
        name = name[:-1]
    return name + "…"
