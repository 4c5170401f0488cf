"""Small pictures for the list: made in a thread, kept on the disk and a few in memory."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Generator
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.formats.photo import read_thumbnail
from lapa_annotator.gui.workers import JobQueue
from lapa_annotator.store.values import ImageInfo

SIDE = 144
"""Longer side of a thumbnail in pixels: sharp at three times the list's 48."""
_KEPT = 600
_WAITING_MOST = 64
_BATCH = 4


class Thumbnails(QObject):
    """Gives thumbnails that it has and makes those it has not.

    ``made(image_id)`` when one is there that was asked for before.
    """

    made = Signal(int)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._folder: Path | None = None
        self._kept: OrderedDict[str, QPixmap | None] = OrderedDict()
        self._wanted: OrderedDict[str, ImageInfo] = OrderedDict()
        self._busy = False

    def use(self, folder: Path | None) -> None:
        """Keep thumbnails in ``folder`` from now on, and forget those of another project."""
        self._folder = folder
        self._kept.clear()
        self._wanted.clear()

    def get(self, info: ImageInfo) -> QPixmap | None:
        """Return an image's thumbnail; None while it is being made, or when it cannot be."""
        key = info.content
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        self._wanted[key] = info
        self._wanted.move_to_end(key)
        while len(self._wanted) > _WAITING_MOST:
            self._wanted.popitem(last=False)
        self._start()
        return None

    def _start(self) -> None:
        if self._busy or not self._wanted or self._folder is None:
            return
        # The latest wish first: it is what the list shows now.
        batch = [self._wanted.popitem()[1] for _ in range(min(_BATCH, len(self._wanted)))]
        folder = self._folder
        self._busy = True
        job = self._queue.run(lambda: _make_all(batch, folder), priority=-1)
        job.progressed.connect(self._take)
        job.finished.connect(self._go_on)

    def _take(self, done: tuple[ImageInfo, QImage | None]) -> None:
        info, image = done
        self._kept[info.content] = None if image is None else QPixmap.fromImage(image)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.made.emit(info.id)

    def _go_on(self) -> None:
        self._busy = False
        self._start()


def _make_all(
    infos: list[ImageInfo], folder: Path
) -> Generator[tuple[ImageInfo, QImage | None], None, None]:
    for info in infos:
        yield info, thumbnail(info.file, folder / info.content[:2] / f"{info.content}.jpg")


def thumbnail(photo: Path, kept: Path) -> QImage | None:
    """Return a photo's thumbnail, from the file ``kept`` or made and kept there.

    None when the photo cannot be read; a thumbnail that cannot be kept is returned all the same.
    """
    image = QImage(str(kept)) if kept.is_file() else QImage()
    if not image.isNull():
        return image
    try:
        small = Image.fromarray(read_thumbnail(photo, SIDE).pixels)
    except InputError:
        return None
    data = io.BytesIO()
    small.save(data, "JPEG", quality=85)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        replace_file(kept, data.getvalue())
    except (InputError, OSError):
        pass  # A full disk: the list is as good without the file.
    return QImage.fromData(data.getvalue())
