"""Batches by step, prepared in threads ahead of the training."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from lapa_annotator.training.loop.task import Task

Batch = dict[str, torch.Tensor]


class Feed:
    """The batches of steps ``start`` to ``stop``, each cut into ``parts`` for small memories.

    A step's batch depends on the step alone, so a feed that starts later gives the same.

    Attributes:
        rank, world: this process takes every ``world``-th sample from ``rank`` on.
        ahead: how many steps are prepared ahead; ``workers``: in how many threads.
    """

    def __init__(  # plain values, all named by the one caller
        self,
        task: Task,
        start: int,
        stop: int,
        *,
        parts: int = 1,
        rank: int = 0,
        world: int = 1,
        workers: int = 1,
    ) -> None:
        self._task = task
        self._steps = range(start, stop)
        self._parts, self._rank, self._world = parts, rank, world
        self._workers = workers
        self._ahead = 2 * workers

    def __iter__(self) -> Iterator[Batch]:
        with ThreadPoolExecutor(self._workers, "batches") as pool:
            waiting: deque[Future[Batch]] = deque()
            try:
                for step in self._steps:
                    waiting.append(pool.submit(self._task.batch, step))
                    if len(waiting) > self._ahead:
                        yield from self._cut(waiting.popleft().result())
                while waiting:
                    yield from self._cut(waiting.popleft().result())
            finally:
                for future in waiting:
                    future.cancel()

    def _cut(self, batch: Batch) -> Iterator[Batch]:
        for part in range(self._parts):
            first, every = self._rank + self._world * part, self._world * self._parts
            yield {name: tensor[first::every] for name, tensor in batch.items()}
