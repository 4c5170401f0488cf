"""The tabs of the export dialog. Each shows a part of the choices and gives it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lapa_annotator.batch.export.options import Shown, SplitBy
from lapa_annotator.batch.export.splits import PERSON
from lapa_annotator.domain.face import Status
from lapa_annotator.formats.lapa import SPLITS
from lapa_annotator.formats.registry import FORMATS
from lapa_annotator.gui.export.choices import Choices
from lapa_annotator.gui.newproject import FolderField
from lapa_annotator.gui.widgets import named, wrapped

_MOST_SIDE = 8192


class Section(QWidget):
    """A tab: a form whose fields have a place for what is wrong with them.

    ``changed()`` when the person has chosen something else.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.notes: dict[str, QLabel] = {}
        self.form = QFormLayout(self)
        self.form.setContentsMargins(14, 14, 14, 10)
        self.form.setVerticalSpacing(10)
        self.form.setHorizontalSpacing(16)

    def show_choices(self, choices: Choices) -> None:
        """Show what is chosen."""

    def chosen(self) -> dict[str, Any]:
        """Return the fields of ``Choices`` that this tab is about."""
        return {}

    def say(self, problems: dict[str, str]) -> bool:
        """Show at its field what is wrong; whether something is."""
        for name, note in self.notes.items():
            note.setText(problems.get(name, ""))
            note.setVisible(name in problems)
        return any(name in problems for name in self.notes)

    def _add(self, label: str, field: QWidget, note: str = "") -> None:
        """Add a row; ``note`` is the name of the field that may be wrong."""
        if not note:
            self.form.addRow(label, field)
            return
        holder = self._noted(field, note)
        if label:
            self.form.addRow(label, holder)
        else:
            self.form.addRow(holder)

    def _noted(self, field: QWidget, note: str) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(field)
        self.notes[note] = wrapped("", "fieldError")
        self.notes[note].hide()
        column.addWidget(self.notes[note])
        return holder


def in_a_row(widgets: Iterable[QWidget]) -> QWidget:
    """Put widgets beside each other, at the left."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(14)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return holder


def _choice(rows: Iterable[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    for text, value in rows:
        box.addItem(text, value)
    return box


def _choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(max(0, box.findData(value)))


class WhatSection(Section):
    """Which photos, in which format, and where to."""

    def __init__(self, tags: Iterable[str]) -> None:
        super().__init__()
        # What is finished is what most people want, so it comes first.
        order = (*list(Status)[3:], *reversed(list(Status)[:3]))
        self.statuses = {str(s): QCheckBox(str(s).capitalize()) for s in order}
        for box in self.statuses.values():
            box.toggled.connect(self.changed)
        # A tag with a quote in it cannot be written in the search language.
        known = sorted(tag for tag in tags if '"' not in tag)
        people = [tag.removeprefix(PERSON) for tag in known if tag.startswith(PERSON)]
        others = [tag for tag in known if not tag.startswith(PERSON)]
        self.tag = _choice([(self.tr("any"), ""), *((t, t) for t in others)])
        self.person = _choice([(self.tr("any"), ""), *((p, p) for p in people)])
        self.more = QLineEdit()
        self.more.setPlaceholderText(self.tr("such as doubt:<0.4 path:2024/* -tag:blurry"))
        self.count = named(QLabel(), "faint")
        self.format = _choice((f"{f.title} ({f.name})", f.name) for f in FORMATS.values())
        self.loses = wrapped("", "faint")
        self.folder = FolderField("", self.tr("It appears there when it is whole."))
        self.replace = QCheckBox(self.tr("Replace an older export that is there"))
        self._lay_out()
        for chooser in (self.tag, self.person, self.format):
            chooser.currentIndexChanged.connect(self._changed)
        self.more.textChanged.connect(self.changed)
        self.folder.changed.connect(self.changed)
        self.replace.toggled.connect(self.changed)

    def _lay_out(self) -> None:
        self._add(self.tr("Photos that are"), in_a_row(self.statuses.values()), "statuses")
        self._add(self.tr("with the tag"), self.tag)
        self._add(self.tr("of the person"), self.person)
        self._add(self.tr("and"), self.more, "more")
        self.form.addRow("", self.count)
        self._add(self.tr("Format"), self.format, "format")
        self.form.addRow("", self.loses)
        self.form.addRow(self.tr("New folder"), self.folder)
        self.form.addRow("", self.replace)

    def _changed(self) -> None:
        row = FORMATS[self.format.currentData()]
        self.loses.setText(self.tr("It does not keep: {what}.").format(what=row.loses))
        self.changed.emit()

    def show_choices(self, choices: Choices) -> None:
        """Show what is chosen."""
        for name, box in self.statuses.items():
            box.setChecked(name in choices.statuses)
        _choose(self.tag, choices.tag)
        _choose(self.person, choices.person)
        _choose(self.format, choices.format)
        self.more.setText(choices.more)
        self.folder.edit.setText(choices.folder)
        self.replace.setChecked(choices.replace)
        self._changed()

    def chosen(self) -> dict[str, Any]:
        """Which photos, in which format, and where to."""
        ticked = [name for name, box in self.statuses.items() if box.isChecked()]
        return {
            "statuses": tuple(str(s) for s in Status if str(s) in ticked),
            "tag": self.tag.currentData(),
            "person": self.person.currentData(),
            "more": self.more.text().strip(),
            "format": self.format.currentData(),
            "folder": self.folder.text,
            "replace": self.replace.isChecked(),
        }

    def say(self, problems: dict[str, str]) -> bool:
        """The folder's field says for itself what is wrong with it."""
        self.folder.say(problems.get("folder", ""))
        return super().say(problems) or "folder" in problems


