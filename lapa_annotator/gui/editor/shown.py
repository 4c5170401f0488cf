"""How the document's faces are shown: what the canvas hands to the item that draws points."""

from __future__ import annotations

import numpy as np

from lapa_annotator.domain.face import Face
from lapa_annotator.domain.landmarks import Origin, Points
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.hittest import HitFace
from lapa_annotator.gui.editor.items.points import ShownFace
from lapa_annotator.gui.editor.items.stamps import ORIGIN_COLOURS, Look, current, point_colours
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.gui.editor.parts import PartsState


def shown_faces(
    document: Document, parts: PartsState, options: ViewOptions
) -> tuple[ShownFace, ...]:
    """Every face with points, the current one last and so on top."""
    faces = sorted(document.faces, key=lambda face: face.id == document.face_id)
    shown = []
    for face in faces:
        points = document.points(face)
        if points is not None:
            shown.append(_shown(face, points, document, parts, options))
    return tuple(shown)


def hit_faces(document: Document, parts: PartsState) -> tuple[HitFace, ...]:
    """Every face as it is hit, the current one first."""
    free, everything = parts.free_points(), np.ones(N_POINTS, bool)
    faces = sorted(document.faces, key=lambda face: face.id != document.face_id)
    return tuple(
        HitFace(
            face.id,
            face.box,
            document.points(face),
            free if face.id == document.face_id else everything,
        )
        for face in faces
    )


def _shown(
    face: Face, points: Points, document: Document, parts: PartsState, options: ViewOptions
) -> ShownFace:
    assert face.landmarks is not None
    is_current = face.id == document.face_id
    looks = np.array(face.landmarks.visibility)
    selected = np.zeros(N_POINTS, bool)
    if is_current:
        selected[list(document.selection)] = True
        if document.current is not None:
            looks[document.current] = current(int(looks[document.current]))
    else:
        looks[:] = Look.DISTANT
    followed = document.propagated(face)
    colours = point_colours(face.landmarks, options.confidence)
    if not options.confidence:
        colours[followed] = ORIGIN_COLOURS[Origin.PROPAGATED]
    return ShownFace(
        points=points,
        shown=parts.shown_points() if is_current else np.ones(N_POINTS, bool),
        looks=looks,
        colours=colours,
        selected=selected,
        numbers=is_current and options.labels,
        arrows_from=document.proposal(face) if is_current and options.arrows else None,
        followed=followed,
        on_their_way=is_current and document.is_previewing,
    )
