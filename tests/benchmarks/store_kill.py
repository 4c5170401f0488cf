"""Annotators killed at random moments, on a sound and on a full disk; two programs for 30 s.

A simulated annotator takes images, edits, undoes and moves on at full speed, and says so in a
pipe after every change that was acknowledged. It is killed with SIGKILL at a random moment, and
what it said is compared with what the project holds. ``LAPA_BENCH_KILLS`` sets how often.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lapa_annotator.domain.edits import (
    AddFace,
    Edit,
    RemoveFace,
    SetOverride,
    SetPoints,
    SetStatus,
    SetTags,
)
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Status
from lapa_annotator.domain.override import Patch
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import LeaseHeldError
from lapa_annotator.store.verify import verify
from tests.store.builders import make_project, moved, random_face
from tests.store.test_two_programs import both, lost

KILLS = int(os.environ.get("LAPA_BENCH_KILLS", "1000"))
_IMAGES = 8
_KILLS_A_PROJECT = 50
_LONGEST_LIFE = 0.4
_DISK = "24m"


@dataclass
class Tally:
    """What was counted over all kills."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    refused: int = 0
    in_flight: int = 0
    unsound: list[str] = field(default_factory=list)
    still_leased: int = 0
    unreadable_while_full: int = 0


def main() -> None:
    """Run all three and print what was counted."""
    with tempfile.TemporaryDirectory() as folder:
        say("sound disk", kill_many(Path(folder), KILLS))
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", folder], check=False
        )
        if mounted.returncode:
            write("full disk: skipped, mounting a small tmpfs needs root")
        else:
            try:
                say(f"full disk ({_DISK})", kill_many(Path(folder), KILLS // 4, full=True))
            finally:
                subprocess.run(["umount", folder], check=True)
    with tempfile.TemporaryDirectory() as folder:
        two_programs(Path(folder))


def two_programs(folder: Path) -> None:
    """Run two programs on one project for 30 s."""
    make_project(folder, *(f"{k}.jpg" for k in range(_IMAGES))).close()
    done = both(folder / "p.lapa", turns=10**9, seconds=30)
    with Project.open(folder / "p.lapa") as project:
        missing = lost(project, done)
        problems = list(verify(project))[-1].problems
    write(
        f"two programs, 30 s: {sum(d.saved for d in done)} changes saved, {missing[0]} lost, "
        f"{sum(d.refused for d in done)} leases refused, {len(problems)} problems, "
        f"slowest turn {max(d.longest for d in done):.2f} s"
    )


def kill_many(folder: Path, kills: int, *, full: bool = False) -> Tally:
    """Kill an annotator again and again; a new project every fifty times."""
    tally = Tally()
    chance = random.Random(0)
    known: dict[int, str] = {}
    entries = 0
    for kill in range(kills):
        if kill % _KILLS_A_PROJECT == 0:
            shutil.rmtree(folder / "p.lapa", ignore_errors=True)
            names = [f"{k}.jpg" for k in range(_IMAGES)]
            make_project(folder, *names).close()
            known, entries = {}, 0
        filler = _fill(folder, chance) if full else None
        said = _kill_one(folder / "p.lapa", chance)
        if filler is not None:
            tally.unreadable_while_full += not _readable(folder / "p.lapa")
            filler.unlink()
        entries = _compare(folder / "p.lapa", said, known, entries, tally)
        tally.kills += 1
    return tally


def _fill(folder: Path, chance: random.Random) -> Path:
    """Fill the disk but for a few hundred kilobytes."""
    free = shutil.disk_usage(folder).free
    filler = folder / "filler"
    filler.write_bytes(bytes(max(0, free - chance.randrange(80_000, 600_000))))
    return filler


def _readable(folder: Path) -> bool:
    try:
        with Project.open(folder, read_only=True) as project:
            for image in project.ids().tolist():
                project.load(image)
    except InputError:
        return False
    return True


def _kill_one(folder: Path, chance: random.Random) -> list[dict[str, object]]:
    """Start an annotator, kill it, and return what it said."""
    end, begin = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(end)
        try:
            annotate(folder, begin, random.Random(chance.random()))
        finally:
            os._exit(1)
    os.close(begin)
    with os.fdopen(end, "rb") as pipe:
        first = pipe.readline()  # killed before it has begun it proves nothing
        time.sleep(chance.random() * _LONGEST_LIFE)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        lines = [first, *pipe.read().splitlines(keepends=True)]
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def annotate(folder: Path, pipe: int, chance: random.Random) -> None:
    """Edit at full speed until killed; say what is about to be done, and what has been done."""
    logging.disable()  # a full disk makes it warn of every lease

    def tell(**what: object) -> None:
        os.write(pipe, json.dumps(what).encode() + b"\n")

    tell(begun=0)
    while True:
        try:
            with Project.open(folder, annotator="ann") as project:
                while True:
                    with project.lease(chance.choice(project.ids().tolist())) as lease:
                        for _ in range(chance.randrange(1, 12)):
                            tell(begun=lease.image_id)
                            now = _change(project, lease.image_id, chance)
                            tell(image=lease.image_id, now=digest(now))
        except InputError:
            tell(refused=True)  # the disk is full: what was not acknowledged may be lost


def _change(project: Project, image: int, chance: random.Random) -> Annotation:
    kind = chance.random()
    if kind < 0.2:
        applied = project.undo(image)
    elif kind < 0.3:
        applied = project.redo(image)
    else:
        applied = None
    if applied is not None:
        return project.load(image)
    return project.save(image, _edit(project.load(image), chance), seconds=0.5).annotation


def _edit(now: Annotation, chance: random.Random) -> Edit:
    kind = chance.random()
    if not now.faces or (kind < 0.1 and len(now.faces) < 3):
        return AddFace(random_face(chance.randrange(10**9)), len(now.faces))
    face = chance.choice(now.faces)
    if kind < 0.15:
        return RemoveFace(face, now.faces.index(face))
    if kind < 0.25:
        return SetStatus(now.status, chance.choice(list(Status)))
    if kind < 0.35:
        return SetTags(now.tags, now.tags ^ {chance.choice("abc")})
    if kind < 0.5:
        x, y, side = chance.randrange(300), chance.randrange(300), chance.randrange(1, 120)
        values = np.random.default_rng(x).integers(0, 11, (side, side))
        before = face.override.region(x, y, side, side)
        return SetOverride(face.id, before, Patch(x, y, values))
    assert face.landmarks is not None
    indices = chance.sample(range(106), chance.choice([1, 1, 1, 13, 106]))
    return SetPoints(face.id, *moved(face.landmarks, *indices, by=chance.random()))


def digest(annotation: Annotation) -> str:
    """A short text that stands for every value of an annotation."""
    faces = [face.to_dict() for face in annotation.faces]
    said = json.dumps([faces, annotation.status, sorted(annotation.tags)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _compare(
    folder: Path, said: list[dict[str, object]], known: dict[int, str], entries: int, tally: Tally
) -> int:
    """Compare what was said with what is there; returns how many journal entries there are."""
    acknowledged = [line for line in said if "now" in line]
    tally.acknowledged += len(acknowledged)
    tally.refused += sum("refused" in line for line in said)
    for line in acknowledged:
        known[int(str(line["image"]))] = str(line["now"])
    flying = _flying(said)
    with Project.open(folder, annotator="checker") as project:
        problems = list(verify(project))[-1].problems
        tally.unsound += problems
        found = 0
        for image in project.ids().tolist():
            found += len(project.history(image))
            now = digest(project.load(image))
            if now != known.get(image, digest(Annotation())):
                if image in flying:
                    tally.in_flight += 1  # it was on the disk before it could be acknowledged
                    known[image] = now
                else:
                    tally.lost += 1
            try:
                project.lease(image).release()
            except LeaseHeldError:
                tally.still_leased += 1
    missing = entries + len(acknowledged) - found
    tally.lost += max(0, missing)
    return found


def _flying(said: list[dict[str, object]]) -> set[int]:
    """The images of which a change was begun last that was never acknowledged."""
    flying: set[int] = set()
    for line in said:
        if "begun" in line:
            flying.add(int(str(line["begun"])))
        elif "now" in line:
            flying.discard(int(str(line["image"])))
    return flying


def say(title: str, tally: Tally) -> None:
    """Print what was counted."""
    write(
        f"{title}: {tally.kills} kills, {tally.acknowledged} acknowledged changes, "
        f"{tally.lost} lost, {len(tally.unsound)} problems found by verify, "
        f"{tally.in_flight} on the disk before they were acknowledged, {tally.refused} times "
        f"refused for want of room, {tally.still_leased} leases left behind, "
        f"{tally.unreadable_while_full} times unreadable while full"
    )
    for problem in tally.unsound[:5]:
        write(f"  {problem}")


def write(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
