"""A project's own prior: what its corrections teach about the proposer's errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lapa_annotator.dla.prior import Correction, Prior
from lapa_annotator.dla.prior_file import find_prior, prior_name, prior_of_now, save_prior
from lapa_annotator.store.effort import FinishedFace, finished_faces
from lapa_annotator.store.project import Project

# Standard deviation of what a person set, and of what a person saw and let pass, in inter-ocular
# distances of a frontal face.
_SET, _PASSED = 0.004, 0.02


def project_prior(project: Project, model: str) -> Prior:
    """The prior that a project uses for a model version: its own, or the shipped one.

    Raises:
        InputError: the file of a prior is damaged.
    """
    path = _folder(project) / prior_name(model)
    return prior_of_now(path) or find_prior(model)


def learn_from_project(project: Project) -> dict[str, int]:
    """Learn the project's priors anew from all its finished faces, and keep them in its cache.

    Returns:
        Model version -> how many finished faces it learned from.

    Raises:
        InputError: a stored value is damaged, or a prior cannot be written.
    """
    by_model: dict[str, list[Correction]] = {}
    for face in finished_faces(project):
        correction = correction_of(face)
        if correction is not None:
            by_model.setdefault(face.model, []).append(correction)
    for model, corrections in by_model.items():
        path = _folder(project) / prior_name(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_prior(path, find_prior(model).updated(corrections, passes=2))
    return {model: len(corrections) for model, corrections in by_model.items()}


def correction_of(face: FinishedFace) -> Correction | None:
    """A finished face as a prior learns from it; None without a proposal.

    Points that a person set are taken as they are, points that were let pass as less exact.
    """
    final, proposal = face.face.landmarks, face.proposal
    if final is None or proposal is None:
        return None
    noise = np.where(final.touched, _SET, _PASSED)
    noise[final.visibility == 0] = np.inf
    return Correction(proposal.points, proposal.confidence, final.points, noise)


def _folder(project: Project) -> Path:
    return project.folder / "cache" / "priors"
