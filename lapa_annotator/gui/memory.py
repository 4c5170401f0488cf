"""Memory that is freed stays with the program for a while, where that can be asked for."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT = 64 << 20
# More is refused.
_LARGEST = 32 << 20


def keep_freed_memory() -> None:
    """Have freed arrays used again instead of handing them back to the system, up to 64 MB.

    Every step of a drag makes and frees pictures of some 100 kB. With the C library's own settings
    each of them is new memory, whose first touch costs more than what is done with it: a fifth of
    the step. It concerns Linux alone, and nothing but speed.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_MMAP_THRESHOLD, _LARGEST)
