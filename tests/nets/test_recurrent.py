"""CNN-S, the recurrence and the second stage are built as paper 003 has them."""

import pytest
import torch
from torch import nn

from lapa_annotator.nets.components import BOXES, FIVE, SIZES, Component, TwoStages, box_grids
from lapa_annotator.nets.recurrent import Recurrent
from lapa_annotator.runtime.convert import export_ir
from lapa_annotator.runtime.sessions import Session

VARIANTS = ["cnn-s", "cnn-deep", "rnn", "rnn-g"]


def _kernels(module, kind):
    return [
        (layer.in_channels, layer.out_channels, layer.kernel_size[0])
        for layer in module.modules()
        if type(layer) is kind
    ]


def _count(module):
    return sum(p.numel() for p in module.parameters())


def test_cnn_s_is_three_convolutions_two_poolings_and_a_deconvolution():
    net = Recurrent()
    assert _kernels(net.shallow, nn.Conv2d) == [(3, 16, 5), (16, 32, 3), (32, 32, 3)]
    assert len([m for m in net.shallow if isinstance(m, nn.MaxPool2d)]) == 2
    assert (net.deconv6.in_channels, net.deconv6.out_channels) == (32, 16)


def test_no_layer_has_more_than_32_channels():
    for module in (Recurrent(11), Recurrent(3, large=True), Recurrent(3, "cnn-deep")):
        convolutions = [m for m in module.modules() if isinstance(m, nn.Conv2d)]
        assert max(m.out_channels for m in convolutions) <= 32


def test_its_numbers_add_up_layer_by_layer():
    shallow = (3 * 25 + 1) * 16 + (16 * 9 + 1) * 32 + (32 * 9 + 1) * 32
    deconv6, heads = 32 * 16 * 16 + 16, 2 * (8 + 1) * 3 + 9
    recurrence = 4 * (8 * 8 + 8)
    assert _count(Recurrent()) == shallow + deconv6 + heads + recurrence == 23_663


def test_the_network_for_512_has_two_more_units_and_one_more_deconvolution():
    small, large = Recurrent(), Recurrent(large=True)
    units, deconv = 2 * (16 * 9 + 1) * 16, 32 * 16 * 32 + 32
    assert _count(large) - _count(small) == units + deconv
    picture = torch.zeros(1, 3, 512, 512)
    with torch.no_grad():
        maps = large.deconv6(large.shallow(picture))
    assert maps.shape[-2:] == (128, 128)


def test_label_and_gate_maps_are_eight_each_at_half_the_size():
    net = Recurrent()
    with torch.no_grad():
        assert net.deconv6(net.shallow(torch.zeros(1, 3, 128, 128))).shape == (1, 16, 64, 64)


def test_deconv6_has_16_channels_of_labels_where_nothing_recurs():
    assert Recurrent(3, "cnn-s").deconv6.out_channels == 16
    assert Recurrent(3, "cnn-deep").deconv6.out_channels == 16
    assert Recurrent(3, "rnn").deconv6.out_channels == 8
    assert _kernels(Recurrent(3, "cnn-deep").deep, nn.Conv2d) == [(16, 32, 3), (32, 32, 3)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_network_says_what_its_losses_ask(variant):
    said = Recurrent(3, variant).eval().branches(torch.rand(2, 3, 40, 36))
    assert said.labels.shape == (2, 3, 40, 36)
    assert (said.coarse is not None) == (variant in ("rnn", "rnn-g"))
    assert (said.interior is not None) == (variant == "rnn-g")


def test_gates_that_are_shut_leave_the_shallow_maps_alone():
    net = Recurrent().eval()
    with torch.no_grad():
        net.deconv6.weight[:, 8:] = 0
        net.deconv6.bias[8:] = -100
        net.classify_propagated.load_state_dict(net.classify.state_dict())
        said = net.branches(torch.rand(1, 3, 32, 32))
    torch.testing.assert_close(said.labels, said.coarse)


@pytest.mark.parametrize("variant", VARIANTS)
def test_only_recurrence_carries_news_across_the_picture(variant):
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 96, 96, requires_grad=True)
    Recurrent(3, variant)(picture)[..., 48, 4].sum().backward()
    reached = (picture.grad[0, :, 48, 90] != 0).any()
    assert bool(reached) == (variant in ("rnn", "rnn-g"))


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_a_component_has_five_convolutions_two_poolings_and_two_deconvolutions(classes):
    net = Component(classes)
    kinds = [type(m) for m in net.modules()]
    assert kinds.count(nn.Conv2d) == 5
    assert kinds.count(nn.MaxPool2d) == 2
    assert kinds.count(nn.ConvTranspose2d) == 2
    convolutions = (3 * 25 + 1) * 16 + (16 * 9 + 1) * 32 + 2 * (32 * 9 + 1) * 32
    deconvolutions = 32 * 16 * 16 + 16 + 16 * 16 * 16 + 16
    assert _count(net) == convolutions + deconvolutions + 17 * classes


