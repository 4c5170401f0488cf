"""What goes to a worker and what comes back: plain values, fit for other processes and JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PHASES = ("reading", "networks", "geometry", "writing")


@dataclass(frozen=True, slots=True)
class Task:
    """One photo to annotate.

    Attributes:
        photo: the photo's file.
        relative: its place below the inputs, fit for any terminal; its name in the reports.
        name: the flat name of its samples, unique in the data set.
        split: where its samples go.
        previous: outputs of an earlier run (place below the out folder -> sha256) that
            this run replaces, unless somebody has changed them since.
    """

    photo: Path
    relative: str
    name: str
    split: str
    previous: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """One face that became a sample: detector score and point confidences in [0, 1].

    Attributes:
        name: the sample's name.
        box: x0, y0, x1, y1 in pixels of the photo as displayed.
        score: the detector's.
        confidence: mean of the 106 points.
        lowest: that of the least certain point.
        remarks: what the fitting had to repair or leave out.
    """

    name: str
    box: tuple[float, float, float, float]
    score: float
    confidence: float
    lowest: float
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a photo.

    Attributes:
        samples: the faces, largest first; empty when there is a problem.
        outputs: every file written, place below the out folder -> sha256.
        seconds: time by phase.
        problem: one sentence when the photo was skipped, else None.
        source: sha256 of the photo's bytes, "" when it could not be read.
    """

    samples: tuple[Sample, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    problem: str | None = None
    source: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Outcome:
        """Read what ``dataclasses.asdict`` and JSON made of an outcome.

        Raises:
            KeyError, TypeError: a part is missing or not what it should be.
        """
        samples = tuple(
            Sample(**{**s, "box": tuple(s["box"]), "remarks": tuple(s["remarks"])})
            for s in data["samples"]
        )
        return cls(**{**data, "samples": samples})


class Clock:
    """Adds up the seconds of each phase; phases do not nest."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PHASES, 0.0)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time of the ``with`` block to a phase."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - start
