"""What a person wears or holds, as meshes; all of it is background in the label map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.synth import shapes
from lapa_annotator.synth.cloth import cover, garment
from lapa_annotator.synth.figure import Figure
from lapa_annotator.synth.labels import Part
from lapa_annotator.synth.person import Colour, Person
from lapa_annotator.synth.template import HEAD, template

if TYPE_CHECKING:
    from lapa_annotator.synth.scene import Scene

Array = NDArray[np.float64]

DARK_LENS = 0.5
"""A lens that lets less light through hides the eye behind it."""


def wear(scene: Scene, person: Person, body: Figure, surroundings: float) -> None:
    """Add everything that the person wears or holds to the scene.

    Args:
        scene: what is added to.
        person: who wears it.
        body: the person in place.
        surroundings: strength of the light all round, for lenses to reflect.
    """
    things = person.wear
    up = np.array([0.0, 0.0, 1.0])
    if things.clothes != "bare":
        thick = 0.009 if things.clothes == "shirt" else 0.012
        mesh = cover(body.surface, garment(things.clothes), up, thick)
        scene.mesh(*mesh, [(Part.COVER, _fabric(things.clothes_colour))])
    if things.hat:
        _hat(scene, person, body)
    if things.mask:
        mesh = cover(body.surface, garment("mask"), up, 0.005, smooth=45)
        scene.mesh(*mesh, [(Part.COVER, _fabric(things.mask_colour))])
        scene.mesh(*_mask_strings(body), [(Part.COVER, _fabric(things.mask_colour))])
    if things.scarf:
        scene.mesh(*_scarf(person, body), [(Part.COVER, _fabric(things.hat_colour))])
    if things.glasses:
        _glasses(scene, person, body, surroundings)
    if things.held:
        _held(scene, person, body)


def under_hat(hat: str) -> NDArray[np.bool_] | None:
    """Which quads of the head a hat lies on, (n,) bool; None without a hat."""
    if not hat:
        return None
    mesh = template()
    covered: NDArray[np.bool_] = garment(hat).covered[mesh.slots == HEAD]
    return covered


def _fabric(colour: Colour) -> dict[str, Any]:
    return {"kind": "plain", "colour": colour, "roughness": 0.85, "sheen": 0.3, "specular": 0.2,
            "bump": 0.0012, "bump_scale": 260.0}  # fmt: skip


def _hat(scene: Scene, person: Person, body: Figure) -> None:
    things = person.wear
    look = _fabric(things.hat_colour)
    kind = things.hat
    thick = {"beanie": 0.012, "cap": 0.014, "brim": 0.016, "headscarf": 0.009}[kind]
    up = body.head[:3, 2]
    mesh = cover(body.surface, garment(kind), up, thick, smooth=6 if kind != "headscarf" else 12)
    scene.mesh(*mesh, [(Part.COVER, look)])
    if kind in ("cap", "brim"):
        scene.mesh(*shapes.moved(_peak(kind), body.head), [(Part.COVER, look)])


def _peak(kind: str) -> shapes.Mesh:
    """The peak of a cap or the brim of a hat, on the mean shape."""
    whole = kind == "brim"
    angle = np.linspace(-np.pi, np.pi, 49) if whole else np.radians(np.linspace(-62, 62, 25))
    out = np.linspace(0, 1, 5)[:, None]
    inner, depth = np.array([0.078, 0.105]), 0.055 if whole else 0.060
    reach = depth * (1 if whole else np.cos(angle * 1.3).clip(0.05))
    x = (inner[0] + reach * out) * np.sin(angle)
    y = -0.018 - (inner[1] + reach * out) * np.cos(angle)
    tilt = 0.0 if whole else -0.25
    z = (
        0.719
        + tilt * out * reach
        - 0.35 * x**2 / 0.08
        + 0.02 * (1 - np.cos(angle)) * (-1 if whole else 0)
    )
    top = np.stack([x, y, np.broadcast_to(z, x.shape)], axis=-1)
    upper, lower = shapes.sheet(top), shapes.sheet(top - np.array([0, 0, 0.003]))
    return shapes.joined([upper, lower])


def _scarf(person: Person, body: Figure) -> shapes.Mesh:
    """Uneven rings of cloth about the neck."""
    rng = np.random.default_rng([person.seed, 6])
    neck = template().rest
    low = (neck[:, 2] > 0.500) & (neck[:, 2] < 0.520) & (np.abs(neck[:, 0]) < 0.09)
    centre = body.surface.vertices[low].mean(axis=0)
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    rings = []
    for level in (-0.036, -0.018, 0.0, 0.018, 0.032):
        wave = 0.004 * np.sin(angle * 2 + rng.uniform(0, 6)) + 0.002 * np.sin(
            angle * 5 + rng.uniform(0, 6)
        )
        reach = 0.080 - 0.3 * abs(level) + wave
        tilt = rng.normal(0, 0.08) - 0.25
        path = np.stack(
            [
                reach * np.cos(angle),
                1.02 * reach * np.sin(angle),
                level - tilt * -reach * np.sin(angle),
            ],
            1,
        )
        rings.append(shapes.tube(centre + path, 0.015, closed=True, sides=12))
    return shapes.joined(rings)


_STRING = ((0.064, -0.075, 0.606), (0.078, -0.035, 0.640), (0.074, -0.012, 0.625),
           (0.062, -0.066, 0.580))  # fmt: skip


def _mask_strings(body: Figure) -> shapes.Mesh:
    """Loops from the mask's corners round the ears."""
    strings = []
    for side in (-1, 1):
        corners = np.array(_STRING) * (side, 1, 1)
        world = corners @ body.head[:3, :3].T + body.head[:3, 3]
        t = np.linspace(0, 3, 16)
        path = np.stack([np.interp(t, np.arange(4), world[:, k]) for k in range(3)], axis=1)
        strings.append(shapes.tube(path, 0.0012))
    return shapes.joined(strings)


