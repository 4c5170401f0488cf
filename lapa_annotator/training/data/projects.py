"""Finished annotations of a project as samples."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.parse import parse_face
from lapa_annotator.ppa.segment import Segmentation
from lapa_annotator.ppa.settings import settings_of
from lapa_annotator.runtime.crops import Image
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ImageInfo
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.data.split import VARIATION, Part, belongs

_FINISHED = "status:done,approved photo:present"


class ProjectSource:
    """The faces of a project that are done or approved, as they stand when it is opened.

    The label map is drawn anew from the points, the kept segmentation and the override layer, as
    the project's settings want it; a face without a segmentation has points alone.

    Raises:
        InputError: it is no project, or nothing in it is finished.
    """

    def __init__(self, folder: Path, part: Part = "train") -> None:
        self.name = folder.stem
        with Project.open(folder, read_only=True) as project:
            self._segmentations = project.segmentations
            self._settings = settings_of(project)
            found: list[tuple[str, ImageInfo, Face]] = []
            # Two folders of a project may hold photos of the same name.
            several = len(project.roots()) > 1
            for image_id in project.ids(_FINISHED):
                info = project.info(int(image_id))
                faces = [f for f in project.load(info.id).faces if f.landmarks is not None]
                for number, face in enumerate(faces):
                    place = info.path.with_suffix("")
                    key = (info.root.name / place if several else place).as_posix()
                    found.append((f"{key}{VARIATION}{number}" if number else key, info, face))
        self._faces = [entry for entry in found if belongs(entry[0], part)]
        if not self._faces:
            raise InputError(
                folder,
                f"it has no finished faces to use as {part!r}",
                "finish some annotations first: their status is done or approved",
            )

    def __len__(self) -> int:
        """How many faces there are."""
        return len(self._faces)

    def keys(self) -> list[str]:
        """The photos' places below their folders, with a number for a second face."""
        return [key for key, _, _ in self._faces]

    def load(self, index: int) -> Sample:
        """Read the face at ``index``; see ``sources.Source.load``."""
        key, info, face = self._faces[index]
        assert face.landmarks is not None
        image = read_photo(info.file).pixels
        return Sample(
            image=image,
            points=face.landmarks.points,
            key=key,
            source=self.name,
            visibility=face.landmarks.visibility,
            labels=self._labels(image, face),
        )

    def _labels(self, image: Image, face: Face) -> LabelMap | None:
        kept = self._segmentations.load(face.id)
        if kept is None or face.landmarks is None or not self._settings.takes(kept.model):
            return None
        said = Segmentation(kept.probabilities, kept.to_crop, kept.model)
        points, touched = face.landmarks.points, face.landmarks.touched
        size = image.shape[1], image.shape[0]
        return parse_face(size, points, said, self._settings.options, face.override, touched)

    def fingerprint(self) -> str:
        """See ``sources.Source.fingerprint``; told by the photos' bytes and what was annotated."""
        digest = hashlib.sha256(self._settings.fingerprint().encode())
        for key, info, face in self._faces:
            digest.update(f"{key}\0{info.content}\0{info.updated}\0{face.id}\n".encode())
        return digest.hexdigest()[:16]
