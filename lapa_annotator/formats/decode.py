"""Opening picture files: whatever is wrong with one becomes one sentence."""

from __future__ import annotations

import contextlib
import os
import struct
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from lapa_annotator.domain.errors import InputError

MOST_PIXELS = 300_000_000
"""Pictures above this many pixels are refused before any of them is decoded."""

# Pillow's own limit warns on the terminal and cannot be set per call; ``opened`` has its own.
Image.MAX_IMAGE_PIXELS = None

_AGAIN = "copy it again from where it came, or leave it out"
# What Pillow's decoders raise on cut or flipped bytes.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error)


def read_error(path: Path, error: OSError) -> InputError:
    """Say in one sentence why ``path`` could not be read."""
    if isinstance(error, PermissionError):
        return InputError(path, "it may not be read", "give yourself the right to read it")
    if isinstance(error, FileNotFoundError):
        if path.is_symlink():
            return InputError(path, "it is a link to nothing", "mend the link or remove it")
        return InputError(path, "there is no such file", "check the name and the folder")
    if isinstance(error, IsADirectoryError):
        return InputError(path, "it is a folder, not a file", "name a file")
    plain = error.strerror or str(error) or type(error).__name__
    return InputError(path, f"it cannot be read ({plain})", _AGAIN)


def may_be_searched(folder: Path) -> bool:
    """Whether this user may list a folder and reach what is in it."""
    return os.access(folder, os.R_OK | os.X_OK)


def check_file(path: Path) -> None:
    """Check that ``path`` is an ordinary file with something in it.

    Raises:
        InputError: it is missing, a folder, a dangling link, a device, empty, or out of reach.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise IsADirectoryError if may_be_searched(path) else PermissionError
    except OSError as error:
        raise read_error(path, error) from error
    if not path.is_file():
        raise InputError(path, "it is no ordinary file", "name a file")
    if size == 0:
        raise InputError(path, "the file is empty", _AGAIN)


@contextlib.contextmanager
def opened(
    path: Path, formats: Sequence[str], most_pixels: int = MOST_PIXELS
) -> Iterator[Image.Image]:
    """Open a picture with Pillow; only its header is read until somebody loads it.

    Args:
        path: the file.
        formats: Pillow's names of the formats to try, whatever the file's suffix says.
        most_pixels: larger pictures are refused.

    Raises:
        InputError: also for what goes wrong with the picture inside the ``with`` block.
    """
    check_file(path)
    try:
        # Decoders warn of what they could mend; that is no news to the person at the terminal.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb") as file, Image.open(file, formats=list(formats)) as picture:
                _check_size(path, picture, most_pixels)
                yield picture
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError(
            path,
            "it holds no picture of a kind that can be read",
            "open it in a picture viewer and save it as JPEG or PNG, or leave it out",
        ) from error
    except MemoryError as error:
        raise InputError(path, "it does not fit in memory", "save it smaller") from error
    except PermissionError as error:
        raise read_error(path, error) from error
    except _DAMAGE as error:
        plain = " ".join(str(error).split()) or type(error).__name__
        raise InputError(path, f"the picture is damaged ({plain})", _AGAIN) from error


def _check_size(path: Path, picture: Image.Image, most_pixels: int) -> None:
    width, height = picture.size
    if width * height > most_pixels:
        raise InputError(
            path,
            f"{width}x{height} pixels are more than the {most_pixels / 1e6:g} megapixels allowed",
            "save it smaller",
        )
