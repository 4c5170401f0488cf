"""One of two programs that edit the same few images, for a test and for a benchmark."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

from lapa_annotator.domain.edits import SetComments, SetTags
from lapa_annotator.domain.face import Annotation, Comment
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import LeaseHeldError


@dataclass
class Done:
    """What one program did.

    Attributes:
        saved: changes that were acknowledged: edits, undos and redos.
        counted: by how much it raised the numbers in the images' comments.
        refused: leases that the other one held.
        longest: seconds that the slowest call took.
    """

    saved: int = 0
    counted: int = 0
    refused: int = 0
    longest: float = 0.0


def work(folder: Path, name: str, turns: int, seconds: float) -> Done:
    """Edit random images for a number of turns, or for some seconds, whichever ends first."""
    done = Done()
    chance = random.Random(name)
    end = time.monotonic() + seconds
    with Project.open(folder, annotator=name) as project:
        images = project.ids().tolist()
        for _ in range(turns):
            begun = time.monotonic()
            if begun > end:
                break
            try:
                with project.lease(chance.choice(images)) as lease:
                    _edit(project, lease.image_id, done)
            except LeaseHeldError:
                done.refused += 1
            done.longest = max(done.longest, time.monotonic() - begun)
    return done


def number(annotation: Annotation) -> int:
    """The number that an image's comment holds."""
    return int(annotation.comments[0].text) if annotation.comments else 0


def _edit(project: Project, image: int, done: Done) -> None:
    old = project.load(image)
    raised = (Comment(str(number(old) + 1)),)
    project.save(image, SetComments(old.comments, raised))
    done.saved += 1
    done.counted += 1
    project.save(image, SetTags(old.tags, old.tags ^ {"odd"}))
    project.undo(image)
    project.redo(image)
    done.saved += 3
