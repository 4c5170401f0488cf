"""Make the pictures of the guide: ``python docs/make_screenshots.py [NAME ...]``.

The real window with the real models, on the photos that installed packages carry. Needs no
display; writes palette PNGs into ``docs/images``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QElapsedTimer, QEventLoop, QPoint, QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from lapa_annotator.batch.sample import sample_photos
from lapa_annotator.domain.edits import Gesture, SetPoints, SetStatus, SetTags
from lapa_annotator.domain.face import Status
from lapa_annotator.domain.schema import MIRROR
from lapa_annotator.gui import app
from lapa_annotator.gui.editor import work
from lapa_annotator.gui.export.choices import Choices
from lapa_annotator.gui.settings import Settings
from lapa_annotator.gui.window import Window
from lapa_annotator.ppa.settings import Settings as ParsingSettings
from lapa_annotator.store.finding import count_faces
from lapa_annotator.store.project import Project
from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.run import last_key
from lapa_annotator.training.retrain.settings import RetrainSettings, set_settings
from lapa_annotator.training.retrain.versions import TASK

IMAGES = Path(__file__).parent / "images"
SIZE = (1280, 800)
PATIENCE_MS = 600_000
# After so many finished faces a training is due.
_EVERY = 2000
# Point, and where to: pixels of the screen.
_DRAGS = ((38, -12, -16), (50, 12, -16), (36, 0, 8), (35, 2, 7), (37, -4, 8), (49, 3, -8))


class Scene:
    """A window on a project of the sample photos, in a folder that goes away."""

    def __init__(self, folder: Path, theme: str = "light") -> None:
        self._qt = app.application(["screenshots"])
        store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
        settings = Settings(store)
        settings.set("look/theme", theme)
        settings.set("work/reopen", False)
        self.folder = folder
        self.window: Window = app.start(self._qt, settings)
        self.window.resize(*SIZE)
        self.window.show()
        app.begin(self.window, None)

    def wait(self, condition: Callable[[], object]) -> None:
        """Let the window work until something holds."""
        timer = QElapsedTimer()
        timer.start()
        while not condition():
            if timer.elapsed() > PATIENCE_MS:
                raise TimeoutError("the window did not come to what the picture wants to show")
            self._qt.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    def idle(self, milliseconds: int = 400) -> None:
        """Let the window finish what it is at."""
        timer = QElapsedTimer()
        timer.start()
        self.wait(lambda: timer.elapsed() > milliseconds)

    def open(self, photos: Path) -> None:
        """Make a project of photos and wait for the points of the first."""
        self.window.jobs.create(photos, self.folder / "faces")
        self.wait(lambda: self.window.project is not None and self.editor.has("points"))
        self.wait(
            lambda: self.window.project.count("status:proposed") == len(list(photos.iterdir()))
        )
        self.wait(lambda: not self.window.queues.pictures.jobs)

    @property
    def editor(self):  # of a module that the window loads when it is needed
        """The editor of the project on show."""
        assert self.window.view is not None
        return self.window.view.editor

    def do(self, action: str) -> None:
        """Choose an action."""
        self.idle(20)
        self.window.actions_[action].trigger()

    def drag(self, index: int, dx: int, dy: int, drop: bool = True) -> None:
        """Drag a point on the screen."""
        canvas = self.editor.canvas
        start = canvas.mapFromScene(QPointF(*self.editor.document.faces[0].landmarks.points[index]))
        there, left = start + QPoint(dx, dy), Qt.MouseButton.LeftButton
        QTest.mousePress(canvas.viewport(), left, pos=start)
        QTest.mouseMove(canvas.viewport(), start + QPoint(dx, dy) / 2)
        QTest.mouseMove(canvas.viewport(), there)
        if drop:
            QTest.mouseRelease(canvas.viewport(), left, pos=there)

    def paint(self, *places: tuple[float, float], drop: bool = True) -> None:
        """Lead the brush through places of the face: parts of its box, from its upper left."""
        canvas, box = self.editor.canvas, self.editor.document.faces[0].box
        spots = [
            canvas.mapFromScene(QPointF(box.x0 + x * box.width, box.y0 + y * box.height))
            for x, y in places
        ]
        left = Qt.MouseButton.LeftButton
        QTest.mousePress(canvas.viewport(), left, pos=spots[0])
        for spot in spots[1:]:
            QTest.mouseMove(canvas.viewport(), spot)
        if drop:
            QTest.mouseRelease(canvas.viewport(), left, pos=spots[-1])
        self.idle(100)

    def begin_repair(self) -> None:
        """Begin to repair, and wait for hair and skin."""
        self.do("toggle_repair")
        self.wait(lambda: self.editor.live_map.is_segmented)
        self.editor.options.set("opacity", 0.5)

    def save(self, name: str, what: QWidget | None = None) -> None:
        """Write a picture of the window, or of a dialog of it."""
        self.idle()
        IMAGES.mkdir(exist_ok=True)
        path = IMAGES / f"{name}.png"
        (what or self.window).grab().save(str(path))
        picture = Image.open(path).convert("RGB")
        picture = picture.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2)
        picture.save(path, optimize=True)
        sys.stdout.write(f"{path} {picture.width}x{picture.height} {path.stat().st_size} bytes\n")


def _photos(folder: Path, crowd: bool = False) -> Path:
    """The sample photos in a folder; as a crowd, four of them in one picture."""
    place = folder / "photos"
    place.mkdir()
    pictures = {p.stem: Image.open(p).convert("RGB") for p in sample_photos()}
    if not crowd:
        for name, picture in pictures.items():
            picture.save(place / f"{name}.jpg", quality=92)
        return place
    cut = [picture.crop((60, 0, 452, 392)) for picture in pictures.values()]
    flipped = [p.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for p in reversed(cut)]
    wide = Image.new("RGB", (392 * 2, 392 * 2))
    for i, picture in enumerate([*cut, *flipped]):
        wide.paste(picture, (392 * (i % 2), 392 * (i // 2)))
    wide.save(place / "four.jpg", quality=92)
    return place


def start_page(folder: Path) -> None:
    """The start page with a few recent projects."""
    scene = Scene(folder)
    for name in ("faces-2024.lapa", "portraits.lapa", "street.lapa"):
        (folder / name).mkdir()
        scene.window.recent.note(folder / name)
    scene.window.start_page.show_recent(scene.window.recent.all())
    scene.save("start")


def correcting(folder: Path, name: str = "correcting", theme: str = "light") -> None:
    """A face being corrected: arrows from where points were, corrected ones green."""
    scene = Scene(folder, theme)
    scene.open(_photos(folder))
    for index, dx, dy in _DRAGS:
        scene.drag(index, dx, dy)
    scene.save(name)


def dark(folder: Path) -> None:
    """The dark theme."""
    correcting(folder, "dark", "dark")


def label_map(folder: Path) -> None:
    """The label map, live."""
    scene = Scene(folder)
    scene.open(_photos(folder))
    scene.do("toggle_map")
    scene.wait(lambda: scene.editor.live_map.knows(scene.editor.document.face_id))
    scene.do("toggle_arrows")
    scene.save("label-map")


def repair(folder: Path) -> None:
    """A label map being repaired: a stroke under the hand, the tools at the right."""
    scene = Scene(folder)
    scene.open(_photos(folder))
    scene.begin_repair()
    scene.editor.options.set("brush", 14)
    scene.do("paint_hair")
    scene.paint((0.05, 0.45), (0.0, 0.6), (0.02, 0.75))
    scene.do("paint_occluder")
    scene.paint((0.14, 0.1), (0.3, 0.07), (0.42, 0.12), (0.4, 0.2), (0.2, 0.2), (0.14, 0.1))
    scene.do("paint_skin")
    scene.paint((0.6, 0.6), (0.7, 0.66), (0.8, 0.6), drop=False)
    scene.save("repair")


def review(folder: Path) -> None:
    """A finished photo before a reviewer: beside the model's own map, and the difference."""
    scene = Scene(folder)
    scene.open(_photos(folder))
    scene.begin_repair()
    scene.editor.options.set("brush", 16)
    scene.do("paint_hair")
    scene.paint((0.02, 0.35), (0.0, 0.6), (0.05, 0.8))
    scene.do("toggle_repair")
    scene.drag(87, 2, -9)
    name = scene.editor.document.photo.name
    scene.do("finish")
    scene.wait(lambda: scene.editor.document.photo.name != name and scene.editor.has("points"))
    scene.do("toggle_review")
    scene.wait(lambda: scene.editor.document.photo.name == name)
    scene.wait(lambda: scene.editor.reviewing.comparing.reference is not None)
    for index, text in ((8, "Hair goes on behind the ear"), (87, "Lip line is better now")):
        scene.editor.document.select({index}, index)
        scene.do("comment")
        QTest.keyClicks(scene.editor.reviewing.ask.field, text)
        QTest.keyClick(scene.editor.reviewing.ask.field, Qt.Key.Key_Return)
    scene.editor.document.select(())
    scene.do("toggle_beside")
    scene.do("fit_face")
    scene.do("reject")
    scene.save("review")
    scene.editor.reviewing.ask.leave()
    scene.do("toggle_beside")
    scene.do("toggle_difference")
    scene.do("fit_face")
    scene.save("difference")


