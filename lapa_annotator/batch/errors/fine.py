"""Findings that somebody has said are fine: kept with the project, and not shown again."""

from __future__ import annotations

import time

from lapa_annotator.batch.errors.finding import Finding
from lapa_annotator.store.project import Project

_PREFIX = "fine/"


def mark_fine(project: Project, finding: Finding) -> None:
    """Say that a finding is no error; it stays so when the annotation changes.

    Raises:
        InputError: the project cannot be written.
    """
    said = {"by": project.annotator, "time": time.time(), "sentence": finding.sentence}
    project.settings.set(_PREFIX + finding.key, said)


def take_back_fine(project: Project, finding: Finding) -> None:
    """Take back that a finding is no error.

    Raises:
        InputError: the project cannot be written.
    """
    project.settings.set(_PREFIX + finding.key, {})


def fine_keys(project: Project) -> frozenset[str]:
    """The keys of all findings that are marked as fine."""
    every = project.settings.all()
    return frozenset(k.removeprefix(_PREFIX) for k, v in every.items() if v and k[:5] == _PREFIX)


def clear_fine(project: Project) -> int:
    """Take back every mark; returns how many there were.

    Raises:
        InputError: the project cannot be written.
    """
    keys = fine_keys(project)
    for key in keys:
        project.settings.set(_PREFIX + key, {})
    return len(keys)
