"""Paper 004: AGRNet, face parsing by reasoning over a graph of components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lapa_annotator.training.parsers.rows import Parser, Study, Variant
from lapa_annotator.training.parsing import Lesson, ParsingTask

if TYPE_CHECKING:
    import torch


class AGRNetTask(ParsingTask):
    """The five losses of equation 11; the options are their weights, λ1 to λ5."""

    def learn(
        self, module: torch.nn.Module, lesson: Lesson
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Equation 11."""
        from lapa_annotator.nets.agrnet import Reasoned
        from lapa_annotator.nets.agrnet_losses import Shares, agrnet_loss, edges_of

        said = module.branches(lesson.pixels)
        said = Reasoned(*(None if x is None else x.float() for x in said))
        edges = edges_of(lesson.ids)
        shares = Shares(**self.options)
        return agrnet_loss(said, lesson.target, lesson.weights, edges, shares)


_SHAPE: Mapping[str, Any] = {"classes": 11, "stride": 8, "edge": 16}
_PAPER: Mapping[str, Any] = {
    **_SHAPE,
    **{"backbone": "resnet101", "width": 1.0, "head": 512, "size": 473, "batch": 8, "rate": 1e-3},
    **{"optimizer": "sgd", "schedule": "poly", "weight_decay": 5e-4},
}
"""The paper's network and how it is trained (section V-B)."""

PARSERS = (
    Parser(
        "agrnet",
        AGRNetTask,
        ("backbone", "width", "head", "edge", "stride"),
        settings={"channels": 64, "top": 4, "projection": "adaptive", "reasoning": True},
        options={"raw": 1.0, "edges": 1.0, "attention": 1.0, "final": 0.5, "apart": 0.1},
        small=_SHAPE,
        paper=_PAPER,
    ),
)


def _modules(projection: str, edges: bool = False, reasoning: bool = False) -> dict[str, Any]:
    named = {"projection": projection, "reasoning": reasoning}
    return {"named": named} if edges else {"named": named, "edge": 0}


_BASE: Mapping[str, Any] = {"net": "agrnet", "stride": 8, "edge": 16}

STUDIES = (
    Study(
        "004",
        "modules",
        "spatial or adaptive vertices, edges, reasoning (Table I(a))",
        (
            Variant("ResNet", _modules("none")),
            Variant("spatial", _modules("spatial")),
            Variant("adaptive", _modules("adaptive")),
            Variant("with graph", _modules("adaptive", reasoning=True)),
            Variant("with edges", _modules("adaptive", edges=True)),
            Variant("all", _modules("adaptive", edges=True, reasoning=True)),
        ),
        _BASE,
    ),
    Study(
        "004",
        "losses",
        "discriminative and boundary-attention loss (Table I(b))",
        (
            Variant("cross-entropy", {"named": {"attention": 0.0, "apart": 0.0}}),
            Variant("discriminative", {"named": {"attention": 0.0}}),
            Variant("attention", {"named": {"apart": 0.0}}),
            Variant("both"),
        ),
        _BASE,
    ),
    Study(
        "004",
        "vertices",
        "how many pixels are picked for each class (Table I(c))",
        tuple(Variant(f"K = {top}", {"named": {"top": top}}) for top in (1, 2, 4, 8)),
        _BASE,
    ),
)
