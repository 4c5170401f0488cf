"""A whole campaign of annotating and retraining, people simulated, all else real.

Faces with exact landmarks stand in for people: each round a simulated annotator takes the next
images of the queue, drags the worst point until all are within 5 %, and finishes; then the
project is retrained, the gate decides, and what is untouched is proposed anew. All campaigns go
out from one version that has learned the first few faces. Beside them, the labels of everything
that is trained on are shuffled: the gate must refuse what comes of that.

    LAPA_CAMPAIGN=FOLDER python -m tests.benchmarks retrain_campaign

``FOLDER`` is in LaPa's layout (``synth`` renders one). ``LAPA_CAMPAIGN_OUT`` keeps the projects
and gets ``campaign.csv`` and ``campaign.png``; ``LAPA_CAMPAIGN_PLAN`` is
"rounds,faces a round,steps,width,seeds,queues", ``LAPA_CAMPAIGN_JOBS`` how many processes.
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

import numpy as np
from matplotlib.figure import Figure

from lapa_annotator.batch.photos import LOOK
from lapa_annotator.batch.queueing import UNFINISHED, queue
from lapa_annotator.batch.repropose import repropose
from lapa_annotator.dla.frame import mean_shape
from lapa_annotator.dla.registry import Proposer
from lapa_annotator.domain.edits import SetPoints, SetStatus
from lapa_annotator.domain.face import Face, Status
from lapa_annotator.domain.geometry import Box
from lapa_annotator.domain.landmarks import Landmarks, Origin, PointSet
from lapa_annotator.domain.schema import N_POINTS
from lapa_annotator.formats.lapa import LapaFolder, read_landmarks
from lapa_annotator.formats.photo import read_photo
from lapa_annotator.store.project import Project
from lapa_annotator.training.loop import Machine
from lapa_annotator.training.metrics import auc
from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.run import retrain
from lapa_annotator.training.retrain.settings import RetrainSettings
from lapa_annotator.training.retrain.split import FILE, Split
from lapa_annotator.training.retrain.versions import FOLDER, current_proposer

TOLERANCE = 0.05
PLAN = "2,80,100,48,1,doubt+as they come"
COLUMNS = ("queue", "seed", "round", "faces", "NME", "AUC", "untouched", "drags", "promoted")
TITLES = {4: "NME, %", 5: "AUC at 0.08", 6: "share of untouched points", 7: "drags a face"}
RATE = 1e-3


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
        used = self.project.models.active("landmarks")
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

    def annotate(self, ids: list[int]) -> tuple[float, float]:
        """Correct and finish images; the mean drags a face and share of untouched points."""
        drags = [self._correct(image_id) for image_id in ids]
        return float(np.mean(drags)), 1 - float(np.mean(drags)) / N_POINTS

    def _correct(self, image_id: int) -> int:
        project, truth = self.project, self.points(image_id)
        face = project.load(image_id).faces[0]
        bound = TOLERANCE * Landmarks(truth).interocular
        off = np.hypot(*(face.landmarks.points - truth).T)
        wrong = np.argsort(-off)[: int((off > bound).sum())].tolist()
        if wrong:
            before = face.landmarks.take(wrong)
            origin = np.full(len(wrong), int(Origin.CORRECTED), np.uint8)
            after = replace(before, points=truth[wrong], origin=origin)
            project.save(image_id, SetPoints(face.id, before, after))
        project.save(image_id, SetStatus(project.load(image_id).status, Status.DONE))
        return len(wrong)

    def error(self) -> tuple[float, float]:
        """NME in per cent and AUC of the version in use on faces outside of the project."""
        proposer, found = self.proposer, []
        for path, truth in self.test:
            points = proposer.propose(read_photo(path).pixels, Box.around(truth)).points
            off = np.hypot(*(points - truth).T).mean()
            found.append(100 * off / Landmarks(truth).interocular)
        return float(np.mean(found)), auc(found)

    def train(self, settings: RetrainSettings) -> bool:
        """Retrain; whether the new version was promoted."""
        machine = Machine(threads=1, report_every=50, validate_every=10**6, save_every=100)
        for report in retrain(self.project, settings, machine, baseline=MeanFace()):
            if report.note:
                say(report.note)
        return bool(self.project.models.all("landmarks")[-1].active)

    def shuffle(self) -> None:
        """Give every face that is trained on the points of another one."""
        split = Split.read(self.project.folder / FOLDER / FILE)
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

    def settings(self, seed: int) -> RetrainSettings:
        """The settings of the trainings after the first."""
        rule = Rule(faces=10)
        return RetrainSettings(
            least=20, held_out=0.2, steps=self.steps, rule=rule, seed=seed, rate=RATE
        )

    def faces(self, seed: int) -> tuple[list[Path], list[Path], list[Path]]:
        """Photos to start with, the same for each seed; to annotate; and to measure on."""
        every = [s.image for s in LapaFolder(self.data).samples() if s.landmarks is not None]
        first = np.random.default_rng(0).permutation(len(every))
        start, rest = first[: self.count], first[self.count :]
        rest = np.random.default_rng(1 + seed).permutation(rest)
        tested = max(20, len(every) // 8)
        parts = (start, rest[tested:], rest[:tested])
        return tuple([every[i] for i in part] for part in parts)  # type: ignore[return-value]


def open_campaign(plan: Plan, folder: Path, photos: list[Path], test: list[Path]) -> Campaign:
    """Open or create a project, link photos into it, and give them boxes and points."""
    truth = {
        Path(s.name).stem: read_landmarks(s.landmarks)
        for s in LapaFolder(plan.data).samples()
        if s.landmarks is not None
    }
    linked = folder.with_name(f"{folder.stem} photos")
    linked.mkdir(parents=True)
    for path in photos:
        (linked / path.name).symlink_to(path.resolve())
    project = Project.open(folder) if folder.exists() else Project.create(folder, annotator="none")
    list(project.add_folder(linked, LOOK))
    campaign = Campaign(project, truth, [(path, truth[path.stem]) for path in test])
    campaign.begin()
    return campaign


def start(plan: Plan) -> None:
    """Finish the first faces and train a first version from random weights, longer than later."""
    photos, _, test = plan.faces(0)
    campaign = open_campaign(plan, plan.out / "start.lapa", photos, test)
    with campaign.project as project:
        campaign.annotate(project.ids().tolist())
        settings = replace(plan.settings(0), scratch=True, width=plan.width, steps=5 * plan.steps)
        if not campaign.train(settings):
            say("the first version loses against the mean face: the campaigns begin with it")
            project.models.activate(project.models.all("landmarks")[-1].name)


def run(plan: Plan, seed: int, order: str) -> None:
    """One campaign; each round is a row of ``COLUMNS``."""
    _, photos, test = plan.faces(seed)
    folder = plan.out / f"{order.replace(' ', '-')}-{seed}.lapa"
    shutil.copytree(plan.out / "start.lapa", folder)
    campaign = open_campaign(plan, folder, photos, test)
    with campaign.project as project:
        write_row(plan, order, seed, 0, campaign, ("", ""), True)
        for number in range(1, plan.rounds + 1):
            list(repropose(project, campaign.proposer, project.ids(UNFINISHED).tolist()))
            done = campaign.annotate(queue(project, order)[: plan.count].tolist())
            promoted = campaign.train(plan.settings(seed))
            write_row(plan, order, seed, number, campaign, done, promoted)


def shuffled(plan: Plan) -> None:
    """Train on shuffled points, from a version that has learned true ones."""
    _, photos, test = plan.faces(0)
    folder = plan.out / "shuffled.lapa"
    shutil.copytree(plan.out / "start.lapa", folder)
    campaign = open_campaign(plan, folder, photos, test)
    with campaign.project:
        campaign.shuffle()
        promoted = campaign.train(plan.settings(0))
        write_row(plan, "shuffled", 0, 1, campaign, ("", ""), promoted)


def write_row(
    plan: Plan,
    order: str,
    seed: int,
    number: int,
    campaign: Campaign,
    done: tuple[object, object],
    promoted: bool,
) -> None:
    """Measure a campaign's version in use, and keep and print a row."""
    nme, area = campaign.error()
    drags, untouched = done
    faces = plan.count * (1 + number)
    row = [order, seed, number, faces, nme, area, untouched, drags, promoted]
    say(", ".join(f"{n} {v}" for n, v in zip(COLUMNS, row, strict=True)))
    with (plan.out / f"rows-{order}-{seed}.csv").open("a", newline="") as file:
        csv.writer(file).writerow(row)


