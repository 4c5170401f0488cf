"""The label map compared with another: the model's, the last reviewer's, another person's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, Signal

from lapa_annotator.domain.agreement import apart
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.override import EMPTY
from lapa_annotator.gui.editor.document import Document
from lapa_annotator.gui.editor.facemap import Reference, map_of
from lapa_annotator.gui.editor.items.others import OthersItem
from lapa_annotator.gui.editor.items.photo import photo_levels
from lapa_annotator.gui.editor.livemap import LiveMap, RunSlow
from lapa_annotator.gui.editor.options import ViewOptions
from lapa_annotator.gui.editor.repair.canvas import HandCanvas
from lapa_annotator.gui.editor.review.beside import Beside
from lapa_annotator.gui.editor.review.deciding import last_decided
from lapa_annotator.ppa.raster import NOWHERE

MODEL, VERSION, PHOTO, OTHERS = range(4)
"""What there is to compare with: the option ``reference``; from ``OTHERS`` on, other people."""


class Comparing(QObject):
    """Draws the map to compare with, off the window's thread, while a review is on.

    ``changed()`` tells that there is another one, or none; ``unblinked()`` that points and all
    else are drawn again.
    """

    changed = Signal()
    unblinked = Signal()

    def __init__(
        self,
        document: Document,
        options: ViewOptions,
        canvas: HandCanvas,
        live_map: LiveMap,
        run_slow: RunSlow,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._options, self._map = document, options, live_map
        self._canvas = canvas
        self._run_slow = run_slow
        self._wanted = 0
        self.reference: Reference | None = None
        self.bare = self.blinks = False
        self.beside = Beside(canvas)
        self._others = OthersItem()
        canvas.scene().addItem(self._others)
        document.opened.connect(self._on_opened)
        document.face_switched.connect(self.look)
        document.moved.connect(self._show_others)
        document.changed.connect(self._show_others)
        for signal in (document.moved, document.changed, document.selection_changed):
            signal.connect(self.stop_blinking)
        options.changed.connect(self._on_option)

    @property
    def name(self) -> str:
        """What is compared with, in words."""
        tr = QCoreApplication.translate
        if self.other is not None:
            text = tr("editor", "what {annotator} says, {nme:.1f} % away")
            return text.format(annotator=self.other[0], nme=self._distance())
        names = (
            tr("editor", "the model's own label map"),
            tr("editor", "what the last review left"),
            tr("editor", "the photo alone"),
        )
        return names[min(int(self._options.reference), PHOTO)]

    @property
    def references(self) -> int:
        """How many things there are to compare with."""
        photo = self._document.photo
        return OTHERS + (0 if photo is None else len(photo.others))

    @property
    def other(self) -> tuple[str, Face] | None:
        """Who is compared with, and what he says of the current face; None for nobody."""
        photo, face = self._document.photo, self._document.face
        place = int(self._options.reference) - OTHERS
        if photo is None or face is None or not 0 <= place < len(photo.others):
            return None
        annotator, annotation = list(photo.others.items())[place]
        found = next((f for f in annotation.faces if f.id == face.id), None)
        return None if found is None else (annotator, found)

    @property
    def can_settle(self) -> bool:
        """Whether there are points of another person to settle with."""
        other, face = self.other, self._document.face
        if other is None or face is None:
            return False
        return other[1].landmarks is not None and face.landmarks is not None

    def everybody(self) -> list[Face]:
        """The current face as all other people have it that have given it points."""
        photo, face = self._document.photo, self._document.face
        said = () if photo is None else photo.others.values()
        found = [f for a in said for f in a.faces if face is not None and f.id == face.id]
        return [f for f in found if f.landmarks is not None]

    def _distance(self) -> float:
        """How far the points are apart, in % of the inter-ocular distance; NaN without any."""
        other, face = self.other, self._document.face
        if other is None or face is None or face.landmarks is None or other[1].landmarks is None:
            return float("nan")
        off = apart(face.landmarks, other[1].landmarks)
        known = off[np.isfinite(off)]
        return float(known.mean()) if known.size else float("nan")

    def _show_others(self, *_: object) -> None:
        face, other = self._document.face, self.other if self._options.review else None
        if face is None or other is None or other[1].landmarks is None:
            self._others.set_points(None, None)
        else:
            self._others.set_area(self._canvas.area)
            self._others.set_points(self._document.points(face), other[1].landmarks.points)

    def blink(self) -> bool:
        """Show the other map in place of this one, or this one again; False without another.

        So that nothing but the map changes, nothing is drawn beside it until the hand does
        something else.
        """
        if self._map.area is None or (self.reference is None and not self._is_photo):
            return False
        self._blink(bare=True, other=not self.blinks)
        return True

    def stop_blinking(self, *_: object) -> None:
        """Show this map again, with points and all else that belongs to it."""
        if self.bare:
            self._blink(bare=False, other=False)
            self.unblinked.emit()

    def _blink(self, bare: bool, other: bool) -> None:
        self.bare, self.blinks = bare, other
        self._map.blink(bare, other)
        self._canvas.set_bare(bare)
        self._others.setVisible(not bare)

    @property
    def _is_photo(self) -> bool:
        """Whether the photo alone is what is compared with."""
        return bool(self._options.review) and int(self._options.reference) == PHOTO

    def look(self) -> None:
        """Draw the map to compare with anew."""
        self._wanted += 1
        wanted, face = self._wanted, self._other_face() if self._options.review else None
        self._take(None)
        self._show_others()
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
        self.stop_blinking()
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
        if kind >= OTHERS:
            return None if self.other is None else self.other[1]
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
