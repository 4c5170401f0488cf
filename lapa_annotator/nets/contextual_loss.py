"""The statistical contextual loss (paper 001, section IV): features drawn to centres of classes.

Centres of every class's features are kept from picture to picture. Features are drawn to their
class's centre (equation 3), centres are pushed apart (4, 6). Four things make it of the centre
and range losses that it comes from, each a switch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate

from lapa_annotator.nets.parsing_losses import IGNORED
from lapa_annotator.nets.vgg import Semantics


@dataclass(frozen=True)
class Contextual:
    """The switches and numbers of the loss (sections IV-B and VI-A).

    Attributes:
        semantic: features are the raw output of the last layer, not what that layer reads.
        hard_aware: centres leave out the pixels that the classifier finds hard (equation 5).
        class_aware: the distance of two centres is that in their own two dimensions
            (equation 6), not in all (equation 4).
        centre_decay: centres decay by equation 7, not towards zero.
        inter: whether centres are pushed apart at all; off it is the centre loss.
        margin: d, up to where they are pushed.
        rate: learning rate of the centres.
        decay: how strongly they decay.
    """

    semantic: bool = True
    hard_aware: bool = True
    class_aware: bool = True
    centre_decay: bool = True
    inter: bool = True
    margin: float = 3.0
    rate: float = 0.1
    decay: float = 0.0005


class Centres(nn.Module):
    """The centres of the classes' features, kept beside a network while it learns.

    Args:
        classes: how many.
        features: dimensions of the features; the classes in semantic space.
        how: the switches.
    """

    values: Tensor

    def __init__(self, classes: int, features: int, how: Contextual) -> None:
        super().__init__()
        self.how = how
        self.register_buffer("values", torch.zeros(classes, features))

    def forward(self, said: Semantics, ids: Tensor) -> tuple[Tensor, Tensor]:
        """The intra-class and the inter-class term; in training mode the centres take a step.

        Args:
            said: what the network says.
            ids: (N, H, W) int64 class ids, ``IGNORED`` where nothing is known.
        """
        maps = (said.scores if self.how.semantic else said.features).float()
        small = _smaller(ids, maps)
        known = small != IGNORED
        features, labels = maps.movedim(1, -1)[known], small[known]
        intra = intra_class(features, labels, self.values)
        apart = inter_class(self.values, self.how) if self.how.inter else intra.new_zeros(())
        if self.training:
            losses = cross_entropy(
                said.scores.float(), small, ignore_index=IGNORED, reduction="none"
            )
            with torch.no_grad():
                self.step(features.detach(), labels, losses.detach()[known])
        return intra, apart

    def step(self, features: Tensor, labels: Tensor, losses: Tensor) -> None:
        """Move the centres: to their features, away from each other, and as they decay.

        To be called where no gradients are recorded.

        Args:
            features: (m, D); ``labels``: (m,) int64; ``losses``: (m,) cross-entropies.
        """
        how, classes = self.how, len(self.values)
        kept = easy(losses, labels, classes) if how.hard_aware else torch.ones_like(labels).bool()
        move = towards(features[kept], labels[kept], self.values)
        if how.inter:
            move += _gradient(self.values, how)
        move += how.decay * (decay_gradient(self.values) if how.centre_decay else self.values)
        self.values -= how.rate * move


def intra_class(features: Tensor, labels: Tensor, centres: Tensor) -> Tensor:
    """Half the mean squared distance of (m, D) features to their centres (equation 3).

    The paper sums over the pixels; here, as in the other losses, it is their mean.
    """
    apart = (features - centres[labels]).square().sum(dim=1)
    return 0.5 * apart.sum() / max(1, len(features))


def towards(features: Tensor, labels: Tensor, centres: Tensor) -> Tensor:
    """Δc of every centre (equations 2 and 5): (classes, D); 0 for classes that are not there."""
    one_hot = torch.nn.functional.one_hot(labels, len(centres)).to(features.dtype)
    counts = one_hot.sum(dim=0)[:, None]
    return (counts * centres - one_hot.T @ features) / (1 + counts)


def easy(losses: Tensor, labels: Tensor, classes: int) -> Tensor:
    """(m,) bool: pixels whose loss is below the mean of their class (equation 5)."""
    one_hot = torch.nn.functional.one_hot(labels, classes).to(losses.dtype)
    means = (one_hot.T @ losses) / one_hot.sum(dim=0).clamp(min=1)
    return losses < means[labels]


def distances(centres: Tensor, class_aware: bool) -> Tensor:
    """(classes, classes) squared distances of centres, infinite of a centre to itself.

    Class-aware it is (c_ii - c_ji)² + (c_ij - c_jj)²: in the two dimensions that the two
    classes have of their own in semantic space (equation 6).
    """
    if class_aware:
        own = (centres.diagonal()[:, None] - centres.T).square()
        apart = own + own.T
    else:
        apart = (centres[:, None] - centres[None]).square().sum(dim=-1)
    return apart + torch.diag(torch.full_like(apart[0], torch.inf))


def inter_class(centres: Tensor, how: Contextual) -> Tensor:
    """How much nearer than the margin centres are (equations 4 and 6).

    Equation 4 is of the nearest two alone. Equation 6 sums over the classes; a class stands
    there with the one nearest to it, each with its own margin (docs/decisions/0171).
    """
    apart = distances(centres, how.class_aware)
    nearest = apart.min(dim=1).values if how.class_aware else apart.min()
    return (how.margin - nearest).clamp(min=0).sum()


def decay_gradient(centres: Tensor) -> Tensor:
    """The gradient of equation 7: positive elements fall, but for each class's own."""
    falling = centres.clamp(min=0)
    return 2 * (falling - torch.diag_embed(falling.diagonal()))


def _gradient(centres: Tensor, how: Contextual) -> Tensor:
    with torch.enable_grad():
        moving = centres.clone().requires_grad_()
        return torch.autograd.grad(inter_class(moving, how), moving)[0]


def _smaller(ids: Tensor, maps: Tensor) -> Tensor:
    size = maps.shape[-2:]
    return interpolate(ids[:, None].float(), size=size, mode="nearest-exact")[:, 0].long()
