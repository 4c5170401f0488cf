"""Paper 001, parsing at real-time speed: heat maps, the contextual loss, and distillation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import N_CLASSES, Label
from lapa_annotator.domain.errors import InputError
from lapa_annotator.ppa.guides import HeatMap
from lapa_annotator.runtime.files import checksum
from lapa_annotator.training.data.batches import Arrays
from lapa_annotator.training.loop.recipe import Value
from lapa_annotator.training.parsers.rows import Parser, Study, Variant
from lapa_annotator.training.parsing import Lesson, ParsingTask

if TYPE_CHECKING:
    import torch

SMALL_CLASSES = tuple(range(Label.LEFT_EYEBROW, Label.LOWER_LIP + 1))
"""Brows, eyes, nose, lips and mouth: the classes whose gradients are raised (V-B)."""

_CONTEXTUAL: Mapping[str, Value] = {
    **{"contextual": True, "semantic": True, "hard_aware": True, "class_aware": True},
    **{"centre_decay": True, "inter": True, "margin": 3.0, "contextual_weight": 0.01},
}
_SWITCHES = ("semantic", "hard_aware", "class_aware", "centre_decay", "inter", "margin")


class ContextualTask(ParsingTask):
    """Cross-entropy and the statistical contextual loss (section IV); the heat-map channel.

    Option ``contextual`` switches the whole loss, ``semantic``, ``hard_aware``,
    ``class_aware`` and ``centre_decay`` its four parts, ``inter`` the inter-class term that it
    shares with the range loss.
    """

    def shown(self, arrays: Arrays) -> NDArray[np.uint8]:
        """The picture, and the heat map of the landmarks for a network that takes it."""
        image = np.asarray(arrays["image"], np.uint8)
        if not self.wants_heatmap():
            return image
        guide, points = HeatMap(), np.asarray(arrays["points"], np.float64)
        size = image.shape[-1]
        return np.concatenate([image, [guide.draw(one, size) for one in points]], axis=1)

    def wants_heatmap(self) -> bool:
        """Whether the heat map is drawn."""
        return bool(self.settings["heatmap"])

    def companion(self) -> torch.nn.Module | None:
        """The centres of the classes, where they are wanted."""
        if not self.options["contextual"]:
            return None
        from lapa_annotator.nets.contextual_loss import Centres, Contextual
        from lapa_annotator.nets.registry import NETWORKS

        how = Contextual(**{name: self.options[name] for name in _SWITCHES})
        classes = int(self.settings["classes"])
        features = classes
        if not how.semantic:
            still = NETWORKS[self.net].still(**self.settings)
            last = [m for m in still.modules() if hasattr(m, "out_channels")][-1]
            features = int(last.in_channels)
        return Centres(classes, features, how)

    def learn(
        self, module: torch.nn.Module, lesson: Lesson
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Cross-entropy, and a hundredth of the intra- and inter-class terms (VI-A)."""
        from lapa_annotator.nets.parsing_losses import semantic_loss

        said = module.branches(lesson.pixels)
        loss = semantic_loss(said.logits.float(), lesson.target, lesson.weights)
        parts = {"semantic": loss}
        if self.options["contextual"]:
            intra, apart = module.companion(said, lesson.ids)
            parts |= {"intra": intra, "inter": apart}
            loss = loss + self.options["contextual_weight"] * (intra + apart)
        return loss, parts

    def publish(self, out: Path) -> dict[str, Any]:
        """Say that the network wants the heat map."""
        del out
        return {"guide": "heatmap"} if self.settings["heatmap"] else {}


