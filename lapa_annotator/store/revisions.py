"""Annotations as they stood at a revision: what a snapshot of a training is made of.

A revision is the journal entry that an annotation stands at; 0 is nothing annotated. Entries are
never changed, so a list of revisions says exactly what was trained on, for as long as the
project lives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from lapa_annotator.domain.face import Annotation
from lapa_annotator.store.journal import replayed
from lapa_annotator.store.models import ImageRow

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

_CHUNK = 500


def revisions(project: Project, image_ids: Sequence[int]) -> dict[int, int]:
    """Return the revision that each image's annotation stands at; unknown images are left out."""
    found: dict[int, int] = {}
    with project.database.read() as connection:
        for start in range(0, len(image_ids), _CHUNK):
            chunk = [int(i) for i in image_ids[start : start + _CHUNK]]
            wanted = select(ImageRow.id, ImageRow.head).where(ImageRow.id.in_(chunk))
            found |= {row.id: row.head for row in connection.execute(wanted)}
    return found


def annotations_at(project: Project, wanted: Mapping[int, int]) -> Iterator[tuple[int, Annotation]]:
    """Give images with their annotations as they stood at the revisions ``wanted``.

    Raises:
        InputError: an entry of a journal is missing or damaged.
    """
    for image_id, revision in wanted.items():
        with project.database.read() as connection:
            annotation = replayed(connection, image_id, revision)
        yield image_id, annotation
