"""Training the landmark network: heat maps against Gaussians, scored by NME."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.dla.heatmaps import SIGMA, decode, from_heatmap, to_heatmap
from lapa_annotator.domain.landmarks import Points
from lapa_annotator.domain.schema import GROUPS, OUTER_EYE_CORNERS
from lapa_annotator.training.data.augment import AugmentSettings
from lapa_annotator.training.data.batches import LANDMARK_CROP, Batches, plain_batches
from lapa_annotator.training.data.crops import Crops
from lapa_annotator.training.evaluation import LandmarkPair, score_landmarks

if TYPE_CHECKING:
    import torch

_MOST_AT_ONCE = 16

LANDMARK_AUGMENT = AugmentSettings(background=0.65, recolour=0.3, reshape=0.6)
"""How crops are changed for the landmark network: other rooms and shades, as for parsers (199)."""


@dataclass(frozen=True, slots=True)
class LandmarkLosses:
    """How much counts how much.

    Attributes:
        sigma: standard deviation of the true Gaussian in heat-map pixels.
        coordinates: weight of the distance of a map's mean from the point, against the map's
            divergence in nats.
        occluded: weight of a point that something hides, against one that is seen; absent
            points count nothing.
        contour: weight of a point of the contour, against one of the inner points. A place
            along the jaw is a matter of taste, and a third of all points lie there.
    """

    sigma: float = SIGMA
    coordinates: float = 0.05
    occluded: float = 0.5
    contour: float = 0.5


class LandmarkTask:
    """The landmark network as a task of the training loop; see ``loop.Task``.

    Args:
        network, settings: row of ``nets.registry.NETWORKS`` and what it is built with.
        batches: augmented crops by step.
        held_out: crops that nothing is trained on.
        losses: what counts how much.
        initial: weights to begin from, None for random ones.
        most: crops of each store that a validation looks at, evenly spread over it.
    """

    def __init__(
        self,
        network: str,
        settings: dict[str, Any],
        batches: Batches,
        held_out: Sequence[Crops],
        losses: LandmarkLosses | None = None,
        initial: dict[str, torch.Tensor] | None = None,
        most: int = 200,
    ) -> None:
        self._network, self._settings, self._initial = network, settings, initial
        self._batches, self._losses = batches, losses or LandmarkLosses()
        self.held_out, self._most = held_out, most

    def network(self) -> torch.nn.Module:
        """Build the network, random or with the weights to begin from."""
        from lapa_annotator.nets.registry import build_network

        module = build_network(self._network, **self._settings)
        if self._initial is not None:
            module.load_state_dict(self._initial)
        return module

    def batch(self, step: int) -> dict[str, torch.Tensor]:
        """The batch of a step: uint8 pictures, points in heat-map pixels, weights.

        ``image`` (B, 3, 256, 256) uint8, ``points`` (B, 106, 2) float32, ``weights`` (B, 106)
        float32: what the data set says, less where something hides a point and on the contour.
        """
        import torch

        arrays = self._batches.at(step)
        seen = np.array([0.0, self._losses.occluded, 1.0], np.float32)[arrays["visibility"]]
        seen[:, list(GROUPS["contour"])] *= self._losses.contour
        points = to_heatmap(arrays["points"].astype(np.float64)).astype(np.float32)
        return {
            "image": torch.from_numpy(arrays["image"]),
            "points": torch.from_numpy(points),
            "weights": torch.from_numpy(arrays["weights"] * seen),
        }

    def loss(
        self, module: torch.nn.Module, batch: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Mean over the stacks of the losses of ``nets.landmark_losses.heatmap_losses``."""
        import torch

        from lapa_annotator.nets.landmark_losses import heatmap_losses

        points, weights = batch["points"], batch["weights"]
        found = [
            torch.stack(heatmap_losses(logits, points, weights, self._losses.sigma))
            for logits in module(batch["image"].float() / 255)
        ]
        divergence, distance = torch.stack(found).mean(0)
        loss = divergence + self._losses.coordinates * distance
        return loss, {"divergence": divergence, "distance": distance}

    def validate(self, module: torch.nn.Module) -> dict[str, float]:
        """NME by part, AUC and failures of the held-out faces, in all and by store.

        NME in % of the distance of the outer eye corners, AUC and failed share at 8 %; the
        network sees each stored crop once, upright and unchanged.
        """
        scores: dict[str, float] = {}
        everything: list[LandmarkPair] = []
        for crops in self.held_out:
            looks = [look.pair for look in looks_at(module, crops, self._most)]
            pairs = [pair for pair in looks if pair is not None]
            everything += pairs
            if pairs and len(self.held_out) > 1:
                scores |= {f"{crops.name}: {k}": v for k, v in _scores(pairs).items() if k in _TOLD}
        return _scores(everything) | scores


@dataclass(frozen=True, eq=False)
class Look:
    """What the network finds in one crop.

    Attributes:
        key: the sample's.
        points: (106, 2) float64 in crop pixels.
        confidence, entropy: (106,) float64 as decoded from the heat maps.
        truth: (106, 2) float64 in crop pixels.
        weights: (106,) float32, how far the truth may be believed; 0 for not at all.
    """

    key: str
    points: Points
    confidence: NDArray[np.float64]
    entropy: NDArray[np.float64]
    truth: Points
    weights: NDArray[np.float32]

    @property
    def pair(self) -> LandmarkPair | None:
        """For scoring; None where the truth lacks an outer eye corner."""
        known = np.flatnonzero(self.weights > 0)
        if not set(OUTER_EYE_CORNERS) <= set(known.tolist()):
            return None
        return LandmarkPair(self.key, self.points, known, self.truth[known])


def looks_at(module: torch.nn.Module, crops: Crops, most: int = 0) -> Iterator[Look]:
    """Run a landmark network once on each crop, unchanged; ``most`` of them, 0 for all."""
    import torch

    from lapa_annotator.training.datasets import Some

    if most and most < len(crops):
        crops = Some(crops, [int(i) for i in np.linspace(0, len(crops) - 1, most)])
    device = next(module.parameters()).device
    keys = iter(crops.keys)
    for arrays in plain_batches(crops, _MOST_AT_ONCE, LANDMARK_CROP):
        pixels = torch.from_numpy(arrays["image"]).to(device).float() / 255
        with torch.no_grad():
            maps = module(pixels)[-1].float().cpu().numpy()
        for logits, truth, weights in zip(maps, arrays["points"], arrays["weights"], strict=True):
            found = decode(logits)
            yield Look(
                key=next(keys),
                points=from_heatmap(found.points),
                confidence=found.confidence,
                entropy=found.entropy,
                truth=truth.astype(np.float64),
                weights=weights,
            )


_TOLD = ("NME", "AUC", "failure")


def _scores(pairs: Sequence[LandmarkPair]) -> dict[str, float]:
    rows = {row.part: row for row in score_landmarks(pairs) if row.normaliser == "inter-ocular"}
    if not rows:
        return {}
    whole = rows["all points"]
    scores = {"NME": whole.mean, "AUC": whole.auc, "failure": whole.failure}
    return scores | {f"NME {part}": row.mean for part, row in rows.items() if row is not whole}
