"""Receptive fields, counted by hand and by the walk; what reaches a wanted share."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate, max_pool2d, max_unpool2d

from lapa_annotator.nets.receptive import Reach, reaches, receptive_field
from lapa_annotator.nets.registry import Network
from lapa_annotator.nets.resnet import ResNet


@pytest.mark.parametrize(
    ("layers", "side"),
    [
        ([nn.Conv2d(3, 4, 3)], 3),
        ([nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)], 5),
        # 3, then two more places two pixels apart, then a window of 3 two pixels apart.
        ([nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, padding=1), nn.MaxPool2d(3, 1, 1)], 11),
        ([nn.Conv2d(3, 4, 3, padding=3, dilation=3)], 7),
        # A 4x4 of stride 2, transposed, sees two neighbours of its input.
        ([nn.Conv2d(3, 4, 2, 2), nn.ConvTranspose2d(4, 4, 4, 2, 1)], 4),
        ([nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout()], 1),
        ([nn.AvgPool2d(2), nn.Conv2d(3, 4, 3, padding=1)], 6),
        ([nn.Conv2d(3, 4, 3, padding=1), nn.AdaptiveAvgPool2d(1)], math.inf),
    ],
)
def test_kernels_dilations_and_strides_add_up(layers, side):
    assert receptive_field(nn.Sequential(*layers)) == side


def test_of_two_ways_the_wider_counts():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.near, self.far = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 5, padding=2)

        def forward(self, x):
            return self.near(x) + self.far(x)

    assert receptive_field(Two()) == 5


def test_unpooling_and_enlarging_bring_neighbours_closer():
    class Up(nn.Module):
        def __init__(self, unpool):
            super().__init__()
            self.unpool, self.conv = unpool, nn.Conv2d(3, 4, 3, padding=1)

        def forward(self, x):
            small, places = max_pool2d(x, 2, 2, return_indices=True)
            big = max_unpool2d(small, places, 2) if self.unpool else interpolate(small, x.shape[2:])
            return self.conv(big)

    assert receptive_field(Up(True)) == receptive_field(Up(False)) == 2 + 2 * 1


@pytest.mark.parametrize(("name", "side"), [("resnet18", 435), ("resnet50", 427)])
def test_of_residual_networks_it_is_what_is_known(name, side):
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = ResNet(name, 0.125, 32)

        def forward(self, x):
            return self.backbone(x)[-1]

    assert receptive_field(Last()) == side


def test_what_lies_in_the_field_is_what_moves_the_answer():
    layers = [nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 1, 2, dilation=2), nn.AvgPool2d(2, 1)]
    net = nn.Sequential(*layers)
    for weight in net.parameters():
        nn.init.constant_(weight, 0.1)
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    net(picture)[0, 0, 12, 12].backward()
    seen = torch.nonzero(picture.grad[0, 0].abs().sum(0))
    assert int(seen.max() - seen.min()) + 1 == receptive_field(net)


def test_choices_are_told_the_nearest_first():
    row = Network("n", "parsing", _dilated, 64, "", {"dilation": (1, 2, 4, 8)})
    found = reaches(row, 64, target=0.15)
    assert [reach.settings["dilation"] for reach in found[:2]] == [4, 2]
    assert found[0].normalised == pytest.approx(9 / 64)


def test_the_normalised_field_is_the_share_of_the_side():
    assert Reach({}, 114, 256).normalised == pytest.approx(0.4453, abs=1e-4)


def _dilated(dilation=1):
    return nn.Conv2d(3, 4, 3, padding=dilation, dilation=dilation)
