"""Going over to second annotations in the window, and back to the first ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from lapa_annotator.store.values import Task

if TYPE_CHECKING:
    from lapa_annotator.gui.desk import Desk


def switch_second(desk: Desk) -> tuple[str, str]:
    """Show one's own second annotations instead of the first ones, or these again.

    Returns:
        What to say, and the search that finds what is assigned to the person ("" for none).
    """
    tr = QCoreApplication.translate
    desk.editor.options.set("review", False)
    desk.editor.document.settle()
    desk.use_second(not desk.second)
    if not desk.second:
        return tr("second", "These are the first annotations again."), ""
    who = desk.project.annotator
    text = tr(
        "second",
        "Second annotations by {who}: what you do is kept apart from the first ones, which are "
        "neither shown nor changed.",
    )
    has_some = desk.project.assignments.mine(Task.SECOND)
    return text.format(who=who), f'assigned:"{who}"' if has_some else ""
