"""What a proposer says in a detector's doubtful boxes: the table behind their limits (0153).

False alarms come from strips of portraits, mosaics and photos without a face; faces from mosaics of
held-out portraits and from a LaPa folder of faces that nothing was trained on, which
``LAPA_BENCH_FOLDER`` names (several with ``:`` between them).
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage.data

from lapa_annotator.dla.registry import Detector, Proposer, make_detector, make_proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box
from lapa_annotator.formats.lapa import read_landmarks
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.runtime.crops import Image
from lapa_annotator.training.data.clutter import faceless_strips
from lapa_annotator.training.data.mosaic import MosaicMaker, MosaicSettings
from lapa_annotator.training.finding import SAME_FACE_IOU
from tests.benchmarks.detection import FACELESS, MOSAIC_SEED, MOSAICS, _coloured, _has, _portraits
from tests.timing import say

_BANDS = ((0.0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 1.01))


@dataclass(frozen=True, slots=True)
class Seen:
    """A box: the detector's score, the proposer's mean confidence, and whether it is a face."""

    score: float
    confidence: float
    face: bool


def _looks(
    image: Image, truth: list[Box], doubtful: list[Box], detector: Detector, proposer: Proposer
) -> list[Seen]:
    """The boxes of a picture, without those that touch a face but do not cover it."""
    seen = []
    for box in detector.detect(np.ascontiguousarray(image)):
        face = any(box.iou(t) >= SAME_FACE_IOU for t in truth)
        if not face and any(box.iou(t) > 0.05 for t in [*truth, *doubtful]):
            continue
        confidence = float(proposer.propose(image, box).confidence.mean())
        seen.append(Seen(box.score, confidence, face))
    return seen


def _folder(path: Path) -> list[tuple[Image, list[Box]]]:
    pairs = []
    for photo in sorted(path.glob("*/images/*.jpg")):
        points = read_landmarks(photo.parents[1] / "landmarks" / f"{photo.stem}.txt")
        pairs.append((read_photo(photo).pixels, [Box.around(np.asarray(points))]))
    return pairs


def main() -> None:
    """Print, by band of the detector's score, the confidences of false alarms and of faces."""
    try:
        detector, proposer = make_detector(), make_proposer("hourglass-106")
        portraits = _portraits()
    except InputError as error:
        sys.stdout.write(f"left out: {error}\n")  # a model file or the portraits are not here
        return
    pictures: list[tuple[Image, list[Box], list[Box]]] = []
    for portrait in portraits:
        strips = faceless_strips(portrait.image, portrait.boxes)
        pictures += [(strip, [], []) for strip in strips]
    pictures += [
        (_coloured(getattr(skimage.data, name)()), [], []) for name in FACELESS if _has(name)
    ]
    maker = MosaicMaker([(portraits, 1.0)], MosaicSettings(side=320))
    for mosaic in (maker.make(MOSAIC_SEED, n) for n in range(MOSAICS)):
        pictures.append((mosaic.image, list(mosaic.boxes), list(mosaic.doubtful)))
    for name in filter(None, os.environ.get("LAPA_BENCH_FOLDER", "").split(":")):
        pictures += [(image, boxes, []) for image, boxes in _folder(Path(name))]
    seen = [s for p in pictures for s in _looks(*p, detector, proposer)]
    for low, high in _BANDS:
        band = [s for s in seen if low <= s.score < high]
        alarms = np.array([s.confidence for s in band if not s.face])
        faces = np.array([s.confidence for s in band if s.face])
        told = f"score {low:.1f} to {min(high, 1.0):.1f}"
        say(f"{told}: false alarms", len(alarms), "", _percentiles(alarms, (50, 95, 100)))
        say(f"{told}: faces", len(faces), "", _percentiles(faces, (0, 5, 10, 50)))


def _percentiles(values: np.ndarray, which: tuple[int, ...]) -> str:
    if not len(values):
        return ""
    return ", ".join(f"{p} %: {np.percentile(values, p):.2f}" for p in which)


if __name__ == "__main__":
    main()
