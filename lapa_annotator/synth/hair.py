"""Hair styles, brows, lashes and beards as strands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.synth import regions
from lapa_annotator.synth.person import Brows, Hair
from lapa_annotator.synth.strands import (
    Growth,
    Roots,
    Strands,
    Surface,
    curl,
    grow,
    sample_roots,
)
from lapa_annotator.synth.template import HEAD, Template

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Style:
    """A row of the table of styles.

    Attributes:
        count: strands.
        length: of a strand in metres.
        steps: pieces per strand.
        follow: how fast strands turn into the flow.
        lift: how far the outermost strands keep from the scalp, in metres.
        comb: which flow, a method of ``_Flow``.
        cut: metres above the chin (mean shape) at which the hair ends, None for anywhere.
        curl: radius of curls in metres; the person's own is added.
        turns: windings per metre.
        radius: half a strand's width in metres; wider than true hair, for there are fewer.
        receding: metres by which the hairline has moved up.
        top: factor on the length at the crown against the sides.
    """

    count: int
    length: float
    steps: int = 10
    follow: float = 0.4
    lift: float = 0.006
    comb: str = "out"
    cut: float | None = None
    curl: float = 0.0
    turns: float = 25.0
    radius: float = 0.00022
    receding: float = 0.0
    top: float = 1.0


STYLES: Mapping[str, Style] = {
    "shaved": Style(6500, 0.0045, 2, 0.2, 0.0005, radius=0.00016),
    "short": Style(7000, 0.026, 6, 0.30, 0.006, "forward", top=1.5),
    "swept back": Style(6500, 0.055, 9, 0.35, 0.010, "back", top=1.6),
    "parted": Style(6500, 0.060, 10, 0.38, 0.011, "parted", top=1.5),
    "fringe": Style(7000, 0.125, 14, 0.42, 0.010, "fringe", cut=0.035),
    "bob": Style(6000, 0.235, 16, 0.40, 0.016, "fall", cut=0.004, radius=0.00026),
    "long": Style(6000, 0.36, 20, 0.40, 0.016, "fall", cut=-0.11, radius=0.00028),
    "curls": Style(6000, 0.115, 18, 0.28, 0.022, "fall", curl=0.007, turns=32, radius=0.00026),
    "afro": Style(7500, 0.052, 16, 0.10, 0.0, "out", curl=0.0045, turns=90, radius=0.0002),
    "tied back": Style(6000, 0.17, 12, 0.55, 0.005, "knot"),
    "receding": Style(4500, 0.020, 6, 0.35, 0.004, "forward", receding=0.027),
}
"""Hair style -> how it grows. A bald head is in no row."""

_CHIN = 0.542


def receding(hair: Hair) -> float:
    """Metres by which a style's hairline has moved up."""
    return STYLES[hair.style].receding if hair.style in STYLES else 0.0


