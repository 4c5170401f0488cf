"""Which images of a project validate: fixed by the hash of their bytes, once and for all.

The images of the frozen set are spread over poses and doubt, and their number grows with the
project. An image that was trained on once never validates, and the other way round; copies of a
photo share their side.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.data.split import Part

FILE = "split.json"
_TRAIN: Part = "train"
_HELD_OUT: Part = "held out"
# Of a group of which there are few, up to so many validate, but never more than a third.
_FEW = 5
_MOST = 1 / 3


def rank(content: str) -> float:
    """A number in [0, 1) that only an image's bytes decide; ``content`` is their hash."""
    digest = hashlib.sha256(f"validation/{content}".encode()).hexdigest()
    return float(int(digest[:13], 16) / 16**13)


def group_of(yaw: float, doubt: float | None) -> str:
    """The group that an image is counted in: how far the head is turned, how doubtful it was."""
    turn = "frontal" if abs(yaw) < 20 else "turned" if abs(yaw) < 40 else "profile"
    if doubt is None:
        return f"{turn}, doubt unknown"
    return f"{turn}, {'sure' if doubt < 0.1 else 'doubtful' if doubt < 0.3 else 'very doubtful'}"


@dataclass(frozen=True)
class Split:
    """The sides of all images that were ever part of a snapshot.

    Attributes:
        sides: hash of an image's bytes -> ("train" or "held out", its group).
    """

    sides: Mapping[str, tuple[Part, str]] = field(default_factory=dict)

    def part(self, content: str) -> Part:
        """On which side an image is.

        Raises:
            KeyError: it is on none yet.
        """
        return self.sides[content][0]

    def grown(self, groups: Mapping[str, str], share: float, least: int) -> Split:
        """Return the split with new images put on a side; the old ones stay where they are.

        Args:
            groups: hash of each finished image's bytes -> its group.
            share: of the images that shall validate.
            least: how many shall validate at least, as far as that is at most a third.
        """
        known = {c: self.sides.get(c, (None, group))[1] for c, group in groups.items()}
        wanted = max(share * len(known), min(least, _MOST * len(known))) / max(len(known), 1)
        sides = dict(self.sides)
        for group in set(known.values()):
            mine = [content for content, where in known.items() if where == group]
            new = sorted((c for c in mine if c not in self.sides), key=rank)
            held = sum(self.sides.get(c, (None,))[0] == _HELD_OUT for c in mine)
            target = max(wanted * len(mine), min(_FEW, _MOST * len(mine)))
            free = max(0, min(round(target) - held, len(new)))
            sides |= {c: (_HELD_OUT if k < free else _TRAIN, group) for k, c in enumerate(new)}
        return Split(sides)

    def write(self, path: Path) -> None:
        """Keep the split in a file.

        Raises:
            InputError: it cannot be written.
        """
        text = json.dumps({"sides": {c: list(side) for c, side in sorted(self.sides.items())}})
        replace_file(path, text.encode("ascii"))

    @classmethod
    def read(cls, path: Path) -> Split:
        """Read what ``write`` wrote; an empty split where there is no file.

        Raises:
            InputError: it is damaged.
        """
        if not path.exists():
            return cls()
        try:
            told = json.loads(path.read_text(encoding="ascii"))["sides"]
            sides = {str(c): (_side(part), str(group)) for c, (part, group) in told.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                path,
                f"the frozen validation set cannot be read ({error})",
                "bring it back from a backup: without it nobody knows what was trained on",
            ) from error
        return cls(sides)


def _side(text: object) -> Part:
    if text == _TRAIN:
        return _TRAIN
    if text == _HELD_OUT:
        return _HELD_OUT
    raise ValueError(f"there is no side {text!r}")
