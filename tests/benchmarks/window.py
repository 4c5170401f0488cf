"""The window: its start, from photo to photo, a list of a million photos, memory after 500."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QSettings
from sqlalchemy import insert

from lapa_annotator.gui import app
from lapa_annotator.gui.settings import Settings
from lapa_annotator.gui.window import Window
from lapa_annotator.store.models import ImageRow, RootRow
from lapa_annotator.store.project import Project
from tests.gui.conftest import FakeModels

STARTS = 7
MILLION = 1_000_000
PHOTOS = 500

# What the command line does until the first picture of the window is on the screen.
_START = """
import os, sys, time
import lapa_annotator.cli.main, lapa_annotator.cli.gui
from PySide6.QtCore import QSettings
from lapa_annotator.gui import app
from lapa_annotator.gui.settings import Settings
qt = app.application(["x"])
window = app.start(qt, Settings(QSettings(sys.argv[1], QSettings.Format.IniFormat)))
window.show()
qt.processEvents()
spent = time.time() - float(sys.argv[2])
heavy = sorted({"torch", "openvino", "cv2", "numpy", "sqlalchemy"} & set(sys.modules))
print(spent, time.process_time(), ",".join(heavy) or "none")
os._exit(0)
"""


def say(text: str) -> None:
    """Print a line of figures."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def median_and_95(seconds: list[float]) -> str:
    """Milliseconds: median and 95th percentile."""
    middle, high = np.percentile(np.array(seconds) * 1000, [50, 95])
    return f"median {middle:.1f} ms, 95th percentile {high:.1f} ms"


def first_window(folder: Path) -> None:
    """From the start of a fresh process to the first picture of the window."""
    times, busy, heavy = [], [], ""
    for _ in range(STARTS):
        command = [sys.executable, "-c", _START, str(folder / "s.ini"), str(time.time())]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        spent, processor, heavy = done.stdout.split()
        times.append(float(spent))
        busy.append(float(processor))
    say(f"first window, fresh process: {median_and_95(times)} (goal 300)")
    say(f"  of that the processor: {median_and_95(busy)}; heavy modules: {heavy}")


@contextmanager
def opened(
    folder: Path, start: Callable[[Window], object], *, played: bool = True
) -> Iterator[Window]:
    """A window on a project, with models that cost nothing, or with the program's own."""
    qt = app.application(["benchmark"])
    settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    settings.set("work/reopen", False)
    window = app.start(qt, settings)
    if played:
        window._models = FakeModels()
    window.resize(1400, 900)
    window.show()
    app.begin(window, None)
    start(window)
    until(lambda: window.project is not None)
    yield window
    window.close()


def until(condition: Callable[[], object]) -> None:
    """Let the window work until something holds."""
    qt = app.application([])
    end = time.perf_counter() + 600
    while not condition():
        if time.perf_counter() > end:
            raise TimeoutError("the window did not come to where the benchmark wants it")
        qt.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 2)


def settled(window: Window) -> bool:
    """Whether nothing is at work any more."""
    return not any(queue.jobs for queue in window.queues.all)


