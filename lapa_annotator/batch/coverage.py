"""What a run of rendered faces covers: histograms of its metadata, as one picture."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

COVERAGE = "coverage.png"
_MOST = 20_000
_COLOUR = "#0072B2"
_THINGS = ("glasses", "hat", "mask", "scarf", "held")

Drawn = Mapping[str, Any]
"""What was drawn for one face, as its metadata file tells it."""


def drawn(files: Iterable[Path]) -> list[Drawn]:
    """Read metadata files; those that are not there are left out, and all after the 20,000th."""
    found: list[Drawn] = []
    for file in files:
        if len(found) == _MOST:
            break
        if file.is_file():
            found.append(json.loads(file.read_text(encoding="utf-8")))
    return found


def coverage_picture(faces: Sequence[Drawn]) -> bytes:
    """Draw poses, expressions, looks and occluders of faces as a PNG of histograms.

    Args:
        faces: the metadata of each.
    """
    # Loaded here because matplotlib takes longer to load than most commands to run.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = iter(figure.subplots(3, 3).flat)
    for name, least, most in (("yaw", -85, 85), ("pitch", -40, 40), ("roll", -45, 45)):
        values = [f["pose"][name] for f in faces]
        _histogram(next(axes), values, (least, most), f"{name} in degrees")
    opening = [f["actions"].get("jawOpen", 0.0) for f in faces]
    _histogram(next(axes), opening, (0, 1), "opening of the jaw, share of the most")
    lids = [f["actions"].get(f"eyeBlink{s}", 0.0) for f in faces for s in ("Left", "Right")]
    _histogram(next(axes), lids, (0, 1), "closing of each eye, share")
    tone = [f["skin"]["tone"] for f in faces]
    _histogram(next(axes), tone, (0, 1), "tone of the skin, 0 light to 1 dark")
    _bars(next(axes), Counter(f["expression"] for f in faces), "expression")
    _bars(next(axes), Counter(f["hair"]["style"] for f in faces), "hair style")
    _bars(next(axes), Counter(n for f in faces for n in _worn(f)), "worn, held or grown before it")
    figure.suptitle(f"{len(faces)} rendered faces")
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=80)
    return held.getvalue()


def _worn(face: Drawn) -> list[str]:
    """Names of what may lie before a face."""
    wear = face["wear"]
    names = [f"{wear[t]} {t}" if t == "glasses" else wear[t] for t in _THINGS if wear[t]]
    names += ["beard"] if face["beard"] else []
    return names or ["nothing"]


def _histogram(axes: Any, values: Sequence[float], span: tuple[float, float], title: str) -> None:
    axes.hist(np.clip(values, *span), bins=24, range=span, color=_COLOUR)
    axes.set(title=title, ylabel="number", xlim=span)


def _bars(axes: Any, counts: Counter[str], title: str) -> None:
    rows = counts.most_common()[::-1]
    axes.barh([name for name, _ in rows], [n for _, n in rows], color=_COLOUR)
    axes.set(title=title, xlabel="faces")
