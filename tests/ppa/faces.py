"""A face whose outlines are known exactly: smooth curves, and landmarks that lie on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.ppa.segment import Segmentation

Array = NDArray[np.float64]
SIZE = (1000, 1000)


@dataclass(frozen=True)
class PerfectFace:
    """Points on known outlines, and the outlines, finely sampled, by class."""

    points: Array
    outlines: dict[int, Array]
    jawline: Array


def bezier(a: Array, control: Array, b: Array, t: Array) -> Array:
    """A parabola arc from ``a`` to ``b``."""
    t = t[:, None]
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * control + t**2 * b


def _on(curve: Array, count: int) -> Array:
    """``count`` points spread evenly along a finely sampled curve, its ends included."""
    way = np.r_[0, np.cumsum(np.hypot(*np.diff(curve, axis=0).T))]
    at = np.linspace(0, way[-1], count)
    return np.stack([np.interp(at, way, curve[:, k]) for k in (0, 1)], axis=1)


def _eye(points: Array, first: int, left: Array, right: Array, lean: float, rise: float) -> Array:
    middle = (left + right) / 2 + [lean, 0.0]
    t = np.linspace(0, 1, 800)
    upper = bezier(left, middle - [0.0, rise], right, t)
    lower = bezier(right, middle + np.array([0.0, 0.6 * rise]), left, t)
    points[first : first + 5] = _on(upper, 5)
    points[first + 4 : first + 9] = _on(lower, 5)
    points[first + 8] = (left + right) / 2
    return np.vstack([upper, lower[1:-1]])


def _arc(x: Array, middle: float, half: float, height: float, base: float) -> Array:
    return np.c_[x, base - height * np.cos(np.pi / 2 * (x - middle) / half)]


def _brows(points: Array) -> dict[int, Array]:
    x = np.linspace(200, 410, 800)
    upper = _arc(x, 320.0, 125.0, 60.0, 375.0)
    lower = _arc(x[::-1], 300.0, 125.0, 32.0, 372.0)
    lower += (upper[0] - lower[-1]) * np.linspace(0, 1, 800)[:, None] ** 3
    points[33:38] = _on(upper, 5)
    points[38:42] = _on(lower, 5)[:4]
    ring = np.vstack([upper, lower[:-1]])
    mirrored = ring * [-1, 1] + [999, 0]
    points[[46, 45, 44, 43, 42, 50, 49, 48, 47]] = points[33:42] * [-1, 1] + [999, 0]
    return {Label.LEFT_EYEBROW: ring, Label.RIGHT_EYEBROW: mirrored[::-1]}


def _mouth(points: Array, opening: float) -> dict[int, Array]:
    x = np.linspace(-1, 1, 1601)
    top = np.c_[499.5 + 130 * x, 730 - 45 * (1 - x**2) * (1 - 0.25 * np.exp(-((x / 0.25) ** 2)))]
    bottom = np.c_[499.5 + 130 * x, 730 + 62 * (1 - x**2)][::-1]
    t = np.linspace(0, 1, 800)
    left, right = np.array([389.5, 731.0]), np.array([609.5, 731.0])
    upper = bezier(left, np.array([499.5, 726.0 - opening]), right, t)
    lower = bezier(right, np.array([499.5, 736.0 + opening]), left, t)
    points[84:91], points[90:96] = _on(top, 7), _on(bottom, 7)[:6]
    points[96:101], points[100:104] = _on(upper, 5), _on(lower, 5)[:4]
    return {
        Label.UPPER_LIP: np.vstack([top, upper[::-1]]),
        Label.INNER_MOUTH: np.vstack([upper, lower[1:-1]]),
        Label.LOWER_LIP: np.vstack([lower[::-1], bottom]),
    }


def _nose(points: Array) -> dict[int, Array]:
    points[51:55] = np.c_[np.full(4, 499.5), np.linspace(420, 590, 4)]
    angle = np.linspace(np.radians(-60), np.radians(100), 400)
    wing = np.c_[555 + 32 * np.cos(angle), 600 + 32 * np.sin(angle)]
    base_x = np.linspace(wing[-1, 0], 499.5, 400)
    drop = 646 - wing[-1, 1]
    base = np.c_[base_x, 646 - drop * np.sin(np.pi / 2 * (base_x - 499.5) / (base_x[0] - 499.5))]
    points[65] = [530.0, 425.0]
    points[[64, 63, 62]] = wing[[0, 180, -1]]
    points[[61, 60]] = base[[200, -1]]
    points[[55, 56, 57, 58, 59]] = points[[65, 64, 63, 62, 61]] * [-1, 1] + [999, 0]
    right = np.vstack([points[65:66], wing, base])
    ring = np.vstack([points[51:52], right, (right * [-1, 1] + [999, 0])[-2::-1]])
    return {Label.NOSE: ring}


def perfect_face(opening: float = 25.0) -> PerfectFace:
    """A frontal face about 600 pixels wide in a picture of 1000 by 1000, mirror-symmetric.

    Args:
        opening: how far the control points of the inner lips lie apart, in pixels.
    """
    points = np.zeros((106, 2))
    angle = np.linspace(np.pi, 0, 2000)
    jaw = np.c_[
        499.5 + 300 * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.9,
        430 + 440 * np.sin(angle),
    ]
    points[:33] = _on(jaw, 33)
    outlines = _brows(points) | _nose(points) | _mouth(points, opening)
    left = _eye(points, 66, np.array([270.0, 440.0]), np.array([410.0, 446.0]), 12.0, 62.0)
    mirrored = left * [-1, 1] + [999, 0]
    pairs = [66, 67, 68, 69, 70, 71, 72, 73, 74], [79, 78, 77, 76, 75, 82, 81, 80, 83]
    points[pairs[1]] = points[pairs[0]] * [-1, 1] + [999, 0]
    points[104], points[105] = points[74], points[83]
    outlines |= {Label.LEFT_EYE: left, Label.RIGHT_EYE: mirrored[::-1]}
    return PerfectFace(points, {int(k): v for k, v in outlines.items()}, jaw)


def segmentation(skin: Array | None = None, hair: Array | None = None) -> Segmentation:
    """A segmentation of the 1000 by 1000 picture on a canvas of 250 pixels.

    Args:
        skin, hair: (250, 250) probabilities; by default a disc of skin round the face and
            hair above it.
    """
    y, x = np.mgrid[:250, :250] * 4 + 1.5
    if skin is None:
        skin = (np.hypot(x - 499.5, y - 520) < 390).astype(float)
    if hair is None:
        hair = ((y < 260) & (np.hypot(x - 499.5, y - 520) < 450)).astype(float)
    skin = skin * (1 - hair)
    stack = np.round(np.stack([1 - skin - hair, skin, hair]) * 255).astype(np.uint8)
    return Segmentation(stack, Similarity(0.25, 0.0, -0.375, -0.375), "by hand")
