"""PSPNet and BSPNet are built as the papers have them."""

import pytest
import torch
from torch import nn

from lapa_annotator.nets.bspnet import BSPNet
from lapa_annotator.nets.pspnet import PSPNet, PyramidPooling
from lapa_annotator.nets.registry import build_network

SMALL = {"backbone": "resnet18", "width": 0.125, "head": 8, "edge": 4}


@pytest.fixture(scope="module")
def paper():
    """The network of section 5.1 at its full size, without its numbers."""
    with torch.device("meta"):
        return BSPNet()


def _count(net):
    return sum(p.numel() for p in net.parameters())


def test_the_papers_network_has_the_size_of_its_parts(paper):
    # Backbone 42.50 M; each pyramid level 2048 -> 512; the 3x3 join of 4096 -> 512 maps.
    pyramid = 4 * (2048 * 512 + 512) + 4096 * 512 * 9 + 2 * 512
    boundary = (256 + 512 + 1024) * 256 + 3 * 512 + 768 * 256 * 9 + 512
    fusion = 768 * 256 + 512 + 256 * 256 * 9 + 512
    classifiers = 513 * 11 + 257 + 257 * 11
    assert _count(paper) == 42_500_160 + pyramid + boundary + fusion + classifiers


def test_the_boundary_branch_reads_conv2_3_conv3_4_and_conv4_23(paper):
    depths = [len(getattr(paper.backbone, f"layer{k}")) for k in (1, 2, 3)]
    assert depths == [3, 4, 23]
    read = [project[0].in_channels for project in paper.boundary.project]
    assert read == [256, 512, 1024]
    seen = []
    hooks = [
        getattr(paper.backbone, layer)[-1].register_forward_hook(lambda *a: seen.append(a[2].shape))
        for layer in ("layer1", "layer2", "layer3")
    ]
    read = []
    hooks += [
        project.register_forward_pre_hook(lambda _, x: read.append(x[0].shape))
        for project in paper.boundary.project
    ]
    paper(torch.zeros(2, 3, 473, 473, device="meta"))
    for hook in hooks:
        hook.remove()
    assert read == seen


def test_the_last_block_is_dilated_to_stride_16(paper):
    stages = paper.backbone(torch.zeros(2, 3, 473, 473, device="meta"))
    assert [s.shape[-1] for s in stages] == [119, 60, 30, 30]
    assert paper.backbone.layer4[-1].conv2.dilation == (2, 2)
    assert paper.backbone.layer3[-1].conv2.dilation == (1, 1)


def test_the_pyramid_pools_into_1_2_3_and_6_bins_a_side(paper):
    bins = [pool[0].output_size for pool in paper.pyramid.pools]
    assert bins == [1, 2, 3, 6]


def test_the_fusion_reads_the_last_features_of_both_branches(paper):
    assert paper.fuse[0][0].in_channels == 512 + 256
    assert paper.classify.in_channels == 512
    assert paper.classify_boundary.in_channels == 256


@pytest.mark.parametrize("model", ["A", "B", "C"])
def test_model_a_has_the_semantic_branch_alone(model):
    net = BSPNet(3, **SMALL, model=model).eval()
    said = net.branches(torch.rand(2, 3, 64, 64))
    assert said.semantic.shape == (2, 3, 64, 64)
    if model == "A":
        assert said.boundary is None
        assert said.fused is None
    else:
        assert said.boundary.shape == (2, 1, 64, 64)
        assert said.fused.shape == (2, 3, 64, 64)


def test_models_b_and_c_are_one_network():
    b, c = (BSPNet(3, **SMALL, model=m) for m in "BC")
    b.load_state_dict(c.state_dict())
    assert _count(b) > _count(BSPNet(3, **SMALL, model="A"))


@pytest.mark.parametrize("model", ["A", "C"])
def test_the_networks_answer_is_that_of_its_last_branch(model):
    net = BSPNet(3, **SMALL, model=model).eval()
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        said, branches = net(picture), net.branches(picture)
    torch.testing.assert_close(said, branches.semantic if model == "A" else branches.fused)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (57, 95)])
def test_answers_have_the_size_of_the_picture(height, width):
    picture = torch.rand(1, 3, height, width)
    for net in (PSPNet(2, "resnet18", 0.125, 8), BSPNet(11, **SMALL)):
        assert net.eval()(picture).shape[-2:] == (height, width)


@pytest.mark.parametrize(("name", "more"), [("pspnet", {}), ("bspnet", {"edge": 8})])
def test_a_network_learns_a_picture_by_heart(name, more):
    torch.manual_seed(0)
    settings = {"classes": 2, "backbone": "resnet18", "width": 0.125, "head": 8} | more
    net = build_network(name, **settings)
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
    right = (net.eval()(picture).argmax(dim=1) == truth).float().mean()
    assert right > 0.93


def test_a_pyramid_sees_the_whole_picture_everywhere():
    torch.manual_seed(0)
    pyramid = PyramidPooling(16, 16).eval()
    maps = torch.rand(1, 16, 12, 12, requires_grad=True)
    pyramid(maps)[0, :, 0, 0].sum().backward()
    assert (maps.grad[0, :, -1, -1] != 0).any()
