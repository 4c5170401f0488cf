"""The camera, and what it makes of points in space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """A pinhole.

    Attributes:
        size: the picture's side in pixels.
        focal: in pixels.
        rotation: (3, 3) columns: the picture's right, up and backward axis in space.
        position: (3,) in metres.
    """

    size: int
    focal: float
    rotation: Array
    position: Array

    def project(self, points: Array) -> tuple[Array, Array]:
        """Return (n, 2) picture coordinates and (n,) depths of (n, 3) points in metres.

        Whole numbers are pixel centres; x to the right, y down.
        """
        seen = (points - self.position) @ self.rotation
        depth = -seen[:, 2]
        middle = (self.size - 1) / 2
        x = middle + self.focal * seen[:, 0] / depth
        y = middle - self.focal * seen[:, 1] / depth
        return np.stack([x, y], axis=1), depth

    def matrix(self) -> Array:
        """The (4, 4) transform from the camera's frame to space."""
        whole = np.eye(4)
        whole[:3, :3], whole[:3, 3] = self.rotation, self.position
        return whole


def look_at(
    target: Array,
    distance: float,
    azimuth: float,
    height: float,
    roll: float,
    focal: float,
    size: int,
) -> Camera:
    """A camera that looks at ``target`` from in front of the rest pose.

    Args:
        target: (3,) in metres.
        distance: in metres.
        azimuth: degrees to the person's left.
        height: degrees above.
        roll: degrees clockwise that the picture appears turned.
        focal: in pixels.
        size: the picture's side in pixels.
    """
    a, h, r = np.radians([azimuth, height, roll])
    back = np.array([np.sin(a) * np.cos(h), -np.cos(a) * np.cos(h), np.sin(h)])
    right = np.array([np.cos(a), np.sin(a), 0.0])
    up = np.cross(back, right)
    turned_right = np.cos(r) * right + np.sin(r) * up
    turned_up = np.cross(back, turned_right)
    rotation = np.stack([turned_right, turned_up, back], axis=1)
    return Camera(size, focal, rotation, target + distance * back)
