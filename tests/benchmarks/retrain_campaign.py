"""A whole campaign of annotating and retraining, people simulated, all else real.

Faces with known landmarks stand in for people: each round a simulated annotator takes the next
images of the queue, puts every point that is off by more than 5 % of the inter-ocular distance to
its true place, and finishes; then the project is retrained, the gate decides, and what is
untouched is proposed anew. All campaigns go out from one version that has learned the first few
faces, and each version is measured on the same faces outside of the projects: its error, the
share of its points that are within 5 %, and the drags that the others take with propagation.
Beside them, the labels of everything that is trained on are shuffled: the gate must refuse what
comes of that.

    LAPA_CAMPAIGN=FOLDER LAPA_CAMPAIGN_OUT=FOLDER python -m tests.benchmarks retrain_campaign

The first folder is in LaPa's layout (``synth`` renders one). The second keeps the projects and
gets ``campaign.csv`` and ``campaign.png``; called again, the campaigns go on where they were
stopped or killed. ``LAPA_CAMPAIGN_PLAN`` is "rounds,faces a round,steps,width,seeds,queues",
``LAPA_CAMPAIGN_JOBS`` how many processes; ``LAPA_CAMPAIGN_START`` is a file of weights of a
landmark model that has learned few faces, for want of which a first version is trained on the
first faces.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from lapa_annotator.batch.photos import LOOK
from lapa_annotator.batch.project_prior import project_prior
from lapa_annotator.batch.queueing import queue
from lapa_annotator.batch.repropose import repropose
from lapa_annotator.dla.crops import SIZE
from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.dla.registry import Proposer
from lapa_annotator.domain.edits import SetPoints, SetStatus
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Origin, PointSet
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.lapa import LapaFolder, read_landmarks
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.nets.weights import load_weights, save_weights
from lapa_annotator.runtime.convert import export_ir
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ModelVersion
from lapa_annotator.training.known_faces import KnownFace
from lapa_annotator.training.landmark_files import IR, WEIGHTS
from lapa_annotator.training.loop import Machine
from lapa_annotator.training.metrics import auc
from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.run import retrain
from lapa_annotator.training.retrain.settings import RetrainSettings
from lapa_annotator.training.retrain.snapshot import take_snapshot
from lapa_annotator.training.retrain.split import FILE, Split
from lapa_annotator.training.retrain.versions import (
    FOLDER,
    TASK,
    current_proposer,
    runs_folder,
)
from lapa_annotator.training.simulate import Annotator, Propagating, correct

TOLERANCE = 0.05
PLAN = "2,48,80,32,1,doubt+as they come"
COLUMNS = (
    "queue",
    "seed",
    "round",
    "faces",
    "NME",
    "AUC",
    "untouched",
    "drags",
    "work",
    "promoted",
)
TITLES = {
    4: "NME on unseen faces, %",
    5: "AUC at 0.08",
    6: "points within 5 %, share",
    7: "drags a face, with propagation",
}
RATE = 1e-3
# The first version takes this many times the steps of the later ones, on the first faces alone.
LONGER = 6
# Images that wait in a project, whose queue is what is compared; and faces that are measured on.
WAITING, MEASURED = 140, 40
_EFFORT = "campaign"
AS_THEY_COME = "as they come"


class MeanFace:
    """Puts the mean face into the box: what there is before any training."""

    name = "mean face"

    def propose(self, image: np.ndarray, box: Box) -> Landmarks:
        """Propose the points of the face in ``box``."""
        shape, around = mean_shape(), Box.around(mean_shape())
        scale = np.array([box.width / around.width, box.height / around.height])
        points = (shape - np.array(around.centre)) * scale + np.array(box.centre)
        return Landmarks(points, confidence=np.full(N_POINTS, 0.5), model=(self.name,) * N_POINTS)


@dataclass
class Campaign:
    """One project, its truth, and the faces that the honest error is measured on."""

    project: Project
    truth: dict[str, np.ndarray]
    test: list[tuple[Path, np.ndarray]]

    @property
    def proposer(self) -> Proposer:
        """The version in use; the mean face before there is one."""
        used = self.project.models.active(TASK)
        return MeanFace() if used is None else current_proposer(self.project)

    def points(self, image_id: int) -> np.ndarray:
        """The true points of an image."""
        return self.truth[self.project.info(image_id).path.stem]

    def begin(self) -> None:
        """Give every image its face, with the box of a detector and the mean face in it."""
        for image_id in self.project.ids("status:new").tolist():
            box = Box.around(self.points(image_id))
            face = Face(box, MeanFace().propose(np.zeros(0), box))
            self.project.propose(image_id, [face], MeanFace.name, doubt=0.5)

    def annotate(self, order: str, number: int, until: int) -> float:
        """Correct and finish the next of a queue until so many are; mean points set a face.

        The proposals are renewed first, once a round.
        """
        project, key = self.project, f"{_EFFORT} {number}"
        kept: list[int] = project.settings.get(key, [])
        ids = queue(project, order).tolist()
        left = until - len(project.ids("status:done"))
        if number and not kept:
            # In another order than theirs, the proposals of the rest would change nothing.
            list(repropose(project, self.proposer, ids[:left] if order == AS_THEY_COME else ids))
        for image_id in queue(project, order)[: max(left, 0)].tolist():
            kept.append(self._correct(image_id))
            project.settings.set(key, kept)
        return float(np.mean(kept)) if kept else float("nan")

    def _correct(self, image_id: int) -> int:
        project, truth = self.project, self.points(image_id)
        face = project.load(image_id).faces[0]
        bound = TOLERANCE * Landmarks(truth).interocular
        off = np.hypot(*(face.landmarks.points - truth).T)
        wrong = np.argsort(-off)[: int((off > bound).sum())].tolist()
        for index in wrong:  # a drag each, as the project's effort counts them
            before = face.landmarks.take([index])
            origin = np.array([int(Origin.CORRECTED)], np.uint8)
            after = replace(before, points=truth[[index]], origin=origin)
            project.save(image_id, SetPoints(face.id, before, after))
        project.save(image_id, SetStatus(project.load(image_id).status, Status.DONE))
        return len(wrong)

    def measure(self) -> tuple[float, float, float, float]:
        """NME in per cent, AUC, share of points within 5 % and drags of the version in use."""
        proposer = self.proposer
        prior = project_prior(self.project, proposer.name)
        errors, right, drags = [], [], []
        for path, truth in self.test:
            proposal = proposer.propose(read_photo(path).pixels, Box.around(truth))
            face = KnownFace(path.stem, proposal, truth, np.ones(N_POINTS, bool), 0)
            off = np.hypot(*(proposal.points - truth).T) / face.interocular
            errors.append(100 * off.mean())
            right.append((off <= TOLERANCE).mean())
            done = correct(face, Propagating(proposal, prior), Annotator(TOLERANCE))
            drags.append(len(done.dragged))
        return float(np.mean(errors)), auc(errors), float(np.mean(right)), float(np.mean(drags))

    def train(self, settings: RetrainSettings, versions: int) -> bool:
        """Retrain until there are so many versions; whether the newest was promoted."""
        machine = Machine(threads=1, report_every=50, validate_every=10**6, save_every=100)
        while len(self.project.models.all(TASK)) < versions:
            for report in retrain(self.project, settings, machine, baseline=MeanFace()):
                if report.stage == "done":
                    say(f"{self.project.folder.stem}: {report.note}")
        return bool((self.project.models.all(TASK)[-1].metrics or {})["promoted"])

    def shuffle(self) -> None:
        """Give every face that is trained on the points of another one, in another order.

        Which these are is fixed by a snapshot that is taken for it.
        """
        place = self.project.folder / FOLDER / FILE
        _, split = take_snapshot(self.project, Plan.usual(0, 1), Split.read(place))
        split.write(place)
        ids = [
            info.id
            for info in self.project.infos(self.project.ids("status:done").tolist())
            if split.part(info.content) == "train"
        ]
        for image_id, other in zip(ids, ids[1:] + ids[:1], strict=True):
            face = self.project.load(image_id).faces[0]
            theirs = self.points(other)
            rng = np.random.default_rng(image_id)
            points = rng.permutation(theirs - theirs.mean(axis=0)) + np.array(face.box.centre)
            before = PointSet.everything(face.landmarks)
            origin = np.full(N_POINTS, int(Origin.CORRECTED), np.uint8)
            self.project.save(
                image_id, SetPoints(face.id, before, replace(before, points=points, origin=origin))
            )


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Plan:
    """What a campaign does: ``LAPA_CAMPAIGN_PLAN``, and where."""

    data: Path
    out: Path
    rounds: int
    count: int
    steps: int
    width: int
    seeds: int
    orders: tuple[str, ...]

    @classmethod
    def parse(cls, data: Path, out: Path, text: str) -> Plan:
        """Read "rounds,faces a round,steps,width,seeds,queues"."""
        *numbers, orders = text.split(",")
        rounds, count, steps, width, seeds = map(int, numbers)
        return cls(data, out, rounds, count, steps, width, seeds, tuple(orders.split("+")))

    @staticmethod
    def usual(seed: int, steps: int) -> RetrainSettings:
        """The settings of the trainings after the first."""
        rule = Rule(faces=10)
        return RetrainSettings(
            least=20, held_out=0.25, steps=steps, rule=rule, seed=seed, rate=RATE
        )

    def settings(self, seed: int) -> RetrainSettings:
        """The settings of this plan's trainings after the first."""
        return self.usual(seed, self.steps)

    def faces(self, seed: int) -> tuple[list[Path], list[Path], list[Path]]:
        """Photos to start with and to measure on, the same for each seed, and to annotate."""
        every = [s.image for s in LapaFolder(self.data).samples() if s.landmarks is not None]
        first = np.random.default_rng(0).permutation(len(every))
        test, start = first[:MEASURED], first[MEASURED : MEASURED + self.count]
        rest = np.random.default_rng(1 + seed).permutation(first[MEASURED + self.count :])
        waiting = rest[:WAITING]
        return [every[i] for i in start], [every[i] for i in waiting], [every[i] for i in test]