def _widen_jaw(scene: Scene) -> None:
    """Let the left half of the jaw be proposed too wide: what a model does to turned heads."""
    document = scene.editor.document
    face = document.face
    points = np.array(face.landmarks.points)
    points[:17] += np.outer(np.sin(np.pi * np.arange(17) / 16), (-7.0, 3.0))
    proposal = replace(face.landmarks, points=points)
    scene.editor.receive_proposal(document.photo.image_id, face.id, proposal)


def helping(folder: Path) -> None:
    """One drag that repairs a jaw, the walk through doubtful points, a swap that was found."""
    scene = Scene(folder)
    scene.open(_photos(folder))
    scene.wait(lambda: not scene.editor.following.why_not)
    _widen_jaw(scene)
    scene.drag(8, 38, -16, drop=False)
    scene.editor.document.catch_up()
    scene.save("following")
    scene.editor.canvas.cancel_gesture()
    scene.drag(8, 38, -16)
    scene.do("next_doubt")
    scene.save("doubt")
    document = scene.editor.document
    face, eyes = document.face, [*range(66, 84), 104, 105]
    there = face.landmarks.points[MIRROR[eyes]]
    document.apply(work.moved(face, eyes, there, document.by()), "Move the eyes")
    scene.wait(lambda: scene.editor.guarding.problems)
    scene.do("next_problem")
    scene.window.view.dock("guard").raise_()
    scene.save("guard")


