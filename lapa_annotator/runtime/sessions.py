"""Networks, ready to run: one session per model file, compiled once."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime.engine import device, openvino_core
from lapa_annotator.runtime.files import model_path
from lapa_annotator.runtime.manifest import Precision, model_file


def default_threads() -> int:
    """How many threads a session takes: $LAPA_THREADS, or 0 for as many as OpenVINO likes."""
    value = os.environ.get("LAPA_THREADS", "0")
    return int(value) if value.isdigit() else 0


class Session:
    """A compiled network. Threads that call it at once wait for each other.

    Args:
        path: the model file (.tflite, .xml or .onnx).
        precision: "f32" is exact; "bf16" is faster where the CPU has it, and moves regressed
            points by a third of a pixel.
        shape: the shape to give the first input, where the file leaves it open.
        threads: how many threads to take, 0 for as many as OpenVINO likes.

    Raises:
        InputError: the file is not a network that OpenVINO can read.
    """

    def __init__(
        self,
        path: Path,
        precision: Precision = "f32",
        shape: tuple[int, ...] | None = None,
        threads: int | None = None,
    ) -> None:
        core = openvino_core()
        try:
            model = core.read_model(path)
            if shape is not None:
                model.reshape({model.inputs[0]: list(shape)})
            # Pinned threads of several processes would all sit on the same cores.
            config: dict[str, str | int | bool] = {
                "PERFORMANCE_HINT": "LATENCY",
                "ENABLE_CPU_PINNING": False,
                "INFERENCE_PRECISION_HINT": precision,
                "INFERENCE_NUM_THREADS": default_threads() if threads is None else threads,
            }
            self._request = core.compile_model(model, "CPU", config).create_infer_request()
            self._busy = threading.Lock()
        except RuntimeError as error:
            first = str(error).strip().splitlines()[-1][:200]
            raise InputError(
                path, f"OpenVINO cannot read this model ({first})", "fetch the file again"
            ) from error

    def __call__(self, array: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run the network on its first input and return copies of all outputs, in file order."""
        request = self._request
        with self._busy:
            request.infer({0: np.ascontiguousarray(array, dtype=np.float32)})
            places = range(len(request.model_outputs))
            return tuple(np.array(request.get_output_tensor(i).data) for i in places)


class Runner(Protocol):
    """Anything that runs a network: OpenVINO's session or torch's."""

    def __call__(self, array: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run the network on its first input and return all outputs, in their order."""
        ...


def session(
    name: str, precision: Precision | None = None, shape: tuple[int, ...] | None = None
) -> Runner:
    """Return the process's session of a model file, compiled at the first call.

    Args:
        name: its name in the manifest.
        precision: None takes the manifest's.
        shape: the shape to give the first input, where the file leaves it open.

    Raises:
        InputError: the file is missing or damaged, or a GPU is asked for and not there.
    """
    return session_of(model_path(name), precision or model_file(name).precision, shape)


def session_of(
    path: Path, precision: Precision = "f32", shape: tuple[int, ...] | None = None
) -> Runner:
    """Return the process's session of a file, which need not be in the manifest.

    On a GPU, a model with weights for torch beside it (.safetensors) runs there; everything
    else runs on the processor, in OpenVINO. $LAPA_DEVICE overrides the choice.

    Raises:
        InputError: the file is missing or damaged, or a GPU is asked for and not there.
    """
    weights = path.with_suffix(".safetensors")
    if weights.is_file() and device() == "gpu":
        return _on_gpu(weights, precision)
    return _on_cpu(path, precision, shape)


@lru_cache(maxsize=16)
def _on_cpu(path: Path, precision: Precision, shape: tuple[int, ...] | None) -> Session:
    return Session(path, precision, shape)


@lru_cache(maxsize=16)
def _on_gpu(weights: Path, precision: Precision) -> Runner:
    from lapa_annotator.runtime.torch_session import TorchSession

    return TorchSession(weights, precision)
