"""Models at work behind the window: faces and points for new photos, hair and skin for the map.

Everything runs on the one queue of the models' device, what the annotator looks at first.
Networks are made at their first use, in the queue's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.workers import Job, JobQueue, once

if TYPE_CHECKING:
    from lapa_annotator.store.project import Project

Pixels = NDArray[np.uint8]

NOW = 2
SOON = 1
AHEAD = 0


class Models(Protocol):
    """What the models can do; every method may raise ``InputError`` and may be slow."""

    def faces(self, pixels: Pixels) -> Found:
        """Find the faces of an image and propose their points."""

    def points(self, pixels: Pixels, box: Box) -> Landmarks:
        """Propose the points of the face in a box."""

    def segmentation(
        self, pixels: Pixels, landmarks: Landmarks, others: Sequence[Landmarks]
    ) -> Any:
        """Segment hair and skin around a face; those of the photo's other faces stay out."""


@dataclass(frozen=True)
class Found:
    """What the models say about a photo.

    Attributes:
        faces: the faces with their points, largest first.
        model: the model version of the points.
        doubt: how much the model doubts its least sure face, in [0, 1].
    """

    faces: tuple[Face, ...]
    model: str
    doubt: float | None


@dataclass
class BuiltInModels:
    """The registry's models, made at their first use; without a name the default leads.

    An open project says what segments in it (``ppa.settings``), as for exports and reports.
    """

    detector_name: str | None = None
    proposer_name: str | None = None
    segmenter_name: str | None = None
    project: Project | None = None

    def use(self, project: Project | None) -> None:
        """Propose by a project's own version in use from now on, and segment as it wants."""
        self.project = project
        for made in ("proposer", "segmenter"):
            self.__dict__.pop(made, None)

    def faces(self, pixels: Pixels) -> Found:
        """Find the faces of an image and propose their points."""
        from lapa_annotator.dla.registry import find_faces

        faces = tuple(find_faces(pixels, self._detector, self.proposer))
        sure = [float(f.landmarks.confidence.mean()) for f in faces if f.landmarks is not None]
        return Found(faces, self.proposer.name, 1.0 - min(sure) if sure else None)

    def points(self, pixels: Pixels, box: Box) -> Landmarks:
        """Propose the points of the face in a box."""
        landmarks: Landmarks = self.proposer.propose(pixels, box)
        return landmarks

    def segmentation(
        self, pixels: Pixels, landmarks: Landmarks, others: Sequence[Landmarks]
    ) -> Any:
        """Segment hair and skin around a face; those of the photo's other faces stay out."""
        from lapa_annotator.ppa.segment import segment_face

        return segment_face(
            pixels, landmarks.points, self.segmenter, [other.points for other in others]
        )

    @cached_property
    def _detector(self) -> Any:
        from lapa_annotator.dla.registry import make_detector

        return make_detector(self.detector_name)

    @cached_property
    def proposer(self) -> Any:
        """What proposes points: the one that was named, the project's version, or the default."""
        from lapa_annotator.dla.registry import make_proposer

        if self.project is not None and self.proposer_name is None:
            from lapa_annotator.training.retrain.versions import current_proposer

            return current_proposer(self.project)
        return make_proposer(self.proposer_name)

    @cached_property
    def segmenter(self) -> Any:
        """What tells hair and skin apart: what is named, the project's version, or the default."""
        from lapa_annotator.ppa.registry import make_segmenter

        if self.project is None:
            return make_segmenter(self.segmenter_name)
        from lapa_annotator.ppa.settings import making, settings_of

        wanted = making(self.project, settings_of(self.project))
        return make_segmenter(wanted.segmenter or self.segmenter_name, wanted.parser)


@dataclass(frozen=True)
class _Task:
    """What a job is for; two jobs for the same thing are one."""

    kind: str
    image_id: int
    face_id: str = ""


class Proposals(QObject):
    """Orders work from the models and tells what came of it, in the window's thread.

    ``found(image_id, Found)``, ``pointed(image_id, face_id, Landmarks)``,
    ``segmented(image_id, face_id, segmentation)`` and ``failed(image_id, InputError)``.
    """

    found = Signal(int, object)
    pointed = Signal(int, str, object)
    segmented = Signal(int, str, object)
    failed = Signal(int, object)

    def __init__(self, queue: JobQueue, models: Models, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.models = models
        self._jobs: dict[_Task, Job] = {}

    def find(self, image_id: int, pixels: Pixels, priority: int, title: str = "") -> None:
        """Find faces and propose their points."""
        self._order(
            _Task("faces", image_id),
            lambda: self.models.faces(pixels),
            lambda found: self.found.emit(image_id, found),
            priority,
            title,
        )

    def point(self, image_id: int, pixels: Pixels, face: Face) -> None:
        """Propose the points of one face again."""
        self._order(
            _Task("points", image_id, face.id),
            lambda: self.models.points(pixels, face.box),
            lambda landmarks: self.pointed.emit(image_id, face.id, landmarks),
            NOW,
            self.tr("Proposing points …"),
        )

    def segment(
        self,
        image_id: int,
        face_id: str,
        pixels: Pixels,
        landmarks: Landmarks,
        others: Sequence[Landmarks] = (),
    ) -> None:
        """Segment hair and skin around one face; those of the photo's other faces stay out."""
        self._order(
            _Task("segmentation", image_id, face_id),
            lambda: self.models.segmentation(pixels, landmarks, others),
            lambda segmentation: self.segmented.emit(image_id, face_id, segmentation),
            SOON,
            self.tr("Segmenting hair and skin …"),
        )

    def is_finding(self, image_id: int) -> bool:
        """Whether the faces of an image are being looked for."""
        return _Task("faces", image_id) in self._jobs

    def keep_only(self, image_ids: set[int]) -> None:
        """Give up what waits for images that nobody is about to look at."""
        for task, job in list(self._jobs.items()):
            if task.image_id not in image_ids:
                job.cancel()

    def _order(
        self,
        task: _Task,
        work: Callable[[], Any],
        tell: Callable[[Any], None],
        priority: int,
        title: str,
    ) -> None:
        known = self._jobs.get(task)
        if known is not None and not known.is_cancelled and known.priority >= priority:
            return
        if known is not None:
            known.cancel()
        job = Job(once(work), title, priority)
        self._jobs[task] = job
        job.returned.connect(tell)
        job.failed.connect(lambda error: self.failed.emit(task.image_id, error))
        job.finished.connect(lambda: self._forget(task, job))
        self._queue.add(job)

    def _forget(self, task: _Task, job: Job) -> None:
        if self._jobs.get(task) is job:
            del self._jobs[task]