def _glasses(scene: Scene, person: Person, body: Figure, surroundings: float) -> None:
    things = person.wear
    rng = np.random.default_rng([person.seed, 7])
    inverse = np.linalg.inv(body.head)
    local = body.points @ inverse[:3, :3].T + inverse[:3, 3]
    eyes = (local[66:74].mean(axis=0), local[75:83].mean(axis=0))
    front = min(local[[66, 79, 72, 81, 36, 43], 1].min(), local[51, 1] + 0.004) - 0.009
    half = np.array([rng.uniform(0.023, 0.029), rng.uniform(0.017, 0.024)])
    power, thick = rng.uniform(1.6, 4.0), rng.uniform(0.0007, 0.0024)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    bend = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / power)
    rise = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (2 / power)
    frames, lenses = [], []
    for eye, side in zip(eyes, (-1, 1), strict=True):
        x = eye[0] + side * 0.001 + half[0] * bend
        # The frame is bent round the face.
        rim = np.stack([x, front + 2.2 * x**2, eye[2] - 0.002 + half[1] * rise], axis=1)
        frames.append(shapes.tube(rim, thick, closed=True))
        lenses.append(shapes.disc(rim))
        outer = rim[np.argmax(side * rim[:, 0])] + [0, 0, 0.003]
        ear = np.array([side * 0.079, -0.022, eye[2] + 0.001])
        behind = ear + np.array([-side * 0.003, 0.018, -0.022])
        hinge = np.array([side * max(abs(outer[0]) + 0.006, 0.071), outer[1] + 0.014, outer[2]])
        frames.append(shapes.tube(np.array([outer, hinge, ear, behind]), thick))
    inner = [eyes[0][0] + half[0] - 0.001, eyes[1][0] - half[0] + 0.001]
    across = np.linspace(inner[0], inner[1], 7)
    arch = 0.004 * np.sin(np.linspace(0, np.pi, 7))
    bridge = np.stack([across, front + 2.2 * across**2 - 0.001, eyes[0][2] + 0.003 + arch], axis=1)
    frames.append(shapes.tube(bridge, thick))
    metal = things.glasses_colour[0] > 0.25
    look = {
        "kind": "plain",
        "colour": things.glasses_colour,
        "roughness": 0.25,
        "metallic": float(metal),
    }
    scene.mesh(*shapes.moved(shapes.joined(frames), body.head), [(Part.COVER, look)])
    # Lit as strongly as the surroundings are; few glasses are without a coat against it.
    shine = float(rng.uniform(0.02, 0.10)) * surroundings
    glass = {"kind": "lens", "colour": (things.lens,) * 3, "shine": shine}
    number = Part.COVER if things.lens < DARK_LENS else 0
    scene.mesh(*shapes.moved(shapes.joined(lenses), body.head), [(number, glass)], smooth=False)


