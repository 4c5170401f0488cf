"""How long a step of a drag takes with propagation, and the first step after a grab."""

import sys
import time

import numpy as np

from lapa_annotator.dla.prior_file import find_prior
from lapa_annotator.dla.propagate import Propagator
from lapa_annotator.dla.shape import shipped_shapes
from lapa_annotator.domain.landmarks import Landmarks
from tests.dla.shapes import placed


def main() -> None:
    """Time both with 1 to 100 points set."""
    landmarks = Landmarks(placed())
    propagator = Propagator(find_prior("facemesh-478"), landmarks, shipped_shapes())
    for count in (1, 5, 20, 100):
        fixed = {7 * i % 106: landmarks.points[7 * i % 106] for i in range(count)}
        grabs, steps = [], []
        for _ in range(30):
            propagator.move({})
            grabs.append(_timed(propagator, fixed))
            steps += [_timed(propagator, fixed) for _ in range(20)]
        p95 = np.percentile(steps, 95)
        sys.stdout.write(
            f"{count:3d} points set: a step {np.median(steps):.3f} ms (95th {p95:.3f}), "
            f"the grab {np.median(grabs):.2f} ms\n"
        )


def _timed(propagator: Propagator, fixed: dict[int, np.ndarray]) -> float:
    start = time.perf_counter()
    propagator.move(fixed)
    return (time.perf_counter() - start) * 1000
