"""What the repairing hand holds: a tool, and what it paints with."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QObject, Signal

from lapa_annotator.domain.classes import CLASSES, Label
from lapa_annotator.domain.override import Occluder
from lapa_annotator.gui.editor.options import ViewOptions

# A turn of the wheel.
_STEP = 1.15


class RepairTool(StrEnum):
    """What a press of the left button begins while the label map is repaired."""

    BRUSH = "brush"
    ERASER = "eraser"
    POLYGON = "polygon"
    FILL = "fill"
    MAGIC = "magic edge"
    SUPERPIXEL = "superpixel"


VALUES: tuple[int, ...] = (*(c.id for c in CLASSES), *Occluder)
"""What can be painted, in the picker's order."""


def value_name(value: int) -> str:
    """The name of a class or an occluder in the person's language."""
    if value < len(CLASSES):
        return QCoreApplication.translate("classes", CLASSES[value].name)
    return QCoreApplication.translate("occluders", Occluder(value).name.lower())


class RepairState(QObject):
    """Whether the label map is being repaired, with which tool, and what it paints.

    The brush's size and what it may paint over are options and persist; ``changed()`` tells of
    any change.
    """

    changed = Signal()

    def __init__(self, options: ViewOptions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.options = options
        # Nobody wants to begin a day in the middle of a repair.
        options.set("repair", False)
        self.tool = RepairTool.BRUSH
        self.value: int = Label.SKIN
        options.changed.connect(self._follow)

    @property
    def on(self) -> bool:
        """Whether the label map is being repaired now."""
        return bool(self.options.repair)

    @property
    def radius(self) -> float:
        """The brush's radius in photo pixels."""
        return float(self.options.brush) / 2

    @property
    def over(self) -> frozenset[int] | None:
        """The classes that may be painted over; None for all of them."""
        if not self.options.behind:
            return None
        mask = int(self.options.over)
        return frozenset(c.id for c in CLASSES if mask >> c.id & 1)

    def take(self, tool: RepairTool) -> None:
        """Take another tool into the hand."""
        self.tool = tool
        self.changed.emit()

    def choose(self, value: int) -> None:
        """Choose what is painted: a class or an occluder."""
        self.value = value
        self.changed.emit()

    def step_value(self, by: int) -> None:
        """Choose the next or the one before in the picker's order."""
        self.choose(VALUES[(VALUES.index(self.value) + by) % len(VALUES)])

    def next_occluder(self) -> None:
        """Choose the next kind of occluder."""
        kinds = list(Occluder)
        place = kinds.index(Occluder(self.value)) + 1 if self.value in kinds else 0
        self.choose(kinds[place % len(kinds)])

    def resize(self, turns: float) -> None:
        """Make the brush larger, or smaller with a negative number, by turns of the wheel."""
        size = float(self.options.brush)
        wanted = size * _STEP**turns
        # Small brushes change by whole pixels.
        if abs(wanted - size) < 1:
            wanted = size + (1 if turns > 0 else -1)
        self.options.set("brush", wanted)

    def _follow(self, name: str) -> None:
        if name in ("repair", "brush", "behind", "over"):
            self.changed.emit()
