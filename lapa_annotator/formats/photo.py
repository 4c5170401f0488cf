"""Reading photos as they come, finding them in folders, writing pictures.

A photo is decoded to what a viewer shows: EXIF orientation applied, colours brought to sRGB
by the embedded ICC profile, 16 bits scaled to 8, transparent parts laid on white. White,
because it is what viewers and cut-out portraits use, and dark hair stays apart from it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.formats.decode import MOST_PIXELS, may_be_searched, opened, read_error

_HEIF_SUFFIXES = frozenset({".heic", ".heif"})
SUFFIXES: frozenset[str] = _HEIF_SUFFIXES | {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff")
}
"""Suffixes of the photos that are looked for in folders, in lower case."""

LEAST_SIDE = 16
"""Photos narrower or lower than this many pixels cannot hold a face."""

# JPEG stands also for MPO, the JPEG with a second picture behind it that many cameras write.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")

_TURNS: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photo.

    Attributes:
        path: the file it was read from.
        pixels: (H, W, 3) uint8 RGB (sRGB) as displayed, writeable, in C order.
        orientation: the EXIF orientation 1-8 that was applied (1 where none is told).
    """

    path: Path
    pixels: NDArray[np.uint8]
    orientation: int


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """Width and height in pixels as displayed, and the EXIF orientation 1-8."""

    width: int
    height: int
    orientation: int


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """A photo found: its path, and its place below the inputs, unique among all that was found."""

    path: Path
    relative: PurePosixPath


def read_photo(path: Path, most_pixels: int = MOST_PIXELS) -> Photo:
    """Decode a photo.

    Raises:
        InputError: it is missing, damaged, no photo, too small, or above ``most_pixels``.
    """
    with _opened_photo(path, most_pixels) as picture:
        return _decoded(path, picture)


def read_thumbnail(path: Path, side: int) -> Photo:
    """Decode a photo at ``side`` pixels or less a side; a JPEG is decoded at a fraction.

    Raises:
        InputError: as ``read_photo``.
    """
    with _opened_photo(path, MOST_PIXELS) as picture:
        # Twice the side: what the decoder scales down is coarser than what is averaged here.
        picture.draft("RGB", (2 * side, 2 * side))
        return _decoded(path, picture, side)


def _decoded(path: Path, picture: Image.Image, most: int | None = None) -> Photo:
    """Decode an opened photo, scaled down to ``most`` pixels a side."""
    orientation = _orientation(picture)
    profile = picture.info.get("icc_profile")
    turned_by_decoder = picture.format == "TIFF"
    plain = _as_8_bit(path, picture)
    if most is not None:
        plain.thumbnail((most, most), Image.Resampling.BOX)
    rgb = _as_srgb(plain, profile)
    if orientation in _TURNS and not turned_by_decoder:
        rgb = rgb.transpose(_TURNS[orientation])
    return Photo(path, np.array(rgb, dtype=np.uint8), orientation)


def probe_photo(path: Path, most_pixels: int = MOST_PIXELS) -> PhotoInfo:
    """Read a photo's size and orientation from its header alone.

    Raises:
        InputError: as ``read_photo``, for what can be told without decoding the pixels.
    """
    with _opened_photo(path, most_pixels) as picture:
        orientation = _orientation(picture)
        width, height = picture.size
        # Pillow turns a TIFF itself and tells the turned size.
        if orientation in (5, 6, 7, 8) and picture.format != "TIFF":
            width, height = height, width
        return PhotoInfo(width, height, orientation)


def find_photos(paths: Sequence[Path]) -> list[FoundPhoto]:
    """Find the photos that ``paths`` name: files as they are, folders with all below them.

    The order is that of ``paths``, and by name within a folder. Hidden files and folders are
    left out, and nothing is listed twice. Dangling links are listed, and folders that may not
    be searched in place of what they hold: reading one says what is wrong. ``relative`` is
    the place below the named folder (the bare name for a named file); if two photos would
    share one, all get the name of their named folder in front.

    Raises:
        InputError: a path does not exist, is a folder that may not be searched, or is a file of
            another kind.
    """
    found: dict[str, tuple[Path, PurePosixPath]] = {}
    photos: dict[str, Path] = {}
    visited: set[tuple[int, int]] = set()
    for path in paths:
        folder = os.path.isdir(path)  # noqa: PTH112  # Path's raises where a file is out of reach
        root = path if folder else path.parent
        for photo in _named_folder(path, visited) if folder else [_named_file(path)]:
            key = os.path.abspath(photo)  # noqa: PTH100  # resolve() would follow links
            photos.setdefault(key, photo)
            found.setdefault(key, (root, PurePosixPath(photo.relative_to(root).as_posix())))
    relatives = [relative for _, relative in found.values()]
    if len(set(relatives)) < len(relatives):
        names = _unique_names([root for root, _ in found.values()])
        relatives = [names[_absolute(root)] / relative for root, relative in found.values()]
    return [FoundPhoto(p, r) for p, r in zip(photos.values(), relatives, strict=True)]


def write_picture(path: Path, pixels: NDArray[np.uint8], quality: int = 95) -> None:
    """Write (H, W, 3) uint8 RGB ``pixels`` as JPEG or PNG, by the suffix of ``path``.

    Args:
        path: where to; its folder is made if missing.
        pixels: the picture.
        quality: of a JPEG, 1-100; its colours keep full resolution, for thin parts like lips.

    Raises:
        InputError: another suffix, or the file cannot be written.
        ValueError: pixels of another shape or type.
    """
    replace_file(path, encode_picture(path, pixels, quality))


