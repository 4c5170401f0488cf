"""How sure a point is, as a probability: what a network shows of its doubt, calibrated.

A logistic curve for each group of points (contour, eyebrows, nose, eyes, mouth) leads from what
is seen of a point to the probability that it lies within 5 % of the inter-ocular distance of
its true place. It is fitted on faces held out of training (``training.calibration``) and never
turns around: less entropy, more mass around the maximum, less disagreement of two looks and
a nearer face never make a point less sure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import GROUPS, N_POINTS

TOLERANCE = 0.05
"""How far a sure point may be off, as a share of the inter-ocular distance."""

FEATURES = ("one", "entropy", "mass", "disagreement", "eyes")
# The direction in which each feature may turn the probability, 0 for either.
SIGNS = (0, -1, 1, -1, 1)
# What two looks disagree by without any doubt, as a share of the inter-ocular distance.
_LEAST_DISAGREEMENT = 0.005

Array = NDArray[np.float64]


def features(entropy: Array, mass: Array, disagreement: Array, eyes: float) -> Array:
    """Put what is seen of each point into the curves' terms.

    Args:
        entropy: (P,) of the heat maps, in nats.
        mass: (P,) share of each heat map around its maximum, in [0, 1].
        disagreement: (P,) distance of a point in two looks over the inter-ocular distance; 0
            where there was one look.
        eyes: the inter-ocular distance over the side of the crop.

    Returns:
        (P, 5) float64, columns as ``FEATURES``.
    """
    sure = np.clip(mass, 1e-3, 1 - 1e-3)
    columns = (
        np.ones_like(entropy),
        entropy,
        np.log(sure / (1 - sure)),
        np.log(disagreement + _LEAST_DISAGREEMENT),
        np.full_like(entropy, np.log(max(eyes, 1e-3))),
    )
    return np.stack(columns, axis=-1)


@dataclass(frozen=True, eq=False)
class Calibration:
    """The curves of one network.

    Attributes:
        weights: (5, 5) float64, a row per group of ``schema.GROUPS``, a column per feature.
        about: what they were fitted on and how well they fit, in words.
    """

    weights: Array
    about: str = ""

    def confidence(self, seen: Array) -> Array:
        """Return (..., 106) probabilities of the (..., 106, 5) ``features`` of all points."""
        logits = (seen * self.weights[GROUP_OF_POINT]).sum(axis=-1)
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))))

    def to_json(self) -> str:
        """Return a form for a file beside the network's weights."""
        curves = {
            group: dict(zip(FEATURES, map(float, row), strict=True))
            for group, row in zip(GROUPS, self.weights, strict=True)
        }
        whole: dict[str, Any] = {"about": self.about, "tolerance": TOLERANCE, "curves": curves}
        return json.dumps(whole, indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """Read what ``to_json`` wrote.

        Raises:
            InputError: no such file, or other content.
        """
        try:
            whole = json.loads(path.read_text(encoding="utf-8"))
            rows = [[float(whole["curves"][g][f]) for f in FEATURES] for g in GROUPS]
            return cls(np.array(rows), str(whole["about"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                path, f"holds no calibration ({error})", "install the program or train again"
            ) from error


def _group_of_point() -> NDArray[np.intp]:
    table = np.zeros(N_POINTS, np.intp)
    for row, points in enumerate(GROUPS.values()):
        table[list(points)] = row
    table.setflags(write=False)
    return table


GROUP_OF_POINT: NDArray[np.intp] = _group_of_point()
"""(106,) the row of each point's group in ``schema.GROUPS``."""

# Before anything has been measured: sure where a map has a single clear maximum.
ROUGH = Calibration(np.tile([2.0, -0.5, 0.5, -0.3, 0.0], (len(GROUPS), 1)), "not calibrated")
