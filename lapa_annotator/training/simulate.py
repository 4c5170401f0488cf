"""A simulated annotator: how many drags a face takes, with and without help.

The annotator drags one point after the other to its true place until all points whose truth is
known are within a tolerance of it: always the worst one, or the one most in doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.frame import canonical
from lapa_annotator.dla.prior import Prior, learn
from lapa_annotator.dla.propagate import Estimate, Propagator
from lapa_annotator.dla.shape import Shapes
from lapa_annotator.domain.landmarks import Landmarks, Points
from lapa_annotator.training.known_faces import KnownFace

Array = NDArray[np.float64]

# How far a dragged point takes others along that follow by distance alone, in inter-ocular
# distances of a frontal face; the best of 0.05 to 0.5 on rendered faces.
FOLLOWING_REACH = 0.1


class Help(Protocol):
    """What moves the other points while one is dragged."""

    def drag(self, index: int, place: Array) -> Points:
        """Put a point to its (2,) place; returns all (106, 2) points as they are then."""
        ...


class Plain:
    """No help: every point stays where it was proposed until it is dragged."""

    def __init__(self, proposal: Landmarks) -> None:
        self.points = proposal.points.copy()

    def drag(self, index: int, place: Array) -> Points:
        """Put a point to its place; see ``Help``."""
        self.points[index] = place
        return self.points


class Following:
    """Points near the dragged one go along, less with distance: what other tools have."""

    def __init__(self, proposal: Landmarks, reach: float = FOLLOWING_REACH) -> None:
        self.points = proposal.points.copy()
        self._reach = reach / canonical(proposal.points).scale
        self._free = np.ones(len(self.points), bool)

    def drag(self, index: int, place: Array) -> Points:
        """Put a point to its place; see ``Help``."""
        self._free[index] = False
        off = np.linalg.norm(self.points - self.points[index], axis=1) / self._reach
        share = np.exp(-0.5 * off**2) * self._free
        self.points = self.points + share[:, None] * (place - self.points[index])
        self.points[index] = place
        return self.points


class Propagating:
    """Points are re-estimated from all that were dragged: ``dla.propagate``."""

    def __init__(self, proposal: Landmarks, prior: Prior, shapes: Shapes | None = None) -> None:
        self._propagator = Propagator(prior, proposal, shapes)
        self._fixed: dict[int, Array] = {}
        self.points = proposal.points
        self.estimate: Estimate = self._propagator.move({})

    def drag(self, index: int, place: Array) -> Points:
        """Put a point to its place; see ``Help``."""
        self._fixed[index] = place
        self.estimate = self._propagator.move(self._fixed)
        self.points = self.estimate.points
        return self.points


@dataclass(frozen=True, slots=True)
class Annotator:
    """Who drags.

    Attributes:
        tolerance: error that is let pass, of the true inter-ocular distance.
        order: drags the "worst" point, or the one most in "doubt" that is wrong (which only
            propagation tells).
        noise: standard deviation of where a point is dropped, of the inter-ocular distance.
    """

    tolerance: float
    order: Literal["worst", "doubt"] = "worst"
    noise: float = 0.0


@dataclass(frozen=True, eq=False)
class Session:
    """One face's correction.

    Attributes:
        dragged: the points dragged, in order.
        looked: how many points were looked at: those dragged, and with the doubt walk those
            that were right already.
        shots: points after 0, 1, … drags, when they were asked for.
    """

    dragged: tuple[int, ...]
    looked: int
    shots: tuple[Points, ...] = ()


def correct(
    face: KnownFace, help_: Help, annotator: Annotator, seed: int = 0, *, shots: int = 0
) -> Session:
    """Correct a face as the annotator would.

    Args:
        face: proposal and truth.
        help_: what moves the other points; fresh from the face's proposal.
        annotator: who drags.
        seed: of where points are dropped.
        shots: after how many drags, at most, the points are kept.
    """
    rng = np.random.default_rng(seed)
    points = face.proposal.points
    dragged: list[int] = []
    looked: set[int] = set()
    kept = [points.copy()]
    bound = annotator.tolerance * face.interocular
    spread = annotator.noise * face.interocular
    while True:
        error = np.where(face.known, np.linalg.norm(points - face.truth, axis=1), 0.0)
        error[dragged] = 0.0
        if error.max() <= bound:
            break
        index = _next(error, bound, help_, annotator, looked)
        place = face.truth[index] + spread * rng.standard_normal(2)
        points = help_.drag(index, place)
        dragged.append(index)
        looked.add(index)
        if len(kept) <= shots:
            kept.append(points.copy())
    kept += [points.copy()] * (shots + 1 - len(kept))
    return Session(tuple(dragged), len(looked), tuple(kept) if shots else ())


def _next(error: Array, bound: float, help_: Help, annotator: Annotator, looked: set[int]) -> int:
    if annotator.order == "doubt" and isinstance(help_, Propagating):
        for index in np.argsort(-help_.estimate.deviation, kind="stable").tolist():
            looked.add(index)
            if error[index] > bound:
                return int(index)
    return int(error.argmax())


Helper = Callable[[Landmarks], Help]


def helpers(prior: Prior, shapes: Shapes | None = None) -> dict[str, Helper]:
    """The ways that are compared: plain, following by distance, propagation with a prior.

    Args:
        prior: how proposals err.
        shapes: how faces look; propagation does without when left out.
    """
    return {
        "plain": Plain,
        "following": Following,
        "propagation": lambda proposal: Propagating(proposal, prior, shapes),
    }


def folds(
    faces: Sequence[KnownFace], model: str, count: int, base: Prior | None = None, seed: int = 0
) -> list[Prior]:
    """A prior for every face, learned from the faces of the other folds alone.

    Args:
        faces: the faces.
        model: the model version of their proposals.
        count: how many folds.
        base: what was known before; nothing when left out.
        seed: of which face falls in which fold.
    """
    order = np.random.default_rng(seed).permutation(len(faces))
    priors: list[Prior | None] = [None] * len(faces)
    for k in range(count):
        chosen = set(order[k::count].tolist())
        rest = [f.correction() for i, f in enumerate(faces) if i not in chosen]
        prior = learn(rest, model) if base is None else base.updated(rest)
        for i in chosen:
            priors[i] = prior
    return [prior for prior in priors if prior is not None]
