"""Gestures on the photo itself: pan, and draw a face box."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF

from lapa_annotator.domain.geometry import Box
from lapa_annotator.gui.editor.gestures.base import Gesture, Pointer

SMALLEST_BOX = 8.0
"""A face box narrower or lower than this, in photo pixels, is a slip of the hand."""


class Pan(Gesture):
    """Move the photo under the view; a click does what ``clicked`` says."""

    def __init__(
        self, shift: Callable[[float, float], None], clicked: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__()
        self._shift = shift
        self._clicked = clicked
        self._last: Pointer | None = None
        self._total = (0.0, 0.0)

    def begin(self, pointer: Pointer) -> None:
        """Remember where the hand took hold."""
        self._last = pointer

    def drag(self, pressed: Pointer, now: Pointer) -> None:
        """Move along with the hand."""
        assert self._last is not None
        dx, dy = now.screen_x - self._last.screen_x, now.screen_y - self._last.screen_y
        self._last = now
        self._total = (self._total[0] + dx, self._total[1] + dy)
        self._shift(dx, dy)

    def drop(self, pressed: Pointer, now: Pointer) -> None:
        """The view stays where it is."""

    def click(self, pointer: Pointer) -> None:
        """Nothing was moved: a plain click."""
        self._clicked()

    def cancel(self) -> None:
        """Move the view back."""
        self._shift(-self._total[0], -self._total[1])


class DrawBox(Gesture):
    """Draw a face box from corner to corner, kept within the photo."""

    def __init__(
        self,
        size: tuple[int, int],
        show: Callable[[QRectF | None], None],
        drawn: Callable[[Box | None], None],
    ) -> None:
        super().__init__()
        self._size = size
        self._show = show
        self._drawn = drawn

    def drag(self, pressed: Pointer, now: Pointer) -> None:
        """Show the box."""
        x0, y0, x1, y1 = self._edges(pressed, now)
        self._show(QRectF(x0, y0, x1 - x0, y1 - y0))

    def drop(self, pressed: Pointer, now: Pointer) -> None:
        """Hand the box on; None for one too small to hold a face."""
        self._show(None)
        x0, y0, x1, y1 = self._edges(pressed, now)
        large = min(x1 - x0, y1 - y0) >= SMALLEST_BOX
        self._drawn(Box(x0, y0, x1, y1) if large else None)

    def click(self, pointer: Pointer) -> None:
        """A click draws no box."""
        self._drawn(None)

    def cancel(self) -> None:
        """Take the box away."""
        self._show(None)
        self._drawn(None)

    def _edges(self, pressed: Pointer, now: Pointer) -> tuple[float, float, float, float]:
        width, height = self._size
        x0, x1 = sorted(min(max(x, -0.5), width - 0.5) for x in (pressed.x, now.x))
        y0, y1 = sorted(min(max(y, -0.5), height - 0.5) for y in (pressed.y, now.y))
        return x0, y0, x1, y1
