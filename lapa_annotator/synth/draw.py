"""From a seed to a person: every value is drawn here, and from the seed alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lapa_annotator.synth.expressions import draw_expression
from lapa_annotator.synth.human import SIDED_CHANGES, SINGLE_CHANGES
from lapa_annotator.synth.looks import draw_wear, hair_colour, skin_colour
from lapa_annotator.synth.person import Body, Brows, Film, Hair, Person, Pose, Skin, View

_STYLES: Mapping[str, tuple[float, float]] = {
    "bald": (0.06, 0.01),
    "shaved": (0.09, 0.02),
    "short": (0.24, 0.07),
    "swept back": (0.12, 0.07),
    "parted": (0.13, 0.09),
    "fringe": (0.09, 0.16),
    "bob": (0.03, 0.16),
    "long": (0.05, 0.22),
    "curls": (0.07, 0.10),
    "afro": (0.02, 0.02),
    "tied back": (0.03, 0.11),
    "receding": (0.08, 0.00),
}
"""Hair style -> weight among men and among women."""

_BEARDS: Mapping[str, float] = {
    "": 0.62,
    "full": 0.14,
    "short": 0.14,
    "goatee": 0.05,
    "moustache": 0.05,
}
_LIGHTINGS = ("studio", "window", "overcast", "sun", "hard side", "ring", "night", "back")
_LIGHTING_WEIGHTS = (0.22, 0.18, 0.18, 0.14, 0.09, 0.06, 0.06, 0.07)
_BACKGROUNDS = ("plain", "gradient", "blobs", "room", "foliage", "bokeh", "texture", "photo")
_BACKGROUND_WEIGHTS = (0.08, 0.10, 0.13, 0.14, 0.10, 0.17, 0.10, 0.18)

NATURAL, HARD, MOUTHS = "natural", "hard", "mouths"
MIXES = (NATURAL, HARD, MOUTHS)
"""How often hard cases come: about as in photos of people; mostly turned heads and moving mouths,
which proposers get wrong; or moving mouths of many shapes in heads that mostly face the camera,
chins up and down."""
# Shares of frontal, slightly turned, turned and nearly profile heads.
_TURNS = {
    NATURAL: (0.34, 0.36, 0.20, 0.10),
    HARD: (0.10, 0.25, 0.35, 0.30),
    MOUTHS: (0.42, 0.40, 0.14, 0.04),
}
_NODS = {NATURAL: 11.0, HARD: 11.0, MOUTHS: 18.0}
"""Spread of pitch in degrees."""
_SPREAD, _MOUTH_SPREAD, _MOST_MOUTH = 0.28, 0.55, 1.1
"""Spread of shape changes; that of a mouth's, and the most of it, in the mix of mouths."""
_MOUTH_SHIFTS = {
    "mouth-upperlip-height-incr": -0.35,
    "mouth-lowerlip-height-incr": -0.35,
    "mouth-scale-horiz-incr": 0.3,
}
"""Where they lie on the mean in that mix: lips of the model are thicker than those in photos."""


def draw(seed: int, mix: str = NATURAL) -> Person:
    """Draw a person; the same seed and mix always give the same one.

    Args:
        seed: decides everything that the mix leaves open.
        mix: how often hard poses and expressions come, one of ``MIXES``.
    """
    rng = np.random.default_rng([0x1A9A, seed])
    gender = float(np.clip(rng.choice([rng.normal(0.12, 0.1), rng.normal(0.9, 0.08)]), 0, 1))
    man = gender < 0.5
    age = float(np.clip(rng.triangular(0.30, 0.62, 0.98), 0, 1))
    population = rng.dirichlet([0.55, 0.55, 0.55])
    tone = _tone(rng, population)
    expression, actions = draw_expression(rng, lively=mix != NATURAL)
    pose = _pose(rng, actions, mix)
    grey = age > 0.72 and rng.random() < 0.55
    colour = hair_colour(rng, tone, grey)
    hair = _hair(rng, man, age, population[0], colour)
    wear = draw_wear(rng, man, abs(pose.yaw))
    skin = _skin(rng, tone, man, age)
    return Person(
        seed=seed,
        body=_body(rng, gender, age, population, mix),
        expression=expression,
        actions=actions,
        pose=pose,
        skin=skin,
        eye_colour=_eye_colour(rng, tone),
        eye_red=float(rng.beta(1.2, 5)),
        pupil=float(rng.uniform(0.28, 0.55)),
        lashes=float(rng.uniform(0.2, 0.5) if man else rng.uniform(0.4, 1.0)),
        brows=_brows(rng, man, colour),
        hair=hair,
        beard=_beard(rng, colour, skin) if man else None,
        wear=wear,
        view=_view(rng),
        film=_film(rng),
    )


def _tone(rng: np.random.Generator, population: np.ndarray) -> float:
    african, asian, caucasian = population
    middle = 0.78 * african + 0.36 * asian + 0.22 * caucasian
    return float(np.clip(rng.normal(middle, 0.12), 0, 1))


