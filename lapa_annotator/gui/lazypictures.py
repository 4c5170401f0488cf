"""Pictures that are made off the window's thread when they come into sight, and kept a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from lapa_annotator.gui.workers import JobQueue, once

Make = Callable[[], NDArray[np.uint8]]
"""Gives an (h, w, 3) uint8 RGB picture; may raise ``InputError``, which means no picture."""

_KEPT = 400
_WAITING_MOST = 40


class LazyPictures(QObject):
    """Gives pictures that it has and makes those it has not, the latest wish first.

    ``made(key)`` when one is there that was asked for before.
    """

    made = Signal(str)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._kept: OrderedDict[str, QPixmap | None] = OrderedDict()
        self._wanted: OrderedDict[str, Make] = OrderedDict()
        self._era = 0
        self._busy = False

    def forget(self) -> None:
        """Forget every picture, and what was asked for."""
        self._era += 1
        self._kept.clear()
        self._wanted.clear()

    def drop(self, key: str) -> None:
        """Forget one picture: it is made anew when it is asked for."""
        self._kept.pop(key, None)

    def get(self, key: str, make: Make) -> QPixmap | None:
        """Return a picture; None while it is being made, or when it cannot be."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        self._wanted[key] = make
        self._wanted.move_to_end(key)
        while len(self._wanted) > _WAITING_MOST:
            self._wanted.popitem(last=False)
        self._start()
        return None

    def _start(self) -> None:
        if self._busy or not self._wanted:
            return
        key, make = self._wanted.popitem()
        self._busy = True
        take = partial(self._take, self._era, key)
        job = self._queue.run(
            once(make), priority=-1, returned=take, failed=lambda _error: take(None)
        )
        job.finished.connect(self._go_on)

    def _take(self, era: int, key: str, picture: NDArray[np.uint8] | None) -> None:
        if era != self._era:
            return
        self._kept[key] = None if picture is None else QPixmap.fromImage(image_of(picture))
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.made.emit(key)

    def _go_on(self) -> None:
        self._busy = False
        self._start()


def image_of(picture: NDArray[np.uint8]) -> QImage:
    """An (h, w, 3) uint8 RGB picture as Qt has it; the memory is the image's own."""
    pixels = np.ascontiguousarray(picture)
    height, width = pixels.shape[:2]
    data = pixels.tobytes()
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
