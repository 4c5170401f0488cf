"""The window reminds of a training, shows its course, its versions and the learning curve."""

import pytest
from PySide6.QtCore import QSize, QUrl
from PySide6.QtGui import QImage, QResizeEvent, QTextDocument

from lapa_annotator.batch import retraining
from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.retrain import dialog as dialogs
from lapa_annotator.gui.retrain.dialog import TrainingDialog
from lapa_annotator.gui.retrain.helper import TrainingHelp
from lapa_annotator.gui.workers import Queues
from lapa_annotator.store.values import ModelVersion
from lapa_annotator.training.loop import Progress, RunFolder
from lapa_annotator.training.retrain.forecast import CurvePoint
from tests.training.retrain.support import finish, make_project


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path, photos=8, finished=4) as made:
        yield made


@pytest.fixture
def queues(qapp):
    made = Queues()
    yield made
    made.close()


@pytest.fixture
def dialog(project, queues, qtbot):
    made = TrainingDialog(project, queues.files)
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: not queues.files.jobs)
    return made


def version(project, name, faces, nme, active=False, task="landmarks", error="NME"):
    run = project.folder / "training/runs" / name
    run.mkdir(parents=True)
    for file in ("network.xml", "network.bin"):
        (run / file).write_bytes(b"")
    (run / "report.md").write_text(f"# {name} is promoted")
    scores = {"faces": faces, error: nme, "AUC": 0.6, f"old {error}": nme + 1, "fall": 1.0}
    kept = ModelVersion(name, task, f"training/runs/{name}", metrics=scores)
    project.models.add(kept, active=active)


def running(project, reports=()):
    """A training that another process is at."""
    run = project.folder / "training/runs/landmarks-0001"
    run.mkdir(parents=True)
    (run / "snapshot.json").write_text("{}")
    for report in reports:
        RunFolder(run).report(report)
    job = project.jobs.claim(retraining.KIND, {})
    project.jobs.update(job, done=40, total=100, message="Cutting.")
    return job


def test_it_reminds_once_when_a_training_is_due(project, queues, qtbot):
    said = []
    from PySide6.QtWidgets import QWidget

    parent = QWidget()
    qtbot.addWidget(parent)
    helper = TrainingHelp(queues, object(), parent)
    helper.said.connect(said.append)
    helper.open(project)
    helper.look()
    qtbot.waitUntil(lambda: not queues.files.jobs)
    assert not said
    finish(project, int(project.ids()[5]))
    for _ in range(2):
        helper.look()
        qtbot.waitUntil(lambda: not queues.files.jobs)
    qtbot.waitUntil(lambda: bool(said))
    assert len(said) == 1
    assert said[0].text.startswith("5 faces are finished")
    said[0].action()
    assert helper.dialog.isVisible()
    helper.open(None)
    assert helper.dialog is None


def test_a_training_of_another_process_is_found_with_its_curves(project, dialog):
    running(
        project,
        [
            Progress("training", 10, 100, loss=3.0),
            Progress("training", 20, 100, loss=2.0),
            Progress("validated", 20, 100, metrics={"NME": 7.5}),
        ],
    )
    dialog.work.look()
    assert (dialog.work.bar.value(), dialog.work.bar.maximum()) == (40, 100)
    assert dialog.work.state.text().startswith("Running: Cutting.")
    assert dialog.work.course.losses.getData()[1].tolist() == [3.0, 2.0]
    assert dialog.work.course.errors.getData()[1].tolist() == [7.5]
    assert not dialog.work.start.isEnabled()
    assert dialog.work.pause.isEnabled()


def test_the_buttons_say_what_is_wanted_of_the_training(project, dialog):
    job = running(project)
    dialog.work.look()
    dialog.work.pause.click()
    assert project.jobs.beat(job) == "paused"
    assert dialog.work.go_on.isEnabled()
    dialog.work.go_on.click()
    assert project.jobs.beat(job) == "running"
    dialog.work.cancel.click()
    assert project.jobs.beat(job) == "cancelling"
    assert not dialog.work.cancel.isEnabled()


def test_the_button_begins_a_training_in_a_process_of_its_own(project, dialog, monkeypatch):
    begun = []
    monkeypatch.setattr(dialogs, "start_process", lambda *given: begun.append(given))
    dialog.work.start.click()
    assert begun == [(project.folder, "landmarks")]


def test_what_goes_wrong_is_one_sentence_in_the_dialog(project, dialog, monkeypatch):
    def refused(folder, task):
        raise InputError(folder, "it is full", "free some")

    monkeypatch.setattr(dialogs, "start_process", refused)
    dialog.work.start.click()
    assert "it is full; free some." in dialog.problem.text()


def test_a_training_that_was_killed_is_offered_to_go_on(project, dialog):
    project.jobs.update(running(project), state="stopped")
    dialog.work.look()
    assert dialog.work.start.text() == "Go on with the training"
    assert dialog.work.start.isEnabled()
    assert dialog.work.cancel.isEnabled()


