"""Optimizers and how their learning rate runs over the steps."""

from __future__ import annotations

import math

import torch

from lapa_annotator.training.loop.recipe import Recipe

ParamGroups = list[dict[str, object]]


def rate_at(recipe: Recipe, step: int) -> float:
    """The share in [0, 1] of the recipe's rate that optimizer step ``step`` (from 0) takes.

    It rises linearly over the warm-up, then falls to 0 as half a cosine or as
    (1 - progress)^power, the paper's "poly" (section 5.1).
    """
    warmup = min(recipe.warmup, recipe.steps - 1)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    done = min(1.0, (step - warmup) / (recipe.steps - warmup))
    if recipe.schedule == "poly":
        return float((1 - done) ** recipe.power)
    return (1 + math.cos(math.pi * done)) / 2


def build_optimizer(network: torch.nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW or SGD over a network's parameters; biases and norms are not decayed.

    What a network names in its attribute ``factors`` (parameter -> factor) has a rate that
    many times the recipe's.
    """
    groups = _groups(network, recipe)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum)
    return torch.optim.AdamW(groups, lr=recipe.rate, fused=True)


def _groups(network: torch.nn.Module, recipe: Recipe) -> ParamGroups:
    factors: dict[str, float] = getattr(network, "factors", {})
    named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    usual = [p for name, p in named if name not in factors]
    matrices = [p for p in usual if p.ndim > 1]
    vectors = [p for p in usual if p.ndim <= 1]
    groups: ParamGroups = [{"params": matrices, "weight_decay": recipe.weight_decay}]
    if vectors:
        groups.append({"params": vectors, "weight_decay": 0.0})
    quick = [(p, factors[name]) for name, p in named if name in factors]
    return groups + [
        {"params": [p], "weight_decay": recipe.weight_decay, "lr": recipe.rate * factor}
        for p, factor in quick
    ]
