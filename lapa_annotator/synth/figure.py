"""A person in place: the skin's fine mesh, the eyes, and the 106 points in space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lapa_annotator.synth.camera import Camera, look_at
from lapa_annotator.synth.eyes import Eyeball, eyeball, fit_sphere
from lapa_annotator.synth.human import human, turn
from lapa_annotator.synth.person import Person
from lapa_annotator.synth.points import BrowShape, lid_rings, points_uv
from lapa_annotator.synth.strands import Surface
from lapa_annotator.synth.template import HEAD, Template, template

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A person in space.

    Attributes:
        vertices: (19158, 3) of the model.
        surface: the skin's fine mesh, as the strands know it.
        head: (4, 4) similarity from the mean shape's head to this one.
        eyes: the left and the right eyeball in the picture.
        uv: (106, 2) texture coordinates of the points, NaN where they are not on the skin.
        points: (106, 3) places of the points; the contour's are replaced in the picture.
        camera: the view.
    """

    vertices: Array
    surface: Surface
    head: Array
    eyes: tuple[Eyeball, Eyeball]
    uv: Array
    points: Array
    camera: Camera

    def place(self, uv: Array) -> Array:
        """(n, 3) places of (n, 2) texture coordinates on the head."""
        corner, weight = template().locate(uv)
        found: Array = (self.surface.vertices[corner] * weight[..., None]).sum(axis=1)
        return found


def figure(person: Person, size: int) -> Figure:
    """Put a person and the camera in place for a picture of ``size`` pixels."""
    mesh = template()
    pose = person.pose
    parts = {"neck01": 0.3, "neck02": 0.3, "head": 0.4}
    turns = {
        bone: turn(pose.neck_yaw * s, pose.neck_pitch * s, pose.neck_roll * s)
        for bone, s in parts.items()
    }
    posed = human().pose(person.body.phenotype, person.body.changes, person.actions, turns)
    surface = Surface(mesh.matrix @ posed.vertices, mesh.faces)
    eyes = _eyes(posed.vertices, posed.head, mesh, pose.gaze)
    head = fit_head(mesh, surface.vertices)
    brows = person.brows
    uv = points_uv(BrowShape(brows.thickness, brows.raised, brows.arch, brows.length))
    points = _points(uv, surface, mesh, eyes)
    camera = _camera(person, points, head, size)
    return Figure(posed.vertices, surface, head, eyes, uv, points, camera)


def fit_head(mesh: Template, vertices: Array) -> Array:
    """The (4, 4) similarity that brings the mean shape's skull closest to ``vertices``."""
    skull = np.unique(mesh.faces[mesh.slots == HEAD])
    skull = skull[mesh.rest[skull, 2] > 0.60]
    source, target = mesh.rest[skull], vertices[skull]
    ms, mt = source.mean(axis=0), target.mean(axis=0)
    u, d, vt = np.linalg.svd((target - mt).T @ (source - ms))
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = (d * sign).sum() / ((source - ms) ** 2).sum()
    matrix = np.eye(4)
    matrix[:3, :3] = scale * rotation
    matrix[:3, 3] = mt - scale * rotation @ ms
    return matrix


def _eyes(
    vertices: Array, head: Array, mesh: Template, gaze: tuple[float, float]
) -> tuple[Eyeball, Eyeball]:
    found = []
    aim = head[:3, :3] @ turn(gaze[0], gaze[1], 0.0)
    frame = aim @ np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]).T
    # The person's right eye is on the image's left.
    for numbers in (mesh.groups.eyes[1], mesh.groups.eyes[0]):
        centre, radius = fit_sphere(vertices[numbers])
        found.append(eyeball(centre, radius, frame))
    return found[0], found[1]


def _points(uv: Array, surface: Surface, mesh: Template, eyes: tuple[Eyeball, Eyeball]) -> Array:
    points = np.full((len(uv), 3), np.nan)
    known = ~np.isnan(uv[:, 0])
    corner, weight = mesh.locate(uv[known])
    points[known] = (surface.vertices[corner] * weight[..., None]).sum(axis=1)
    points[74], points[83] = points[66:74].mean(axis=0), points[75:83].mean(axis=0)
    points[104], points[105] = eyes[0].pupil, eyes[1].pupil
    return points


def _camera(person: Person, points: Array, head: Array, size: int) -> Camera:
    pose, view = person.pose, person.view
    target = points[[0, 32, 16, 54]].mean(axis=0) + head[:3, :3] @ np.array([0, 0.02, 0.015])
    height = float(np.linalg.norm(points[[0, 32]].mean(axis=0) - points[16])) * 1.55
    focal = view.face_share * size * view.distance / height
    camera = look_at(
        target,
        view.distance,
        -(pose.yaw - pose.neck_yaw),
        -(pose.pitch - pose.neck_pitch),
        pose.roll - pose.neck_roll,
        focal,
        size,
    )
    shift = np.array(view.offset) * size / focal * view.distance
    moved = camera.position - camera.rotation[:, 0] * shift[0] + camera.rotation[:, 1] * shift[1]
    return Camera(size, focal, camera.rotation, moved)


def rings_in_space(body: Figure) -> tuple[Array, Array]:
    """The edges of the left and the right lids as (n, 3) places."""
    left, right = lid_rings(body.uv)
    return body.place(left), body.place(right)
