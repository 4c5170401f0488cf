"""The found errors as a list model, and how a row of it is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from lapa_annotator.batch.errors.finding import Finding
from lapa_annotator.batch.errors.registry import BY_NAME
from lapa_annotator.gui.theme import colour

Index = QModelIndex | QPersistentModelIndex
FINDING = Qt.ItemDataRole.UserRole
PICTURE = 84
"""Side of a row's picture, in device-independent pixels."""

_PAD = 6


class FindingList(QAbstractListModel):
    """The findings of one kind, or all of them, in the order given.

    Args:
        picture: gives a finding's picture, None while there is none.
    """

    def __init__(self, picture: Callable[[Finding], QPixmap | None]) -> None:
        super().__init__()
        self._picture = picture
        self._all: list[Finding] = []
        self._shown: list[Finding] = []
        self._kind = ""

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings that are shown."""
        return self._shown

    def show(self, findings: Sequence[Finding]) -> None:
        """Take other findings in."""
        self._all = list(findings)
        self.filter(self._kind)

    def filter(self, kind: str) -> None:
        """Show the findings of a kind alone; all of them for ""."""
        self.beginResetModel()
        self._kind = kind
        self._shown = [f for f in self._all if kind in ("", f.kind)]
        self.endResetModel()

    def counts(self) -> dict[str, int]:
        """How many findings of each kind there are, the filter aside."""
        counts: dict[str, int] = {}
        for finding in self._all:
            counts[finding.kind] = counts.get(finding.kind, 0) + 1
        return counts

    def remove(self, finding: Finding) -> int:
        """Take a finding out; returns the row that it was in, -1 if it was not shown."""
        row = self._shown.index(finding) if finding in self._shown else -1
        self._all.remove(finding)
        if row >= 0:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._shown[row]
            self.endRemoveRows()
        return row

    def put_back(self, finding: Finding) -> None:
        """Take a finding in again where it belongs."""
        order = [*self._all, finding]
        self.show(sorted(order, key=lambda f: (-f.severity, f.path, f.key)))

    def repaint(self, key: str) -> None:
        """Say that a finding's picture is there."""
        for row, finding in enumerate(self._shown):
            if finding.key == key:
                self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        """How many findings are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row's sentence, its finding, its picture."""
        if not index.isValid():
            return None
        finding = self._shown[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return finding.sentence
            case Qt.ItemDataRole.DecorationRole:
                return self._picture(finding)
            case _:
                return finding if role == FINDING else None


class FindingPainter(QStyledItemDelegate):
    """Paints a row: picture, what is wrong, where, and how much it matters as a bar."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All rows are of one height."""
        return QSize(200, PICTURE + 2 * _PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        finding: Finding = index.data(FINDING)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(option.rect, colour("accent_soft"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, colour("alternate"))
        area = option.rect.adjusted(0, _PAD, -_PAD, -_PAD)
        bar = QRect(area.left(), area.top(), 4, area.height())
        painter.fillRect(bar, colour("hover"))
        bar.setTop(bar.bottom() + 1 - round(finding.severity * bar.height()))
        painter.fillRect(bar, severity_colour(finding.severity))
        frame = QRect(area.left() + 10, area.top(), PICTURE, PICTURE)
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(picture, QPixmap):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(frame, picture)
        else:
            painter.fillRect(frame, colour("hover"))
        area.setLeft(frame.right() + 10)
        self._paint_text(painter, option, area, finding)

    def _paint_text(
        self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, finding: Finding
    ) -> None:
        line = option.fontMetrics.height()
        lower = QRect(area.left(), area.bottom() - 2 * line, area.width(), 2 * line)
        upper = area.adjusted(0, 0, 0, -lower.height() - 2)
        painter.setPen(colour("text"))
        painter.drawText(upper, Qt.TextFlag.TextWordWrap, finding.sentence)
        painter.setPen(colour("faint"))
        font = QFont(option.font)
        font.setPointSizeF(font.pointSizeF() * 0.88)
        painter.setFont(font)
        said = f"{BY_NAME[finding.kind].title}\n" + painter.fontMetrics().elidedText(
            finding.path, Qt.TextElideMode.ElideMiddle, lower.width()
        )
        painter.drawText(lower, Qt.AlignmentFlag.AlignBottom, said)
        painter.setFont(option.font)


def severity_colour(severity: float) -> QColor:
    """Green, amber or red, as bad as it is."""
    name = "ok" if severity < 0.34 else "status_in_progress" if severity < 0.67 else "danger"
    return colour(name)