def collect(out: Path) -> None:
    """Put the rows of all campaigns into one table and one picture."""
    rows = [
        row for path in sorted(out.glob("rows-*.csv")) for row in csv.reader(path.open(newline=""))
    ]
    with (out / "campaign.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    draw([row for row in rows if row[0] != "shuffled"], out / "campaign.png")


def draw(rows: list[list[str]], path: Path) -> None:
    """Draw what was measured against the finished faces: seeds thin, their mean bold."""
    figure = Figure(figsize=(12, 3.4), layout="constrained")
    panels = figure.subplots(1, 4)
    orders = sorted({row[0] for row in rows})
    for axes, column in zip(panels, (4, 5, 6, 7), strict=True):
        for order, colour in zip(orders, ("C0", "C1", "C2"), strict=False):
            lines: dict[str, dict[int, float]] = {}
            for row in rows:
                if row[0] == order and row[column]:
                    lines.setdefault(row[1], {})[int(row[3])] = float(row[column])
            for line in lines.values():
                axes.plot(list(line), list(line.values()), color=colour, alpha=0.3, linewidth=1)
            sizes = sorted(set.intersection(*(set(line) for line in lines.values())))
            means = [np.mean([line[n] for line in lines.values()]) for n in sizes]
            axes.plot(sizes, means, color=colour, marker="o", markersize=4, label=order)
        axes.set(title=TITLES[column], xlabel="finished faces")
        axes.grid(alpha=0.3)
    panels[0].legend(title="queue", fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run the campaigns that the environment asks for, and print their rows."""
    data = os.environ.get("LAPA_CAMPAIGN")
    if not data:
        say("skipped: say $LAPA_CAMPAIGN, a folder of faces in LaPa's layout")
        return
    out = Path(os.environ.get("LAPA_CAMPAIGN_OUT") or tempfile.mkdtemp())
    plan = Plan.parse(Path(data), out, os.environ.get("LAPA_CAMPAIGN_PLAN", PLAN))
    if not (out / "start.lapa").exists():
        start(plan)
    jobs = int(os.environ.get("LAPA_CAMPAIGN_JOBS", "1"))
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        work = [pool.submit(shuffled, plan)]
        work += [pool.submit(run, plan, seed, o) for seed in range(plan.seeds) for o in plan.orders]
        for one in work:
            one.result()
    collect(out)
    say(f"kept in {out}")
