"""What lies under the pointer: pure functions over points, in screen pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import PART_OF_POINT

RADIUS = 10.0
"""How near, in screen pixels, the pointer has to be."""


@dataclass(frozen=True, slots=True)
class HitTarget:
    """What was hit.

    Attributes:
        kind: "point", "handle", "face" (inside a face box) or "nothing".
        face_id: the face of the point or box, "" when it does not matter.
        index: the point's index, or the handle's; -1 when it does not matter.
        distance: how far the pointer is from it, in screen pixels.
    """

    kind: str
    face_id: str = ""
    index: int = -1
    distance: float = 0.0


NOTHING = HitTarget("nothing")


@dataclass(frozen=True)
class HitFace:
    """A face as it is hit: its box, its (106, 2) points in photo pixels, and which of them count.

    ``points`` is None while the face has none; ``free`` is (106,) bool.
    """

    face_id: str
    box: Box
    points: Points | None
    free: NDArray[np.bool_]


def hit_point(
    at: tuple[float, float], face: HitFace, parts: frozenset[str], reach: float
) -> tuple[int, float] | None:
    """The nearest free point of a face within ``reach`` (photo pixels) of ``at``.

    Points of the selected ``parts`` win over nearer ones of other parts.

    Returns:
        The point's index and its distance in photo pixels, or None.
    """
    if face.points is None:
        return None
    distance = np.hypot(*(face.points - at).T)
    near = np.flatnonzero(face.free & (distance <= reach))
    if not near.size:
        return None
    preferred = [i for i in near if PART_OF_POINT[i] in parts]
    best = min(preferred or near, key=lambda i: distance[i])
    return int(best), float(distance[best])


def hit_test(
    at: tuple[float, float],
    faces: Sequence[HitFace],
    scale: float,
    parts: frozenset[str] = frozenset(),
    handles: Points | None = None,
) -> HitTarget:
    """Say what is under the pointer.

    Handles come first, then points of the first face of ``faces`` (the current one), then
    points of the others, then the face boxes.

    Args:
        at: the pointer in photo pixels.
        faces: the faces, the current one first.
        scale: screen pixels per photo pixel.
        parts: the parts that hold selected points; they are preferred.
        handles: (n, 2) places of the handles in photo pixels, None when there are none.
    """
    reach = RADIUS / scale
    if handles is not None and len(handles):
        distance = np.hypot(*(handles - at).T)
        nearest = int(distance.argmin())
        if distance[nearest] <= reach:
            return HitTarget("handle", index=nearest, distance=float(distance[nearest] * scale))
    found: list[HitTarget] = []
    for rank, face in enumerate(faces):
        hit = hit_point(at, face, parts if rank == 0 else frozenset(), reach)
        if hit is not None:
            found.append(HitTarget("point", face.face_id, hit[0], hit[1] * scale))
            if rank == 0:
                break
    if found:
        return min(found, key=lambda target: target.distance)
    for face in faces:
        box = face.box
        if box.x0 <= at[0] <= box.x1 and box.y0 <= at[1] <= box.y1:
            return HitTarget("face", face.face_id)
    return NOTHING
