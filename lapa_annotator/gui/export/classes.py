"""The tab in which classes are put together, renamed and coloured."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
)

from lapa_annotator.domain.classes import CLASSES
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.classes import parse_classes
from lapa_annotator.gui.export.choices import Choices
from lapa_annotator.gui.export.sections import Section, in_a_row
from lapa_annotator.gui.widgets import wrapped

_ROW_HEIGHT = 26


class ClassSection(Section):
    """A row for each of LaPa's classes: what it goes out as, and in which colour."""

    def __init__(self) -> None:
        super().__init__()
        self._colours: dict[str, str] = {}
        self._filling = False
        self.table = QTableWidget(len(CLASSES), 3)
        self.table.setHorizontalHeaderLabels(
            [self.tr("class"), self.tr("goes out as"), self.tr("colour")]
        )
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.hint = wrapped(
            self.tr(
                "Classes of the same name become one; background leaves a class out. "
                "Double-click a colour to choose another."
            ),
            "faint",
        )
        self.reset = QPushButton(self.tr("LaPa's own classes"))
        self.form.addRow(self.hint)
        self._add("", self.table, "classes")
        self.form.addRow(in_a_row([self.reset]))
        self.reset.clicked.connect(lambda: self.show_choices(Choices()))
        self.table.itemChanged.connect(self._edited)
        self.table.cellDoubleClicked.connect(self._double_clicked)
        self._fill({})

    def _fill(self, names: dict[str, str]) -> None:
        self._filling = True
        fixed = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        for row, class_ in enumerate(CLASSES):
            texts = (class_.name, names.get(class_.name, class_.name), "")
            for column, cell in enumerate(map(QTableWidgetItem, texts)):
                if column != 1 or class_.id == 0:
                    cell.setFlags(fixed)
                self.table.setItem(row, column, cell)
        self._filling = False
        self._paint()

    def _cell(self, row: int, column: int) -> QTableWidgetItem:
        cell = self.table.item(row, column)
        assert cell is not None, "_fill has filled every cell"
        return cell

    def _names(self) -> dict[str, str]:
        """LaPa's class -> what it goes out as, where that is another name."""
        told = {c.name: self._cell(row, 1).text() for row, c in enumerate(CLASSES)}
        return {name: text.strip() for name, text in told.items() if text.strip() != name}

    def _paint(self) -> None:
        """Show every class in the colour that it will have."""
        choices = Choices(names=self._names(), colours=self._colours)
        try:
            classes = parse_classes(choices.merge, choices.colour_rules)
        except InputError:
            return  # what is wrong is said below the table
        self._filling = True
        for row, target in enumerate(classes.targets):
            cell = self._cell(row, 2)
            colour = QColor(*classes.rows[target].colour)
            cell.setData(Qt.ItemDataRole.DecorationRole, colour)
            cell.setText(colour.name())
        self._filling = False

    def _edited(self) -> None:
        if not self._filling:
            self._paint()
            self.changed.emit()

    def _double_clicked(self, row: int, column: int) -> None:
        if column != 2:
            return
        before = QColor(self._cell(row, 2).text())
        found = QColorDialog.getColor(before, self, self.tr("Colour of the class"))
        if found.isValid():
            self.set_colour(row, found.name())

    def set_colour(self, row: int, colour: str) -> None:
        """Colour what the class of a row goes out as: #rrggbb."""
        self._colours[self._cell(row, 1).text().strip()] = colour
        self._paint()
        self.changed.emit()

    def show_choices(self, choices: Choices) -> None:
        """Show what is chosen."""
        self._colours = dict(choices.colours)
        self._fill(choices.names)
        self.changed.emit()

    def chosen(self) -> dict[str, Any]:
        """What the classes go out as."""
        return {"names": self._names(), "colours": dict(self._colours)}
