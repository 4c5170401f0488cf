"""What a finished training of landmarks leaves: weights, network, calibration, card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lapa_annotator.dla.crops import SIZE
from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.atomic import replace_file
from lapa_annotator.training.card import card, weight_notes
from lapa_annotator.training.data.sources import Source, open_source
from lapa_annotator.training.datasets import Data
from lapa_annotator.training.loop import Recipe, RunFolder

if TYPE_CHECKING:
    import torch

WEIGHTS, IR, CARD = "weights.safetensors", "network.xml", "card.md"
_LIMITS = (
    "The scores are of held-out faces of the folders above alone, by one pass over an upright "
    "crop around the true points: detection is not part of them.",
    "Where the points come from a teacher, the scores say how far it agrees with the teacher.",
    "It has seen nothing but faces like those above.",
    "Not made for telling who somebody is, nor for deciding anything about a person.",
)


def is_published(out: Path) -> bool:
    """Whether ``publish`` has come to its end; a card may have been completed by hand since."""
    return (out / CARD).exists()


def publish(
    module: torch.nn.Module,
    recipe: Recipe,
    facts: Mapping[str, str],
    out: Path,
    held_out: Sequence[Source] | None = None,
) -> Iterator[str]:
    """Write what a training is for, into its folder; the card last.

    ``weights.safetensors``; OpenVINO's ``network.xml`` and ``network.bin``; ``network.json``
    and ``calibration.png``, the confidences fitted on the held-out faces and how they hold;
    ``card.md``, a draft.

    Args:
        module: the averaged weights.
        recipe: what it was trained by.
        facts: what else the card says.
        out: the folder of the run.
        held_out: faces to fit the confidences on; those of the recipe's folders without.

    Yields:
        Sentences about what is done.

    Raises:
        InputError: a full disk, a folder of faces that is gone.
    """
    from lapa_annotator.nets.weights import save_weights
    from lapa_annotator.runtime.convert import export_ir

    run = RunFolder(out)
    notes = weight_notes(recipe)
    save_weights(out / WEIGHTS, module, recipe.network, recipe.settings, notes)
    yield f"Weights: {out / WEIGHTS}"
    export_ir(module, SIZE, out / IR)
    yield f"OpenVINO's files: {out / IR}"
    calibrated = _calibrate(_held_out(recipe) if held_out is None else held_out, out)
    yield f"Confidences: {calibrated}"
    told = {
        "parameters": f"{sum(p.numel() for p in module.parameters()) / 1e6:.2f} million",
        "confidences": calibrated,
        **facts,
    }
    seconds = max((report.seconds for report in run.reports()), default=0.0)
    text = card(out.name, recipe, run.state().scores, seconds, told, _LIMITS)
    replace_file(out / CARD, text.encode("utf-8", "backslashreplace"))
    yield f"A card to complete: {out / CARD}"


def _held_out(recipe: Recipe) -> list[Source]:
    """What the folders of a recipe hold out."""
    sources: list[Source] = []
    for data in recipe.data:
        try:
            sources.append(open_source(Data.parse(data).path, "held out"))
        except InputError:
            # It holds nothing out; the report of the training has said so.
            continue
    return sources


def _calibrate(sources: Sequence[Source], out: Path) -> str:
    """Fit the confidences on held-out faces; returns a sentence about them."""
    from lapa_annotator.training.calibration import calibrate

    about = "not calibrated: no faces are held out"
    try:
        for told in calibrate(out, sources) if sources else ():
            about = about if isinstance(told, int) else told.calibration.about
    except InputError as error:
        about = f"not calibrated: {error}"
    return about