class StudentTask(ContextualTask):
    """The Student Network: alone, or taught by a larger one in two stages (section V).

    Option ``teacher`` names the file of the teacher's weights; without one the student learns
    alone. ``reweigh`` raises the gradients of small classes, ``trust`` leaves out the
    teacher's noisy predictions. ``unlabelled`` is the second stage: what the teacher says is
    the truth (V-C).
    """

    _teacher: Any = None

    def settle(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as they are named, with the teacher's checksum.

        Raises:
            InputError: the second stage without a teacher, or no such file.
        """
        if not options["teacher"]:
            if options["unlabelled"]:
                problem = "without truth a student needs a teacher"
                raise InputError("--set unlabelled", problem, "name one by --set teacher=FILE")
            return dict(options)
        path = Path(options["teacher"])
        if not path.is_file():
            raise InputError(path, "there is no such file", "name the weights of a parser")
        return {**options, "teacher_sha256": checksum(path)}

    def teacher(self) -> torch.nn.Module:
        """The teacher, frozen; read from its file at the first call."""
        if self._teacher is None:
            from lapa_annotator.nets.weights import load_weights

            path = Path(self.options["teacher"])
            self._teacher, info = load_weights(path)
            if info.settings.get("classes") != self.settings["classes"]:
                problem = f"it tells {info.settings.get('classes')} classes apart"
                raise InputError(path, problem, "take one of the student's classes")
            self._teacher.requires_grad_(False)
        module: torch.nn.Module = self._teacher
        return module

    def wants_heatmap(self) -> bool:
        """Whether the student or its teacher is shown the landmarks."""
        from lapa_annotator.nets.flops import input_channels

        own = super().wants_heatmap()
        return own or bool(self.options["teacher"] and input_channels(self.teacher()) > 3)

    def network(self) -> torch.nn.Module:
        """The student; a VGG teacher gives it its first layers (V-A), unless it goes on."""
        from lapa_annotator.nets.vgg import VGGFCN

        module = super().network()
        if self.options["teacher"] and self.initial is None:
            teacher = self.teacher()
            if isinstance(teacher, VGGFCN):
                module.take_first_layers(teacher.backbone)
        return module

    def learn(
        self, module: torch.nn.Module, lesson: Lesson
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Cross-entropy, and four times the divergence from the softened teacher (VI-A)."""
        import torch

        from lapa_annotator.nets.flops import input_channels

        if not self.options["teacher"]:
            return super().learn(module, lesson)
        teacher = self.teacher().to(lesson.pixels.device)
        with torch.no_grad():
            taught = teacher(lesson.pixels[:, : input_channels(teacher)]).float()
        if self.options["unlabelled"]:
            lesson = _estimated(lesson, taught)
        said = module.branches(lesson.pixels[:, : input_channels(module)])
        return self._distilled(said, taught, lesson)

    def answer(self, module: torch.nn.Module, pixels: torch.Tensor, arrays: Arrays) -> torch.Tensor:
        """The student's answer; it may be shown less than its teacher."""
        from lapa_annotator.nets.flops import input_channels

        return super().answer(module, pixels[:, : input_channels(module)], arrays)

    def _distilled(
        self, said: Any, taught: torch.Tensor, lesson: Lesson
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        from lapa_annotator.nets import distillation as d
        from lapa_annotator.nets.parsing_losses import IGNORED, semantic_loss

        options, logits = self.options, said.logits.float()
        counts = (lesson.ids != IGNORED).float()
        if options["trust"]:
            counts = counts * d.trusted(taught, lesson.ids, options["noisy"])
        if options["reweigh"] and self.settings["classes"] == N_CLASSES:
            counts = counts * d.reweighed(lesson.ids, SMALL_CLASSES, options["small"])
        hard = semantic_loss(logits, lesson.target, lesson.weights)
        soft = d.distillation_loss(logits, taught, options["temperature"], counts)
        return hard + options["soft"] * soft, {"semantic": hard, "soft": soft}


def _estimated(lesson: Lesson, taught: torch.Tensor) -> Lesson:
    """The lesson with what the teacher says as its truth."""
    import torch

    ids = taught.argmax(dim=1)
    everywhere = torch.ones_like(lesson.weights)
    return Lesson(lesson.pixels, ids, everywhere, ids, lesson.more)


_DISTILLATION: Mapping[str, Value] = {
    **{"teacher": "", "unlabelled": False, "temperature": 4.0, "soft": 4.0},
    **{"reweigh": True, "small": 3.0, "trust": True, "noisy": 0.1},
}
# Without ImageNet's weights a VGG needs batch norm, and AdamW bears no rate of a tenth.
_SMALL_VGG = {"width": 0.25, "named": {"norm": True, "heat_rate": 10.0}, "weight_decay": 5e-4}
_PAPER = {
    **{"classes": 11, "width": 1.0, "size": 256, "optimizer": "sgd", "schedule": "poly"},
    # 1e-7 on sums over 256² pixels is this much on their mean.
    **{"batch": 1, "steps": 80_000, "rate": 6.6e-3},
}

PARSERS = (
    Parser(
        "vgg-fcn",
        ContextualTask,
        ("width",),
        {
            **{"fc": 1024, "dilation": 1, "upsample": 2},
            **{"heatmap": True, "heat_rate": 100.0, "norm": False},
        },
        _CONTEXTUAL,
        small=_SMALL_VGG,
        paper=_PAPER,
    ),
    Parser(
        "student",
        StudentTask,
        ("width",),
        {"pool2": 1, "dilation": 3, "heatmap": True, "heat_rate": 100.0},
        {**_CONTEXTUAL, **_DISTILLATION, "contextual": False},
        small={"width": 0.5, "named": {"heat_rate": 10.0}},
        paper={**_PAPER, "steps": 120_000, "rate": 6.6e-2},
    ),
)


def _named(**settings: Value) -> Mapping[str, Any]:
    return {"named": settings}


_FCN = {"upsample": 1, "heatmap": False, "contextual": False}
_WIDE = {"dilation": 12.0}
"""The plain FCN's, of 256 pixels: on a smaller picture it would look past the map's ends."""
_LOSS = {
    "FCN": {"contextual": False},
    "centre loss": {"contextual": True},
    "& inter": {"inter": True},
    "+ semantic": {"semantic": True},
    "+ hard-aware": {"hard_aware": True},
    "+ class-aware": {"class_aware": True},
    "+ centre decay": {"centre_decay": True},
}


def _losses() -> tuple[Variant, ...]:
    """Table IV: each row has what the rows above have, and one thing more."""
    told: dict[str, Value] = {**_FCN, **dict.fromkeys(_SWITCHES[:5], False)}
    variants = []
    for name, more in _LOSS.items():
        told = {**told, **more}
        variants.append(Variant(name, _named(**told), _WIDE))
    return tuple(variants)


_NET = {"net": "student"}
_ALONE: Mapping[str, Any] = {**_NET, **_named(contextual=False)}


def _taught(**settings: Value) -> Mapping[str, Any]:
    return {**_NET, **_named(contextual=False, **settings)}


STUDIES = (
    Study(
        "001",
        "components",
        "receptive field, heat map and contextual loss, one by one (Table II)",
        (
            Variant("FCN", _named(**_FCN), _WIDE),
            Variant("contextual", _named(**{**_FCN, "contextual": True}), _WIDE),
            Variant("field", _named(heatmap=False, contextual=False)),
            Variant("field, heat map", _named(heatmap=True, contextual=False)),
            Variant("all three", _named(heatmap=True, contextual=True)),
        ),
        {"net": "vgg-fcn", **_SMALL_VGG},
    ),
    Study(
        "001",
        "contextual",
        "the contextual loss and its parts (Table IV)",
        _losses(),
        {"net": "vgg-fcn", **_SMALL_VGG},
    ),
    Study(
        "001",
        "distillation",
        "a student alone, taught, and taught without truth (Table VIII)",
        (
            Variant("teacher", {"net": "vgg-fcn", **_named(contextual=True)}),
            Variant("student alone", _ALONE),
            Variant("vanilla", _taught(reweigh=False, trust=False), teacher="teacher"),
            Variant("+ reweighed", _taught(reweigh=True, trust=False), teacher="teacher"),
            Variant("+ trusted", _taught(reweigh=True, trust=True), teacher="teacher"),
            Variant(
                "+ unlabelled",
                _taught(unlabelled=True),
                begins="+ trusted",
                teacher="teacher",
                unlabelled=True,
            ),
        ),
        {"net": "vgg-fcn", **_SMALL_VGG},
    ),
)
