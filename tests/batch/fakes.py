"""Stand-ins for the networks: faces are green discs, found and outlined by arithmetic alone."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from lapa_annotator.batch.options import AnnotateOptions
from lapa_annotator.batch.pipeline import Pipeline
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.ppa.parse import ParseOptions

GREEN = (40, 200, 40)
GREY = (90, 90, 90)
# A photo of this blue kills the process that looks at it; one of this red is odd to compute with.
DEADLY = (0, 0, 250)
ODD = (250, 0, 0)


def face_points() -> np.ndarray:
    """106 points of a plain face in the unit square, (x, y)."""
    angle = np.linspace(np.pi, 0, 33)
    contour = np.stack([0.5 + 0.48 * np.cos(angle), 0.35 + 0.62 * np.sin(angle)], axis=1)
    points = np.zeros((106, 2))
    points[:33] = contour
    upper, lower = np.linspace(0.12, 0.42, 5), np.linspace(0.42, 0.18, 4)
    points[33:38] = np.stack([upper, 0.24 - 0.04 * np.sin(np.linspace(0, np.pi, 5))], axis=1)
    points[38:42] = np.stack([lower, np.full(4, 0.27)], axis=1)
    order = [37, 36, 35, 34, 33, 41, 40, 39, 38]
    points[42:51] = points[order] * (-1, 1) + (1, 0)
    points[51:55] = np.stack([np.full(4, 0.5), np.linspace(0.36, 0.56, 4)], axis=1)
    points[55:66] = [
        (0.45, 0.36), (0.44, 0.5), (0.4, 0.56), (0.43, 0.6), (0.47, 0.61), (0.5, 0.62),
        (0.53, 0.61), (0.57, 0.6), (0.6, 0.56), (0.56, 0.5), (0.55, 0.36),
    ]  # fmt: skip
    turn = np.linspace(np.pi, -np.pi, 9)[:8]
    points[66:74] = np.stack([0.3 + 0.09 * np.cos(turn), 0.37 - 0.04 * np.sin(turn)], axis=1)
    points[75:83] = points[66:74] + np.array([0.4, 0])
    points[[74, 104]], points[[83, 105]] = (0.3, 0.37), (0.7, 0.37)
    turn = np.linspace(np.pi, -np.pi, 13)[:12]
    points[84:96] = np.stack([0.5 + 0.18 * np.cos(turn), 0.76 - 0.08 * np.sin(turn)], axis=1)
    turn = np.linspace(np.pi, -np.pi, 9)[:8]
    points[96:104] = np.stack([0.5 + 0.13 * np.cos(turn), 0.76 - 0.03 * np.sin(turn)], axis=1)
    return points


class FakeDetector:
    name = "green"

    def detect(self, image: np.ndarray) -> list[Box]:
        top_left = tuple(image[0, 0].tolist())
        if top_left == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        if top_left == ODD:
            raise ValueError("nothing adds up")
        near = (np.abs(image.astype(int) - GREEN) < 30).all(axis=2).astype(np.uint8)
        _, _, found, _ = cv2.connectedComponentsWithStats(near)
        boxes = [Box(x, y, x + w, y + h, 0.9) for x, y, w, h, n in found[1:].tolist() if n > 99]
        return sorted(boxes, key=lambda box: box.area, reverse=True)


class FakeProposer:
    name = "unit"

    def propose(self, image: np.ndarray, box: Box) -> Landmarks:
        points = face_points() * (box.width, box.height) + (box.x0, box.y0)
        return Landmarks(points, confidence=np.linspace(0.5, 1, 106))


class FakeSegmenter:
    name = "green"
    size = 64

    def segment(self, crop: np.ndarray) -> np.ndarray:
        skin = (np.abs(crop.astype(int) - GREEN) < 30).all(axis=2)
        return np.stack([~skin, skin, np.zeros_like(skin)]).astype(np.float32)


def build(options: AnnotateOptions) -> Pipeline:
    """Make a pipeline of stand-ins."""
    parse = ParseOptions(fitting=options.fitting.value)
    return Pipeline(FakeDetector(), FakeProposer(), FakeSegmenter(), parse, {"fake": "0" * 64})


def photo(
    path: Path,
    faces: tuple[tuple[int, int, int], ...] = ((80, 60, 40),),
    size: tuple[int, int] = (160, 120),
    behind: tuple[int, int, int] = GREY,
    **saving: object,
) -> Path:
    """Save a photo with a green disc (x, y, radius) for every face."""
    pixels = np.full((size[1], size[0], 3), behind, np.uint8)
    for x, y, radius in faces:
        cv2.circle(pixels, (x, y), radius, GREEN, -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **saving)
    return path
