"""Running model versions on the frozen set, as they would be run for an annotator."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.dla.registry import Proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Points, Visibility
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.training.retrain.gate import Errors
from lapa_annotator.training.retrain.snapshot import SnapshotSource

Array = NDArray[np.float64]

PASSED = 2.0
"""How far a point may be off, in per cent of the inter-ocular distance, that a person has seen
and let pass, before it counts as an error."""

# The box that a detector found lies over the face's points, unless it was never right.
_LIES_OVER = 0.4


def measure(
    proposers: Sequence[Proposer], source: SnapshotSource
) -> Generator[int, None, tuple[Errors, ...]]:
    """Run proposers on the same faces.

    Points that nobody has set by hand are where some version proposed them. They would call
    that version perfect and every other one wrong, so an error up to ``PASSED`` is none there.

    Args:
        proposers: the versions to compare.
        source: the frozen faces; those whose photo has vanished are left out.

    Yields:
        How many faces are done.

    Returns:
        The errors of each proposer.
    """
    names: list[str] = []
    yaws: list[float] = []
    off: list[list[Array]] = [[] for _ in proposers]
    for index, key in enumerate(source.keys()):
        face = source.face(index)
        truth = face.landmarks
        if truth is None or not truth.interocular:
            continue
        try:
            image = source.load(index).image
        except InputError:
            continue
        for errors, proposer in zip(off, proposers, strict=True):
            errors.append(errors_of(proposer.propose(image, box_of(face)).points, truth))
        names.append(key)
        yaws.append(abs(estimate_pose(truth.points).yaw))
        yield len(names)
    shape = (len(names), N_POINTS)
    return tuple(
        Errors(tuple(names), np.array(errors).reshape(shape), np.array(yaws)) for errors in off
    )


def errors_of(points: Points, truth: Landmarks) -> Array:
    """(106,) errors in per cent of the inter-ocular distance; NaN for absent points."""
    distance = np.hypot(*(points - truth.points).T) / truth.interocular * 100
    error = np.where(truth.touched, distance, np.maximum(distance - PASSED, 0.0))
    return np.where(truth.visibility == int(Visibility.ABSENT), np.nan, error)


def box_of(face: Face) -> Box:
    """The box to look for a face's points in: the one that it was found in, if it lies over it."""
    assert face.landmarks is not None
    around = Box.around(face.landmarks.points)
    return face.box if face.box.iou(around) >= _LIES_OVER else around
