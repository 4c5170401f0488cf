"""The editor's rows for the window's table of actions.

Each row names one public method of ``Editor`` that takes no argument. The window makes actions,
menus and shortcuts of them; the canvas itself knows no keys but Space (hold to pan) and Esc.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP


@dataclass(frozen=True, slots=True)
class EditorAction:
    """One row.

    Attributes:
        method: the method of ``Editor``; also the action's id.
        text: its text, untranslated, in the context "editor".
        key: its shortcuts in portable form, parted by "; ", "" for none.
        menu: where it stands: "edit", "points", "faces", "repair", "review" or "view".
        needs: what must be there: "", "photo", "face", "points" (of the current face),
            "selection", "repair", "review", "others" (to settle with), "problem", "undo",
            "redo"; ask ``Editor.has(needs)``.
        state: the boolean property of ``Editor.options`` that the action toggles, "" for none.
    """

    method: str
    text: str
    key: str
    menu: str
    needs: str = "photo"
    state: str = ""


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("editor", text))


def _row(method: str, text: str, key: str, menu: str, needs: str, state: str = "") -> EditorAction:
    return EditorAction(method, text, key, menu, needs, state)


EDITOR_ACTIONS: tuple[EditorAction, ...] = (
    _row("undo", _("Undo"), "Ctrl+Z", "edit", "undo"),
    _row("redo", _("Redo"), "Ctrl+Shift+Z", "edit", "redo"),
    _row("save", _("Save"), "Ctrl+S", "edit", "photo"),
    _row("finish", _("Done, next photo"), "Ctrl+Return", "edit", "photo"),
    _row("select_all", _("Select all points"), "Ctrl+A", "edit", "points"),
    _row("select_part", _("Select the part, then all of its organ"), "P", "edit", "selection"),
    _row("select_none", _("Select nothing"), "Ctrl+Shift+A", "edit", "selection"),
    _row("next_point", _("Next point"), "Tab; S", "points", "points"),
    _row("previous_point", _("Previous point"), "Shift+Tab; W", "points", "points"),
    _row("next_part", _("First point of the next part"), ".", "points", "points"),
    _row("previous_part", _("First point of the previous part"), ",", "points", "points"),
    _row("next_doubt", _("Next doubtful point"), "G", "points", "photo"),
    _row("next_problem", _("Next problem of the guard"), "Shift+G", "points", "problem"),
    _row("repair_problem", _("Repair the problem"), "Shift+R", "points", "problem"),
    _row("nudge_left", _("Move left by a pixel"), "Left", "points", "selection"),
    _row("nudge_right", _("Move right by a pixel"), "Right", "points", "selection"),
    _row("nudge_up", _("Move up by a pixel"), "Up", "points", "selection"),
    _row("nudge_down", _("Move down by a pixel"), "Down", "points", "selection"),
    _row("nudge_left_far", _("Move left by ten pixels"), "Shift+Left", "points", "selection"),
    _row("nudge_right_far", _("Move right by ten pixels"), "Shift+Right", "points", "selection"),
    _row("nudge_up_far", _("Move up by ten pixels"), "Shift+Up", "points", "selection"),
    _row("nudge_down_far", _("Move down by ten pixels"), "Shift+Down", "points", "selection"),
    _row("rotate_left", _("Turn left by a degree"), "Ctrl+Left", "points", "selection"),
    _row("rotate_right", _("Turn right by a degree"), "Ctrl+Right", "points", "selection"),
    _row("grow", _("Grow by 1 %"), "Ctrl+Up", "points", "selection"),
    _row("shrink", _("Shrink by 1 %"), "Ctrl+Down", "points", "selection"),
    _row("toggle_follow", _("Untouched points follow"), "J", "points", "", "follow"),
    _row("cycle_visibility", _("Visible, occluded, absent"), "V", "points", "selection"),
    _row("accept", _("Accept the points where they are"), "A", "points", "points"),
    _row("to_proposal", _("Back to where it was proposed"), "Backspace", "points", "selection"),
    _row("repropose", _("Propose the untouched points again"), "R", "points", "face"),
    _row("copy_from_previous", _("Copy points from the previous face"), "C", "points", "face"),
    _row("from_mean_shape", _("Put points on the mean shape"), "M", "points", "face"),
    _row("hide_part", _("Hide the part"), "H", "points", "selection"),
    _row("lock_part", _("Lock the part"), "L", "points", "selection"),
    _row("solo_part", _("Show the part alone"), "O", "points", "selection"),
    _row("show_all_parts", _("Show and unlock every part"), "Shift+H", "points", "points"),
    _row("add_face", _("Draw a face box"), "B", "faces", "photo"),
    _row("delete_face", _("Delete the face"), "Shift+Delete", "faces", "face"),
    _row("next_face", _("Next face"), "F", "faces", "face"),
    _row("previous_face", _("Previous face"), "Shift+F", "faces", "face"),
    _row("toggle_repair", _("Repair the label map"), "Shift+Y", "repair", "face", "repair"),
    _row("take_brush", _("Brush"), "A", "repair", "repair"),
    _row("take_eraser", _("Eraser"), "W", "repair", "repair"),
    _row("take_polygon", _("Polygon or lasso"), "P", "repair", "repair"),
    _row("take_fill", _("Fill"), "L", "repair", "repair"),
    _row("take_magic_edge", _("Magic edge"), "V", "repair", "repair"),
    _row("take_superpixel", _("Superpixel brush"), "Shift+V", "repair", "repair"),
    _row("larger_brush", _("Larger brush"), "Up", "repair", "repair"),
    _row("smaller_brush", _("Smaller brush"), "Down", "repair", "repair"),
    _row("toggle_behind", _("Paint only over chosen classes"), ",", "repair", "repair", "behind"),
    _row("close_polygon", _("Close the polygon"), "Return", "repair", "repair"),
    _row("paint_background", _("Paint background"), "O", "repair", "repair"),
    _row("paint_skin", _("Paint skin"), "S", "repair", "repair"),
    _row("paint_left_eyebrow", _("Paint left eyebrow"), "2", "repair", "repair"),
    _row("paint_right_eyebrow", _("Paint right eyebrow"), "3", "repair", "repair"),
    _row("paint_left_eye", _("Paint left eye"), "4", "repair", "repair"),
    _row("paint_right_eye", _("Paint right eye"), "5", "repair", "repair"),
    _row("paint_nose", _("Paint nose"), "6", "repair", "repair"),
    _row("paint_upper_lip", _("Paint upper lip"), "7", "repair", "repair"),
    _row("paint_inner_mouth", _("Paint inner mouth"), "8", "repair", "repair"),
    _row("paint_lower_lip", _("Paint lower lip"), "9", "repair", "repair"),
    _row("paint_hair", _("Paint hair"), "H", "repair", "repair"),
    _row("paint_occluder", _("Paint what hides the face"), ".", "repair", "repair"),
    _row("next_class", _("Next class"), "Right", "repair", "repair"),
    _row("previous_class", _("Class before"), "Left", "repair", "repair"),
    _row("grow_class", _("Grow the class"), "Ctrl+Up", "repair", "repair"),
    _row("shrink_class", _("Shrink the class"), "Ctrl+Down", "repair", "repair"),
    _row("smooth_class", _("Smooth the class"), "Ctrl+Left", "repair", "repair"),
    _row("remove_specks", _("Remove specks of the class"), "Ctrl+Right", "repair", "repair"),
    _row("take_back_class", _("Take back repairs of the class"), "Backspace", "repair", "repair"),
    _row("toggle_review", _("Review"), "Shift+Q", "review", "photo", "review"),
    _row("approve", _("Approve, next"), "A", "review", "review"),
    _row("reject", _("Reject with a reason, next"), "W", "review", "review"),
    _row("send_back", _("Send back, next"), "S", "review", "review"),
    _row("comment", _("Comment on this place"), "P", "review", "review"),
    _row("next_comment", _("Next comment"), ".", "review", "review"),
    _row("previous_comment", _("Comment before"), ",", "review", "review"),
    _row("settle_comment", _("Settle the comment"), "Backspace", "review", "review"),
    _row("blink", _("Blink with the other map"), "Tab; V", "review", "review"),
    _row("next_reference", _("Compare with something else"), "L", "review", "review"),
    _row("take_theirs", _("Take what the other person says"), "Right", "review", "others"),
    _row("take_mean", _("Take the mean of everybody"), "Down", "review", "others"),
    _row("keep_mine", _("Keep the first annotation"), "Left", "review", "others"),
    _row("toggle_beside", _("Side by side"), "O", "review", "review", "beside"),
    _row("fit", _("Whole photo"), "0", "view", "photo"),
    _row("fit_face", _("Whole face"), "Z", "view", "face"),
    _row("zoom_100", _("Real size"), "1", "view", "photo"),
    _row("zoom_in", _("Zoom in"), "Ctrl++", "view", "photo"),
    _row("zoom_out", _("Zoom out"), "Ctrl+-", "view", "photo"),
    _row("toggle_keep_view", _("Keep zoom and position"), "K", "view", "", "keep_view"),
    _row("toggle_labels", _("Point numbers"), "N", "view", "", "labels"),
    _row("toggle_arrows", _("Arrows from the proposal"), "T", "view", "", "arrows"),
    _row("toggle_curves", _("Curves"), "U", "view", "", "curves"),
    _row("toggle_confidence", _("Colour points by confidence"), "I", "view", "", "confidence"),
    _row("toggle_loupe", _("Loupe while dragging"), "", "view", "", "loupe"),
    _row("toggle_map", _("Label map"), "Y", "view", "", "map"),
    _row("toggle_outline", _("Outlines of the label map only"), "", "view", "", "outline"),
    _row("toggle_difference", _("Difference from the last save"), "D", "view", "", "difference"),
    _row("more_opaque", _("Label map more opaque"), "]", "view", ""),
    _row("less_opaque", _("Label map less opaque"), "[", "view", ""),
    _row("brighter", _("Brighter"), "Ctrl+Alt+Up", "view", ""),
    _row("darker", _("Darker"), "Ctrl+Alt+Down", "view", ""),
    _row("more_contrast", _("More contrast"), "Ctrl+Alt+Right", "view", ""),
    _row("less_contrast", _("Less contrast"), "Ctrl+Alt+Left", "view", ""),
    _row("reset_tones", _("Brightness, contrast and gamma as they were"), "", "view", ""),
)