def test_versions_are_listed_with_their_reports_and_one_click_goes_back(project, dialog, qtbot):
    version(project, "landmarks-0001", 500, 4.0)
    version(project, "landmarks-0002", 1000, 3.0, active=True)
    dialog.versions.fill()
    table = dialog.versions.table
    assert [table.item(r, 0).text() for r in range(2)] == ["landmarks-0002", "landmarks-0001"]
    assert "landmarks-0002 is promoted" in dialog.versions.report.toPlainText()
    assert not dialog.versions.use.isEnabled()
    table.selectRow(1)
    assert "landmarks-0001 is promoted" in dialog.versions.report.toPlainText()
    with qtbot.waitSignal(dialog.changed):
        dialog.versions.use.click()
    assert project.models.active("landmarks").name == "landmarks-0001"


def test_the_learning_curve_shows_the_versions_and_a_forecast(project, dialog, queues, qtbot):
    version(project, "landmarks-0001", 500, 4.0)
    version(project, "landmarks-0002", 1000, 3.0)
    dialog.curve.fill()
    qtbot.waitUntil(lambda: "faces more would bring" in dialog.curve.told.text())
    assert dialog.curve.view.versions.getData()[1].tolist() == [4.0, 3.0]
    assert dialog.curve.view.law.getData()[1][-1] < 3.0


def test_the_end_of_a_training_brings_the_new_version_into_the_list(project, dialog, qtbot):
    job = running(project)
    dialog.work.look()
    version(project, "landmarks-0003", 1000, 3.0, active=True)
    project.jobs.update(job, state="finished", message="landmarks-0003 is in use now.")
    with qtbot.waitSignal(dialog.changed):
        dialog.work.look()
    assert dialog.versions.table.rowCount() == 1
    assert "landmarks-0003 is in use now." in dialog.work.state.text()


def test_one_choice_shows_the_training_of_hair_and_skin(
    project, dialog, queues, qtbot, monkeypatch
):
    version(project, "landmarks-0001", 500, 4.0, active=True)
    version(project, "parsing-0001", 300, 2.5, active=True, task="parsing", error="error")
    job = project.jobs.claim(retraining.kind_of("parsing"), {})
    project.jobs.update(job, done=4, total=10, message="Cutting.")
    begun = []
    monkeypatch.setattr(dialogs, "start_process", lambda *given: begun.append(given))
    dialog.task.setCurrentIndex(1)
    qtbot.waitUntil(lambda: not queues.files.jobs)
    assert [dialog.versions.table.item(0, c).text() for c in (0, 2)] == ["parsing-0001", "2.50"]
    assert dialog.curve.view.versions.getData()[1].tolist() == [2.5]
    assert dialog.work.state.text().startswith("Running: Cutting.")
    project.jobs.update(job, state="finished")
    dialog.work.look()
    dialog.work.start.click()
    assert begun == [(project.folder, "parsing")]
    dialog.task.setCurrentIndex(0)
    qtbot.waitUntil(lambda: not queues.files.jobs)
    assert dialog.versions.table.item(0, 0).text() == "landmarks-0001"
    assert dialog.curve.view.versions.getData()[1].tolist() == [4.0]


def test_the_course_of_a_parsers_training_is_told_by_f1(project, dialog):
    dialog.task.setCurrentIndex(1)
    dialog.work.course.show_course(
        [
            Progress("training", 10, 100, loss=3.0),
            Progress("validated", 20, 100, metrics={"mean F1": 0.75, "NME": 7.5}),
        ]
    )
    assert dialog.work.course.errors.getData()[1].tolist() == [0.75]


def test_beside_the_error_the_curve_shows_what_else_is_known(project, dialog, queues, qtbot):
    view = dialog.curve.view
    nan = float("nan")
    view.show_curve(
        [CurvePoint("a", 50, 6.0, 0.4, nan, nan), CurvePoint("b", 90, 5.0, 0.5, 0.7, 12.0)], 50
    )
    shown = {name: line.getData()[1].tolist() for name, (_, line) in view._beside.items()}
    assert shown == {"auc": [0.4, 0.5], "untouched": [70.0], "drags": [12.0]}
    low, high = (edge.getData() for edge in view._edges)
    assert low[0].min() >= 90
    assert (low[1] <= high[1]).all()
    view.show_curve([CurvePoint("a", 50, 2.5, nan, nan, nan)], 50)
    assert all(plot.isHidden() for plot, _ in view._beside.values())
    view.show_curve([], 50)
    assert view.versions.getData() == (None, None)


def test_a_reports_picture_fits_the_window_again_when_that_grows(project, dialog):
    version(project, "landmarks-0001", 500, 4.0, active=True)
    run = project.folder / "training/runs/landmarks-0001"
    QImage(900, 300, QImage.Format.Format_RGB32).save(str(run / "report.png"))
    (run / "report.md").write_text("# better\n\n![errors](report.png)\n")
    report = dialog.versions.report
    dialog.versions.fill()
    widths = []
    for width in (400, 700):
        report.resize(width, 300)
        report.resizeEvent(QResizeEvent(report.size(), QSize()))
        kind = QTextDocument.ResourceType.ImageResource.value
        widths.append(report.loadResource(kind, QUrl("report.png")).width())
    assert 350 < widths[0] < 400
    assert 650 < widths[1] < 700
    assert "better" in report.toPlainText()
