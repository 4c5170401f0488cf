"""The work on one open project: which photo is on show, and what happens around it.

The desk takes a photo's lease, hands it to the editor, brings in what the models say, and
sees to it that the next photos are read and proposed before they are wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.background import ProposeAll
from lapa_annotator.gui.editor.editor import Editor
from lapa_annotator.gui.editor.openphoto import OpenPhoto
from lapa_annotator.gui.loader import LoadedPhoto, PhotoLoader
from lapa_annotator.gui.messages import Message
from lapa_annotator.gui.navigator import Navigator
from lapa_annotator.gui.opened import opened_photo
from lapa_annotator.gui.proposals import AHEAD, NOW, BuiltInModels, Found, Models, Proposals
from lapa_annotator.gui.settings import Settings
from lapa_annotator.gui.workers import Queues
from lapa_annotator.ppa.settings import Settings as Parsing
from lapa_annotator.store.cache import CachedSegmentation
from lapa_annotator.store.lease import Lease
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import LeaseHeldError, Task

_PAINTED_MS = 15


class Desk(QObject):
    """One project, one photo at a time.

    ``said(Message)`` and ``withdrawn(keys)`` are for the message bar, ``shown(image_id)`` when
    another photo is on show, ``changed(image_id)`` when the list shows an image no more as it
    is, ``reading(name)`` while a photo is being read ("" when it is there).
    """

    said = Signal(object)
    withdrawn = Signal(tuple)
    shown = Signal(int)
    changed = Signal(int)
    reading = Signal(str)

    def __init__(
        self,
        project: Project,
        editor: Editor,
        queues: Queues,
        settings: Settings,
        models: Models,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.project = project
        self.editor = editor
        self.settings = settings
        self.navigator = Navigator(project)
        self.image_id = 0
        self.second = False
        self._wanted = 0
        self._walk_to = 0
        self._pixels: Any = None
        self._leases: dict[int, Lease] = {}
        self._fruitless: set[int] = set()
        self.loader = PhotoLoader(queues.pictures, self)
        self.loader.loaded.connect(self._open)
        self.loader.failed.connect(self._could_not_read)
        self.loader.came.connect(self._came)
        self.proposals = Proposals(queues.models, models, self)
        self.proposals.found.connect(self._found)
        self.proposals.pointed.connect(self._pointed)
        self.proposals.segmented.connect(self._segmented)
        self.proposals.failed.connect(self._model_failed)
        self._all = ProposeAll(queues.models, models, project.photo_path, self)
        self._all.found.connect(self._found)
        self._all.ended.connect(self._all_proposed)
        self._afterwards = QTimer(self, singleShot=True, interval=_PAINTED_MS)
        self._afterwards.timeout.connect(self._tidy_up)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._file_changed)
        self._parsing = Parsing.of()
        editor.finished.connect(self.finished)
        editor.walked_out.connect(self.walk_on)
        editor.proposal_wanted.connect(self._propose_face)
        editor.segmentation_wanted.connect(self._segment_face)
        editor.saver.use_thread()
        editor.saved_changed.connect(self._saved_changed)

    # Going from photo to photo

    def go(self, image_id: int | None) -> None:
        """Show an image; nothing happens for None or the one that is on its way already."""
        if image_id is None or image_id == self._wanted:
            return
        try:
            info = self.project.info(image_id)
        except InputError as error:
            self.said.emit(Message(str(error), "error", "photo"))
            return
        self._wanted = image_id
        self.navigator.at(image_id)
        self.reading.emit(info.path.name)
        self.loader.want(image_id, info.file)

    def step(self, by: int) -> None:
        """Show the photo ``by`` rows further on in the list."""
        image_id = self.navigator.step(by)
        if image_id is None:
            end = self.tr("This is the last photo.") if by > 0 else self.tr("This is the first.")
            self.said.emit(Message(end, "info", "end"))
        self.go(image_id)

    def to_do(self, forward: bool = True) -> None:
        """Show the nearest photo that is not finished."""
        image_id = self.navigator.to_do(forward)
        if image_id is None:
            self.said.emit(Message(self.tr("Every photo in the list is done."), "ok", "end"))
        self.go(image_id)

    def finished(self) -> None:
        """The photo on show is done: go to the next one that is not."""
        self.changed.emit(self.image_id)
        if self.second:
            self._to_second()
        else:
            self.to_do()

    def use_second(self, on: bool) -> None:
        """Show one's own second annotations instead of the first ones, or these again."""
        self.second = on
        image_id, self._wanted = self.image_id, 0
        self.editor.close_photo()
        self._release(keep=0)
        self.go(image_id or None)

    def _to_second(self) -> None:
        """Go to the next photo that is assigned for a second annotation, else to the next one."""
        assignments, ids = self.project.assignments, self.navigator.ids
        way = np.roll(ids, -self.navigator.row - 1)
        image_id = assignments.next_second(way.tolist())
        if image_id is not None:
            self.go(image_id)
        elif self.navigator.step(1) is None or assignments.mine(Task.SECOND):
            text = self.tr("Every photo in the list that waits for you is done.")
            self.said.emit(Message(text, "ok", "end"))
        else:
            self.step(1)

    def walk_on(self) -> None:
        """Go to the next photo that is not finished, and there to its most doubtful point."""
        self._walk_to = self.navigator.to_do() or 0
        self.to_do()

    @property
    def _is_saved(self) -> bool:
        return self.editor.saver.settle()

    def use_settings(self, settings: Parsing) -> None:
        """Make label maps by other settings from now on, that of the photo on show first."""
        self._parsing = settings
        self.editor.live_map.parse = settings.options
        models = self.proposals.models
        if isinstance(models, BuiltInModels):
            models.use(self.project)
        if self.editor.document.photo is not None and self._is_saved:
            self._reload()

    def close(self) -> None:
        """Put the photo away and give everything back."""
        self._afterwards.stop()
        self._all.cancel()
        self.editor.saver.settle()
        self.editor.close_photo()
        self.loader.forget()
        self._release(keep=0)
        self.image_id = self._wanted = 0

    # A photo comes

    def _open(self, photo: LoadedPhoto) -> None:
        if photo.image_id != self._wanted:
            return
        try:
            self._show(photo)
        except InputError as error:
            self._could_not_read(photo.image_id, error)

    def _show(self, photo: LoadedPhoto) -> None:
        image_id = photo.image_id
        held_by = "" if self.second else self._take_lease(image_id)
        opened = self._opened(photo, held_by)
        self.image_id, self._pixels = image_id, photo.pixels
        self.editor.open(opened)
        self._go_to_face()
        self.reading.emit("")
        self.withdrawn.emit(("photo", "faces", "end", "lease"))
        if held_by:
            self.said.emit(Message(held_by, "warning", "lease"))
        self.shown.emit(image_id)
        if opened.annotation.status is Status.NEW and not opened.annotation.faces:
            self._look_for_faces(image_id, NOW)
        # The eye comes first: what it does not see waits until the photo has been painted.
        self._afterwards.start()

    def _tidy_up(self) -> None:
        """Watch the photo on show, give back the one before, and prepare the next ones."""
        if not self.image_id:
            return
        photo = self.editor.document.photo
        if photo is not None:
            self._watch(self.project.photo_path(photo.image_id))
        for image_id in self._leases:
            if image_id != self.image_id:
                self.changed.emit(image_id)
        self._release(keep=self.image_id)
        self._prepare_next()

    def _opened(self, photo: LoadedPhoto, held_by: str) -> OpenPhoto:
        # A repair of this very photo may be on its way to the disk.
        self.editor.saver.settle()
        return opened_photo(self.project, photo, held_by, self._parsing, second=self.second)

    def _could_not_read(self, image_id: int, error: InputError) -> None:
        """Say so in place, and leave the photo's row: with E the work goes on."""
        self.editor.close_photo()
        self._release(keep=0)
        self.image_id = image_id
        self._pixels = None
        self.reading.emit("")
        self.said.emit(Message(str(error), "error", "photo"))
        self.shown.emit(image_id)
        self._prepare_next()

    def _reload(self) -> None:
        """Show the photo on show again, as the store has it now."""
        info = self.project.info(self.image_id)
        photo = self.loader.get(self.image_id, info.file)
        if photo is not None:
            held_by = "" if self.second else self._take_lease(self.image_id)
            self.editor.open(self._opened(photo, held_by))

    def _go_to_face(self) -> None:
        """Show the face large, or its most doubtful point when the walk has come here."""
        keeps = self.editor.options.keep_view or not self.settings.get("work/face")
        if not keeps and self.editor.has("face"):
            self.editor.fit_face()
        if self._walk_to == self.image_id and self.editor.has("points"):
            self._walk_to = 0
            self.editor.first_doubt()

    def _watch(self, path: Path) -> None:
        if self._watcher.files():
            self._watcher.removePaths(self._watcher.files())
        self._watcher.addPath(str(path))

    def _file_changed(self, name: str) -> None:
        if not Path(name).exists():
            text = self.tr(
                "{name} is not there any more. Your points are safe; put the photo back, or go on "
                "with the next one."
            )
            self.said.emit(Message(text.format(name=Path(name).name), "warning", "photo"))

    # Leases

    def _take_lease(self, image_id: int) -> str:
        """Take an image; return "" or, when another person has it, a sentence that says so."""
        if self.project.read_only:
            return self.tr("The project was opened for looking only.")
        held = self._leases.get(image_id)
        if held is not None and held.held:
            return ""
        try:
            self._leases[image_id] = self.project.lease(image_id)
        except LeaseHeldError as error:
            text = self.tr("{who} is editing this photo on {host}; you can look but not change it.")
            who = error.holder.annotator or self.tr("Somebody")
            return text.format(who=who, host=error.holder.host)
        return ""

    def _release(self, keep: int) -> None:
        """Give back what is not on show, unless edits of it still wait to be saved."""
        if self._is_saved:
            for image_id in [i for i in self._leases if i != keep]:
                self._leases.pop(image_id).release()

    def _saved_changed(self, saved: bool) -> None:
        if saved:
            self._release(keep=self.image_id)
            self.changed.emit(self.image_id)

    # What the models say

    def propose_again(self) -> None:
        """Find the faces of the photo on show, whatever was found before."""
        self._fruitless.discard(self.image_id)
        self._look_for_faces(self.image_id, NOW, asked=True)

    def propose_all(self) -> None:
        """Propose points for every new photo of the list, in the background; again to stop."""
        if self._all.is_running:
            self._all.cancel()
            return
        new = self.project.ids("status:new")
        wanted = self.navigator.ids[np.isin(self.navigator.ids, new)]
        self._all.start([int(i) for i in wanted])

    def _all_proposed(self, done: int, skipped: int) -> None:
        text = self.tr("Points were proposed for {n:,} photos.").format(n=done)
        if skipped:
            text += " " + self.tr("{n:,} could not be done.").format(n=skipped)
        self.said.emit(Message(text, "warning" if skipped else "ok", "all"))

    def _look_for_faces(self, image_id: int, priority: int, asked: bool = False) -> None:
        wanted = asked or self.settings.get("work/propose")
        if self._pixels is None or image_id in self._fruitless or not wanted:
            return
        self.proposals.find(image_id, self._pixels, priority, self.tr("Finding faces …"))

    def _prepare_next(self) -> None:
        ids = self.navigator.ahead(self.settings.get("work/ahead"))
        infos = self.project.infos(ids)
        self.proposals.keep_only({self.image_id, *ids})
        self.loader.ahead([(i.id, i.file, i.width * i.height) for i in infos])

    def _came(self, photo: LoadedPhoto) -> None:
        """A photo was read ahead: let its faces be found ahead as well."""
        image_id = photo.image_id
        if image_id == self._wanted or image_id in self._fruitless:
            return
        info = self.project.infos([image_id])
        is_new = bool(info) and info[0].status is Status.NEW and not info[0].faces
        if is_new and self.settings.get("work/propose"):
            self.proposals.find(image_id, photo.pixels, AHEAD)

    def _found(self, image_id: int, found: Found) -> None:
        self.withdrawn.emit(("models",))
        if not found.faces:
            self._fruitless.add(image_id)
            if image_id == self.image_id:
                text = self.tr("No face was found. Press B and draw a box around one.")
                self.said.emit(Message(text, "info", "faces"))
            return
        here = image_id == self.image_id
        if here and not (self._is_saved and not self.editor.document.is_previewing):
            return
        self._guarded(
            lambda: self.project.propose(image_id, found.faces, found.model, doubt=found.doubt)
        )
        self.changed.emit(image_id)
        if here:
            self._reload()
            self._go_to_face()

    def _propose_face(self, image_id: int, face_id: str) -> None:
        if image_id == self.image_id and self._pixels is not None:
            face = next((f for f in self.editor.document.faces if f.id == face_id), None)
            if face is not None:
                self.proposals.point(image_id, self._pixels, face)

    def _pointed(self, image_id: int, face_id: str, landmarks: Landmarks) -> None:
        self.withdrawn.emit(("models",))
        self.editor.receive_proposal(image_id, face_id, landmarks)

    def _segment_face(self, image_id: int, face_id: str) -> None:
        if image_id != self.image_id or not self.settings.get("work/segment"):
            return
        face = next((f for f in self.editor.document.faces if f.id == face_id), None)
        if face is not None and face.landmarks is not None and self._pixels is not None:
            faces = self.editor.document.faces
            others = [f.landmarks for f in faces if f is not face and f.landmarks is not None]
            self.proposals.segment(image_id, face_id, self._pixels, face.landmarks, others)

    def _segmented(self, image_id: int, face_id: str, segmentation: Any) -> None:
        self.editor.receive_segmentation(image_id, face_id, segmentation)
        kept = CachedSegmentation(
            segmentation.probabilities, segmentation.to_crop, segmentation.model
        )
        self._guarded(lambda: self.project.segmentations.store(face_id, kept))

    def _model_failed(self, image_id: int, error: InputError) -> None:
        if image_id == self.image_id:
            text = self.tr("{error} You can still draw a box (B) and place points by hand.")
            self.said.emit(Message(text.format(error=error), "warning", "models"))

    def _guarded(self, change: Callable[[], object]) -> None:
        try:
            change()
        except InputError as error:
            self.said.emit(Message(str(error), "error", "store"))
