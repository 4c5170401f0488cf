"""AGRNet is built as paper 004 has it, and its equations give what was worked out by hand."""

import math

import pytest
import torch
from torch import nn

from lapa_annotator.nets.agrnet import AGRNet, GraphReasoning, pick, reproject
from lapa_annotator.nets.flops import cost_of

SMALL = {"backbone": "resnet18", "width": 0.125, "head": 8, "channels": 8}


@pytest.fixture(scope="module")
def paper():
    """The network of section V-B at its full size, without its numbers."""
    with torch.device("meta"):
        return AGRNet()


def _count(module):
    return sum(p.numel() for p in module.parameters())


def test_resnet_101_is_dilated_in_its_last_two_blocks_to_stride_8(paper):
    stages = paper.backbone(torch.zeros(2, 3, 473, 473, device="meta"))
    assert [s.shape[-1] for s in stages] == [119, 60, 60, 60]
    assert len(paper.backbone.layer3) == 23
    assert paper.backbone.layer3[-1].conv2.dilation == (2, 2)
    assert paper.backbone.layer4[-1].conv2.dilation == (4, 4)


def test_conv2_and_the_pyramid_are_fused_at_a_quarter_of_the_picture(paper):
    assert paper.fuse.kernel_size == (1, 1)
    assert paper.fuse.in_channels == 256 + 512
    seen = []
    hook = paper.fuse.register_forward_hook(lambda *a: seen.append(a[2].shape))
    paper(torch.zeros(2, 3, 473, 473, device="meta"))
    hook.remove()
    assert seen == [(2, 64, 119, 119)]


def test_the_edge_module_reads_conv2_conv3_and_conv4(paper):
    assert [p[0].in_channels for p in paper.edges.project] == [256, 512, 1024]
    assert paper.edges.classify.kernel_size == (1, 1)


def test_there_are_four_vertices_for_each_class(paper):
    assert paper.reason.adjacency.weight.shape == (44, 44)
    said = AGRNet(11, **SMALL).eval().branches(torch.rand(1, 3, 64, 64))
    assert said.vertices.shape == (1, 44, 8)


def test_the_papers_network_has_the_size_of_its_parts(paper):
    pyramid = 4 * (2048 * 512 + 512) + 4096 * 512 * 9 + 2 * 512
    fuse, classify = 768 * 64 + 64, 64 * 11 + 11
    edge = (256 + 512 + 1024) * 16 + 3 * 2 * 16 + 48 + 1
    projection = 64 * 64 + 64 + 64 * 11 + 11
    reasoning = 44 * 44 + 64 * 64
    added = pyramid + fuse + classify + edge + projection + reasoning
    assert _count(paper) == 42_500_160 + added


def test_the_modules_are_as_small_as_table_id_prints_them(paper):
    # In millions: edge perceiving 0.03, graph projection 0.02 at most, graph reasoning < 0.01.
    assert round(_count(paper.edges) / 1e6, 2) == 0.03
    assert _count(paper.preliminary) / 1e6 < 0.02
    assert _count(paper.reason) / 1e6 < 0.01
    # 256 channels, as in the authors' programs, would not be: 0.07.
    assert _count(GraphReasoning(44, 256)) / 1e6 > 0.06


def test_a_backbone_of_14_million_at_an_eighth_cannot_cost_6_65_billions():
    # Every weight of a convolution at stride 8 or finer is used 60² times at least at 473².
    least = 14.10e6 * 60**2 / 1e9
    assert least > 50
    with torch.device("meta"):
        backbone = AGRNet(projection="none", edge=0)
    cost = cost_of(backbone, 473)
    assert cost.flops / 1e9 > 2 * least


def _switched(**more):
    return AGRNet(3, **SMALL, **more).eval()


def test_every_module_can_be_left_out():
    picture = torch.rand(2, 3, 64, 64)
    plain = _switched(projection="none", edge=0).branches(picture)
    assert (plain.raw, plain.edges, plain.vertices) == (None, None, None)
    spatial = _switched(projection="spatial", edge=0).branches(picture)
    assert spatial.raw is None
    assert spatial.vertices.shape == (2, 9, 8)  # 3² bins are the nearest to 4 · 3
    adaptive = _switched(edge=0, reasoning=False)
    assert not hasattr(adaptive, "reason")
    assert adaptive.branches(picture).vertices.shape == (2, 12, 8)


