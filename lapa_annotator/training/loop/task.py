"""What the loop asks of a task, and what it tells while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch


class Task(Protocol):
    """What is trained: the network, its batches, its loss and its score.

    The loop knows nothing of faces; a task knows nothing of steps, devices or checkpoints.
    """

    def network(self) -> torch.nn.Module:
        """Build the network as it is at step 0; torch has been seeded when this is called."""

    def batch(self, step: int) -> dict[str, torch.Tensor]:
        """The whole batch of a step, on the CPU, the first axis of every tensor its samples.

        It must depend on the task's seed and ``step`` alone. It is called from threads beside
        the training, several steps ahead.
        """

    def loss(
        self, module: torch.nn.Module, batch: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Run the network on a batch, or on a slice of one, on the device that it is on.

        Returns the scalar that is minimised (in float32) and its parts by name, for the curves.
        """

    def validate(self, module: torch.nn.Module) -> dict[str, float]:
        """Score the averaged weights: in eval mode, no gradients, on the device that it is on."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of a training.

    Attributes:
        stage: "training", "validated", "saved", "note" or "done"; a task adds its own.
        step: optimizer steps taken; ``steps``: how many there will be.
        loss: mean of the loss since the last report; None where nothing was trained since.
        metrics: parts of the loss, the learning rate and images a minute, or a validation's
            scores.
        seconds: time spent training, stops left out.
        note: a sentence for a person, "" for none.
    """

    stage: str
    step: int
    steps: int
    loss: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    note: str = ""