def open_campaign(plan: Plan, folder: Path, photos: list[Path], test: list[Path]) -> Campaign:
    """Open or create a project, link photos into it, and give them boxes and points."""
    truth = {
        Path(s.name).stem: read_landmarks(s.landmarks)
        for s in LapaFolder(plan.data).samples()
        if s.landmarks is not None
    }
    linked = folder.with_name(f"{folder.stem} photos")
    linked.mkdir(parents=True, exist_ok=True)
    for path in photos:
        if not (linked / path.name).is_symlink():
            (linked / path.name).symlink_to(path.resolve())
    project = Project.open(folder) if folder.exists() else Project.create(folder, annotator="none")
    list(project.add_folder(linked, LOOK))
    campaign = Campaign(project, truth, [(path, truth[path.stem]) for path in test])
    campaign.begin()
    return campaign


def start(plan: Plan) -> None:
    """Finish the first faces, and have a version that has learned few faces."""
    photos, _, test = plan.faces(0)
    campaign = open_campaign(plan, plan.out / "start.lapa", photos, test)
    given = os.environ.get("LAPA_CAMPAIGN_START")
    with campaign.project as project:
        campaign.annotate(AS_THEY_COME, 0, len(photos))
        if given:
            take(project, Path(given))
            return
        settings = replace(
            plan.settings(0), scratch=True, width=plan.width, steps=LONGER * plan.steps
        )
        if not campaign.train(settings, 1):
            say("the first version loses against the mean face: the campaigns begin with it")
            project.models.activate(project.models.all(TASK)[-1].name)