def _held(scene: Scene, person: Person, body: Figure) -> None:
    """A hand before the face, alone or with a thing."""
    things = person.wear
    rng = np.random.default_rng([person.seed, 8])
    mesh = template()
    side = 1 if things.held_place[0] >= 0 else -1
    arm = mesh.groups.body
    at = mesh.groups.template[arm].mean(axis=1)
    arm = arm[(side * at[:, 0] > 0.335)]
    used, faces = np.unique(arm, return_inverse=True)
    rest, shape = mesh.groups.template[used], body.vertices[used]
    long = np.linalg.svd(rest - rest.mean(axis=0), full_matrices=False)[2]
    axis = long[0] * np.sign((rest[rest[:, 2].argmin()] - rest.mean(axis=0)) @ long[0])
    palm = long[2]
    source = np.stack([np.cross(axis, palm), axis, palm], axis=1)
    lean = np.radians(rng.uniform(-40, 10) * side + rng.normal(0, 10))
    up = np.array([np.sin(lean) * 1.0, 0.0, np.cos(lean)])
    facing = np.array([rng.normal(0, 0.35), -1.0, rng.normal(0, 0.2)])
    facing -= (facing @ up) * up
    facing /= np.linalg.norm(facing)
    facing *= rng.choice([-1, 1])
    goal = np.stack([np.cross(up, facing), up, facing], axis=1)
    turned = (shape - shape.mean(axis=0)) @ source @ goal.T
    tip = turned[(turned @ up).argmax()]
    place = body.points[54] + body.head[:3, :3] @ np.array(things.held_place) + [0, -0.03, 0]
    skin = {"kind": "plain", "colour": person.skin.colour, "roughness": 0.5}
    vertices = turned - tip * 0.75 + place
    # Nothing of the hand goes into the face.
    nearest = max(0.0, float((vertices[:, 1] - (body.points[54][1] - 0.012)).max()))
    vertices = vertices - [0, min(nearest, 0.08), 0]
    scene.mesh(vertices, faces.reshape(-1, 4), [(Part.COVER, skin)])
    if things.held != "hand":
        thing = shapes.moved(
            _thing(things.held),
            _at(
                vertices.mean(axis=0) * 0.4 + place * 0.6 - [0, min(nearest, 0.08) + 0.02, 0.01],
                lean,
            ),
        )
        look = {"kind": "plain", "colour": things.held_colour, "roughness": 0.3}
        scene.mesh(*thing, [(Part.COVER, look)], smooth=things.held != "phone")


def _at(place: Array, lean: float) -> Array:
    matrix = np.eye(4)
    c, s = np.cos(lean), np.sin(lean)
    matrix[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    matrix[:3, 3] = place
    return matrix


def _thing(kind: str) -> shapes.Mesh:
    if kind == "phone":
        return shapes.box((0.072, 0.009, 0.150))
    if kind == "cup":
        profile = [
            (0.001, -0.05),
            (0.030, -0.05),
            (0.036, 0.05),
            (0.033, 0.05),
            (0.028, -0.04),
            (0.001, -0.04),
        ]
        return shapes.turned(np.array(profile))
    t = np.linspace(-np.pi / 2, np.pi / 2, 12)
    ball = np.stack([0.026 * np.cos(t), 0.075 + 0.030 * np.sin(t)], axis=1)
    return shapes.turned(np.concatenate([[(0.001, -0.09), (0.012, -0.09), (0.016, 0.045)], ball]))
