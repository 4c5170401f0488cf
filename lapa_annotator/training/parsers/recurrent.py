"""Paper 003: face parsing via recurrent propagation, one stage or two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.training.data.batches import Arrays
from lapa_annotator.training.parsers.rows import Parser, Study, Variant
from lapa_annotator.training.parsing import Lesson, ParsingTask

if TYPE_CHECKING:
    import torch

_MOVED = 7_368_791
"""With the seed and the step, what the points of a step are moved by."""


class RecurrentTask(ParsingTask):
    """The losses of the answer, of the shallow labels and of the gates (section 3.3)."""

    def learn(
        self, module: torch.nn.Module, lesson: Lesson
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The sum of what the variant has of the three."""
        from lapa_annotator.nets.parsing_losses import boundaries
        from lapa_annotator.nets.recurrent import Propagated
        from lapa_annotator.nets.recurrent_losses import recurrent_loss

        said = module.branches(lesson.pixels)
        said = Propagated(*(None if x is None else x.float() for x in said))
        return recurrent_loss(said, lesson.target, lesson.weights, boundaries(lesson.ids))


class StagesTask(ParsingTask):
    """Both stages at once: their networks share nothing (section 4).

    The second stage's crops follow five points of the face. In training these are moved, all
    together, by as much as a detector errs: option ``moved`` is the spread of the shift in the
    distances between the eyes, of the scale's logarithm, and half of that of the turn in radians.
    """

    def more(self, arrays: Arrays, step: int) -> dict[str, torch.Tensor]:
        """``points`` (B, 5, 2) float32, moved."""
        import torch

        rng = np.random.default_rng((self.batches.seed, step, _MOVED))
        return {"points": torch.from_numpy(moved(_five(arrays), self.options["moved"], rng))}

    def answer(self, module: torch.nn.Module, pixels: torch.Tensor, arrays: Arrays) -> torch.Tensor:
        """The answer where the five points truly lie."""
        import torch

        said: torch.Tensor = module(pixels, torch.from_numpy(_five(arrays)).to(pixels.device))
        return said

    def learn(
        self, module: torch.nn.Module, lesson: Lesson
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The first stage's losses and each component's."""
        from lapa_annotator.domain.classes import Label
        from lapa_annotator.nets.components import Stages, box_grids
        from lapa_annotator.nets.parsing_losses import boundaries
        from lapa_annotator.nets.recurrent_losses import stages_loss

        points = lesson.more["points"]
        said = module.branches(lesson.pixels, points)
        said = Stages(*(None if x is None else x.float() for x in said))
        grids = box_grids(lesson.pixels, points)
        part = (lesson.ids > Label.SKIN) & (lesson.ids < Label.HAIR)
        coarse = lesson.ids.masked_fill(part, int(Label.SKIN))
        edges = boundaries(coarse)
        return stages_loss(said, grids, lesson.target, lesson.weights, edges)


def moved(
    points: NDArray[np.float32], spread: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Move, turn and scale each face's points together, about their middle.

    Args:
        points: (B, 5, 2) in pixels.
        spread: see ``StagesTask``; 0 leaves them as they are.
        rng: where to draw from.
    """
    middle = points.mean(axis=1, keepdims=True)
    apart = np.linalg.norm(points[:, 1] - points[:, 0], axis=-1)[:, None, None]
    drawn = rng.normal(0.0, spread, (len(points), 4))
    turn, scale = drawn[:, 2] / 2, np.exp(drawn[:, 3])
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    turned = np.stack([np.stack([cosine, sine], -1), np.stack([-sine, cosine], -1)], 1)
    shift = drawn[:, None, :2] * apart
    return np.asarray((points - middle) @ turned + middle + shift, np.float32)


def _five(arrays: Arrays) -> NDArray[np.float32]:
    from lapa_annotator.nets.components import FIVE

    return np.asarray(arrays["points"], np.float32)[:, list(FIVE)]


_RATE = 5e-3
"""Such small networks without batch norm bear it; of its optimizer the paper says nothing."""
_ONE: Mapping[str, Any] = {"size": 128, "classes": 3, "rate": _RATE}
_TWO: Mapping[str, Any] = {"classes": 11, "rate": _RATE}

PARSERS = (
    Parser(
        "recurrent",
        RecurrentTask,
        settings={"variant": "rnn-g", "large": False},
        small=_ONE,
        paper=_ONE,
    ),
    Parser(
        "two-stages",
        StagesTask,
        settings={"variant": "rnn-g"},
        options={"moved": 0.05},
        small=_TWO,
        paper=_TWO,
    ),
)

STUDIES = (
    Study(
        "003",
        "propagation",
        "the shallow network, a deeper one, with recurrence, with gates (Table 1)",
        (
            Variant("CNN-S", {"named": {"variant": "cnn-s"}}),
            Variant("CNN-deep", {"named": {"variant": "cnn-deep"}}),
            Variant("RNN", {"named": {"variant": "rnn"}}),
            Variant("RNN-G", {"named": {"variant": "rnn-g"}}),
        ),
        {"net": "recurrent", "classes": 3, "rate": _RATE},
    ),
    Study(
        "003",
        "stages",
        "eleven classes by one stage and by two (Table 3)",
        (Variant("one stage", {"net": "recurrent"}), Variant("two stages", {"net": "two-stages"})),
        {"net": "recurrent", "classes": 11, "rate": _RATE},
    ),
)