def exporting(folder: Path) -> None:
    """The export dialog: what goes out, and classes under other names; the report's dialog."""
    scene = Scene(folder)
    scene.open(_photos(folder))
    for _ in range(2):
        scene.do("finish")
        scene.idle(200)
    project = scene.window.project
    first = int(project.ids()[0])
    project.save(first, SetTags(frozenset(), frozenset({"person:ann", "glasses"})))
    scene.do("export_data_set")
    dialog = scene.window.view.exports.dialog
    lips = {"upper lip": "lips", "lower lip": "lips", "hair": "background"}
    more = {"format": "coco", "names": lips, "colours": {"lips": "#ff0066"}}
    more |= {"folder": str(Path(tempfile.gettempdir()) / "faces-coco"), "more": "doubt:<0.8"}
    dialog.show_choices(Choices.from_dict(dialog.choices().to_dict() | more))
    scene.wait(lambda: "photo" in dialog.what.count.text())
    scene.save("export", dialog)
    dialog.tabs.setCurrentWidget(dialog.classes)
    scene.save("export-classes", dialog)
    dialog.close()
    scene.do("make_report")
    report = scene.window.view.exports.report
    report.folder.edit.setText(str(Path(tempfile.gettempdir()) / "faces-report"))
    report.start.setFocus()
    scene.save("report", report)


