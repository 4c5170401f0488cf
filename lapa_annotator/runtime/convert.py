"""From a torch network to OpenVINO's own format (IR), with weights in half precision."""

from __future__ import annotations

import copy
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime.engine import load_openvino, require_torch

if TYPE_CHECKING:
    from torch import nn


def export_ir(module: nn.Module, size: int | tuple[int, int], path: Path) -> Path:
    """Write a network as OpenVINO IR: ``path`` (.xml) and the .bin beside it.

    The input is (N, C, H, W) float32 in [0, 1], RGB first and what else the network is shown
    after it, with N left open; outputs come in the order in which the network returns them.
    Weights are float16, as in the safetensors.

    Args:
        module: the network; it is left as it is.
        size: side of the input in pixels, or its height and width.
        path: the file to write, ``.xml``.

    Returns:
        ``path``.

    Raises:
        InputError: torch is not installed, or the files cannot be written.
    """
    require_torch("writing OpenVINO's format")
    import torch

    from lapa_annotator.nets.flops import input_channels

    openvino = load_openvino()
    height, width = (size, size) if isinstance(size, int) else size
    still = copy.deepcopy(module).cpu().float().eval()
    with warnings.catch_warnings(), torch.no_grad():
        # The conversion traces the network, of which torch warns in several ways.
        warnings.simplefilter("ignore")
        channels = input_channels(module)
        example = torch.zeros(1, channels, height, width)
        model = openvino.convert_model(still, example_input=example)
    model.reshape({model.inputs[0]: [-1, channels, height, width]})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder:
            made = Path(folder) / path.name
            openvino.save_model(model, made, compress_to_fp16=True)
            # The .bin first: what reads the .xml finds its weights.
            for suffix in (".bin", ".xml"):
                made.with_suffix(suffix).replace(path.with_suffix(suffix))
    except OSError as error:
        raise InputError(path, f"cannot be written ({error.strerror})", "free space") from error
    return path
