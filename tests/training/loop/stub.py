"""A task that takes no time: a line through points, drawn by step."""

import torch

from lapa_annotator.training.loop import Machine, Recipe

QUIET = Machine(
    accelerator="cpu", precision="fp32", threads=1, report_every=2, validate_every=4, save_every=3
)


class Line:
    """Learns y = x·w with a dropout, so that torch's own random numbers matter as well."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.steps_asked: list[int] = []

    def network(self) -> torch.nn.Module:
        return torch.nn.Sequential(
            torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.3),
            torch.nn.Linear(8, 1),
        )  # fmt: skip

    def batch(self, step: int) -> dict[str, torch.Tensor]:
        self.steps_asked.append(step)
        drawn = torch.Generator().manual_seed(1000 * self.seed + step)
        x = torch.randn(8, 4, generator=drawn)
        return {"x": x, "y": x.sum(1, keepdim=True)}

    def loss(self, module, batch):
        error = (module(batch["x"]) - batch["y"]).square().mean()
        return error, {"error": error}

    def validate(self, module):
        assert not module.training
        x = torch.linspace(-1, 1, 16).reshape(4, 4)
        return {"NME": float((module(x) - x.sum(1, keepdim=True)).abs().mean())}


def recipe(**changes) -> Recipe:
    """Twelve steps of eight samples."""
    return Recipe(**{"task": "line", "network": "line", "steps": 12, "warmup": 2, **changes})
