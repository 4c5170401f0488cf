"""Rendered faces: how many a minute on two cores, and what processor time one takes."""

import os
import sys
import tempfile
import time
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.synth.install import require_anny, require_blender
from lapa_annotator.synth.produce import Order, produce

_TIMED, _SIZE, _JOBS = 16, 320, 2


def main() -> None:
    """Print faces a minute on two cores, once started, and the load that shared them."""
    try:
        require_anny()
        require_blender()
    except InputError as error:
        _say(f"skipped: {error}")
        return
    with tempfile.TemporaryDirectory() as folder:
        begun = [time.perf_counter()]
        for step in produce(Order(Path(folder), _TIMED, 0, _SIZE, jobs=_JOBS)):
            begun += [time.perf_counter()] if step.done else []
    # The first face of each job also loads the model of heads and starts a renderer.
    rate = (_TIMED - _JOBS) / (begun[-1] - begun[_JOBS]) * 60
    spent = os.times()
    seconds = spent.children_user + spent.children_system
    _say(f"{rate:.1f} faces a minute at {_SIZE} pixels with {_JOBS} jobs, once started")
    _say(f"{seconds / _TIMED:.1f} s of processor time a face, starts included")
    _say(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
