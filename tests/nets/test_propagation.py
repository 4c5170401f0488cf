"""Recurrent propagation against a walk pixel by pixel and cases worked out by hand (003, 3.2)."""

import pytest
import torch

from lapa_annotator.nets.propagation import DIRECTIONS, Propagation, scan

MOVES = {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}


def _pixel_by_pixel(x, gates, transition, bias, move):
    """Equation 3 as it is written: one pixel after the other."""
    hidden = torch.zeros_like(x)
    _, _, height, width = x.shape
    rows, columns = (range(n) if step >= 0 else range(n - 1, -1, -1)
                     for n, step in zip((height, width), move, strict=True))  # fmt: skip
    for row in rows:
        for column in columns:
            before = (row - move[0], column - move[1])
            inside = 0 <= before[0] < height and 0 <= before[1] < width
            last = hidden[:, :, before[0], before[1]] if inside else torch.zeros_like(x[:, :, 0, 0])
            came = last @ transition.T + bias
            hidden[:, :, row, column] = x[:, :, row, column] + gates[:, :, row, column] * came
    return hidden


def _random(height, width, channels=3, count=2):
    torch.manual_seed(height * 100 + width)
    module = Propagation(channels)
    with torch.no_grad():
        module.transition.normal_(0, 0.6)
        module.bias.normal_()
    x = torch.randn(count, channels, height, width)
    return module, x, torch.rand_like(x) * 2 - 1


@pytest.mark.parametrize(("height", "width"), [(5, 5), (4, 7), (6, 3), (1, 4), (1, 1), (9, 16)])
@pytest.mark.parametrize("recorded", [True, False])
def test_every_direction_is_what_a_walk_pixel_by_pixel_gives(height, width, recorded):
    module, x, gates = _random(height, width)
    with torch.set_grad_enabled(recorded):
        said = module.directions(x, gates)
    for k, name in enumerate(DIRECTIONS):
        walked = _pixel_by_pixel(x, gates, module.bounded()[k], module.bias[k], MOVES[name])
        torch.testing.assert_close(said[k], walked, msg=name)


def test_the_directions_are_joined_by_the_largest():
    module, x, gates = _random(6, 5)
    torch.testing.assert_close(module(x, gates), module.directions(x, gates).amax(dim=0))


def test_equation_3_on_one_row_worked_out_by_hand():
    # x = 1, 2, 3; g = 1, 0.5, 0.25; ω = 0.8, b = 0.5; to the right:
    # 1 + 1 (0 + 0.5) = 1.5;  2 + 0.5 (1.2 + 0.5) = 2.85;  3 + 0.25 (2.28 + 0.5) = 3.695.
    x, gates = (torch.tensor(v).view(3, 1, 1, 1) for v in ([1.0, 2.0, 3.0], [1.0, 0.5, 0.25]))
    said = scan(x, gates, torch.tensor([[[0.8]]]), torch.tensor([[0.5]]))
    torch.testing.assert_close(said.flatten(), torch.tensor([1.5, 2.85, 3.695]))


def test_equation_4_on_one_row_worked_out_by_hand():
    # The same row, and only the last node counts (ξ = 0, 0, 1): δ3 = 1, δ2 = 0.25 · 0.8 = 0.2,
    # δ1 = 0.5 · 0.8 · 0.2 = 0.08; ε = δ · (0.8 h + 0.5): 0.08 · 0.5, 0.2 · 1.7, 1 · 2.78.
    x, gates = (
        torch.tensor(v).view(3, 1, 1, 1).requires_grad_() for v in ([1.0, 2, 3], [1, 0.5, 0.25])
    )
    omega, bias = (torch.tensor(v, requires_grad=True) for v in ([[[0.8]]], [[0.5]]))
    scan(x, gates, omega, bias)[-1].sum().backward()
    torch.testing.assert_close(x.grad.flatten(), torch.tensor([0.08, 0.2, 1.0]))
    torch.testing.assert_close(gates.grad.flatten(), torch.tensor([0.04, 0.34, 2.78]))
    # ω: g2 δ2 h1 + g3 δ3 h2 = 0.5 · 0.2 · 1.5 + 0.25 · 2.85; b: 0.08 + 0.5 · 0.2 + 0.25.
    torch.testing.assert_close(omega.grad.flatten(), torch.tensor([0.15 + 0.7125]))
    torch.testing.assert_close(bias.grad.flatten(), torch.tensor([0.08 + 0.1 + 0.25]))