@pytest.mark.parametrize("name", SIZES)
def test_components_are_parsed_at_the_papers_sizes(name):
    net = TwoStages().parts[name].eval()
    height, width = SIZES[name]
    assert (height, width) == ((32, 64) if name == "mouth" else (64, 64))
    assert net(torch.zeros(1, 3, height, width)).shape[-2:] == (height, width)


def test_both_eyes_share_a_network_and_the_right_one_is_mirrored():
    left, right, *_ = BOXES
    assert left.network == right.network
    assert right.mirrored
    assert not left.mirrored
    # A face that is its own mirror image: both boxes see the same.
    picture = torch.rand(1, 3, 64, 64)
    picture = picture + picture.flip(-1)
    points = torch.tensor([[[20.0, 25], [43, 25], [31.5, 33], [24, 41], [39, 41]]])
    said = TwoStages().eval().branches(picture, points)
    torch.testing.assert_close(said.left_eye, said.right_eye, atol=1e-5, rtol=1e-5)


def _centre(grid):
    """A box's centre in pixels of a picture of 64."""
    return ((grid.mean(dim=(1, 2)) + 1) * 64 - 1) / 2


def test_boxes_lie_where_the_points_say():
    # Eyes 20 apart, the mouth 20 below them: the unit is 20.
    points = torch.tensor([[[20.0, 20], [40, 20], [30, 32], [22, 40], [38, 40]]])
    left, right, nose, mouth = box_grids(torch.zeros(1, 3, 64, 64), points)
    for grid, centre in (
        (left, (20 - 1.0, 20 - 3.4)),
        (right, (40 + 1.0, 20 - 3.4)),
        (nose, (30.0, 32 - 4.4)),
        (mouth, (30.0, 40 + 2.6)),
    ):
        torch.testing.assert_close(_centre(grid)[0], torch.tensor(centre), atol=1e-4, rtol=0)
    # From the first pixel's centre to the last's: 63 of 64 pixels of a side of 20.
    widths = (left[0, 0, -1] - left[0, 0, 0]) * 32
    torch.testing.assert_close(widths, torch.tensor([20 * 63 / 64, 0.0]), atol=1e-4, rtol=0)
    heights = (mouth[0, -1, 0] - mouth[0, 0, 0]) * 32
    torch.testing.assert_close(heights, torch.tensor([0.0, 14 * 31 / 32]), atol=1e-4, rtol=0)


def test_boxes_turn_with_the_face():
    points = torch.tensor([[[20.0, 20], [40, 20], [30, 32], [22, 40], [38, 40]]])
    turned = torch.stack([63 - points[..., 1], points[..., 0]], dim=-1)
    picture = torch.rand(1, 3, 64, 64)
    net = TwoStages().eval()
    upright = net.branches(picture, points)
    side = net.branches(picture.rot90(-1, (-2, -1)), turned)
    torch.testing.assert_close(side.nose, upright.nose, atol=1e-4, rtol=1e-4)


