"""Who is to annotate, to annotate a second time, or to review which images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, exists, func, insert, select

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.store.codec import STATUS_BYTES, peek_status, unpack_annotation
from lapa_annotator.store.models import (
    STATUS_CODES,
    TASK_CODES,
    TASKS,
    AssignmentRow,
    ImageRow,
    NameRow,
    SecondRow,
    table,
)
from lapa_annotator.store.second import has_table
from lapa_annotator.store.values import Assigned, Task

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

_assigned = table(AssignmentRow)
# From which state on an image is done as far as a task goes.
_DONE = {
    Task.ANNOTATE: (Status.DONE, Status.APPROVED, Status.REJECTED),
    Task.REVIEW: (Status.APPROVED, Status.REJECTED),
}
_CHUNK = 500


class Assignments:
    """The assignments of a project; ``Project.assignments``."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def give(self, image_ids: Sequence[int], annotators: Sequence[str], task: Task) -> int:
        """Deal images out to people in turn, as evenly as may be; returns how many were given.

        An image that somebody has for the task already stays with that person. Nobody gets an
        image a second time, or to review it, that he was the last to annotate.

        Raises:
            InputError: no name, an empty one, or one that is named twice.
        """
        if not annotators or not all(n.strip() for n in annotators):
            raise InputError("assign", "nobody is named", "name one person or more")
        if len(set(annotators)) < len(annotators):
            raise InputError("assign", "somebody is named twice", "name everybody once")
        infos = self._project.infos(list(image_ids))
        load = dict.fromkeys(annotators, 0)
        given = 0
        with self._project.database.write() as connection:
            name_id = self._project.names.ids(connection)
            taken = self._taken(connection, task)
            for info in infos:
                own = info.annotator if task is not Task.ANNOTATE else ""
                others = [name for name in annotators if name != own]
                if info.id in taken or not others:
                    continue
                name = min(others, key=load.__getitem__)
                load[name] += 1
                values = {"task": TASK_CODES[task], "name_id": name_id(name), "image_id": info.id}
                connection.execute(insert(_assigned).values(values))
                given += 1
        return given

    def _taken(self, connection: Connection, task: Task) -> set[int]:
        wanted = select(_assigned.c.image_id).where(_assigned.c.task == TASK_CODES[task])
        return set(connection.scalars(wanted))

    def take_back(self, image_ids: Sequence[int], task: Task) -> int:
        """Take images away from whoever has them for a task; returns how many were."""
        taken = 0
        with self._project.database.write() as connection:
            for start in range(0, len(image_ids), _CHUNK):
                chunk = list(image_ids[start : start + _CHUNK])
                gone = delete(_assigned).where(
                    _assigned.c.task == TASK_CODES[task], _assigned.c.image_id.in_(chunk)
                )
                taken += connection.execute(gone).rowcount
        return taken

    def of(self, image_id: int) -> dict[Task, list[str]]:
        """Return who has an image for what, in alphabetical order."""
        wanted = (
            select(_assigned.c.task, NameRow.text)
            .join(NameRow, NameRow.id == _assigned.c.name_id)
            .where(_assigned.c.image_id == image_id)
            .order_by(_assigned.c.task, NameRow.text)
        )
        found: dict[Task, list[str]] = {}
        with self._project.database.read() as connection:
            if has_table(connection, _assigned):
                for task, name in connection.execute(wanted):
                    found.setdefault(TASKS[task], []).append(name)
        return found

    def mine(self, task: Task) -> set[int]:
        """Return the images that the project's annotator has for a task, done or not."""
        wanted = (
            select(_assigned.c.image_id)
            .join(NameRow, NameRow.id == _assigned.c.name_id)
            .where(_assigned.c.task == TASK_CODES[task], NameRow.text == self._project.annotator)
        )
        with self._project.database.read() as connection:
            if not has_table(connection, _assigned):
                return set()
            return set(connection.scalars(wanted))

    def next_second(self, image_ids: Iterable[int]) -> int | None:
        """Return the first of some images that the annotator is yet to annotate a second time.

        One after the other is looked at, so that the next one of thousands is found at once.
        """
        mine = self.mine(Task.SECOND)
        for image_id in image_ids:
            if image_id in mine:
                second = self._project.second.mine(image_id)
                if second is None or not second.is_done:
                    return image_id
        return None

    def all(self) -> list[Assigned]:
        """Return how far everybody is with what was assigned, by name and task."""
        wanted = (
            select(_assigned.c.task, _assigned.c.name_id, NameRow.text, func.count())
            .join(NameRow, NameRow.id == _assigned.c.name_id)
            .group_by(_assigned.c.task, _assigned.c.name_id, NameRow.text)
            .order_by(NameRow.text, _assigned.c.task)
        )
        with self._project.database.read() as connection:
            if not has_table(connection, _assigned):
                return []
            return [
                Assigned(name, TASKS[task], count, _done(connection, TASKS[task], name_id))
                for task, name_id, name, count in connection.execute(wanted).all()
            ]


def _done(connection: Connection, task: Task, name_id: int) -> int:
    """How many of a person's images are done as far as a task goes."""
    mine = _assigned.c.task == TASK_CODES[task], _assigned.c.name_id == name_id
    if task is Task.SECOND:
        same = SecondRow.image_id == _assigned.c.image_id, SecondRow.annotator_id == name_id
        head = func.substr(SecondRow.annotation, 1, STATUS_BYTES)
        wanted = select(SecondRow.id, head).where(exists().where(*mine, *same))
        rows = connection.execute(wanted).all()
        finished = (Status.DONE, Status.APPROVED)
        return sum(_second_status(connection, *row) in finished for row in rows)
    codes = [STATUS_CODES[status] for status in _DONE[task]]
    joined = (
        select(func.count())
        .select_from(_assigned)
        .join(ImageRow, ImageRow.id == _assigned.c.image_id)
    )
    return int(connection.scalar(joined.where(*mine, ImageRow.status.in_(codes))) or 0)


def _second_status(connection: Connection, row_id: int, head: bytes) -> Status:
    """How far a second annotation is, by how it begins; of an older one all is read."""
    status = peek_status(head)
    if status is None:
        wanted = select(SecondRow.annotation).where(SecondRow.id == row_id)
        status = unpack_annotation(connection.execute(wanted).scalar_one()).status
    return status
