"""The real window on the offscreen platform, with settings, projects and models of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings

from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Face
from lapa_annotator.domain.geometry import Box, Similarity
from lapa_annotator.domain.landmarks import Landmarks
from lapa_annotator.gui.app import application
from lapa_annotator.gui.editor.work import mean_shape
from lapa_annotator.gui.proposals import Found
from lapa_annotator.gui.settings import Settings
from lapa_annotator.gui.theme import Theme
from lapa_annotator.gui.window import Window
from lapa_annotator.ppa.segment import Segmentation


@pytest.fixture(autouse=True)
def no_second_opinion(monkeypatch):
    """No eleven-class network is here, unless a test brings one."""
    monkeypatch.setattr("lapa_annotator.gui.projecthelp.is_here", lambda name: False)
    monkeypatch.setattr("lapa_annotator.batch.errors.run._opinion", lambda: "")


@dataclass
class FakeModels:
    """Finds ``count`` faces in any photo, side by side; or fails as a missing file does."""

    count: int = 1
    missing: bool = False
    asked: list[tuple[int, ...]] = field(default_factory=list)
    beside: list[int] = field(default_factory=list)

    def faces(self, pixels: np.ndarray) -> Found:
        self._check()
        self.asked.append(pixels.shape)
        height, width = pixels.shape[:2]
        step = width / max(1, self.count)
        boxes = [
            Box(step * (i + 0.2), height * 0.2, step * (i + 0.8), height * 0.8)
            for i in range(self.count)
        ]
        faces = tuple(Face(box=box, landmarks=self.points(pixels, box)) for box in boxes)
        return Found(faces, "fake", 0.4 if faces else None)

    def points(self, pixels: np.ndarray, box: Box) -> Landmarks:
        self._check()
        points = mean_shape() * (box.width, box.height) + (box.x0, box.y0)
        return Landmarks(points, confidence=np.full(106, 0.6), model=("fake",) * 106)

    def segmentation(
        self, pixels: np.ndarray, landmarks: Landmarks, others: Sequence[Landmarks]
    ) -> Segmentation:
        self._check()
        self.beside.append(len(others))
        skin = np.zeros((3, 64, 64), np.uint8)
        skin[1] = 255
        scale = 64 / max(pixels.shape[:2])
        return Segmentation(skin, Similarity(scale, 0, 0, 0), "fake")

    def _check(self) -> None:
        if self.missing:
            raise InputError("facemesh", "the model file is not here yet", "fetch it")


def make_photo(path: Path, size: tuple[int, int] = (320, 240), shade: int = 90) -> Path:
    """Write a small photo, every shade a different one."""
    width, height = size
    pixels = np.full((height, width, 3), shade, np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three photos: a.png, b.png, c.png."""
    for i, name in enumerate("abc"):
        make_photo(tmp_path / "photos" / f"{name}.png", shade=40 + 60 * i)
    return tmp_path / "photos"


@pytest.fixture
def store(tmp_path: Path) -> QSettings:
    """An empty configuration."""
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def settings(store: QSettings, qapp) -> Settings:
    return Settings(store)


@pytest.fixture
def models() -> FakeModels:
    return FakeModels()


@dataclass
class Hand:
    """The window, and the waiting that a person does without noticing."""

    window: Window
    bot: object

    @property
    def desk(self):
        return self.window.view.desk

    @property
    def editor(self):
        return self.window.view.editor

    @property
    def said(self) -> str:
        message = self.window.messages.message
        return "" if message is None else message.text

    def wait(self, condition) -> None:
        self.bot.waitUntil(lambda: bool(condition()), timeout=60_000)

    def make(self, photos: Path, folder: Path) -> None:
        """Make a project of a folder of photos, and wait until its first photo is on show."""
        self.window.jobs.create(photos, folder)
        self.wait(lambda: self.window.project is not None and self.desk.image_id)
        self.wait(lambda: not self.window.queues.files.jobs)

    def open(self, folder: Path) -> None:
        """Open a project and wait until a photo is on show."""
        self.window.open_folder(folder)
        self.wait(lambda: self.window.project is not None and self.desk.image_id)

    def shows(self, name: str) -> bool:
        """Whether the photo of that name is open in the editor."""
        photo = self.editor.document.photo
        return photo is not None and photo.name == name

    def faces(self) -> int:
        return len(self.editor.document.faces)

    def do(self, action: str) -> None:
        """Choose an action of the menus, once it can be chosen."""
        self.wait(self.window.actions_[action].isEnabled)
        self.window.actions_[action].trigger()

    def export(self, folder: Path) -> None:
        """Export into a folder as the dialog suggests it, and wait until all is written."""
        self.do("export_data_set")
        dialog = self.window.view.exports.dialog
        dialog.what.folder.edit.setText(str(folder))
        dialog.opens.setChecked(False)
        dialog.start.click()
        self.wait(lambda: not dialog.is_running)

    def close(self) -> None:
        self.window.close()


@pytest.fixture
def make_window(qtbot, qapp, settings):
    """Make windows that are closed at the end, with all their threads."""
    application([])
    made: list[Window] = []

    def make(models: FakeModels | None = None, use: Settings = settings) -> Hand:
        window = Window(use, Theme(qapp, "light"), models or FakeModels())
        window.dress()
        window.show()
        made.append(window)
        return Hand(window, qtbot)

    yield make
    for window in made:
        if window.view is not None:
            window.view.close_project()
        window.queues.close()
        window.close()
        window.deleteLater()


@pytest.fixture
def hand(make_window, models) -> Hand:
    """A window with models that find one face."""
    return make_window(models)
