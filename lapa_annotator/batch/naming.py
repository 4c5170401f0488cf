"""Flat names of samples: sub-folders become part of the name, and no two photos share one."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

# Names of files may have 255 bytes nearly everywhere; suffixes and face numbers need some.
_MOST_BYTES = 200
# What Windows does not allow in names, besides separators and control characters.
_FORBIDDEN = frozenset('<>:"|?*\\')


def printable(text: str) -> str:
    """Return ``text`` fit for one line of any file: what is no visible text gets backslashes."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(
        c.encode("unicode_escape").decode("ascii") if unicodedata.category(c) == "Cc" else c
        for c in text
    )


def flat_names(relatives: Sequence[PurePosixPath]) -> list[str]:
    """Give each photo the name of its samples.

    ``a/b.jpg`` becomes ``a__b``. Where two photos would share a name (also one that differs by
    case or by how accents are encoded alone), where a character is not allowed everywhere, or
    where the name is too long, eight digits that stand for the whole path are put behind it.
    So a photo's name depends on its place below the inputs, not on the order.

    Args:
        relatives: places below the inputs, each of them once.
    """
    plain = [_plain(relative) for relative in relatives]
    count = Counter(map(_key, plain))
    return [
        name if count[_key(name)] == 1 and _fits(relative) else f"{name}_{_digits(relative)}"
        for name, relative in zip(plain, relatives, strict=True)
    ]


def _plain(relative: PurePosixPath) -> str:
    text = "__".join(relative.with_suffix("").parts)
    text = "".join("_" if _odd(c) else c for c in text).rstrip(". ")
    cut = text.encode()[:_MOST_BYTES]
    return cut.decode("utf-8", "ignore") or "_"


def _fits(relative: PurePosixPath) -> bool:
    text = "__".join(relative.with_suffix("").parts)
    return text == _plain(relative)


def _odd(character: str) -> bool:
    # Control characters and what is no Unicode (bytes that some file systems allow).
    return character in _FORBIDDEN or unicodedata.category(character) in ("Cc", "Cs")


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _digits(relative: PurePosixPath) -> str:
    return hashlib.sha256(str(relative).encode("utf-8", "surrogateescape")).hexdigest()[:8]
