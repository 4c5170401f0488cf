"""F1 of hair, skin and parts: teacher, coarse to fine, eleven classes alone, the whole program.

Pictures: Face Synthetics, which have a truth; with $LAPA_TRUTH also a folder in LaPa's layout.
Networks: the shipped ones, or those of the runs that $LAPA_COARSE, $LAPA_FINE and $LAPA_ELEVEN
name (folders that ``train parsing`` has filled). What is not there is left out.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.registry import find_faces, make_detector, make_proposer
from lapa_annotator.domain.classes import CLASSES, FOREGROUND, Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.formats.facesynthetics import IGNORED, FaceSyntheticsFolder, read_segmentation
from lapa_annotator.formats.lapa import LapaFolder, read_labels
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.networks import COARSE, ELEVEN, FINE, NetworkForeground, NetworkSegmenter
from lapa_annotator.ppa.opinion import SecondOpinion
from lapa_annotator.ppa.parse import parse_face
from lapa_annotator.ppa.registry import MulticlassSegmenter
from lapa_annotator.ppa.segment import CoarseToFine, Segmentation, Segmenter, segment_face
from lapa_annotator.runtime.crops import Image
from lapa_annotator.training.metrics import Confusion
from tests.support import SHARED

Picture = tuple[Image, LabelMap, Points | None]
Maker = Callable[[Image, Points], LabelMap]
IN_ALL = ("head", "hair")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _run(variable: str) -> Path | None:
    folder = os.environ.get(variable)
    return Path(folder) / "network.xml" if folder else None


def _three(segmentation: Segmentation, size: tuple[int, int]) -> LabelMap:
    """The likeliest of background, skin and hair at every pixel of the image."""
    back = segmentation.to_crop.inverse().matrix
    said = [cv2.warpAffine(p, back, size) for p in segmentation.probabilities]
    said[0] = 255 - np.minimum(said[1].astype(np.int32) + said[2], 255)
    ids = np.array([Label.BACKGROUND, Label.SKIN, Label.HAIR], np.uint8)
    return np.asarray(ids[np.stack(said).argmax(axis=0)], np.uint8)


def _makers() -> dict[str, Maker]:
    """What there is to compare, by name."""
    segmenters: dict[str, Callable[[], Segmenter]] = {
        "multiclass": MulticlassSegmenter,
        "coarse to fine": lambda: CoarseToFine(
            NetworkSegmenter(FINE, _run("LAPA_FINE")),
            NetworkForeground(COARSE, _run("LAPA_COARSE")),
        ),
        "fine alone": lambda: NetworkSegmenter(FINE, _run("LAPA_FINE")),
    }
    makers: dict[str, Maker] = {}
    for name, make in segmenters.items():
        try:
            segmenter = make()
            segmenter.segment(np.zeros((segmenter.size, segmenter.size, 3), np.uint8))
        except InputError as error:
            _say(f"{name} is left out: {error}")
            continue
        makers[f"{name}, three classes"] = lambda i, p, s=segmenter: _three(
            segment_face(i, p, s), i.shape[1::-1]
        )
        makers[f"{name}, whole program"] = lambda i, p, s=segmenter: parse_face(
            i.shape[1::-1], p, segment_face(i, p, s)
        )
    try:
        eleven = SecondOpinion(ELEVEN, _run("LAPA_ELEVEN"))
        makers["eleven classes alone"] = eleven.parse
    except InputError as error:
        _say(f"eleven classes are left out: {error}")
    return makers


def _face_synthetics() -> Iterator[Picture]:
    folder = SHARED / "data" / "facesynthetics50"
    detector, proposer = make_detector(), make_proposer("facemesh")
    for name, path in FaceSyntheticsFolder(folder).labels().items():
        image = read_photo(folder / f"{name}.png").pixels
        face = next(iter(find_faces(image, detector, proposer)), None)
        found = None if face is None or face.landmarks is None else face.landmarks.points
        yield image, read_segmentation(path), found


def _lapa(root: Path) -> Iterator[Picture]:
    detector, proposer = make_detector(), make_proposer("facemesh")
    for sample in LapaFolder(root).samples():
        if sample.labels is not None:
            image = read_photo(sample.image).pixels
            face = next(iter(find_faces(image, detector, proposer)), None)
            found = None if face is None or face.landmarks is None else face.landmarks.points
            yield image, read_labels(sample.labels), found


def _f1(counted: Confusion, head: Confusion) -> NDArray[np.float64]:
    """Head (skin and parts as one), then the ten classes, then their mean."""
    return np.array([head.f1()[Label.SKIN], *counted.f1()[list(FOREGROUND)], counted.mean_f1()])


def _as_three(labels: LabelMap) -> LabelMap:
    face = (labels > Label.BACKGROUND) & (labels < Label.HAIR)
    return np.where(face, np.uint8(Label.SKIN), labels).astype(np.uint8)


def _table(pictures: Iterator[Picture]) -> None:
    makers = _makers()
    whole = {name: Confusion() for name in makers}
    heads = {name: Confusion() for name in makers}
    count = 0
    for image, truth, points in pictures:
        count += 1
        for name, make in makers.items():
            said = np.zeros_like(truth) if points is None else make(image, points)
            whole[name].add(said, truth, IGNORED)
            heads[name].add(_as_three(said), _as_three(truth), IGNORED)
    names = ["head", *(CLASSES[k].name for k in FOREGROUND), "mean of ten"]
    rows = {name: _f1(whole[name], heads[name]) for name in makers}
    _say(f"{count} pictures")
    for number, (name, row) in enumerate(rows.items(), 1):
        _say(f"  ({number}) {name}: {row[0]:.4f} head, {row[10]:.4f} hair")
    _say(f"{'F1':16}" + "".join(f"{f'({k + 1})':>9}" for k in range(len(rows))))
    for k, name in enumerate(names):
        three = name in IN_ALL
        cells = (row[k] if three or "three" not in maker else np.nan for maker, row in rows.items())
        _say(f"{name:16}" + "".join(f"{'' if np.isnan(c) else f'{c:.4f}':>9}" for c in cells))


def main() -> None:
    """Print one table a set."""
    if (SHARED / "data" / "facesynthetics50").is_dir():
        _say("Face Synthetics")
        _table(_face_synthetics())
    else:
        _say(f"Face Synthetics is not at {SHARED}")
    if "LAPA_TRUTH" in os.environ:
        _say(os.environ["LAPA_TRUTH"])
        _table(_lapa(Path(os.environ["LAPA_TRUTH"])))
