"""Export of faces with cached segmentations: photos per second, memory, cancel, kill and resume.

Set LAPA_BENCH_FACES to a number of faces; 2,000 by default. The photos are portraits where they
are at hand, else noise; the points are a mean face and the segmentations ellipses, so that no
network has a part in it but reading what one has said.
"""

import functools
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from lapa_annotator.batch.execute import Processes, cores
from lapa_annotator.batch.export.card import verify
from lapa_annotator.batch.export.options import ExportOptions
from lapa_annotator.batch.export.run import export
from lapa_annotator.batch.outcome import PHASES
from lapa_annotator.batch.photos import add_folder
from lapa_annotator.domain.edits import AddFace, Gesture, SetStatus
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box, square_crop
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.formats.registry import mean_face
from lapa_annotator.store.cache import CachedSegmentation
from lapa_annotator.store.project import Project
from tests.support import SHARED

PORTRAITS = SHARED / "data" / "portraits"
FACES = int(os.environ.get("LAPA_BENCH_FACES", "2000"))
SIDE = 512


def _photos(folder: Path, count: int) -> None:
    folder.mkdir()
    sources = [p.read_bytes() for p in sorted(PORTRAITS.glob("*.jpg"))[:count]]
    if not sources:
        noise = np.random.default_rng(0).integers(0, 256, (275, 225, 3)).astype(np.uint8)
        Image.fromarray(noise).save(folder / "one.jpg", quality=90)
        sources = [(folder / "one.jpg").read_bytes()]
        (folder / "one.jpg").unlink()
    for k, data in zip(range(count), itertools.cycle(sources), strict=False):
        # What stands behind the end of a JPEG is not shown; it makes each a photo of its own.
        (folder / f"{k:06d}.jpg").write_bytes(data + k.to_bytes(4, "big"))


@functools.cache
def _ellipses() -> np.ndarray:
    """Skin in an ellipse and hair in a ring around its upper half, as a network might say."""
    y, x = (np.mgrid[:SIDE, :SIDE] - SIDE / 2) / (SIDE / 2)
    skin = ((x / 0.45) ** 2 + (y / 0.6) ** 2 < 1) * 0.95
    hair = ((x / 0.6) ** 2 + (y / 0.8) ** 2 < 1) * (y < 0.1) * (1 - skin)
    shares = np.stack([1 - skin - hair, skin, hair])
    return (shares * 255).round().astype(np.uint8)


def _project(folder: Path, count: int) -> Path:
    _photos(folder / "photos", count)
    mean = mean_face() - mean_face().min(axis=0)
    mean /= mean.max()
    rng = np.random.default_rng(0)
    with Project.create(folder / "p", annotator="bench") as project:
        list(add_folder(project, folder / "photos"))
        for info in project.infos(project.ids().tolist()):
            side = 0.5 * info.width
            points = (
                mean * side + (0.25 * info.width, 0.3 * info.height) + rng.normal(size=(106, 2))
            )
            face = Face(Box.around(points), Landmarks(points))
            to_crop = square_crop(face.box.centre, 2.5 * side, SIDE)
            kept = CachedSegmentation(_ellipses(), to_crop, "ellipses")
            project.segmentations.store(face.id, kept)
            done = SetStatus(Status.NEW, Status.DONE)
            project.save(info.id, Gesture((AddFace(face, 0), done)))
        return project.folder


def _memory() -> float:
    """Megabytes that this process and its children keep, where the system tells."""
    mine = os.getpid()
    whole = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except OSError:
            continue
        if "VmRSS" in told and mine in (int(told["Pid"]), int(told["PPid"])):
            whole += int(told["VmRSS"].split()[0])
    return whole / 1024


def _speed(project: Project, out: Path, name: str) -> None:
    spent: Counter[str] = Counter()
    memory = []
    begin = first = time.perf_counter()
    options = ExportOptions(out, format=name, jobs=cores())
    for at, step in enumerate(export(project, options, Processes(cores(), 1, hasty=True))):
        if at == cores():
            first = time.perf_counter()
        if step.seconds and step.photo:
            spent.update(step.seconds)
        if at and at % max(1, FACES // 8) == 0:
            memory.append(_memory())
    end = time.perf_counter()
    whole = sum(spent.values())
    shares = ", ".join(f"{phase} {100 * spent[phase] / whole:.0f} %" for phase in PHASES)
    print(  # noqa: T201  # its purpose
        f"{name}: {FACES / (end - first):.1f} photos/s on {cores()} processes after "
        f"{first - begin:.1f} s of starting; {shares}; "
        f"memory {' '.join(f'{m:.0f}' for m in memory)} MB"
    )


def _cancel(project: Project, out: Path) -> None:
    with closing(export(project, ExportOptions(out), Processes(cores(), 1, hasty=True))) as job:
        for step in job:
            if step.done >= FACES // 4:
                break
        begin = time.perf_counter()
    seconds = time.perf_counter() - begin
    there = "nothing is there" if not out.exists() else "SOMETHING IS THERE"
    print(f"cancelled in {seconds:.2f} s; {there}")  # noqa: T201  # its purpose


def _kill(project: Path, whole: Path, out: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from lapa_annotator.batch.export.options import ExportOptions;"
        "from lapa_annotator.batch.export.run import export;"
        "from lapa_annotator.store.project import Project\n"
        "if __name__ == '__main__':\n"
        " p = Project.open(Path(sys.argv[1]))\n"
        " for s in export(p, ExportOptions(Path(sys.argv[2]))): print(s.done, flush=True)"
    )
    script = out.with_suffix(".py")
    script.write_text(code)
    kills = 0
    for share in (0.1, 0.3, 0.6, 0.9):
        command = [sys.executable, str(script), str(project), str(out)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as running:
            assert running.stdout is not None
            for line in running.stdout:
                if int(line) >= share * FACES:
                    running.send_signal(signal.SIGKILL)
                    kills += 1
                    break
        assert not out.exists()
        time.sleep(0.5)  # the workers see that their parent has gone
    subprocess.run(
        [sys.executable, str(script), str(project), str(out)], check=True, capture_output=True
    )
    one, two = (
        {p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in (whole, out)
    )
    same = "the same, byte by byte" if one == two else "NOT THE SAME"
    print(  # noqa: T201  # its purpose
        f"killed {kills} times and resumed: {same}, {len(two)} files; {len(verify(out))} wrong"
    )


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        begin = time.perf_counter()
        place = _project(root, FACES)
        seconds = time.perf_counter() - begin
        print(f"a project of {FACES} faces made in {seconds:.0f} s")  # noqa: T201  # its purpose
        with Project.open(place) as project:
            for name in ("lapa", "coco", "hf"):
                _speed(project, root / name, name)
            _cancel(project, root / "cancelled")
        _kill(place, root / "lapa", root / "killed")
