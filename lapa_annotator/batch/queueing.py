"""Which images next: the unfinished ones in the order in which they help the model most.

A strategy is a function from what is known of the waiting images to how useful each would be. A
share of the queue is drawn at random, by the same hash that decides what validates, so that the
measured error stays that of all images and not of the hard ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.frame import canonical
from lapa_annotator.domain.errors import choose
from lapa_annotator.domain.face import Annotation
from lapa_annotator.store.project import Project
from lapa_annotator.training.retrain.split import rank

Array = NDArray[np.float64]

UNFINISHED = "status:new,proposed,in-progress photo:present"
_FINISHED = "status:done,approved"
AT_RANDOM = 0.2
"""The share of the queue that is drawn at random."""

# How many labelled faces a new one is compared with, and how many of the next ones are kept
# apart from each other.
_LABELLED, _APART = 2000, 500


@dataclass(frozen=True, eq=False)
class Waiting:
    """The images that wait.

    Attributes:
        ids: (n,) int64, as they come.
        doubt: (n,) float64, how much the model doubts its proposal; NaN where none is known.
        ranks: (n,) float64 in [0, 1), by which images are drawn at random.
        shapes: (n, 212) float64, the proposed points in the canonical frame; NaN without.
        labelled: (m, 212) float64, the same of finished faces.
    """

    ids: NDArray[np.int64]
    doubt: Array
    ranks: Array
    shapes: Array
    labelled: Array


Strategy = Callable[[Waiting], Array]
"""Returns (n,) how useful each image would be, larger for more."""


def as_they_come(waiting: Waiting) -> Array:
    """In the order of the project's list."""
    return -np.arange(len(waiting.ids), dtype=np.float64)


def by_doubt(waiting: Waiting) -> Array:
    """What the model doubts most; images that it has not seen come first."""
    return np.asarray(np.where(np.isnan(waiting.doubt), 1.0, waiting.doubt))


def by_novelty(waiting: Waiting) -> Array:
    """What is farthest from all that is labelled and, for the first ones, from each other.

    The distance is that of the proposed points in the canonical frame: pose, expression and
    proportions of the face. Images without points come first.
    """
    far = np.full(len(waiting.ids), np.inf)
    known = np.flatnonzero(~np.isnan(waiting.shapes).any(axis=1))
    if not known.size:
        return far
    shapes = waiting.shapes[known]
    away = np.full(len(known), np.inf)
    for shape in waiting.labelled:
        away = np.minimum(away, np.linalg.norm(shapes - shape, axis=1))
    order = np.full(len(known), -np.inf)
    # Farthest first: what has been picked counts as labelled for the next pick.
    left = np.minimum(away, 1e6)
    for turn in range(min(_APART, len(known))):
        pick = int(left.argmax())
        order[pick] = 2e6 - turn
        left = np.minimum(left, np.linalg.norm(shapes - shapes[pick], axis=1))
        left[np.isfinite(order)] = -1.0
    far[known] = np.where(np.isfinite(order), order, left)
    return far


def by_mix(waiting: Waiting) -> Array:
    """Doubt and novelty, each by its place in its own order."""
    places = [_places(strategy(waiting)) for strategy in (by_doubt, by_novelty)]
    return np.asarray(sum(places), np.float64)


STRATEGIES: dict[str, Strategy] = {
    "doubt": by_doubt,
    "novelty": by_novelty,
    "mix": by_mix,
    "as they come": as_they_come,
}
_LOOK_AT_SHAPES = {"novelty", "mix"}


def _places(usefulness: Array) -> Array:
    order = np.argsort(usefulness, kind="stable")
    places = np.empty(len(order))
    places[order] = np.arange(len(order))
    return places


def in_order(
    waiting: Waiting, strategy: Strategy, at_random: float = AT_RANDOM
) -> NDArray[np.int64]:
    """Return the ids in the order to annotate them.

    Args:
        waiting: what waits.
        strategy: how useful each image is.
        at_random: the share that is drawn at random, spread evenly over the queue.
    """
    useful = np.argsort(-strategy(waiting), kind="stable").tolist()
    drawn = np.argsort(waiting.ranks, kind="stable").tolist()
    taken: set[int] = set()
    found: list[int] = []
    owed = 0.0
    queues = iter(useful), iter(drawn)
    for _ in useful:
        owed += at_random
        random = owed >= 1.0 - 1e-9
        owed -= float(random)
        pick = next(k for k in queues[random] if k not in taken)
        taken.add(pick)
        found.append(pick)
    return np.asarray(waiting.ids[found], np.int64)


def waiting_images(project: Project, *, shapes: bool = True) -> Waiting:
    """Gather what is known of a project's unfinished images.

    Args:
        project: whose.
        shapes: whether to read the points, too; without, novelty cannot be told.

    Raises:
        InputError: a stored value is damaged.
    """
    infos = project.infos(project.ids(UNFINISHED).tolist())
    ids = np.array([info.id for info in infos], np.int64)
    finished = project.ids(_FINISHED)
    rng = np.random.default_rng(0)
    some = rng.permutation(finished)[:_LABELLED] if shapes else finished[:0]
    return Waiting(
        ids=ids,
        doubt=np.array([np.nan if i.doubt is None else i.doubt for i in infos], np.float64),
        ranks=np.array([rank(info.content) for info in infos], np.float64),
        shapes=_shapes(project, ids if shapes else ids[:0], len(ids)),
        labelled=_shapes(project, some, len(some)),
    )


def queue(
    project: Project, strategy: str = "doubt", at_random: float = AT_RANDOM
) -> NDArray[np.int64]:
    """Return a project's unfinished images in the order to annotate them: (n,) ids.

    Raises:
        InputError: no strategy of that name, or a stored value is damaged.
    """
    usefulness = choose(STRATEGIES, strategy, "order of the queue")
    waiting = waiting_images(project, shapes=strategy in _LOOK_AT_SHAPES)
    return in_order(waiting, usefulness, at_random)


def _shapes(project: Project, ids: NDArray[np.int64], rows: int) -> Array:
    shapes = np.full((rows, 212), np.nan)
    for row, image_id in enumerate(ids.tolist()):
        shapes[row] = _shape(project.load(image_id))
    return shapes


def _shape(annotation: Annotation) -> Array:
    """(212,) the largest face's points in the canonical frame; NaN without points."""
    faces = [f for f in annotation.faces if f.landmarks is not None]
    if not faces:
        return np.full(212, np.nan)
    landmarks = max(faces, key=lambda face: face.box.area).landmarks
    assert landmarks is not None
    return canonical(landmarks.points).apply(landmarks.points).ravel()
