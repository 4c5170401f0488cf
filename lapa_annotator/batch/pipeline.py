"""From the pixels of a photo to its faces: landmarks, segmentation, label map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lapa_annotator.batch.options import AnnotateOptions, Crop, Faces
from lapa_annotator.batch.outcome import Clock
from lapa_annotator.dla import registry as dla
from lapa_annotator.dla.registry import (
    Detector,
    Proposer,
    detector_name,
    find_faces,
    make_detector,
    make_proposer,
    proposer_name,
)
from lapa_annotator.domain.geometry import Box, Similarity, square_crop
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.ppa import registry as ppa
from lapa_annotator.ppa.frame import FaceFrame
from lapa_annotator.ppa.parse import FaceParser, ParseOptions
from lapa_annotator.ppa.registry import (
    coarse_of,
    make_segmenter,
    parser_prints,
    segmenter_name,
)
from lapa_annotator.ppa.segment import Segmentation, Segmenter, segment_face
from lapa_annotator.runtime.crops import Image, cut
from lapa_annotator.runtime.files import verified


@dataclass(frozen=True)
class FoundFace:
    """One face of a photo, in pixels of the image."""

    box: Box
    landmarks: Landmarks
    segmentation: Segmentation


@dataclass(frozen=True)
class Drawing:
    """What a sample is made of.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        points: (106, 2) float64 in pixels of ``image``.
        labels: (H, W) uint8, class ids.
        remarks: what the fitting had to repair or leave out, or that nothing was left, in words.
    """

    image: Image
    points: NDArray[np.float64]
    labels: LabelMap
    remarks: tuple[str, ...]


class Pipeline:
    """The models of the main job, in the order they are used.

    Args:
        detector: finds face boxes.
        proposer: puts the 106 points into a box.
        segmenter: tells hair and skin of an upright crop.
        parse: how parts are fitted and fused.
        weights: sha256 of every model file in use, by name.
    """

    def __init__(
        self,
        detector: Detector,
        proposer: Proposer,
        segmenter: Segmenter,
        parse: ParseOptions,
        weights: Mapping[str, str],
    ) -> None:
        self._detector = detector
        self._proposer = proposer
        self._segmenter = segmenter
        self._parse = parse
        self.weights = dict(weights)

    def find(self, image: Image, which: Faces, clock: Clock) -> list[FoundFace]:
        """Find the faces of an (H, W, 3) image, largest first; LaPa, sections 3.1 and 3.2(1)."""
        with clock.phase("networks"):
            faces = find_faces(image, self._detector, self._proposer)
            seen = [(f.box, f.landmarks) for f in faces if f.landmarks is not None]
            chosen = seen[: 1 if which is Faces.LARGEST else None]
            return [
                FoundFace(
                    box,
                    landmarks,
                    segment_face(
                        image,
                        landmarks.points,
                        self._segmenter,
                        [other.points for _, other in seen if other is not landmarks],
                    ),
                )
                for box, landmarks in chosen
            ]

    def draw(
        self, image: Image, face: FoundFace, options: AnnotateOptions, clock: Clock
    ) -> Drawing:
        """Make a sample of a face: LaPa, sections 3.2(2) and 3.2(3).

        A crop's label map is drawn in the crop itself, so that nothing is resampled twice; what
        lies outside the photo is black and background.
        """
        with clock.phase("geometry"):
            height, width = image.shape[:2]
            points, segmentation = face.landmarks.points, face.segmentation
            if options.crop is Crop.NONE:
                parser = FaceParser((width, height), points, segmentation, self._parse)
                return Drawing(image, points, parser.labels, _remarks(parser, parser.labels))
            crop, size = face_crop(points, options)
            points = crop.apply(points)
            to_crop = crop.inverse().then(segmentation.to_crop)
            segmentation = replace(segmentation, to_crop=to_crop)
            parser = FaceParser((size, size), points, segmentation, self._parse)
            photo = np.ones((height, width), np.uint8)
            photo = cv2.warpAffine(photo, crop.matrix, (size, size), flags=cv2.INTER_NEAREST)
            labels = np.asarray(parser.labels * photo, dtype=np.uint8)
            return Drawing(cut(image, crop, size), points, labels, _remarks(parser, labels))


def _remarks(parser: FaceParser, labels: LabelMap) -> tuple[str, ...]:
    # A face that the segmenter missed makes a sample that teaches nothing.
    return parser.remarks if labels.any() else (*parser.remarks, "the label map is empty")


def face_crop(points: NDArray[np.float64], options: AnnotateOptions) -> tuple[Similarity, int]:
    """The square crop around a face's (106, 2) points, and its side in pixels.

    At the photo's own resolution an aligned crop is moved to whole pixels, so that it holds
    the photo's pixels as they are.
    """
    grown = 1 + 2 * options.margin
    if options.crop is Crop.UPRIGHT:
        frame = FaceFrame.of(points)
        size = options.crop_size or max(1, round(grown * frame.size))
        side = grown * frame.size if options.crop_size else size
        return square_crop(frame.centre, side, size, frame.roll), size
    box = Box.around(points)
    side = grown * max(box.width, box.height)
    if options.crop_size:
        return square_crop(box.centre, side, options.crop_size), options.crop_size
    size = max(1, round(side))
    crop = square_crop(box.centre, size, size)
    return Similarity(1.0, 0.0, float(round(crop.tx)), float(round(crop.ty))), size


def make_pipeline(options: AnnotateOptions) -> Pipeline:
    """Make the pipeline that the options name.

    Raises:
        InputError: an unknown name, or a model file that is missing or damaged; how to get it.
    """
    found_by, pointed_by = detector_name(options.detector), proposer_name(options.landmarks)
    detector, proposer = make_detector(found_by), make_proposer(pointed_by)
    weights = {f: verified(f) for name in (found_by, pointed_by) for f in dla.MODEL_FILES[name]}
    if options.parser is None:
        segmented_by = segmenter_name(options.segmenter)
        segmenter = make_segmenter(segmented_by)
        weights |= {f: verified(f) for f in ppa.MODEL_FILES[segmented_by]}
    else:
        segmenter = make_segmenter(parser=options.parser)
        weights |= {f: verified(f) for f in coarse_of(options.parser)}
        weights |= parser_prints(options.parser)
    parse = ParseOptions(fitting=options.fitting.value)
    return Pipeline(detector, proposer, segmenter, parse, weights)