@pytest.mark.parametrize("top", [1, 2, 4, 8])
def test_k_is_an_argument(top):
    said = _switched(top=top).branches(torch.rand(1, 3, 64, 64))
    assert said.vertices.shape[1] == 3 * top


@pytest.mark.parametrize("change", [{"top": 0}, {"projection": "other"}])
def test_what_is_no_projection_is_refused(change):
    with pytest.raises(ValueError, match="projection"):
        AGRNet(3, **SMALL, **change)


def test_equation_3_picks_the_surest_pixels_of_each_class():
    # One row of four pixels, two classes, two features.
    raw = torch.tensor([[[[0.1, 0.9, 0.4, 0.2]], [[0.8, 0.1, 0.2, 0.7]]]])
    features = torch.tensor([[[[1.0, 2.0, 3.0, 4.0]], [[10.0, 20.0, 30.0, 40.0]]]])
    expected = torch.tensor([[[2.0, 20.0], [3.0, 30.0], [1.0, 10.0], [4.0, 40.0]]])
    torch.testing.assert_close(pick(features, raw, 2), expected)


def test_what_is_picked_is_masked_by_the_edges():
    net = _switched().eval()
    nn.init.zeros_(net.edges.classify.weight)
    nn.init.constant_(net.edges.classify.bias, 100.0)  # an edge everywhere
    said = net.branches(torch.rand(1, 3, 64, 64))
    torch.testing.assert_close(said.vertices, torch.zeros_like(said.vertices))


def test_gradients_reach_the_picked_pixels_alone():
    raw = torch.tensor([[[[0.1, 0.9, 0.4]]]])
    features = torch.rand(1, 2, 1, 3, requires_grad=True)
    pick(features, raw, 2).sum().backward()
    assert features.grad[0, 0, 0].tolist() == [0, 1, 1]


def test_equation_4_with_its_residual():
    reason = GraphReasoning(2, 1)
    with torch.no_grad():
        reason.adjacency.weight.copy_(torch.tensor([[0.5, 0.25], [1.0, 0.0]]))
        reason.weights.weight.fill_(2.0)
    # (I - A) x for x = (4, 2): 0.5 · 4 - 0.25 · 2 = 1.5; -4 + 2 = -2. Twice that, ReLU, and + x.
    said = reason(torch.tensor([[[4.0], [2.0]]]))
    torch.testing.assert_close(said.flatten(), torch.tensor([3.0 + 4, 0.0 + 2]))


def test_equations_5_and_6_mix_vertices_by_how_they_agree():
    # Vertices 0 and log 3 and a pixel of feature 1: shares 1/4 and 3/4.
    vertices = torch.tensor([[[0.0], [math.log(3)]]])
    reasoned = torch.tensor([[[8.0], [4.0]]])
    features = torch.tensor([[[[1.0, 0.0]]]])
    said = reproject(vertices, reasoned, features)
    torch.testing.assert_close(said, torch.tensor([[[[0.25 * 8 + 0.75 * 4, 6.0]]]]))


def test_a_vertex_far_away_moves_every_pixel():
    torch.manual_seed(0)
    maps = torch.rand(1, 8, 12, 12, requires_grad=True)
    vertices = pick(maps, torch.rand(1, 3, 12, 12), 4)
    said = reproject(vertices, GraphReasoning(12, 8)(vertices), maps)
    said[0, :, 0, 0].sum().backward()
    assert (maps.grad[0].abs().sum(dim=0) > 0).sum() >= 12


def test_it_learns_a_picture_by_heart():
    torch.manual_seed(0)
    net = AGRNet(2, **SMALL)
    truth = torch.zeros(2, 64, 64, dtype=torch.long)
    truth[0, 16:48, 8:40] = 1
    truth[1, 32:, :] = 1
    picture = torch.stack([truth * 0.8, truth * 0.1, 1 - truth * 0.5], dim=1).float()
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3)
    for _ in range(40):
        loss = nn.functional.cross_entropy(net(picture), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (net.eval()(picture).argmax(dim=1) == truth).float().mean() > 0.93
