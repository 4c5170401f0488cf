"""A photo with what the project knows of it, as the editor wants it."""

from __future__ import annotations

from lapa_annotator.domain.face import Annotation, Face
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.editor.following import model_of
from lapa_annotator.gui.editor.journal import Journal
from lapa_annotator.gui.editor.openphoto import OpenPhoto
from lapa_annotator.gui.loader import LoadedPhoto
from lapa_annotator.gui.storejournal import SecondJournal, StoreJournal
from lapa_annotator.ppa.settings import Settings as Parsing
from lapa_annotator.store.project import Project


def opened_photo(
    project: Project, photo: LoadedPhoto, read_only: str, parsing: Parsing, *, second: bool
) -> OpenPhoto:
    """Bring together what the editor shows of a photo.

    Args:
        project: the open project.
        photo: the photo in memory.
        read_only: why nothing may be changed; "" when everything may.
        parsing: which segmentations are taken.
        second: show one's own second annotation, which is begun if there is none yet; nothing
            is told of what others say.

    Raises:
        InputError: there is no such image, or it cannot be annotated a second time.
    """
    image_id = photo.image_id
    others: dict[str, Annotation] = {}
    journal: Journal
    if second:
        annotation = project.second.begin(image_id).annotation
        journal = SecondJournal(project, image_id)
    else:
        annotation, journal = project.load(image_id), StoreJournal(project, image_id)
        others = {s.annotator: s.annotation for s in project.second.all(image_id) if s.is_done}
    ids = [face.id for face in annotation.faces]
    kept = {i: s for i in ids if (s := project.segmentations.load(i)) is not None}
    return OpenPhoto(
        image_id=image_id,
        name=photo.path.name,
        pixels=photo.pixels,
        annotation=annotation,
        journal=journal,
        proposals={f.id: p for f in annotation.faces if (p := _proposal(project, f)) is not None},
        segmentations={i: s for i, s in kept.items() if parsing.takes(s.model)},
        levels=photo.levels,
        others=others,
        read_only=read_only,
    )


def _proposal(project: Project, face: Face) -> Landmarks | None:
    """What was proposed for a face by the model version that its points are of, or last."""
    model = "" if face.landmarks is None else model_of(face.landmarks)
    return project.proposal(face.id, model or None) or project.proposal(face.id)