def encode_picture(path: Path, pixels: NDArray[np.uint8], quality: int = 95) -> bytes:
    """Return what ``write_picture`` writes.

    Raises:
        InputError: another suffix.
        ValueError: pixels of another shape or type.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"a picture is (H, W, 3) uint8, got {pixels.shape} {pixels.dtype}")
    data = io.BytesIO()
    picture = Image.fromarray(pixels)
    match path.suffix.lower():
        case ".jpg" | ".jpeg":
            picture.save(data, "JPEG", quality=quality, subsampling=0)
        case ".png":
            picture.save(data, "PNG")
        case other:
            raise InputError(path, f"pictures are not written as {other!r}", "use .jpg or .png")
    return data.getvalue()


@contextmanager
def _opened_photo(path: Path, most_pixels: int) -> Iterator[Image.Image]:
    heif = path.suffix.lower() in _HEIF_SUFFIXES
    if heif:
        _register_heif(path)
    with opened(path, (*_FORMATS, "HEIF") if heif else _FORMATS, most_pixels) as picture:
        if min(picture.size) < LEAST_SIDE:
            width, height = picture.size
            raise InputError(
                path,
                f"{width}x{height} pixels are too few for a face",
                f"use a photo of at least {LEAST_SIDE} pixels a side",
            )
        yield picture


def _register_heif(path: Path) -> None:
    try:
        import pillow_heif
    except ImportError as error:
        raise InputError(
            path,
            "HEIC needs the package pillow-heif, which is not installed",
            "install the extra 'heif' or save the photo as JPEG",
        ) from error
    pillow_heif.register_heif_opener()


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation of the header; 1 where none, or none that makes sense, is told."""
    try:
        # Not picture.getexif(): that of a PNG decodes all pixels to look behind them.
        value = int(Image.Image.getexif(picture).get(ExifTags.Base.Orientation, 1))
    except (SyntaxError, ValueError, TypeError, LookupError, EOFError, OSError):
        return 1
    return value if value in _TURNS else 1


def _as_8_bit(path: Path, picture: Image.Image) -> Image.Image:
    """Decode to mode L, RGB, RGBA or CMYK, 8 bits a channel."""
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format == "PNG"):
        wide = np.asarray(picture).astype(np.uint32)
        return Image.fromarray(((wide * 255 + 32767) // 65535).astype(np.uint8))
    if picture.mode in ("I", "F", "LAB", "HSV"):
        raise InputError(
            path,
            f"its colours are stored in a way that has no fixed black and white ({picture.mode})",
            "save it with 8 or 16 bits a channel",
        )
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    if picture.mode in ("L", "RGB", "CMYK"):
        picture.load()
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _as_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Bring L, RGB, RGBA or CMYK to RGB in sRGB, transparent parts on white."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    colours = picture.convert("RGB") if alpha else picture
    rgb = _through_profile(colours, profile) if profile else _plain_rgb(colours)
    if alpha is None:
        return rgb
    white = Image.new("RGB", rgb.size, (255, 255, 255))
    white.paste(rgb, mask=alpha)
    return white


def _through_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB") and picture.mode == "RGB":
            return picture
        target = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        # A damaged profile, or one of another colour space (a grey photo that kept its
        # camera's RGB profile): viewers show the plain values, and so do we.
        turned = None
    return turned if turned is not None else _plain_rgb(picture)


def _plain_rgb(picture: Image.Image) -> Image.Image:
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _named_folder(folder: Path, visited: set[tuple[int, int]]) -> Iterator[Path]:
    if not may_be_searched(folder):
        raise read_error(folder, PermissionError())
    return _walk(folder, visited)


def _named_file(path: Path) -> Path:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(path, "there is no such file or folder", "check the name") from None
    except OSError:
        pass  # out of reach; reading it says so
    if path.suffix.lower() not in SUFFIXES:
        kinds = ", ".join(sorted(s[1:] for s in SUFFIXES))
        raise InputError(
            path,
            f"photos of the kind {path.suffix or 'without a suffix'!r} cannot be read",
            f"save it as one of {kinds}",
        )
    return path


def _walk(folder: Path, visited: set[tuple[int, int]]) -> Iterator[Path]:
    """Yield the photos below ``folder`` in order; ``visited`` stops links that run in circles."""
    if not may_be_searched(folder):
        yield folder
        return
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in visited:
            return
        visited.add((status.st_dev, status.st_ino))
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise read_error(folder, error) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if os.path.isdir(entry):  # noqa: PTH112  # a link may lead out of reach
            yield from _walk(entry, visited)
        elif entry.suffix.lower() in SUFFIXES:
            yield entry


def _absolute(root: Path) -> str:
    return os.path.abspath(root)  # noqa: PTH100  # resolve() would follow links


def _unique_names(roots: Sequence[Path]) -> dict[str, PurePosixPath]:
    """Give every folder its own name, with a number behind it where two share one."""
    names: dict[str, PurePosixPath] = {}
    taken: set[str] = set()
    for root in map(_absolute, roots):
        if root in names:
            continue
        base = Path(root).name or "root"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        names[root] = PurePosixPath(name)
    return names
