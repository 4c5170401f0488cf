"""The parts of the face, each with hide, lock and show-alone, and the points in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from lapa_annotator.domain.schema import PARTS, Part
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.parts import PartsState
from lapa_annotator.gui.editor.pointtip import definition, part_name, tip

NAME, SHOWN, LOCKED, SOLO = range(4)
_INDEX = Qt.ItemDataRole.UserRole
_SIDE = 32


class _PointRow(QTreeWidgetItem):
    """A point below its part; its tooltip's picture is drawn when it is asked for."""

    def __init__(self, row: QTreeWidgetItem, index: int) -> None:
        super().__init__(row, [f"{index}  {definition(index)}"])
        self.setData(NAME, _INDEX, index)

    def data(self, column: int, role: int) -> object:
        """What the tree shows of the point."""
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(super().data(NAME, _INDEX))
        return super().data(column, role)


class PartsDock(QWidget):
    """A tree of the 13 parts and their points; the last three columns are switches."""

    def __init__(self, document: Document, parts: PartsState) -> None:
        super().__init__()
        self._document = document
        self._parts = parts
        self.tree = QTreeWidget()
        self.tree.setColumnCount(4)
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setIconSize(QSize(16, 16))
        self.tree.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (SHOWN, LOCKED, SOLO):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, 26)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tree)
        self._rows = {part.name: self._add(part) for part in PARTS}
        self._following = False
        self.tree.itemClicked.connect(self._on_clicked)
        self.tree.itemSelectionChanged.connect(self._on_selected)
        parts.changed.connect(self._show_state)
        document.selection_changed.connect(self._follow)
        self._show_state()

    def _add(self, part: Part) -> QTreeWidgetItem:
        row = QTreeWidgetItem(self.tree, [part_name(part.name)])
        row.setData(NAME, _INDEX, part.name)
        texts = (
            QCoreApplication.translate("editor", "Show or hide this part"),
            QCoreApplication.translate("editor", "Lock: its points stay where they are"),
            QCoreApplication.translate("editor", "Show this part alone"),
        )
        for column, text in zip((SHOWN, LOCKED, SOLO), texts, strict=True):
            row.setToolTip(column, text)
        for index in part.indices:
            _PointRow(row, index)
        return row

    def _on_clicked(self, row: QTreeWidgetItem, column: int) -> None:
        name = row.data(NAME, _INDEX)
        switch = {
            SHOWN: self._parts.toggle_hidden,
            LOCKED: self._parts.toggle_locked,
            SOLO: self._parts.toggle_solo,
        }.get(column)
        if switch is not None and isinstance(name, str):
            switch(name)

    def _on_selected(self) -> None:
        if self._following:
            return
        chosen: set[int] = set()
        for row in self.tree.selectedItems():
            value = row.data(NAME, _INDEX)
            chosen |= {value} if isinstance(value, int) else set(_part(value).indices)
        self._document.select(chosen)

    def _follow(self) -> None:
        """Show in the tree what is selected on the canvas."""
        self._following = True
        selection = self._document.selection
        for name, row in self._rows.items():
            indices = _part(name).indices
            row.setSelected(bool(indices) and selection.issuperset(indices))
            for place, index in enumerate(indices):
                child = row.child(place)
                if child is not None:
                    child.setSelected(index in selection and not row.isSelected())
        current = self._document.current
        if current is not None:
            part = next(part for part in PARTS if current in part.indices)
            self.tree.scrollToItem(self._rows[part.name])
        self._following = False

    def _show_state(self) -> None:
        ink = self.palette().color(QPalette.ColorRole.Text)
        for name, row in self._rows.items():
            row.setIcon(SHOWN, _icon(_eye, ink, self._parts.is_shown(name)))
            row.setIcon(LOCKED, _icon(_lock, ink, name in self._parts.locked))
            row.setIcon(SOLO, _icon(_solo, ink, name == self._parts.solo))
            faded = QColor(ink)
            faded.setAlphaF(1.0 if self._parts.is_shown(name) else 0.45)
            row.setForeground(NAME, faded)


def _part(name: str) -> Part:
    return next(part for part in PARTS if part.name == name)


def _icon(draw: Callable[[QPainter, QColor], None], ink: QColor, is_on: bool) -> QIcon:
    """An icon drawn in the text's colour; one that is off is faint."""
    pixmap = QPixmap(_SIDE, _SIDE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(1.0 if is_on else 0.3)
    painter.setPen(QPen(ink, 2.4))
    draw(painter, ink)
    painter.end()
    return QIcon(pixmap)


def _eye(painter: QPainter, ink: QColor) -> None:
    painter.drawEllipse(QRectF(4, 9, 24, 14))
    painter.setBrush(ink)
    painter.drawEllipse(QPointF(16, 16), 3.5, 3.5)


def _lock(painter: QPainter, ink: QColor) -> None:
    painter.drawArc(QRectF(10, 5, 12, 18), 0, 180 * 16)
    painter.setBrush(ink)
    painter.drawRoundedRect(QRectF(7, 14, 18, 13), 2, 2)


def _solo(painter: QPainter, ink: QColor) -> None:
    painter.drawEllipse(QPointF(16, 16), 9.5, 9.5)
    painter.setBrush(ink)
    painter.drawEllipse(QPointF(16, 16), 4, 4)
