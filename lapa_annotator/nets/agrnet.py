"""AGRNet: graph representation learning and reasoning over facial components (Te et al., 2021:
"AGRNet: Adaptive Graph Representation Learning and Reasoning for Face Parsing", section III)."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from lapa_annotator.nets.pspnet import PyramidPooling, conv_norm, resized
from lapa_annotator.nets.resnet import Normalise, OutputStride, ResNet

Projection = Literal["none", "spatial", "adaptive"]
"""Table I(a): no graph at all; vertices by uniform spatial pooling, as in the authors' earlier
work; vertices picked for each component."""


class Reasoned(NamedTuple):
    """What the network says on its way, for its five losses.

    Attributes:
        labels: (N, classes, H, W) logits of the answer.
        raw: (N, classes, H, W) logits of the preliminary map Z0; None where nothing is picked.
        edges: (N, 1, H, W) logits of lying on an edge; None without the edge module.
        vertices: (N, V, C) features of the vertices before reasoning; None without a graph.
    """

    labels: Tensor
    raw: Tensor | None
    edges: Tensor | None
    vertices: Tensor | None


class EdgeModule(nn.Module):
    """The edge map from conv2, conv3 and conv4 (section V-B).

    Each is brought to ``each`` channels by a 1x1 convolution, all are joined at stride 4, and a
    1x1 convolution says what is an edge.

    Args:
        inputs: channels of the three.
        each: channels of each.
    """

    def __init__(self, inputs: tuple[int, int, int], each: int) -> None:
        super().__init__()
        self.project = nn.ModuleList(conv_norm(channels, each) for channels in inputs)
        self.classify = nn.Conv2d(len(inputs) * each, 1, 1)

    def forward(self, stages: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Three stages, the first at stride 4 -> (N, 1, H / 4, W / 4) logits."""
        seen = [project(stage) for project, stage in zip(self.project, stages, strict=True)]
        edges: Tensor = self.classify(torch.cat([resized(x, seen[0]) for x in seen], dim=1))
        return edges


