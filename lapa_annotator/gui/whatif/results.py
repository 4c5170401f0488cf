"""What a trial has found: the change of every class, and the faces that change most."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from lapa_annotator.batch.whatif.compare import ClassChange, FaceChange, Outcome
from lapa_annotator.batch.whatif.pictures import caption, triple
from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.gui.lazypictures import LazyPictures
from lapa_annotator.gui.theme import colour
from lapa_annotator.gui.workers import JobQueue
from lapa_annotator.ppa.settings import Settings
from lapa_annotator.store.project import Project

_SIDE = 170
_GAP = 4


class ClassTable(QTableWidget):
    """How far every class changes; what a hand has fixed stands beside where there is any."""

    def __init__(self) -> None:
        super().__init__(0, 5)
        overlap = self.tr("Overlap of the maps before and after: 100 where nothing changes")
        fixed = self.tr("Overlap with what people have fixed by hand, over these pixels")
        titles = {
            self.tr("class"): "",
            self.tr("IoU, %"): overlap,
            self.tr("area, %"): self.tr("Growth of the area"),
            self.tr("by hand: before"): fixed,
            self.tr("after"): fixed,
        }
        for column, (title, tip) in enumerate(titles.items()):
            head = QTableWidgetItem(title)
            head.setToolTip(tip)
            self.setHorizontalHeaderItem(column, head)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(23)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setFixedHeight(12 * 23 + 12)

    def show_outcome(self, outcome: Outcome | None) -> None:
        """Show the change of every class; nothing for None."""
        changes = [] if outcome is None else outcome.classes()
        self.setRowCount(len(changes))
        by_hand = outcome is not None and outcome.fixed > 0
        for column in (3, 4):
            self.setColumnHidden(column, not by_hand)
        for row, change in enumerate(changes):
            self._fill(row, change)

    def _fill(self, row: int, change: ClassChange) -> None:
        swatch = QPixmap(10, 10)
        swatch.fill(QColor(*CLASSES[change.label].colour))
        self.setItem(row, 0, QTableWidgetItem(QIcon(swatch), change.name))
        numbers = (change.iou, change.growth, change.right_before, change.right_after)
        for column, number in enumerate(numbers, start=1):
            sign = "+" if column == 2 else ""
            text = "–" if math.isnan(number) else f"{100 * number:{sign}.2f}"
            cell = QTableWidgetItem(text)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            cell.setTextAlignment(right)
            if column == 1 and number < 0.99:
                cell.setForeground(colour("danger"))
            self.setItem(row, column, cell)


class MostChanged(QListWidget):
    """The faces that change most: before, after and difference of each, made when needed."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = LazyPictures(queue, self)
        self._pictures.made.connect(self._take)
        self._make: dict[str, Callable[[], NDArray[np.uint8]]] = {}
        self.setIconSize(QSize(3 * _SIDE + 2 * _GAP, _SIDE))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(True)

    def show_outcome(self, project: Project, outcome: Outcome | None, after: Settings) -> None:
        """Show the faces that change most; nothing for None."""
        self.clear()
        self._pictures.forget()
        self._make = {}
        for change in [] if outcome is None else outcome.most():
            row = QListWidgetItem(f"{change.path}\n{caption(change)}")
            row.setData(Qt.ItemDataRole.UserRole, change.face_id)
            row.setSizeHint(QSize(3 * _SIDE + 180, _SIDE + 8))
            self.addItem(row)
            self._make[change.face_id] = partial(_strip, project, change, after)
        for key in reversed(self._make):
            self._pictures.get(key, self._make[key])

    def _take(self, key: str) -> None:
        picture = self._pictures.get(key, self._make[key])
        for row in range(self.count()):
            item = self.item(row)
            if item.data(Qt.ItemDataRole.UserRole) == key and picture is not None:
                item.setIcon(QIcon(picture))


def _strip(project: Project, change: FaceChange, after: Settings) -> NDArray[np.uint8]:
    """Before, after and difference side by side: (h, w, 3) uint8 RGB."""
    shown = triple(project, change, after, 2 * _SIDE)
    gap = np.full((shown.before.shape[0], 2 * _GAP, 3), 128, np.uint8)
    return np.hstack([shown.before, gap, shown.after, gap, shown.difference])
