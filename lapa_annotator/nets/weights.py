"""Weights on disk: safetensors in half precision that say which network they belong to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from lapa_annotator.domain.errors import InputError
from lapa_annotator.nets.registry import build_network

_REMEDY = "take another file, or save the weights again"


@dataclass(frozen=True)
class WeightsInfo:
    """What a file of weights says of itself.

    Attributes:
        network: the row of ``registry.NETWORKS``.
        settings: the arguments that the network was built with.
        notes: anything else, in words.
    """

    network: str
    settings: dict[str, Any]
    notes: dict[str, str]


def save_weights(
    path: Path,
    module: nn.Module,
    network: str,
    settings: Mapping[str, Any],
    notes: Mapping[str, str] | None = None,
) -> None:
    """Write a network's weights (float16) and what it is; beside, then replaced.

    Args:
        path: the file, ``.safetensors``.
        module: the network, with parameters in any precision.
        network: its name in ``registry.NETWORKS``.
        settings: the arguments it was built with, fit for JSON.
        notes: what else the file shall say of itself.

    Raises:
        InputError: a weight that float16 cannot hold, or a file that cannot be written.
    """
    tensors = {}
    for name, tensor in module.state_dict().items():
        kept = tensor.detach().cpu().contiguous()
        tensors[name] = kept.to(torch.float16) if kept.is_floating_point() else kept
        if not torch.isfinite(tensors[name]).all():
            raise InputError(path, f"{name} is too large or no number", "train with a lower rate")
    about = {"network": network, "settings": json.dumps(dict(settings))}
    data = save(tensors, about | {"notes": json.dumps(dict(notes or {}))})
    try:
        _replace(path, data)
    except OSError as error:
        raise InputError(path, f"cannot be written ({error.strerror})", "free space") from error


def load_weights(path: Path) -> tuple[nn.Module, WeightsInfo]:
    """Build the network that a file names and fill it: float32, on the CPU, in eval mode.

    Raises:
        InputError: no such file, damage, an unknown network, or weights of another shape.
    """
    info = read_info(path)
    try:
        module = build_network(info.network, **info.settings)
        with safe_open(str(path), framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not iterable itself
        module.load_state_dict(tensors)
    except (SafetensorError, OSError, RuntimeError, TypeError) as error:
        first = str(error).strip().splitlines()[0][:200]
        raise InputError(path, f"does not fit {info.network} ({first})", _REMEDY) from error
    return module.float().eval(), info


def read_info(path: Path) -> WeightsInfo:
    """Read what a file of weights says of itself, without its tensors.

    Raises:
        InputError: no such file, or one that is not the program's.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            about = file.metadata() or {}
        settings, notes = json.loads(about["settings"]), json.loads(about["notes"])
        return WeightsInfo(about["network"], dict(settings), dict(notes))
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(path, f"is no file of weights ({error})", _REMEDY) from error


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
