"""The annotation that was written last, so that the next edit of it need not read it again."""

from __future__ import annotations

from lapa_annotator.domain.face import Annotation
from lapa_annotator.store.database import Database


class Latest:
    """One annotation with the number of the edit that made it what it is.

    What stands is what the edits up to an image's head make, so an annotation of the same image
    at the same head is the same, whoever has changed the database meanwhile.
    """

    def __init__(self, database: Database) -> None:
        """Remember an annotation of ``database``; nothing of a transaction that is given up."""
        self._kept: tuple[int, int, Annotation] | None = None
        database.rolled_back.append(self.forget)

    def get(self, image_id: int, head: int) -> Annotation | None:
        """Return the annotation of an image at a head, None when it is not at hand."""
        kept = self._kept
        return kept[2] if kept is not None and kept[:2] == (image_id, head) else None

    def keep(self, image_id: int, head: int, annotation: Annotation) -> None:
        """Remember what an image's annotation is at a head."""
        self._kept = image_id, head, annotation

    def forget(self) -> None:
        """Read it again the next time."""
        self._kept = None
