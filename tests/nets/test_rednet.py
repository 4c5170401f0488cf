"""RED-Net is built as paper 002 has it; unpooling and the prior on cases computed by hand."""

import math
import warnings

import pytest
import torch
from torch import nn
from torch.nn.functional import max_pool2d, max_unpool2d

from lapa_annotator.nets.rednet import (
    REDNet,
    Residual,
    adapted,
    adaptive_scale,
    first_maxima,
    unpool,
)
from lapa_annotator.nets.registry import NETWORKS
from lapa_annotator.runtime.engine import load_openvino
from tests.nets.rows import filled

PRINTED = {"a": 107, "b": 107, "c": 90, "d": 90}
"""Table 2: model sizes in MB."""


def _mebibytes(net):
    return 4 * sum(p.numel() for p in net.parameters()) / 2**20


@pytest.mark.parametrize("variant", PRINTED)
def test_the_model_sizes_are_those_of_table_2(variant):
    net = NETWORKS["rednet"].still(variant=variant)
    assert _mebibytes(net) == pytest.approx(PRINTED[variant], rel=0.015)


def test_a_module_of_all_units_makes_the_difference_between_the_sizes():
    # Bottlenecks of C -> C/2 -> C/2 -> C with two numbers of batch norm a channel.
    each = [2 * c * c // 2 + 9 * (c // 2) ** 2 + 2 * (c // 2 + c // 2 + c) for c in CHANNELS]
    a, c, d = (
        sum(p.numel() for p in NETWORKS["rednet"].still(variant=v).parameters()) for v in "acd"
    )
    assert a - c == a - d == sum(each)


CHANNELS = (64, 128, 256, 512, 1024)


def test_the_encoder_has_five_units_with_a_pool_after_each():
    net, sizes = NETWORKS["rednet"].still(), {}
    for k in range(1, 6):
        for name in (f"unit{k}", f"decode{k}"):
            getattr(net, name).register_forward_hook(
                lambda _, __, out, name=name: sizes.update({name: tuple(out.shape[1:3])})
            )
    net(torch.zeros(1, 14, 224, 224, device="meta"))
    assert [sizes[f"unit{k}"] for k in range(1, 6)] == [
        (64, 224),
        (128, 112),
        (256, 56),
        (512, 28),
        (1024, 14),
    ]
    assert [sizes[f"decode{k}"] for k in range(5, 0, -1)] == [
        (512, 14),
        (256, 28),
        (128, 56),
        (64, 112),
        (32, 224),
    ]


def test_the_variants_have_the_modules_of_fig_6():
    kinds = {}
    for variant in "abcd":
        unit = REDNet(3, 0.0625, variant, prior=False).decode3
        kinds[variant] = [type(m) for m in (unit.densify, unit.detail, unit.reduce)]
    assert kinds == {
        "a": [nn.Sequential, Residual, Residual],
        "b": [Residual, Residual, Residual],
        "c": [nn.Sequential, nn.Identity, Residual],
        "d": [nn.Identity, Residual, Residual],
    }
    with pytest.raises(ValueError, match="variants"):
        REDNet(3, 0.0625, "e")


def test_unpooling_is_that_of_the_pools_indices():
    torch.manual_seed(0)
    # Rectified as in the network: windows of nothing but zeros are among them.
    x = torch.relu(torch.randn(2, 3, 8, 12) - 0.5)
    pooled, indices = max_pool2d(x, 2, return_indices=True)
    assert (pooled == 0).any()
    y = torch.randn_like(pooled)
    torch.testing.assert_close(unpool(y, first_maxima(x, pooled)), max_unpool2d(y, indices, 2))


def test_every_window_has_one_place():
    x = torch.ones(1, 2, 6, 6)
    places = first_maxima(x, max_pool2d(x, 2))
    assert places.sum() == 2 * 9
    assert places[0, 0, ::2, ::2].all()


def test_a_detail_module_that_has_learned_nothing_hands_on_what_it_gets():
    module = Residual(8, 8).eval()
    for part in module.bottleneck:
        if isinstance(part, nn.Conv2d):
            nn.init.zeros_(part.weight)
    x = torch.rand(1, 8, 5, 5)
    torch.testing.assert_close(module(x), x)


def test_equation_6_scales_the_entropy_from_none_to_all():
    sure, torn, half = [1.0, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]
    p = torch.tensor([sure, torn, half]).T[None, :, None]
    assert adaptive_scale(p)[0, 0, 0].tolist() == pytest.approx([0, 1, 0.5], abs=1e-4)


def test_equations_7_and_8_by_hand():
    # The network says 0.8 : 0.2, the prior 0 : 1.
    p = torch.tensor([0.8, 0.2])
    scale = -(0.8 * math.log(0.8) + 0.2 * math.log(0.2)) / math.log(2)
    expected = torch.tensor([0.8, 0.2 + scale]) / (1 + scale)
    said = adapted(torch.log(p)[None, :, None, None], torch.tensor([0.0, 1.0])[None, :, None, None])
    torch.testing.assert_close(said.exp().flatten(), expected, atol=1e-4, rtol=0)


def test_a_network_that_is_sure_is_not_moved_and_one_that_is_torn_believes_the_prior():
    sure, torn = torch.tensor([12.0, 0.0]), torch.tensor([0.1, 0.0])
    prior = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1)
    kept, moved = (adapted(x.view(1, 2, 1, 1), prior).flatten() for x in (sure, torn))
    assert kept.argmax() == 0
    assert kept.exp()[0] > 0.99
    assert moved.argmax() == 1


def test_without_any_prior_the_networks_own_answer_stays():
    logits = torch.randn(1, 3, 4, 4)
    final = adapted(logits, torch.zeros(1, 3, 4, 4))
    torch.testing.assert_close(final.exp(), logits.softmax(dim=1), atol=1e-4, rtol=1e-4)


def test_a_final_score_map_adds_up_to_one():
    logits, prior = torch.randn(1, 5, 4, 4), torch.rand(1, 5, 4, 4)
    torch.testing.assert_close(
        adapted(logits, prior).exp().sum(dim=1), torch.ones(1, 4, 4), atol=1e-4, rtol=0
    )


def test_openvino_finds_the_same_maxima():
    # With unrounded weights, so that nothing but the operations can differ.
    net = filled(REDNet(3, 0.0625, prior=False))
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    openvino = load_openvino()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the conversion traces, of which torch warns
        model = openvino.convert_model(net, example_input=picture)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    said = openvino.Core().compile_model(model, "CPU", exact)(picture.numpy())[0]
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(said), net(picture), atol=1e-3, rtol=1e-3)
