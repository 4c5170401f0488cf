"""The main job on portraits: photos per second, and where the time goes.

Set LAPA_BENCH_PHOTOS to a number of photos, or to "all"; 40 by default.
"""

import csv
import os
import tempfile
import time
from pathlib import Path

from lapa_annotator.batch.annotate import annotate
from lapa_annotator.batch.execute import Processes, cores
from lapa_annotator.batch.options import AnnotateOptions
from lapa_annotator.batch.outcome import PHASES
from tests.support import SHARED

ROUNDS = 3
PORTRAITS = SHARED / "data" / "portraits"


def _photos() -> tuple[Path, ...]:
    photos = sorted(PORTRAITS.glob("*.jpg"))
    wanted = os.environ.get("LAPA_BENCH_PHOTOS", "40")
    count = len(photos) if wanted == "all" else int(wanted)
    return tuple(photos[:: max(1, len(photos) // count)][:count])


def _measure(photos: tuple[Path, ...], jobs: int, threads: int) -> tuple[float, float, str]:
    """Photos per second, seconds of starting, and the shares of the phases in words."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        begin = time.perf_counter()
        came = [
            time.perf_counter()
            for progress in annotate(
                AnnotateOptions(photos, out, jobs=jobs), executor=Processes(jobs, threads)
            )
            if progress.done
        ]
        # The first photos of each process wait for the networks to be loaded.
        first = came[jobs - 1]
        rate = (len(came) - jobs) / (came[-1] - first)
        with (out / "report.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))[2 * jobs :]
    spent = {phase: sum(float(row[f"{phase} seconds"]) for row in rows) for phase in PHASES}
    whole = sum(spent.values())
    shares = ", ".join(f"{phase} {100 * s / whole:.0f} %" for phase, s in spent.items())
    return rate, first - begin, shares


def main() -> None:
    """Print photos per second and shares of time for some divisions of the cores.

    The divisions take turns, and the best round of each counts: other work on the machine
    then hits them alike.
    """
    photos = _photos()
    if len(photos) < 10:
        print(f"no portraits at {PORTRAITS}")  # noqa: T201  # its purpose
        return
    print(f"{len(photos)} portraits, {cores()} cores")  # noqa: T201  # its purpose
    divisions = sorted({(1, 1), (1, cores()), (cores(), 1)})
    rounds = [[_measure(photos, *division) for division in divisions] for _ in range(ROUNDS)]
    for (jobs, threads), measured in zip(divisions, zip(*rounds, strict=True), strict=True):
        rate, start, shares = max(measured)
        print(  # noqa: T201  # its purpose
            f"{jobs} process(es) x {threads} thread(s): {rate:.2f} photos/s "
            f"after {start:.1f} s of starting; {shares}"
        )
