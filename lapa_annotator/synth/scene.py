"""The scene of a person as the renderer takes it: parts, looks, lights and the camera."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.domain.classes import Label
from lapa_annotator.synth import hair
from lapa_annotator.synth.eyes import Eyeball, iris_picture
from lapa_annotator.synth.figure import Figure, rings_in_space
from lapa_annotator.synth.labels import Part
from lapa_annotator.synth.light import lighting
from lapa_annotator.synth.person import Person
from lapa_annotator.synth.points import class_outlines
from lapa_annotator.synth.skin import skin_picture
from lapa_annotator.synth.strands import Strands
from lapa_annotator.synth.template import COLOUR_CHART, HEAD, template
from lapa_annotator.synth.wear import under_hat, wear

Array = NDArray[np.float64]

FINE = 3
"""Samples per pixel and side of the geometry pass."""
SAMPLES = 6
"""Paths per pixel of the picture, before the noise is taken out."""


class Scene:
    """A scene that is being put together.

    Attributes:
        parts: descriptions of meshes and strands.
        arrays: name -> array that a part or picture names.
        images: name -> name of its array.
    """

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []
        self.arrays: dict[str, NDArray[Any]] = {}
        self.images: dict[str, str] = {}

    def _keep(self, array: NDArray[Any]) -> str:
        name = f"a{len(self.arrays)}"
        self.arrays[name] = array
        return name

    def image(self, name: str, pixels: NDArray[np.float32]) -> None:
        """Add an (H, W, 3) picture in linear light that looks can name."""
        self.images[name] = self._keep(pixels)

    def mesh(
        self,
        vertices: Array,
        faces: NDArray[Any],
        slots: list[tuple[int, dict[str, Any]]],
        uv: Array | None = None,
        slot: NDArray[Any] | None = None,
        smooth: bool = True,
    ) -> None:
        """Add a mesh of (n, 4) quads or (n, 3) triangles.

        Args:
            vertices: (n, 3) in metres.
            faces: corners of the faces.
            slots: number in the geometry pass (0: unseen there) and look, by slot.
            uv: (corners, 2) texture coordinates.
            slot: (n,) slot of each face; the first one without.
            smooth: whether the faces' edges are hidden.
        """
        part: dict[str, Any] = {
            "kind": "mesh",
            "vertices": self._keep(vertices.astype(np.float32)),
            "faces": self._keep(faces.astype(np.int32)),
            "slots": [{"number": int(number), "look": look} for number, look in slots],
            "smooth": smooth,
        }
        if uv is not None:
            part["uv"] = self._keep(uv.astype(np.float32))
        if slot is not None:
            part["slot"] = self._keep(slot.astype(np.int32))
        self.parts.append(part)

    def strands(self, strands: Strands, number: int, look: dict[str, Any]) -> None:
        """Add strands of one look."""
        self.parts.append(
            {
                "kind": "strands",
                "points": self._keep(strands.points.astype(np.float32)),
                "radius": self._keep(strands.radius.astype(np.float32)),
                "slots": [{"number": int(number), "look": look}],
            }
        )


def build_scene(
    person: Person, body: Figure, threads: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Describe the scene for the renderer: the description and the arrays it names."""
    scene = Scene()
    _skin(scene, person, body)
    _mouth(scene, body)
    for side, number, ball in zip("lr", (Part.LEFT_EYE, Part.RIGHT_EYE), body.eyes, strict=True):
        _eye(scene, person, side, number, ball)
    _hairs(scene, person, body)
    light = lighting(person, body.points[51])
    wear(scene, person, body, light.strength)
    scene.image("world", light.world)
    view, camera = person.view, body.camera
    focus = float(body.camera.project(body.points[[66, 79]])[1].min())
    description = {
        "size": camera.size,
        "fine": FINE,
        "samples": SAMPLES,
        "threads": threads,
        "seed": person.seed,
        "tone": "AgX" if person.seed % 3 == 0 else "Standard",
        "exposure": view.exposure,
        "images": scene.images,
        "parts": scene.parts,
        "lights": light.lamps,
        "world": {"image": "world", "strength": light.strength},
        "camera": {
            "focal": camera.focal,
            "aperture": view.aperture,
            "focus": focus,
            "matrix": camera.matrix().tolist(),
        },
        "depth": depth_window(person),
    }
    return description, scene.arrays


