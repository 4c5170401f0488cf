"""The panel of found errors: what was found, by kind, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QListView,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.batch.errors.finding import Finding
from lapa_annotator.batch.errors.registry import KINDS
from lapa_annotator.batch.errors.run import Found
from lapa_annotator.gui.errors.findings import (
    FINDING,
    STATE,
    FindingList,
    FindingPainter,
    State,
)
from lapa_annotator.gui.widgets import ShortLabel, named, wrapped
from lapa_annotator.gui.workers import Step

_MOST_SAID = 3


class FindingsPanel(QWidget):
    """The list with its filter and buttons.

    ``find_asked()``, ``stop_asked()``, ``chosen(Finding)`` when one is chosen by hand, and
    ``fine_asked()`` for the one that is selected.

    Args:
        picture: gives a finding's picture, None while there is none.
    """

    find_asked = Signal()
    stop_asked = Signal()
    chosen = Signal(object)
    fine_asked = Signal()

    def __init__(self, picture: Callable[[Finding], QPixmap | None]) -> None:
        super().__init__()
        self.model = FindingList(picture)
        self.search = QPushButton(self.tr("Find errors"))
        self.search.clicked.connect(self._find)
        self.kinds = QComboBox()
        self.kinds.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.kinds.activated.connect(self._filter)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(6)
        self.progress.hide()
        self.about = named(wrapped(self._purpose()), "faint")
        self.notes = named(ShortLabel(), "faint")
        self._painter = FindingPainter(self)
        self.list = self._list()
        self.fine = QPushButton(self.tr("This is fine"))
        self.fine.clicked.connect(lambda _: self.fine_asked.emit())
        self._searching = False
        self._lay_out()
        self.show_found(None)

    def _list(self) -> QListView:
        view = QListView()
        view.setModel(self.model)
        view.setItemDelegate(self._painter)
        view.setUniformItemSizes(True)
        view.setMouseTracking(True)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.clicked.connect(lambda index: self.chosen.emit(index.data(FINDING)))
        view.activated.connect(lambda index: self.chosen.emit(index.data(FINDING)))
        view.selectionModel().currentChanged.connect(self._offer)
        return view

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.search)
        top.addWidget(self.kinds, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.progress)
        column.addWidget(self.about)
        column.addWidget(self.list, 1)
        column.addWidget(self.notes)
        column.addWidget(self.fine)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the list is low its rows are, too."""
        super().resizeEvent(event)
        if self._painter.fit(self.list.height()):
            self.list.scheduleDelayedItemsLayout()

    def sizeHint(self) -> QSize:
        """Wide enough for a picture and a sentence."""
        return QSize(330, 400)

    @property
    def current(self) -> Finding | None:
        """The finding that is selected."""
        index = self.list.currentIndex()
        return index.data(FINDING) if index.isValid() else None

    def step(self, by: int) -> Finding | None:
        """Select the finding ``by`` rows further on, the first one at first; None at the end.

        What is mended is passed over.
        """
        index = self.list.currentIndex()
        row = index.row() + by if index.isValid() else 0
        while self.model.index(row).data(STATE) == State.MENDED:
            row += by
        if not 0 <= row < self.model.rowCount():
            return None
        self.select(row)
        return self.current

    def select(self, row: int) -> None:
        """Select a row, or nothing where there is no such row."""
        self.list.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())
        if row >= 0:
            self.list.scrollTo(self.model.index(row))

    def show_progress(self, step: Step | None) -> None:
        """Show that a search is at work, or that none is."""
        self._searching = step is not None
        self.search.setText(self.tr("Stop") if self._searching else self.tr("Find errors"))
        self.progress.setVisible(self._searching)
        if step is not None:
            self.progress.setMaximum(step.total)
            self.progress.setValue(step.done)

    def show_found(self, found: Found | None) -> None:
        """Show what was found; None where nobody has looked yet."""
        self.model.show([] if found is None else found.findings)
        self._fill_kinds()
        self.about.setVisible(found is None)
        self.notes.say([] if found is None else self._said(found))
        self.notes.setVisible(bool(self.notes.text()))
        self._offer()

    def refill(self) -> None:
        """Bring filter and buttons up to date after a finding has gone or come back."""
        self._fill_kinds()
        self._offer()

    def _purpose(self) -> str:
        return self.tr(
            "Looks through the whole project for points that cannot be right, unusual shapes "
            "and sizes, photos that are there twice, and label maps that lack something."
        )

    def _said(self, found: Found) -> list[str]:
        """What there is to say beside the findings, a sentence each; the most telling first."""
        lines = [] if found.findings else [self.tr("Nothing was found.")]
        lines += found.problems[:_MOST_SAID]
        more = len(found.problems) - _MOST_SAID
        if more > 0:
            lines.append(self.tr("And {n} more photos could not be read.").format(n=more))
        if found.fine:
            lines.append(self.tr("{n} are marked as fine.").format(n=found.fine))
        return lines + [f"{note[:1].upper()}{note[1:]}." for note in found.notes]

    def _fill_kinds(self) -> None:
        counts, chosen = self.model.counts(), self.kinds.currentData()
        self.kinds.clear()
        whole = self.tr("All kinds ({n})").format(n=sum(counts.values()))
        self.kinds.addItem(whole, "")
        for kind in KINDS:
            if kind.name in counts or kind.name == chosen:
                count = counts.get(kind.name, 0)
                self.kinds.addItem(f"{kind.title} ({count})", kind.name)
        self.kinds.setCurrentIndex(max(0, self.kinds.findData(chosen or "")))

    def _filter(self) -> None:
        self.model.filter(self.kinds.currentData())
        self._offer()

    def _offer(self, *_: object) -> None:
        self.fine.setEnabled(self.current is not None)

    def _find(self) -> None:
        (self.stop_asked if self._searching else self.find_asked).emit()
