"""The edits of a review, and the state that an earlier one left: no window needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lapa_annotator.domain import edits
from lapa_annotator.domain.edits import EditConflictError, Gesture, SetComments, SetStatus
from lapa_annotator.domain.face import Annotation, Comment, Status
from lapa_annotator.gui.editor.journal import Entry

DECISIONS = (Status.APPROVED, Status.REJECTED)


def decided(annotation: Annotation, status: Status, remark: Comment | None) -> edits.Edit | None:
    """Give a photo a status, with the remark that says why, as one edit.

    Returns:
        The edit; None when nothing would change.
    """
    said = None if remark is None else commented(annotation, remark)
    if status == annotation.status:
        return said
    decision = SetStatus(annotation.status, status)
    return decision if said is None else Gesture((decision, said))


def commented(annotation: Annotation, remark: Comment) -> SetComments:
    """Add a remark to a photo."""
    return SetComments(annotation.comments, (*annotation.comments, remark))


def without_comment(annotation: Annotation, place: int) -> SetComments:
    """Take a remark away: it has been dealt with."""
    kept = annotation.comments[:place] + annotation.comments[place + 1 :]
    return SetComments(annotation.comments, kept)


def last_decided(annotation: Annotation, history: Sequence[Entry]) -> Annotation | None:
    """Return a photo's annotation as the last reviewer left it.

    Args:
        annotation: as it is now.
        history: its edits, oldest first.

    Returns:
        The annotation right after the last edit by which it was approved, rejected or sent
        back; None when it was never decided on, or the history does not lead there.
    """
    standing = [entry.edit for entry in history if not entry.undone]
    places = [place for place, edit in enumerate(standing) if _decides(edit)]
    if not places:
        return None
    for edit in reversed(standing[places[-1] + 1 :]):
        try:
            annotation = edit.inverse().apply(annotation)
        except (EditConflictError, KeyError):
            return None
    return annotation


def _decides(edit: edits.Edit) -> bool:
    for part in _parts(edit):
        if isinstance(part, SetStatus) and (part.before == Status.DONE or part.after in DECISIONS):
            return True
    return False


def _parts(edit: edits.Edit) -> Iterator[edits.Edit]:
    if isinstance(edit, Gesture):
        for part in edit.edits:
            yield from _parts(part)
    else:
        yield edit
