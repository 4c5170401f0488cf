"""Residual backbones with torchvision's state-dict names, dilated to a chosen output stride.

ResNet-18, -50 and -101 (He et al., 2016). BSPNet's semantic branch runs on ResNet-101 with
dilation in the last residual block (LaPa, sections 4 and 5.1): output stride 16 instead of 32.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from lapa_annotator.domain.errors import InputError, choose

OutputStride = Literal[8, 16, 32]

_DILATIONS: dict[int, tuple[int, int]] = {8: (2, 4), 16: (1, 2), 32: (1, 1)}
"""Output stride -> dilation of the third and fourth stage."""


def _conv3(inputs: int, outputs: int, stride: int, dilation: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation, bias=False)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: the block of ResNet-18.

    Args:
        inputs, planes: channels that come in and that go out.
        stride: stride of the first convolution.
        dilations: dilation of each convolution.
        downsample: what brings the shortcut to the same shape, None where it has it.
    """

    expansion: ClassVar[int] = 1

    def __init__(
        self,
        inputs: int,
        planes: int,
        stride: int,
        dilations: tuple[int, int],
        downsample: nn.Module | None,
    ) -> None:
        super().__init__()
        self.conv1 = _conv3(inputs, planes, stride, dilations[0])
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = _conv3(planes, planes, 1, dilations[1])
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, planes, H / stride, W / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut: the block of ResNet-50 and -101.

    As in torchvision the 3x3 convolution carries the stride. Arguments as ``BasicBlock``; it
    gives ``4 * planes`` channels.
    """

    expansion: ClassVar[int] = 4

    def __init__(
        self,
        inputs: int,
        planes: int,
        stride: int,
        dilations: tuple[int, int],
        downsample: nn.Module | None,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = _conv3(planes, planes, stride, dilations[0])
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, self.expansion * planes, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(self.expansion * planes)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, 4 planes, H / stride, W / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return torch.relu(self.bn3(self.conv3(x)) + shortcut)


Block = type[BasicBlock] | type[Bottleneck]

BACKBONES: dict[str, tuple[Block, tuple[int, int, int, int]]] = {
    "resnet18": (BasicBlock, (2, 2, 2, 2)),
    "resnet50": (Bottleneck, (3, 4, 6, 3)),
    "resnet101": (Bottleneck, (3, 4, 23, 3)),
}
"""Name -> kind of block and how many of them each stage has."""


class ResNet(nn.Module):
    """A residual backbone without its classifier.

    Attributes:
        channels: how many channels the four stages give.

    Args:
        name: a row of ``BACKBONES``.
        width: factor on all channels; ImageNet weights need 1.
        stride: output stride of the last stage: 8, 16 or 32.

    Raises:
        InputError: no backbone of that name.
        ValueError: another stride, or a width that leaves no channels.
    """

    def __init__(
        self, name: str = "resnet18", width: float = 1.0, stride: OutputStride = 16
    ) -> None:
        super().__init__()
        block, depths = choose(BACKBONES, name, "backbone")
        if stride not in _DILATIONS or round(64 * width) < 1:
            raise ValueError(f"a backbone has stride 8, 16 or 32, got {stride}, width {width}")
        first = round(64 * width)
        self.conv1 = nn.Conv2d(3, first, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        dilations = (1, 1, *_DILATIONS[stride])
        planes = [round(64 * width * 2**k) for k in range(4)]
        inputs, before = first, 1
        for k, (depth, dilation) in enumerate(zip(depths, dilations, strict=True)):
            step = 1 if k == 0 or dilation > before else 2
            stage = _stage(block, depth, inputs, planes[k], step, (before, dilation))
            self.add_module(f"layer{k + 1}", stage)
            inputs, before = block.expansion * planes[k], dilation
        self.channels = tuple(block.expansion * p for p in planes)
        _initialise(self)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The last maps of the four stages: conv2_x, conv3_x, conv4_x and conv5_x.

        Args:
            x: (N, 3, H, W) float, normalised as ImageNet's pictures are.

        Returns:
            Maps at stride 4, 8, and then the output stride at most.
        """
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer1(x)
        y = self.layer2(x)
        z = self.layer3(y)
        return x, y, z, self.layer4(z)


def _stage(
    block: Block, depth: int, inputs: int, planes: int, stride: int, dilations: tuple[int, int]
) -> nn.Sequential:
    """One stage; where it is dilated instead of strided, its first convolution is not yet."""
    outputs = block.expansion * planes
    shortcut = None
    if stride != 1 or inputs != outputs:
        conv = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
        shortcut = nn.Sequential(conv, nn.BatchNorm2d(outputs))
    blocks = [block(inputs, planes, stride, dilations, shortcut)]
    steady = (dilations[1], dilations[1])
    blocks += [block(outputs, planes, 1, steady, None) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


def _initialise(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")


class Normalise(nn.Module):
    """Bring RGB in [0, 1] to ImageNet's mean and spread; the first step of every network."""

    mean: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, values in (("mean", (0.485, 0.456, 0.406)), ("spread", (0.229, 0.224, 0.225))):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] -> the same shape, about zero mean and unit spread."""
        return (x - self.mean) / self.spread


def load_backbone(backbone: ResNet, path: Path) -> None:
    """Fill a backbone from a local file of ImageNet weights with torchvision's names.

    Args:
        backbone: of width 1.
        path: ``.safetensors``, or a state dict that ``torch.load`` reads with weights_only.

    Raises:
        InputError: no such file, no state dict, or one of another backbone.
    """
    state = {k: v for k, v in read_state(path).items() if not k.startswith("fc.")}
    try:
        backbone.load_state_dict(state)
    except RuntimeError as error:
        problem = f"it holds weights of another backbone ({str(error).splitlines()[-1].strip()})"
        raise InputError(path, problem, "give torchvision's weights of this one") from error


def read_state(path: Path) -> dict[str, Tensor]:
    """A state dict out of a local file: ``.safetensors``, or what torch.load reads safely.

    Raises:
        InputError: no such file, or it holds none.
    """
    from pickle import UnpicklingError

    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise InputError(path, "there is no such file", "name a file of weights")
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, UnpicklingError, RuntimeError, OSError, EOFError) as error:
        problem = f"it cannot be read as weights ({str(error).splitlines()[0][:80]})"
        raise InputError(path, problem, "give a .safetensors file or a state dict") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise InputError(path, "it holds no state dict", "save the module's state_dict() alone")
    return state
