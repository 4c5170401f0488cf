"""Executors: every task comes back once, whatever happens to a worker."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from lapa_annotator.batch.execute import Processes, Serial
from lapa_annotator.domain.errors import InputError

EXECUTORS = [Serial(), Processes(jobs=2, threads=1)]


def _doubling():
    return lambda number: 2 * number


def _deadly():
    def work(number):
        if number == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * number

    return work


def _refusing():
    def work(number):
        raise InputError("disk", "it is full", "free some space")

    return work


def _environment():
    return os.environ.get


def _noting(folder):
    def work(number):
        time.sleep(0.05)
        (folder / f"{number}.done").write_text(str(os.getpid()))
        return number

    return work


@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_task_comes_back_with_its_result(executor):
    assert sorted(executor.run(_doubling, range(20))) == [(n, 2 * n) for n in range(20)]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_an_error_of_the_work_ends_the_run(executor):
    with pytest.raises(InputError, match="it is full"):
        list(executor.run(_refusing, range(4)))


def test_a_task_that_kills_its_worker_is_given_up_and_the_others_are_done():
    results = dict(Processes(jobs=2, threads=1).run(_deadly, range(12)))
    assert results == {n: None if n == 5 else 2 * n for n in range(12)}


def test_no_tasks_start_no_process():
    assert list(Processes(jobs=2, threads=1).run(_doubling, [])) == []


def test_workers_are_told_how_many_threads_they_may_take():
    assert list(Processes(jobs=1, threads=3).run(_environment, ["LAPA_THREADS"])) == [
        ("LAPA_THREADS", "3")
    ]


def test_closing_gives_up_what_has_not_begun(tmp_path):
    run = Processes(jobs=1, threads=1).run(partial(_noting, tmp_path), range(50))
    next(run)
    run.close()
    assert 1 <= len(list(tmp_path.glob("*.done"))) < 10


def test_workers_end_when_the_main_process_is_killed(tmp_path):
    code = f"""
import os, signal
from functools import partial
from pathlib import Path
from tests.batch.test_execute import _noting
from lapa_annotator.batch.execute import Processes
if __name__ == "__main__":
    run = Processes(jobs=2, threads=1).run(partial(_noting, Path({str(tmp_path)!r})), range(9999))
    next(run)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    script = tmp_path / "job.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, script], env=environment, check=False, capture_output=True)
    workers = {int(path.read_text()) for path in tmp_path.glob("*.done") if path.read_text()}
    assert workers
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(_runs(pid) for pid in workers):
        time.sleep(0.05)
    assert not any(_runs(pid) for pid in workers)


def _runs(pid: int) -> bool:
    try:
        # A zombie whose new parent has not looked yet has ended all the same.
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False
