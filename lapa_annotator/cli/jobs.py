"""The frame that verbs over many photos share: progress, Ctrl+C, bad input, exit status."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Generic, TypeVar

from lapa_annotator.cli.progress import Meter, Step
from lapa_annotator.cli.verbs import EXIT_CANCELLED, EXIT_SKIPPED, EXIT_WRONG_CALL, tell
from lapa_annotator.domain.errors import InputError

S = TypeVar("S", bound=Step)
R = TypeVar("R")


@dataclass(frozen=True)
class Ended(Generic[S, R]):
    """How a job ended.

    Attributes:
        last: its last step, None where there was none.
        result: what it returned, None where it was broken off.
        status: the exit status where it was broken off; None where it ran to its end.
    """

    last: S | None
    result: R | None
    status: int | None


@contextmanager
def ctrl_c() -> Iterator[Callable[[], bool]]:
    """Remember Ctrl+C: Python drops the exception when it strikes inside a callback."""
    seen: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: bool(seen)
    finally:
        signal.signal(signal.SIGINT, before)


def run_job(job: Generator[S, None, R], doing: str, what: str = "photos") -> Ended[S, R]:
    """Run a job with its progress on the terminal.

    Bad input and Ctrl+C end it with one sentence. Exit status: 2 where bad input came before
    anything was done, else 1; 130 after Ctrl+C.

    Args:
        job: yields its steps; it is closed in any case.
        doing: what it does, in one word.
        what: what it counts.
    """
    last: S | None = None
    try:
        with ctrl_c() as pressed, Meter(doing, what) as meter, closing(job):
            while True:
                try:
                    last = next(job)
                except StopIteration as end:
                    return Ended(last, end.value, None)
                meter.show(last)
                if pressed():
                    raise KeyboardInterrupt
    except InputError as error:
        tell(str(error))
        nothing = last is None or last.done == last.reused
        return Ended(last, None, EXIT_WRONG_CALL if nothing else EXIT_SKIPPED)
    except KeyboardInterrupt:
        tell(f"Cancelled after {last.done if last else 0} {what}; run the same again to go on.")
        return Ended(last, None, EXIT_CANCELLED)
