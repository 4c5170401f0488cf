"""Every parser of the registry: weights, operations, field, milliseconds in OpenVINO.

``python -m tests.benchmarks parsers`` takes the papers' networks with eleven classes, which
needs minutes and some gigabytes; $LAPA_NETS names some of them, separated by commas.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from lapa_annotator.nets.flops import cost_of, input_channels
from lapa_annotator.nets.receptive import receptive_field
from lapa_annotator.nets.registry import NETWORKS
from lapa_annotator.runtime.convert import export_ir
from lapa_annotator.runtime.manifest import Precision
from lapa_annotator.runtime.sessions import Session
from lapa_annotator.training.parsers.table import PARSERS, parser_of
from lapa_annotator.training.parsing_run import ParsingOrder

SIZES = (256, 473)
PRECISIONS: tuple[Precision, ...] = ("bf16", "f32")
ROUNDS = 5


def _least_ms(run: Session, pixels: np.ndarray) -> float:
    run(pixels)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run(pixels)
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _one(net: str, folder: Path) -> None:
    paper = {**parser_of(net).paper, "net": net, "classes": 11}
    order = ParsingOrder((), **paper)
    row = NETWORKS[net]
    torch.manual_seed(0)
    module = row.build(**order.settings).eval()
    field = receptive_field(module)
    for size in SIZES:
        cost = cost_of(module, size)
        path = export_ir(module, size, folder / f"{net}-{size}.xml")
        shape = (1, input_channels(module), size, size)
        pixels = np.random.default_rng(0).random(shape, dtype=np.float32)
        times = {p: _least_ms(Session(path, p, shape), pixels) for p in PRECISIONS}
        told = "  ".join(f"{p} {ms:8.1f} ms" for p, ms in times.items())
        _say(
            f"{net:12s}{size:4d}²{cost.parameters / 1e6:8.2f} M{cost.flops / 1e9:8.1f} GFLOP"
            f"  field {field:5.0f}  {told}"
        )


def main() -> None:
    """Print a line for every parser and size."""
    named = os.environ.get("LAPA_NETS", "")
    with tempfile.TemporaryDirectory() as folder:
        for net in named.split(",") if named else PARSERS:
            _one(net, Path(folder))
