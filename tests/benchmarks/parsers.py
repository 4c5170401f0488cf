"""Every parser of the registry: weights, operations, field, milliseconds in OpenVINO.

``python -m tests.benchmarks parsers`` takes the papers' networks with eleven classes, which
needs minutes and some gigabytes; $LAPA_NETS names some of them, separated by commas, and
$LAPA_WIDTH takes all of them small and that wide instead. Milliseconds are the least of several
rounds of one thread's own work (other programs do not count), by the clock behind them.
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
ROUNDS = 3
_LONG_S = 5.0
"""A network that takes longer is run once more, not several times."""


def _least_ms(run: Session, pixels: np.ndarray) -> tuple[float, float]:
    """Milliseconds of one thread's work and by the clock, the least of each."""
    worked, waited = [], []
    for _ in range(ROUNDS + 1):
        start, began = time.process_time(), time.perf_counter()
        run(pixels)
        worked.append(time.process_time() - start)
        waited.append(time.perf_counter() - began)
        if worked[-1] > _LONG_S and len(worked) > 1:
            break
    return min(worked[1:]) * 1e3, min(waited[1:]) * 1e3


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _order(net: str) -> ParsingOrder:
    parser = parser_of(net)
    if "LAPA_WIDTH" not in os.environ:
        return ParsingOrder((), **{**parser.paper, "net": net, "classes": 11})
    narrow = {"width": float(os.environ["LAPA_WIDTH"]), "head": 64, "edge": 32}
    return ParsingOrder((), **{**parser.small, **narrow, "net": net, "classes": 11})


def _one(net: str, folder: Path) -> None:
    order = _order(net)
    row = NETWORKS[net]
    torch.manual_seed(0)
    module = row.build(**order.settings).eval()
    field = receptive_field(module)
    for size in SIZES:
        cost = cost_of(module, size)
        path = export_ir(module, size, folder / f"{net}-{size}.xml")
        shape = (1, input_channels(module), size, size)
        pixels = np.random.default_rng(0).random(shape, dtype=np.float32)
        times = {p: _least_ms(Session(path, p, shape, threads=1), pixels) for p in PRECISIONS}
        told = "  ".join(f"{p} {ms:8.1f} ms ({w:.1f})" for p, (ms, w) in times.items())
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
