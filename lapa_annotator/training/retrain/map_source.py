"""The label maps of a snapshot's faces, kept with the run so that they can be had again."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from pathlib import Path

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.labelmap import LabelMap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.formats.lapa import read_labels, write_labels
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.ppa.parse import parse_face
from lapa_annotator.ppa.segment import Segmentation
from lapa_annotator.ppa.settings import settings_of
from lapa_annotator.store.project import Project
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.data.split import Part
from lapa_annotator.training.retrain.snapshot import Snapshot, SnapshotSource, Wanted


def has_map(project: Project) -> Wanted:
    """Tell the faces that have a label map: those whose hair and skin somebody has looked at."""
    return lambda face: project.segmentations.load(face.id) is not None


class MapSource(SnapshotSource):
    """The faces of a snapshot with their label maps; see ``SnapshotSource``.

    A label map is drawn from points, kept segmentation and override layer, as the project's
    settings want it, when it is first asked for; from then on it is the file in ``maps``.

    Args:
        project, snapshot, part, kind: see ``SnapshotSource``.
        maps: folder of the label maps, the run's.

    Raises:
        InputError: as ``SnapshotSource``.
    """

    def __init__(
        self,
        project: Project,
        snapshot: Snapshot,
        maps: Path,
        part: Part,
        kind: str | None = None,
    ) -> None:
        super().__init__(project, snapshot, part, kind)
        self._maps, self._kept = maps, project.segmentations
        self._options = settings_of(project).options
        every = itertools.groupby(self._faces, lambda entry: entry[1].id)
        self._beside = {image: [face for _, _, face in faces] for image, faces in every}
        self._faces = [entry for entry in self._faces if self._is_known(entry[2])]

    def load(self, index: int) -> Sample:
        """Read the face at ``index``; see ``sources.Source.load``.

        Raises:
            InputError: its photo has vanished, or its label map is damaged.
        """
        key, info, face = self._faces[index]
        assert face.landmarks is not None
        pixels = read_photo(info.file).pixels
        return Sample(
            image=pixels,
            points=face.landmarks.points,
            key=key,
            source=self.name,
            visibility=face.landmarks.visibility,
            labels=self._labels(face, (pixels.shape[1], pixels.shape[0])),
        )

    def others(self, index: int) -> Sequence[Points]:
        """The landmarks of the other faces in the photo of the face at ``index``."""
        _, info, face = self._faces[index]
        beside = [other for other in self._beside[info.id] if other.id != face.id]
        return [other.landmarks.points for other in beside if other.landmarks is not None]

    def fingerprint(self) -> str:
        """See ``SnapshotSource.fingerprint``; told by the settings of label maps, too."""
        told = f"{super().fingerprint()} {self._options}"
        return hashlib.sha256(told.encode("utf-8")).hexdigest()[:16]

    def _file(self, face: Face) -> Path:
        return self._maps / f"{hashlib.sha256(face.id.encode()).hexdigest()[:24]}.png"

    def _is_known(self, face: Face) -> bool:
        return self._file(face).is_file() or self._kept.load(face.id) is not None

    def _labels(self, face: Face, size: tuple[int, int]) -> LabelMap:
        file = self._file(face)
        if not file.is_file():
            kept = self._kept.load(face.id)
            if kept is None or face.landmarks is None:
                raise InputError(file, "the label map is gone", "cancel this training, begin anew")
            said = Segmentation(kept.probabilities, kept.to_crop, kept.model)
            points, touched = face.landmarks.points, face.landmarks.touched
            write_labels(
                file, parse_face(size, points, said, self._options, face.override, touched)
            )
        return read_labels(file)
