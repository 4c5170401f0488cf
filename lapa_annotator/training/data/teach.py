"""Labelling a folder of photos by the teachers, once: resumable, in processes of its own.

The result is a data set in LaPa's layout below ``train``, with ``metadata`` (weights,
visibility, mesh) and ``soft`` (skin, hair and person as the channels of a PNG), and a record per
photo in ``records``, which holds until the photo's bytes, the teachers or the settings change.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lapa_annotator.dla.registry import make_detector, make_proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import remove_leftovers, replace_file
from lapa_annotator.formats.lapa import write_labels, write_landmarks
from lapa_annotator.formats.photo import FoundPhoto, find_photos, read_photo, write_picture
from lapa_annotator.ppa.registry import make_segmenter
from lapa_annotator.training.data.sources import METADATA, SOFT
from lapa_annotator.training.data.split import VARIATION
from lapa_annotator.training.data.teacher import TEACHERS, Taught, Teachers, TeachSettings

SPLIT, RECORDS = "train", "records"
_VERSION = 1
_QUALITY = 97


@dataclass(frozen=True)
class Progress:
    """Where a job stands.

    Attributes:
        done: photos that are through, of ``total``.
        reused: of these, how many had been labelled before.
        faces: faces that were labelled, before or now.
        problem: why the latest photo gave none, if so.
    """

    done: int
    total: int
    reused: int
    faces: int
    problem: str | None = None


def teach(
    photos: Sequence[Path], out: Path, settings: TeachSettings | None = None, jobs: int = 1
) -> Iterator[Progress]:
    """Label photos and write them as a data set.

    Args:
        photos: files and folders.
        out: the data set's folder; what is there and still holds is kept.
        settings: how to label.
        jobs: processes, each on one thread.

    Raises:
        InputError: no photos, a model file is missing, or the folder cannot be written.
    """
    settings = settings or TeachSettings()
    found = find_photos(photos)
    if not found:
        raise InputError(
            ", ".join(map(str, photos)), "no photos are there", "name a folder of them"
        )
    remove_leftovers(out)
    waiting, faces = [], 0
    for photo in found:
        known = _record(out, photo, settings)
        faces += known or 0
        waiting += [photo] if known is None else []
    done = reused = len(found) - len(waiting)
    yield Progress(done, len(found), reused, faces)
    for count, problem in _worked(waiting, out, settings, jobs):
        done, faces = done + 1, faces + count
        yield Progress(done, len(found), reused, faces, problem)


def _worked(
    photos: list[FoundPhoto], out: Path, settings: TeachSettings, jobs: int
) -> Iterator[tuple[int, str | None]]:
    if jobs == 1 or len(photos) < 2:
        yield from (_label(photo, out, settings) for photo in photos)
        return
    pool = ProcessPoolExecutor(min(jobs, len(photos)), get_context("spawn"), _begin)
    try:
        for task in as_completed([pool.submit(_label, p, out, settings) for p in photos]):
            yield task.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    # One thread a process: two of them would otherwise ask for every core at once.
    os.environ["LAPA_THREADS"] = "1"
    cv2.setNumThreads(1)


@cache
def _teachers() -> Teachers:
    detector, proposer, segmenter = TEACHERS
    return Teachers(make_detector(detector), make_proposer(proposer), make_segmenter(segmenter))


def _label(photo: FoundPhoto, out: Path, settings: TeachSettings) -> tuple[int, str | None]:
    """Label one photo: how many faces it gave, and what is wrong with it if none."""
    problem = None
    try:
        pixels = read_photo(photo.path).pixels
    except InputError as error:
        return 0, str(error)
    taught = _teachers().label(pixels, settings)
    name = _name(photo)
    for number, face in enumerate(taught):
        _write(out, f"{name}{VARIATION}{number}" if number else name, face)
    if not taught:
        problem = f"{photo.path}: no face on which the teachers agree"
    record = {"digest": _digest(photo, settings), "faces": len(taught), "problem": problem}
    replace_file(_record_path(out, photo), json.dumps(record).encode())
    return len(taught), problem


def _name(photo: FoundPhoto) -> str:
    return photo.relative.with_suffix("").as_posix()


def _record_path(out: Path, photo: FoundPhoto) -> Path:
    return out / RECORDS / f"{_name(photo)}.json"


def _record(out: Path, photo: FoundPhoto, settings: TeachSettings) -> int | None:
    """How many faces a photo gave when it was labelled; None where it must be labelled again."""
    try:
        told = json.loads(_record_path(out, photo).read_text(encoding="utf-8"))
        return int(told["faces"]) if told["digest"] == _digest(photo, settings) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(photo: FoundPhoto, settings: TeachSettings) -> str:
    told = json.dumps([_VERSION, TEACHERS, asdict(settings)], sort_keys=True)
    return hashlib.sha256(told.encode() + photo.path.read_bytes()).hexdigest()


def _write(out: Path, name: str, face: Taught) -> None:
    folder = out / SPLIT
    write_picture(folder / "images" / f"{name}.jpg", face.image, _QUALITY)
    write_labels(folder / "labels" / f"{name}.png", face.labels)
    soft = np.stack([face.skin, face.hair, face.person], axis=-1)
    write_picture(folder / SOFT / f"{name}.png", soft)
    told: dict[str, Any] = {
        "teachers": TEACHERS,
        "weights": face.weights.round(4).tolist(),
        "visibility": face.visibility.tolist(),
        "spread": face.spread.round(5).tolist(),
        "mesh": face.mesh.round(3).tolist(),
    }
    replace_file(folder / METADATA / f"{name}.json", json.dumps(told).encode())
    # Last: without landmarks the rest is no sample.
    write_landmarks(folder / "landmarks" / f"{name}.txt", face.points)
