"""What the gate says of real trainings: shuffled labels, true ones, and two that differ by chance.

A version that has hardly learned is trained on with true labels; what comes of that once more, but
at a rate at which nothing is learned, so that the two differ by chance; and once with the points of
every face put in another order and given to another face. All trainings are the program's own, only
narrow and short.

    LAPA_CAMPAIGN=FOLDER python -m tests.benchmarks retrain_gate

``FOLDER`` is in LaPa's layout and holds 160 faces or more. ``LAPA_CAMPAIGN_START`` is a file of
weights of a landmark model that has learned few faces; with it the rest takes two minutes of a
core, without it such a version is trained first.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import cv2

from lapa_annotator.training.retrain.gate import Rule
from lapa_annotator.training.retrain.report import read_report
from lapa_annotator.training.retrain.settings import RetrainSettings
from lapa_annotator.training.retrain.versions import TASK
from tests.benchmarks.retrain_campaign import AS_THEY_COME, Campaign, Plan, open_campaign, say, take

FACES, WIDTH = 80, 64
FIRST, MORE, FLIP, FEW = 250, 60, 10, 30
"""Steps of the version that has hardly learned, with true labels, without learning, of nonsense."""
SETTINGS = RetrainSettings(
    least=20, held_out=0.4, width=WIDTH, rate=1e-3, rule=Rule(faces=30), steps=MORE
)


def taken(plan: Plan, name: str, source: str = "") -> Campaign:
    """Open a project of the first faces, made anew or as a copy of another one."""
    photos, _, test = plan.faces(0)
    if source:
        shutil.copytree(plan.out / f"{source}.lapa", plan.out / f"{name}.lapa")
    return open_campaign(plan, plan.out / f"{name}.lapa", [] if source else photos, test)


def judged(campaign: Campaign, settings: RetrainSettings, versions: int, what: str) -> None:
    """Train, and say what the gate says."""
    promoted = campaign.train(settings, versions)
    version = campaign.project.models.all(TASK)[-1]
    reason = read_report(campaign.project.folder / version.weights)["reason"]
    say(f"{what}: {'promoted' if promoted else 'refused'}. {reason}")


def main() -> None:
    """Print the verdicts."""
    data = os.environ.get("LAPA_CAMPAIGN")
    if not data:
        say("skipped: say $LAPA_CAMPAIGN, a folder of faces in LaPa's layout")
        return
    cv2.setNumThreads(1)
    begun = time.process_time()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        plan = Plan(Path(data), Path(folder), 0, FACES, MORE, WIDTH, 1, ())
        campaign = taken(plan, "first")
        with campaign.project as project:
            campaign.annotate(AS_THEY_COME, 0, FACES)
            if given := os.environ.get("LAPA_CAMPAIGN_START"):
                take(project, Path(given))
            else:
                first = replace(SETTINGS, scratch=True, steps=FIRST)
                judged(campaign, first, 1, "a first version, against the mean face")
                project.models.activate(project.models.all(TASK)[-1].name)
        for name, source, what, settings in (
            ("one", "first", "true labels", SETTINGS),
            ("same", "one", "nothing learned", replace(SETTINGS, steps=FLIP, rate=1e-5, seed=1)),
        ):
            campaign = taken(plan, name, source)
            with campaign.project as project:
                judged(campaign, settings, 1 + len(project.models.all(TASK)), what)
        campaign = taken(plan, "shuffled", "one")
        with campaign.project:
            campaign.shuffle()
            judged(campaign, replace(SETTINGS, steps=FEW), 3, "shuffled labels")
    say(f"{time.process_time() - begun:.0f} s of processor time")


if __name__ == "__main__":
    main()
