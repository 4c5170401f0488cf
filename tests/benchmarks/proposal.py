"""A face's points: milliseconds of each step, and how much of the processor the network uses.

Takes the shipped hourglass; random weights of the same network where none are shipped. Times
are the least of several rounds: the machine has other work to do, too.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage.data
import torch

from lapa_annotator.dla.crops import SIZE, box_crop
from lapa_annotator.dla.heatmaps import decode, from_heatmap
from lapa_annotator.dla.hourglass import HourglassProposer
from lapa_annotator.dla.registry import make_detector
from lapa_annotator.dla.shape import shipped_shapes
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.nets.flops import cost_of
from lapa_annotator.nets.registry import build_network
from lapa_annotator.nets.weights import load_weights
from lapa_annotator.runtime.convert import export_ir
from lapa_annotator.runtime.crops import cut
from lapa_annotator.runtime.files import model_path
from lapa_annotator.runtime.manifest import Precision
from lapa_annotator.runtime.sessions import Session
from tests.timing import least_ms, say

ROUNDS = 12
NAME = "hourglass-106"
PRECISIONS: tuple[Precision, ...] = ("bf16", "f32")
BATCH = 8
FACE = Box(157, 55, 295, 220)  # the astronaut's


def _network(folder: Path) -> tuple[torch.nn.Module, Path]:
    try:
        path = model_path(NAME)
        return load_weights(path.with_suffix(".safetensors"))[0], path
    except InputError:
        sys.stdout.write("No hourglass is shipped: random weights, the same network.\n")
        torch.manual_seed(0)
        network = build_network("hourglass").eval()
        return network, export_ir(network, SIZE, folder / "random.xml")


def _processor_s(path: Path, precision: Precision, pixels: np.ndarray) -> float:
    """Seconds of one thread's own work: other programs do not count."""
    run = Session(path, precision, pixels.shape, threads=1)
    run(pixels)
    times = []
    for _ in range(ROUNDS // 2):
        start = time.process_time()
        run(pixels)
        times.append(time.process_time() - start)
    return min(times)


def _share_of_peak(path: Path, flops: int, folder: Path) -> None:
    """What the network reaches of the speed of large convolutions, one thread each."""
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(3, 256, 1),
        *(torch.nn.Conv2d(256, 256, 3, padding=1, bias=False) for _ in range(6)),
    )
    convolutions = export_ir(layers, 64, folder / "convolutions.xml")
    large = np.random.default_rng(0).random((1, 3, 64, 64), dtype=np.float32)
    pixels = np.random.default_rng(0).random((1, 3, SIZE, SIZE), dtype=np.float32)
    for precision in PRECISIONS:
        peak = cost_of(layers, 64).flops / _processor_s(convolutions, precision, large) / 1e9
        say(f"large 3x3 convolutions, {precision}, a thread", peak, "GFLOP/s")
        rate = flops / _processor_s(path, precision, pixels) / 1e9
        say(f"network, {precision}, a thread", rate, "GFLOP/s", f"{100 * rate / peak:.0f} % of it")


def _openvino(path: Path) -> None:
    pixels = np.random.default_rng(0).random((BATCH, 3, SIZE, SIZE), dtype=np.float32)
    for precision in PRECISIONS:
        for batch in (1, BATCH):
            run = Session(path, precision, (batch, 3, SIZE, SIZE))
            least = least_ms(lambda run=run, batch=batch: run(pixels[:batch])) / batch
            more = f"{1000 / least:.0f} faces/s"
            say(f"network, OpenVINO {precision}, batch {batch}, a face", least, "ms", more)


def _torch(network: torch.nn.Module) -> None:
    pixels = torch.rand(1, 3, SIZE, SIZE)
    last = pixels.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        say("network, torch eager f32", least_ms(lambda: network(pixels), 4), "ms")
        network = network.to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            least = least_ms(lambda: network(last), 4)
    say("network, torch channels-last bf16", least, "ms")


def _precision(path: Path, image: np.ndarray) -> None:
    """How far bf16 moves the points, in pixels of the crop."""
    crop = cut(image, box_crop(FACE), SIZE)[None]
    exact, rough = (
        from_heatmap(decode(HourglassProposer("a", path, p).heatmaps(crop)[0]).points)
        for p in ("f32", "bf16")
    )
    moved = np.hypot(*(rough - exact).T)
    say("bf16 moves points by, mean", float(moved.mean()), "px", f"at most {moved.max():.2f}")


def _proposals(image: np.ndarray) -> None:
    """Whole proposals, as the window asks for them: before torch has threads that wait."""
    try:
        path = model_path(NAME)
    except InputError:
        return  # random weights see no face anywhere, and the proposer looks again and again
    for mirrored in (False, True):
        proposer = HourglassProposer(NAME, path, "bf16", mirrored)
        least = least_ms(lambda proposer=proposer: proposer.propose(image, FACE))
        looks = "with a mirrored look" if mirrored else "one look"
        say(f"whole proposal, warm, bf16, {looks}", least, "ms")


def main() -> None:
    """Print milliseconds a face, GFLOP/s and throughput."""
    image = skimage.data.astronaut()
    _proposals(image)
    with tempfile.TemporaryDirectory() as name:
        network, path = _network(Path(name))
        cost = cost_of(network, SIZE)
        gflop = cost.flops / 1e9
        say("parameters", cost.parameters / 1e6, "million", f"{gflop:.1f} GFLOP a face")
        _share_of_peak(path, cost.flops, Path(name))
        try:
            detector = make_detector()
            least = least_ms(lambda: detector.detect(image))
            say(f"detection, {detector.name}, 512x512", least, "ms")
        except InputError as error:
            sys.stdout.write(f"no detection: {error}\n")
        say("crop", least_ms(lambda: cut(image, box_crop(FACE), SIZE)), "ms")
        _openvino(path)
        _torch(network)
        maps = HourglassProposer(NAME, path).heatmaps(cut(image, box_crop(FACE), SIZE)[None])[0]
        say("decoding", least_ms(lambda: decode(maps)), "ms")
        found = box_crop(FACE).inverse().apply(from_heatmap(decode(maps).points))
        sure, shapes = np.full(N_POINTS, 0.7), shipped_shapes()
        say("settling", least_ms(lambda: shapes.settle(found, sure)), "ms")
        _precision(path, image)


if __name__ == "__main__":
    main()
