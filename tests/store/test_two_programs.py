"""Two programs on one project: no lost edit, and neither waits for ever."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from lapa_annotator.store.project import Project
from lapa_annotator.store.verify import verify
from tests.store.builders import make_project
from tests.store.two_programs import Done, number, work


def both(folder: Path, turns: int, seconds: float) -> list[Done]:
    """Run two programs at once on the project in ``folder``."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(work, folder, name, turns, seconds) for name in ("ann", "ben")]
        return [job.result() for job in jobs]


def lost(project: Project, done: list[Done]) -> tuple[int, int]:
    """How many acknowledged changes the journal, and how many counts the comments, lack."""
    images = project.ids().tolist()
    entries = sum(len(project.history(image)) for image in images)
    counted = sum(number(project.load(image)) for image in images)
    return sum(d.saved for d in done) - entries, sum(d.counted for d in done) - counted


def test_two_programs_lose_no_edit(tmp_path: Path) -> None:
    make_project(tmp_path, "a.jpg", "b.jpg", "c.jpg").close()
    folder = tmp_path / "p.lapa"
    done = both(folder, turns=40, seconds=120)
    assert all(d.saved + d.refused >= 40 for d in done)
    with Project.open(folder) as project:
        assert lost(project, done) == (0, 0)
        assert list(verify(project))[-1].problems == ()
