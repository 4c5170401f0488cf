"""The anatomy guard: planted problems it finds, and false alarms on faces that are right.

Faces are LaPa's layout at $LAPA_RENDERED (`lapa-annotator synth`); each is turned and scaled by
chance before it is looked at.
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from lapa_annotator.dla.frame import canonical
from lapa_annotator.dla.guard import Kind, find_problems
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.domain.schema import MIRROR, PARTS
from lapa_annotator.formats.lapa import LapaFolder, read_landmarks

PLANTED = 1000
CURVES = [list(part.indices) for part in PARTS if len(part.indices) > 4]
GROUPS = {
    "eyes": [*range(66, 84), 104, 105],
    "eyebrows": list(range(33, 51)),
    "mouth corners": [84, 90, 96, 100],
}
PLACED = [
    list(range(33, 42)),
    list(range(42, 51)),
    list(range(55, 66)),
    [*range(66, 75), 104],
    [*range(75, 84), 105],
    list(range(84, 104)),
]
LIDS = (([67, 68, 69], [73, 72, 71]), ([76, 77, 78], [82, 81, 80]))
LIPS = (([86, 87, 88], [97, 98, 99]), ([103, 102, 101], [94, 93, 92]))


def _swap(points, indices):
    out = points.copy()
    out[indices] = points[MIRROR[indices]]
    return out


def _shift(points, indices, rng, low, high):
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(low, high) / canonical(points).scale
    out = points.copy()
    out[indices] += far * np.array([np.cos(angle), np.sin(angle)])
    return out


def _order(points, rng, run):
    curve = CURVES[rng.integers(len(CURVES))]
    length = rng.integers(3, min(7, len(curve) - 2) + 1) if run else 2
    start = rng.integers(1, len(curve) - length)
    chosen = curve[start : start + length]
    out = points.copy()
    out[chosen] = points[chosen[::-1]]
    return out


def _cross(points, pairs, rng):
    upper, lower = pairs[rng.integers(2)]
    out = points.copy()
    out[upper], out[lower] = points[lower], points[upper]
    return out


def _nose(points, rng):
    middle = int(rng.choice([8, 24]))
    weight = np.exp(-0.5 * ((np.arange(33) - middle) / 3) ** 2)
    out = points.copy()
    out[:33] += 1.15 * weight[:, None] * (points[[54, 60]].mean(axis=0) - points[middle])
    return out


KINDS = {
    "whole face swapped": (Kind.SWAP, lambda p, _: p[MIRROR]),
    **{
        f"{name} swapped": (Kind.SWAP, lambda p, _, i=indices: _swap(p, i))
        for name, indices in GROUPS.items()
    },
    "two neighbours exchanged": (Kind.ORDER, lambda p, rng: _order(p, rng, run=False)),
    "a run reversed": (Kind.ORDER, lambda p, rng: _order(p, rng, run=True)),
    "lids crossed": (Kind.CROSSING, lambda p, rng: _cross(p, LIDS, rng)),
    "lips crossed": (Kind.CROSSING, lambda p, rng: _cross(p, LIPS, rng)),
    "a part elsewhere": (
        Kind.OUTSIDE,
        lambda p, rng: _shift(p, PLACED[rng.integers(len(PLACED))], rng, 0.4, 0.9),
    ),
    "a pupil elsewhere": (
        Kind.PUPIL,
        lambda p, rng: _shift(p, [int(rng.choice([104, 105]))], rng, 0.3, 0.6),
    ),
    "contour across the nose": (Kind.NOSE, _nose),
}


def _anywhere(points, rng):
    turn = Similarity.about((0.0, 0.0), (0.0, 0.0), rng.uniform(0.5, 3), rng.uniform(-180, 180))
    return Landmarks(turn.apply(points))


def main() -> None:
    """Plant problems, look at right faces, print what was found."""
    folder = Path(os.environ.get("LAPA_RENDERED", "rendered"))
    if not folder.is_dir():
        sys.stdout.write("no rendered faces: name their folder in $LAPA_RENDERED\n")
        return
    samples = LapaFolder(folder).samples()
    faces = [read_landmarks(s.landmarks) for s in samples if s.landmarks is not None]
    rng = np.random.default_rng(0)
    alarms: Counter[str] = Counter()
    start = time.perf_counter()
    for points in faces:
        kinds = {p.kind for p in find_problems(_anywhere(points, rng))}
        alarms.update({*kinds, "any"} if kinds else {})
    each = (time.perf_counter() - start) / len(faces) * 1000
    told = ", ".join(f"{k} {n}" for k, n in alarms.most_common()) or "none"
    sys.stdout.write(f"{len(faces)} right faces, false alarms: {told}; {each:.1f} ms a face\n")
    share = PLANTED // len(KINDS) + 1
    total, some = 0, 0
    for name, (kind, plant) in KINDS.items():
        found = other = 0
        for _ in range(share):
            points = plant(faces[rng.integers(len(faces))], rng)
            kinds = {p.kind for p in find_problems(_anywhere(points, rng))}
            found += kind in kinds
            other += bool(kinds) and kind not in kinds
        total, some = total + share, some + found + other
        shares = 100 * found / share, 100 * other / share
        sys.stdout.write(f"{name:28s} {shares[0]:5.1f} % found, {shares[1]:5.1f} % as another\n")
    sys.stdout.write(f"of {total} planted, {100 * some / total:.1f} % told\n")
