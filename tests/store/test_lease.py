"""An image is edited by one program at a time, and nobody waits for the dead."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from lapa_annotator.domain.edits import SetStatus
from lapa_annotator.domain.errors import InputError
from lapa_annotator.domain.face import Status
from lapa_annotator.store import lease
from lapa_annotator.store.models import LeaseRow
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import LeaseHeldError
from tests.store.builders import random_face

DONE = SetStatus(Status.NEW, Status.DONE)


@pytest.fixture
def other(project: Project) -> Iterator[Project]:
    """The same project, opened a second time by ben."""
    with Project.open(project.folder, annotator="ben") as opened:
        yield opened


def test_the_second_one_is_told_who_has_it(project: Project, other: Project) -> None:
    (image, free, _) = project.ids().tolist()
    with project.lease(image) as held:
        assert held.held
        with pytest.raises(LeaseHeldError, match=r"a\.jpg: ann is editing it on ") as caught:
            other.lease(image)
        holder = caught.value.holder
        assert (holder.annotator, holder.process) == ("ann", os.getpid())
        assert holder.since <= time.time() < holder.expires
        assert other.lease_holder(image) == holder
        assert project.lease_holder(image) is None
        other.lease(free).release()
    assert not held.held
    assert other.lease_holder(image) is None
    with other.lease(image):
        assert project.lease_holder(image).annotator == "ben"


def test_nobody_saves_what_another_holds(project: Project, other: Project) -> None:
    (image, *_) = project.ids().tolist()
    with project.lease(image):
        project.save(image, DONE)
        for change in (
            lambda: other.save(image, DONE.inverse()),
            lambda: other.undo(image),
            lambda: other.redo(image),
            lambda: other.propose(image, [random_face(1)], "m"),
        ):
            with pytest.raises(LeaseHeldError):
                change()
        assert len(project.history(image)) == 1
        assert other.load(image).status is Status.DONE
    assert other.undo(image) == DONE.inverse()


def test_a_lease_can_be_taken_again_by_its_holder(project: Project) -> None:
    (image, *_) = project.ids().tolist()
    first = project.lease(image)
    project.lease(image)
    first.release()
    first.release()


def test_closing_gives_every_lease_back(project: Project, other: Project) -> None:
    images = project.ids().tolist()
    for image in images:
        project.lease(image)
    project.close()
    for image in images:
        other.lease(image)


def test_a_lease_that_is_not_renewed_ends(project: Project, other: Project) -> None:
    (image, *_) = project.ids().tolist()
    held = project.lease(image)
    with other.database.write() as connection:
        connection.execute(update(LeaseRow).values(expires=time.time() - 1))
    with other.lease(image):
        with pytest.raises(LeaseHeldError):
            project.save(image, DONE)
        held.release()
        assert project.lease_holder(image).annotator == "ben"


def test_a_lease_is_renewed_while_its_holder_lives(
    project: Project, other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.01)
    (image, *_) = project.ids().tolist()
    held = project.lease(image)
    first = other.lease_holder(image).expires
    while other.lease_holder(image).expires == first:
        time.sleep(0.005)
    with other.database.write() as connection:
        connection.execute(update(LeaseRow).values(session="of somebody else"))
    while held.held:
        time.sleep(0.005)


def test_nobody_waits_for_a_killed_holder(project: Project) -> None:
    (image, *_) = project.ids().tolist()
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from lapa_annotator.store.project import Project\n"
        "project = Project.open(Path(sys.argv[1]), annotator='killed')\n"
        "project.lease(int(sys.argv[2]))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    folder = str(project.folder)
    subprocess.run([sys.executable, "-c", code, folder, str(image)], check=False)
    with project.database.read() as connection:
        row = connection.execute(lease._ROW, {"image": image}).one()
    assert row.annotator == "killed"
    assert row.expires > time.time()
    assert project.lease_holder(image) is None
    with project.lease(image):
        project.save(image, DONE)


def test_a_holder_on_another_computer_is_waited_for(project: Project, other: Project) -> None:
    (image, *_) = project.ids().tolist()
    project.lease(image)
    with project.database.write() as connection:
        connection.execute(update(LeaseRow).values(host="elsewhere", process=2**22 + 5))
    with pytest.raises(LeaseHeldError, match="on elsewhere"):
        other.lease(image)


def test_a_project_opened_for_looking_takes_no_lease(project: Project) -> None:
    image = int(project.ids()[0])
    looking = Project.open(project.folder, read_only=True)
    with looking, pytest.raises(InputError, match="reading only"):
        looking.lease(image)
