"""The worker: reads scene descriptions, one a line, renders each and answers with one line.

A request is a JSON object with the path of a scene (an ``.npz`` of arrays beside a ``.json``)
and of the pictures to write; the answer says ``{"done": true}`` or names what went wrong. It
ends with its input.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from lapa_annotator.synth.blender import build, passes


def render(request: dict[str, Any]) -> dict[str, Any]:
    """Render one scene: the picture as ``.png`` with alpha, the geometry pass as ``.npy``.

    A request without a path for the picture asks for the geometry alone."""
    scene = json.loads(Path(request["scene"]).read_text(encoding="utf-8"))
    with np.load(request["arrays"]) as arrays:
        stage = build.build(scene, arrays)
    if request["picture"]:
        passes.picture(stage, scene, Path(request["picture"]))
    else:
        passes.prepare(stage.scene, scene)
    passes.geometry(stage, scene, Path(request["geometry"]))
    return {"done": True}


def main() -> None:
    """Answer requests until the input ends; Blender's own chatter goes nowhere."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    for line in sys.stdin:
        try:
            answer = render(json.loads(line))
        except (RuntimeError, ValueError, KeyError, OSError, TypeError, IndexError) as error:
            answer = {"done": False, "problem": f"{type(error).__name__}: {error}"}
        with contextlib.suppress(BrokenPipeError):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
