"""Hair and skin of a face: milliseconds of coarse, fine, refinement and fusion; share of peak.

Takes the shipped pair; random weights of the same networks where none are shipped. Times are
the least of several rounds: the machine has other work to do, too.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
import torch
from skimage.transform import resize

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.nets.flops import cost_of
from lapa_annotator.nets.registry import build_network
from lapa_annotator.ppa.coarse import head_crop
from lapa_annotator.ppa.networks import (
    COARSE,
    FINE,
    NetworkForeground,
    NetworkSegmenter,
    ParsingNetwork,
)
from lapa_annotator.ppa.parse import parse_face
from lapa_annotator.ppa.refine import refine
from lapa_annotator.ppa.segment import CoarseToFine, segment_face
from lapa_annotator.runtime.convert import export_ir
from lapa_annotator.runtime.crops import Image
from lapa_annotator.runtime.files import model_path
from lapa_annotator.runtime.manifest import Precision
from lapa_annotator.runtime.sessions import Session
from lapa_annotator.training.parsers.lapa import PAPER, SMALL_COARSE
from lapa_annotator.training.parsing_run import ParsingOrder
from tests.ppa.faces import perfect_face
from tests.timing import least_ms, say

ROUNDS = 10
PRECISIONS: tuple[Precision, ...] = ("bf16", "f32")
SIZES = ((1000, 1000), (3000, 4000))
ORDERS = {COARSE: ParsingOrder((), **SMALL_COARSE), FINE: ParsingOrder(())}


def _network(order: ParsingOrder) -> torch.nn.Module:
    torch.manual_seed(0)
    return build_network(order.net, **order.settings).eval()


def _path(name: str, folder: Path) -> Path:
    try:
        return model_path(name)
    except InputError:
        sys.stdout.write(f"No {name} is shipped: random weights, the same network.\n")
    order = ORDERS[name]
    path = export_ir(_network(order), order.size, folder / f"{name}.xml")
    about = {"size": order.size, "classes": order.classes}
    path.with_suffix(".json").write_text(json.dumps(about), encoding="ascii")
    return path


def _processor_s(path: Path, precision: Precision, side: int) -> float:
    """Seconds of one thread's own work: other programs do not count."""
    pixels = np.random.default_rng(0).random((1, 3, side, side), dtype=np.float32)
    run = Session(path, precision, pixels.shape, threads=1)
    run(pixels)
    times = []
    for _ in range(ROUNDS // 2):
        start = time.process_time()
        run(pixels)
        times.append(time.process_time() - start)
    return min(times)


def _share_of_peak(paths: dict[str, Path], folder: Path) -> None:
    """What the networks reach of the speed of large convolutions, one thread each."""
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(3, 256, 1),
        *(torch.nn.Conv2d(256, 256, 3, padding=1, bias=False) for _ in range(6)),
    )
    large = export_ir(layers, 64, folder / "convolutions.xml")
    for precision in PRECISIONS:
        peak = cost_of(layers, 64).flops / _processor_s(large, precision, 64) / 1e9
        say(f"large 3x3 convolutions, {precision}, a thread", peak, "GFLOP/s")
        for name, path in paths.items():
            order = ORDERS[name]
            cost = cost_of(_network(order), order.size)
            rate = cost.flops / _processor_s(path, precision, order.size) / 1e9
            of_it = f"{100 * rate / peak:.0f} % of it"
            say(f"{name}, {precision}, a thread", rate, "GFLOP/s", of_it)


def _networks(paths: dict[str, Path]) -> None:
    for name, path in paths.items():
        network = ParsingNetwork.open(name, path)
        cost = cost_of(_network(ORDERS[name]), ORDERS[name].size)
        more = f"{cost.flops / 1e9:.1f} GFLOP on {network.size} x {network.size}"
        say(f"{name}, parameters", cost.parameters / 1e6, "million", more)
        shape = (1, 3, network.size, network.size)
        pixels = np.random.default_rng(0).random(shape, dtype=np.float32)
        for precision in PRECISIONS:
            run = Session(path, precision, shape)
            least = least_ms(lambda run=run, pixels=pixels: run(pixels))
            say(f"{name}, OpenVINO {precision}", least, "ms")


def _photo(height: int, width: int) -> tuple[Image, Points]:
    """A portrait of that size, and points on its face: half as high as the picture."""
    whole = resize(skimage.data.astronaut()[:300, 60:360], (height, width), order=1)
    scale = height / 1000
    points = (perfect_face().points - (500, 520)) * 0.6 * scale + (0.53 * width, 0.45 * height)
    return np.asarray(np.round(whole * 255), np.uint8), points


def _steps(pair: CoarseToFine) -> None:
    rng = np.random.default_rng(0)
    said = rng.dirichlet((1, 1, 1), (pair.size, pair.size)).astype(np.float32)
    for height, width in SIZES:
        image, points = _photo(height, width)
        at = f"{height * width / 1e6:.0f} megapixels"
        work: dict[str, Callable[[], Any]] = {
            "coarse: head crop": lambda i=image, p=points: head_crop(i, p, [], pair.coarse),
            "segmentation, all of it": lambda i=image, p=points: segment_face(i, p, pair),
        }
        for what, call in work.items():
            say(f"{what}, {at}", least_ms(call, 5), "ms")
        made = segment_face(image, points, pair)
        side = made.probabilities.shape[1]
        guide = np.asarray(resize(image, (side, side)) * 255, np.uint8)
        say(f"refinement to {side} x {side}, {at}", least_ms(lambda g=guide: refine(said, g)), "ms")
        fusion = least_ms(lambda i=image, p=points, m=made: parse_face(i.shape[1::-1], p, m), 5)
        say(f"fitting and fusion, {at}", fusion, "ms")


def _paper_on_gpu() -> None:
    """Pictures a second of the paper's network, where a GPU is at hand."""
    if not torch.cuda.is_available():
        return
    order = ParsingOrder((), **PAPER)
    network = _network(order).cuda().to(memory_format=torch.channels_last)
    pixels = torch.rand(32, 3, order.size, order.size, device="cuda")
    pixels = pixels.contiguous(memory_format=torch.channels_last)

    def run() -> None:
        network(pixels)
        torch.cuda.synchronize()

    with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16):
        rate = 32_000 / least_ms(run)
    say(f"the paper's network at {order.size} x {order.size}, GPU bf16", rate, "pictures/s")


def main() -> None:
    """Print milliseconds a step, GFLOP/s and what a GPU does."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {key: _path(key, folder) for key in (COARSE, FINE)}
        _networks(paths)
        _share_of_peak(paths, folder)
        fine, coarse = NetworkSegmenter(FINE, paths[FINE]), NetworkForeground(COARSE, paths[COARSE])
        _steps(CoarseToFine(fine, coarse))
    _paper_on_gpu()
