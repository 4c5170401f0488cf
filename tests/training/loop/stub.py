"""A task that takes no time: a line through points, drawn by step."""

import torch

from lapa_annotator.training.loop import Machine, Recipe, trained

QUIET = Machine(
    accelerator="cpu", precision="fp32", threads=1, report_every=2, validate_every=4, save_every=3
)


class Line:
    """Learns y = x·w with a dropout, so that torch's own random numbers matter as well."""

    def __init__(self) -> None:
        self.steps_asked: list[int] = []

    def network(self):
        return torch.nn.Sequential(
            torch.nn.Linear(4, 8),
            torch.nn.BatchNorm1d(8),
            torch.nn.Dropout(0.3),
            torch.nn.Linear(8, 1),
        )

    def batch(self, step):
        self.steps_asked.append(step)
        x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        return {"x": x, "y": x.sum(1, keepdim=True)}

    def loss(self, module, batch):
        error = (module(batch["x"]) - batch["y"]).square().mean()
        return error, {"error": error}

    def validate(self, module):
        assert not module.training
        assert not torch.is_grad_enabled()
        x = torch.linspace(-1, 1, 16).reshape(4, 4)
        return {"NME": float((module(x) - x.sum(1, keepdim=True)).abs().mean())}


class KilledError(Exception):
    """Stands for a killed process: nothing is saved when it comes."""


class Dies(Line):
    """Dies when the batch of a step is asked for."""

    def __init__(self, step):
        super().__init__()
        self.dies_at = step

    def batch(self, step):
        if step == self.dies_at:
            raise KilledError
        return super().batch(step)


def recipe(**changes):
    """Twelve steps of eight samples."""
    return Recipe(**{"task": "line", "network": "line", "steps": 12, "warmup": 2, **changes})


def weights(out):
    """All averaged weights and buffers of a run, one after another."""
    return torch.cat([v.flatten().double() for v in trained(Line(), out).state_dict().values()])
