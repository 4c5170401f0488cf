"""The card of trained weights: what they were made of and what they are good for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lapa_annotator import __version__
from lapa_annotator.training.loop import Recipe


def card(
    name: str,
    recipe: Recipe,
    scores: Mapping[str, float],
    seconds: float,
    facts: Mapping[str, str],
    limits: Sequence[str],
) -> str:
    """Write the card as Markdown; a draft, to be completed by who gives the weights away.

    Args:
        name: of the model.
        recipe: what it was trained by.
        scores: of the last validation.
        seconds: time spent training.
        facts: name -> value of what else is worth knowing, "licence" among them.
        limits: sentences that say where it is not to be trusted.
    """
    settings = ", ".join(f"{k} {v}" for k, v in recipe.settings.items()) or "as they come"
    rows = {
        "network": f"{recipe.network} ({settings})",
        "data": "; ".join(recipe.data),
        "fingerprints": "; ".join(f"{k} {v}" for k, v in recipe.fingerprints.items()),
        "begun from": recipe.init or "random weights",
        "recipe": f"{recipe.steps} steps of {recipe.batch}, {recipe.optimizer} at "
        f"{recipe.rate:g}, {recipe.schedule} after {recipe.warmup} steps, weights averaged "
        f"by {recipe.average:g}; all of it in recipe.toml",
        "seed": str(recipe.seed),
        "time": f"{seconds / 3600:.2f} hours",
        "program": f"LaPa Annotator {__version__}",
        **facts,
    }
    lines = [f"# {name}", "", "| | |", "|---|---|"]
    lines += [f"| {key} | {value} |" for key, value in rows.items()]
    lines += ["", "## Scores on held-out faces", "", "| score | value |", "|---|---:|"]
    lines += [f"| {key} | {value:.3f} |" for key, value in scores.items()]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in limits)]
    return "\n".join(lines) + "\n"


def weight_notes(recipe: Recipe) -> dict[str, str]:
    """What a file of weights tells of its training: weights are given away, so no paths."""
    data = "; ".join(Path(folder).name for folder in recipe.data)
    return {"data": data, "steps": str(recipe.steps), "seed": str(recipe.seed)}
