"""Expressions: joint draws of the 52 facial actions as faces make them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_BOTH = ("Left", "Right")

# Action (without side where it has two) -> (least, most) of a full expression.
_EXPRESSIONS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "neutral": {},
    "faint smile": {"mouthSmile": (0.2, 0.5), "cheekSquint": (0.0, 0.3)},
    "smile": {
        "mouthSmile": (0.5, 0.9), "cheekSquint": (0.3, 0.8), "mouthDimple": (0.0, 0.3),
        "mouthUpperUp": (0.1, 0.35), "mouthLowerDown": (0.1, 0.4), "jawOpen": (0.0, 0.12),
    },
    "laugh": {
        "mouthSmile": (0.6, 1.0), "cheekSquint": (0.5, 0.9), "eyeSquint": (0.2, 0.7),
        "jawOpen": (0.25, 0.6), "mouthUpperUp": (0.2, 0.5), "mouthLowerDown": (0.2, 0.5),
    },
    "talk": {
        "jawOpen": (0.08, 0.4), "mouthFunnel": (0.0, 0.4), "mouthLowerDown": (0.0, 0.4),
        "mouthStretch": (0.0, 0.3), "mouthUpperUp": (0.0, 0.25),
    },
    "pucker": {"mouthPucker": (0.4, 0.9), "mouthFunnel": (0.0, 0.3)},
    "surprise": {
        "browInnerUp": (0.4, 0.9), "browOuterUp": (0.4, 0.9), "eyeWide": (0.3, 0.8),
        "jawOpen": (0.2, 0.7), "mouthFunnel": (0.0, 0.3),
    },
    "anger": {
        "browDown": (0.5, 1.0), "eyeSquint": (0.1, 0.6), "noseSneer": (0.1, 0.6),
        "mouthPress": (0.1, 0.6), "mouthFrown": (0.1, 0.5), "jawForward": (0.0, 0.4),
    },
    "sadness": {
        "browInnerUp": (0.4, 0.9), "mouthFrown": (0.3, 0.8), "mouthShrugLower": (0.1, 0.6),
        "eyeSquint": (0.0, 0.3), "eyeBlink": (0.0, 0.25),
    },
    "disgust": {
        "noseSneer": (0.5, 1.0), "browDown": (0.2, 0.7), "mouthUpperUp": (0.3, 0.8),
        "eyeSquint": (0.2, 0.6), "mouthFrown": (0.0, 0.4),
    },
    "shout": {
        "jawOpen": (0.6, 1.0), "mouthStretch": (0.1, 0.5), "browDown": (0.0, 0.6),
        "mouthLowerDown": (0.2, 0.6), "mouthUpperUp": (0.1, 0.5), "eyeSquint": (0.0, 0.5),
    },
    "yawn": {
        "jawOpen": (0.6, 1.0), "eyeBlink": (0.5, 1.0), "browInnerUp": (0.0, 0.5),
        "eyeSquint": (0.2, 0.7),
    },
    "lips in": {
        "mouthRollLower": (0.3, 0.8), "mouthRollUpper": (0.3, 0.8), "mouthPress": (0.2, 0.6),
    },
    "cheeks out": {"cheekPuff": (0.4, 1.0), "mouthPucker": (0.0, 0.4)},
    "skew": {
        "mouthLeft": (0.0, 0.7), "mouthRight": (0.0, 0.7),
        "jawLeft": (0.0, 0.4), "jawRight": (0.0, 0.4),
    },
    "tongue": {"tongueOut": (0.4, 1.0), "jawOpen": (0.25, 0.5)},
}  # fmt: skip
_WEIGHTS: Mapping[str, float] = {
    "neutral": 0.20, "faint smile": 0.14, "smile": 0.17, "laugh": 0.07, "talk": 0.13,
    "pucker": 0.03, "surprise": 0.05, "anger": 0.05, "sadness": 0.04, "disgust": 0.02,
    "shout": 0.03, "yawn": 0.015, "lips in": 0.02, "cheeks out": 0.01, "skew": 0.015,
    "tongue": 0.01,
}  # fmt: skip
# Open and moving mouths come this many times as often in a lively draw.
_LIVELY: Mapping[str, float] = {
    "laugh": 3, "talk": 1.5, "surprise": 3, "shout": 4, "yawn": 3, "pucker": 2, "skew": 2,
    "lips in": 2, "disgust": 2,
}  # fmt: skip
_EYES: Mapping[str, float] = {"open": 0.87, "closed": 0.07, "half": 0.04, "wink": 0.02}
_SIDED = frozenset(
    [
        "browDown",
        "browOuterUp",
        "cheekSquint",
        "eyeBlink",
        "eyeSquint",
        "eyeWide",
        "mouthDimple",
        "mouthFrown",
        "mouthLowerDown",
        "mouthPress",
        "mouthSmile",
        "mouthStretch",
        "mouthUpperUp",
        "noseSneer",
    ]
)


def draw_expression(rng: np.random.Generator, lively: bool = False) -> tuple[str, dict[str, float]]:
    """Draw an expression's name and its facial actions in [0, 1]; ``lively``: open mouths come
    more often than in life."""
    names = list(_WEIGHTS)
    weights = np.array([_WEIGHTS[n] * (_LIVELY.get(n, 1) if lively else 1) for n in names])
    name = names[rng.choice(len(names), p=weights / weights.sum())]
    actions: dict[str, float] = {}
    strength = rng.uniform(0, 1)  # one strength for all: they come and go together
    for action, (least, most) in _EXPRESSIONS[name].items():
        value = least + (most - least) * np.clip(rng.normal(strength, 0.2), 0, 1)
        _put(actions, rng, action, float(value))
    for action in ("browInnerUp", "browOuterUp", "browDown", "mouthPress", "eyeSquint", "eyeWide"):
        if rng.random() < 0.25:
            _put(actions, rng, action, float(rng.uniform(0, 0.3)))
    if name == "skew":
        weaker = ("mouthLeft", "jawLeft") if rng.random() < 0.5 else ("mouthRight", "jawRight")
        actions |= dict.fromkeys(weaker, 0.0)
    _eyelids(rng, actions)
    return name, {key: round(value, 4) for key, value in actions.items() if value > 0}


def _put(actions: dict[str, float], rng: np.random.Generator, action: str, value: float) -> None:
    if action in _SIDED:
        uneven = rng.normal(0, 0.25 if rng.random() < 0.15 else 0.04)
        for side, sign in zip(_BOTH, (1, -1), strict=True):
            found = actions.get(action + side, 0.0) + value * (1 + sign * uneven)
            actions[action + side] = float(np.clip(found, 0, 1))
    else:
        actions[action] = float(np.clip(actions.get(action, 0.0) + value, 0, 1))


def _eyelids(rng: np.random.Generator, actions: dict[str, float]) -> None:
    kind = str(rng.choice(list(_EYES), p=list(_EYES.values())))
    if kind == "open":
        lazy = float(rng.uniform(0.0, 0.22))
        for side in _BOTH:
            actions[f"eyeBlink{side}"] = max(actions.get(f"eyeBlink{side}", 0.0), lazy)
        return
    closed = {"closed": 1.0, "half": float(rng.uniform(0.35, 0.7)), "wink": 1.0}[kind]
    sides = _BOTH if kind != "wink" else (_BOTH[rng.integers(2)],)
    for side in sides:
        actions[f"eyeBlink{side}"] = closed
        actions[f"eyeWide{side}"] = 0.0
