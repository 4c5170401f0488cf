"""The loop itself, as a Lightning module: it knows a task, a recipe, and no faces."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from torch.optim.swa_utils import AveragedModel
from torchmetrics import MeanMetric

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.loop.folder import RunFolder
from lapa_annotator.training.loop.machine import Machine
from lapa_annotator.training.loop.optim import build_optimizer, rate_at
from lapa_annotator.training.loop.recipe import Recipe
from lapa_annotator.training.loop.task import Progress, Task

Tensors = dict[str, torch.Tensor]


class WholeFiles(TorchCheckpointIO):
    """Writes checkpoints beside and renames them; a full disk is one sentence."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write ``checkpoint`` to ``path``.

        Raises:
            InputError: a full disk or a read-only folder; the file is then as it was.
        """
        data = io.BytesIO()
        torch.save(checkpoint, data)
        replace_file(Path(path), data.getvalue())


class Loop(lightning.LightningModule):
    """Trains a task's network by a recipe and keeps the average of its weights.

    Attributes:
        network: what is trained.
        average: its weights averaged over the steps; what is validated and exported.
    """

    def __init__(
        self,
        task: Task,
        recipe: Recipe,
        machine: Machine,
        folder: RunFolder,
        tell: Callable[[Progress], None],
        stopped: Callable[[], bool],
    ) -> None:
        super().__init__()
        torch.manual_seed(recipe.seed)
        self.network = task.network()
        self.average = AveragedModel(
            self.network, multi_avg_fn=_averaging(recipe.average), use_buffers=True
        )
        self.average.requires_grad_(False)
        if machine.bf16():
            self.to(memory_format=torch.channels_last)
        self._task, self._recipe, self._machine = task, recipe, machine
        self._folder, self._tell, self._stopped = folder, tell, stopped
        self._means: dict[str, MeanMetric] = {}
        self._loss = torch.zeros(())
        self._begun = self._reported = time.monotonic()
        self._seconds_before = 0.0
        self._reported_step = 0

    def configure_optimizers(self) -> dict[str, Any]:
        """AdamW or SGD with its schedule, by steps."""
        optimizer = build_optimizer(self.network, self._recipe)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: rate_at(self._recipe, step)
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_fit_start(self) -> None:
        """Start the clock; the network is in training mode whatever it was before."""
        self._begun = self._reported = time.monotonic()
        self._reported_step = self.trainer.global_step
        self.network.train()
        self.average.eval()

    def on_train_batch_start(self, batch: Tensors, batch_idx: int) -> None:
        """Seed torch by the step, so that a resumed training draws what it would have drawn."""
        del batch, batch_idx
        torch.manual_seed((self._recipe.seed * 1_000_003 + self.trainer.global_step) % 2**63)

    def training_step(self, batch: Tensors, batch_idx: int) -> torch.Tensor:
        """The task's loss on a batch."""
        del batch_idx
        if self._machine.bf16():
            batch = {name: _channels_last(tensor) for name, tensor in batch.items()}
        loss, parts = self._task.loss(self.network, batch)
        self._loss = loss.detach()
        for name, value in {"loss": loss, **parts}.items():
            if name not in self._means:
                self._means[name] = MeanMetric(nan_strategy="ignore").to(self.device)
            self._means[name].update(value.detach())
        return loss

    def configure_gradient_clipping(self, optimizer: Any, *args: Any, **kwargs: Any) -> None:
        """Shorten the gradient; by hand, because Lightning refuses to for fused optimizers."""
        del optimizer, args, kwargs
        if self._recipe.clip:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self._recipe.clip)

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Take the step, then take its weights into the average."""
        super().optimizer_step(*args, **kwargs)
        self.average.update_parameters(self.network)

    def on_train_batch_end(self, outputs: Any, batch: Tensors, batch_idx: int) -> None:
        """After a whole step: report, validate and save when it is time, stop when asked."""
        del outputs, batch
        if (batch_idx + 1) % self.trainer.accumulate_grad_batches:
            return
        step, machine = self.trainer.global_step, self._machine
        last = step == self._recipe.steps
        stop = self.trainer.strategy.reduce_boolean_decision(self._stopped(), all=False)
        if _due(step, machine.report_every) or last:
            self._report(step)
        if _due(step, machine.validate_every) or last:
            self._validate(step)
        if _due(step, machine.save_every) or last or stop:
            self._save(step)
        self.trainer.should_stop = stop

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the recipe and the time taken beside the weights."""
        checkpoint["recipe"] = self._recipe.toml()
        checkpoint["seconds"] = self.seconds()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on counting the time."""
        self._seconds_before = float(checkpoint["seconds"])

    def seconds(self) -> float:
        """Time spent training, stops left out."""
        return self._seconds_before + time.monotonic() - self._begun

    def _report(self, step: int) -> None:
        now = time.monotonic()
        self._check(step)
        # Of all devices: they meet here.
        means = {name: float(mean.compute()) for name, mean in self._means.items()}
        for mean in self._means.values():
            mean.reset()
        images = (step - self._reported_step) * self._recipe.batch
        means["images a minute"] = 60 * images / max(now - self._reported, 1e-9)
        means["rate"] = self._recipe.rate * rate_at(self._recipe, step - 1)
        self._reported, self._reported_step = now, step
        self._told("training", step, means.pop("loss"), means)

    def _validate(self, step: int) -> None:
        begun = time.monotonic()
        if self.trainer.is_global_zero:
            # The precision's context makes it as quick as training; no gradients are kept.
            with torch.no_grad(), self.trainer.precision_plugin.forward_context():
                scores = self._task.validate(self.average.module)
            self._told("validated", step, None, scores)
        self._reported += time.monotonic() - begun

    def _check(self, step: int) -> None:
        if not torch.isfinite(self._loss):
            raise InputError(
                self._folder.path,
                f"at step {step} the loss is no number any more",
                "train into another folder with a lower rate",
            )

    def _save(self, step: int) -> None:
        self._check(step)
        begun = time.monotonic()
        self.trainer.save_checkpoint(self._folder.checkpoint(step))
        if self.trainer.is_global_zero:
            self._folder.prune()
            self._told("saved", step, None, {})
        self._reported += time.monotonic() - begun

    def _told(self, stage: str, step: int, loss: float | None, metrics: dict[str, float]) -> None:
        if not self.trainer.is_global_zero:
            return
        steps = self._recipe.steps
        self._tell(Progress(stage, step, steps, loss, metrics, self.seconds()))
        numbers = metrics if loss is None else {"loss": loss, **metrics}
        if self.logger is not None and numbers:
            self.logger.log_metrics({f"{stage}/{k}": v for k, v in numbers.items()}, step)


def _due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0


def _channels_last(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor


def _averaging(decay: float) -> Callable[..., None]:
    """An exponential average that forgets quickly at first: (1 + n) / (10 + n) up to ``decay``."""

    def average(ours: list[torch.Tensor], theirs: list[torch.Tensor], taken: torch.Tensor) -> None:
        n = int(taken)
        keep = min(decay, (1 + n) / (10 + n))
        if torch.is_floating_point(ours[0]):
            torch._foreach_lerp_(ours, theirs, 1 - keep)
        else:  # counters of batch norms
            torch._foreach_copy_(ours, theirs)

    return average
