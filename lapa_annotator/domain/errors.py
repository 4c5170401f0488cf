"""What is said when an input is bad: one sentence with the name, the problem and the remedy."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """Bad input, told to a person in one sentence.

    Attributes:
        path: the file, folder or name that is bad.
        problem: what is wrong with it.
        remedy: what to do about it.
    """

    def __init__(self, path: str | Path, problem: str, remedy: str) -> None:
        super().__init__(str(path), problem, remedy)
        self.path = str(path)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.remedy}."