def adjudication(folder: Path) -> None:
    """A photo that two people have annotated, before a reviewer: points, and maps side by side."""
    scene = Scene(folder)
    scene.open(_photos(folder))
    name = scene.editor.document.photo.name
    image = scene.editor.document.photo.image_id
    scene.do("toggle_map")
    scene.wait(lambda: scene.editor.live_map.is_segmented)
    for index, dx, dy in _DRAGS:
        scene.drag(index, dx, dy)
    scene.do("finish")
    scene.wait(lambda: scene.editor.document.photo.name != name and scene.editor.has("points"))
    with Project.open(scene.window.project.folder, annotator="ben") as project:
        (face,) = project.second.begin(image).annotation.faces
        places = [*range(84, 104), *range(33, 42)]
        taken = face.landmarks.take(places)
        points = taken.points + np.random.default_rng(3).normal((1.5, 4), 2.0, (len(places), 2))
        moved = replace(taken, points=points, annotator=("ben",) * len(places))
        done = SetStatus(Status.PROPOSED, Status.DONE)
        edits = SetPoints(face.id, taken, moved), done
        project.second.save(image, Gesture(edits))
    scene.do("toggle_review")
    scene.wait(lambda: scene.editor.document.photo.name == name)
    for _ in range(3):
        scene.do("next_reference")
    scene.wait(lambda: scene.editor.reviewing.comparing.reference is not None)
    scene.editor.document.select(range(84, 104), 87)
    scene.do("toggle_beside")
    scene.do("fit_face")
    scene.save("adjudication")


def curation(folder: Path) -> None:
    """Errors found among portraits, four of them planted, and a trial of other settings."""
    shared = Path(os.environ.get("LAPA_SHARED", Path(__file__).parents[2] / "shared"))
    portraits = sorted((shared / "data" / "portraits").rglob("*.jpg"))[:24]
    if not portraits:
        sys.stdout.write("The shared portraits are not here: no pictures of found errors.\n")
        return
    photos = folder / "photos"
    photos.mkdir()
    for portrait in portraits:
        (photos / portrait.name).write_bytes(portrait.read_bytes())
    (photos / "copy.jpg").write_bytes(portraits[3].read_bytes())
    scene = Scene(folder)
    scene.window.jobs.create(photos, scene.folder / "faces")
    scene.wait(lambda: scene.window.project is not None and scene.editor.has("points"))
    scene.do("propose_all")
    project = scene.window.project
    scene.wait(lambda: project.count("status:proposed") == len(portraits) + 1)
    _displace(project)
    helper = scene.window.view.curation
    scene.do("find_errors")
    scene.wait(helper.panel.model.rowCount)
    for _ in range(3):
        scene.do("next_finding")
        scene.idle()
    scene.wait(lambda: not scene.window.queues.pictures.jobs)
    scene.save("errors")
    scene.do("what_if")
    dialog = helper.dialog
    dialog.form.show_settings(ParsingSettings.of({"hair": 0.8, "curve.mouth": "straight"}))
    dialog.start()
    scene.wait(dialog.most.count)
    scene.wait(lambda: not scene.window.queues.pictures.jobs)
    scene.save("what-if", dialog)


def _displace(project: Project) -> None:
    """Swap the eyes of one face, and move a brow and a mouth of two others."""
    eyes = [*range(66, 84), 104, 105]
    for number, (part, shift) in enumerate(
        ((eyes, None), (range(33, 42), (0.0, -0.3)), (range(84, 104), (0.25, 0.0)))
    ):
        image = int(project.ids()[2 + 5 * number])
        face = project.load(image).faces[0]
        before = face.landmarks.take(list(part))
        points = (
            face.landmarks.points[MIRROR[eyes]]
            if shift is None
            else (before.points + np.array(shift) * face.landmarks.interocular)
        )
        project.save(image, SetPoints(face.id, before, replace(before, points=points)))


