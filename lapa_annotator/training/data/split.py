"""Which samples are never trained on: by a hash of the photo's name, the same everywhere."""

from __future__ import annotations

import hashlib
from typing import Literal

Part = Literal["train", "held out", "all"]
"""What of a source is asked for."""

VARIATION = "~"
"""What follows this in a key tells faces and turned pictures of one photo apart."""

_ONE_IN = 10


def photo_of(key: str) -> str:
    """The name of the photo that a sample comes from, without folder and suffix.

    Args:
        key: like ``folder/A000360``, ``A000360~1`` (a second face) or ``A000360~t2`` (a turned
            picture of it); they share a photo and so fall on the same side.
    """
    return key.rsplit("/", 1)[-1].split(VARIATION, 1)[0]


def held_out(key: str) -> bool:
    """Whether a sample is kept out of all training: one photo in ten, by its name's hash."""
    digest = hashlib.sha256(photo_of(key).encode("utf-8", "surrogateescape")).hexdigest()
    return int(digest[:8], 16) % _ONE_IN == 0


def belongs(key: str, part: Part) -> bool:
    """Whether a sample is in that part of its source."""
    return part == "all" or held_out(key) == (part == "held out")
