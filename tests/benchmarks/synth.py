"""Rendered faces: how many a minute, and how exact their labels are.

``LAPA_SYNTH_FACES`` says how many faces are measured for exactness (20 by default).
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.domain.errors import InputError
from lapa_annotator.synth.install import require_anny, require_blender
from lapa_annotator.synth.produce import Order, produce

_TIMED, _SIZE = 16, 320


def main() -> None:
    """Print faces a minute on two cores, and distances of outline points from their borders."""
    try:
        require_anny()
        require_blender()
    except InputError as error:
        _say(f"skipped: {error}")
        return
    _speed()
    _exactness(int(os.environ.get("LAPA_SYNTH_FACES", "20")))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _speed() -> None:
    with tempfile.TemporaryDirectory() as folder:
        begun = [time.perf_counter()]
        for step in produce(Order(Path(folder), _TIMED, 0, _SIZE, jobs=2)):
            begun += [time.perf_counter()] if step.done else []
    # The first two faces also load the model of heads and start the renderers.
    rate = (_TIMED - 2) / (begun[-1] - begun[2]) * 60
    _say(f"{rate:.1f} faces a minute at {_SIZE} pixels with two jobs, once started")


def _exactness(count: int) -> None:
    from lapa_annotator.synth.draw import draw
    from lapa_annotator.synth.exactness import outline_distances
    from lapa_annotator.synth.face import render_person
    from lapa_annotator.synth.renderer import Renderer

    found: dict[int, list[np.ndarray]] = {}
    with Renderer() as renderer:
        for seed in range(5000, 5000 + count):
            face = render_person(draw(seed), 512, renderer, picture=False)
            for label, distances in outline_distances(face).items():
                found.setdefault(label, []).append(distances)
    _say(f"outline points from their border, {count} faces at 512 pixels")
    for label, parts in sorted(found.items()):
        median, high = np.percentile(np.concatenate(parts), [50, 95])
        name = "contour (jaw)" if label == 1 else CLASSES[label].name
        _say(f"{name:15} median {median:.2f} px   95th percentile {high:.2f} px")
