"""The figures that landmarks and label maps are judged by (LaPa paper, section 4).

Landmarks: NME, the mean point error over a normaliser, in per cent; the area under the
cumulative distribution of the faces' NME and the failure rate, both at 8 per cent. Parsing:
F1 per class out of one confusion matrix over the whole set.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lapa_annotator.domain.classes import FOREGROUND, N_CLASSES, Label
from lapa_annotator.domain.landmarks import Points

THRESHOLD = 8.0
"""NME in per cent up to which a face counts as found."""

HELEN_PARTS: dict[str, tuple[Label, ...]] = {
    "eyes": (Label.LEFT_EYE, Label.RIGHT_EYE),
    "eyebrows": (Label.LEFT_EYEBROW, Label.RIGHT_EYEBROW),
    "mouth": (Label.UPPER_LIP, Label.INNER_MOUTH, Label.LOWER_LIP),
    "nose": (Label.NOSE,),
}
"""The merged classes that the Helen overall averages."""


def nme(predicted: Points, truth: Points, normaliser: float) -> float:
    """Mean distance of (n, 2) points over ``normaliser`` (pixels), in per cent.

    Raises:
        ValueError: shapes that differ, no points, or a normaliser that is not positive.
    """
    if predicted.shape != truth.shape or not len(truth):
        raise ValueError(f"points to compare: got {predicted.shape} against {truth.shape}")
    if not normaliser > 0:
        raise ValueError(f"an error needs a positive normaliser, got {normaliser} pixels")
    return float(np.linalg.norm(predicted - truth, axis=1).mean() / normaliser * 100)


def interocular(left_corner: Points, right_corner: Points) -> float:
    """Distance in pixels of the (2,) outer eye corners, points 66 and 79."""
    return float(np.linalg.norm(right_corner - left_corner))


def box_size(points: Points) -> float:
    """√(w·h) in pixels of the box around (n, 2) true points, as the 106-point challenge has it."""
    return float(np.sqrt(np.prod(np.ptp(points, axis=0))))


def auc(nmes: ArrayLike, threshold: float = THRESHOLD) -> float:
    """Area under the faces' cumulative distribution of NME from 0 to ``threshold``, in [0, 1].

    The distribution is a staircase, so the area is exact: the mean of 1 - NME / threshold,
    a face beyond the threshold giving 0. NaN for no faces.
    """
    values = np.asarray(nmes, dtype=np.float64)
    return float(np.clip(1 - values / threshold, 0, None).mean()) if values.size else np.nan


def failure_rate(nmes: ArrayLike, threshold: float = THRESHOLD) -> float:
    """Share of the faces whose NME is above ``threshold``, in [0, 1]; NaN for no faces."""
    values = np.asarray(nmes, dtype=np.float64)
    return float((values > threshold).mean()) if values.size else np.nan


@dataclass
class Confusion:
    """One confusion matrix over a whole set of label maps at their original size.

    Attributes:
        matrix: (11, 11) int64 counts of pixels; row = true class, column = predicted class.
    """

    matrix: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((N_CLASSES, N_CLASSES), np.int64)
    )

    def add(
        self,
        predicted: NDArray[np.uint8],
        truth: NDArray[np.uint8],
        ignored: int | None = None,
    ) -> None:
        """Count the pixels of one (H, W) label map; those of true value ``ignored`` are left out.

        Raises:
            ValueError: maps of different sizes, or an id above 10.
        """
        if predicted.shape != truth.shape:
            raise ValueError(
                f"label maps of different sizes: {predicted.shape} against {truth.shape}"
            )
        kept = np.ones(truth.shape, bool) if ignored is None else truth != ignored
        pairs = truth[kept].astype(np.int64) * N_CLASSES + predicted[kept]
        if max(predicted[kept].max(initial=0), truth[kept].max(initial=0)) >= N_CLASSES:
            raise ValueError(f"a label map holds an id above {N_CLASSES - 1}")
        counts = np.bincount(pairs, minlength=N_CLASSES**2)
        self.matrix += counts.reshape(N_CLASSES, N_CLASSES)

    def f1(self) -> NDArray[np.float64]:
        """(11,) F1 per class: 2·TP / (predicted + true); NaN for a class that never occurs."""
        return np.array([self._merged_f1((c,)) for c in range(N_CLASSES)])

    def mean_f1(self) -> float:
        """LaPa's mean F1 over the ten foreground classes; those that never occur are left out."""
        return _mean(self.f1()[list(FOREGROUND)])

    def helen_f1(self) -> dict[str, float]:
        """F1 of the parts that the Helen overall merges: eyes, eyebrows, mouth, nose."""
        return {name: self._merged_f1(classes) for name, classes in HELEN_PARTS.items()}

    def helen_overall(self) -> float:
        """The mean F1 of eyes, eyebrows, mouth and nose, their classes merged."""
        return _mean(np.array(list(self.helen_f1().values())))

    def _merged_f1(self, classes: tuple[int, ...]) -> float:
        c = list(classes)
        both = self.matrix[c].sum() + self.matrix[:, c].sum()
        return float(2 * self.matrix[np.ix_(c, c)].sum() / both) if both else np.nan


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan
