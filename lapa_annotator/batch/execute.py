"""Where tasks are worked on: in this process, or in processes of their own.

An ``Executor`` is all that the job knows of the place, so that a cluster can come later.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.synchronize import Event
from typing import Any, Protocol, TypeVar

import cv2

_MOST_BY_DEFAULT = 8

T = TypeVar("T")
R = TypeVar("R")
Start = Callable[[], Callable[[T], R]]
"""Makes a worker's work function; called once where the work is done, so it can be pickled."""


class Executor(Protocol):
    """Works on tasks, somewhere."""

    def run(self, start: Start[T, R], tasks: Iterable[T]) -> Generator[tuple[T, R | None]]:
        """Yield every task with its result, as they come; None where its worker died of it.

        Closing the generator gives up the tasks that have not begun and waits for the others.
        An exception of the work function ends the run and comes out here.
        """
        ...


class Serial:
    """Works in this process, one task after the other."""

    def run(self, start: Start[T, R], tasks: Iterable[T]) -> Generator[tuple[T, R | None]]:
        """See ``Executor.run``; a worker that dies takes this process with it."""
        work = start()
        for task in tasks:
            yield task, work(task)


class Nobody:
    """Works on nothing, for when everything is done: no worker is made."""

    def run(self, start: Start[T, R], tasks: Iterable[T]) -> Generator[tuple[T, R | None]]:
        """See ``Executor.run``."""
        yield from ()


class Processes:
    """Works in spawned processes.

    When a worker dies, nothing tells which of the tasks under way was at fault. So each of
    them is tried again alone, and the one that kills its worker a second time is given up.

    Args:
        jobs: how many processes.
        threads: how many threads a process's networks take.
        hasty: whether an early end takes the workers down in the middle of their tasks; else
            these are finished first.
    """

    def __init__(self, jobs: int, threads: int, *, hasty: bool = False) -> None:
        self._jobs = jobs
        self._threads = threads
        self._hasty = hasty

    def run(self, start: Start[T, R], tasks: Iterable[T]) -> Generator[tuple[T, R | None]]:
        """See ``Executor.run``."""
        waiting, suspects = deque(tasks), deque[T]()
        while waiting or suspects:
            alone = bool(suspects)
            with self._pool(start, 1 if alone else self._jobs) as pool:
                # Two tasks a process: the next one is there when the first is done.
                most = 1 if alone else 2 * self._jobs
                lost = yield from _feed(pool, suspects if alone else waiting, most)
            if alone:
                for task in lost:
                    yield task, None
            else:
                suspects.extend(lost)

    @contextmanager
    def _pool(self, start: Start[T, R], jobs: int) -> Iterator[ProcessPoolExecutor]:
        context = get_context("spawn")
        stop = context.Event() if self._hasty else None
        pool = ProcessPoolExecutor(
            jobs,
            mp_context=context,
            initializer=_begin,
            initargs=(start, self._threads, stop),
        )
        try:
            yield pool
        except BaseException:
            if stop is not None:
                stop.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _feed(
    pool: ProcessPoolExecutor, queue: deque[T], most: int
) -> Generator[tuple[T, Any], None, list[T]]:
    """Work off the queue until it is empty or a worker dies; return the tasks that were lost."""
    running: dict[Future[Any], T] = {}
    lost: list[T] = []
    while (queue and not lost) or running:
        while queue and len(running) < most and not lost:
            task = queue.popleft()
            try:
                with _no_interrupts():
                    running[pool.submit(_call, task)] = task
            except BrokenProcessPool:
                lost.append(task)
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            task = running.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
                lost.append(task)
            else:
                yield task, future.result()
    return lost


class _Worker:
    """The one worker of a spawned process."""

    start: Callable[[], Callable[[Any], Any]]
    work: Callable[[Any], Any] | None = None


def _begin(
    start: Callable[[], Callable[[Any], Any]], threads: int, stop: Event | None = None
) -> None:
    # Ctrl+C reaches every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if stop is not None:
        threading.Thread(target=_end_at, args=(stop,), daemon=True).start()
    os.environ["LAPA_THREADS"] = str(threads)
    cv2.setNumThreads(threads)
    _Worker.start = start


def _call(task: Any) -> Any:
    # Not in _begin: an error there would look like a worker's death.
    if _Worker.work is None:
        _Worker.work = _Worker.start()
    return _Worker.work(task)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _end_at(stop: Event) -> None:
    stop.wait()
    os._exit(1)


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Hold Ctrl+C back; a process started meanwhile never hears of it, not even at its start."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def default_jobs() -> int:
    """One process a core, but few enough for the memory: each takes about half a gigabyte."""
    return min(cores(), _MOST_BY_DEFAULT)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
