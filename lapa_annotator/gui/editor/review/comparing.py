"""The label map compared with another one: the model's own, or the last reviewer's."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QObject, Signal

from lapa_annotator.domain.face import Face
from lapa_annotator.domain.override import EMPTY
from lapa_annotator.gui.editor.canvas import Canvas
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.items.photo import photo_levels
from lapa_annotator.gui.editor.livemap import LiveMap, Reference, RunSlow, map_of
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.gui.editor.review.beside import Beside
from lapa_annotator.gui.editor.review.deciding import last_decided
from lapa_annotator.ppa.raster import NOWHERE

MODEL, VERSION, PHOTO = range(3)
"""What there is to compare with: the option ``reference``."""


class Comparing(QObject):
    """Draws the map to compare with, off the window's thread, while a review is on.

    ``changed()`` tells that there is another one, or none.
    """

    changed = Signal()

    def __init__(
        self,
        document: Document,
        options: ViewOptions,
        canvas: Canvas,
        live_map: LiveMap,
        run_slow: RunSlow,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._options, self._map = document, options, live_map
        self._run_slow = run_slow
        self._wanted = 0
        self.reference: Reference | None = None
        self.blinks = False
        self.beside = Beside(canvas)
        document.opened.connect(self._on_opened)
        document.face_switched.connect(self.look)
        options.changed.connect(self._on_option)

    @property
    def name(self) -> str:
        """What is compared with, in words."""
        tr = QCoreApplication.translate
        names = (
            tr("editor", "the model's own label map"),
            tr("editor", "what the last review left"),
            tr("editor", "the photo alone"),
        )
        return names[int(self._options.reference)]

    def blink(self) -> bool:
        """Show the other map in place of this one, or this one again; False without another."""
        self.blinks = self._map.blink(not self.blinks)
        return self.blinks or self.reference is not None

    def look(self) -> None:
        """Draw the map to compare with anew."""
        self._wanted += 1
        wanted, face = self._wanted, self._other_face() if self._options.review else None
        self._take(None)
        if face is None or face.landmarks is None:
            return
        said, size = self._map.segmentation(face.id), self._document.size
        parse = self._map.parse

        def take(reference: Reference) -> None:
            if wanted == self._wanted:
                self._take(reference)

        self._run_slow(lambda: map_of(face, said, size, parse), take)

    def _take(self, reference: Reference | None) -> None:
        self.reference = reference
        self.blinks = False
        self._map.compare_with(reference)
        if reference is None:
            self.beside.show_map(None, NOWHERE)
        else:
            self.beside.show_map(reference[1], reference[0])
        self.changed.emit()

    def _other_face(self) -> Face | None:
        """The current face as the model, or the last reviewer, has it."""
        face, kind = self._document.face, int(self._options.reference)
        if face is None or kind == PHOTO:
            return None
        if kind == MODEL:
            proposal = self._document.proposals.get(face.id)
            if proposal is None:
                return None
            return replace(face, landmarks=proposal, override=EMPTY)
        before = last_decided(self._document.annotation, self._document.history())
        faces = () if before is None else before.faces
        return next((f for f in faces if f.id == face.id), None)

    def _on_opened(self) -> None:
        self._show_beside()

    def _on_option(self, name: str) -> None:
        if name in ("review", "reference"):
            self.look()
        if name in ("review", "beside"):
            self._show_beside()
        if name in ("opacity", "classes"):
            self.beside.map_item.set_colours(self._map.colours())

    def _show_beside(self) -> None:
        photo = self._document.photo
        is_on = bool(self._options.review and self._options.beside and photo is not None)
        self.beside.setVisible(is_on)
        if is_on and photo is not None:
            levels = photo.levels or photo_levels(photo.pixels)
            self.beside.show_photo(levels, keep=False)
            self.beside.map_item.set_colours(self._map.colours())
            self.beside.follow()