def make_photos(folder: Path, count: int, size: tuple[int, int]) -> Path:
    """Write photos that all differ."""
    folder.mkdir()
    rng = np.random.default_rng(7)
    small = rng.integers(0, 255, (size[1] // 16, size[0] // 16, 3), np.uint8)
    picture = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
    for i in range(count):
        picture.putpixel((0, 0), (i % 256, i // 256, 0))
        picture.save(folder / f"{i:04d}.png" if count < 3 else folder / f"{i:04d}.jpg", quality=90)
    # JPEG would make one file of two pictures that differ by a pixel: the name goes in.
    for i, path in enumerate(sorted(folder.glob("*.jpg"))):
        path.write_bytes(path.read_bytes() + i.to_bytes(4, "big"))
    return folder


def photo_to_photo(folder: Path, megapixels: int, size: tuple[int, int]) -> None:
    """From the key to the next photo with its points painted, read ahead and not."""
    photos = make_photos(folder / f"photos{megapixels}", 24, size)
    place = folder / f"p{megapixels}"
    with opened(folder, lambda w: w.jobs.create(photos, place)) as window:
        until(lambda: window.view.desk.image_id and settled(window))
        ahead = [_step(window, warm=True) for _ in range(10)]
        cold = [_step(window, warm=False) for _ in range(10)]
    for title, steps in (("read ahead", ahead), ("not read ahead", cold)):
        wall, busy = ([step[k] for step in steps] for k in (0, 1))
        say(f"next photo, {megapixels} MP, {title}: {median_and_95(wall)} (goal, read ahead: 50)")
        say(f"  of that the window's thread on the processor: {median_and_95(busy)}")


def _step(window: Window, warm: bool) -> tuple[float, float]:
    """Seconds to the next photo, by the clock and of this thread on the processor."""
    desk, editor = window.view.desk, window.view.editor
    wanted = desk.navigator.step(1)
    path = window.project.photo_path(wanted)
    until(lambda: settled(window) and desk.loader.get(wanted, path) is not None)
    if not warm:
        desk.loader._kept.clear()
    start, busy = time.perf_counter(), time.thread_time()
    window.actions_["next_photo"].trigger()
    until(lambda: desk.image_id == wanted and editor.has("points"))
    editor.canvas.viewport().repaint()
    return time.perf_counter() - start, time.thread_time() - busy


def a_million(folder: Path) -> None:
    """The list of a million photos: open, scroll, jump, search, next to do."""
    place = make_million(folder)
    start = time.perf_counter()
    with opened(folder, lambda w: w.open_folder(place)) as window:
        view = window.view
        until(lambda: view.images.rowCount() == MILLION)
        say(f"list of a million: open and listed {time.perf_counter() - start:.2f} s")
        table, bar = view.panel.table, view.panel.table.verticalScrollBar()
        times = []
        for i in range(200):
            start = time.perf_counter()
            bar.setValue(20_000_000 + i * 3 * 52)
            table.viewport().repaint()
            times.append(time.perf_counter() - start)
        say(f"scroll by three rows: {median_and_95(times)}")
        times = []
        for place_ in np.linspace(0, bar.maximum(), 50).astype(int):
            start = time.perf_counter()
            bar.setValue(int(place_))
            table.viewport().repaint()
            times.append(time.perf_counter() - start)
        say(f"jump to anywhere: {median_and_95(times)}")
        for search in ("status:done", "status:proposed doubt:>0.9", "image_00999", ""):
            start = time.perf_counter()
            view.search(search)
            until(lambda: view._listing is None)
            table.viewport().repaint()
            spent = time.perf_counter() - start
            say(f"search {search!r}: {spent * 1000:.0f} ms, {view.images.rowCount()} rows")
        start = time.perf_counter()
        table.sortByColumn(2, table.horizontalHeader().sortIndicatorOrder().DescendingOrder)
        until(lambda: view._listing is None)
        say(f"sort by doubt: {(time.perf_counter() - start) * 1000:.0f} ms")


def make_million(folder: Path) -> Path:
    """A project of a million photos that are not there; two in three are done."""
    place = folder / "million.lapa"
    with Project.create(place, annotator="benchmark") as project:
        rng = np.random.default_rng(3)
        doubts = rng.random(MILLION)
        with project.database.write() as connection:
            connection.execute(
                insert(RootRow).values(id=1, path=str(folder), relative="..", added=0.0)
            )
            for first in range(0, MILLION, 20_000):
                rows = [
                    {
                        "root_id": 1,
                        "path": f"{i // 1000:04d}/image_{i:07d}.jpg",
                        "width": 1000,
                        "height": 1000,
                        "orientation": 1,
                        "size": 1,
                        "modified": 1,
                        "content": i.to_bytes(16, "big"),
                        "status": 3 if i % 3 else 1,
                        "faces": 1,
                        "doubt": float(doubts[i]),
                    }
                    for i in range(first, first + 20_000)
                ]
                connection.execute(insert(ImageRow), rows)
    return place


def memory(folder: Path) -> None:
    """Resident memory while 500 photos are looked at, one after the other."""
    photos = make_photos(folder / "many", PHOTOS, (1200, 900))
    seen = []
    with opened(folder, lambda w: w.jobs.create(photos, folder / "m")) as window:
        until(lambda: window.view.desk.image_id and settled(window))
        for i in range(1, PHOTOS):
            _step(window, warm=True)
            if i in (50, 100, 200, 300, 400, PHOTOS - 1):
                seen.append(f"{i}: {_resident():.0f} MB")
    say("resident memory after photos " + ", ".join(seen))


def _resident() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main() -> None:
    """Print the figures; the goals stand beside them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        first_window(folder)
        photo_to_photo(folder, 1, (1200, 900))
        photo_to_photo(folder, 12, (4000, 3000))
        memory(folder)
        a_million(folder)


if __name__ == "__main__":
    main()
