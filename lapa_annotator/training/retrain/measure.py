"""Running model versions on the frozen set, as they would be run for an annotator."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.dla.registry import Proposer
from lapa_annotator.domain.classes import FOREGROUND
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Landmarks, Points, Visibility
from lapa_annotator.domain.override import UNSET, Patch
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.ppa.parse import ParseOptions, parse_face
from lapa_annotator.ppa.segment import Segmenter, segment_face
from lapa_annotator.training.data.sample import UNKNOWN
from lapa_annotator.training.metrics import Confusion
from lapa_annotator.training.retrain.gate import MAPS, Errors
from lapa_annotator.training.retrain.map_source import MapSource
from lapa_annotator.training.retrain.snapshot import SnapshotSource

Array = NDArray[np.float64]

PASSED = 2.0
"""How far a point may be off, in per cent of the inter-ocular distance, that a person has seen
and let pass, before it counts as an error; and the border of a class that nobody has painted."""

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


def measure_maps(
    segmenters: Sequence[Segmenter], source: MapSource, options: ParseOptions
) -> Generator[int, None, tuple[Errors, ...]]:
    """Run segmenters on the same faces, and fuse what they say with the true points.

    Borders that nobody has painted are where some version saw them; see ``beside_borders``.

    Args:
        segmenters: the versions to compare.
        source: the frozen faces; those whose photo has vanished are left out.
        options: how the project's label maps are fused.

    Yields:
        How many faces are done.

    Returns:
        The errors of each segmenter: 100 % less the F1 of each foreground class, by face.
    """
    names: list[str] = []
    yaws: list[float] = []
    off: list[list[Array]] = [[] for _ in segmenters]
    for index, key in enumerate(source.keys()):
        face = source.face(index)
        truth = face.landmarks
        if truth is None or not truth.interocular:
            continue
        try:
            sample = source.load(index)
        except InputError:
            continue
        assert sample.labels is not None
        image, labels = sample.image, sample.labels.copy()
        labels[beside_borders(labels, face.override, truth.interocular)] = UNKNOWN
        size = image.shape[1], image.shape[0]
        found = []
        for segmenter in segmenters:
            said = segment_face(image, truth.points, segmenter, source.others(index))
            touched = truth.touched
            found.append(
                _f1(parse_face(size, truth.points, said, options, touched=touched), labels)
            )
        seen = ~np.isnan(found).all(axis=0)
        for errors, f1 in zip(off, found, strict=True):
            # What one version sees and neither the other nor the truth is right for the other.
            errors.append(np.where(seen, 100 * (1 - np.nan_to_num(f1, nan=1.0)), np.nan))
        names.append(key)
        yaws.append(abs(estimate_pose(truth.points).yaw))
        yield len(names)
    shape = (len(names), len(FOREGROUND))
    return tuple(
        Errors(tuple(names), np.array(errors).reshape(shape), np.array(yaws), MAPS)
        for errors in off
    )


def _f1(said: LabelMap, truth: LabelMap) -> Array:
    counted = Confusion()
    counted.add(said, truth, ignored=UNKNOWN)
    return counted.f1()[list(FOREGROUND)]


def beside_borders(labels: LabelMap, override: Patch, interocular: float) -> NDArray[np.bool_]:
    """Tell pixels that lie ``PASSED`` or nearer to a border of classes that nobody has painted.

    There the map is what some version said of it, give or take what nobody would mend. Counted,
    they would call that version perfect and every other one wrong.

    Args:
        labels: (H, W) uint8 class ids.
        override: what a person has painted; its pixels always count.
        interocular: of the face, in pixels.

    Returns:
        (H, W) bool.
    """
    reach = max(1, round(PASSED / 100 * interocular))
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    beside = cv2.morphologyEx(labels, cv2.MORPH_GRADIENT, around) > 0
    height, width = labels.shape
    return np.asarray(beside & (override.region(0, 0, width, height).values == UNSET))
