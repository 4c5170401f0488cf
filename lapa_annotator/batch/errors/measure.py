"""Measuring photos for the kinds that look at label maps, networks and looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lapa_annotator.batch.errors.copies import hash_of
from lapa_annotator.batch.errors.seen import Corners, Dispute, FaceMeasure, Measured, Need
from lapa_annotator.batch.maps import face_labels
from lapa_annotator.batch.naming import printable
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.formats.photo import Photo, read_photo
from lapa_annotator.ppa.networks import ELEVEN
from lapa_annotator.ppa.opinion import SecondOpinion, disagreement
from lapa_annotator.store.project import Project

FOLDER = Path("cache", "errors")
# What arithmetic on an odd photo may raise. One photo shall not end the search.
_BROKEN = (ValueError, ArithmeticError, LookupError, MemoryError, cv2.error)
# Disputes of less than this are none.
_LEAST_DISPUTE = 0.2


@dataclass(frozen=True, slots=True)
class Task:
    """One photo: its number, its place, and what tells whether it was measured as it is."""

    image_id: int
    path: str
    stamp: str


class Measure:
    """Measures photos, one after the other.

    Args:
        folder: the project's folder.
        needs: what is wanted.
        read_only: whether no segmentation may be cached.
    """

    def __init__(self, folder: Path, needs: frozenset[Need], *, read_only: bool = False) -> None:
        self._project = Project.open(folder, read_only=read_only)
        self._needs = needs
        self._opinion = SecondOpinion(ELEVEN) if "opinion" in needs else None

    def __call__(self, task: Task) -> Measured:
        """Measure one photo; whatever is wrong with it is told in what comes back."""
        try:
            photo = read_photo(self._project.photo_path(task.image_id))
            look = hash_of(photo.pixels) if "look" in self._needs else None
            if "map" not in self._needs:
                return Measured(look)
            faces = self._project.load(task.image_id).faces
            seen = [f for f in faces if f.landmarks is not None]
            measured = {f.id: self._face(photo, f, seen) for f in seen}
            return Measured(look, measured)
        except InputError as error:
            return Measured(problem=printable(str(error)))
        except _BROKEN as error:
            plain = " ".join(str(error).split())
            problem = f"it could not be measured ({type(error).__name__}: {plain})"
            return Measured(problem=str(InputError(task.path, problem, "please report this photo")))

    def _face(self, photo: Photo, face: Face, faces: list[Face]) -> FaceMeasure:
        labels, _ = face_labels(self._project, photo, face, faces=faces)
        pixels = tuple(np.bincount(labels.ravel(), minlength=11).tolist())
        if self._opinion is None or face.landmarks is None:
            return FaceMeasure(pixels)
        other = self._opinion.parse(photo.pixels, face.landmarks.points)
        return FaceMeasure(pixels, _disputes(labels, other))


def _disputes(fitted: LabelMap, other: LabelMap) -> dict[int, Dispute]:
    found: dict[int, Dispute] = {}
    for label, off in disagreement(fitted, other).items():
        if off >= _LEAST_DISPUTE:
            found[label] = off, _extent((fitted == label) != (other == label))
    return found


def _extent(mask: np.ndarray) -> Corners:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    x0, y0, x1, y1 = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return float(x0), float(y0), float(x1), float(y1)


class Records:
    """What was measured, in a file that may be deleted at any time: a line a photo.

    Args:
        project: the open project.
        needs: what was measured.
    """

    def __init__(self, project: Project, needs: frozenset[Need]) -> None:
        self._file = project.folder / FOLDER / f"{'-'.join(sorted(needs))}.jsonl"
        self._writes = not project.read_only

    def read(self, stamps: Mapping[int, str]) -> dict[int, Measured]:
        """What is known of photos that are as they were, by number."""
        found: dict[int, Measured] = {}
        try:
            lines = self._file.read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):
            return found
        for line in lines:
            # A line that a kill has cut off counts as missing.
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                told: dict[str, Any] = json.loads(line)
                if stamps.get(told["image"]) == told["stamp"]:
                    found[told["image"]] = _read(told)
        return found

    def add(self, task: Task, measured: Measured) -> None:
        """Note a photo; on a full disk it will be measured again."""
        if not self._writes:
            return
        told: dict[str, Any] = {"image": task.image_id, "stamp": task.stamp}
        told["look"] = None if measured.look is None else [f"{bits:x}" for bits in measured.look]
        told["faces"] = {
            face_id: {
                "pixels": face.pixels,
                "disputes": face.disputes and {str(k): v for k, v in face.disputes.items()},
            }
            for face_id, face in measured.faces.items()
        }
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="ascii") as file:
                file.write(json.dumps(told) + "\n")

    def tidy(self, stamps: Mapping[int, str]) -> None:
        """Forget what is out of date, once it is most of the file."""
        known = self.read(stamps)
        with suppress(OSError, ValueError):
            if self._writes and _lines(self._file) > 2 * max(len(known), 100):
                self._file.unlink()
                for image_id, measured in known.items():
                    self.add(Task(image_id, "", stamps[image_id]), measured)


def _lines(file: Path) -> int:
    return file.read_text(encoding="ascii").count("\n")


def _read(told: Mapping[str, Any]) -> Measured:
    look = told["look"]
    hashes = None if look is None else (int(look[0], 16), int(look[1], 16))
    faces: dict[str, FaceMeasure] = {}
    for face_id, face in told["faces"].items():
        pixels, disputes = face["pixels"], face["disputes"]
        faces[face_id] = FaceMeasure(
            None if pixels is None else tuple(int(n) for n in pixels),
            None
            if disputes is None
            else {int(k): (v[0], tuple(v[1])) for k, v in disputes.items()},
        )
    return Measured(hashes, faces)
