"""A training as plain values: what decides the weights, frozen into every run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from lapa_annotator import __version__
from lapa_annotator.domain.errors import InputError

Value = str | int | float | bool
"""A setting; lists of them are allowed as well."""


@dataclass(frozen=True)
class Recipe:
    """What is trained, on what and how.

    Attributes:
        task: name of the task, "landmarks" for one.
        network: name of a row of ``nets.registry.NETWORKS``.
        settings: what the network is built with.
        data: folders as they were named, with their shares.
        fingerprints: name -> sha256 of what was read: the data, the weights begun from.
        options: the task's own settings: losses, augmentation.
        steps, batch, seed: optimizer steps, images a step, the seed of everything drawn.
        optimizer: "adamw" or "sgd"; ``momentum`` is SGD's.
        rate: learning rate at its highest; ``weight_decay`` spares biases and norms.
        schedule: "cosine" or "poly" (to the power of ``power``), after ``warmup`` steps.
        clip: longest gradient, 0 for no limit.
        average: how much of the averaged weights is kept at each step.
        init: file of the weights begun from, "" for random ones.
    """

    task: str
    network: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 2000
    batch: int = 8
    seed: int = 0
    optimizer: str = "adamw"
    rate: float = 1e-3
    weight_decay: float = 1e-4
    momentum: float = 0.9
    schedule: str = "cosine"
    power: float = 0.9
    warmup: int = 100
    clip: float = 1.0
    average: float = 0.999
    init: str = ""

    def __post_init__(self) -> None:
        wrong = [n for n in ("steps", "batch") if getattr(self, n) < 1]
        wrong += [n for n in ("seed", "warmup", "clip", "weight_decay") if getattr(self, n) < 0]
        wrong += [] if self.rate > 0 else ["rate"]
        wrong += [] if 0 <= self.average < 1 else ["average"]
        wrong += [] if self.optimizer in ("adamw", "sgd") else ["optimizer"]
        wrong += [] if self.schedule in ("cosine", "poly") else ["schedule"]
        if wrong:
            value = getattr(self, wrong[0])
            raise InputError(wrong[0], f"{value!r} is out of range", "name a sensible value")

    def differences(self, other: Recipe) -> list[str]:
        """What ``other`` has otherwise, each as "name = mine, not theirs"."""
        mine, theirs = _flat(asdict(self)), _flat(asdict(other))
        return [
            f"{'.'.join(name)} = {json.dumps(mine.get(name))}, not {json.dumps(theirs.get(name))}"
            for name in sorted(mine.keys() | theirs.keys())
            if mine.get(name) != theirs.get(name)
        ]

    def toml(self) -> str:
        """The recipe as TOML, with the version of the program that wrote it."""
        plain = asdict(self)
        tables = [name for name, value in plain.items() if isinstance(value, dict)]
        lines = [f"program = {_value(__version__)}"]
        lines += [f"{n} = {_value(v)}" for n, v in plain.items() if n not in tables]
        for table in tables:
            lines += ["", f"[{table}]"]
            lines += [f"{_key(n)} = {_value(v)}" for n, v in sorted(_flat(plain[table]).items())]
        return "\n".join(lines) + "\n"

    @classmethod
    def read(cls, text: str, name: str | Path) -> Recipe:
        """Read what ``toml`` wrote; ``name`` is what a sentence calls it.

        Raises:
            InputError: it is damaged or of another program.
        """
        try:
            values = tomllib.loads(text)
            known = {f.name for f in fields(cls)}
            values = {k: v for k, v in values.items() if k in known}
            return cls(**{**values, "data": tuple(values.get("data", ()))})
        except (tomllib.TOMLDecodeError, TypeError) as error:
            raise InputError(
                name, f"the recipe cannot be read ({error})", "train into another folder"
            ) from error


def _value(value: Any) -> str:
    # JSON's strings, numbers, booleans and lists are TOML's as well.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(path: tuple[str, ...]) -> str:
    return ".".join(_value(name) for name in path)


def _flat(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Values by the names that lead to them; tuples become lists, as in a file."""
    found: dict[tuple[str, ...], Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, (*above, name))
        else:
            found[*above, name] = json.loads(json.dumps(value))
    return found