def take(project: Project, weights: Path) -> None:
    """Use weights of a landmark model as a project's first version."""
    if project.models.all(TASK):
        return
    module, info = load_weights(weights)
    name = f"{TASK}-0001"
    folder = runs_folder(project) / name
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / WEIGHTS, module, info.network, info.settings, {})
    export_ir(module, SIZE, folder / IR)
    split = project.folder / FOLDER / FILE
    if not split.exists():
        Split().write(split)
    place = folder.relative_to(project.folder).as_posix()
    project.models.add(ModelVersion(name, TASK, place), active=True)


def copied(plan: Plan, name: str) -> Path:
    """The project of a campaign: a copy of the start, made beside its place and then put there."""
    folder = plan.out / f"{name}.lapa"
    if not folder.exists():
        beside = plan.out / f"{name}.part"
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(plan.out / "start.lapa", beside)
        beside.rename(folder)
    return folder


def run(plan: Plan, seed: int, order: str) -> None:
    """One campaign; each round is a row of ``COLUMNS``. What is there already is not done again."""
    cv2.setNumThreads(1)
    _, photos, test = plan.faces(seed)
    folder = copied(plan, f"{order.replace(' ', '-')}-{seed}")
    table = plan.out / f"rows-{order}-{seed}.csv"
    campaign = open_campaign(plan, folder, photos, test)
    with campaign.project:
        for number in range(len(rows_of(table)), plan.rounds + 1):
            faces = plan.count * (1 + number)
            work, promoted = float("nan"), True
            if number:
                work = campaign.annotate(order, number, faces)
                promoted = campaign.train(plan.settings(seed), 1 + number)
            write_row(table, [order, seed, number, faces, *campaign.measure(), work, promoted])


