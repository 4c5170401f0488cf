"""The runtimes that networks run on: OpenVINO on processors, torch on GPUs; loaded late.

``import openvino`` sends a report of its use to its makers, and so does every conversion. The
program sends nothing to anybody: the package that sends is shut out before OpenVINO is
loaded, which then does without it (docs/decisions/0080).
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from functools import lru_cache
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Literal, cast

from lapa_annotator.domain.errors import InputError

if TYPE_CHECKING:
    from openvino import Core

Device = Literal["cpu", "gpu"]
_DEVICES = ("auto", "cpu", "gpu")


def load_openvino() -> ModuleType:
    """Import OpenVINO, which takes longer than the whole command line otherwise."""
    # None makes Python say that there is no such package.
    sys.modules.setdefault("openvino_telemetry", cast(ModuleType, None))
    return importlib.import_module("openvino")


@lru_cache(maxsize=1)
def openvino_core() -> Core:
    """Return the process's OpenVINO core."""
    return cast("Core", load_openvino().Core())


def require_torch(purpose: str) -> None:
    """See that torch and its companions can be imported.

    Args:
        purpose: what it is wanted for, as the subject of a sentence.

    Raises:
        InputError: they are not installed; how to install them.
    """
    if find_spec("torch") is None or find_spec("safetensors") is None:
        raise InputError(
            purpose, "needs torch, which is not installed", "pip install 'lapa-annotator[train]'"
        )


@lru_cache(maxsize=4)
def _device(wanted: str) -> Device:
    if wanted == "cpu":
        return "cpu"
    # Importing torch takes a second: not where there is no driver that it could use.
    if wanted == "auto" and not (shutil.which("nvidia-smi") and find_spec("torch")):
        return "cpu"
    require_torch("LAPA_DEVICE=gpu")
    import torch

    if torch.cuda.is_available():
        return "gpu"
    if wanted == "gpu":
        raise InputError("LAPA_DEVICE=gpu", "torch finds no GPU here", "set it to auto or cpu")
    return "cpu"


def device() -> Device:
    """Where networks run: what $LAPA_DEVICE (auto, cpu or gpu) says, by default a GPU if any.

    Raises:
        InputError: another word, or a GPU that is asked for and not there.
    """
    wanted = os.environ.get("LAPA_DEVICE", "auto").lower() or "auto"
    if wanted not in _DEVICES:
        raise InputError(f"LAPA_DEVICE={wanted}", "is no device", f"take {', '.join(_DEVICES)}")
    return _device(wanted)
