"""A snapshot: the finished annotations of a project by revision, so that it can be had again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.pose import estimate_pose
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Annotation, Face
from lapa_annotator.domain.landmarks import Landmarks, Origin
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.store.project import Project
from lapa_annotator.store.revisions import annotations_at, revisions
from lapa_annotator.store.values import ImageInfo
from lapa_annotator.training.data.sample import Sample
from lapa_annotator.training.data.split import VARIATION, Part
from lapa_annotator.training.retrain.settings import IMPORTED, OWN, RENDERED, RetrainSettings
from lapa_annotator.training.retrain.split import Split, group_of

Wanted = Callable[[Face], bool]

FILE = "snapshot.json"
SYNTHETIC = "synthetic"
"""The tag of rendered faces."""
_FORMAT = 1
_FINISHED = "status:done,approved photo:present"


@dataclass(frozen=True, slots=True)
class Entry:
    """An image of a snapshot.

    Attributes:
        image: its number in the project.
        revision: the journal entry that its annotation stood at.
        content: hash of the photo's bytes.
        part: whether it is trained on or held out.
        kind: one of ``settings.KINDS``.
        faces: how many faces with landmarks it had.
    """

    image: int
    revision: int
    content: str
    part: Part
    kind: str
    faces: int


@dataclass(frozen=True)
class Snapshot:
    """What a training is made on.

    Attributes:
        entries: the images.
        weights: how much a point counts, by its ``Origin`` in small letters.
        made: when, in seconds since the epoch.
    """

    entries: tuple[Entry, ...]
    weights: Mapping[str, float] = field(default_factory=dict)
    made: float = 0.0

    def faces(self, part: Part | None = None, kind: str | None = None) -> int:
        """How many faces it holds, of one part or of both, of one kind or of all."""
        return sum(e.faces for e in self.chosen(part, kind))

    def chosen(self, part: Part | None = None, kind: str | None = None) -> list[Entry]:
        """The images of a part and kind."""
        return [e for e in self.entries if part in (None, e.part) and kind in (None, e.kind)]

    def write(self, path: Path) -> None:
        """Keep it in a file.

        Raises:
            InputError: it cannot be written.
        """
        told = {"format": _FORMAT, "made": self.made, "weights": dict(self.weights)}
        told["images"] = [asdict(entry) for entry in self.entries]
        replace_file(path, json.dumps(told, indent=0).encode("ascii"))

    @classmethod
    def read(cls, path: Path) -> Snapshot:
        """Read what ``write`` wrote.

        Raises:
            InputError: there is none, it is damaged, or an image is on both sides.
        """
        try:
            told: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
            entries = tuple(Entry(**row) for row in told["images"])
            made, weights = float(told["made"]), dict(told["weights"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                path, f"the snapshot cannot be read ({error})", "cancel this training, begin anew"
            ) from error
        sides = {part: {e.content for e in entries if e.part == part} for part in _SIDES}
        if sides["train"] & sides["held out"]:
            raise InputError(
                path,
                "an image is trained on and held out at once",
                "cancel this training, begin anew",
            )
        return cls(entries, weights, made)


_SIDES: tuple[Part, Part] = ("train", "held out")


def finished_query(settings: RetrainSettings) -> str:
    """The search for what a training may learn from."""
    return " ".join([_FINISHED, *(f'-tag:"{tag}"' for tag in settings.without)])


def take_snapshot(
    project: Project, settings: RetrainSettings, split: Split, wanted: Wanted | None = None
) -> tuple[Snapshot, Split]:
    """Write down what is finished now, by revision.

    Rendered faces are trained on and never held out.

    Args:
        project: open.
        settings: what is left out, how much is held out.
        split: the sides that are fixed already.
        wanted: which faces count, of those that have landmarks; all without.

    Returns:
        the snapshot, and the split with the images that are new in it.

    Raises:
        InputError: fewer images are finished than a training needs, none of them is held out.
    """
    infos = project.infos(project.ids(finished_query(settings)).tolist())
    known = {info.id: info for info in infos if info.file.is_file()}
    at = revisions(project, list(known))
    stood: list[tuple[ImageInfo, int, list[Face], str]] = []
    for image_id, annotation in annotations_at(project, at):
        faces = [face for face in faces_of(annotation) if wanted is None or wanted(face)]
        if faces:
            info = known[image_id]
            stood.append((info, at[image_id], faces, _kind(info, faces)))
    if len(stood) < settings.least:
        what, remedy = "images are finished", "finish more first: their status is done or approved"
        if wanted is not None:
            what = "finished images have a label map"
            remedy = "finish more, and look at their label maps or export them first"
        problem = f"{len(stood)} {what}, and a training needs {settings.least}"
        raise InputError(project.folder, problem, remedy)
    groups = {i.content: _group(i, f) for i, _, f, kind in stood if kind != RENDERED}
    split = split.grown(groups, settings.held_out, settings.rule.faces)
    entries = tuple(
        Entry(
            image=info.id,
            revision=revision,
            content=info.content,
            part="train" if kind == RENDERED else split.part(info.content),
            kind=kind,
            faces=len(faces),
        )
        for info, revision, faces, kind in stood
    )
    snapshot = Snapshot(entries, dict(settings.weights), time.time())
    for part in _SIDES:
        if not snapshot.chosen(part):
            raise InputError(
                project.folder, f"no finished image is there to use as {part!r}", "finish more"
            )
    return snapshot, split


def faces_of(annotation: Annotation) -> list[Face]:
    """The faces that have landmarks, in order."""
    return [face for face in annotation.faces if face.landmarks is not None]


def _kind(info: ImageInfo, faces: Sequence[Face]) -> str:
    if SYNTHETIC in info.tags:
        return RENDERED
    imported = [
        bool((face.landmarks.origin == int(Origin.IMPORTED)).all())
        for face in faces
        if face.landmarks is not None
    ]
    return IMPORTED if all(imported) else OWN


def _group(info: ImageInfo, faces: Sequence[Face]) -> str:
    landmarks = faces[0].landmarks
    assert landmarks is not None
    return group_of(estimate_pose(landmarks.points).yaw, info.doubt)


class SnapshotSource:
    """The faces of a snapshot as samples, as they stood when it was taken; see ``Source``.

    Args:
        project: the open project, while the source is made.
        snapshot: which images at which revisions.
        part, kind: which of them.

    Raises:
        InputError: an image is not in the project any more, or its journal is damaged.
    """

    def __init__(
        self, project: Project, snapshot: Snapshot, part: Part, kind: str | None = None
    ) -> None:
        self.name = project.folder.stem if kind is None else f"{project.folder.stem}-{kind}"
        self._weights = snapshot.weights
        self._entries = snapshot.chosen(part, kind)
        infos = {i.id: i for i in project.infos([e.image for e in self._entries])}
        wanted = {e.image: e.revision for e in self._entries}
        self._faces: list[tuple[str, ImageInfo, Face]] = []
        for image_id, annotation in annotations_at(project, wanted):
            if image_id not in infos:
                raise InputError(
                    f"image {image_id}",
                    "is in the snapshot and not in the project any more",
                    "cancel this training, begin anew",
                )
            info = infos[image_id]
            place = (info.root.name / info.path.with_suffix("")).as_posix()
            for number, face in enumerate(faces_of(annotation)):
                key = f"{place}{VARIATION}{number}" if number else place
                self._faces.append((key, info, face))

    def __len__(self) -> int:
        """How many faces there are."""
        return len(self._faces)

    def keys(self) -> list[str]:
        """The photos' places with their folders' names, and a number for a second face."""
        return [key for key, _, _ in self._faces]

    def face(self, index: int) -> Face:
        """The face at ``index`` as it stood; it has landmarks."""
        return self._faces[index][2]

    def load(self, index: int) -> Sample:
        """Read the face at ``index``; see ``sources.Source.load``.

        Raises:
            InputError: its photo has vanished or cannot be read.
        """
        key, info, face = self._faces[index]
        assert face.landmarks is not None
        return Sample(
            image=read_photo(info.file).pixels,
            points=face.landmarks.points,
            key=key,
            source=self.name,
            weights=point_weights(face.landmarks, self._weights),
            visibility=face.landmarks.visibility,
        )

    def fingerprint(self) -> str:
        """See ``sources.Source.fingerprint``; told by photos' bytes, revisions and weights."""
        rows = [[e.content, e.revision, e.part] for e in self._entries]
        told = json.dumps([rows, sorted(self._weights.items())])
        return hashlib.sha256(told.encode("ascii")).hexdigest()[:16]


def point_weights(landmarks: Landmarks, weights: Mapping[str, float]) -> NDArray[np.float32]:
    """(106,) float32: how much each point counts, by where it comes from; 1 where not told."""
    table = np.array([weights.get(origin.name.lower(), 1.0) for origin in Origin], np.float32)
    return np.asarray(table[landmarks.origin])
