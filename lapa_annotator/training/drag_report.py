"""Tables of a simulated annotation: drags by method, part and pose, label maps, calibration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.dla.prior import Prior
from lapa_annotator.dla.propagate import Propagator
from lapa_annotator.dla.shape import Shapes
from lapa_annotator.domain.classes import Label
from lapa_annotator.domain.geometry import Similarity
from lapa_annotator.domain.schema import GROUPS
from lapa_annotator.ppa.parse import parse_face
from lapa_annotator.ppa.segment import Segmentation
from lapa_annotator.training.known_faces import KnownFace, KnownFolder
from lapa_annotator.training.metrics import Confusion
from lapa_annotator.training.simulate import Annotator, Session, correct, helpers

Array = NDArray[np.float64]

TURNS: Mapping[str, tuple[float, float]] = {
    "yaw < 20°": (0, 20),
    "yaw 20–40°": (20, 40),
    "yaw > 40°": (40, np.inf),
}
"""Turns of the head in degrees, to either side: from, to below."""

SHOTS = (0, 3, 5, 10)
"""After how many drags label maps are compared."""

RADII = (0.03, 0.05, 0.08)
"""How near the truth a point is said to be, of the inter-ocular distance."""

_AFTER = (0, 1, 3, 5, 10)
_BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class DragRow:
    """How many drags a method takes.

    Attributes:
        method: "plain", "following" or "propagation".
        tolerance: of the inter-ocular distance.
        group: "all faces", a turn of the head, or a part (drags of its points in all faces).
        faces: how many faces.
        mean, median, p90: drags a face; its mean, median and 90th percentile.
    """

    method: str
    tolerance: float
    group: str
    faces: int
    mean: float
    median: float
    p90: float


@dataclass
class Simulation:
    """Every face corrected by every method.

    Attributes:
        faces: the faces.
        priors: for every face, a prior that has not seen it.
        shapes: how faces look, for propagation; it does without when left out.
        sessions: (method, tolerance) -> one session a face.
    """

    faces: Sequence[KnownFace]
    priors: Sequence[Prior]
    shapes: Shapes | None = None
    sessions: dict[tuple[str, float], list[Session]] = field(default_factory=dict)

    def run(self, annotators: Iterable[Annotator], *, shots: int = 0) -> Iterator[int]:
        """Correct every face; yields how many are done."""
        chosen = list(annotators)
        for done, (face, prior) in enumerate(zip(self.faces, self.priors, strict=True), 1):
            for annotator in chosen:
                for name, helper in helpers(prior, self.shapes).items():
                    session = correct(face, helper(face.proposal), annotator, done, shots=shots)
                    key = (name, annotator.tolerance)
                    self.sessions.setdefault(key, []).append(session)
            yield done

    def rows(self) -> list[DragRow]:
        """The table of drags: all faces, by turn of the head, by part."""
        yaws = np.array([abs(estimate_pose(_filled(f)).yaw) for f in self.faces])
        rows = []
        for (method, tolerance), sessions in self.sessions.items():
            drags = np.array([len(s.dragged) for s in sessions])
            groups: dict[str, NDArray[np.int_]] = {"all faces": drags}
            for turn, (low, high) in TURNS.items():
                groups[turn] = drags[(yaws >= low) & (yaws < high)]
            for part, members in GROUPS.items():
                groups[part] = np.array([len(set(s.dragged) & set(members)) for s in sessions])
            rows += [
                DragRow(method, tolerance, group, len(values), *_summary(values))
                for group, values in groups.items()
                if values.size
            ]
        return rows

    def label_scores(self, folder: KnownFolder, tolerance: float) -> dict[str, list[float]]:
        """Mean F1 of label maps after ``SHOTS`` drags, by method, with the true hair and skin.

        Needs sessions that kept their points. Faces without a label map are left out.
        """
        methods = [name for name, t in self.sessions if t == tolerance]
        tables = {(m, k): Confusion() for m in methods for k in range(len(SHOTS))}
        for i, face in enumerate(self.faces):
            truth = folder.labels(face.index)
            if truth is None:
                continue
            segmentation = true_segmentation(truth)
            for method in methods:
                session = self.sessions[method, tolerance][i]
                for k, shot in enumerate(SHOTS):
                    touched = np.zeros(len(face.truth), bool)
                    touched[list(session.dragged[:shot])] = True
                    size = (truth.shape[1], truth.shape[0])
                    points = session.shots[shot]
                    labels = parse_face(size, points, segmentation, touched=touched)
                    tables[method, k].add(labels, truth, 255)
        return {m: [tables[m, k].mean_f1() for k in range(len(SHOTS))] for m in methods}


def _filled(face: KnownFace) -> Array:
    return np.where(face.known[:, None], face.truth, face.proposal.points)


def _summary(values: NDArray[np.int_]) -> tuple[float, float, float]:
    return float(values.mean()), float(np.median(values)), float(np.percentile(values, 90))


def true_segmentation(labels: NDArray[np.uint8]) -> Segmentation:
    """Hair, skin and background of an (H, W) true label map, as a segmenter would say them."""
    hair = labels == Label.HAIR
    background = (labels == Label.BACKGROUND) | (labels == 255)
    maps = np.stack([background, ~(hair | background), hair]).astype(np.uint8) * np.uint8(255)
    return Segmentation(maps, Similarity(1.0, 0.0, 0.0, 0.0), "truth")


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """Of the points said to be near the truth with about such a chance, how many are.

    Attributes:
        radius: what counts as near, of the true inter-ocular distance.
        drags: how many drags came before.
        least, most: the chances that are taken together; 0 and 1 for all points.
        said: mean chance that was said.
        right: share of the points that are within.
        points: how many points.
    """

    radius: float
    drags: int
    least: float
    most: float
    said: float
    right: float
    points: int


def calibration(sim: Simulation, radii: Sequence[float] = RADII) -> list[CalibrationRow]:
    """Compare what propagation says of untouched points with the truth, worst point first dragged.

    Faces that are right after fewer drags are left out of what comes later.

    Args:
        sim: faces with priors that have not seen them, and sessions of propagation.
        radii: of the true inter-ocular distance.

    Returns:
        For every radius and number of drags a row of all points, then one for each range of
        chances that was said at all.
    """
    told = _told(sim, radii)
    rows = []
    for (radius, drags), pairs in told.items():
        if not pairs:
            continue
        chance, hit = (np.concatenate(column) for column in zip(*pairs, strict=True))
        for least, most in ((0.0, 1.0), *pairwise(_BINS)):
            here = (chance >= least) & ((chance < most) | (most == 1))
            if here.any():
                said, right = float(chance[here].mean()), float(hit[here].mean())
                rows.append(
                    CalibrationRow(radius, drags, least, most, said, right, int(here.sum()))
                )
    return rows


_Told = list[tuple[Array, NDArray[np.bool_]]]


def _told(sim: Simulation, radii: Sequence[float]) -> dict[tuple[float, int], _Told]:
    """(radius, drags) -> of every face the chances that were said of free points, and the truth."""
    told: dict[tuple[float, int], _Told] = {(r, k): [] for r in radii for k in _AFTER}
    least = min(t for name, t in sim.sessions if name == "propagation")
    sessions = sim.sessions["propagation", least]
    for face, prior, session in zip(sim.faces, sim.priors, sessions, strict=True):
        propagator = Propagator(prior, face.proposal, sim.shapes)
        for drags in _AFTER:
            if drags > len(session.dragged):
                break
            fixed = {i: face.truth[i] for i in session.dragged[:drags]}
            estimate = propagator.move(fixed)
            free = face.known.copy()
            free[list(fixed)] = False
            off = np.linalg.norm(estimate.points - face.truth, axis=1)[free]
            for radius in radii:
                bound = radius * face.interocular
                told[radius, drags].append((estimate.chance_within(bound)[free], off <= bound))
    return told


@dataclass(frozen=True, slots=True)
class OnlineRow:
    """How many drags propagation takes once the prior has seen some corrected faces.

    Attributes:
        seen: how many corrected faces.
        tolerance: of the inter-ocular distance.
        faces: how many others are corrected with it.
        mean, median, p90: drags a face; its mean, median and 90th percentile.
    """

    seen: int
    tolerance: float
    faces: int
    mean: float
    median: float
    p90: float


def online(
    learning: Sequence[KnownFace],
    test: Sequence[KnownFace],
    base: Prior,
    counts: Sequence[int],
    annotators: Sequence[Annotator],
    shapes: Shapes | None = None,
    seed: int = 0,
) -> Iterator[OnlineRow]:
    """Correct faces with a prior that has seen more and more corrected faces.

    Args:
        learning: the faces to learn from, taken by chance; the first ones stay the first.
        test: the faces to correct, none of them among ``learning``.
        base: what is known before the first.
        counts: how many are seen; all of them stand for what is more than there are.
        annotators: who corrects.
        shapes: how faces look; propagation does without when left out.
        seed: of the order in which faces are learned from.
    """
    order = np.random.default_rng(seed).permutation(len(learning))
    for count in sorted({min(count, len(learning)) for count in counts}):
        seen = [learning[i].correction() for i in order[:count]]
        prior = base.updated(seen, passes=3) if seen else base
        helper = helpers(prior, shapes)["propagation"]
        for annotator in annotators:
            drags = [len(correct(f, helper(f.proposal), annotator).dragged) for f in test]
            figures = _summary(np.array(drags))
            yield OnlineRow(count, annotator.tolerance, len(test), *figures)
