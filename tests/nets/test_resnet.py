"""Backbones have torchvision's names and shapes, the right strides, and read local weights."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lapa_annotator.domain.errors import InputError
from lapa_annotator.nets.resnet import BACKBONES, Normalise, ResNet, load_backbone

# Parameters of torchvision's networks without their classifier (fc).
PARAMETERS = {"resnet18": 11_176_512, "resnet50": 23_508_032, "resnet101": 42_500_160}
ENTRIES = {"resnet18": 120, "resnet50": 318, "resnet101": 624}


def _meta(name, **settings):
    with torch.device("meta"):
        return ResNet(name, **settings)


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_the_backbone_is_torchvisions(name):
    net = _meta(name)
    assert sum(p.numel() for p in net.parameters()) == PARAMETERS[name]
    names = set(net.state_dict())
    assert len(names) == ENTRIES[name]
    last = {"resnet18": 1, "resnet50": 2, "resnet101": 2}[name]
    assert {"conv1.weight", "bn1.running_var", "layer2.0.downsample.0.weight"} <= names
    assert {"layer4.0.downsample.1.bias", f"layer4.{last}.bn2.num_batches_tracked"} <= names
    assert ("layer1.0.downsample.0.weight" in names) == (name != "resnet18")


@pytest.mark.parametrize("name", sorted(BACKBONES))
@pytest.mark.parametrize("stride", [8, 16, 32])
def test_the_stages_have_the_strides_that_were_asked_for(name, stride):
    net = _meta(name, stride=stride)
    stages = net(torch.zeros(1, 3, 128, 128, device="meta"))
    assert [128 // s.shape[-1] for s in stages] == [4, 8, min(16, stride), stride]
    assert tuple(s.shape[1] for s in stages) == net.channels


def test_dilation_changes_no_weight_and_keeps_what_each_unit_sees():
    torch.manual_seed(0)
    strided, dilated = ResNet(width=0.25, stride=32).eval(), ResNet(width=0.25, stride=16).eval()
    dilated.load_state_dict(strided.state_dict())
    picture = torch.rand(1, 3, 128, 128)
    with torch.no_grad():
        coarse, fine = strided(picture)[-1], dilated(picture)[-1]
    assert fine.shape[-1] == 2 * coarse.shape[-1]
    # A dilated stage computes the strided one's units, and those between them.
    torch.testing.assert_close(fine[..., ::2, ::2], coarse)


def test_a_narrow_backbone_has_narrow_stages():
    assert ResNet("resnet18", width=0.125).channels == (8, 16, 32, 64)


def test_another_stride_is_refused():
    with pytest.raises(ValueError, match="8, 16 or 32"):
        ResNet(stride=4)  # type: ignore[arg-type]


def test_an_unknown_backbone_is_named_with_those_that_exist():
    with pytest.raises(InputError, match="resnet101"):
        ResNet("vgg")


def test_normalising_brings_imagenets_mean_to_zero():
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    spread = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    said = Normalise()(torch.cat([mean, mean + spread]))
    torch.testing.assert_close(said[0], torch.zeros(3, 1, 1))
    torch.testing.assert_close(said[1], torch.ones(3, 1, 1))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_of_a_local_file_fill_the_backbone(tmp_path, suffix):
    donor, net = ResNet(width=0.125), ResNet(width=0.125)
    state = donor.state_dict() | {"fc.weight": torch.zeros(10, 64), "fc.bias": torch.zeros(10)}
    path = tmp_path / f"weights{suffix}"
    (save_file if suffix == ".safetensors" else torch.save)(state, path)
    load_backbone(net, path)
    for name, tensor in donor.state_dict().items():
        assert torch.equal(net.state_dict()[name], tensor), name


def test_weights_of_another_backbone_are_told(tmp_path):
    save_file(ResNet(width=0.25).state_dict(), tmp_path / "wide.safetensors")
    with pytest.raises(InputError, match="another backbone"):
        load_backbone(ResNet(width=0.125), tmp_path / "wide.safetensors")


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_a_damaged_file_of_weights_is_told(tmp_path, name):
    (tmp_path / name).write_bytes(b"no weights at all")
    with pytest.raises(InputError, match="cannot be read as weights"):
        load_backbone(ResNet(width=0.125), tmp_path / name)


def test_a_missing_file_of_weights_is_told(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_backbone(ResNet(width=0.125), tmp_path / "none.pth")


def test_a_whole_module_is_never_unpickled(tmp_path):
    torch.save(nn.Conv2d(1, 1, 1), tmp_path / "module.pth")
    with pytest.raises(InputError, match="cannot be read as weights"):
        load_backbone(ResNet(width=0.125), tmp_path / "module.pth")


def test_a_file_that_is_no_state_dict_is_told(tmp_path):
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(InputError, match="no state dict"):
        load_backbone(ResNet(width=0.125), tmp_path / "list.pth")
