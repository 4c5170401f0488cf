"""Repairing the label map by hand, as actions: the tools, what they paint, whole classes."""

from __future__ import annotations

import math
from functools import partial

from lapa_annotator.domain.classes import Label
from lapa_annotator.gui.editor.editorhelp import EditorHelp
from lapa_annotator.gui.editor.editorpoints import tr
from lapa_annotator.gui.editor.repair.dock import RepairDock
from lapa_annotator.gui.editor.repair.state import RepairTool
from lapa_annotator.ppa.repair import grown, shrunk, smoothed, without_specks


class EditorRepair(EditorHelp):
    """The actions of the repairing hand; each is one method without arguments."""

    def toggle_repair(self) -> None:
        """Begin to repair the label map of the current face, or leave off."""
        self.document.settle()
        self.options.set("review", False)
        self.options.set("map", True)
        self.options.toggle("repair")

    def repair_dock(self) -> RepairDock:
        """The tools of the repairing hand, to put beside the canvas."""
        whole_class = [
            (tr("Grow"), self.grow_class),
            (tr("Shrink"), self.shrink_class),
            (tr("Smooth"), self.smooth_class),
            (tr("Remove specks"), self.remove_specks),
            (tr("Take back"), self.take_back_class),
        ]
        return RepairDock(self.repair, self.toggle_repair, whole_class)

    # Tools

    def take_brush(self) -> None:
        """Take the brush."""
        self.repair.take(RepairTool.BRUSH)

    def take_eraser(self) -> None:
        """Take the eraser: repairs go, and what lies below them shows again."""
        self.repair.take(RepairTool.ERASER)

    def take_polygon(self) -> None:
        """Take the polygon: click its corners, or draw freely around."""
        self.repair.take(RepairTool.POLYGON)

    def take_fill(self) -> None:
        """Take the fill: a click gives a whole region another class."""
        self.repair.take(RepairTool.FILL)

    def take_magic_edge(self) -> None:
        """Take the magic edge: a rough stroke grows to the edges of the picture."""
        self.repair.take(RepairTool.MAGIC)

    def take_superpixel(self) -> None:
        """Take the superpixel brush: it takes small regions of one colour whole."""
        self.repair.take(RepairTool.SUPERPIXEL)

    def larger_brush(self) -> None:
        """Make the brush larger."""
        self.repair.resize(+1)

    def smaller_brush(self) -> None:
        """Make the brush smaller."""
        self.repair.resize(-1)

    def toggle_behind(self) -> None:
        """Paint over chosen classes alone, or over all."""
        self.options.toggle("behind")

    def close_polygon(self) -> None:
        """Close the open polygon."""
        self.repairing.close_polygon()

    # What is painted

    def paint_background(self) -> None:
        """Paint background."""
        self.repair.choose(Label.BACKGROUND)

    def paint_skin(self) -> None:
        """Paint skin."""
        self.repair.choose(Label.SKIN)

    def paint_left_eyebrow(self) -> None:
        """Paint the left eyebrow."""
        self.repair.choose(Label.LEFT_EYEBROW)

    def paint_right_eyebrow(self) -> None:
        """Paint the right eyebrow."""
        self.repair.choose(Label.RIGHT_EYEBROW)

    def paint_left_eye(self) -> None:
        """Paint the left eye."""
        self.repair.choose(Label.LEFT_EYE)

    def paint_right_eye(self) -> None:
        """Paint the right eye."""
        self.repair.choose(Label.RIGHT_EYE)

    def paint_nose(self) -> None:
        """Paint the nose."""
        self.repair.choose(Label.NOSE)

    def paint_upper_lip(self) -> None:
        """Paint the upper lip."""
        self.repair.choose(Label.UPPER_LIP)

    def paint_inner_mouth(self) -> None:
        """Paint the inner mouth."""
        self.repair.choose(Label.INNER_MOUTH)

    def paint_lower_lip(self) -> None:
        """Paint the lower lip."""
        self.repair.choose(Label.LOWER_LIP)

    def paint_hair(self) -> None:
        """Paint hair."""
        self.repair.choose(Label.HAIR)

    def paint_occluder(self) -> None:
        """Paint what hides the face; again for the next kind of it."""
        self.repair.next_occluder()

    def next_class(self) -> None:
        """Paint the next class."""
        self.repair.step_value(+1)

    def previous_class(self) -> None:
        """Paint the class before."""
        self.repair.step_value(-1)

    # Whole classes

    def grow_class(self) -> None:
        """Let the chosen class grow by a pixel."""
        self.repairing.operate(grown, tr("Grow {name}"))

    def shrink_class(self) -> None:
        """Let the chosen class shrink by a pixel."""
        self.repairing.operate(shrunk, tr("Shrink {name}"))

    def smooth_class(self) -> None:
        """Smooth the chosen class's edge, as much as the brush is large."""
        smooth = partial(smoothed, radius=self.repair.radius)
        self.repairing.operate(smooth, tr("Smooth {name}"))

    def remove_specks(self) -> None:
        """Remove the chosen class's islands that are smaller than the brush."""
        area = math.pi * self.repair.radius**2
        self.repairing.operate(partial(without_specks, area=area), tr("Remove specks of {name}"))

    def take_back_class(self) -> None:
        """Take every repair to the chosen class away."""
        self.repairing.take_back()
