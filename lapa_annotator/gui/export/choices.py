"""What a person chooses for an export, what is wrong with it, and how it is remembered."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from lapa_annotator.batch.export.options import ExportOptions, Shown, SplitBy
from lapa_annotator.batch.export.splits import PERSON
from lapa_annotator.batch.export.target import Standing, standing
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.formats.classes import IDS, parse_classes
from lapa_annotator.formats.lapa import SPLITS
from lapa_annotator.formats.registry import FORMATS, LABELS
from lapa_annotator.store.query import parse

_DEFAULT_SHARES = (80, 10, 10)


def tr(text: str) -> str:
    """Return a sentence about an export in the person's language."""
    return QCoreApplication.translate("export", text)


@dataclass(frozen=True)
class Choices:
    """The fields of the dialog; ``ExportOptions`` says what most of them mean.

    Attributes:
        statuses: names of the statuses that go out.
        tag, person: only photos with that tag, of that person; "" for all.
        more: more terms of the search language.
        folder: the new folder, as typed.
        shares: of train, val and test.
        names: LaPa's class -> what it goes out as, where that is another name.
        colours: name of a class that goes out -> its colour (#rrggbb).
        opens: whether the folder is opened when all is done.
    """

    statuses: tuple[str, ...] = (str(Status.DONE), str(Status.APPROVED))
    tag: str = ""
    person: str = ""
    more: str = ""
    folder: str = ""
    format: str = "lapa"
    split_by: str = str(SplitBy.TAG)
    shares: tuple[int, ...] = _DEFAULT_SHARES
    stratify: bool = False
    shown: str = str(Shown.FULL)
    size: int = 0
    margin: float = 2.0
    upright: bool = True
    png: bool = False
    names: dict[str, str] = field(default_factory=dict)
    colours: dict[str, str] = field(default_factory=dict)
    overlays: bool = False
    metadata: bool = False
    licence: str = ""
    replace: bool = False
    opens: bool = True

    @property
    def query(self) -> str:
        """The photos that go out, in the search language."""
        terms = ["status:" + ",".join(s.replace(" ", "-") for s in self.statuses)]
        terms += [f'tag:"{self.tag}"'] if self.tag else []
        terms += [f'tag:"{PERSON}{self.person}"'] if self.person else []
        return " ".join([*terms, self.more]).strip()

    @property
    def merge(self) -> tuple[str, ...]:
        """The rules that put classes together."""
        groups: dict[str, list[str]] = {}
        for name in IDS:
            target = self.names.get(name, name).strip()
            if target != name:
                groups.setdefault(target, []).append(name)
        return tuple(f"{'+'.join(sources)}={target}" for target, sources in groups.items())

    @property
    def colour_rules(self) -> tuple[str, ...]:
        """The rules that colour classes; those of classes that are no longer there left out."""
        there = {row.name for row in parse_classes(self.merge).rows}
        return tuple(f"{name}={c}" for name, c in self.colours.items() if name in there)

    def options(self) -> ExportOptions:
        """What to export.

        Raises:
            InputError: a choice makes no sense.
        """
        return ExportOptions(
            out=Path(self.folder),
            format=self.format,
            query=self.query,
            split_by=SplitBy(self.split_by),
            shares=dict(zip(SPLITS, map(float, self.shares), strict=True)),
            stratify=self.stratify,
            shown=Shown(self.shown),
            margin=self.margin,
            upright=self.upright,
            size=self.size,
            picture=".png" if self.png else ".jpg",
            merge=self.merge if self.keeps_labels else (),
            colours=self.colour_rules if self.keeps_labels else (),
            overlays=self.overlays,
            metadata=self.metadata,
            licence=self.licence.strip(),
            replace=self.replace,
        )

    @property
    def keeps_labels(self) -> bool:
        """Whether the format has label maps at all."""
        return self.format in FORMATS and LABELS in FORMATS[self.format].keeps

    def problems(self, project: Path) -> dict[str, str]:
        """Return what is wrong, one sentence a field; {} when all is well.

        Args:
            project: the project's folder, which is no place for an export.
        """
        found = {
            "statuses": "" if self.statuses else tr("Tick one status at least."),
            "more": _search_problem(self.more),
            "folder": _folder_problem(self.folder, project, replace=self.replace),
            "format": _format_problem(self.format),
            "shares": "" if any(self.shares) else tr("One split at least needs a share."),
            "classes": self._class_problem() if self.keeps_labels else "",
        }
        return {name: problem for name, problem in found.items() if problem}

    def _class_problem(self) -> str:
        if not all(name.strip() for name in self.names.values()):
            return tr("A class needs a name; write background to leave it out.")
        try:
            parse_classes(self.merge, self.colour_rules)
        except InputError as error:
            return str(error)
        return ""

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Choices:
        """Read what was remembered; what cannot be understood is what it is at first."""
        first = cls()
        kept: dict[str, Any] = {}
        for row in fields(cls):
            value, default = told.get(row.name), getattr(first, row.name)
            if isinstance(default, tuple) and isinstance(value, list):
                value = tuple(value)
            if type(value) is type(default) and _makes_sense(row.name, value):
                kept[row.name] = value
        return cls(**kept)


_ALLOWED: dict[str, tuple[str, ...]] = {
    "statuses": tuple(map(str, Status)),
    "format": tuple(FORMATS),
    "split_by": tuple(map(str, SplitBy)),
    "shown": tuple(map(str, Shown)),
}


def _makes_sense(name: str, value: Any) -> bool:
    if name in _ALLOWED:
        told = value if isinstance(value, tuple) else (value,)
        return all(v in _ALLOWED[name] for v in told)
    if name == "shares":
        return len(value) == len(SPLITS) and all(type(v) is int and v >= 0 for v in value)
    if isinstance(value, dict):
        return all(isinstance(v, str) for v in (*value, *value.values()))
    return True


def _search_problem(text: str) -> str:
    try:
        parse(text)
    except InputError as error:
        return f"{error.problem}; {error.remedy}."
    return ""


def _format_problem(name: str) -> str:
    if name == "hf" and find_spec("pyarrow") is None:
        return tr("It needs the package pyarrow: run pip install 'lapa-annotator[export]'.")
    return ""


def _folder_problem(text: str, project: Path, *, replace: bool) -> str:
    place = Path(text)
    if not text:
        return tr("Name a new folder.")
    if not place.is_absolute():
        return tr("Write the whole path of the folder.")
    if project == place or project in place.parents:
        return tr("That is inside the project: choose a folder elsewhere.")
    try:
        return _standing_there(place, replace=replace)
    except OSError as error:
        return tr("It cannot be read ({why}): choose another folder.").format(why=error.strerror)


def _standing_there(place: Path, *, replace: bool) -> str:
    if place.exists() and not place.is_dir():
        return tr("That is a file: choose another name.")
    there = standing(place)
    if there is Standing.SOMETHING:
        return tr("That folder is not empty: choose a new one.")
    if there is Standing.EXPORT and not replace:
        return tr("An older export is there: choose a new folder, or tick that it is replaced.")
    above = next(p for p in (place, *place.parents) if p.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        return tr("{folder} cannot be written to: choose another folder.").format(folder=above)
    return ""
