"""The hourglass at work: 106 points of a face by heat maps (LaPa, section 3.1)."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.calibration import ROUGH, Calibration, features
from lapa_annotator.dla.crops import MARGIN, SIZE, box_crop, face_crop
from lapa_annotator.dla.heatmaps import Decoded, decode, from_heatmap
from lapa_annotator.dla.shape import shipped_shapes
from lapa_annotator.domain.geometry import Box, Similarity, square_crop
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.schema import MIRROR, N_POINTS, OUTER_EYE_CORNERS, mirror_points
from lapa_annotator.runtime.crops import Image, cut
from lapa_annotator.runtime.files import model_path
from lapa_annotator.runtime.manifest import Precision, manifest
from lapa_annotator.runtime.sessions import session_of

Array = NDArray[np.float64]

# A crop whose corners lie this near to those of the crop around the points found in it (pixels
# of the crop) is what the network was trained on: a second pass would find the same.
_NEAR = 16.0
# A face is seen when the heat maps have this share of their mass around their maxima, on the
# mean. Else other looks are tried, (degrees added to the roll, side over the usual).
_SEEN = 0.7
_LOOKS = ((35, 1.0), (-35, 1.0), (70, 1.0), (-70, 1.0), (0, 1.35), (0, 0.75), (180, 1.0))

# Another one whenever the same heat maps come to give other points.
_READING = b"2"


@dataclass(frozen=True, eq=False)
class Found:
    """The points of a face and what is seen of the network's doubt.

    Attributes:
        points: (106, 2) float64 in image pixels, settled (``dla.shape``).
        seen: (106, 5) float64, ``calibration.features`` of each point.
        crop: the crop in which they were found.
    """

    points: Array
    seen: Array
    crop: Similarity


class HourglassProposer:
    """Proposes points by an hourglass.

    Args:
        name: the model version that its proposals carry; without ``path`` also the name of
            the weights in the manifest.
        path: the network (.xml), for weights that are not in the manifest.
        precision: what it runs in; None takes the manifest's, f32 without one.
        mirrored: whether the final crop is looked at mirrored, too, and the mean taken.

    Raises:
        InputError: the weights are missing or damaged.
    """

    def __init__(
        self,
        name: str = "hourglass-106",
        path: Path | None = None,
        precision: Precision | None = None,
        mirrored: bool = True,
    ) -> None:
        self.name = name
        self._path = path or model_path(name)
        row = manifest().get(name)
        self._precision = precision or (row.precision if row else "f32")
        self._mirrored = mirrored

    def propose(self, image: Image, box: Box) -> Landmarks:
        """Propose the points of the face in ``box``, in image pixels, with confidences.

        Args:
            image: (H, W, 3) uint8 RGB.
            box: the face box in image pixels; its roll turns the crop upright.
        """
        found = self.find(image, box)
        return Landmarks(
            points=found.points,
            confidence=self._calibration.confidence(found.seen),
            model=(self.name,) * N_POINTS,
            time=np.full(N_POINTS, time.time()),
        )

    def find(self, image: Image, box: Box) -> Found:
        """Find the points of the face in ``box``; see ``propose`` for the arguments.

        The box gives the first crop; where the points found in it ask for another one, that is
        cut and looked at, too.
        """
        crop, points, plain = self._first_pass(image, box)
        better = face_crop(points)
        if _apart(crop, better) > _NEAR:
            crop = better
            plain = self._look(cut(image, crop, SIZE))
        return self._finish(image, crop, plain)

    def heatmaps(self, crop_pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network on (N, 256, 256, 3) uint8 crops: (N, 106, 64, 64) float32 logits."""
        batch = np.ascontiguousarray(crop_pixels.transpose(0, 3, 1, 2), dtype=np.float32)
        batch *= np.float32(1 / 255)
        return session_of(self._path, self._precision, batch.shape)(batch)[-1]

    @cached_property
    def digest(self) -> str:
        """Hexadecimal digits that change with the weights and with how they are read."""
        weights = self._path.with_suffix(".bin")
        data = (weights if weights.is_file() else self._path).read_bytes()
        return hashlib.sha256(_READING + data).hexdigest()[:16]

    @cached_property
    def _calibration(self) -> Calibration:
        beside = self._path.with_suffix(".json")
        return Calibration.read(beside) if beside.is_file() else ROUGH

    def _look(self, pixels: Image) -> Decoded:
        return decode(self.heatmaps(pixels[None])[0])

    def _first_pass(self, image: Image, box: Box) -> tuple[Similarity, Array, Decoded]:
        """The crop in which the face is seen best, its points in the image, and what was seen."""
        crop = box_crop(box)
        best = self._look(cut(image, crop, SIZE))
        if best.confidence.mean() < _SEEN:
            side = MARGIN * max(box.width, box.height)
            for degrees, wider in _LOOKS:
                other = square_crop(box.centre, side * wider, SIZE, box.roll + degrees)
                look = self._look(cut(image, other, SIZE))
                if look.confidence.mean() > best.confidence.mean():
                    crop, best = other, look
        return crop, crop.inverse().apply(from_heatmap(best.points)), best

    def _finish(self, image: Image, crop: Similarity, plain: Decoded) -> Found:
        """Look at the crop mirrored, too, settle the points and bring them into the image."""
        points = from_heatmap(plain.points)
        mass, entropy, apart = plain.confidence, plain.entropy, np.zeros(N_POINTS)
        eyes = _eye_distance(points)
        if self._mirrored:
            look = self._look(np.ascontiguousarray(cut(image, crop, SIZE)[:, ::-1]))
            other = mirror_points(from_heatmap(look.points), SIZE)
            apart = np.hypot(*(points - other).T) / max(eyes, 1.0)
            mass = (mass + look.confidence[MIRROR]) / 2
            entropy = (entropy + look.entropy[MIRROR]) / 2
            points = (points + other) / 2
        seen = features(entropy, mass, apart, eyes / SIZE)
        read = crop.inverse().apply(points)
        settled = shipped_shapes().settle(read, self._calibration.confidence(seen))
        return Found(settled, seen, crop)


def _eye_distance(points: Array) -> float:
    a, b = OUTER_EYE_CORNERS
    return float(np.hypot(*(points[a] - points[b])))


def _apart(one: Similarity, other: Similarity) -> float:
    """How far the corners of two crops lie apart at most, in pixels of the first."""
    last = SIZE - 1.0
    corners = np.array([(0.0, 0.0), (last, 0.0), (0.0, last), (last, last)])
    return float(np.hypot(*(one.apply(other.inverse().apply(corners)) - corners).T).max())
