"""Networks run by torch: on a GPU where there is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from lapa_annotator.nets.weights import load_weights
from lapa_annotator.runtime.manifest import Precision


class TorchSession:
    """A network of the project's own on a device of torch's.

    Args:
        path: the weights, ``.safetensors``.
        precision: "f32", or "bf16" by autocast.
        device: torch's name of the device.

    Raises:
        InputError: the file is damaged.
    """

    def __init__(self, path: Path, precision: Precision = "f32", device: str = "cuda") -> None:
        module, _ = load_weights(path)
        self._module = module.to(device, memory_format=torch.channels_last)
        self._device = torch.device(device)
        self._half = precision == "bf16"

    def __call__(self, array: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run the network on (N, 3, H, W) float32 in [0, 1] and return its outputs in order."""
        pixels = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
        pixels = pixels.to(self._device, memory_format=torch.channels_last)
        half = torch.autocast(self._device.type, torch.bfloat16, enabled=self._half)
        with torch.inference_mode(), half:
            found = self._module(pixels)
        outputs = found if isinstance(found, tuple) else (found,)
        return tuple(np.asarray(y.float().cpu().numpy(), dtype=np.float32) for y in outputs)
