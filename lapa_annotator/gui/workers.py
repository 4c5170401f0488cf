"""Slow work off the window's thread: a generator becomes a job that can be cancelled.

A job's generator runs in a thread; every value it yields is announced in the window's thread
as progress, and between two values it may be cancelled (its ``finally`` clauses run). Jobs go
through a ``JobQueue``; there is one queue per device, so that two networks never fight for the
same cores and the photo under the annotator's eyes comes first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from lapa_annotator.domain.errors import InputError


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of a job: ``done`` of ``total`` (0 when nobody knows) and what it is at."""

    done: int
    total: int = 0
    text: str = ""


Work = Callable[[], Generator[Any, None, Any]]
"""A function without arguments whose generator yields progress and returns the result."""


class Job(QObject):
    """One piece of slow work. Its signals are all emitted in the window's thread.

    ``progressed(value)`` for each value yielded, then exactly one of ``returned(result)``,
    ``failed(InputError)`` and ``cancelled()``, and last ``finished()``. Any other error is
    raised in the window's thread, where the crash hook reports it, after ``broke(error)``.
    """

    progressed = Signal(object)
    returned = Signal(object)
    failed = Signal(object)
    broke = Signal(object)
    cancelled = Signal()
    finished = Signal()
    _stepped = Signal(object)
    _settled = Signal(object)

    def __init__(self, work: Work, title: str = "", priority: int = 0) -> None:
        super().__init__()
        self.title = title
        self.priority = priority
        self._stop = threading.Event()
        self._work: Work | None = work
        # Queued: calls of the job's thread come over to the window's, and a job that has ended
        # before anyone listens is heard all the same, after its steps.
        self._stepped.connect(self._step, Qt.ConnectionType.QueuedConnection)
        self._settled.connect(self._settle, Qt.ConnectionType.QueuedConnection)

    def cancel(self) -> None:
        """Ask the job to stop at its next step; one that has not started never starts."""
        self._stop.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the job has been asked to stop."""
        return self._stop.is_set()

    def give_up(self) -> None:
        """End a job that was never started as one that was cancelled."""
        self.cancel()
        self.cancelled.emit()
        self._end()

    def run(self) -> Any:
        """Run the generator to its end, in the calling thread; None when it was cancelled."""
        if self._work is None:
            return None
        generator = self._work()
        try:
            while not self._stop.is_set():
                try:
                    value = next(generator)
                except StopIteration as stop:
                    return stop.value
                if value is not None:
                    self._stepped.emit(value)
        finally:
            generator.close()
        return None

    def submit(self, executor: ThreadPoolExecutor) -> None:
        """Start the job in one of ``executor``'s threads."""
        executor.submit(self.run).add_done_callback(self._settled.emit)

    def _step(self, value: object) -> None:
        if not self.is_cancelled:
            self.progressed.emit(value)

    def _settle(self, future: Future[Any]) -> None:
        error = None if future.cancelled() else future.exception()
        try:
            if self.is_cancelled or future.cancelled():
                self.cancelled.emit()
            elif isinstance(error, InputError):
                self.failed.emit(error)
            elif error is not None:
                self.broke.emit(error)
                raise error
            else:
                self.returned.emit(future.result())
        finally:
            self._end()

    def _end(self) -> None:
        self.finished.emit()
        # What listens holds on to the job, and the work to pictures: let go of both.
        self._work = None
        self.deleteLater()


class JobQueue(QObject):
    """Runs jobs on a few threads, those of the highest priority first, else in order.

    ``changed()`` tells that the jobs that wait or run have changed.
    """

    changed = Signal()

    def __init__(self, name: str, threads: int = 1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._threads = threads
        self._executor: ThreadPoolExecutor | None = None
        self._waiting: list[Job] = []
        self._running: list[Job] = []
        self._closed = False

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that run and those that wait, in the order they will be done."""
        return (*self._running, *self._waiting)

    def add(self, job: Job) -> Job:
        """Put a job in the queue and return it."""
        place = next(
            (i for i, other in enumerate(self._waiting) if other.priority < job.priority),
            len(self._waiting),
        )
        self._waiting.insert(place, job)
        self._start_more()
        self.changed.emit()
        return job

    def run(
        self,
        work: Work,
        title: str = "",
        priority: int = 0,
        returned: Callable[[Any], object] | None = None,
        failed: Callable[[InputError], object] | None = None,
    ) -> Job:
        """Make a job of ``work``, connect what shall hear of its end, and put it in the queue."""
        job = Job(work, title, priority)
        if returned is not None:
            job.returned.connect(returned)
        if failed is not None:
            job.failed.connect(failed)
        return self.add(job)

    def cancel_all(self) -> None:
        """Cancel every job; those that wait end at once."""
        waiting, self._waiting = self._waiting, []
        for job in self._running:
            job.cancel()
        for job in waiting:
            job.give_up()
        self.changed.emit()

    def close(self) -> None:
        """Cancel everything, wait for the steps under way to end, and start nothing more."""
        self._closed = True
        self.cancel_all()
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def _start_more(self) -> None:
        if self._closed:
            return
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix=self.name)
        while self._waiting and len(self._running) < self._threads:
            job = self._waiting.pop(0)
            self._running.append(job)
            job.finished.connect(lambda job=job: self._forget(job))
            job.submit(self._executor)

    def _forget(self, job: Job) -> None:
        self._running = [other for other in self._running if other is not job]
        self._start_more()
        self.changed.emit()


class Queues(QObject):
    """The window's queues: for the models' device, for projects and lists, for photos, for maps,
    and for trials and exports, which go on for long beside everything else.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.models = JobQueue("models", 1, self)
        self.files = JobQueue("files", 1, self)
        self.pictures = JobQueue("pictures", 1, self)
        self.maps = JobQueue("maps", 1, self)
        self.trials = JobQueue("trials", 1, self)
        self.exports = JobQueue("exports", 1, self)

    @property
    def all(self) -> tuple[JobQueue, ...]:
        """Every queue."""
        return self.models, self.files, self.pictures, self.maps, self.trials, self.exports

    def close(self) -> None:
        """Cancel everything and wait for the steps under way to end."""
        for queue in self.all:
            queue.close()


def once(function: Callable[[], Any]) -> Work:
    """Turn a plain function into work of a single step."""

    def work() -> Generator[None, None, Any]:
        yield None
        return function()

    return work


def stepwise(work: Generator[Any, None, Any], text: str) -> Generator[Step, None, Any]:
    """A job over photos as the window's jobs are: it yields ``Step`` and returns its result."""
    try:
        while True:
            try:
                state = next(work)
            except StopIteration as end:
                return end.value
            yield Step(state.done, state.total, text)
    finally:
        work.close()
