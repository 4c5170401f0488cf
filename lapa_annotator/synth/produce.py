"""Many faces: one file set a seed, resumable, in as many processes as wanted."""

from __future__ import annotations

import atexit
import json
from collections.abc import Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import remove_leftovers, replace_file
from lapa_annotator.formats.lapa import write_labels, write_landmarks
from lapa_annotator.synth.draw import MIXES, NATURAL
from lapa_annotator.synth.install import require_anny, require_blender

MOST_FACES, SIZES = 10_000_000, (64, 1024)
SPLIT = "train"
CONTACT_SHEET = "contact-sheet.jpg"
_SHEET, _TILE = 100, 160


@dataclass(frozen=True)
class Order:
    """What is to be rendered.

    Attributes:
        out: the data set's folder, in LaPa's layout.
        count: how many faces; their seeds are ``seed``, ``seed + 1``, ...
        seed: the first one's seed.
        size: the pictures' side in pixels.
        jobs: faces rendered at once.
        mix: how often hard cases come, one of ``draw.MIXES``.

    Raises:
        InputError: a number out of its range, or an unknown mix.
    """

    out: Path
    count: int
    seed: int = 0
    size: int = 320
    jobs: int = 1
    mix: str = NATURAL

    def __post_init__(self) -> None:
        low, high = SIZES
        if not 1 <= self.count <= MOST_FACES:
            raise InputError(
                "--count", f"{self.count} faces cannot be rendered", f"ask for 1 to {MOST_FACES}"
            )
        if not low <= self.size <= high:
            raise InputError(
                "--size", f"{self.size} pixels is out of range", f"ask for {low} to {high}"
            )
        if not 0 <= self.seed <= 2**62:
            raise InputError(
                "--seed", f"{self.seed} is out of range", "give a whole number from 0 up"
            )
        if not 1 <= self.jobs <= 256:
            raise InputError("--jobs", f"{self.jobs} jobs is out of range", "ask for 1 to 256")
        if self.mix not in MIXES:
            raise InputError(
                "--mix", f"{self.mix!r} is no mix of faces", f"name one of {', '.join(MIXES)}"
            )

    @property
    def seeds(self) -> range:
        """The seeds of the faces."""
        return range(self.seed, self.seed + self.count)


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        done: faces that are there, of ``total``.
        reused: of these, how many were there before.
        failed: seeds that could not be rendered.
        problem: what went wrong with the latest one, if it failed.
    """

    done: int
    total: int
    reused: int
    failed: tuple[int, ...] = ()
    problem: str | None = None


def sample_name(seed: int) -> str:
    """The name of a seed's face."""
    return f"synthetic_{seed:08d}"


def metadata_path(out: Path, seed: int) -> Path:
    """Where what was drawn for a seed is kept; it is written last, when the face is whole."""
    return out / SPLIT / "metadata" / f"{sample_name(seed)}.json"


def produce(order: Order) -> Generator[Progress, None, None]:
    """Render the faces that are not there yet, and the contact sheet at the end.

    Raises:
        InputError: something is not installed, the folder cannot be written, or it holds
            faces of another size or mix.
    """
    require_anny()
    require_blender()
    _check_folder(order)
    remove_leftovers(order.out)
    there = [s for s in order.seeds if metadata_path(order.out, s).is_file()]
    missing = sorted(set(order.seeds) - set(there))
    failed: list[int] = []
    done = len(there)
    yield Progress(done, order.count, len(there))
    for seed, problem in _rendered(order, missing):
        done += problem is None
        failed += [] if problem is None else [seed]
        yield Progress(done, order.count, len(there), tuple(failed), problem)
    _contact_sheet(order)


def _check_folder(order: Order) -> None:
    """Refuse a folder whose faces are of another size or mix; find out now whether it can be
    written."""
    run = order.out / "synth.json"
    if run.is_file():
        try:
            told = json.loads(run.read_text(encoding="utf-8"))
            size, mix = told["size"], told.get("mix", NATURAL)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(run, "it is damaged", "remove it or choose another folder") from error
        if size != order.size:
            problem = f"the folder holds faces of {size} pixels, not {order.size}"
            raise InputError(order.out, problem, f"choose another folder or give --size {size}")
        if mix != order.mix:
            problem = f"the folder holds faces of the mix {mix}, not {order.mix}"
            raise InputError(order.out, problem, f"choose another folder or give --mix {mix}")
    replace_file(run, json.dumps({"size": order.size, "mix": order.mix}).encode())


def _rendered(order: Order, seeds: list[int]) -> Iterator[tuple[int, str | None]]:
    work = partial(_work, out=order.out, size=order.size, mix=order.mix)
    if order.jobs == 1 or len(seeds) < 2:
        for seed in seeds:
            yield seed, work(seed)
        return
    with ProcessPoolExecutor(min(order.jobs, len(seeds)), get_context("spawn")) as pool:
        tasks = {pool.submit(work, seed): seed for seed in seeds}
        try:
            for task in as_completed(tasks):
                yield tasks[task], task.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_renderers: list[Any] = []
"""The renderer of this process, once it has started."""


def _work(seed: int, out: Path, size: int, mix: str) -> str | None:
    """Render and write one face; what went wrong, or None. A failed renderer is begun anew."""
    from lapa_annotator.synth.face import render_face
    from lapa_annotator.synth.renderer import Renderer, RenderError

    problem = None
    for _ in range(2):
        if not _renderers:
            _renderers.append(Renderer())
            atexit.register(_close)
        try:
            face = render_face(seed, size, _renderers[0], mix)
        except RenderError as error:
            problem = str(error)
            _close()
            continue
        folder, name = out / SPLIT, sample_name(seed)
        held = BytesIO()
        Image.fromarray(face.picture).save(held, "JPEG", quality=96, subsampling=0)
        replace_file(folder / "images" / f"{name}.jpg", held.getvalue())
        write_labels(folder / "labels" / f"{name}.png", face.labels)
        write_landmarks(folder / "landmarks" / f"{name}.txt", face.points)
        text = json.dumps({"size": size, **face.metadata()}, indent=1)
        replace_file(metadata_path(out, seed), text.encode())
        return None
    return f"the face of seed {seed} could not be rendered: {problem}"


def _close() -> None:
    while _renderers:
        _renderers.pop().close()


def _contact_sheet(order: Order) -> None:
    """The first faces of the run in one picture, ten in a row."""
    images = order.out / SPLIT / "images"
    paths = [images / f"{sample_name(s)}.jpg" for s in order.seeds[:_SHEET]]
    tiles = []
    for path in paths:
        if path.is_file():
            with Image.open(path) as picture:
                tiles.append(np.asarray(picture.convert("RGB").resize((_TILE, _TILE))))
    if not tiles:
        return
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 10)
    rows = [np.concatenate(tiles[k : k + 10], axis=1) for k in range(0, len(tiles), 10)]
    held = BytesIO()
    Image.fromarray(np.concatenate(rows)).save(held, "JPEG", quality=90)
    replace_file(order.out / CONTACT_SHEET, held.getvalue())
