"""Jobs: progress, results, cancelling and order."""

import threading

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.gui.workers import Job, JobQueue, Step, once


@pytest.fixture
def queue(qtbot):
    made = JobQueue("test")
    yield made
    made.close()


def test_a_job_tells_its_steps_and_its_result_in_the_window_s_thread(queue, qtbot):
    here = threading.current_thread()
    heard = []

    def work():
        yield Step(1, 2)
        yield Step(2, 2)
        return threading.current_thread() is not here

    job = Job(work)
    job.progressed.connect(lambda step: heard.append((step, threading.current_thread())))
    with qtbot.waitSignal(job.returned) as returned:
        queue.add(job)
    assert returned.args == [True]
    assert heard == [(Step(1, 2), here), (Step(2, 2), here)]


def test_a_cancelled_job_stops_at_its_next_step_and_cleans_up(queue, qtbot):
    under_way, cleaned = threading.Event(), []

    def work():
        try:
            while True:
                under_way.set()
                yield None
        finally:
            cleaned.append(True)

    job = queue.add(Job(work))
    under_way.wait(5)
    results = []
    job.returned.connect(results.append)
    with qtbot.waitSignal(job.cancelled):
        job.cancel()
    assert cleaned == [True]
    assert results == []


def test_bad_input_is_told_as_such(queue, qtbot):
    def work():
        yield None
        raise InputError("a.jpg", "it is damaged", "copy it again")

    job = Job(work)
    with qtbot.waitSignal(job.failed) as failed:
        queue.add(job)
    assert failed.args[0].problem == "it is damaged"


def test_any_other_error_reaches_the_crash_hook(queue, qtbot):
    def work():
        yield None
        raise ZeroDivisionError("inside")

    job = Job(work)
    with qtbot.capture_exceptions() as caught, qtbot.waitSignal(job.finished):
        queue.add(job)
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]


def test_the_most_urgent_of_the_waiting_jobs_is_done_first(queue, qtbot):
    gate, order = threading.Event(), []
    queue.run(once(lambda: gate.wait(5)))
    queue.run(once(lambda: order.append("later")), priority=0)
    queue.run(once(lambda: order.append("also later")), priority=0)
    last = queue.run(once(lambda: order.append("now")), priority=2)
    assert last in queue.jobs
    gate.set()
    qtbot.waitUntil(lambda: len(order) == 3)
    assert order == ["now", "later", "also later"]


def test_a_queue_that_is_closed_starts_nothing_that_waits(qtbot):
    queue, gate, ran = JobQueue("test"), threading.Event(), []
    queue.run(once(lambda: gate.wait(5)))
    waiting = Job(once(lambda: ran.append(True)))
    with qtbot.waitSignal(waiting.cancelled):
        queue.add(waiting)
        gate.set()
        queue.close()
    queue.run(once(lambda: ran.append(True)))
    qtbot.wait(20)
    assert ran == []
