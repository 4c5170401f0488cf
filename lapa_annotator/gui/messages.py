"""What the window has to say, shown in place: a bar over the lower edge, progress below it.

No question is asked that must be answered before work can go on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from lapa_annotator.gui.theme import icon, picture
from lapa_annotator.gui.workers import Job, JobQueue, Step

_STAYS_MS = 6000
_MARGIN = 18
_WIDEST = 760


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        text: what happened and what to do about it.
        kind: "info", "ok", "warning" or "error"; the first two leave by themselves.
        key: a message takes the place of another one of the same key.
        button: the text of its button, "" for none.
        action: what the button does.
    """

    text: str
    kind: str = "info"
    key: str = ""
    button: str = ""
    action: Callable[[], object] | None = None


class MessageBar(QFrame):
    """Shows the latest message; when it is closed, the one before it comes back.

    It lies over the lower edge of ``parent``: nothing moves away under the hand when it comes.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        parent.installEventFilter(self)
        self._messages: list[Message] = []
        self._icon = QLabel()
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.clicked.connect(self._act)
        self.close_button = QToolButton()
        self.close_button.setToolTip(self.tr("Close this message"))
        self.close_button.clicked.connect(self._drop_latest)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(self._icon)
        row.addWidget(self.label, 1)
        row.addWidget(self._button)
        row.addWidget(self.close_button)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._drop_latest)
        self.hide()

    @property
    def message(self) -> Message | None:
        """The message on show, None when there is none."""
        return self._messages[-1] if self._messages else None

    def say(self, message: Message) -> None:
        """Show a message, in place of one of the same key."""
        self._messages = [
            m for m in self._messages if m != message and not (message.key and m.key == message.key)
        ]
        self._messages.append(message)
        self._show_latest()

    def withdraw(self, keys: Collection[str]) -> None:
        """Take away the messages of these keys, as far as they are there."""
        kept = [m for m in self._messages if m.key not in keys]
        if len(kept) < len(self._messages):
            self._messages = kept
            self._show_latest()

    def clear(self) -> None:
        """Take away everything."""
        self._messages = []
        self._show_latest()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in place when the window changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        line = self.label.fontMetrics().horizontalAdvance(self.label.text())
        around = self.sizeHint().width() - self.label.sizeHint().width()
        width = min(line + around + 8, _WIDEST, parent.width() - 2 * _MARGIN)
        layout = self.layout()
        assert layout is not None
        height = layout.totalHeightForWidth(width)
        x, y = (parent.width() - width) // 2, parent.height() - height - _MARGIN
        self.setGeometry(x, y, width, height)

    def _drop_latest(self) -> None:
        if self._messages:
            self._messages.pop()
        self._show_latest()

    def _act(self) -> None:
        message = self.message
        self._drop_latest()
        if message is not None and message.action is not None:
            message.action()

    def _show_latest(self) -> None:
        message = self.message
        self._timer.stop()
        if message is None:
            self.hide()
            return
        self.label.setText(message.text)
        self._icon.setPixmap(picture(f"message-{message.kind}", 16, self.devicePixelRatioF()))
        self.close_button.setIcon(icon("close"))
        self._button.setText(message.button)
        self._button.setVisible(bool(message.button))
        self.setProperty("kind", message.kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._place()
        self.show()
        self.raise_()
        if message.kind in {"info", "ok"}:
            self._timer.start(_STAYS_MS)


class JobProgress(QWidget):
    """Progress of the queues' work in the status bar, with a button that cancels it."""

    def __init__(self, queues: tuple[JobQueue, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queues = queues
        self._job: Job | None = None
        self._text = QLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(120, 8)
        self._cancel = QToolButton()
        self._cancel.setAutoRaise(True)
        self._cancel.setIconSize(QSize(12, 12))
        self._cancel.setToolTip(self.tr("Cancel"))
        self._cancel.clicked.connect(self.cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(6)
        for widget in (self._text, self._bar, self._cancel):
            row.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        for queue in queues:
            queue.changed.connect(self._follow)
        self.hide()

    def cancel(self) -> None:
        """Cancel the job whose progress is shown."""
        if self._job is not None:
            self._job.cancel()

    def _follow(self) -> None:
        jobs = [job for queue in self._queues for job in queue.jobs if job.title]
        job = jobs[0] if jobs else None
        if job is self._job:
            return
        if self._job is not None:
            self._job.progressed.disconnect(self._advance)
        self._job = job
        self.setVisible(job is not None)
        if job is not None:
            self._cancel.setIcon(icon("close"))
            self._text.setText(job.title)
            self._bar.setRange(0, 0)
            job.progressed.connect(self._advance)

    def _advance(self, step: object) -> None:
        if isinstance(step, Step) and self._job is not None:
            self._bar.setRange(0, step.total)
            self._bar.setValue(step.done)
            self._text.setText(step.text or self._job.title)
