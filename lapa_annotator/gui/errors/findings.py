"""The found errors as a list model, and how a row of it is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from lapa_annotator.batch.errors.finding import Finding
from lapa_annotator.batch.errors.registry import BY_NAME
from lapa_annotator.gui.theme import colour

Index = QModelIndex | QPersistentModelIndex
FINDING = Qt.ItemDataRole.UserRole
STATE = Qt.ItemDataRole.UserRole + 1
PICTURE = 84
"""Side of a row's picture, in device-independent pixels."""

_SMALL_PICTURE = 60
_PAD = 6
# A list that would show fewer rows has lower ones.
_ROWS = 5


class State(StrEnum):
    """What has become of a finding since it was found."""

    OPEN = "open"
    CHECKED = "checked"
    MENDED = "mended"


class FindingList(QAbstractListModel):
    """The findings of one kind, or all of them, in the order given.

    A finding that is mended keeps its row, struck out, until the next search.

    Args:
        picture: gives a finding's picture, None while there is none.
    """

    def __init__(self, picture: Callable[[Finding], QPixmap | None]) -> None:
        super().__init__()
        self._picture = picture
        self._all: list[Finding] = []
        self._shown: list[Finding] = []
        self._kind = ""
        self._states: dict[str, State] = {}

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings that are shown."""
        return self._shown

    def show(self, findings: Sequence[Finding]) -> None:
        """Take other findings in."""
        self._all, self._states = list(findings), {}
        self.filter(self._kind)

    def state(self, finding: Finding) -> State:
        """What has become of a finding."""
        return self._states.get(finding.key, State.OPEN)

    def check(self, image_id: int) -> bool:
        """Say that the faces of a photo are looked at again; whether any is listed."""
        rows = [f for f in self._all if f.image_id == image_id and f.face_id]
        self._states |= {f.key: State.CHECKED for f in rows if self.state(f) is State.OPEN}
        self._repaint_photo(image_id)
        return bool(rows)

    def settle(self, image_id: int, now: Sequence[Finding] | None) -> None:
        """Take in what is found in the faces of a photo now; None where nobody could look."""
        found = {} if now is None else {f.key: f for f in now}
        for place, old in enumerate(self._all):
            if old.image_id != image_id or not old.face_id:
                continue
            if old.key in found:
                self._all[place] = new = found.pop(old.key)
                self._shown = [new if f is old else f for f in self._shown]
                self._states.pop(old.key, None)
            elif now is not None:
                self._states[old.key] = State.MENDED
            elif self.state(old) is State.CHECKED:
                del self._states[old.key]
        self._repaint_photo(image_id)
        for finding in found.values():
            self.put(finding)

    def _repaint_photo(self, image_id: int) -> None:
        for row, finding in enumerate(self._shown):
            if finding.image_id == image_id:
                self.dataChanged.emit(self.index(row), self.index(row))

    def filter(self, kind: str) -> None:
        """Show the findings of a kind alone; all of them for ""."""
        self.beginResetModel()
        self._kind = kind
        self._shown = [f for f in self._all if kind in ("", f.kind)]
        self.endResetModel()

    def counts(self) -> dict[str, int]:
        """How many findings of each kind are not mended, the filter aside."""
        counts: dict[str, int] = {}
        for finding in self._all:
            if self.state(finding) is not State.MENDED:
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

    def put(self, finding: Finding) -> None:
        """Take in a finding where it belongs; the other rows stay."""
        self._all.insert(_place(finding, self._all), finding)
        if self._kind in ("", finding.kind):
            row = _place(finding, self._shown)
            self.beginInsertRows(QModelIndex(), row, row)
            self._shown.insert(row, finding)
            self.endInsertRows()

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
        return {FINDING: finding, STATE: self.state(finding)}.get(role)


def _place(finding: Finding, others: Sequence[Finding]) -> int:
    """Where a finding belongs among others: the worst first."""

    def order(one: Finding) -> tuple[float, str, str]:
        return -one.severity, one.path, one.key

    return sum(order(other) < order(finding) for other in others)


class FindingPainter(QStyledItemDelegate):
    """Paints a row: picture, what is wrong, where, and how much it matters as a bar."""

    _side = PICTURE

    def fit(self, height: int) -> bool:
        """Paint rows so that a list of that height shows some of them; whether they change."""
        before = self._side
        is_low = height < _ROWS * (PICTURE + 2 * _PAD)
        self._side = _SMALL_PICTURE if is_low else PICTURE
        return self._side != before

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All rows are of one height."""
        return QSize(200, self._side + 2 * _PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        finding, state = index.data(FINDING), State(index.data(STATE))
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(option.rect, colour("accent_soft"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, colour("alternate"))
        area = option.rect.adjusted(0, _PAD, -_PAD, -_PAD)
        bar = QRect(area.left(), area.top(), 4, area.height())
        painter.fillRect(bar, colour("hover"))
        severity = 0.0 if state is State.MENDED else finding.severity
        bar.setTop(bar.bottom() + 1 - round(severity * bar.height()))
        painter.fillRect(bar, severity_colour(severity))
        frame = QRect(area.left() + 10, area.top(), self._side, self._side)
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(picture, QPixmap):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(0.4 if state is State.MENDED else 1.0)
            painter.drawPixmap(frame, picture)
            painter.setOpacity(1.0)
        else:
            painter.fillRect(frame, colour("hover"))
        area.setLeft(frame.right() + 10)
        self._paint_text(painter, option, area, finding, state)

    def _paint_text(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        finding: Finding,
        state: State,
    ) -> None:
        is_low, line = self._side < PICTURE, option.fontMetrics.height()
        below = line if is_low else 2 * line
        lower = QRect(area.left(), area.bottom() - below, area.width(), below)
        upper = area.adjusted(0, 0, 0, -lower.height() - 2)
        font = QFont(option.font)
        font.setStrikeOut(state is State.MENDED)
        painter.setFont(font)
        painter.setPen(colour("faint" if font.strikeOut() else "text"))
        painter.drawText(upper, Qt.TextFlag.TextWordWrap, finding.sentence)
        painter.setPen(colour("ok" if font.strikeOut() else "faint"))
        font.setStrikeOut(False)
        font.setPointSizeF(font.pointSizeF() * 0.88)
        painter.setFont(font)
        titles = {
            State.CHECKED: self.tr("Looking again …"),
            State.MENDED: self.tr("Mended"),
        }
        title = titles.get(state, BY_NAME[finding.kind].title)
        metrics, middle = painter.fontMetrics(), Qt.TextElideMode.ElideMiddle
        if is_low:
            text = metrics.elidedText(f"{title} · {finding.path}", middle, lower.width())
        else:
            text = f"{title}\n{metrics.elidedText(finding.path, middle, lower.width())}"
        painter.drawText(lower, Qt.AlignmentFlag.AlignBottom, text)
        painter.setFont(option.font)


def severity_colour(severity: float) -> QColor:
    """Green, amber or red, as bad as it is."""
    name = "ok" if severity < 0.34 else "status_in_progress" if severity < 0.67 else "danger"
    return colour(name)
