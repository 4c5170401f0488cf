"""The cache of hair and skin segmentations: derived values in files that may be deleted.

One file per face, named by a hash of the face's id, so that no id can lead out of the folder. A
file that is damaged or cut off counts as missing.
"""

from __future__ import annotations

import hashlib
import json
import struct
import uuid
import zlib
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Similarity

_HEAD = struct.Struct("<8sII")
_MAGIC = b"lapaseg1"
_MOST_BYTES = 1 << 28


@dataclass(frozen=True, eq=False)
class CachedSegmentation:
    """What a segmenter said of a face's crop.

    Attributes:
        probabilities: (c, h, w) uint8, 0-255 for 0-1.
        to_crop: from image pixels to crop pixels.
        model: the segmenter's name.
    """

    probabilities: NDArray[np.uint8]
    to_crop: Similarity
    model: str


class SegmentationCache:
    """The segmentations of a project, by face id."""

    def __init__(self, folder: Path) -> None:
        """Keep them in the ``cache`` of a project's folder."""
        self._folder = folder / "cache" / "segmentation"

    def store(self, face_id: str, value: CachedSegmentation) -> None:
        """Keep a face's segmentation in place of the one before.

        Raises:
            InputError: it cannot be written.
        """
        shape = value.probabilities.shape
        if value.probabilities.dtype != np.uint8 or len(shape) != 3:
            raise ValueError(f"a segmentation is (c, h, w) uint8, got {shape}")
        about = {"shape": shape, "to_crop": astuple(value.to_crop), "model": value.model}
        head = json.dumps(about).encode()
        body = head + zlib.compress(value.probabilities.tobytes(), 1)
        file = self._file(face_id)
        beside = file.with_name(f".{uuid.uuid4().hex}.tmp")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # No fsync: the checksum tells a file that a power cut has left half written.
            beside.write_bytes(_HEAD.pack(_MAGIC, zlib.crc32(body), len(head)) + body)
            beside.replace(file)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise InputError(
                file.parent, f"cannot be written ({error.strerror})", "free some room on the disk"
            ) from error

    def load(self, face_id: str) -> CachedSegmentation | None:
        """Return a face's segmentation, None when none is kept or it is damaged."""
        try:
            data = self._file(face_id).read_bytes()
            magic, check, length = _HEAD.unpack_from(data)
            body = memoryview(data)[_HEAD.size :]
            if magic != _MAGIC or check != zlib.crc32(body):
                return None
            about = json.loads(bytes(body[:length]))
            c, h, w = (int(n) for n in about["shape"])
            if not 0 <= c * h * w <= _MOST_BYTES:
                return None
            raw = zlib.decompressobj().decompress(body[length:], c * h * w + 1)
            probabilities = np.frombuffer(raw, np.uint8).reshape(c, h, w)
            return CachedSegmentation(
                probabilities, Similarity(*about["to_crop"]), str(about["model"])
            )
        except (OSError, ValueError, KeyError, TypeError, struct.error, zlib.error):
            return None

    def forget(self, face_id: str) -> None:
        """Drop a face's segmentation."""
        self._file(face_id).unlink(missing_ok=True)

    def take_over(self, other: SegmentationCache) -> int:
        """Move all that another cache of the same disk keeps into this one; returns how many.

        Raises:
            InputError: it cannot be written.
        """
        taken = 0
        try:
            for file in sorted(other._folder.glob("*/*")):
                if not file.name.startswith("."):
                    place = self._folder / file.relative_to(other._folder)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    file.replace(place)
                    taken += 1
        except OSError as error:
            raise InputError(
                self._folder, f"cannot be written ({error.strerror})", "check the disk"
            ) from error
        return taken

    def _file(self, face_id: str) -> Path:
        name = hashlib.sha256(face_id.encode("utf-8", "replace")).hexdigest()[:32]
        return self._folder / name[:2] / name[2:]
