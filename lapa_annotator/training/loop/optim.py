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
    """AdamW or SGD over a network's parameters; biases and norms are not decayed."""
    groups = _groups(network, recipe.weight_decay)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum)
    return torch.optim.AdamW(groups, lr=recipe.rate, fused=True)


def _groups(network: torch.nn.Module, decay: float) -> ParamGroups:
    parameters = [p for p in network.parameters() if p.requires_grad]
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim <= 1]
    groups: ParamGroups = [{"params": matrices, "weight_decay": decay}]
    return [*groups, {"params": vectors, "weight_decay": 0.0}] if vectors else groups
