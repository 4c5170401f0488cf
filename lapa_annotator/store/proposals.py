"""What models propose: taken into an annotation without touching a person's points, and kept."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, delete, insert, select, update

from lapa_annotator.domain.edits import (
    AddFace,
    Edit,
    Gesture,
    SetFace,
    SetPoints,
    SetStatus,
    SetTags,
)
from lapa_annotator.domain.face import Annotation, Face, Status
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.store import journal, rows
from lapa_annotator.store.codec import pack_landmarks, unpack_landmarks
from lapa_annotator.store.effort import BLIND, BLIND_SHARE, is_chosen_blind
from lapa_annotator.store.models import UNKNOWN, ImageRow, NameRow, ProposalRow, Role
from lapa_annotator.store.values import Revision

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

SAME_FACE = 0.5
"""Two boxes that overlap by at least this (intersection over union) are of one face."""

_FINISHED = {Status.DONE, Status.APPROVED}


def propose(
    project: Project,
    image_id: int,
    faces: Sequence[Face],
    model: str,
    doubt: float | None,
    force: bool,
) -> Revision | None:
    """Take a model's faces into an annotation; see ``Project.propose``."""
    share = project.settings.get(BLIND_SHARE, 0.0)
    with project.database.write() as connection:
        stored = rows.read(connection, project.names, image_id)
        project.leases.guard(connection, image_id, stored.path)
        known = match(stored.annotation.faces, faces)
        _keep(connection, project, image_id, model, faces, known)
        if doubt is not None:
            _put_doubt(connection, image_id, doubt)
        if stored.annotation.status in _FINISHED and not force:
            return None
        tags = stored.annotation.tags
        is_new = stored.annotation.status is Status.NEW and not stored.annotation.faces
        blind = BLIND in tags or (is_new and is_chosen_blind(stored.path, share))
        if blind and not force:
            faces = [replace(face, landmarks=None) for face in faces]
        edits = proposal_edits(stored.annotation, faces, known, force=force)
        if not edits:
            return None
        if blind and BLIND not in tags:
            edits.append(SetTags(tags, tags | {BLIND}))
        title = f"Proposal of {model}"
        return journal.save_within(connection, project, image_id, Gesture(tuple(edits)), title)


def match(known: Sequence[Face], proposed: Sequence[Face]) -> dict[int, Face]:
    """Return which known face each proposed one (by its index) is, best overlaps first."""
    pairs = [
        (face.box.iou(new.box), k, i)
        for k, face in enumerate(known)
        for i, new in enumerate(proposed)
    ]
    found: dict[int, Face] = {}
    taken: set[int] = set()
    for overlap, k, i in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if overlap >= SAME_FACE and k not in taken and i not in found:
            found[i] = known[k]
            taken.add(k)
    return found


def proposal_edits(
    annotation: Annotation, faces: Sequence[Face], known: dict[int, Face], *, force: bool
) -> list[Edit]:
    """Return the edits that take proposed faces into an annotation."""
    edits: list[Edit] = []
    position = len(annotation.faces)
    for index, new in enumerate(faces):
        if index not in known:
            edits.append(AddFace(new, position))
            position += 1
        else:
            edits += _known_face(known[index], new, force=force)
    if edits and annotation.status is Status.NEW:
        edits.append(SetStatus(Status.NEW, Status.PROPOSED))
    return edits


def _known_face(face: Face, new: Face, *, force: bool) -> list[Edit]:
    if new.landmarks is None:
        return []
    touched = face.landmarks is not None and face.landmarks.touched.any()
    if face.landmarks is None or force or not touched:
        after = replace(face, box=new.box, pose=new.pose, landmarks=new.landmarks)
        return [] if after == face else [SetFace(face, after)]
    free = np.flatnonzero(~face.landmarks.touched).tolist()
    before, after_points = face.landmarks.take(free), new.landmarks.take(free)
    return [] if before == after_points else [SetPoints(face.id, before, after_points)]


def _keep(
    connection: Connection,
    project: Project,
    image_id: int,
    model: str,
    faces: Sequence[Face],
    known: dict[int, Face],
) -> None:
    name_id = project.names.ids(connection)
    model_id = name_id(model)
    t = ProposalRow
    for index, face in enumerate(faces):
        if face.landmarks is None:
            continue
        uid = known[index].id if index in known else face.id
        connection.execute(delete(t).where(t.face_uid == uid, t.model_id == model_id))
        connection.execute(
            insert(t).values(
                face_uid=uid,
                model_id=model_id,
                image_id=image_id,
                time=time.time(),
                points=pack_landmarks(face.landmarks, name_id),
            )
        )
    rows.give_credit(connection, image_id, {(Role.MODEL, model_id)})


def proposal(project: Project, face_id: str, model: str | None) -> Landmarks | None:
    """Return what a model version proposed for a face; see ``Project.proposal``."""
    t = ProposalRow
    wanted = select(t.points).where(t.face_uid == face_id).order_by(t.time.desc()).limit(1)
    if model is not None:
        wanted = wanted.join(NameRow, NameRow.id == t.model_id).where(NameRow.text == model)
    with project.database.read() as connection:
        data = connection.scalar(wanted)
        name = project.names.texts(connection)
        return None if data is None else unpack_landmarks(data, name)


def set_doubt(project: Project, image_id: int, doubt: float | None) -> None:
    """Store how much a model doubts an image's proposal; see ``Project.set_doubt``."""
    with project.database.write() as connection:
        _put_doubt(connection, image_id, UNKNOWN if doubt is None else doubt)


def _put_doubt(connection: Connection, image_id: int, doubt: float) -> None:
    if not (0 <= doubt <= 1 or doubt == UNKNOWN):
        raise ValueError(f"a doubt lies between 0 and 1, got {doubt}")
    connection.execute(update(ImageRow).where(ImageRow.id == image_id).values(doubt=doubt))
