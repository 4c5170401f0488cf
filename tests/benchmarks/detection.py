"""Face detection: what our own detector and the fetched one find, and how long they take.

The faces are the held-out portraits, labelled by the fetched teachers on the spot, and the 50
pictures of Face Synthetics; neither has been trained on, nor a setting chosen on the latter.
Set LAPA_BENCH_PHOTOS to a number of portraits for a shorter look.
"""

import os
import time
from pathlib import Path

import numpy as np
import skimage.data

from lapa_annotator.dla.crops import roll_of
from lapa_annotator.dla.registry import Detector, find_faces, make_detector, make_proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.training.data.clutter import faceless_strips
from lapa_annotator.training.data.mosaic import Mosaic, MosaicMaker, MosaicSettings, Portrait
from lapa_annotator.training.data.split import held_out
from lapa_annotator.training.finding import SAME_FACE_IOU, score_boxes
from tests.support import SHARED

NAMES = ("centre", "full-range")
# Photographs without a face that no training has seen; "page" is printed text.
FACELESS = ("chelsea", "hubble_deep_field", "page", "ihc", "colorwheel")
MOSAIC_SEED, MOSAICS, GROUPS = 7_000_001, 120, 6
ROUNDS = 15


def _portraits() -> list[Portrait]:
    photos = sorted((SHARED / "data" / "portraits").glob("*.jpg"))
    photos = [p for p in photos if held_out(p.stem)]
    photos = photos[: int(os.environ.get("LAPA_BENCH_PHOTOS", len(photos)))]
    teachers = make_detector("full-range"), make_proposer("facemesh")
    labelled = []
    for photo in photos:
        image = read_photo(photo).pixels
        faces = [f.landmarks for f in find_faces(image, *teachers) if f.landmarks is not None]
        if faces:
            labelled.append(Portrait(image, tuple(np.array(f.points) for f in faces)))
    return labelled


def _synthetic() -> list[Portrait]:
    found = []
    for photo in sorted((SHARED / "data" / "facesynthetics50").glob("??????.png")):
        points = np.loadtxt(photo.with_name(f"{photo.stem}_ldmks.txt"))
        found.append(Portrait(read_photo(photo).pixels, (points,)))
    return found


def _share_found(detector: Detector, portraits: list[Portrait]) -> str:
    overlaps = []
    for portrait in portraits:
        found = detector.detect(portrait.image)
        overlaps += [max((b.iou(t) for b in found), default=0.0) for t in portrait.boxes]
    hits = [v for v in overlaps if v >= SAME_FACE_IOU]
    return f"{len(hits)} of {len(overlaps)}, mean IoU {np.mean(hits):.3f}"


def _roll_error(detector: Detector, portraits: list[Portrait]) -> float:
    errors = []
    for portrait in portraits:
        found = detector.detect(portrait.image)
        if found and portrait.faces:
            errors.append(abs(found[0].roll - roll_of(portrait.faces[0])))
    return float(np.median(errors))


def _mosaic_score(detector: Detector, mosaics: list[Mosaic], least: float = 0.0) -> str:
    """Scores of a detector; faces smaller than ``least`` pixels are not asked for."""
    found = [detector.detect(m.image) for m in mosaics]
    truth = []
    for mosaic in mosaics:
        small = [b for b in mosaic.boxes if max(b.width, b.height) < least]
        truth.append(([b for b in mosaic.boxes if b not in small], [*mosaic.doubtful, *small]))
    score = score_boxes(found, truth, 0.0)
    return (
        f"recall {score.recall:.3f} of {score.faces}, {score.false_alarms:.3f} false alarms a "
        f"picture, mean IoU {score.iou:.3f}, roll off by {score.roll:.1f}°"
    )


def _alarms(detector: Detector, portraits: list[Portrait]) -> str:
    strips = [s for p in portraits for s in faceless_strips(p.image, p.boxes)]
    alarms = sum(len(detector.detect(np.ascontiguousarray(s))) for s in strips)
    photos = {name: getattr(skimage.data, name)() for name in FACELESS if _has(name)}
    told = {n: len(detector.detect(_coloured(photo))) for n, photo in photos.items()}
    return f"{alarms} on {len(strips)} strips without a face; photos {told}"


def _has(name: str) -> bool:
    return hasattr(skimage.data, name)


def _coloured(photo: np.ndarray) -> np.ndarray:
    return np.repeat(photo[..., None], 3, 2) if photo.ndim == 2 else photo[..., :3].copy()


def _milliseconds(detector: Detector, image: np.ndarray) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        detector.detect(image)
        times.append(time.perf_counter() - begin)
    return 1000 * min(times)


def main() -> None:
    """Print one block a detector."""
    try:
        detectors = {name: make_detector(name) for name in NAMES}
        portraits, synthetic = _portraits(), _synthetic()
    except InputError as error:
        print(error)  # noqa: T201  # its purpose
        return
    if len(portraits) < 2:
        print(f"no portraits at {Path(SHARED) / 'data'}")  # noqa: T201  # its purpose
        return
    maker = MosaicMaker([(portraits, 1.0)], MosaicSettings(side=320))
    mosaics = [maker.make(MOSAIC_SEED, n) for n in range(MOSAICS)]
    large = MosaicSettings(side=3464, smallest=60, largest=600, faceless=0)
    groups = [MosaicMaker([(portraits, 1.0)], large).make(MOSAIC_SEED, n) for n in range(GROUPS)]
    for name, detector in detectors.items():
        lines = [
            f"{name}:",
            f"  held-out portraits found: {_share_found(detector, portraits)}",
            f"    roll off by {_roll_error(detector, portraits):.1f}° (median)",
            f"  Face Synthetics found: {_share_found(detector, synthetic)}",
            f"  mosaics of 320²: {_mosaic_score(detector, mosaics)}",
            f"    of faces from 20 pixels: {_mosaic_score(detector, mosaics, 20)}",
            f"  12-megapixel groups: {_mosaic_score(detector, groups)}",
            f"  false alarms: {_alarms(detector, portraits)}",
            f"  one look: {_milliseconds(detector, portraits[0].image):.1f} ms; a photo of 12 "
            f"megapixels: {_milliseconds(detector, groups[0].image):.0f} ms",
        ]
        print("\n".join(lines))  # noqa: T201  # its purpose
