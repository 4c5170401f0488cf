"""What every gesture of the hand is: an object with start, move, end and cancel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 3.0
"""A press that moves less than this, in screen pixels, is a click and moves nothing."""


@dataclass(frozen=True)
class Pointer:
    """Where the hand is.

    Attributes:
        x, y: place in photo pixels.
        screen_x, screen_y: place in the canvas, screen pixels.
        shift, ctrl: whether these keys are held.
        pressure: how hard a pen presses, in [0, 1]; 1 for a mouse.
    """

    x: float
    y: float
    screen_x: float
    screen_y: float
    shift: bool = False
    ctrl: bool = False
    pressure: float = 1.0

    @property
    def place(self) -> NDArray[np.float64]:
        """(2,) place in photo pixels."""
        return np.array([self.x, self.y])


class Gesture(ABC):
    """One press-move-release. It changes the document at its end alone, and by one edit.

    ``begin``, ``drag``, ``drop`` and ``click`` are what a gesture fills in; the canvas calls
    ``start``, ``move``, ``end`` and ``cancel``.
    """

    def __init__(self) -> None:
        self._pressed: Pointer | None = None
        self.is_dragging = False

    @property
    def focus(self) -> tuple[float, float] | None:
        """The place in photo pixels that the loupe shows, None for no loupe."""
        return None

    def start(self, pointer: Pointer) -> None:
        """The button went down."""
        self._pressed = pointer
        self.begin(pointer)

    def move(self, pointer: Pointer) -> None:
        """The hand moved with the button down."""
        assert self._pressed is not None
        dx = pointer.screen_x - self._pressed.screen_x
        dy = pointer.screen_y - self._pressed.screen_y
        if self.is_dragging or dx * dx + dy * dy >= THRESHOLD**2:
            self.is_dragging = True
            self.drag(self._pressed, pointer)

    def end(self, pointer: Pointer) -> None:
        """The button went up."""
        assert self._pressed is not None
        if self.is_dragging:
            self.drag(self._pressed, pointer)
            self.drop(self._pressed, pointer)
        else:
            self.click(pointer)

    @abstractmethod
    def cancel(self) -> None:
        """The gesture is broken off: everything is as before it."""

    def begin(self, pointer: Pointer) -> None:  # noqa: B027 - most presses alone do nothing
        """What the press alone does."""

    @abstractmethod
    def drag(self, pressed: Pointer, now: Pointer) -> None:
        """Show what the gesture is about to do."""

    @abstractmethod
    def drop(self, pressed: Pointer, now: Pointer) -> None:
        """Do it."""

    def click(self, pointer: Pointer) -> None:  # noqa: B027 - nor do most clicks
        """The press ended where it began."""
