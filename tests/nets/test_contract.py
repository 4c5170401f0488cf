"""What every row of the registry keeps to: forward, backward, sizes, files, OpenVINO, numbers."""

import json
from pathlib import Path

import pytest
import torch

from lapa_annotator.nets.flops import cost_of_row
from lapa_annotator.nets.receptive import reaches, receptive_field
from lapa_annotator.nets.registry import NETWORKS
from lapa_annotator.nets.weights import load_weights, save_weights
from lapa_annotator.runtime.convert import export_ir
from lapa_annotator.runtime.sessions import Session
from tests.nets.rows import CASES, PARSERS, TINY, filled, first, golden, made, picture, settings

GOLDEN = Path(__file__).with_name("golden.json")
MAY_DIFFER = {"rednet": 0.1}
"""Share of an answer that may differ between runtimes, for networks that make hard choices."""
every = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}-{c[1]}")
parsers = pytest.mark.parametrize("case", PARSERS, ids=lambda c: f"{c[0]}-{c[1]}")


def test_every_row_is_tested():
    assert set(TINY) == set(NETWORKS)


@every
def test_every_weight_gets_a_gradient_and_every_picture_its_own_answer(case):
    module = filled(made(case)).train()
    for part in module.modules():  # dropout would hide weights by chance
        if isinstance(part, torch.nn.modules.dropout._DropoutNd):
            part.p = 0.0
    shown = picture(module, 64, 64, count=2)
    said = module.branches(shown) if hasattr(module, "branches") else module(shown)
    outputs = [x for x in (said if isinstance(said, tuple) else [said]) if x is not None]
    sum((x.float() ** 2).mean() for x in outputs).backward()
    without = [name for name, p in module.named_parameters() if p.grad is None]
    assert not without
    assert all(torch.isfinite(p.grad).all() for p in module.parameters())
    assert not torch.equal(outputs[0][0], outputs[0][1])


@parsers
@pytest.mark.parametrize(("height", "width"), [(64, 64), (57, 95), (96, 40)])
def test_a_parser_takes_any_size_and_answers_at_it(case, height, width):
    module = filled(made(case))
    with torch.no_grad():
        said = first(module(picture(module, height, width)))
    classes = settings(case).get("classes", said.shape[1])
    assert said.shape == (1, classes, height, width)
    assert torch.isfinite(said).all()


@every
def test_a_picture_is_answered_alike_alone_and_among_others(case):
    module = filled(made(case))
    shown = picture(module, 64, 64, count=3)
    with torch.no_grad():
        together, alone = first(module(shown)), first(module(shown[1:2]))
    scale = max(1.0, float(alone.abs().max()))
    torch.testing.assert_close(together[1:2], alone, atol=1e-4 * scale, rtol=1e-4)


@every
def test_weights_survive_their_file(case, tmp_path):
    module = filled(made(case))
    save_weights(tmp_path / "w.safetensors", module, case[0], settings(case))
    again, info = load_weights(tmp_path / "w.safetensors")
    assert (info.network, info.settings) == (case[0], settings(case))
    shown = picture(module, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(first(again(shown)), first(module(shown)))


@every
def test_openvino_says_what_torch_says(case, tmp_path):
    module = filled(made(case))
    path = export_ir(module, 64, tmp_path / "network.xml")
    shown = picture(module, 64, 64)
    with torch.no_grad():
        mine = first(module(shown))
    theirs = torch.from_numpy(Session(path, "f32", tuple(shown.shape), threads=1)(shown.numpy())[0])
    # Weights are rounded in the file, and weights that are waves make maxima almost equal: a
    # network that chooses among them may choose otherwise at a few places.
    allowed = 1e-2 * (float(mine.abs().max()) + mine.abs())
    apart = ((theirs - mine).abs() > allowed).float().mean()
    assert apart <= MAY_DIFFER.get(case[0], 0.0)


@every
def test_a_network_says_what_it_has_always_said(case):
    """Write the file anew with ``python -m tests.nets.test_contract`` after a meant change."""
    known = json.loads(GOLDEN.read_text())
    assert golden(case) == pytest.approx(known[f"{case[0]}-{case[1]}"], rel=2e-3, abs=2e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_a_row_costs_and_sees_can_be_counted(name):
    row = NETWORKS[name]
    cost = cost_of_row(row)
    assert cost.parameters > 1e4
    assert cost.flops > 1e7
    assert receptive_field(row.still()) > 16


@pytest.mark.parametrize("name", [n for n, row in NETWORKS.items() if row.reach])
def test_the_settings_that_reach_do_move_what_a_network_sees(name):
    fields = {reach.field for reach in reaches(NETWORKS[name], 256)}
    assert len(fields) > 1


if __name__ == "__main__":
    told = {f"{name}-{number}": golden((name, number)) for name, number in CASES}
    lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in told.items())
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n")
