"""One training loop for every network: steps, averaged weights, resumable, on Lightning."""

from lapa_annotator.training.loop.fitting import fit, trained
from lapa_annotator.training.loop.folder import RunFolder, RunState
from lapa_annotator.training.loop.machine import Machine, cpu_likes_bf16, leads
from lapa_annotator.training.loop.recipe import Recipe
from lapa_annotator.training.loop.task import Progress, Task

__all__ = [
    "Machine",
    "Progress",
    "Recipe",
    "RunFolder",
    "RunState",
    "Task",
    "cpu_likes_bf16",
    "fit",
    "leads",
    "trained",
]
