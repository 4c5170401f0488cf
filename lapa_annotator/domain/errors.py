"""What is said when an input is bad: one sentence with the name, the problem and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


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


def choose(table: Mapping[str, T], name: str, what: str) -> T:
    """Return the row of a visible table.

    Args:
        table: rows by name.
        name: the name of the row asked for.
        what: what the table lists, for the sentence.

    Raises:
        InputError: there is no row of that name; it says which there are.
    """
    if name not in table:
        raise InputError(name, f"no {what} has this name", f"take one of {', '.join(table)}")
    return table[name]
