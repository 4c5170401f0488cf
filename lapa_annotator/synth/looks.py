"""Tables and draws of colours and of what people wear."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lapa_annotator.synth.person import Colour, Wear

_SKIN = np.array(
    [
        [0.78, 0.52, 0.41],
        [0.66, 0.41, 0.30],
        [0.54, 0.30, 0.195],
        [0.40, 0.205, 0.12],
        [0.235, 0.112, 0.064],
        [0.115, 0.055, 0.034],
        [0.055, 0.028, 0.019],
    ]
)
"""Linear RGB of skin from light to dark."""

_HAIR: Mapping[str, Colour] = {
    "black": (0.006, 0.005, 0.004),
    "dark brown": (0.022, 0.012, 0.007),
    "brown": (0.06, 0.030, 0.015),
    "light brown": (0.15, 0.085, 0.045),
    "blond": (0.42, 0.28, 0.13),
    "light blond": (0.62, 0.48, 0.28),
    "red": (0.25, 0.065, 0.022),
    "grey": (0.28, 0.25, 0.21),
    "white": (0.64, 0.58, 0.50),
}
_DYES = ((0.35, 0.03, 0.10), (0.05, 0.12, 0.40), (0.22, 0.04, 0.30), (0.05, 0.28, 0.20))

_CLOTHES = ((0.02, 0.02, 0.03), (0.6, 0.6, 0.58), (0.03, 0.06, 0.2), (0.35, 0.03, 0.04),
            (0.08, 0.16, 0.06), (0.45, 0.32, 0.18), (0.2, 0.2, 0.22), (0.5, 0.2, 0.35))  # fmt: skip


def skin_colour(rng: np.random.Generator, tone: float) -> Colour:
    """Linear RGB of a skin of the given tone, 0 light to 1 dark."""
    at = tone * (len(_SKIN) - 1)
    low = min(int(at), len(_SKIN) - 2)
    mixed = _SKIN[low] + (_SKIN[low + 1] - _SKIN[low]) * (at - low)
    hue = np.array([1 + rng.normal(0, 0.02), 1 + rng.normal(0, 0.035), 1 + rng.normal(0, 0.05)])
    r, g, b = np.clip(mixed * hue, 0.01, 0.9).tolist()
    return r, g, b


def hair_colour(rng: np.random.Generator, tone: float, grey: bool) -> Colour:
    """Linear RGB of hair: dark with dark skin, grey with age, rarely dyed."""
    if grey:
        base = _HAIR["white"] if rng.random() < 0.4 else _HAIR["grey"]
    elif rng.random() < 0.02:
        base = _DYES[rng.integers(len(_DYES))]
    else:
        light = max(0.0, 1 - 2.2 * tone)
        names = ("black", "dark brown", "brown", "light brown", "blond", "light blond", "red")
        weights = np.array(
            [0.45, 0.35, 0.2, 0.16 * light, 0.16 * light, 0.07 * light, 0.06 * light]
        )
        base = _HAIR[names[rng.choice(7, p=weights / weights.sum())]]
    r, g, b = np.clip(np.array(base) * rng.uniform(0.75, 1.3), 0.003, 0.8).tolist()
    return r, g, b


def draw_wear(rng: np.random.Generator, man: bool, yaw: float) -> Wear:
    """Draw what a person wears and holds."""
    glasses = str(rng.choice(["", "clear", "dark"], p=[0.76, 0.18, 0.06]))
    hat = str(
        rng.choice(["", "beanie", "cap", "brim", "headscarf"], p=[0.87, 0.05, 0.04, 0.02, 0.02])
    )
    if hat == "headscarf" and man:
        hat = "beanie"
    mask = "mask" if rng.random() < 0.04 else ""
    held = str(
        rng.choice(["", "hand", "phone", "cup", "microphone"], p=[0.91, 0.045, 0.015, 0.015, 0.015])
    )
    place = (
        float(rng.uniform(-0.05, 0.05)),
        float(rng.uniform(-0.01, 0.02)),
        float(rng.uniform(-0.10, 0.03)),
    )
    frame = [
        (0.01, 0.01, 0.01),
        (0.12, 0.05, 0.02),
        (0.4, 0.3, 0.15),
        (0.3, 0.3, 0.32),
        (0.3, 0.02, 0.03),
    ]
    return Wear(
        glasses=glasses,
        glasses_colour=frame[rng.integers(len(frame))],
        lens=float(rng.uniform(0.02, 0.25)) if glasses == "dark" else float(rng.uniform(0.9, 1.0)),
        hat=hat,
        hat_colour=_cloth(rng),
        mask=mask,
        mask_colour=((0.35, 0.5, 0.6), (0.7, 0.7, 0.7), (0.02, 0.02, 0.02))[rng.integers(3)],
        scarf="scarf" if rng.random() < 0.06 else "",
        clothes=str(rng.choice(["shirt", "collar", "bare"], p=[0.55, 0.25, 0.2])),
        clothes_colour=_cloth(rng),
        held=held,
        held_place=place,
        held_colour=_cloth(rng),
    )


def _cloth(rng: np.random.Generator) -> Colour:
    base = np.array(_CLOTHES[rng.integers(len(_CLOTHES))])
    r, g, b = np.clip(base * rng.uniform(0.6, 1.5) + rng.uniform(0, 0.03, 3), 0.005, 0.8).tolist()
    return r, g, b
