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
        sessions: (method, tolerance) -> one session a face.
    """

    faces: Sequence[KnownFace]
    priors: Sequence[Prior]
    sessions: dict[tuple[str, float], list[Session]] = field(default_factory=dict)

    def run(self, annotators: Iterable[Annotator], *, shots: int = 0) -> Iterator[int]:
        """Correct every face; yields how many are done."""
        chosen = list(annotators)
        for done, (face, prior) in enumerate(zip(self.faces, self.priors, strict=True), 1):
            for annotator in chosen:
                for name, helper in helpers(prior).items():
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
    """Of the points said to be near the truth with such a chance, how many are.

    Attributes:
        drags: how many drags came before.
        said: mean chance that was said.
        right: share of the points that are within.
        points: how many points.
    """

    drags: int
    said: float
    right: float
    points: int


def calibration(sim: Simulation, radius: float = 0.05) -> list[CalibrationRow]:
    """Compare what propagation says with the truth, worst point first dragged.

    Args:
        sim: faces with priors that have not seen them, and sessions of propagation.
        radius: of the true inter-ocular distance.
    """
    said: dict[int, list[Array]] = {k: [] for k in _AFTER}
    right: dict[int, list[NDArray[np.bool_]]] = {k: [] for k in _AFTER}
    least = min(t for name, t in sim.sessions if name == "propagation")
    for face, prior, session in zip(
        sim.faces, sim.priors, sim.sessions["propagation", least], strict=True
    ):
        propagator = Propagator(prior, face.proposal)
        for drags in _AFTER:
            if drags > len(session.dragged):
                break
            fixed = {i: face.truth[i] for i in session.dragged[:drags]}
            estimate = propagator.move(fixed)
            free = face.known.copy()
            free[list(fixed)] = False
            bound = radius * face.interocular
            said[drags].append(estimate.chance_within(bound)[free])
            off = np.linalg.norm(estimate.points - face.truth, axis=1)[free]
            right[drags].append(off <= bound)
    rows = []
    for drags in _AFTER:
        if not said[drags]:
            continue
        chance, hit = np.concatenate(said[drags]), np.concatenate(right[drags])
        for low, high in pairwise(_BINS):
            here = (chance >= low) & (chance < high)
            if here.any():
                mean, share = float(chance[here].mean()), float(hit[here].mean())
                rows.append(CalibrationRow(drags, mean, share, int(here.sum())))
    return rows


def online(
    learning: Sequence[KnownFace],
    test: Sequence[KnownFace],
    base: Prior,
    counts: Sequence[int],
    tolerance: float,
    seed: int = 0,
) -> Iterator[tuple[int, float]]:
    """Mean drags a face once the prior has seen so many corrected faces; yields (count, drags)."""
    order = np.random.default_rng(seed).permutation(len(learning))
    for count in counts:
        if count > len(learning):
            break
        seen = [learning[i].correction() for i in order[:count]]
        prior = base.updated(seen, passes=3) if seen else base
        helper = helpers(prior)["propagation"]
        annotator = Annotator(tolerance)
        drags = [len(correct(f, helper(f.proposal), annotator).dragged) for f in test]
        yield count, float(np.mean(drags))
