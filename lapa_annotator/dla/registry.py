"""The visible tables of detectors and proposers, and how faces are found with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from lapa_annotator.dla.centre import CentreDetector
from lapa_annotator.dla.detect import FullRangeDetector
from lapa_annotator.dla.facemesh import find_points
from lapa_annotator.dla.hourglass import HourglassProposer
from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.errors import choose
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.runtime.crops import Image
from lapa_annotator.runtime.files import first_present

# Disagreement of two looks, over the inter-ocular distance, at which confidence is 1/e.
_SPREAD_SCALE = 0.06


class Detector(Protocol):
    """Finds face boxes."""

    name: str

    def detect(self, image: Image) -> list[Box]:
        """Find the faces of an (H, W, 3) uint8 RGB image, largest first, boxes in its pixels."""
        ...


class Proposer(Protocol):
    """Proposes the 106 points of a face."""

    name: str

    def propose(self, image: Image, box: Box) -> Landmarks:
        """Propose points in image pixels for the face in ``box``, with confidences."""
        ...


class FaceMeshProposer:
    """The bootstrap proposer: FaceMesh-478, mapped to LaPa's points."""

    name = "facemesh-478"

    def propose(self, image: Image, box: Box) -> Landmarks:
        """Propose points for the face in ``box``; see ``facemesh.find_points``."""
        points, presence, spread = find_points(image, box)
        return Landmarks(
            points=points,
            confidence=presence * np.exp(-spread / _SPREAD_SCALE),
            model=(self.name,) * N_POINTS,
            time=np.full(N_POINTS, time.time()),
        )


DETECTORS: dict[str, Callable[[], Detector]] = {
    "centre": CentreDetector,
    "full-range": FullRangeDetector,
}
PROPOSERS: dict[str, Callable[[], Proposer]] = {
    "hourglass-106": HourglassProposer,
    "facemesh": FaceMeshProposer,
}
# Which model files each of them runs on.
MODEL_FILES: dict[str, tuple[str, ...]] = {
    "centre": ("detector-106",),
    "full-range": ("face_detection_full_range",),
    "hourglass-106": ("hourglass-106",),
    "facemesh": ("facemesh",),
}


def detector_name(name: str | None = None) -> str:
    """The detector that is meant: ``name``, or the manifest's first that is here.

    Raises:
        InputError: no detector has this name.
    """
    name = name or first_present("detector", MODEL_FILES)
    choose(DETECTORS, name, "face detector")
    return name


def proposer_name(name: str | None = None) -> str:
    """The landmark proposer that is meant: ``name``, or the manifest's first that is here.

    Raises:
        InputError: no proposer has this name.
    """
    name = name or first_present("landmarks", MODEL_FILES)
    choose(PROPOSERS, name, "landmark proposer")
    return name


def make_detector(name: str | None = None) -> Detector:
    """Make the detector of that name; the manifest's first that is here without one.

    Raises:
        InputError: no detector has this name.
    """
    return DETECTORS[detector_name(name)]()


def make_proposer(name: str | None = None) -> Proposer:
    """Make the landmark proposer of that name; the manifest's first that is here without one.

    Raises:
        InputError: no proposer has this name.
    """
    return PROPOSERS[proposer_name(name)]()


# Where the detector is unsure, the proposer must see a face too: (score of the box below which
# it is asked, mean confidence that it must reach). Confidences mean something else for each
# proposer: FaceMesh's are made of its own score, an hourglass's are calibrated probabilities.
# These were chosen on held-out faces and pictures without one (docs/decisions/0153).
_CONFIRMED = {FaceMeshProposer.name: ((0.5, 0.28), (0.6, 0.15), (0.7, 0.02))}
_CALIBRATED = ((0.5, 0.45), (0.7, 0.15))


def find_faces(image: Image, detector: Detector, proposer: Proposer) -> list[Face]:
    """Find every face of an image and propose its points, largest face first.

    Args:
        image: (H, W, 3) uint8 RGB.
        detector: finds the boxes.
        proposer: proposes the points; a face it cannot see in a doubtful box is dropped.

    Returns:
        Faces with box, landmarks and pose; none when there is no face.
    """
    faces = []
    for box in detector.detect(image):
        landmarks = proposer.propose(image, box)
        seen = float(landmarks.confidence.mean())
        limits = _CONFIRMED.get(proposer.name, _CALIBRATED)
        if any(box.score < score and seen < least for score, least in limits):
            continue
        faces.append(Face(box=box, landmarks=landmarks, pose=estimate_pose(landmarks.points)))
    return _distinct(faces)


def _distinct(faces: list[Face]) -> list[Face]:
    """Drop faces whose points lie where a surer face's do: two boxes of one face."""
    by_box = {id(f): Box.around(f.landmarks.points) for f in faces if f.landmarks is not None}
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: f.box.score, reverse=True):
        if all(by_box[id(face)].iou(by_box[id(other)]) < 0.4 for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda f: f.box.area, reverse=True)