def shuffled(plan: Plan) -> None:
    """Train on shuffled points, from a version that has learned true ones."""
    cv2.setNumThreads(1)
    table = plan.out / "rows-shuffled-0.csv"
    if rows_of(table):
        return
    photos, _, test = plan.faces(0)
    campaign = open_campaign(plan, copied(plan, "shuffled"), photos, test)
    with campaign.project as project:
        if not project.settings.get("shuffled", default=False):
            campaign.shuffle()
            project.settings.set("shuffled", True)
        promoted = campaign.train(plan.settings(0), 2)
        row = ["shuffled", 0, 1, plan.count, *campaign.measure(), "nan", promoted]
        write_row(table, row)


def rows_of(table: Path) -> list[list[str]]:
    """The rows that a table has so far."""
    return list(csv.reader(table.open(newline=""))) if table.exists() else []


def write_row(table: Path, row: list[object]) -> None:
    """Keep and print a row."""
    say(", ".join(f"{n} {v}" for n, v in zip(COLUMNS, row, strict=True)))
    with table.open("a", newline="") as file:
        csv.writer(file).writerow(row)
    collect(table.parent)


def collect(out: Path) -> None:
    """Put the rows of all campaigns into one table and one picture."""
    rows = [row for path in sorted(out.glob("rows-*.csv")) for row in rows_of(path)]
    with (out / "campaign.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    shown = [row for row in rows if row[0] != "shuffled"]
    if shown:
        draw(shown, out / "campaign.png")


def summarize(out: Path) -> None:
    """Print mean and span of the seeds for each queue and number of faces."""
    rows = [row for path in sorted(out.glob("rows-*.csv")) for row in rows_of(path)]
    for order, faces in sorted({(row[0], int(row[3])) for row in rows}):
        mine = [row for row in rows if (row[0], int(row[3])) == (order, faces)]
        told = []
        for column, title in TITLES.items():
            values = [float(row[column]) for row in mine]
            told.append(f"{title} {np.mean(values):.3g} ({min(values):.3g} to {max(values):.3g})")
        promoted = sum(row[-1] == "True" for row in mine)
        say(f"{order}, {faces} faces, {promoted} of {len(mine)} promoted: {'; '.join(told)}")


def draw(rows: list[list[str]], path: Path) -> None:
    """Draw what was measured against the finished faces: the seeds' mean, and all they span."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    panels = figure.subplots(2, 2).ravel()
    orders = sorted({row[0] for row in rows})
    for axes, column in zip(panels, TITLES, strict=True):
        for order, colour, mark in zip(
            orders, ("#0072B2", "#D55E00", "#009E73"), "osD", strict=False
        ):
            values: dict[int, list[float]] = {}
            for row in rows:
                if row[0] == order:
                    values.setdefault(int(row[3]), []).append(float(row[column]))
            at = sorted(values)
            low, mean, high = ([f(values[n]) for n in at] for f in (min, np.mean, max))
            axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
            label = "by doubt" if order == "doubt" else order
            axes.plot(at, mean, color=colour, marker=mark, markersize=5, label=label)
        axes.set(title=TITLES[column], xlabel="finished faces")
        axes.set_xticks(at)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(title="queue", frameon=False)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run the campaigns that the environment asks for, and print their rows."""
    data = os.environ.get("LAPA_CAMPAIGN")
    if not data:
        say("skipped: say $LAPA_CAMPAIGN, a folder of faces in LaPa's layout")
        return
    cv2.setNumThreads(1)
    out = Path(os.environ.get("LAPA_CAMPAIGN_OUT") or tempfile.mkdtemp())
    plan = Plan.parse(Path(data), out, os.environ.get("LAPA_CAMPAIGN_PLAN", PLAN))
    start(plan)
    jobs = int(os.environ.get("LAPA_CAMPAIGN_JOBS", "1"))
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        work = [pool.submit(shuffled, plan)]
        work += [pool.submit(run, plan, seed, o) for seed in range(plan.seeds) for o in plan.orders]
        for one in work:
            one.result()
    collect(out)
    summarize(out)
    say(f"kept in {out}")
