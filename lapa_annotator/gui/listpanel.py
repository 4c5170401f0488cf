"""The panel at the left: search field, list of photos, and how many there are."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.gui.imagelist import INFO, Column, ImageList, Index, faces_said
from lapa_annotator.gui.theme import colour, icon
from lapa_annotator.gui.theme import picture as drawn
from lapa_annotator.gui.widgets import named
from lapa_annotator.store.values import ImageInfo, PhotoState

ROW_HEIGHT = 52
_TEXT_ROW_HEIGHT = 30
_PICTURE = 44
_TYPING_MS = 250
_STATUS_COLOURS = {
    "new": "status_new",
    "proposed": "status_proposed",
    "in progress": "status_in_progress",
    "done": "status_done",
    "approved": "status_approved",
    "rejected": "status_rejected",
}


class RowPainter(QStyledItemDelegate):
    """Paints a row: thumbnail and name, status with its dot, doubt as a small bar."""

    show_pictures = True

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are of one height."""
        return QSize(80, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        info = index.data(INFO)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(option.rect, colour("accent_soft"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, colour("alternate"))
        if info is None:
            return
        painter.save()
        match Column(index.column()):
            case Column.PHOTO:
                self._paint_photo(painter, option, index, info, selected)
            case Column.STATUS:
                self._paint_status(painter, option, index, info)
            case Column.DOUBT:
                self._paint_doubt(painter, option, info)
        painter.restore()

    def _paint_photo(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: Index,
        info: ImageInfo,
        selected: bool,
    ) -> None:
        area = option.rect.adjusted(8, 0, -4, 0)
        if selected:
            mark = QRect(option.rect.left(), option.rect.top(), 3, option.rect.height())
            painter.fillRect(mark, colour("accent"))
        if self.show_pictures:
            frame = QRect(0, 0, _PICTURE, _PICTURE)
            frame.moveCenter(QPoint(area.left() + 4 + _PICTURE // 2, area.center().y()))
            _paint_picture(painter, frame, index.data(Qt.ItemDataRole.DecorationRole), info)
            area.setLeft(frame.right() + 10)
        missing = info.photo == PhotoState.MISSING
        painter.setPen(colour("faint" if missing else "text"))
        name = option.fontMetrics.elidedText(
            info.path.name, Qt.TextElideMode.ElideMiddle, area.width()
        )
        second = self._second_line(info)
        if not self.show_pictures or not second:
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, name)
            return
        upper, lower = QRect(area), QRect(area)
        middle = area.center().y()
        upper.setBottom(middle)
        lower.setTop(middle + 2)
        painter.drawText(upper, Qt.AlignmentFlag.AlignBottom, name)
        painter.setPen(colour("faint"))
        painter.setFont(_smaller(option))
        painter.drawText(lower, Qt.AlignmentFlag.AlignTop, second)

    def _second_line(self, info: ImageInfo) -> str:
        if info.photo == PhotoState.MISSING:
            return self.tr("photo missing")
        if info.photo == PhotoState.CHANGED:
            return self.tr("photo changed")
        return faces_said(info.faces) if info.faces else ""

    def _paint_status(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: Index,
        info: ImageInfo,
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(_STATUS_COLOURS[str(info.status)]))
        middle = QPoint(option.rect.left() + 9, option.rect.center().y() + 1)
        painter.drawEllipse(middle, 4, 4)
        painter.setPen(colour("faint"))
        area = option.rect.adjusted(19, 0, -2, 0)
        text = option.fontMetrics.elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, area.width()
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_doubt(
        self, painter: QPainter, option: QStyleOptionViewItem, info: ImageInfo
    ) -> None:
        if info.doubt is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRect(option.rect.left() + 6, option.rect.center().y() - 1, 40, 5)
        painter.setBrush(colour("hover"))
        painter.drawRoundedRect(track, 2.5, 2.5)
        track.setWidth(max(4, round(track.width() * info.doubt)))
        painter.setBrush(_doubt_colour(info.doubt))
        painter.drawRoundedRect(track, 2.5, 2.5)


def _smaller(option: QStyleOptionViewItem) -> QFont:
    font = QFont(option.font)
    font.setPointSizeF(font.pointSizeF() * 0.86)
    return font


def _doubt_colour(doubt: float) -> QColor:
    return colour("ok" if doubt < 0.25 else "status_in_progress" if doubt < 0.6 else "danger")


def _paint_picture(
    painter: QPainter, frame: QRect, picture: QPixmap | None, info: ImageInfo
) -> None:
    if picture is None:
        painter.fillRect(frame, colour("hover"))
        place = QRect(0, 0, 20, 20)
        place.moveCenter(frame.center())
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(place, drawn("photo", 20, ratio, "disabled"))
        return
    size = picture.size()
    side = min(size.width(), size.height())
    source = QRect((size.width() - side) // 2, (size.height() - side) // 3, side, side)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(frame, picture, source)


class PhotoTable(QTableView):
    """The table itself: fixed rows, whole rows selected, Enter goes to the canvas."""

    entered_photo = Signal()

    def __init__(self, model: ImageList) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(RowPainter(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setSortingEnabled(True)
        self.setCornerButtonEnabled(False)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setVisible(False)
        self.show_pictures(True)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        columns.setMinimumSectionSize(40)
        columns.setSectionResizeMode(Column.PHOTO, QHeaderView.ResizeMode.Stretch)
        columns.setSortIndicator(Column.PHOTO, Qt.SortOrder.AscendingOrder)
        self.setColumnWidth(Column.STATUS, 98)
        self.setColumnWidth(Column.DOUBT, 58)

    def show_pictures(self, on: bool) -> None:
        """Show thumbnails, or lower rows without them."""
        painter = self.itemDelegate()
        if isinstance(painter, RowPainter):
            painter.show_pictures = on
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT if on else _TEXT_ROW_HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the canvas."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered_photo.emit()
        else:
            super().keyPressEvent(event)


class ListPanel(QWidget):
    """Search field above, table in the middle, count below.

    ``searched(text)`` a moment after the last key, ``chosen(image_id)`` when a row is chosen by
    hand, ``entered_photo()`` when work shall go on at the canvas.
    """

    searched = Signal(str)
    chosen = Signal(int)
    entered_photo = Signal()

    def __init__(self, model: ImageList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("imageList")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.model = model
        self._following = False
        self.search = self._search_field()
        self._error = named(QLabel(), "fieldError")
        self._error.setWordWrap(True)
        self._error.hide()
        self.table = PhotoTable(model)
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        self.table.entered_photo.connect(self.entered_photo)
        self._footer = named(QLabel(), "listFooter")
        top = QVBoxLayout()
        top.setContentsMargins(8, 8, 8, 6)
        top.setSpacing(4)
        top.addWidget(self.search)
        top.addWidget(self._error)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addWidget(self._footer)

    @property
    def error(self) -> str:
        """What is wrong with the search, "" when nothing is."""
        return self._error.text()

    def show_error(self, text: str) -> None:
        """Show what is wrong with the search below its field; "" when nothing is."""
        self._error.setText(text)
        self._error.setVisible(bool(text))

    def show_count(self, text: str) -> None:
        """Show how many photos the list holds."""
        self._footer.setText(text)

    def follow(self, row: int) -> None:
        """Select a row without that counting as a choice, and bring it into sight."""
        self._following = True
        if row < 0:
            self.table.clearSelection()
        else:
            self.table.setCurrentIndex(self.model.index(row, 0))
            self.table.scrollTo(self.model.index(row, 0))
        self._following = False

    def recolour(self) -> None:
        """Take icons in the colours of the theme in use."""
        self.search.actions()[0].setIcon(icon("search"))
        self.table.viewport().update()

    def _search_field(self) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(self.tr("Search: name, status:proposed, doubt:>0.5 …"))
        field.setClearButtonEnabled(True)
        field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        pause = QTimer(self, singleShot=True, interval=_TYPING_MS)
        pause.timeout.connect(lambda: self.searched.emit(field.text()))
        field.textChanged.connect(lambda _: pause.start())
        field.returnPressed.connect(lambda: self._search_now(pause))
        return field

    def _search_now(self, pause: QTimer) -> None:
        pause.stop()
        self.searched.emit(self.search.text())
        self.table.setFocus()

    def _choose(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if not self._following and current.isValid():
            self.chosen.emit(int(self.model.ids[current.row()]))