@pytest.mark.parametrize(("height", "width"), [(4, 4), (3, 5)])
def test_the_derivatives_are_those_of_a_walk_pixel_by_pixel(height, width):
    module, x, gates = _random(height, width)
    weigh = torch.randn(4, *x.shape)
    found = []
    for walk in (False, True):
        module.zero_grad()
        leaves = [x.clone().requires_grad_(), gates.clone().requires_grad_()]
        if walk:
            omega = module.bounded()
            said = torch.stack([
                _walked(*leaves, omega[k], module.bias[k], MOVES[name])
                for k, name in enumerate(DIRECTIONS)
            ])  # fmt: skip
        else:
            said = module.directions(*leaves)
        (said * weigh).sum().backward()
        found.append([t.grad.clone() for t in (*leaves, module.transition, module.bias)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def _walked(x, gates, transition, bias, move):
    """As ``_pixel_by_pixel``, so that torch can go back through it."""
    _, _, height, width = x.shape
    nodes = {}
    rows, columns = (range(n) if step >= 0 else range(n - 1, -1, -1)
                     for n, step in zip((height, width), move, strict=True))  # fmt: skip
    for row in rows:
        for column in columns:
            last = nodes.get((row - move[0], column - move[1]), torch.zeros_like(x[:, :, 0, 0]))
            came = last @ transition.T + bias
            nodes[row, column] = x[:, :, row, column] + gates[:, :, row, column] * came
    lines = [torch.stack([nodes[r, c] for c in range(width)], -1) for r in range(height)]
    return torch.stack(lines, -2)


def test_a_closed_gate_stops_what_comes_along():
    module = Propagation(1)
    x = torch.zeros(1, 1, 1, 6)
    x[..., 0] = 1
    gates = torch.ones(1, 1, 1, 6)
    gates[..., 3] = 0
    right = module.directions(x, gates)[DIRECTIONS.index("right")].flatten()
    assert right.tolist() == [1, 1, 1, 0, 0, 0]


def test_without_gates_it_is_the_recurrence_of_equation_1():
    module, x, _ = _random(5, 6)
    torch.testing.assert_close(module(x), module(x, torch.ones_like(x)))


def test_no_transition_can_make_hidden_maps_grow_by_themselves():
    module = Propagation(4)
    with torch.no_grad():
        module.transition.normal_(0, 50)
    assert (module.bounded().abs().sum(dim=2) <= 1 + 1e-6).all()
    x = torch.zeros(1, 4, 1, 300)
    x[..., 0] = 1
    assert module(x, torch.ones_like(x)).abs().max() <= 1 + 1e-5


def test_a_small_transition_is_left_as_it_is():
    module = Propagation(2)
    with torch.no_grad():
        module.transition.fill_(0.25)
    assert torch.equal(module.bounded(), module.transition)


def test_it_computes_in_single_precision_where_the_rest_does_not():
    module, x, gates = _random(8, 8)
    exact = module(x, gates)
    with torch.autocast("cpu", torch.bfloat16):
        said = module(x, gates)
        said.sum().backward()
    torch.testing.assert_close(said, exact)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_a_gpu_says_the_same():
    module, x, gates = _random(40, 31, 8)
    torch.testing.assert_close(module.cuda()(x.cuda(), gates.cuda()).cpu(), module.cpu()(x, gates))
