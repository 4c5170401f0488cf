"""Where hair and beard grow on the mean shape, and where the head ends at the neck."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.synth.points import MIDDLE

Array = NDArray[np.float64]

AXIS = (0.0, -0.02)
"""x and y of the vertical line from which directions on the head are told, in metres."""

# Degrees from the front, and the height in metres at which hair begins there.
_HAIRLINE = (
    (0, 0.7235), (22, 0.7225), (38, 0.714), (48, 0.697), (56, 0.672), (61, 0.648), (65, 0.652),
    (74, 0.674), (95, 0.668), (110, 0.645), (130, 0.613), (180, 0.600),
)  # fmt: skip
_EAR = ((0.851, 0.630), (0.034, 0.026))
_NECK_LINE = ((-0.070, 0.599), (-0.03, 0.600), (0.02, 0.603), (0.08, 0.610))
"""(y, z) from the angle of the jaw under the ear to the nape: head above, neck below."""


def azimuth(rest: Array) -> Array:
    """Degrees from the front, 0 to 180, of (..., 3) places on the mean shape."""
    angle: Array = np.degrees(np.arctan2(np.abs(rest[..., 0]), -(rest[..., 1] - AXIS[1])))
    return angle


def on_ear(uv: Array) -> NDArray[np.bool_]:
    """Which (..., 2) texture coordinates lie on an ear."""
    (u, v), (ru, rv) = _EAR
    side = np.abs(uv[..., 1] - MIDDLE)
    inside: NDArray[np.bool_] = ((uv[..., 0] - u) / ru) ** 2 + ((side - (v - MIDDLE)) / rv) ** 2 < 1
    return inside


def scalp(rest: Array, uv: Array, receding: float = 0.0) -> Array:
    """How far above the hairline, in metres, (..., 3) places lie; hair grows where positive.

    Args:
        rest: places on the mean shape.
        uv: (..., 2) their texture coordinates.
        receding: metres by which the hairline of forehead and temples has moved up.
    """
    angle = azimuth(rest)
    degrees, height = np.array(_HAIRLINE).T
    line = np.interp(angle, degrees, height)
    # A receding hairline is highest at the temples.
    temple = np.exp(-(((angle - 40) / 22) ** 2)) + 0.55 * np.exp(-((angle / 30) ** 2))
    above: Array = rest[..., 2] - line - receding * temple
    return np.where(on_ear(uv), -0.02, above)


def beard(rest: Array, style: str) -> Array:
    """Density 0 to 1 of a beard at (..., 3) places on the mean shape."""
    x, y, z = np.abs(rest[..., 0]), rest[..., 1], rest[..., 2]
    front = np.clip((-0.055 - y) / 0.012, 0, 1)
    # The cheek's border falls from the sideburn to the corner of the mouth.
    line = np.interp(x, [0.0, 0.022, 0.035, 0.055, 0.068], [0.592, 0.592, 0.583, 0.597, 0.63])
    below = np.clip((line - z) / 0.006, 0, 1)
    above_neck = np.clip((z - 0.528) / 0.012, 0, 1)
    whole = below * above_neck * front
    upper_lip = (z > 0.588) & (x < 0.026)
    chin = x < 0.024
    wanted = {
        "full": np.ones_like(x),
        "short": np.ones_like(x),
        "goatee": (chin | upper_lip).astype(float),
        "moustache": upper_lip.astype(float),
    }[style]
    density: Array = whole * wanted
    return density


def above_neck(rest: Array) -> Array:
    """Metres above the border between head and neck, behind the jaw, on the mean shape."""
    y, z = np.array(_NECK_LINE).T
    height: Array = rest[..., 2] - np.interp(rest[..., 1], y, z)
    return height