def _body(
    rng: np.random.Generator, gender: float, age: float, population: np.ndarray, mix: str
) -> Body:
    phenotype = {
        "gender": gender,
        "age": age,
        "muscle": float(rng.uniform(0.3, 0.7)),
        "weight": float(np.clip(rng.normal(0.5, 0.17), 0.1, 0.95)),
        "height": 0.5,
        "proportions": float(rng.uniform(0.4, 0.8)),
        "african": float(population[0]),
        "asian": float(population[1]),
        "caucasian": float(population[2]),
    }
    changes: dict[str, float] = {}
    for name in SINGLE_CHANGES:
        changes[name] = _change(rng, _SPREAD)
        if mix == MOUTHS and name.startswith("mouth-"):
            wider = changes[name] * _MOUTH_SPREAD / _SPREAD + _MOUTH_SHIFTS.get(name, 0.0)
            changes[name] = float(np.clip(wider, -_MOST_MOUTH, _MOST_MOUTH))
    changes["head-age-incr"] = float(np.clip((age - 0.7) * 2 + rng.normal(0, 0.2), -0.6, 0.8))
    changes["neck-double-incr"] = max(0.0, changes["neck-double-incr"])
    for name in SIDED_CHANGES:
        both = _change(rng, 0.26)
        # Faces are nearly, never quite symmetric.
        changes[f"l-{name}"] = both + _change(rng, 0.05)
        changes[f"r-{name}"] = both + _change(rng, 0.05)
    return Body(phenotype, changes)


def _change(rng: np.random.Generator, spread: float) -> float:
    return float(np.clip(rng.normal(0, spread), -2.5 * spread, 2.5 * spread))


def _pose(rng: np.random.Generator, actions: dict[str, float], mix: str) -> Pose:
    kind = rng.choice(4, p=_TURNS[mix])
    spread = (9.0, 26.0, 48.0, 66.0)[kind]
    yaw = float(
        np.clip(
            rng.normal(0, spread) if kind < 2 else rng.choice([-1, 1]) * rng.normal(spread, 10),
            -82,
            82,
        )
    )
    pitch = float(np.clip(rng.normal(-2, _NODS[mix]), -36, 36))
    roll = float(
        np.clip(rng.normal(0, 9) + (rng.normal(0, 18) if rng.random() < 0.2 else 0), -42, 42)
    )
    side, up = float(rng.normal(0, 9)), float(rng.normal(0, 5))
    if rng.random() < 0.5:  # the eyes look into the camera
        side = side * 0.25 - float(np.clip(yaw, -26, 26))
        up = up * 0.3 - float(np.clip(pitch, -14, 14))
    side, up = float(np.clip(side, -32, 32)), float(np.clip(up, -20, 16))
    _lids_follow(actions, up)
    share = float(rng.uniform(0.1, 0.6))
    return Pose(
        yaw, pitch, roll,
        float(np.clip(yaw * share, -38, 38)),
        float(np.clip(pitch * rng.uniform(0.2, 0.9), -22, 24)),
        float(np.clip(roll * rng.uniform(0.3, 1.0), -18, 18)),
        (side, up),
    )  # fmt: skip


def _lids_follow(actions: dict[str, float], up: float) -> None:
    """Looking down lowers the upper lids, looking up raises them."""
    for side in ("Left", "Right"):
        if up < 0:
            blink = actions.get(f"eyeBlink{side}", 0.0)
            actions[f"eyeBlink{side}"] = min(1.0, blink + 0.35 * -up / 20 * (1 - blink))
        else:
            actions[f"eyeWide{side}"] = min(
                0.8, actions.get(f"eyeWide{side}", 0.0) + 0.35 * up / 16
            )


def _skin(rng: np.random.Generator, tone: float, man: bool, age: float) -> Skin:
    colour = skin_colour(rng, tone)
    made_up = not man and rng.random() < 0.5
    base = np.array(colour)
    natural = base * np.array([0.92, 0.58, 0.58]) + np.array([0.03, 0.0, 0.005])
    reds = np.array(
        [[0.45, 0.02, 0.03], [0.50, 0.10, 0.12], [0.25, 0.02, 0.05], [0.55, 0.18, 0.15]]
    )
    lips = natural
    if made_up:
        lips = natural + (reds[rng.integers(4)] - natural) * rng.uniform(0.3, 0.9)
    shadow = np.array(
        [[0.10, 0.05, 0.04], [0.05, 0.05, 0.10], [0.25, 0.10, 0.12], [0.03, 0.03, 0.03]]
    )
    return Skin(
        tone=tone,
        colour=colour,
        lips=tuple(np.clip(lips, 0.005, 0.9).tolist()),
        blush=float(rng.beta(1.5, 3) + (0.25 if made_up else 0)),
        freckles=float(rng.beta(1, 3)) if tone < 0.4 and rng.random() < 0.3 else 0.0,
        spots=float(rng.beta(1, 3) * (0.4 + age)),
        shine=float(rng.uniform(0, 1)),
        shadow=float(rng.uniform(0.2, 0.9)) if made_up else 0.0,
        shadow_colour=tuple(shadow[rng.integers(4)].tolist()),
        stubble=float(rng.uniform(0.2, 1)) if man and rng.random() < 0.45 else 0.0,
    )


