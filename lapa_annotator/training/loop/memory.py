"""Memory that a training step lets go of stays with the process for the next step."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from typing import Any

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Numbers of ``mallopt``'s settings, from glibc's ``malloc.h``."""
_NEVER_TRIM, _USUAL_TRIM, _USUAL_MMAPS = 2**31 - 1, 128 * 1024, 65536


@contextlib.contextmanager
def kept_memory() -> Iterator[bool]:
    """Keep freed memory for as long as the block runs; yields whether that was possible.

    glibc takes every large block fresh from the system and gives it back when it is freed. A
    training step on a processor frees hundreds of blocks of tens of megabytes, and the system
    then clears every page of them anew: two fifths of a step's time. Kept blocks are used again.
    At the end all is given back and both limits are glibc's usual ones again; that it adjusts them
    by itself is off from then on. Other C libraries and systems are left alone.
    """
    library = _library()
    if library is None:
        yield False
        return
    library.mallopt(_MMAP_MAX, 0)
    library.mallopt(_TRIM_THRESHOLD, _NEVER_TRIM)
    try:
        yield True
    finally:
        library.mallopt(_MMAP_MAX, _USUAL_MMAPS)
        library.mallopt(_TRIM_THRESHOLD, _USUAL_TRIM)
        library.malloc_trim(0)


def _library() -> Any:
    """The C library of this process if it is glibc, else None."""
    if not sys.platform.startswith("linux"):
        return None
    library: Any = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
