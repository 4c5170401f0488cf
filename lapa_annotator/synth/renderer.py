"""The renderer as seen from the program: a worker process that is asked for one scene at a time."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import lapa_annotator
from lapa_annotator.synth.install import require_blender

_START = (
    "import sys; sys.path.append({root!r}); "
    "from lapa_annotator.synth.blender import worker; worker.main()"
)


class RenderError(Exception):
    """The renderer could not render a scene; its text says what it said."""


@dataclass(frozen=True)
class Rendering:
    """What the renderer gives back.

    Attributes:
        picture: (S, S, 4) uint8 RGB and alpha.
        geometry: (k S, k S, 3) float32: u, v, and number + depth share of what is seen.
    """

    picture: NDArray[np.uint8]
    geometry: NDArray[np.float32]


class Renderer:
    """A worker process; use it in a ``with`` block.

    Raises:
        InputError: Blender's module has not been set up.
    """

    def __init__(self) -> None:
        python = require_blender()
        root = str(Path(lapa_annotator.__file__).parents[1])
        self._folder = tempfile.TemporaryDirectory(prefix="lapa-synth-")
        self._log = (Path(self._folder.name) / "log").open("wb")
        # Isolated (-I): no variable of this environment may bring its packages into the other.
        self._process = subprocess.Popen(
            [str(python), "-I", "-c", _START.format(root=root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
        )

    def render(
        self, scene: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], picture: bool = True
    ) -> Rendering:
        """Render one scene; without ``picture`` only the geometry, and the picture is black.

        Raises:
            RenderError: the renderer failed or ended.
        """
        folder = Path(self._folder.name)
        names = ("scene.json", "arrays.npz", "picture.png", "geometry.npy")
        description, stored, image, geometry = (folder / name for name in names)
        description.write_text(json.dumps(scene), encoding="utf-8")
        np.savez(stored, **arrays)  # type: ignore[arg-type]  # the stub knows no mapping
        request = {
            "scene": str(description),
            "arrays": str(stored),
            "picture": str(image) if picture else "",
            "geometry": str(geometry),
        }
        answer = self._ask(json.dumps(request))
        if not answer.get("done"):
            raise RenderError(str(answer.get("problem", "the renderer gave no reason")))
        if not picture:
            size = scene["size"]
            return Rendering(np.zeros((size, size, 4), dtype=np.uint8), np.load(geometry))
        with Image.open(image) as loaded:
            pixels = np.asarray(loaded.convert("RGBA"))
        return Rendering(pixels, np.load(geometry))

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return {"problem": self._last_words()}
        answer = self._process.stdout.readline()
        if not answer:
            return {"problem": self._last_words()}
        loaded: dict[str, Any] = json.loads(answer)
        return loaded

    def _last_words(self) -> str:
        self._log.flush()
        text = (Path(self._folder.name) / "log").read_text(encoding="utf-8", errors="replace")
        lines = text.strip().splitlines()
        return f"the renderer ended ({lines[-1] if lines else 'without a word'})"

    def close(self) -> None:
        """End the worker and remove its scratch files."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(timeout=20)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()
        self._folder.cleanup()

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