def _eye_colour(rng: np.random.Generator, tone: float) -> tuple[float, float, float]:
    brown, hazel = (0.075, 0.03, 0.012), (0.16, 0.10, 0.035)
    blue, green, grey = (0.12, 0.22, 0.34), (0.13, 0.19, 0.09), (0.20, 0.23, 0.25)
    light = max(0.0, 0.6 - 1.7 * tone)
    weights = np.array([1 - light, 0.35 * light + 0.05, 0.4 * light, 0.15 * light, 0.1 * light])
    table = (brown, hazel, blue, green, grey)
    picked = np.array(table[rng.choice(5, p=weights / weights.sum())])
    r, g, b = (picked * rng.uniform(0.6, 1.4)).tolist()
    return r, g, b


def _brows(rng: np.random.Generator, man: bool, colour: tuple[float, float, float]) -> Brows:
    # Dyed hair leaves the brows as they are.
    natural = np.array(colour) if max(colour) == colour[0] else np.array([0.02, 0.012, 0.007])
    dark = natural * rng.uniform(0.6, 1.2)
    dark = np.minimum(dark, [0.28, 0.2, 0.13])
    r, g, b = np.maximum(dark, 0.004).tolist()
    return Brows(
        thickness=float(np.clip(rng.normal(1.02 if man else 0.84, 0.17), 0.55, 1.45)),
        raised=float(rng.normal(0, 0.0010)),
        arch=float(rng.normal(0.0002 if man else 0.0006, 0.0009)),
        length=float(rng.uniform(0.85, 1.12)),
        density=float(rng.uniform(0.45, 1.0)),
        colour=(r, g, b),
    )


def _hair(
    rng: np.random.Generator,
    man: bool,
    age: float,
    african: float,
    colour: tuple[float, float, float],
) -> Hair:
    weights = np.array([w[0 if man else 1] for w in _STYLES.values()])
    names = list(_STYLES)
    if african > 0.6:
        for name, factor in (("afro", 5.0), ("shaved", 2.5), ("curls", 1.5), ("fringe", 0.3)):
            weights[names.index(name)] *= factor
    weights[names.index("receding")] *= 0.2 if age < 0.6 else 2.0
    style = names[rng.choice(len(names), p=weights / weights.sum())]
    wavy = rng.random() < 0.4
    return Hair(
        style=style,
        colour=colour,
        length=float(rng.uniform(0.75, 1.3)),
        curl=float(rng.uniform(0.002, 0.006)) if wavy else float(rng.uniform(0.0, 0.0015)),
        part=float(rng.choice([-1, 1]) * rng.uniform(0.1, 0.8)),
        seed=int(rng.integers(2**31)),
    )


def _beard(rng: np.random.Generator, colour: tuple[float, float, float], skin: Skin) -> Hair | None:
    style = str(rng.choice(list(_BEARDS), p=list(_BEARDS.values())))
    if not style:
        return None
    r, g, b = (np.array(colour) * rng.uniform(0.5, 1.0)).tolist()
    return Hair(
        style, (r, g, b), float(rng.uniform(0.5, 1.4)), 0.001, 0.0, int(rng.integers(2**31))
    )


def _view(rng: np.random.Generator) -> View:
    warm = rng.normal(0, 0.10)
    tint = np.clip([1 + warm, 1 + rng.normal(0, 0.02), 1 - warm], 0.6, 1.4)
    r, g, b = tint.tolist()
    return View(
        distance=float(np.exp(rng.uniform(np.log(0.55), np.log(2.8)))),
        face_share=float(rng.uniform(0.46, 0.70)),
        offset=(float(rng.normal(0, 0.035)), float(rng.normal(0.0, 0.03))),
        aperture=float(rng.uniform(1.4, 5.6)) if rng.random() < 0.25 else 0.0,
        lighting=str(rng.choice(_LIGHTINGS, p=_LIGHTING_WEIGHTS)),
        light_turn=float(rng.uniform(-180, 180)),
        exposure=float(rng.normal(0.0, 0.35)),
        tint=(r, g, b),
        background=str(rng.choice(_BACKGROUNDS, p=_BACKGROUND_WEIGHTS)),
        background_seed=int(rng.integers(2**31)),
    )


def _film(rng: np.random.Generator) -> Film:
    return Film(
        noise=float(rng.gamma(1.2, 1.8)),
        motion=float(rng.uniform(2, 7)) if rng.random() < 0.08 else 0.0,
        motion_angle=float(rng.uniform(0, 180)),
        quality=int(rng.integers(35, 98)) if rng.random() < 0.5 else 100,
        shrink=float(rng.uniform(1.3, 3.5)) if rng.random() < 0.16 else 1.0,
        grey=bool(rng.random() < 0.06),
        contrast=float(np.clip(rng.normal(1.0, 0.1), 0.7, 1.3)),
        saturation=float(np.clip(rng.normal(1.0, 0.14), 0.5, 1.4)),
    )
