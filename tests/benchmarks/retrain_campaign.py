"""A whole campaign of annotating and retraining, people simulated, all else real.

Faces with exact landmarks stand in for people: each round a simulated annotator takes the next
images of the queue, drags the worst point until all are within 5 %, and finishes; then the
project is retrained, the gate decides, and what is untouched is proposed anew. At the end the
labels of everything that is trained on are shuffled: the gate must refuse what comes of that.

    LAPA_CAMPAIGN=FOLDER python -m tests.benchmarks retrain_campaign

``FOLDER`` is in LaPa's layout (``synth`` renders one). ``LAPA_CAMPAIGN_OUT`` keeps the projects
and gets ``campaign.csv`` and ``campaign.png``; ``LAPA_CAMPAIGN_PLAN`` is
"rounds,faces a round,steps,width,seeds,queues".
"""

import csv
import os
import sys
import tempfile
from collections.abc import Iterator
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
PLAN = "3,60,300,64,1,mix+as they come"
COLUMNS = ("queue", "seed", "round", "faces", "NME", "AUC", "untouched", "drags", "promoted")


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
        for image_id in self.project.ids().tolist():
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
        for k in wrong:
            before = project.load(image_id).faces[0].landmarks.take([k])
            after = replace(before, points=truth[[k]], origin=np.array([int(Origin.CORRECTED)]))
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


def run(data: Path, out: Path, order: str, seed: int, plan: list[int]) -> Iterator[list[object]]:
    """One campaign; a row of ``COLUMNS`` for each round."""
    rounds, count, steps, width = plan
    samples = [s for s in LapaFolder(data).samples() if s.landmarks is not None]
    chosen = np.random.default_rng(seed).permutation(len(samples))
    truth = {Path(s.name).stem: read_landmarks(s.landmarks) for s in samples}
    held = [samples[i] for i in chosen[: max(20, len(samples) // 8)]]
    test = [(s.image, truth[Path(s.name).stem]) for s in held]
    inside = [samples[i].image for i in chosen[len(held) :]]
    photos = out / f"photos-{seed}"
    photos.mkdir(parents=True, exist_ok=True)
    for path in inside:
        if not (photos / path.name).exists():
            (photos / path.name).symlink_to(path.resolve())
    settings = RetrainSettings(
        least=20, held_out=0.2, steps=steps, width=width, rule=Rule(faces=10), seed=seed, rate=1e-3
    )
    with Project.create(out / f"{order.replace(' ', '-')}-{seed}", annotator="nobody") as project:
        list(project.add_folder(photos, LOOK))
        campaign = Campaign(project, truth, test)
        campaign.begin()
        for number in range(1, rounds + 1):
            ids = queue(project, order)[:count].tolist()
            drags, untouched = campaign.annotate(ids)
            promoted = campaign.train(replace(settings, scratch=number == 1))
            list(repropose(project, campaign.proposer, project.ids(UNFINISHED).tolist()))
            nme, area = campaign.error()
            yield [order, seed, number, number * count, nme, area, untouched, drags, promoted]
        campaign.shuffle()
        promoted = campaign.train(replace(settings, scratch=False))
        nme, area = campaign.error()
        yield [order, seed, "shuffled", rounds * count, nme, area, "", "", promoted]


def draw(rows: list[list[object]], path: Path) -> None:
    """Draw what was measured against the finished faces, a line for each queue."""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    panels = figure.subplots(1, 4)
    for axes, column in zip(panels, (4, 5, 6, 7), strict=True):
        for order, colour in zip(
            sorted({str(r[0]) for r in rows}), ("C0", "C1", "C2"), strict=False
        ):
            sizes = sorted({r[3] for r in rows})
            means = [
                np.mean([r[column] for r in rows if (r[0], r[3]) == (order, n)]) for n in sizes
            ]
            axes.plot(sizes, means, color=colour, marker="o", markersize=4, label=order)
        axes.set(title=COLUMNS[column], xlabel="finished faces")
        axes.grid(alpha=0.3)
    panels[0].legend(title="queue", fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run the campaigns that the environment asks for, and print their rows."""
    data = os.environ.get("LAPA_CAMPAIGN")
    if not data:
        say("skipped: say $LAPA_CAMPAIGN, a folder of faces in LaPa's layout")
        return
    *numbers, orders = os.environ.get("LAPA_CAMPAIGN_PLAN", PLAN).split(",")
    *plan, seeds = map(int, numbers)
    out = Path(os.environ.get("LAPA_CAMPAIGN_OUT") or tempfile.mkdtemp())
    rows: list[list[object]] = []
    for seed in range(seeds):
        for order in orders.split("+"):
            for row in run(Path(data), out, order, seed, plan):
                rows.append(row)
                say(", ".join(f"{n} {v}" for n, v in zip(COLUMNS, row, strict=True)))
                with (out / "campaign.csv").open("w", newline="") as file:
                    csv.writer(file).writerows([COLUMNS, *rows])
                draw([r for r in rows if r[2] != "shuffled"], out / "campaign.png")
    say(f"kept in {out}")
