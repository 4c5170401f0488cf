"""Reading photos off the window's thread: the one that is wanted, and the next ones ahead."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.gui.editor.items.photo import photo_levels
from lapa_annotator.gui.workers import Job, JobQueue, once

_KEPT_BYTES = 300_000_000
_AHEAD_PIXELS = 60_000_000


@dataclass(frozen=True, eq=False)
class LoadedPhoto:
    """A photo in memory.

    Attributes:
        image_id: its id in the project.
        path: where it was read.
        stamp: modification time and size of the file, to tell whether it has changed.
        levels: (H, W, 3) uint8 RGB as displayed, and its successive halves.
    """

    image_id: int
    path: Path
    stamp: tuple[int, int]
    levels: tuple[NDArray[np.uint8], ...]

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB as displayed."""
        return self.levels[0]

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(level.nbytes for level in self.levels)


class PhotoLoader(QObject):
    """Reads photos in a thread and keeps the latest.

    ``loaded(LoadedPhoto)`` for the photo that was wanted last, ``failed(image_id, InputError)``
    when it cannot be read, ``came(LoadedPhoto)`` for every photo that was read.
    """

    loaded = Signal(object)
    failed = Signal(int, object)
    came = Signal(object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._kept: OrderedDict[int, LoadedPhoto] = OrderedDict()
        self._jobs: dict[int, Job] = {}
        self._wanted = 0

    def get(self, image_id: int, path: Path) -> LoadedPhoto | None:
        """Return a photo that is in memory and still as it was on the disk."""
        kept = self._kept.get(image_id)
        if kept is None or (kept.path, kept.stamp) != (path, _stamp(path)):
            self._kept.pop(image_id, None)
            return None
        self._kept.move_to_end(image_id)
        return kept

    def want(self, image_id: int, path: Path) -> None:
        """Bring a photo; whatever was wanted before and has not begun is given up."""
        self._wanted = image_id
        kept = self.get(image_id, path)
        if kept is not None:
            self.loaded.emit(kept)
            return
        for other, job in list(self._jobs.items()):
            if other != image_id:
                job.cancel()
        if image_id not in self._jobs or self._jobs[image_id].is_cancelled:
            self._read(image_id, path, priority=1)

    def ahead(self, photos: Sequence[tuple[int, Path, int]]) -> None:
        """Read the photos that may be wanted next: (image id, path, number of pixels)."""
        for image_id, path, size in photos:
            known = image_id in self._jobs or self.get(image_id, path) is not None
            if not known and size <= _AHEAD_PIXELS:
                self._read(image_id, path, priority=0)

    def forget(self) -> None:
        """Give up everything that is under way, and everything that is kept."""
        self._wanted = 0
        for job in self._jobs.values():
            job.cancel()
        self._kept.clear()

    def _read(self, image_id: int, path: Path, priority: int) -> None:
        job = Job(once(lambda: load(image_id, path)), priority=priority)
        self._jobs[image_id] = job
        job.returned.connect(self._keep)
        job.failed.connect(lambda error: self._fail(image_id, error))
        job.finished.connect(lambda: self._done(image_id, job))
        self._queue.add(job)

    def _keep(self, photo: LoadedPhoto) -> None:
        self._kept[photo.image_id] = photo
        while len(self._kept) > 1 and sum(p.bytes for p in self._kept.values()) > _KEPT_BYTES:
            oldest = next(i for i in self._kept if i not in (self._wanted, photo.image_id))
            del self._kept[oldest]
        self.came.emit(photo)
        if photo.image_id == self._wanted:
            self.loaded.emit(photo)

    def _fail(self, image_id: int, error: InputError) -> None:
        if image_id == self._wanted:
            self.failed.emit(image_id, error)

    def _done(self, image_id: int, job: Job) -> None:
        if self._jobs.get(image_id) is job:
            del self._jobs[image_id]


def load(image_id: int, path: Path) -> LoadedPhoto:
    """Read a photo and make its levels.

    Raises:
        InputError: it is missing, damaged or too large; or there is no memory for it.
    """
    stamp = _stamp(path)
    try:
        return LoadedPhoto(image_id, path, stamp, photo_levels(read_photo(path).pixels))
    except MemoryError as error:
        raise InputError(
            path, "there is not enough memory to show it", "close other programs or scale it down"
        ) from error


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