def retraining(folder: Path) -> None:
    """A training that is due, at work and judged: a project of the benchmark retrain_campaign."""
    campaign = os.environ.get("LAPA_CAMPAIGN_PROJECT")
    if not campaign:
        sys.stdout.write("No $LAPA_CAMPAIGN_PROJECT: no pictures of retraining.\n")
        return
    place = folder / "faces.lapa"
    shutil.copytree(campaign, place)
    with Project.open(place) as project:
        # The campaign has some hundred faces; the last training is put so far back that as many
        # are new as the program waits for.
        finished = count_faces(project, "status:done,approved")
        project.settings.set(last_key(TASK), finished - _EVERY - 4)
        settings = RetrainSettings(every=_EVERY, steps=200, batch=4, rate=1e-4, rule=Rule(faces=10))
        set_settings(project, settings)
    scene = Scene(folder)
    scene.window.open_folder(place)
    scene.wait(lambda: scene.window.project is not None and scene.editor.has("points"))
    # Rendered faces alone: the others are of people.
    view = scene.window.view
    view.panel.search.setText("synthetic status:done")
    scene.wait(lambda: view.images.rowCount() < 100)
    view.first_photo()
    scene.wait(lambda: "synthetic" in scene.editor.document.photo.name)
    scene.wait(lambda: not scene.window.queues.pictures.jobs)
    helper = scene.window.view.training
    helper.look()
    scene.idle(3000)
    scene.save("retraining-due")
    helper.show()
    helper.dialog.resize(1000, 680)
    work = helper.dialog.work
    # Not by its button: that would begin a process which lets all others go first.
    command = [sys.executable, "-m", "lapa_annotator", "retrain", str(place), "--threads", "1"]
    with (folder / "trainer.log").open("wb") as log:
        subprocess.Popen(command, stdout=log, stderr=log)
    scene.wait(lambda: work.course.errors.xData is not None and len(work.course.errors.xData) > 2)
    scene.save("retraining", helper.dialog)
    work.cancel.click()
    scene.wait(work.start.isEnabled)
    for tab, name in ((helper.dialog.versions, "versions"), (helper.dialog.curve, "curve")):
        helper.dialog.tabs.setCurrentWidget(tab)
        scene.save(f"retraining-{name}", helper.dialog)


def several_faces(folder: Path) -> None:
    """A photo of several faces."""
    scene = Scene(folder)
    scene.open(_photos(folder, crowd=True))
    scene.do("fit")
    scene.window.view.dock("faces").raise_()
    scene.save("several-faces")


def shortcuts(folder: Path) -> None:
    """The dialogs about shortcuts, and the preferences."""
    scene = Scene(folder)
    for name in ("show_shortcuts", "edit_shortcuts", "preferences"):
        scene.do(name)
        scene.save(name.replace("_", "-"), scene.window.dialog)
        scene.window.dialog.close()


def double(folder: Path) -> None:
    """200 % scaling, in a process of its own."""
    code = "import docs.make_screenshots as s, sys; s.double_inside(s.Path(sys.argv[1]))"
    env = os.environ | {"QT_SCALE_FACTOR": "2"}
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, env=env, cwd=root)


def double_inside(folder: Path) -> None:
    """The window at 200 %."""
    correcting(folder, "scaled-200")


SCENES: dict[str, Callable[[Path], None]] = {
    "start": start_page,
    "correcting": correcting,
    "dark": dark,
    "label-map": label_map,
    "helping": helping,
    "retraining": retraining,
    "several-faces": several_faces,
    "repair": repair,
    "review": review,
    "curation": curation,
    "export": exporting,
    "adjudication": adjudication,
    "shortcuts": shortcuts,
    "scaled-200": double,
}


def main(names: list[str]) -> None:
    """Make the pictures of that name, or all of them."""
    for name in names or SCENES:
        # A process each: a window that is gone leaves nothing behind for the next.
        if len(names) == 1:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                SCENES[name](Path(folder))
            os._exit(0)
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
