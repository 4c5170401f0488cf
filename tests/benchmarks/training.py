"""What a training step costs: shares of data, forward, backward, optimizer; pictures a minute.

The clock of the process is read, not that on the wall, so that other programs count little;
on one thread, so that none of its time is spent waiting.
"""

import sys
import time
from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import torch

from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.nets.hourglass import Hourglass
from lapa_annotator.nets.landmark_losses import heatmap_losses
from lapa_annotator.training.data.augment import AugmentSettings
from lapa_annotator.training.data.batches import Batches
from lapa_annotator.training.data.crops import Crop, CropSpec
from lapa_annotator.training.loop import Recipe, cpu_likes_bf16
from lapa_annotator.training.loop.memory import kept_memory
from lapa_annotator.training.loop.module import _averaging
from lapa_annotator.training.loop.optim import build_optimizer

BATCH, ROUNDS = 8, 3


class Noise:
    """Crops of noise, which cost as much as any other."""

    name, keys, spec = "noise", [str(i) for i in range(16)], CropSpec()

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, index: int) -> Crop:
        rng, side = np.random.default_rng(index), self.spec.size
        plane = rng.integers(0, 256, (side, side), dtype=np.uint8)
        return Crop(
            image=np.stack([plane] * 3, axis=-1),
            points=rng.uniform(120, 260, (N_POINTS, 2)),
            weights=np.ones(N_POINTS, np.float32),
            visibility=np.full(N_POINTS, 2, np.uint8),
            labels=plane % 11,
            soft=np.stack([plane] * 2, axis=-1),
            matte=np.maximum(plane, 1),
        )


def _cost(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _shares(width: int, half: bool) -> dict[str, float]:
    """Seconds of one thread for the parts of a step, the least of some rounds."""
    batches = Batches([Noise()], [1], AugmentSettings(), 0, BATCH)
    network = Hourglass(width=width).train()
    average = Hourglass(width=width)
    if half:
        network.to(memory_format=torch.channels_last)
    optimizer = build_optimizer(network, Recipe(task="landmarks", network="hourglass"))
    mean = _averaging(0.999)
    arrays = batches.at(0)
    pixels = torch.from_numpy(arrays["image"]).float() / 255
    pixels = pixels.to(memory_format=torch.channels_last) if half else pixels
    points = (torch.from_numpy(arrays["points"]) - 1.5) / 4
    weights = torch.from_numpy(arrays["weights"])
    best: dict[str, float] = {}
    for step in range(ROUNDS):
        found: list[torch.Tensor] = []

        def forward(found: list[torch.Tensor] = found) -> None:
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                found.append(network(pixels)[-1])

        def score(found: list[torch.Tensor] = found) -> None:
            found.append(sum(heatmap_losses(found[0], points, weights, 1.4)))

        def backward(found: list[torch.Tensor] = found) -> None:
            found[1].backward()

        def move() -> None:
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            mean([p.detach() for p in average.parameters()], list(network.parameters()), 9)

        parts = {
            "data (in a thread of its own)": lambda step=step: batches.at(step),
            "forward": forward,
            "loss": score,
            "backward": backward,
            "optimizer and average": move,
        }
        for name, work in parts.items():
            cost = _cost(work)
            best[name] = min(cost, best.get(name, cost))
    return best


def main() -> None:
    """Print the shares for two widths."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    half = cpu_likes_bf16()
    sys.stdout.write(f"bf16 and channels-last: {'yes' if half else 'no'}; batch {BATCH}\n")
    for width, keeping in ((128, kept_memory), (256, nullcontext), (256, kept_memory)):
        with keeping() as kept:
            best = _shares(width, half)
        whole = sum(best.values())
        sys.stdout.write(
            f"width {width}, freed memory {'kept' if kept else 'given back'}: "
            f"{1000 * whole / BATCH:.0f} ms of one core a picture, so "
            f"{60 * BATCH / whole:.0f} pictures a minute and core\n"
        )
        for name, cost in best.items():
            sys.stdout.write(f"  {name}: {1000 * cost:.0f} ms, {100 * cost / whole:.0f} %\n")
    torch.set_num_threads(threads)


if __name__ == "__main__":
    main()
