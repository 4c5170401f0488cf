"""What the benchmarks share: the least time of several rounds, and a figure a line."""

import sys
import time
from collections.abc import Callable


def say(what: str, value: float, unit: str = "ms", more: str = "") -> None:
    """Print a figure at once."""
    sys.stdout.write(f"{what:46s}{value:9.2f} {unit}  {more}".rstrip() + "\n")
    sys.stdout.flush()


def least_ms(work: Callable[[], object], rounds: int = 10) -> float:
    """Milliseconds of the quickest of several rounds, after one that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)
