"""How a project's label maps are made: settings as rows of a table, kept with the project.

A label map is derived from points, segmentation and override layer, so a change of these
settings changes no annotation: maps are fused again where they are next shown or exported.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.fusion import ORDER, Layer, Sureness
from lapa_annotator.ppa.parse import ParseOptions
from lapa_annotator.ppa.registry import (
    MODEL_FILES,
    MODEL_NAMES,
    SEGMENTERS,
    coarse_of,
    parser_file,
)
from lapa_annotator.runtime.files import model_path
from lapa_annotator.store.project import Project

Value = str | float
CURVED, STRAIGHT = "curved", "straight"
ANY = "any"
"""The segmenter that leaves every segmentation as it is, and makes new ones by the default."""

_KEY = "parsing"
_TASK = "parsing"
_DEFAULT = ParseOptions()
_LAYERS: dict[str, Layer] = {layer: layer for layer in ORDER}


@dataclass(frozen=True, slots=True)
class Knob:
    """One setting.

    Attributes:
        name: what the command line and the project call it.
        about: one line for people.
        kind: "order" of layers, "choice" of ``choices``, "number" of ``low`` to ``high``, or
            "parser", the name or the place of a network.
        default: its value where nobody has changed it.
        choices: the layers, or what can be chosen.
        low, high, step: of a number.
    """

    name: str
    about: str
    kind: Literal["order", "choice", "number", "parser"]
    default: Value
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    step: float = 0.05

    def read(self, value: Any) -> Value:
        """Return a value as it is kept.

        Args:
            value: a text, or what JSON has kept.

        Raises:
            InputError: it is none of this setting's values.
        """
        if self.kind == "number":
            return self._number(value)
        if self.kind == "parser":
            place = Path(str(value).strip()).expanduser()
            return str(place.absolute()) if str(value).strip() and place.exists() else str(value)
        text = str(value).strip().lower()
        if self.kind == "choice" and text in self.choices:
            return text
        layers = [layer.strip() for layer in text.split(",")]
        known = set(layers) <= set(self.choices) and len(set(layers)) == len(layers)
        if self.kind == "order" and known:
            return ",".join(layers)
        how = "different ones of" if self.kind == "order" else "one of"
        raise self._refused(value, f"take {how} {', '.join(self.choices)}")

    def _number(self, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not self.low <= number <= self.high:
            raise self._refused(value, f"take a number from {self.low:g} to {self.high:g}")
        return number

    def _refused(self, value: Any, remedy: str) -> InputError:
        return InputError(f"{self.name}={value}", "is no value of this setting", remedy)


# Curves that are drawn alike go together.
_CURVES: dict[str, tuple[str, ...]] = {
    "eyebrows": ("left eyebrow", "right eyebrow"),
    "eyes": ("left eye", "right eye"),
    "nose": ("nose",),
    "mouth": ("mouth",),
    "jawline": ("jawline",),
}

KNOBS: tuple[Knob, ...] = (
    Knob("order", "layers of the fusion, later ones on top", "order", ",".join(ORDER), ORDER),
    *(
        Knob(f"curve.{name}", f"how the {name} are drawn", "choice", CURVED, (CURVED, STRAIGHT))
        for name in _CURVES
    ),
    Knob(
        "closed-eye",
        "an eye less open than this share of its width is closed",
        "number",
        _DEFAULT.closed_eye,
        high=0.5,
        step=0.01,
    ),
    Knob(
        "closed-mouth",
        "a mouth less open than this share of its width is closed",
        "number",
        _DEFAULT.closed_mouth,
        high=0.5,
        step=0.01,
    ),
    Knob("hair", "how sure hair has to be to cover a part", "number", _DEFAULT.sureness.hair),
    Knob(
        "background",
        "how sure background has to be to cover a part or skin",
        "number",
        _DEFAULT.sureness.background,
    ),
    Knob(
        "jaw-slack",
        "how far outside a proposed jaw skin is believed, of the jaw's width",
        "number",
        _DEFAULT.jaw_slack,
        high=0.5,
        step=0.01,
    ),
    Knob("segmenter", "what tells hair and skin apart", "choice", ANY, (ANY, *SEGMENTERS)),
    Knob("parser", "network of the fine stage: a name, or the folder of a run", "parser", ""),
)
BY_NAME: dict[str, Knob] = {knob.name: knob for knob in KNOBS}


@dataclass(frozen=True)
class Settings:
    """The settings, each at a value of its own.

    Attributes:
        values: every knob's value by its name.
    """

    values: Mapping[str, Value]

    @classmethod
    def of(cls, changed: Mapping[str, Any] | None = None) -> Settings:
        """Settings in which only some differ from the defaults.

        Raises:
            InputError: there is no setting of a name, or a value is none of its values.
        """
        return cls({knob.name: knob.default for knob in KNOBS}).having(changed or {})

    def having(self, changed: Mapping[str, Any]) -> Settings:
        """These settings with some changed; raises as ``of``."""
        values = dict(self.values)
        for name, value in changed.items():
            if name not in BY_NAME:
                raise InputError(name, "is no setting", f"take one of {', '.join(BY_NAME)}")
            values[name] = BY_NAME[name].read(value)
        return Settings(values)

    def reading(self, assignments: Sequence[str]) -> Settings:
        """These settings changed by texts like ``hair=0.7``; raises as ``of``."""
        changed = {}
        for text in assignments:
            name, sign, value = text.partition("=")
            if not sign:
                raise InputError(text, "says no value", "write it like hair=0.7")
            changed[name.strip()] = value
        return self.having(changed)

    @property
    def options(self) -> ParseOptions:
        """The settings as the parser takes them."""
        straight = [n for n in _CURVES if self.values[f"curve.{n}"] == STRAIGHT]
        return ParseOptions(
            straight=tuple(part for name in straight for part in _CURVES[name]),
            order=tuple(_LAYERS[name] for name in str(self.values["order"]).split(",")),
            closed_eye=float(self.values["closed-eye"]),
            closed_mouth=float(self.values["closed-mouth"]),
            sureness=Sureness(float(self.values["hair"]), float(self.values["background"])),
            jaw_slack=float(self.values["jaw-slack"]),
        )

    @property
    def segmenter(self) -> str | None:
        """The segmenter that is named, None for any."""
        name = str(self.values["segmenter"])
        return None if name == ANY else name

    @property
    def parser(self) -> str | None:
        """The network of the fine stage that is named, None for the segmenter's own."""
        return str(self.values["parser"]) or None

    def takes(self, model: str) -> bool:
        """Whether a segmentation of that model version is what these settings want."""
        if self.parser:
            try:
                version, _ = parser_file(self.parser)
            except InputError:
                return False  # whoever makes another one hears of it
            return model == "+".join((*coarse_of(self.parser), version))
        return self.segmenter is None or MODEL_NAMES[self.segmenter] == model

    def check(self) -> None:
        """See that the networks that these settings name are here.

        Raises:
            InputError: one is missing.
        """
        if self.parser:
            parser_file(self.parser)
        files = MODEL_FILES.get(self.segmenter or "", ()) if not self.parser else ()
        for file in (*coarse_of(self.parser), *files):
            model_path(file)

    def changed(self) -> dict[str, Value]:
        """What differs from the defaults."""
        return {k.name: self.values[k.name] for k in KNOBS if self.values[k.name] != k.default}

    def against(self, other: Settings) -> list[str]:
        """What ``other`` changes, like "hair: 0.5 → 0.7"."""
        pairs = [(k.name, self.values[k.name], other.values[k.name]) for k in KNOBS]
        return [f"{name}: {_shown(a)} → {_shown(b)}" for name, a, b in pairs if a != b]

    def fingerprint(self) -> str:
        """A short name of these settings; equal settings have the same."""
        text = json.dumps(dict(self.values), sort_keys=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _shown(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else value


@dataclass(frozen=True, slots=True)
class Applied:
    """One change of a project's settings: when, by whom, what, and from which to which."""

    time: float
    annotator: str
    about: str
    before: dict[str, Any]
    after: dict[str, Any]


def settings_of(project: Project) -> Settings:
    """A project's settings.

    Raises:
        InputError: they are damaged, or of a newer program.
    """
    kept = project.settings.get(_KEY, {}).get("now", {})
    try:
        return Settings.of(kept)
    except (InputError, AttributeError, TypeError) as error:
        problem = f"its settings of label maps make no sense ({error})"
        remedy = "go back to the defaults with `what-if PROJECT --reset`"
        raise InputError(project.folder, problem, remedy) from error


def making(project: Project, settings: Settings) -> Settings:
    """The settings that new segmentations are made by.

    Where neither segmenter nor network is named, it is the project's own version of a parsing
    network, if one is in use; segmentations that are there stay as they are.
    """
    version = project.models.active(_TASK)
    if version is None or settings.segmenter or settings.parser:
        return settings
    return settings.having({"parser": str(project.folder / version.weights)})


def history(project: Project) -> list[Applied]:
    """Every change of a project's settings, oldest first."""
    return [Applied(**entry) for entry in project.settings.get(_KEY, {}).get("past", [])]


def apply(project: Project, settings: Settings, about: str = "") -> Applied:
    """Use settings from now on; the change is recorded and can be taken back.

    Raises:
        InputError: the project cannot be written.
    """
    kept = project.settings.get(_KEY, {})
    before = kept.get("now", {})
    entry = Applied(time.time(), project.annotator, about, before, settings.changed())
    past = [*kept.get("past", []), {name: getattr(entry, name) for name in _FIELDS}]
    project.settings.set(_KEY, {"now": settings.changed(), "past": past})
    return entry


_FIELDS = ("time", "annotator", "about", "before", "after")


def take_back(project: Project) -> Settings:
    """Go back to the settings before the last change that still stands; that is recorded, too.

    Raises:
        InputError: there is none, or the project cannot be written.
    """
    standing: list[Applied] = []
    for entry in history(project):
        if entry.about == _TAKEN_BACK and standing:
            standing.pop()
        else:
            standing.append(entry)
    if not standing:
        raise InputError(project.folder, "no change of its settings stands", "apply one first")
    settings = Settings.of(standing[-1].before)
    apply(project, settings, _TAKEN_BACK)
    return settings


_TAKEN_BACK = "taken back"
