"""Reading photos and writing samples: milliseconds a file."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.formats.lapa import read_labels, read_landmarks, write_labels, write_landmarks
from lapa_annotator.formats.photo import probe_photo, read_photo, write_picture
from tests.timing import least_ms, say


def _smooth(height: int, width: int) -> np.ndarray:
    """A picture that packs about as well as a photo: smooth, with a little noise."""
    rng = np.random.default_rng(0)
    waves = np.sin(np.linspace(0, 9, width)) + np.cos(np.linspace(0, 7, height))[:, None]
    noise = rng.normal(0, 4, (height, width, 3))
    return (127 + 50 * waves[..., None] + noise).clip(0, 255).astype(np.uint8)


def _show(what: str, job: Callable[[], object]) -> None:
    say(what, least_ms(job))


def main() -> None:
    """Print the least time of each step."""
    labels = np.zeros((1000, 1000), np.uint8)
    for i in range(11):
        labels[50 * i : -50 * i or None, 40 * i : -40 * i or None] = i
    points = np.random.default_rng(0).uniform(0, 1000, (106, 2))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, size in (("portrait 225x275", (275, 225)), ("12 megapixels", (3000, 4000))):
            for suffix in (".jpg", ".png"):
                path = root / f"{name}{suffix}"
                pixels = _smooth(*size)
                _show(f"write {name}{suffix}", lambda p=path, x=pixels: write_picture(p, x))
                _show(f"probe {name}{suffix}", lambda p=path: probe_photo(p))
                _show(f"read {name}{suffix}", lambda p=path: read_photo(p))
        _show("write labels 1000x1000", lambda: write_labels(root / "l.png", labels))
        _show("read labels 1000x1000", lambda: read_labels(root / "l.png"))
        _show("write landmarks", lambda: write_landmarks(root / "l.txt", points))
        _show("read landmarks", lambda: read_landmarks(root / "l.txt"))
        _show("write 1 kB, flushed and renamed", lambda: replace_file(root / "x", b"x" * 1024))