class GraphReasoning(nn.Module):
    """One layer of graph convolution whose graph is learned (section III-C, equation 4).

    ReLU((I - A) X W) + X: the adjacency A and the weights W are linear layers; the sum at the end
    keeps the vertices' own features.

    Args:
        vertices: how many.
        channels: of each vertex, in and out.
    """

    def __init__(self, vertices: int, channels: int) -> None:
        super().__init__()
        self.adjacency = nn.Linear(vertices, vertices, bias=False)
        self.weights = nn.Linear(channels, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, V, C) -> (N, V, C)."""
        apart = x - self.adjacency(x.transpose(1, 2)).transpose(1, 2)
        return torch.relu(self.weights(apart)) + x


class AGRNet(nn.Module):
    """Adaptive graph representation; every module of Table I(a) is a switch.

    Backbone dilated to stride 8 and pyramid pooling; the fused map X0 of conv2 and the pyramid
    (equation 1); the edge map E; the preliminary map Z0 and from it the vertices, features of
    pixels that are not on an edge (equations 2 and 3); reasoning over them (equation 4); back to
    pixels by how much a pixel's edge features and a vertex agree (equations 5 and 6); the classes
    from X0 and that, at stride 4 (equation 7).

    Args:
        classes: 11 for the paper's LaPa.
        backbone: a row of ``resnet.BACKBONES``; the paper's is ``resnet101``.
        width: factor on the backbone's channels.
        head: channels of the pyramid's maps.
        edge: channels of each of the edge module's three inputs; 0 leaves the module out.
        stride: output stride of the backbone; the paper's is 8.
        channels: C, of the fused map and of the vertices.
        top: K, pixels that are picked for each class: 1, 2, 4 or 8 in Table I(c).
        projection: how vertices come about.
        reasoning: whether they are reasoned over, or go back as they are.
    """

    def __init__(
        self,
        classes: int = 11,
        backbone: str = "resnet101",
        width: float = 1.0,
        head: int = 512,
        edge: int = 16,
        stride: OutputStride = 8,
        channels: int = 64,
        top: int = 4,
        projection: Projection = "adaptive",
        reasoning: bool = True,
    ) -> None:
        super().__init__()
        if top < 1 or projection not in ("none", "spatial", "adaptive"):
            raise ValueError(f"no projection {projection!r} with {top} vertices a class")
        self.top, self.projection, self.reasoning = top, projection, reasoning
        self.normalise = Normalise()
        self.backbone = ResNet(backbone, width, stride)
        one, two, three, last = self.backbone.channels
        self.pyramid = PyramidPooling(last, head)
        self.fuse = nn.Conv2d(one + head, channels, 1)
        self.classify = nn.Conv2d(channels, classes, 1)
        self.edges = EdgeModule((one, two, three), edge) if edge else None
        # The grid of bins that comes nearest to as many vertices.
        self.bins = max(1, round((top * classes) ** 0.5))
        if projection == "adaptive":
            self.preliminary = nn.Sequential(
                nn.Conv2d(channels, channels, 1),
                nn.ReLU(inplace=True),
                nn.Conv2d(channels, classes, 1),
            )
        if projection != "none" and reasoning:
            vertices = top * classes if projection == "adaptive" else self.bins**2
            self.reason = GraphReasoning(vertices, channels)

    def branches(self, x: Tensor) -> Reasoned:
        """What is said of (N, 3, H, W) RGB in [0, 1], and on the way to it."""
        low, *middle, high = self.backbone(self.normalise(x))
        fused = self.fuse(torch.cat([low, resized(self.pyramid(high), low)], dim=1))
        edges = None if self.edges is None else self.edges((low, *middle))
        there = None if edges is None else torch.sigmoid(edges)
        raw = self.preliminary(fused) if self.projection == "adaptive" else None
        vertices = self._vertices(fused, there, raw)
        if vertices is not None:
            on_edge = fused if there is None else fused * there
            reasoned = self.reason(vertices) if self.reasoning else vertices
            fused = fused + reproject(vertices, reasoned, on_edge)
        raw, edges = (None if maps is None else resized(maps, x) for maps in (raw, edges))
        return Reasoned(resized(self.classify(fused), x), raw, edges, vertices)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in [0, 1] -> (N, classes, H, W) logits."""
        return self.branches(x).labels

    def _vertices(self, fused: Tensor, there: Tensor | None, raw: Tensor | None) -> Tensor | None:
        """(N, V, C): equation 3, or the means over a grid of bins."""
        if self.projection == "none":
            return None
        off_edge = fused if there is None else fused * (1 - there)
        if raw is None:
            return adaptive_avg_pool2d(off_edge, self.bins).flatten(2).transpose(1, 2)
        return pick(off_edge, raw, self.top)


def pick(features: Tensor, raw: Tensor, top: int) -> Tensor:
    """The features of each class's surest pixels (equation 3).

    Args:
        features: (N, C, H, W), those of pixels off the edges.
        raw: (N, classes, H, W) logits of the preliminary map.
        top: pixels a class.

    Returns:
        (N, classes * top, C), class by class, the surest first.
    """
    places = raw.flatten(2).topk(top, dim=2).indices.flatten(1)
    wanted = places[:, None].expand(-1, features.shape[1], -1)
    return features.flatten(2).gather(2, wanted).transpose(1, 2)


def reproject(vertices: Tensor, reasoned: Tensor, features: Tensor) -> Tensor:
    """From vertices back to pixels (equations 5 and 6).

    Args:
        vertices: (N, V, C) before reasoning.
        reasoned: (N, V, C) after it.
        features: (N, C, H, W), those of pixels on edges.

    Returns:
        (N, C, H, W): each pixel's mean of the reasoned vertices, weighed by the softmax over the
        vertices of how they agree with the pixel.
    """
    # Products of many channels are too large for the digits of bfloat16.
    agree = torch.softmax((vertices @ features.flatten(2)).float(), dim=1).to(reasoned.dtype)
    return (reasoned.transpose(1, 2) @ agree).unflatten(2, features.shape[-2:])
