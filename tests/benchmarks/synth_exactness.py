"""How exact rendered faces are: points against labels, sides, classes, and the same seed twice.

``LAPA_SYNTH_FACES`` says how many faces (200 by default), ``LAPA_SYNTH_JOBS`` in how many
processes (2 by default).
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

import numpy as np

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.schema import MIRROR
from lapa_annotator.synth.install import require_anny, require_blender

_FIRST, _SIZE, _TWICE_EVERY = 5000, 512, 20
_FEWEST = 4
"""A class is expected where at least this many points of its outline are visible."""
_LEFT = (*range(33, 42), *range(66, 75), 104)
"""Points of the left brow, eye and pupil."""


@dataclass
class Found:
    """What was measured of some faces.

    Attributes:
        distances: class -> distances of outline points from its border, in pixels.
        wrong_side: seeds of faces with a point on the wrong side of its mirror image.
        missing: (seed, class) of classes that should be seen and are not.
        twice: how many faces were rendered twice.
        unequal: seeds of those whose labels differ.
        visible: visible points of each face.
    """

    distances: dict[int, list[np.ndarray]] = field(default_factory=dict)
    wrong_side: list[int] = field(default_factory=list)
    missing: list[tuple[int, str]] = field(default_factory=list)
    twice: int = 0
    unequal: list[int] = field(default_factory=list)
    visible: list[int] = field(default_factory=list)


def main() -> None:
    """Print medians and 95th percentiles by part, and every face that breaks a rule."""
    try:
        require_anny()
        require_blender()
    except InputError as error:
        _say(f"skipped: {error}")
        return
    count = int(os.environ.get("LAPA_SYNTH_FACES", "200"))
    jobs = int(os.environ.get("LAPA_SYNTH_JOBS", "2"))
    seeds = [list(range(_FIRST + job, _FIRST + count, jobs)) for job in range(jobs)]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        _report(count, list(pool.map(_measure, seeds)))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _measure(seeds: list[int]) -> Found:
    from lapa_annotator.synth.draw import draw
    from lapa_annotator.synth.exactness import outline_distances
    from lapa_annotator.synth.face import render_person
    from lapa_annotator.synth.renderer import Renderer

    found = Found()
    with Renderer() as renderer:
        for seed in seeds:
            face = render_person(draw(seed), _SIZE, renderer, picture=False)
            for label, distances in outline_distances(face).items():
                found.distances.setdefault(label, []).append(distances)
            _sides(found, face)
            _classes(found, face)
            found.visible.append(int((face.visibility == 2).sum()))
            if (seed - _FIRST) % _TWICE_EVERY < 2:
                again = render_person(draw(seed), _SIZE, renderer, picture=False)
                found.twice += 1
                found.unequal += [] if (again.labels == face.labels).all() else [seed]
    return found


def _sides(found, face) -> None:
    """Across the face, in its upright frame, every left point lies left of its mirror image."""
    roll = np.radians(face.person.pose.roll)
    across = face.points @ [np.cos(roll), np.sin(roll)]
    seen = face.visibility == 2
    if any(seen[k] and seen[MIRROR[k]] and across[k] > across[MIRROR[k]] + 1 for k in _LEFT):
        found.wrong_side.append(face.person.seed)


def _classes(found, face) -> None:
    from lapa_annotator.synth.points import OUTLINE_POINTS

    for label, points in OUTLINE_POINTS.items():
        seen = (face.visibility[list(points)] == 2).sum()
        if seen >= _FEWEST and not (face.labels == label).any():
            found.missing.append((face.person.seed, CLASSES[label].name))


def _report(count: int, parts: list[Found]) -> None:
    distances: dict[int, list[np.ndarray]] = {}
    for part in parts:
        for label, rows in part.distances.items():
            distances.setdefault(label, []).extend(rows)
    _say(f"outline points from the border of their part, {count} faces at {_SIZE} pixels")
    named = {("contour (jaw)" if k == 1 else CLASSES[k].name): v for k, v in distances.items()}
    named["all parts"] = [row for part in distances.values() for row in part]
    for name, values in named.items():
        joined = np.concatenate(values)
        median, high = np.percentile(joined, [50, 95])
        _say(f"{name:15} {len(joined):6} points  median {median:.2f} px  95th {high:.2f} px")
    _say(f"visible points a face: {np.mean([n for p in parts for n in p.visible]):.1f} of 106")
    _say(f"faces with a point on the wrong side: {[s for p in parts for s in p.wrong_side]}")
    _say(f"classes not seen where they should be: {[m for p in parts for m in p.missing]}")
    _say(
        f"labels that differ the second time: {[s for p in parts for s in p.unequal]} "
        f"of {sum(p.twice for p in parts)}"
    )
