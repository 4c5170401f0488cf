"""Run-length codes of masks: COCO's, CVAT's and Label Studio's.

Decoding takes the mask's size from outside and fails on a code that does not fill it exactly,
so that no code can ask for more memory than its picture has pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""(H, W) bool."""

# Label Studio's header: word size 8, and the four sizes of a run's length, in bits.
_SIZES = (3, 4, 8, 16)
_HEADER_BITS = 32 + 5 + 4 * 4


def runs(flat: NDArray[np.bool_]) -> list[int]:
    """Lengths of the runs of a flat mask, the first of them of pixels that are not set."""
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths: list[int] = np.diff(edges, prepend=0, append=flat.size).tolist()
    return [0, *lengths] if flat.size and flat[0] else lengths


def unrun(lengths: Sequence[int], count: int) -> NDArray[np.bool_]:
    """The flat mask of ``count`` pixels that runs stand for.

    Raises:
        ValueError: a negative run, or runs that do not add up to ``count``.
    """
    array = np.array(lengths, np.int64)
    if array.ndim != 1 or (array < 0).any() or array.sum() != count:
        raise ValueError(f"its runs do not make up {count} pixels")
    return np.repeat(np.arange(array.size) % 2 == 1, array)


def coco_counts(mask: Mask) -> str:
    """COCO's compressed code of an (H, W) mask: runs down the columns."""
    lengths = runs(mask.ravel(order="F"))
    code = bytearray()
    for i, length in enumerate(lengths):
        value = length - (lengths[i - 2] if i > 2 else 0)
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            code.append((bits | 0x20 if more else bits) + 48)
    return code.decode("ascii")


def coco_mask(counts: str | Sequence[int], size: tuple[int, int]) -> Mask:
    """The (H, W) mask of COCO's code, compressed or plain.

    Args:
        counts: the code.
        size: width and height in pixels.

    Raises:
        ValueError: a damaged code, or one of another size.
    """
    width, height = size
    lengths = _uncompressed(counts, width * height) if isinstance(counts, str) else counts
    return unrun(lengths, width * height).reshape((height, width), order="F")


def _uncompressed(code: str, most: int) -> list[int]:
    lengths: list[int] = []
    value = shift = 0
    for character in code.encode("ascii"):
        part = character - 48
        if not 0 <= part < 64 or shift > 60:
            raise ValueError("its run-length code is damaged")
        value |= (part & 0x1F) << shift
        shift += 5
        if part & 0x20:
            continue
        if part & 0x10:
            value -= 1 << shift
        lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
        if not 0 <= lengths[-1] <= most:
            raise ValueError("its run-length code is damaged")
        value = shift = 0
    return lengths


def brush_code(mask: Mask) -> list[int]:
    """Label Studio's code of an (H, W) mask: the bytes of its RGBA picture in packed runs."""
    flat = mask.ravel()
    pieces = [f"{flat.size * 4:032b}", f"{7:05b}", *(f"{size - 1:04b}" for size in _SIZES)]
    value = 0
    for length in runs(flat):
        left = length * 4
        while left:
            part = min(left, 1 << 16)
            kind = next(i for i, size in enumerate(_SIZES) if part <= 1 << size)
            pieces.append(f"1{kind:02b}{part - 1:0{_SIZES[kind]}b}{value:08b}")
            left -= part
        value = 255 - value
    bits = "".join(pieces)
    bits += "0" * (-len(bits) % 8)
    return list(int(bits, 2).to_bytes(len(bits) // 8, "big"))


def brush_mask(code: Sequence[int], size: tuple[int, int]) -> Mask:
    """The (H, W) mask of Label Studio's code: pixels whose alpha is above one half.

    Raises:
        ValueError: a damaged code, or one of another size.
    """
    width, height = size
    count = width * height * 4
    bits = "".join(f"{int(byte):08b}" for byte in bytes(code))
    if len(bits) < _HEADER_BITS or int(bits[:32], 2) != count or int(bits[32:37], 2) != 7:
        raise ValueError(f"its run-length code is not one of {width}x{height} pixels")
    sizes = [int(bits[k : k + 4], 2) + 1 for k in range(37, _HEADER_BITS, 4)]
    out = np.zeros(count, np.uint8)
    at, filled = _HEADER_BITS, 0
    while filled < count:
        size_bits = sizes[int(bits[at + 1 : at + 3] or "0", 2)]
        length = int(bits[at + 3 : at + 3 + size_bits] or "0", 2) + 1
        packed = bits[at : at + 1] == "1"
        start = at + 3 + size_bits
        words = 1 if packed else length
        at = start + 8 * words
        if at > len(bits) or filled + length > count:
            raise ValueError("its run-length code is damaged")
        raw = int(bits[start:at], 2).to_bytes(words, "big")
        out[filled : filled + length] = np.frombuffer(raw, np.uint8)
        filled += length
    return out.reshape(height, width, 4)[..., 3] > 127
