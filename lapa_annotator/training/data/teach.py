"""Labelling a folder of photos by the teachers, and turning what they labelled: the two jobs.

Either makes a data set in LaPa's layout below ``train``, with ``metadata`` (weights, visibility,
mesh) and ``soft`` (skin, hair and person as the channels of a PNG), and a record per photo in
``records``, which holds until the photo's bytes, the teachers or the settings change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from lapa_annotator.dla.registry import make_detector, make_proposer
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import remove_leftovers
from lapa_annotator.formats.photo import FoundPhoto, find_photos, read_photo
from lapa_annotator.ppa.registry import make_segmenter
from lapa_annotator.training.data.jobs import (
    SPLIT,
    Outcome,
    Progress,
    keep_record,
    known_faces,
    run,
    write_sample,
)
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.data.sources import METADATA, LapaSource
from lapa_annotator.training.data.split import VARIATION
from lapa_annotator.training.data.teacher import TEACHERS, Taught, Teachers, TeachSettings
from lapa_annotator.training.data.turn import TurnSettings, draw_turn, turn

_VERSION = 1


def teach(
    photos: Sequence[Path], out: Path, settings: TeachSettings | None = None, jobs: int = 1
) -> Generator[Progress]:
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
    work = partial(_label, out=out, settings=settings)
    yield from run(work, found, partial(_known_photo, out=out, settings=settings), jobs)


def turn_all(
    taught: Path,
    out: Path,
    each: int,
    seed: int = 0,
    settings: TurnSettings | None = None,
    jobs: int = 1,
) -> Generator[Progress]:
    """Turn the heads of what ``teach`` has labelled and write them as another data set.

    Args:
        taught: the folder that ``teach`` wrote.
        out: the turned pictures' folder; what is there and still holds is kept.
        each: turned pictures tried of every face; those that would be smeared are left out.
        seed: how far each is turned depends on it and on the face's name alone.
        settings: how far, and what is left out.
        jobs: processes, each on one thread.

    Raises:
        InputError: nothing labelled is there, or the folder cannot be written.
    """
    order = TurnOrder(taught, out, each, seed, settings or TurnSettings())
    keys = LapaSource(taught, "all").keys()
    remove_leftovers(out)
    yield from run(partial(_turn, order=order), keys, partial(_known_face, order=order), jobs)


@cache
def _teachers() -> Teachers:
    detector, proposer, segmenter = TEACHERS
    return Teachers(make_detector(detector), make_proposer(proposer), make_segmenter(segmenter))


def _label(photo: FoundPhoto, out: Path, settings: TeachSettings) -> Outcome:
    """Label one photo; a photo that cannot be read has no record and is tried again."""
    try:
        pixels = read_photo(photo.path).pixels
    except InputError as error:
        return 0, str(error)
    taught = _teachers().label(pixels, settings)
    for number, face in enumerate(taught):
        key = f"{_name(photo)}{VARIATION}{number}" if number else _name(photo)
        write_sample(out, _sample(face, key), _told(face))
    problem = None if taught else f"{photo.path}: no face on which the teachers agree"
    keep_record(out, _name(photo), _photo_digest(photo, settings), (len(taught), problem))
    return len(taught), problem


def _name(photo: FoundPhoto) -> str:
    return photo.relative.with_suffix("").as_posix()


def _known_photo(photo: FoundPhoto, out: Path, settings: TeachSettings) -> int | None:
    try:
        return known_faces(out, _name(photo), _photo_digest(photo, settings))
    except OSError:
        return None


def _photo_digest(photo: FoundPhoto, settings: TeachSettings) -> str:
    told = json.dumps([_VERSION, TEACHERS, asdict(settings)], sort_keys=True)
    return hashlib.sha256(told.encode() + photo.path.read_bytes()).hexdigest()


def _sample(face: Taught, key: str) -> Sample:
    background = 255 - np.minimum(face.skin.astype(np.int32) + face.hair, 255)
    return Sample(
        image=face.image,
        points=face.points,
        key=key,
        weights=face.weights,
        visibility=face.visibility,
        labels=face.labels,
        soft=np.stack([background.astype(np.uint8), face.skin, face.hair]),
        matte=face.person,
    )


def _told(face: Taught) -> dict[str, object]:
    return {
        "teachers": TEACHERS,
        "spread": face.spread.round(5).tolist(),
        "mesh": face.mesh.round(3).tolist(),
    }


@dataclass(frozen=True)
class TurnOrder:
    """What is to be turned; see ``turn_all``."""

    taught: Path
    out: Path
    each: int
    seed: int
    settings: TurnSettings

    def digest(self, key: str) -> str:
        """Changes whenever the turned pictures of a face would."""
        told = json.dumps([_VERSION, self.each, self.seed, asdict(self.settings)], sort_keys=True)
        files = (self.metadata(key), self.taught / SPLIT / "landmarks" / f"{key}.txt")
        return hashlib.sha256(told.encode() + b"".join(f.read_bytes() for f in files)).hexdigest()

    def metadata(self, key: str) -> Path:
        """Where a face's mesh is told.

        Raises:
            InputError: the face was not labelled by ``teach``.
        """
        path = self.taught / SPLIT / METADATA / f"{key}.json"
        if not path.is_file():
            raise InputError(path, "there is no such file", "label the photos by `train teach`")
        return path


def _known_face(key: str, order: TurnOrder) -> int | None:
    return known_faces(order.out, key, order.digest(key))


def _turn(key: str, order: TurnOrder) -> Outcome:
    """Turn one face ``order.each`` times, each time as far as chance has it."""
    path = order.metadata(key)
    try:
        mesh = np.array(json.loads(path.read_text(encoding="utf-8"))["mesh"], np.float64)
        if mesh.ndim != 2 or mesh.shape[1] != 3:
            raise ValueError(f"a mesh of shape {mesh.shape}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(path, "it tells of no mesh", "label the photos again") from error
    sample = _source(order.taught).load(_places(order.taught)[key])
    made = 0
    for number in range(order.each):
        name = hashlib.sha256(f"{key}{VARIATION}{number}".encode("utf-8", "surrogateescape"))
        rng = np.random.default_rng((order.seed, int(name.hexdigest()[:12], 16)))
        drawn = draw_turn(rng, sample.points, order.settings)
        turned = turn(sample, mesh, *drawn, order.settings) if drawn else None
        if drawn and turned:
            named = replace(turned, key=f"{key}{VARIATION}t{number}")
            write_sample(order.out, named, {"of": key, "yaw": drawn[0], "pitch": drawn[1]})
            made += 1
    keep_record(order.out, key, order.digest(key), (made, None))
    return made, None


@cache
def _source(taught: Path) -> LapaSource:
    return LapaSource(taught, "all")


@cache
def _places(taught: Path) -> dict[str, int]:
    return {key: place for place, key in enumerate(_source(taught).keys())}
