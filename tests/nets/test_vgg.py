"""The truncated VGG-16 and the Student Network are built as paper 001 has them."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lapa_annotator.domain.errors import InputError
from lapa_annotator.nets.registry import NETWORKS
from lapa_annotator.nets.student import Student
from lapa_annotator.nets.vgg import VGG16, VGGFCN


def _count(net):
    return sum(p.numel() for p in net.parameters())


def _sizes(net, side=256):
    """Name of every convolution and pool -> channels out, kernel, stride, dilation, side."""
    found, hooks = {}, []
    for name, part in net.named_modules():
        if isinstance(part, nn.Conv2d | nn.MaxPool2d):

            def note(part, _, out, name=name):
                k, s, d = part.kernel_size, part.stride, part.dilation
                k, s, d = (v[0] if isinstance(v, tuple) else v for v in (k, s, d))
                found.setdefault(name, (out.shape[1], k, s, d, out.shape[-1]))

            hooks.append(part.register_forward_hook(note))
    net(torch.zeros(1, getattr(net, "inputs", 3), side, side, device="meta"))
    for hook in hooks:
        hook.remove()
    return found


def test_the_truncated_vgg_has_the_parameters_of_its_layers():
    net = NETWORKS["vgg-fcn"].still()
    ways = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)]
    ways += [(256, 512)] + 5 * [(512, 512)]
    stages = sum(9 * a * b + b for a, b in ways)
    assert stages == 14_714_688
    head = 9 * 512 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 * 11 + 11
    assert _count(net) == stages + head + 9 * 64


def test_the_last_two_pools_keep_the_resolution_and_conv5_sees_enlarged_maps():
    sizes = _sizes(NETWORKS["vgg-fcn"].still())
    side = {name.rsplit(".", 1)[-1]: told[4] for name, told in sizes.items()}
    assert (side["conv3_3"], side["conv4_3"], side["conv5_1"], side["fc6"]) == (64, 32, 64, 64)
    plain = _sizes(NETWORKS["vgg-fcn"].still(upsample=1, dilation=12))
    assert plain["backbone.stage5.conv5_3"][4] == 32
    assert plain["fc6"] == (1024, 3, 1, 12, 32)
    assert plain["fc7"] == (1024, 1, 1, 1, 32)


def test_the_heat_map_changes_nothing_before_it_is_learned():
    torch.manual_seed(0)
    net = VGGFCN(3, 0.0625).eval()
    picture = torch.rand(1, 4, 32, 32)
    other = picture.clone()
    other[:, 3] = 0
    with torch.no_grad():
        torch.testing.assert_close(net(picture), net(other))
        net.backbone.stage1.conv1_1.heatmap.weight += 0.1
        assert not torch.allclose(net(picture), net(other))


def test_the_heat_maps_weights_learn_a_hundred_times_faster():
    assert VGGFCN(3, 0.0625).factors == {"backbone.stage1.conv1_1.heatmap.weight": 100.0}
    assert Student(3, 0.0625).factors == {"conv1_1.heatmap.weight": 100.0}
    assert VGGFCN(3, 0.0625, heatmap=False).factors == {}


def test_imagenets_weights_fill_the_convolutions_in_order(tmp_path):
    torch.manual_seed(1)
    other = VGG16(0.0625, False, False, 1)
    # torchvision's numbers: a convolution, a rectifier, and a pool after each stage.
    places, state = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28], {}
    convs = [m for m in other.modules() if isinstance(m, nn.Conv2d)]
    for place, conv in zip(places, convs, strict=True):
        state[f"features.{place}.weight"] = conv.weight.detach().contiguous()
        state[f"features.{place}.bias"] = conv.bias.detach().contiguous()
    state["classifier.0.weight"] = torch.zeros(2, 2)
    save_file(state, tmp_path / "vgg.safetensors")
    mine = VGG16(0.0625, True, True, 2)
    mine.load_imagenet(tmp_path / "vgg.safetensors")
    assert torch.equal(mine.stage5.conv5_3.weight, other.stage5.conv5_3.weight)
    assert torch.equal(mine.stage1.conv1_1.picture.bias, other.stage1.conv1_1.picture.bias)
    with pytest.raises(InputError, match="another network"):
        VGG16(0.125, False, False, 1).load_imagenet(tmp_path / "vgg.safetensors")


TABLE_IX = [
    ("conv1_1.picture", (64, 3, 1, 1)),
    ("conv1_2", (64, 3, 1, 1)),
    ("pool1", (64, 3, 2, 1)),
    ("conv2.0", (64, 3, 1, 1)),
    ("pool2", (64, 3, 2, 1)),
    ("conv3.0", (96, 3, 1, 1)),
    ("pool3", (96, 3, 2, 1)),
    ("conv4.0", (192, 3, 1, 1)),
    ("pool4", (192, 3, 1, 1)),
    ("conv5.0", (256, 3, 1, 2)),
    ("pool5", (256, 3, 1, 1)),
    ("conv6.0", (480, 3, 1, 3)),
    ("pool6", (480, 3, 1, 1)),
    ("conv7.0", (480, 3, 1, 1)),
    ("pool7", (480, 3, 1, 1)),
    ("conv8", (720, 1, 1, 1)),
    ("output", (11, 1, 1, 1)),
]


def test_the_student_is_table_ix_layer_by_layer():
    sizes = _sizes(NETWORKS["student"].still(pool2=2, heatmap=False))
    assert [(name, told[:4]) for name, told in sizes.items()] == TABLE_IX
    assert sizes["output"][4] == 32


def test_as_the_text_has_it_only_pool1_and_pool3_have_strides():
    sizes = _sizes(NETWORKS["student"].still())
    assert [told[2] for name, told in sizes.items() if name.startswith("pool")] == [2, 1, 2] + 4 * [
        1
    ]
    assert sizes["output"][4] == 64


def test_batch_norm_and_prelu_follow_conv2_to_conv7_and_dropout_conv8():
    net = Student(width=0.125)
    for k in range(2, 8):
        kinds = [type(part) for part in getattr(net, f"conv{k}")]
        assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.PReLU]
    assert isinstance(net.drop, nn.Dropout2d)


@pytest.mark.parametrize("norm", [False, True])
def test_a_student_begins_with_its_teachers_first_layers(norm):
    torch.manual_seed(0)
    teacher, student = VGGFCN(3, 0.125, norm=norm).eval(), Student(3, 0.125).eval()
    stage = teacher.backbone.stage1
    with torch.no_grad():
        stage.conv1_1.heatmap.weight.normal_()
        if norm:
            for k in (1, 2):
                part = getattr(stage, f"norm1_{k}")
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 2)
                part.weight.uniform_(0.5, 2)
                part.bias.normal_()
    assert student.take_first_layers(teacher.backbone)
    picture = torch.rand(1, 4, 16, 16)
    with torch.no_grad():
        mine = torch.relu(student.conv1_2(torch.relu(student.conv1_1(picture))))
        torch.testing.assert_close(mine, stage(picture), atol=1e-5, rtol=1e-4)


def test_a_teacher_of_another_width_gives_nothing():
    student = Student(3, 0.125)
    before = student.conv1_2.weight.clone()
    assert not student.take_first_layers(VGGFCN(3, 0.0625).backbone)
    assert torch.equal(student.conv1_2.weight, before)
