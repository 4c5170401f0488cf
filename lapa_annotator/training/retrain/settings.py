"""How a project is retrained: when, on what, how long, and when a version is promoted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Origin
from lapa_annotator.store.project import Project
from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.versions import TASK

KEY = "retraining"
"""The project's setting that holds all of this, of the landmark model."""

OWN, IMPORTED, RENDERED = "own", "imported", "rendered"
KINDS = (OWN, IMPORTED, RENDERED)
"""What a face was made by: annotating here, an import, or the renderer."""


def _by_origin() -> dict[str, float]:
    return {"corrected": 1.0, "imported": 1.0, "propagated": 0.7, "proposed": 0.5}


def _by_kind() -> dict[str, float]:
    return {OWN: 1.0, IMPORTED: 1.0, RENDERED: 0.25}


@dataclass(frozen=True)
class RetrainSettings:
    """The settings of a project.

    Attributes:
        every: after how many newly finished faces a training is due.
        least: fewest finished images that a training makes sense with.
        held_out: share of the finished images that validates and is never trained on.
        weights: how much a point counts in training, by ``Origin`` in small letters; a label
            map counts as a whole.
        shares: how much of the batches each of ``KINDS`` gives, as far as there are any.
        folders: folders to train on beside the project, as ``FOLDER:share``.
        without: tags of images that are left out.
        steps, batch, rate, seed: as in ``loop.Recipe``.
        scratch: begin from random weights and not from the version in use.
        width: channels of a network that begins from random weights.
        rule: when a version is promoted.
        on_battery: whether to train while the computer runs on its battery.
    """

    every: int = 2000
    least: int = 60
    held_out: float = 0.1
    weights: Mapping[str, float] = field(default_factory=_by_origin)
    shares: Mapping[str, float] = field(default_factory=_by_kind)
    folders: tuple[str, ...] = ()
    without: tuple[str, ...] = ("out",)
    steps: int = 2000
    batch: int = 8
    rate: float = 3e-4
    seed: int = 0
    scratch: bool = False
    width: int = 256
    rule: Rule = field(default_factory=Rule)
    on_battery: bool = False

    def __post_init__(self) -> None:
        wrong = [n for n in ("every", "least", "steps", "batch", "width") if getattr(self, n) < 1]
        wrong += [] if 0 < self.held_out < 1 else ["held_out"]
        wrong += [] if math.isfinite(self.rate) and self.rate > 0 else ["rate"]
        wrong += [] if _shares(self.weights, {o.name.lower() for o in Origin}, 1.0) else ["weights"]
        wrong += [] if _shares(self.shares, set(KINDS), math.inf) else ["shares"]
        if wrong:
            raise InputError(
                f"the project's setting {KEY}.{wrong[0]}",
                f"{getattr(self, wrong[0])!r} is out of range",
                "give it a sensible value",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return a form fit for JSON."""
        return asdict(self) | {"folders": list(self.folders), "without": list(self.without)}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> RetrainSettings:
        """Read what ``to_dict`` returned; what it does not tell is as usual.

        Raises:
            InputError: a value of another kind, or out of range.
        """
        known = {f.name for f in fields(cls)}
        values = {name: value for name, value in told.items() if name in known}
        try:
            if "rule" in values:
                values["rule"] = Rule(**values["rule"])
            for name in {"folders", "without"} & values.keys():
                values[name] = tuple(str(text) for text in values[name])
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"the project's setting {KEY}", f"it cannot be read ({error})", "set it again"
            ) from error


def _shares(values: Mapping[str, float], names: set[str], most: float) -> bool:
    return set(values) <= names and all(0 <= v <= most for v in values.values()) and any(values)


def _usual(task: str) -> RetrainSettings:
    """The settings where none are set. F1 is counted in other per cents than distances."""
    rule = Rule() if task == TASK else Rule(worse=1.0)
    return RetrainSettings(rule=rule)


def _key(task: str) -> str:
    return KEY if task == TASK else f"{KEY}.{task}"


def settings_of(project: Project, task: str = TASK) -> RetrainSettings:
    """The settings by which a project's models are taught a task; the usual ones where none are.

    Raises:
        InputError: they are out of range.
    """
    kept = project.settings.get(_key(task), dict[str, Any]())
    return RetrainSettings.from_dict({**_usual(task).to_dict(), **kept})


def set_settings(project: Project, settings: RetrainSettings, task: str = TASK) -> None:
    """Keep settings with a project."""
    project.settings.set(_key(task), settings.to_dict())
