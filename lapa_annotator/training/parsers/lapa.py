"""Paper 000, LaPa: PSPNet for the coarse stage, BSPNet for the fine one (sections 3.2 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lapa_annotator.training.parsers.rows import Parser, Study, Variant
from lapa_annotator.training.parsing import Lesson, ParsingTask

if TYPE_CHECKING:
    import torch

ALPHA = 200.0
"""How much more a boundary pixel counts, in the paper; for Model C alone."""


class BSPNetTask(ParsingTask):
    """BSPNet's three losses (equations 1 to 4); option ``alpha`` is Model C's alone."""

    def settle(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Model C weighs boundary pixels, A and B do not (Table 2)."""
        alpha = options.get("alpha", ALPHA) if self.settings["model"] == "C" else 0.0
        return {**options, "alpha": alpha}

    def learn(
        self, module: torch.nn.Module, lesson: Lesson
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Equation 1, of what the network's branches say."""
        from lapa_annotator.nets.bspnet import Branches
        from lapa_annotator.nets.parsing_losses import Balance, boundaries, parsing_loss

        said = module.branches(lesson.pixels)
        said = Branches(*(None if x is None else x.float() for x in said))
        balance = Balance(alpha=self.options["alpha"])
        edges = boundaries(lesson.ids)
        return parsing_loss(said, lesson.target, lesson.weights, edges, balance)


_SHARED = ("backbone", "width", "head", "stride")

SMALL_COARSE: Mapping[str, Any] = {"net": "pspnet", "classes": 2, "width": 0.5, "head": 64}
"""What the shipped coarse network has of its own (docs/decisions/0101)."""

PAPER: Mapping[str, Any] = {
    **{"net": "bspnet", "classes": 11, "backbone": "resnet101", "width": 1.0, "head": 512},
    **{"edge": 256, "stride": 16, "model": "C", "size": 473, "batch": 64, "rate": 1e-3},
    **{"optimizer": "sgd", "schedule": "poly", "weight_decay": 5e-4},
}
"""The paper's network and how it is trained (section 5.1)."""

PARSERS = (
    Parser("pspnet", ParsingTask, _SHARED, small=SMALL_COARSE, paper={**PAPER, "net": "pspnet"}),
    Parser(
        "bspnet", BSPNetTask, (*_SHARED, "edge", "model"), options={"alpha": ALPHA}, paper=PAPER
    ),
)

STUDIES = (
    Study(
        "000",
        "models",
        "Models A, B and C of BSPNet (Table 2)",
        tuple(Variant(f"Model {letter}", {"model": letter}) for letter in "ABC"),
        {"net": "bspnet"},
    ),
)
