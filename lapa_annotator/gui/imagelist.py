"""The list of photos as a table model: ids for every row, what is shown for a window of them.

A project may hold a million photos. The model keeps one 8-byte id per row; names, statuses and
doubts are fetched for blocks of rows as they come into sight and forgotten again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QPixmap

from lapa_annotator.domain.face import Status
from lapa_annotator.gui.words import mark as _
from lapa_annotator.gui.words import said
from lapa_annotator.store.values import ImageInfo, PhotoState

_BLOCK = 64
_BLOCKS_KEPT = 64

Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """The list's columns."""

    PHOTO = 0
    STATUS = 1
    DOUBT = 2


_STATUSES = {
    Status.NEW: _("new"),
    Status.PROPOSED: _("proposed"),
    Status.IN_PROGRESS: _("in progress"),
    Status.DONE: _("done"),
    Status.APPROVED: _("approved"),
    Status.REJECTED: _("rejected"),
}


class Infos(Protocol):
    """Where rows come from; a ``store.Project`` is one."""

    def infos(self, image_ids: Sequence[int]) -> list[ImageInfo]:
        """Return what lists show of some images, in order, without unknown ones."""


INFO = int(Qt.ItemDataRole.UserRole)
"""The role under which the delegate gets a row's ``ImageInfo`` (None while unknown)."""


class ImageList(QAbstractTableModel):
    """Rows of images in the order of ``ids``.

    ``sort_asked(Column, descending)`` when a header is clicked: the store sorts, not the model.
    """

    sort_asked = Signal(int, bool)

    def __init__(self, thumbnail: Callable[[ImageInfo], QPixmap | None]) -> None:
        super().__init__()
        self._source: Infos | None = None
        self._ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self._blocks: OrderedDict[int, dict[int, ImageInfo]] = OrderedDict()
        self._thumbnail = thumbnail
        self._sorted = (Column.PHOTO, False)

    @property
    def ids(self) -> NDArray[np.int64]:
        """(n,) int64: the image ids in the order of the rows."""
        return self._ids

    def show(self, source: Infos | None, ids: NDArray[np.int64]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._source, self._ids = source, ids
        self._blocks.clear()
        self.endResetModel()

    def row_of(self, image_id: int) -> int:
        """Return the row of an image, -1 when it is not in the list."""
        rows = np.flatnonzero(self._ids == image_id)
        return int(rows[0]) if rows.size else -1

    def info(self, row: int) -> ImageInfo | None:
        """Return what is shown in a row; None when the store knows it no more."""
        block = row // _BLOCK
        if block not in self._blocks:
            self._fetch(block)
        self._blocks.move_to_end(block)
        return self._blocks[block].get(int(self._ids[row]))

    def refresh(self, image_id: int) -> None:
        """Fetch an image's row again and repaint it, if it is in the list."""
        row = self.row_of(image_id)
        if row < 0:
            return
        block = self._blocks.get(row // _BLOCK)
        if block is None or self._source is None:
            return
        block.pop(image_id, None)
        block |= {info.id: info for info in self._source.infos([image_id])}
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))

    def repaint(self, image_id: int) -> None:
        """Repaint an image's row: its thumbnail has been made."""
        row = self.row_of(image_id)
        if row >= 0:
            cell = self.index(row, Column.PHOTO)
            self.dataChanged.emit(cell, cell, [Qt.ItemDataRole.DecorationRole])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """How many images the list holds."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """Photo, status and doubt."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """The columns' titles."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Photo"), self.tr("Status"), self.tr("Doubt"))[section]
        if role == Qt.ItemDataRole.ToolTipRole and section == Column.DOUBT:
            return self.tr("How unsure the model is of its points: sort by it, worst first")
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """What a cell shows."""
        info = self.info(index.row())
        if role == INFO:
            return info
        if info is None:
            return None
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(info, column)
        if role == Qt.ItemDataRole.DecorationRole and column == Column.PHOTO:
            return self._thumbnail(info)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(info)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Ask for the rows in another order."""
        wanted = (Column(column), order == Qt.SortOrder.DescendingOrder)
        if wanted != self._sorted:
            self._sorted = wanted
            self.sort_asked.emit(*wanted)

    def _fetch(self, block: int) -> None:
        ids = self._ids[block * _BLOCK : (block + 1) * _BLOCK].tolist()
        found = self._source.infos(ids) if self._source is not None else []
        self._blocks[block] = {info.id: info for info in found}
        while len(self._blocks) > _BLOCKS_KEPT:
            self._blocks.popitem(last=False)

    def _text(self, info: ImageInfo, column: Column) -> str:
        if column == Column.PHOTO:
            return info.path.name
        if column == Column.STATUS:
            return said(_STATUSES[info.status])
        return "" if info.doubt is None else f"{round(100 * info.doubt)} %"

    def _tip(self, info: ImageInfo) -> str:
        size = f"{info.width} × {info.height}"
        lines = [str(info.path), f"{size}, {faces_said(info.faces)}"]
        if info.photo == PhotoState.MISSING:
            lines.append(self.tr("The photo was not found where it was."))
        if info.photo == PhotoState.CHANGED:
            lines.append(self.tr("The photo has changed since its points were set."))
        if info.tags:
            lines.append(", ".join(info.tags))
        return "\n".join(lines)


def faces_said(count: int) -> str:
    """Return how many faces there are, in words."""
    if count == 1:
        return said(_("1 face"))
    return said(_("{n} faces")).format(n=count)