class SplitSection(Section):
    """How the photos are parted into train, val and test."""

    def __init__(self) -> None:
        super().__init__()
        self.shares = [QSpinBox() for _ in SPLITS]
        labelled = []
        for name, box in zip(SPLITS, self.shares, strict=True):
            box.setRange(0, 1000)
            box.setAccessibleName(name)
            labelled += [QLabel(name), box]
        self.by = _choice(
            (
                (self.tr("their own tag train, val or test, else their name"), str(SplitBy.TAG)),
                (self.tr("the person (tags person:NAME): nobody in two"), str(SplitBy.PERSON)),
                (self.tr("the folder: no folder in two"), str(SplitBy.FOLDER)),
                (self.tr("their name alone (hash)"), str(SplitBy.HASH)),
            )
        )
        self.stratify = QCheckBox(
            self.tr("Give every split its share of frontal, turned and profile faces")
        )
        self._add(self.tr("Shares"), in_a_row(labelled), "shares")
        self._add(self.tr("What decides"), self.by)
        self.form.addRow("", self.stratify)
        for box in self.shares:
            box.valueChanged.connect(self.changed)
        self.by.currentIndexChanged.connect(self.changed)
        self.stratify.toggled.connect(self.changed)

    def show_choices(self, choices: Choices) -> None:
        """Show what is chosen."""
        for box, share in zip(self.shares, choices.shares, strict=True):
            box.setValue(share)
        _choose(self.by, choices.split_by)
        self.stratify.setChecked(choices.stratify)

    def chosen(self) -> dict[str, Any]:
        """The shares, and what decides."""
        return {
            "shares": tuple(box.value() for box in self.shares),
            "split_by": self.by.currentData(),
            "stratify": self.stratify.isChecked(),
        }


class PictureSection(Section):
    """Whole photos or crops, at which size, and what goes along."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = _choice(
            (
                (self.tr("whole photos"), str(Shown.FULL)),
                (self.tr("a square around every face"), str(Shown.CROP)),
            )
        )
        self.side, self.margin = QSpinBox(), QDoubleSpinBox()
        self.side.setRange(0, _MOST_SIDE)
        self.side.setSingleStep(64)
        self.side.setSuffix(self.tr(" pixels"))
        self.margin.setRange(1, 10)
        self.margin.setSingleStep(0.1)
        self.margin.setSuffix(self.tr(" × the face"))
        self.upright = QCheckBox(self.tr("Turn crops so that the eyes are level"))
        self.png = QCheckBox(self.tr("PNG instead of JPEG for photos that are not copied"))
        self.overlays = QCheckBox(self.tr("Pictures to look at, with map and points (overlays/)"))
        self.metadata = QCheckBox(
            self.tr("What the format does not keep (metadata.jsonl, occluders/)")
        )
        self.licence = QLineEdit()
        self.licence.setPlaceholderText(self.tr("terms of the photos and annotations"))
        self._lay_out()
        self.shown.currentIndexChanged.connect(self._changed)
        for number in (self.side, self.margin):
            number.valueChanged.connect(self.changed)
        for box in (self.upright, self.png, self.overlays, self.metadata):
            box.toggled.connect(self.changed)
        self.licence.textChanged.connect(self.changed)

    def _lay_out(self) -> None:
        self._add(self.tr("Show"), self.shown)
        self._add(self.tr("Size"), self.side)
        self._add(self.tr("Side of a crop"), self.margin)
        for box in (self.upright, self.png):
            self.form.addRow("", box)
        self._add(self.tr("Along with it"), self.overlays)
        self.form.addRow("", self.metadata)
        self._add(self.tr("Licence"), self.licence)

    def _changed(self) -> None:
        crop = self.shown.currentData() == str(Shown.CROP)
        self.side.setSpecialValueText(self.tr("512 pixels") if crop else self.tr("as they are"))
        self.side.setToolTip(
            self.tr("Side of the crops.") if crop else self.tr("Larger photos are made smaller.")
        )
        self.margin.setEnabled(crop)
        self.upright.setEnabled(crop)
        self.changed.emit()

    def show_choices(self, choices: Choices) -> None:
        """Show what is chosen."""
        _choose(self.shown, choices.shown)
        self.side.setValue(choices.size)
        self.margin.setValue(choices.margin)
        for name in ("upright", "png", "overlays", "metadata"):
            getattr(self, name).setChecked(getattr(choices, name))
        self.licence.setText(choices.licence)
        self._changed()

    def chosen(self) -> dict[str, Any]:
        """How the photos are shown, and what goes along."""
        ticked = {
            n: getattr(self, n).isChecked() for n in ("upright", "png", "overlays", "metadata")
        }
        return {
            "shown": self.shown.currentData(),
            "size": self.side.value(),
            "margin": round(self.margin.value(), 2),
            "licence": self.licence.text(),
            **ticked,
        }
