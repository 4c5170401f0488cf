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

PORTRAITS = SHARED / "data" / "portraits"


def _photos() -> tuple[Path, ...]:
    photos = sorted(PORTRAITS.glob("*.jpg"))
    wanted = os.environ.get("LAPA_BENCH_PHOTOS", "40")
    count = len(photos) if wanted == "all" else int(wanted)
    return tuple(photos[:: max(1, len(photos) // count)][:count])


def _measure(photos: tuple[Path, ...], jobs: int, threads: int) -> None:
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
    name = f"{jobs} process{'es' if jobs > 1 else ''} x {threads} thread{'s' * (threads > 1)}"
    print(  # noqa: T201  # its purpose
        f"{name:24} {rate:6.2f} photos/s after {first - begin:.1f} s of starting; {shares}"
    )


def main() -> None:
    """Print photos per second and shares of time for some divisions of the cores."""
    photos = _photos()
    if len(photos) < 10:
        print(f"no portraits at {PORTRAITS}")  # noqa: T201  # its purpose
        return
    print(f"{len(photos)} portraits, {cores()} cores")  # noqa: T201  # its purpose
    for jobs in sorted({1, cores()}):
        for threads in sorted({1, max(1, cores() // jobs)}):
            _measure(photos, jobs, threads)
