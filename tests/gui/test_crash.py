"""When the program breaks: a report on this disk, and the next start where the work stopped."""

import subprocess
import sys
import threading

import pytest

from lapa_annotator.gui import app
from lapa_annotator.gui.crash import CrashHook, RunningMark, write_report
from lapa_annotator.gui.recent import RecentProjects


@pytest.fixture
def hook(tmp_path):
    made = CrashHook(tmp_path / "reports")
    made.install()
    yield made
    made.close()


def test_an_error_that_nobody_caught_becomes_a_report(hook, capsys):
    told = []
    hook.told = told.append
    try:
        raise ZeroDivisionError("deep inside")
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    text = told[0].read_text(encoding="utf-8")
    assert "deep inside" in text
    assert "LaPa Annotator" in text
    assert "deep inside" in capsys.readouterr().err


def test_an_error_in_a_thread_becomes_a_report_too(hook):
    told = []
    hook.told = told.append
    thread = threading.Thread(target=lambda: {}["missing"])
    thread.start()
    thread.join()
    assert "KeyError" in told[0].read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_does_no_more_harm(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert write_report(ValueError("x"), blocked) is None


def test_a_clean_end_leaves_no_fault_file(tmp_path):
    hook = CrashHook(tmp_path)
    hook.install()
    assert len(list(tmp_path.glob("*fault.txt"))) == 1
    hook.close()
    assert list(tmp_path.iterdir()) == []


def test_old_reports_make_room(tmp_path):
    for i in range(60):
        (tmp_path / f"2000010{i:02d}.txt").write_text("old")
    write_report(ValueError("new"), tmp_path)
    assert len(list(tmp_path.glob("*.txt"))) == 50


def test_the_start_after_a_crash_says_so_and_opens_where_the_work_stopped(
    make_window, photos, tmp_path, store, settings
):
    first = make_window()
    app.begin(first.window, None)
    first.make(photos, tmp_path / "p")
    first.do("next_photo")
    first.wait(lambda: first.shows("b.png"))
    first.close()
    settings.set("work/reopen", False)
    second = make_window()
    app.begin(second.window, None, died=True)
    second.wait(lambda: second.window.project is not None and second.shows("b.png"))
    assert "ended unexpectedly" in second.said


def test_a_project_whose_folder_is_gone_is_not_opened(store, tmp_path):
    recent = RecentProjects(store)
    recent.note(tmp_path / "gone.lapa")
    assert recent.latest() is None
    recent.forget(str(tmp_path / "gone.lapa"))
    assert recent.all() == []


def test_a_damaged_list_of_recent_projects_counts_as_empty(store):
    store.setValue("recent/projects", '[{"folder": 1, "colour": "blue"}]')
    assert RecentProjects(store).all() == []


def test_a_program_that_died_is_noticed_and_one_that_runs_is_not(tmp_path):
    lock = tmp_path / "new" / "window.lock"
    code = (
        "import os, sys; from pathlib import Path\n"
        "from lapa_annotator.gui.crash import RunningMark\n"
        "mark = RunningMark(Path(sys.argv[1]))\n"
        "print(mark.take(), flush=True); os._exit(0)"
    )
    command = [sys.executable, "-c", code, str(lock)]
    died = subprocess.run(command, capture_output=True, text=True, check=True)
    assert died.stdout.strip() == "False"
    mark = RunningMark(lock)
    assert mark.take()
    assert not RunningMark(lock).take(), "a second window beside this one"
    mark.release()
    assert not RunningMark(lock).take()