def head_hair(
    hair: Hair,
    template: Template,
    surface: Surface,
    head: Array,
    hidden: NDArray[np.bool_] | None = None,
) -> list[Strands]:
    """The strands of the head's hair.

    Args:
        hair: the style.
        template: the mesh.
        surface: the person's skin.
        head: (4, 4) similarity from the mean shape's head to this one.
        hidden: (n,) quads of the head under a hat, from which nothing grows.
    """
    if hair.style not in STYLES or (hidden is not None and hair.style == "afro"):
        return []
    style, rng = STYLES[hair.style], np.random.default_rng(hair.seed)
    quads = template.slots == HEAD
    centre, uv = template.rest[template.faces[quads]].mean(axis=1), template.uv[quads].mean(axis=1)
    above = regions.scalp(centre, uv, style.receding)
    above = above + rng.normal(0, 0.002 if style.receding == 0 else 0.007, len(above))
    density = np.clip(above / (0.006 + 0.5 * style.receding), 0, 1)
    if hidden is not None:
        density = np.where(hidden, 0.0, density)
    if hair.style == "receding":
        density *= np.where(centre[:, 2] > 0.735, 0.35, 1.0)
    roots = sample_roots(template, surface, density, style.count, rng)
    length = style.length * hair.length * rng.uniform(0.75, 1.1, style.count)
    crown = np.clip((roots.rest[:, 2] - 0.70) / 0.04, 0, 1)
    length *= 1 + (style.top - 1) * crown
    layer = rng.random(style.count) ** 1.5
    clearance = 0.0015 + style.lift * layer
    cut = None
    if style.cut is not None:
        level = _CHIN + style.cut - 0.04 * (hair.length - 1) * (style.cut < 0.03)
        bottom = head @ np.array([0.0, 0.0, level, 1.0])
        cut = bottom[2] + rng.normal(0, 0.006, style.count)
        if style.comb == "fringe":
            back = roots.rest[:, 1] > -0.05
            cut = np.where(
                back,
                cut,
                (head @ np.array([0.0, -0.1, 0.672, 1.0]))[2] + rng.normal(0.0, 0.006, style.count),
            )
    flow = _Flow(style.comb, hair, roots, head, rng)
    ceiling = None if style.comb == "out" else flow.ceiling(clearance, style.lift)
    growth = Growth(style.steps, style.follow, clearance, cut, ceiling)
    grown = grow(roots, length, flow, growth, surface)
    radius = style.curl * (0.8 + 0.2 * hair.length) + hair.curl
    if radius > 0.0003:
        turns = style.turns * length * rng.uniform(0.8, 1.2, style.count)
        phase = np.repeat(rng.uniform(0, 2 * np.pi, style.count // 12 + 1), 12)[: style.count]
        grown = curl(grown, radius, turns, phase + rng.normal(0, 0.5, style.count))
        flat = surface.push_out(grown[:, 1:].reshape(-1, 3), np.full(grown[:, 1:].size // 3, 0.001))
        grown = np.concatenate([grown[:, :1], flat.reshape(grown[:, 1:].shape)], axis=1)
    taper = style.radius * np.linspace(1.0, 0.45, style.steps + 1)
    found = [Strands(grown, taper)]
    if style.comb == "knot" and hidden is None:
        found.append(_knot(hair, head, rng))
    return found


class _Flow:
    """Where the strands of a style want to go, in the frame of the head."""

    def __init__(
        self, comb: str, hair: Hair, roots: Roots, head: Array, rng: np.random.Generator
    ) -> None:
        self._comb, self._head = comb, head
        self._turn = head[:3, :3] / np.cbrt(np.linalg.det(head[:3, :3]))
        self._inverse = np.linalg.inv(head)
        rest = roots.rest
        n = len(rest)
        line = hair.part * 0.03
        self._side = np.sign(rest[:, 0] - line + rng.normal(0, 0.002, n))
        self._stray = rng.normal(0, 0.10, (n, 3))
        self._front = rest[:, 1] < -0.045
        self._crown = np.clip((rest[:, 2] - 0.715) / 0.03, 0, 1)
        self._sweep = hair.part

    def __call__(self, place: Array, direction: Array, share: float) -> Array:
        local = place @ self._inverse[:3, :3].T + self._inverse[:3, 3]
        wanted = getattr(self, f"_{self._comb}")(local, direction, share) + self._stray
        wanted /= np.maximum(np.linalg.norm(wanted, axis=1, keepdims=True), 1e-9)
        unit: Array = wanted
        return unit

    def ceiling(self, clearance: Array, lift: float) -> Callable[[Array], Array]:
        """Hair lies on the head; below the ears it hangs free."""

        def above(place: Array) -> Array:
            height = place @ self._inverse[2, :3] + self._inverse[2, 3]
            free = np.clip((0.635 - height) / 0.03, 0, 1)
            top: Array = clearance + 0.15 * lift + 0.3 * free
            return top

        return above

    def _world(self, local: Array) -> Array:
        turned: Array = local @ self._turn.T
        return turned

    def _out(self, local: Array, direction: Array, share: float) -> Array:
        return direction

    def _back(self, local: Array, direction: Array, share: float) -> Array:
        down = np.where(local[:, 1] > 0.02, -1.0, 0.0)
        return self._world(np.stack([0.15 * self._side, np.ones(len(local)), 0.15 + down], axis=1))

    def _forward(self, local: Array, direction: Array, share: float) -> Array:
        x = 0.6 * self._sweep * self._crown + 0.2 * np.sign(local[:, 0])
        y = -0.7 * self._crown + 0.25 * (1 - self._crown)
        z = 0.35 * self._crown - 0.9 * (1 - self._crown)
        return self._world(np.stack([x, y, z], axis=1))

    def _fringe(self, local: Array, direction: Array, share: float) -> Array:
        outward = np.sign(local[:, 0])
        forward = np.stack(
            [
                0.25 * self._sweep + 0.1 * outward,
                np.full(len(local), -0.8),
                np.full(len(local), -0.75),
            ],
            1,
        )
        fall = np.stack([0.5 * outward, np.full(len(local), 0.15), np.full(len(local), -1.0)], 1)
        return self._world(np.where(self._front[:, None], forward, fall))

    def _parted(self, local: Array, direction: Array, share: float) -> Array:
        height = np.clip((local[:, 2] - 0.69) / 0.05, 0, 1)
        x = self._side * (0.25 + 0.9 * height)
        y = np.where(self._front, 0.45, 0.25)
        z = -1.0 + 0.9 * height
        return self._world(np.stack([x, y, z], axis=1))

    def _fall(self, local: Array, direction: Array, share: float) -> Array:
        height = np.clip((local[:, 2] - 0.66) / 0.07, 0, 1)
        x = self._side * (0.15 + 1.0 * height)
        y = np.where(self._front & (local[:, 2] > 0.6), 0.42, 0.12)
        combed = self._world(np.stack([x, y, -0.35 + 0.25 * height], axis=1))
        return combed + np.array([0.0, 0.0, -1.0]) * (1 - 0.85 * height)[:, None]

    def _knot(self, local: Array, direction: Array, share: float) -> Array:
        to = _KNOT - local
        far = np.linalg.norm(to, axis=1, keepdims=True)
        return self._world(to / np.maximum(far, 0.004))


_KNOT = np.array([0.0, 0.088, 0.685])


def _knot(hair: Hair, head: Array, rng: np.random.Generator) -> Strands:
    """A bun or a tail behind the head."""
    count, steps = 1500, 14
    t = np.linspace(0, 1, steps + 1)
    if hair.part > 0:  # a bun: great circles of a ball
        axis = rng.normal(size=(count, 3))
        first = np.cross(axis, rng.normal(size=(count, 3)))
        first /= np.linalg.norm(first, axis=1, keepdims=True)
        second = np.cross(axis / np.linalg.norm(axis, axis=1, keepdims=True), first)
        angle = 2 * np.pi * t[None, :, None] * 0.6
        ball = np.cos(angle) * first[:, None] + np.sin(angle) * second[:, None]
        local = (
            _KNOT + np.array([0, 0.012, 0]) + 0.026 * rng.uniform(0.8, 1.05, (count, 1, 1)) * ball
        )
        world = local @ head[:3, :3].T + head[:3, 3]
    else:
        start = (_KNOT + rng.normal(0, 0.006, (count, 3))) @ head[:3, :3].T + head[:3, 3]
        back = head[:3, :3] @ np.array([0.0, 1.0, 0.0])
        spread = rng.normal(0, 0.012, (count, 3))
        fall = np.array([0, 0, -1.0]) * (0.2 * hair.length)
        path = (
            back * 0.045 * np.sin(np.pi * np.minimum(t, 0.6) / 1.2)[:, None]
            + fall * (t**1.4)[:, None]
        )
        world = start[:, None] + path + spread[:, None] * (t * (1.4 - t))[None, :, None]
    return Strands(world, 0.00028 * np.linspace(1, 0.5, steps + 1))


def beard_hair(beard: Hair, template: Template, surface: Surface) -> Strands:
    """The strands of a beard."""
    rng = np.random.default_rng(beard.seed)
    quads = template.slots == HEAD
    centre = template.rest[template.faces[quads]].mean(axis=1)
    uv = template.uv[quads].mean(axis=1)
    lips = (np.abs(uv[:, 0] - 0.9105) / 0.0155) ** 2 + (np.abs(uv[:, 1] - 0.483) / 0.0225) ** 2 < 1
    density = regions.beard(centre, beard.style) * ~lips
    count = 5000 if beard.style in ("full", "short") else 2200
    roots = sample_roots(template, surface, density, count, rng)
    base = {"full": 0.014, "short": 0.004, "goatee": 0.009, "moustache": 0.006}[beard.style]
    length = base * beard.length * rng.uniform(0.5, 1.2, len(roots.places))
    stray = rng.normal(0, 0.35, roots.places.shape)
    down = np.array([0.0, -0.25, -1.0])
    aside = np.stack([np.sign(roots.rest[:, 0]) * 0.5, 0 * length, 0 * length], axis=1)

    def flow(place: Array, direction: Array, share: float) -> Array:
        return down + aside + stray

    growth = Growth(5, 0.35, np.full(len(length), 0.0008))
    return Strands(grow(roots, length, flow, growth, surface), 0.00014 * np.linspace(1, 0.5, 6))


def brow_hair(
    brows: Brows, outlines: tuple[Array, Array], template: Template, surface: Surface, seed: int
) -> Strands:
    """Short hairs inside the brows' outlines (texture coordinates), combed outwards."""
    rng = np.random.default_rng([seed, 1])
    each = int(520 * brows.density * brows.thickness)
    groups = []
    for outline, side in zip(outlines, (-1.0, 1.0), strict=True):
        groups.append(_one_brow(outline, side, each, template, surface, rng))
    return Strands(np.concatenate(groups), 0.00011 * np.linspace(1, 0.3, 5))


def _one_brow(
    outline: Array,
    side: float,
    count: int,
    template: Template,
    surface: Surface,
    rng: np.random.Generator,
) -> Array:
    n = len(outline) // 2
    upper = outline[: n + 1]
    lower = outline[::-1][: n + 1]
    share, across = rng.random(count), np.clip(rng.normal(0.5, 0.24, count), 0.04, 0.96)
    at = share * min(len(upper), len(lower)) - 1
    low = np.clip(at.astype(int), 0, min(len(upper), len(lower)) - 2)
    mix = (at - low)[:, None].clip(0, 1)
    top = upper[low] * (1 - mix) + upper[low + 1] * mix
    bottom = lower[low] * (1 - mix) + lower[low + 1] * mix
    uv = top * (1 - across[:, None]) + bottom * across[:, None]
    corner, weight = template.locate(uv)
    place = (surface.vertices[corner] * weight[..., None]).sum(axis=1)
    normal = (surface.outward[corner] * weight[..., None]).sum(axis=1)
    ahead = template.locate(uv + np.array([0.0, side * 0.003]))
    move = (surface.vertices[ahead[0]] * ahead[1][..., None]).sum(axis=1) - place
    move /= np.maximum(np.linalg.norm(move, axis=1, keepdims=True), 1e-9)
    up = np.cross(normal, move) * side
    inner = np.clip(1 - np.abs(share - (1 if side < 0 else 0)) * 2.2, 0, 1)
    tilt = (0.9 * inner + 0.55 * (across - 0.5))[:, None] + rng.normal(0, 0.2, (count, 1))
    direction = move + up * tilt + 0.28 * normal
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    length = rng.uniform(0.004, 0.008, count)
    t = np.linspace(0, 1, 5)[None, :, None]
    strands: Array = place[:, None] + direction[:, None] * length[:, None, None] * t
    strands -= normal[:, None] * (length[:, None, None] * 0.12 * t**2) - normal[:, None] * 0.0002
    return strands


def lashes(
    rings: tuple[Array, Array], eyes: tuple[Array, Array], strength: float, seed: int
) -> Strands:
    """Lashes along the lids.

    Args:
        rings: (n, 3) edges of the left and the right lids in space, upper half first.
        eyes: (3,) centres of the eyeballs.
        strength: 0 to 1.
        seed: of the single lashes.
    """
    rng = np.random.default_rng([seed, 2])
    found = []
    for ring, centre in zip(rings, eyes, strict=True):
        n = len(ring) // 2
        for edge, count, length, rise in (
            (ring[: n + 1], int(80 * (0.4 + 0.6 * strength)), 0.0070, 0.6),
            (ring[n:], int(45 * (0.3 + 0.7 * strength)), 0.0038, -0.5),
        ):
            at = rng.uniform(0.06, 0.94, count) * (len(edge) - 1)
            low = np.clip(at.astype(int), 0, len(edge) - 2)
            root = edge[low] + (edge[low + 1] - edge[low]) * (at - low)[:, None]
            out = root - centre
            out /= np.linalg.norm(out, axis=1, keepdims=True)
            up = np.array([0.0, 0.0, 1.0])
            size = length * (0.5 + 0.5 * strength) * rng.uniform(0.7, 1.1, count)
            t = np.linspace(0, 1, 5)[None, :, None]
            path = out[:, None] * t + up * rise * (t**2 if rise > 0 else t)
            path = path + rng.normal(0, 0.08, (count, 1, 3)) * t
            found.append(root[:, None] + size[:, None, None] * path)
    return Strands(np.concatenate(found), (0.00007 + 0.00004 * strength) * np.linspace(1, 0.3, 5))