def test_a_face_in_profile_keeps_boxes_of_its_size():
    frontal = torch.tensor([[[20.0, 20], [40, 20], [30, 32], [22, 40], [38, 40]]])
    profile = torch.tensor([[[28.0, 20], [32, 20], [24, 32], [28, 40], [32, 40]]])
    x = torch.zeros(1, 3, 64, 64)
    sizes = [(g[0, -1, -1] - g[0, 0, 0]) for g in (box_grids(x, p)[2] for p in (frontal, profile))]
    torch.testing.assert_close(*sizes)


class _Says(nn.Module):
    """A component's network that is sure of one class everywhere."""

    def __init__(self, classes, sure):
        super().__init__()
        self.logits = torch.full((classes,), -20.0)
        self.logits[sure] = 20.0

    def forward(self, x):
        return self.logits[None, :, None, None].expand(len(x), -1, *x.shape[-2:])


def test_components_lie_over_the_coarse_regions():
    net = TwoStages().eval()
    for name, part in (("eye", _Says(3, 0)), ("nose", _Says(2, 1)), ("mouth", _Says(4, 0))):
        net.parts[name] = part
    points = torch.tensor([[[20.0, 20], [40, 20], [30, 32], [22, 40], [38, 40]]])
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        said = net(picture, points).exp()
        coarse = net.first(picture).softmax(dim=1)
    ids = said.argmax(dim=1)[0]
    # The nose's box is 24 wide around (30, 27.6).
    assert (ids[17:38, 19:41] == 6).all()
    outside = torch.ones(64, 64, dtype=torch.bool)
    outside[14:42, 16:44] = False
    assert not (ids[outside] == 6).any()
    torch.testing.assert_close(
        said[0, [0, 1, 10]][:, outside], coarse[0][:, outside], atol=1e-4, rtol=1e-3
    )
    torch.testing.assert_close(said.sum(dim=1), torch.ones(1, 64, 64), atol=1e-4, rtol=0)


def test_the_first_stage_sees_128_pixels_of_a_larger_picture():
    net, seen = TwoStages().eval(), []
    net.first.register_forward_pre_hook(lambda *a: seen.append(a))
    net.first.normalise.register_forward_pre_hook(lambda _, x: seen.append(x[0].shape[-2:]))
    net(torch.rand(1, 3, 256, 192))
    assert seen[-1] == (128, 96)


def test_two_stages_are_exported_for_pictures_larger_than_the_first_sees(tmp_path):
    torch.manual_seed(0)
    net, picture = TwoStages(variant="cnn-s").eval(), torch.rand(1, 3, 160, 160)
    path = export_ir(net, 160, tmp_path / "network.xml")
    said = torch.from_numpy(Session(path, "f32", (1, 3, 160, 160), threads=1)(picture.numpy())[0])
    assert (said.argmax(dim=1) == net(picture).argmax(dim=1)).float().mean() > 0.99


def test_two_stages_know_eleven_classes_alone():
    with pytest.raises(ValueError, match="11"):
        TwoStages(3)


def test_the_five_points_are_eyes_nose_and_mouth():
    assert FIVE == (74, 83, 54, 84, 90)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_network_learns_a_picture_by_heart(variant):
    torch.manual_seed(0)
    net = Recurrent(2, variant)
    truth = torch.zeros(2, 32, 32, dtype=torch.long)
    truth[0, 8:24, 4:20] = 1
    truth[1, 16:, :] = 1
    picture = torch.stack([truth * 0.8, truth * 0.1, 1 - truth * 0.5], dim=1).float()
    optimiser = torch.optim.AdamW(net.parameters(), 5e-3)
    for _ in range(40):
        loss = nn.functional.cross_entropy(net(picture), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    right = (net.eval()(picture).argmax(dim=1) == truth).float().mean()
    assert right > 0.93
