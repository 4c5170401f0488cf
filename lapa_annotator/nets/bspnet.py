"""BSPNet, the boundary-sensitive parsing network (LaPa, section 4, Fig. 7; section 5.1)."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from lapa_annotator.nets.pspnet import PyramidPooling, conv_norm, resized
from lapa_annotator.nets.resnet import Normalise, OutputStride, ResNet

Model = Literal["A", "B", "C"]
"""Table 2: A has the semantic branch alone, B adds the boundary branch and the fusion of both
branches' features, C weighs boundary pixels in the fusion's loss too: B's network."""


class Branches(NamedTuple):
    """What the three branches say, for their losses.

    Attributes:
        semantic: (N, classes, H, W) logits of the semantic branch.
        boundary: (N, 1, H, W) logits of lying on a boundary; None for Model A.
        fused: (N, classes, H, W) logits of the fusion branch; None for Model A.
    """

    semantic: Tensor
    boundary: Tensor | None
    fused: Tensor | None


class BoundaryBranch(nn.Module):
    """Project conv2_3, conv3_4 and conv4_23 (the last maps of three stages) into one space.

    Args:
        inputs: channels of the three stages.
        outputs: channels of the boundary features.
    """

    def __init__(self, inputs: tuple[int, int, int], outputs: int) -> None:
        super().__init__()
        self.project = nn.ModuleList(conv_norm(channels, outputs) for channels in inputs)
        self.join = conv_norm(3 * outputs, outputs, 3)

    def forward(self, stages: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Three stages, the first at stride 4 -> (N, outputs, H / 4, W / 4) features."""
        seen = [project(stage) for project, stage in zip(self.project, stages, strict=True)]
        joined: Tensor = self.join(torch.cat([resized(x, seen[0]) for x in seen], dim=1))
        return joined


class BSPNet(nn.Module):
    """The boundary-sensitive parsing network; Models A, B and C are a switch.

    Semantic branch: backbone, dilated to stride 16, and pyramid pooling joined with the last
    block's maps. Boundary branch: one boundary map from the last maps of three stages. Fusion
    branch: on both branches' last features, at stride 4; its map is the network's.

    Args:
        classes: 11 for the paper's baseline, 3 (background, skin, hair) for the fine stage.
        backbone: a row of ``resnet.BACKBONES``; the paper's is ``resnet101``.
        width: factor on the backbone's channels.
        head: channels of the semantic features; 512 in PSPNet at its full size.
        edge: channels of the boundary features and of the fusion.
        model: A, B or C.
        stride: output stride of the backbone.
    """

    def __init__(
        self,
        classes: int = 11,
        backbone: str = "resnet101",
        width: float = 1.0,
        head: int = 512,
        edge: int = 256,
        model: Model = "C",
        stride: OutputStride = 16,
    ) -> None:
        super().__init__()
        self.model = model
        self.normalise = Normalise()
        self.backbone = ResNet(backbone, width, stride)
        one, two, three, last = self.backbone.channels
        self.pyramid = PyramidPooling(last, head)
        self.classify = nn.Conv2d(head, classes, 1)
        if model != "A":
            self.boundary = BoundaryBranch((one, two, three), edge)
            self.classify_boundary = nn.Conv2d(edge, 1, 1)
            self.fuse = nn.Sequential(conv_norm(head + edge, edge), conv_norm(edge, edge, 3))
            self.classify_fused = nn.Conv2d(edge, classes, 1)

    def _features(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Semantic features at the output stride and boundary features at stride 4."""
        *early, last = self.backbone(self.normalise(x))
        semantic = self.pyramid(last)
        return semantic, None if self.model == "A" else self.boundary(early)

    def branches(self, x: Tensor) -> Branches:
        """What every branch says of (N, 3, H, W) RGB in [0, 1], at its size."""
        semantic, boundary = self._features(x)
        classes = resized(self.classify(semantic), x)
        if boundary is None:
            return Branches(classes, None, None)
        edges = resized(self.classify_boundary(boundary), x)
        return Branches(classes, edges, resized(self._fused(semantic, boundary), x))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in [0, 1] -> (N, classes, H, W) logits of the last branch there is."""
        semantic, boundary = self._features(x)
        if boundary is None:
            return resized(self.classify(semantic), x)
        return resized(self._fused(semantic, boundary), x)

    def _fused(self, semantic: Tensor, boundary: Tensor) -> Tensor:
        joined = torch.cat([resized(semantic, boundary), boundary], dim=1)
        fused: Tensor = self.classify_fused(self.fuse(joined))
        return fused
