"""The rows of the registry as small as their tests can bear, and numbers that do not change."""

import math

import torch

from lapa_annotator.nets.flops import input_channels
from lapa_annotator.nets.registry import NETWORKS, build_network

TINY = {
    "hourglass": [{"width": 16}],
    "detector": [{"widths": [8, 8, 8, 8, 8]}],
    "pspnet": [{"backbone": "resnet18", "width": 0.125, "head": 8}],
    "bspnet": [{"backbone": "resnet18", "width": 0.125, "head": 8, "edge": 4}],
    "vgg-fcn": [
        {"classes": 3, "width": 0.0625},
        {"width": 0.0625, "heatmap": False, "norm": True, "dilation": 12, "upsample": 1},
    ],
    "student": [{"width": 0.125}, {"classes": 3, "width": 0.125, "pool2": 2, "heatmap": False}],
    "rednet": [
        {"classes": 3, "width": 0.0625},
        *({"width": 0.0625, "variant": v, "prior": False} for v in "bcd"),
    ],
    "recurrent": [{"variant": "rnn-g"}, {"variant": "cnn-s", "classes": 11}, {"large": True}],
    "two-stages": [{}],
    "agrnet": [
        {**{"backbone": "resnet18", "width": 0.125, "head": 8, "channels": 8}, **more}
        for more in (
            {"classes": 3},
            {"edge": 0, "reasoning": False, "projection": "spatial"},
            {"projection": "spatial"},
            {"projection": "none"},
        )
    ],
}
"""Name -> settings to test it with, each a network that must keep the contract."""

CASES = [(name, number) for name, many in TINY.items() for number in range(len(many))]
PARSERS = [case for case in CASES if NETWORKS[case[0]].kind == "parsing"]


def settings(case):
    """The settings of a case."""
    name, number = case
    return TINY[name][number]


def made(case):
    """The network of a case with random weights of one seed."""
    torch.manual_seed(0)
    return build_network(case[0], **settings(case))


def filled(module):
    """Give a network weights and statistics that are a formula, and put it into eval mode."""
    for place, (name, tensor) in enumerate(module.state_dict().items()):
        if not tensor.is_floating_point():
            continue
        wave = torch.sin(torch.arange(tensor.numel(), dtype=torch.float64) * 0.7391 + place)
        if tensor.ndim > 1:
            values = wave * math.sqrt(2.0 / max(1, tensor[0].numel()))
        elif name.endswith(("running_var", "weight")):
            values = 1 + 0.2 * wave
        else:
            values = 0.1 * wave
        # As files keep them.
        tensor.copy_(values.half().reshape(tensor.shape))
    return module.eval()


def picture(module, height, width, count=1):
    """(count, C, height, width) waves in [0, 1], of as many channels as the network takes."""
    channels = input_channels(module)
    steps = torch.arange(count * channels * height * width, dtype=torch.float64) * 0.0137
    return (0.5 + 0.5 * torch.sin(steps)).float().reshape(count, channels, height, width)


def first(said):
    """The first output of a network."""
    return said[0] if isinstance(said, tuple) else said


def golden(case):
    """Eight numbers of what the filled network says of the waves, evenly spread."""
    module = filled(made(case))
    with torch.no_grad():
        said = first(module(picture(module, 64, 64))).flatten()
    places = torch.linspace(0, said.numel() - 1, 8).long()
    return [round(float(x), 5) for x in said[places]]
