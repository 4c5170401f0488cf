"""Lightning's trainer, set up for a run: device, precision, steps, logger."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import cv2
import lightning
import torch
from lightning.pytorch.loggers import TensorBoardLogger

from lapa_annotator.training.loop.feed import Feed
from lapa_annotator.training.loop.folder import RunFolder
from lapa_annotator.training.loop.machine import Machine
from lapa_annotator.training.loop.memory import kept_memory
from lapa_annotator.training.loop.module import Loop, WholeFiles
from lapa_annotator.training.loop.recipe import Recipe
from lapa_annotator.training.loop.task import Task


def run(
    loop: Loop,
    task: Task,
    recipe: Recipe,
    folder: RunFolder,
    machine: Machine,
    parts: int,
    start: int,
    checkpoint: Path | None,
) -> None:
    """Take the steps from ``start`` on, each batch in ``parts``; returns at the end or a stop."""
    with _settings(machine):
        trainer = lightning.Trainer(
            accelerator=machine.device_name(),
            devices=machine.devices,
            strategy=machine.strategy,
            precision="bf16-mixed" if machine.bf16() else "32-true",
            max_steps=recipe.steps,
            max_epochs=-1,
            accumulate_grad_batches=parts,
            # Processors' batch norms cannot be shared; each then uses its own part of the batch.
            sync_batchnorm=machine.devices > 1 and machine.on_gpu(),
            logger=TensorBoardLogger(folder.path, "tensorboard", "", purge_step=start or None),
            plugins=[WholeFiles()],
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            limit_val_batches=0,
        )
        feed = Feed(
            task,
            start,
            recipe.steps,
            parts=parts,
            rank=trainer.global_rank,
            world=trainer.world_size,
            workers=min(8, os.cpu_count() or 1) if machine.on_gpu() else 1,
        )
        trainer.fit(loop, feed, ckpt_path=checkpoint, weights_only=True)


@contextlib.contextmanager
def _settings(machine: Machine) -> Iterator[None]:
    """Threads, determinism and quiet for as long as a training runs."""
    threads = torch.get_num_threads()
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    if machine.threads:
        torch.set_num_threads(machine.threads)
    # Crops are small: sharing one among threads costs more than it brings, twice so on a busy
    # machine.
    pictures = cv2.getNumThreads()
    cv2.setNumThreads(1)
    # On GPUs some gradients have no deterministic kernel: torch then only warns.
    torch.use_deterministic_algorithms(True, warn_only=machine.on_gpu())
    torch.utils.deterministic.fill_uninitialized_memory = False
    try:
        with kept_memory(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            warnings.filterwarnings("ignore", module="torch.utils.tensorboard")
            yield
    finally:
        torch.use_deterministic_algorithms(False)
        torch.utils.deterministic.fill_uninitialized_memory = True
        torch.set_num_threads(threads)
        cv2.setNumThreads(pictures)
        logger.setLevel(level)
