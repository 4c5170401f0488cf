"""FaceMesh: 478 mesh points of a face, found on an upright crop in two passes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.boxes import with_forehead
from lapa_annotator.dla.brows import follow_brow_hair
from lapa_annotator.dla.mesh_mapping import map_mesh
from lapa_annotator.domain.geometry import Box, Similarity, square_crop
from lapa_annotator.domain.schema import OUTER_EYE_CORNERS, mirror_points
from lapa_annotator.runtime.crops import Image, cut
from lapa_annotator.runtime.sessions import session

N_VERTICES = 478
_INPUT = 256
# Side of the crop over the size of the mesh.
_MESH_MARGIN = 1.5
# Looks of the first pass in the order they are tried: (whether the box's roll is believed,
# degrees added, side over the box's, shift to the right over the box's width, mirrored).
_LOOKS = (
    (True, 0, 1.5, 0.0, False),
    (False, 0, 1.5, 0.0, False),
    (False, 0, 1.5, 0.0, True),
    *((False, turn, 1.5, 0.0, flip) for turn in (25, -25) for flip in (False, True)),
    *((False, turn, 1.5, dx, False) for dx in (-0.2, 0.2) for turn in (0, 20, -20)),
    *((False, turn, 1.9, dx, False) for dx in (0.0, -0.2, 0.2) for turn in (0, 20, -20)),
)
_CONVINCED = 0.9
# Vertices at the outer corners of the eyes, image left and right.
_EYES = (33, 263)

Array = NDArray[np.float64]


def find_points(image: Image, box: Box) -> tuple[Array, float, Array]:
    """Find LaPa's 106 points of the face in ``box``.

    A first pass on the box, turned by the detector's roll, gives a mesh; its own centre, size
    and eye line give the upright crop of the second pass. The crop is looked at mirrored too:
    the mean of both is steadier, and their difference says how sure each point is.

    Args:
        image: (H, W, 3) uint8 RGB.
        box: the face box in image pixels.

    Returns:
        (106, 2) float64 points in image pixels; how sure the network is that there is a face,
        in [0, 1]; and (106,) float64, how far the two looks disagree per point, as a share
        of the inter-ocular distance.
    """
    crop, first = _first_pass(image, box)
    pixels = cut(image, crop, _INPUT)
    mesh, presence = _run(pixels)
    plain = map_mesh(mesh)
    mesh, mirrored_presence = _run(pixels[:, ::-1])
    other = mirror_points(map_mesh(mesh), _INPUT)
    a, b = OUTER_EYE_CORNERS
    eyes = max(float(np.hypot(*(plain[a] - plain[b]))), 1.0)
    spread = np.hypot(*(plain - other).T) / eyes
    points = follow_brow_hair(image, crop.inverse().apply((plain + other) / 2))
    return points, max(first, presence, mirrored_presence), spread


def find_mesh(image: Image, crop: Similarity, mirrored: bool = False) -> tuple[Array, float]:
    """Run the network once on an upright crop.

    Args:
        image: (H, W, 3) uint8 RGB.
        crop: the transform from image pixels to a crop of 256, the face upright in it.
        mirrored: look at the mirrored crop instead.

    Returns:
        (478, 3) float64 in crop pixels (of the mirrored crop, if so), the third coordinate being
        the depth in the same unit, smaller nearer; and how sure the network is to see a face,
        in [0, 1].
    """
    pixels = cut(image, crop, _INPUT)
    return _run_in_depth(pixels[:, ::-1] if mirrored else pixels)


def _first_pass(image: Image, box: Box) -> tuple[Similarity, float]:
    """The upright crop of the second pass, and how sure the network was to see a face.

    Where the detector's box does not convince the network (a profile, a mask), other rolls
    and margins are tried and the most convincing one is taken.
    """
    best: tuple[float, Similarity] | None = None
    box = with_forehead(box)
    x, y = box.centre
    for rolled, turn, margin, dx, flip in _LOOKS:
        side = margin * max(box.width, box.height)
        centre = (x + dx * box.width, y)
        crop = square_crop(centre, side, _INPUT, turn + (box.roll if rolled else 0))
        pixels = cut(image, crop, _INPUT)
        mesh, presence = _run(pixels[:, ::-1] if flip else pixels)
        if best is None or presence > best[0]:
            if flip:
                mesh = _unmirrored(mesh)
            best = presence, _upright(crop.inverse().apply(mesh))
        if presence >= _CONVINCED:
            break
    assert best is not None
    return best[1], best[0]


def _unmirrored(mesh: Array) -> Array:
    """The mesh of a mirrored crop in the crop itself; only the eyes that ``_upright`` uses swap."""
    mesh = mesh.copy()
    mesh[:, 0] = _INPUT - 1 - mesh[:, 0]
    mesh[list(_EYES)] = mesh[list(reversed(_EYES))]
    return mesh


def _upright(points: Array) -> Similarity:
    """The crop around a mesh, with its eye line level."""
    eyes = points[_EYES[1]] - points[_EYES[0]]
    roll = float(np.degrees(np.arctan2(eyes[1], eyes[0])))
    level = Similarity.about((0, 0), (0, 0), 1, -roll)
    turned = level.apply(points)
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = level.inverse().apply((low + high) / 2)
    return square_crop((float(x), float(y)), _MESH_MARGIN * float((high - low).max()), _INPUT, roll)


def _run(pixels: Image) -> tuple[Array, float]:
    """Run the network on a crop: (478, 2) points in crop pixels, and the presence in [0, 1]."""
    mesh, presence = _run_in_depth(pixels)
    return mesh[:, :2], presence


def _run_in_depth(pixels: Image) -> tuple[Array, float]:
    batch = pixels[None].astype(np.float32) / np.float32(255)
    raw, presence, *_ = session("facemesh", shape=(1, _INPUT, _INPUT, 3))(batch)
    logit = float(np.clip(presence.reshape(-1)[0], -50, 50))
    # The network counts from the crop's edge, the program from pixel centres.
    points = raw.reshape(N_VERTICES, 3).astype(np.float64) - (0.5, 0.5, 0.0)
    return points, 1 / (1 + float(np.exp(-logit)))
