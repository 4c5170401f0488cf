"""Faces corrected in the window by a script of mouse events, with points that follow and without.

The script knows the true places: it always drags the worst point to its place, on the pixel of the
screen, until all are within 5 % of the inter-ocular distance.

    LAPA_RENDERED=FOLDER xvfb-run -a python -m tests.benchmarks corrected

``FOLDER`` is in LaPa's layout (`lapa-annotator synth`); ``LAPA_BENCH_FACES`` says how many of its
faces are corrected (4). The models are those that the window uses by itself.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from time import monotonic

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from lapa_annotator.domain.schema import OUTER_EYE_CORNERS, PART_OF_POINT
from lapa_annotator.formats.lapa import LapaFolder, read_landmarks
from lapa_annotator.gui.window import Window
from tests.benchmarks.window import opened, until

FACES = int(os.environ.get("LAPA_BENCH_FACES", "4"))
TOLERANCE = 0.05
MOST = 130
PATIENCE_S = 60
LEFT = Qt.MouseButton.LeftButton


def drag(window: Window, index: int, place: np.ndarray) -> None:
    """Press on a point, lead it to a place of the photo in two steps, let go."""
    editor = window.view.editor
    canvas, view = editor.canvas, editor.canvas.viewport()
    start = canvas.mapFromScene(QPointF(*editor.document.face.landmarks.points[index]))
    there = canvas.mapFromScene(QPointF(*place))
    QTest.mouseMove(view, start)
    QTest.mousePress(view, LEFT, pos=start)
    QTest.mouseMove(view, (start + there) / 2)
    QTest.mouseMove(view, there)
    QTest.mouseRelease(view, LEFT, pos=there)


def corrected(window: Window, truth: np.ndarray) -> int:
    """Correct the face on show; how many drags it took."""
    editor = window.view.editor
    left, right = truth[list(OUTER_EYE_CORNERS)]
    bound = TOLERANCE * float(np.hypot(*(left - right)))
    done: set[int] = set()
    for count in range(MOST):
        error = np.linalg.norm(editor.document.face.landmarks.points - truth, axis=1)
        error[sorted(done)] = 0
        worst = int(error.argmax())
        if error[worst] <= bound:
            return count
        # Where points lie on each other, the one that is meant is shown with its part alone.
        part = PART_OF_POINT[worst]
        editor.parts.toggle_solo(part)
        drag(window, worst, truth[worst])
        editor.parts.toggle_solo(part)
        done.add(worst)
    return MOST


def _measure(folder: Path, photos: Path, truths: dict[str, np.ndarray]) -> None:
    counts: list[tuple[int, int]] = []
    with opened(folder, lambda w: w.jobs.create(photos, folder / "p"), played=False) as window:
        view = window.view
        for turn in range(len(truths)):
            if turn:
                window.actions_["next_photo"].trigger()
            name = list(truths)[turn]
            until(lambda name=name: _shown(window) == name)
            end = monotonic() + PATIENCE_S
            until(lambda end=end: view.editor.has("points") or monotonic() > end)
            if not view.editor.has("points"):
                sys.stdout.write(f"{name}: no face was found\n")
                continue
            until(lambda: not view.editor.following.why_not)
            view.editor.fit_face()
            counts.append(_both_ways(window, truths[name]))
            with_, without = counts[-1]
            sys.stdout.write(f"{name}: {with_} drags with points that follow, {without} without\n")
            sys.stdout.flush()
    with_, without = np.mean(counts, axis=0)
    sys.stdout.write(f"mean of {len(counts)} faces: {with_:.1f} and {without:.1f} drags\n")


def _shown(window: Window) -> str:
    """The name of the photo on show, "" while there is none."""
    shown = window.view.desk.image_id
    return Path(window.project.photo_path(shown)).name if shown else ""


def _both_ways(window: Window, truth: np.ndarray) -> tuple[int, int]:
    """Correct a face with points that follow, undo all of it, and correct it without."""
    editor = window.view.editor
    counts = []
    for follow in (True, False):
        editor.options.set("follow", follow)
        counts.append(corrected(window, truth))
        if follow:
            for _ in range(counts[0]):
                window.actions_["undo"].trigger()
    return counts[0], counts[1]


def main() -> None:
    """Print a line for every face."""
    folder = Path(os.environ.get("LAPA_RENDERED", "rendered"))
    if not folder.is_dir():
        sys.stdout.write("no rendered faces: name their folder in $LAPA_RENDERED\n")
        return
    samples = [s for s in LapaFolder(folder).samples() if s.landmarks is not None][:FACES]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        photos = Path(name) / "photos"
        photos.mkdir()
        for sample in samples:
            shutil.copy(sample.image, photos)
        truths = {s.image.name: read_landmarks(s.landmarks) for s in samples}
        _measure(Path(name), photos, truths)
