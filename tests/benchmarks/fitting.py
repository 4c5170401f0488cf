"""Fitted curves against straight lines: the paper's Fig. 5 as tables, and what they cost.

Boundary error on perfect landmarks: points that lie on known smooth outlines. F1 on the Face
Synthetics samples: detector, proposer and segmenter as the main job has them, where the model
files and the pictures are at hand.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from lapa_annotator.dla.registry import find_faces, make_detector, make_proposer
from lapa_annotator.domain.classes import CLASSES, FOREGROUND
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.formats.facesynthetics import IGNORED, FaceSyntheticsFolder, read_segmentation
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.fit import GROUPS, FitOptions, Fitting, fit_group, fit_jawline, fit_parts
from lapa_annotator.ppa.parse import FaceParser, ParseOptions, parse_face
from lapa_annotator.ppa.registry import make_segmenter
from lapa_annotator.ppa.segment import segment_face
from lapa_annotator.training.metrics import Confusion
from tests.ppa.faces import SIZE, perfect_face, segmentation
from tests.support import SHARED

MODES: tuple[Fitting, ...] = ("direct", "curves")
SAMPLES = SHARED / "data" / "facesynthetics50"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # its purpose


def boundary_errors() -> None:
    """Distance of known outlines from the fitted ones, in pixels of a face 600 pixels wide."""
    face = perfect_face()
    _say("perfect landmarks, face 600 px wide: distance from the true outline, px mean (max)")
    _say(f"{'part':16}" + "".join(f"{mode:>18}" for mode in MODES))
    truths = {CLASSES[k].name: outline for k, outline in sorted(face.outlines.items())}
    for name, truth in {**truths, "jawline": face.jawline}.items():
        cells = []
        for mode in MODES:
            options = FitOptions(fitting=mode)
            if name == "jawline":
                line = shapely.LineString(fit_jawline(face.points, options))
            else:
                label = next(c.id for c in CLASSES if c.name == name)
                rings = fit_parts(face.points, options)[label]
                line = shapely.union_all([shapely.Polygon(r) for r in rings]).boundary
            off = shapely.distance(shapely.points(truth), line)
            cells.append(f"{off.mean():11.2f} ({off.max():.2f})")
        _say(f"{name:16}" + "".join(f"{cell:>18}" for cell in cells))


def f1_by_mode() -> None:
    """F1 per class on Face Synthetics for both modes of fitting."""
    labels = FaceSyntheticsFolder(SAMPLES).labels()
    if not labels:
        _say(f"\nF1 left out: no pictures of Face Synthetics at {SAMPLES}")
        return
    try:
        confusions = _confusions(labels)
    except InputError as error:
        _say(f"\nF1 left out: {error}")
        return
    _say(f"\nF1 on {len(labels)} pictures of Face Synthetics")
    _say(f"{'class':16}{'direct':>9}{'curves':>9}{'gain':>9}")
    f1 = [confusions[mode].f1() for mode in MODES]
    rows = [(CLASSES[k].name, f1[0][k], f1[1][k]) for k in FOREGROUND]
    rows.append(("mean of ten", *(confusions[mode].mean_f1() for mode in MODES)))
    for name, direct, curves in rows:
        _say(f"{name:16}{direct:9.4f}{curves:9.4f}{curves - direct:+9.4f}")


def _confusions(labels: dict[str, Path]) -> dict[Fitting, Confusion]:
    """Annotate every picture once and draw it in both modes; no face counts as background."""
    detector, proposer, segmenter = make_detector(), make_proposer(), make_segmenter()
    confusions = {mode: Confusion() for mode in MODES}
    for name, path in labels.items():
        image = read_photo(SAMPLES / f"{name}.png").pixels
        truth = read_segmentation(path)
        size = image.shape[1], image.shape[0]
        face = next(iter(find_faces(image, detector, proposer)), None)
        landmarks = None if face is None else face.landmarks
        drawn = dict.fromkeys(MODES, np.zeros(truth.shape, np.uint8))
        if landmarks is not None:
            said = segment_face(image, landmarks.points, segmenter)
            for mode in MODES:
                options = ParseOptions(fitting=mode)
                drawn[mode] = parse_face(size, landmarks.points, said, options)
        for mode, confusion in confusions.items():
            confusion.add(drawn[mode], truth, IGNORED)
    return confusions


def _milliseconds(work: Callable[[], object], repeats: int = 30) -> str:
    work()
    spent = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - begin))
    return f"median {np.median(spent):8.2f} ms, p95 {np.quantile(spent, 0.95):8.2f} ms"


def costs() -> None:
    """Time of fitting, of a whole label map and of one step of a drag."""
    face, said = perfect_face(), segmentation()
    _say("\ntimes")
    _say(f"{'fit, every part':34}{_milliseconds(lambda: fit_parts(face.points))}")
    for group in GROUPS:
        _say(f"{'fit, ' + group.name:34}{_milliseconds(lambda g=group: fit_group(face.points, g))}")
    whole = _milliseconds(lambda: parse_face(SIZE, face.points, said))
    _say(f"{'label map of 1000 x 1000':34}{whole}")
    points = face.points * 4.0
    large = replace(said, to_crop=Similarity(0.0625, 0.0, -0.46875, -0.46875))
    parser = FaceParser((4000, 3000), points, large)
    rng = np.random.default_rng(0)
    for name, index in {"eye": 68, "lip": 87, "nose": 54, "chin": 16, "brow": 35}.items():

        def drag(index: int = index) -> None:
            points[index] += rng.normal(0, 3, 2)
            parser.move(points)

        _say(f"{f'drag in 12 megapixels, {name}':34}{_milliseconds(drag)}")
    whole = _milliseconds(lambda: parse_face((4000, 3000), points, large), 5)
    _say(f"{'label map of 12 megapixels':34}{whole}")


def main() -> None:
    """Print the three tables."""
    boundary_errors()
    f1_by_mode()
    costs()
