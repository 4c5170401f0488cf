"""Looking for errors in a whole project: measure what is new, then let every kind look."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial

from lapa_annotator import __version__
from lapa_annotator.batch.errors.finding import Finding, Kind, TooLittle
from lapa_annotator.batch.errors.fine import fine_keys
from lapa_annotator.batch.errors.measure import Measure, Records, Task
from lapa_annotator.batch.errors.registry import KINDS
from lapa_annotator.batch.errors.seen import Measured, Need, Seen
from lapa_annotator.batch.execute import Executor, Nobody, Processes
from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.networks import ELEVEN, ParsingNetwork
from lapa_annotator.ppa.settings import settings_of
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ImageInfo


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a search is: photos measured of all, those of an earlier call, what was wrong."""

    done: int
    total: int
    reused: int
    problem: str | None = None


@dataclass
class Found:
    """What was found.

    Attributes:
        findings: the worst first; without those that are marked as fine.
        fine: how many were left out because somebody has said that they are fine.
        notes: kinds that could not look, one sentence each.
        problems: photos that could not be measured, one sentence each.
    """

    findings: list[Finding] = field(default_factory=list)
    fine: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def find_errors(
    project: Project,
    query: str = "",
    kinds: Sequence[Kind] = KINDS,
    *,
    jobs: int = 1,
    executor: Executor | None = None,
) -> Generator[Looked, None, Found]:
    """Look for errors; a generator that returns what was found. No annotation is changed.

    Closing it cancels, within a photo's time; the same call goes on later.

    Args:
        project: an open project; only its cache is written.
        query: which images.
        kinds: what to look for.
        jobs: how many processes.
        executor: where photos are measured; this machine's processes by default.

    Raises:
        InputError: the query is not understood, or the project's settings are damaged.
    """
    settings = settings_of(project)
    infos = project.infos(project.ids(query).tolist())
    opinion = _opinion() if any("opinion" in kind.needs for kind in kinds) else ""
    needs = _needs(kinds, opinion)
    found, seen = Found(), Seen(settings.options, opinion)
    tasks = [_task(info, needs, settings.fingerprint(), opinion) for info in infos]
    records = Records(project, needs)
    stamps = {task.image_id: task.stamp for task in tasks}
    measured = records.read(stamps) if needs else {task.image_id: Measured() for task in tasks}
    state = Looked(len(measured), len(tasks), len(measured))
    yield state
    start = partial(Measure, project.folder, needs, read_only=project.read_only)
    todo = [task for task in tasks if task.image_id not in measured]
    executor = (executor or Processes(jobs, 1, hasty=True)) if todo else Nobody()
    with closing(executor.run(start, todo)) as results:
        for task, result in results:
            made = result or Measured(problem=_lost(task))
            measured[task.image_id] = made
            if made.problem is None:
                records.add(task, made)
            else:
                found.problems.append(made.problem)
            state = replace(state, done=state.done + 1, problem=made.problem)
            yield state
    records.tidy(stamps)
    for info in infos:
        seen.take(info, project.load(info.id).faces, measured[info.id])
    yield from _look(project, kinds, seen, found, state)
    return found


def look_again(
    project: Project, image_id: int, kinds: Sequence[Kind] = KINDS
) -> Generator[Looked, None, Found]:
    """Look at the faces of one photo again, after somebody has worked on them.

    Its own maps are measured anew, and its shapes and sizes judged beside all others. Photos that
    look alike are left out: no annotation changes that.

    Args:
        project: an open project.
        image_id: the photo.
        kinds: what to look for.

    Raises:
        InputError: there is no such image, or the project's settings are damaged.
    """
    kinds = [kind for kind in kinds if "look" not in kind.needs]
    settings, opinion = settings_of(project), _opinion()
    needs = _needs(kinds, opinion)
    found, seen = Found(), Seen(settings.options, opinion)
    task = _task(project.info(image_id), needs, settings.fingerprint(), opinion)
    measured = Measure(project.folder, needs, read_only=project.read_only)(task)
    found.problems += [measured.problem] if measured.problem is not None else []
    ids = project.ids().tolist()
    for done, info in enumerate(project.infos(ids), start=1):
        here = measured if info.id == image_id else Measured()
        seen.take(info, project.load(info.id).faces, here)
        yield Looked(done, len(ids), 0)
    yield from _look(project, kinds, seen, found, Looked(len(ids), len(ids), 0))
    found.findings = [f for f in found.findings if f.image_id == image_id and f.face_id]
    return found


def _look(
    project: Project, kinds: Sequence[Kind], seen: Seen, found: Found, state: Looked
) -> Generator[Looked, None, None]:
    """Let every kind look; yields between them, so that it can be cancelled."""
    fine = fine_keys(project)
    findings: list[Finding] = []
    for kind in kinds:
        try:
            findings += kind.look(seen)
        except TooLittle as why:
            found.notes.append(f"{kind.title}: {why}.")
        yield replace(state, problem=None)
    found.findings = sorted(
        (f for f in findings if f.key not in fine), key=lambda f: (-f.severity, f.path, f.key)
    )
    found.fine = len(findings) - len(found.findings)


def _opinion() -> str:
    """The eleven-class network that is here, "" for none."""
    try:
        return ParsingNetwork.open(ELEVEN).name
    except InputError:
        return ""


def _needs(kinds: Sequence[Kind], opinion: str) -> frozenset[Need]:
    """What must be measured; kinds that wait for a network that is not here need nothing."""
    needs: frozenset[Need] = frozenset()
    for kind in kinds:
        if opinion or "opinion" not in kind.needs:
            needs |= kind.needs
    return needs


def _task(info: ImageInfo, needs: frozenset[Need], settings: str, opinion: str) -> Task:
    stamp = [__version__, info.content, f"{info.width}x{info.height}"]
    if "map" in needs:
        stamp += [repr(info.updated), settings, opinion]
    return Task(info.id, info.path.as_posix(), " ".join(stamp))


def _lost(task: Task) -> str:
    problem = "the process that worked on it died, perhaps for want of memory"
    return str(InputError(task.path, problem, "use fewer jobs"))