def depth_window(person: Person) -> list[float]:
    """Near and far end in metres of what the geometry pass tells apart."""
    return [max(0.05, person.view.distance - 0.4), person.view.distance + 0.6]


def _skin(scene: Scene, person: Person, body: Figure) -> None:
    mesh = template()
    scene.image("skin", skin_picture(person, body.uv)[::-1])
    skin = person.skin
    rough = 0.56 - 0.13 * skin.shine
    common = {"kind": "skin", "roughness": rough, "specular": 0.38, "subsurface": 0.14,
              "bump": 0.00022, "bump_scale": 300.0}  # fmt: skip
    base = np.array(skin.colour)
    wet = {"kind": "plain", "roughness": 0.25, "specular": 0.6}
    gum = (0.24, 0.045, 0.04)
    lid = tuple((base * [0.9, 0.5, 0.48] + [0.06, 0.015, 0.015]).tolist())
    slots: list[tuple[int, dict[str, Any]]] = [
        (Part.HEAD, {**common, "image": "skin"}),
        (Part.BODY, {**common, "colour": skin.colour}),
        (Part.MOUTH, {**wet, "colour": gum}),
        (Part.LEFT_EYE, {**wet, "colour": lid}),
        (Part.RIGHT_EYE, {**wet, "colour": lid}),
    ]
    uv = np.zeros((len(mesh.faces), 4, 2))
    head = mesh.slots == HEAD
    uv[head] = COLOUR_CHART.unit(mesh.uv[head])
    scene.mesh(body.surface.vertices, mesh.faces, slots, uv.reshape(-1, 2), mesh.slots)


def _mouth(scene: Scene, body: Figure) -> None:
    groups = template().groups
    tooth = {"kind": "plain", "colour": (0.72, 0.66, 0.55), "roughness": 0.25, "coat": 0.4}
    tongue = {"kind": "plain", "colour": (0.42, 0.10, 0.09), "roughness": 0.35, "bump": 0.0008,
              "bump_scale": 500.0}  # fmt: skip
    for quads, look in ((groups.teeth, tooth), (groups.tongue, tongue)):
        used, faces = np.unique(quads, return_inverse=True)
        scene.mesh(body.vertices[used], faces.reshape(-1, 4), [(Part.MOUTH, look)])


def _eye(scene: Scene, person: Person, side: str, number: int, ball: Eyeball) -> None:
    name = f"iris {side}"
    picture = iris_picture(np.array(person.eye_colour), person.eye_red, person.pupil, person.seed)
    scene.image(name, picture)
    look = {"kind": "plain", "image": name, "roughness": 0.35, "coat": 1.0, "coat_roughness": 0.02}
    scene.mesh(ball.vertices, ball.faces, [(number, look)], ball.uv)


def _hairs(scene: Scene, person: Person, body: Figure) -> None:
    mesh = template()
    brows = dict(class_outlines(body.uv))
    outlines = (brows[Label.LEFT_EYEBROW], brows[Label.RIGHT_EYEBROW])
    look = {"kind": "hair", "roughness": 0.35, "colour": person.brows.colour}
    found = hair.brow_hair(person.brows, outlines, mesh, body.surface, person.seed)
    scene.strands(found, 0, look)
    if person.lashes > 0:
        centres = (body.eyes[0].centre, body.eyes[1].centre)
        lashes = hair.lashes(rings_in_space(body), centres, person.lashes, person.seed)
        scene.strands(lashes, 0, {"kind": "hair", "roughness": 0.3, "colour": (0.01, 0.008, 0.007)})
    if person.beard is not None:
        look = {"kind": "hair", "roughness": 0.35, "colour": person.beard.colour}
        scene.strands(hair.beard_hair(person.beard, mesh, body.surface), 0, look)
    look = {"kind": "hair", "roughness": 0.3, "colour": person.hair.colour}
    hidden = under_hat(person.wear.hat)
    if person.wear.hat == "headscarf":
        return
    for strands in hair.head_hair(person.hair, mesh, body.surface, body.head, hidden):
        scene.strands(strands, Part.HAIR, look)
