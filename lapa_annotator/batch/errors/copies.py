"""Photos that are there twice: the same bytes, or the same look.

The look is a perceptual hash: the signs of the lowest frequencies of a small grey picture
(discrete cosine transform) about their median, which survive sizes, compression and tones.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.batch.errors.finding import Finding, ramp
from lapa_annotator.batch.errors.seen import PhotoSeen, Seen
from lapa_annotator.runtime.crops import Image

BITS = 256
_SIDE, _LOW = 64, 16
_WORDS = BITS // 64
MOST_APART, MOST_APART_MIRRORED = 36, 28
"""Hashes that differ in no more bits are of pictures that look alike, or like mirror images.

Of 879 studio portraits the nearest two are 48 bits apart, and 44 with one of them mirrored.
"""
_BLOCK = 256


def look_same(seen: Seen) -> Iterator[Finding]:
    """Give the photos whose bytes are those of an earlier one."""
    first: dict[str, PhotoSeen] = {}
    for photo in seen.photos:
        other = first.setdefault(photo.info.content, photo)
        if other is not photo:
            said = f"The file is the same as {other.path}, byte by byte."
            yield _about(photo, "copy", 0.85, said, other)


def look_alike(seen: Seen) -> Iterator[Finding]:
    """Give the photos that look like an earlier one, or like its mirror image."""
    photos = [photo for photo in seen.photos if photo.look is not None]
    hashes = np.array([_words(p.look[0]) for p in photos if p.look], np.uint64)
    flipped = np.array([_words(p.look[1]) for p in photos if p.look], np.uint64)
    for k, (other, apart, is_mirrored) in _nearest(hashes, flipped).items():
        if photos[k].info.content == photos[other].info.content:
            continue
        like = "the mirror image of " if is_mirrored else ""
        said = f"The photo looks like {like}{photos[other].path} ({apart} of {BITS} bits differ)."
        yield _about(photos[k], "look", 0.8 - 0.5 * ramp(apart, 0, MOST_APART), said, photos[other])


def _about(photo: PhotoSeen, kind: str, severity: float, said: str, other: PhotoSeen) -> Finding:
    info, twin = photo.info, other.info.id
    return Finding(kind, info.id, photo.path, "", severity, None, said, str(twin), twin)


def _nearest(
    hashes: NDArray[np.uint64], flipped: NDArray[np.uint64]
) -> dict[int, tuple[int, int, bool]]:
    """Row -> the earlier row it is nearest to, by how many bits, and whether mirrored.

    Every pair is looked at, a block of rows at a time: half a second for 10,000 photos.
    """
    found: dict[int, tuple[int, int, bool]] = {}
    for start in range(0, len(hashes), _BLOCK):
        rows = hashes[start : start + _BLOCK]
        for others, most in ((hashes, MOST_APART), (flipped, MOST_APART_MIRRORED)):
            apart = _apart(rows, others[: start + len(rows)])
            # Only earlier ones: of two that look alike the second one is told.
            later = np.arange(apart.shape[1])[None] >= (start + np.arange(len(rows)))[:, None]
            apart[later] = BITS
            best = apart.argmin(axis=1)
            for i in np.flatnonzero(apart[np.arange(len(rows)), best] <= most).tolist():
                bits = int(apart[i, best[i]])
                if bits < found.get(start + i, (0, BITS + 1, False))[1]:
                    found[start + i] = (int(best[i]), bits, others is flipped)
    return found


def _apart(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.int64]:
    """(n, m) numbers of bits in which (n, 4) hashes differ from (m, 4) others."""
    total = np.zeros((len(a), len(b)), np.int64)
    for word in range(_WORDS):
        total += np.bitwise_count(a[:, None, word] ^ b[None, :, word])
    return total


def _words(number: int) -> list[int]:
    return [number >> (64 * word) & ((1 << 64) - 1) for word in range(_WORDS)]


def hash_of(image: Image) -> tuple[int, int]:
    """The perceptual hash of an (H, W, 3) image, and that of its mirror image: 256 bits each."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_LOW, :_LOW]
    # Mirroring a picture turns the sign of every odd frequency across.
    signs = np.where(np.arange(_LOW) % 2, -1.0, 1.0).astype(np.float32)
    return _bits(low), _bits(low * signs)


def _bits(low: NDArray[np.float32]) -> int:
    flat = low.ravel().copy()
    flat[0] = 0  # how bright it is says nothing
    return int.from_bytes(np.packbits(flat > np.median(flat)).tobytes(), "big")
