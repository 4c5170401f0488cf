"""From a scene description to Blender's objects: meshes, strands, lights, world, camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from lapa_annotator.synth.blender import materials

Arrays = Mapping[str, Any]


@dataclass
class Stage:
    """The scene that is built, and the object of every part that the geometry pass must know."""

    scene: Any
    objects: list[tuple[Any, list[dict[str, Any]]]] = field(default_factory=list)


def build(scene: dict[str, Any], arrays: Arrays) -> Stage:
    """Empty Blender and build the scene that the description tells of."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    stage = Stage(bpy.context.scene)
    images = {name: _image(name, arrays[key]) for name, key in scene["images"].items()}
    for number, part in enumerate(scene["parts"]):
        make = _strands if part["kind"] == "strands" else _mesh
        holder = make(f"part{number}", part, arrays)
        thing = bpy.data.objects.new(f"part{number}", holder)
        stage.scene.collection.objects.link(thing)
        for slot in part["slots"]:
            holder.materials.append(materials.material(slot["look"], images))
        stage.objects.append((thing, part["slots"]))
    _lights(stage.scene, scene["lights"])
    _world(stage.scene, images[scene["world"]["image"]], scene["world"]["strength"])
    _camera(stage.scene, scene)
    return stage


def _image(name: str, pixels: np.ndarray) -> Any:
    """An (H, W, 3) float picture, first row on top, in linear light."""
    h, w = pixels.shape[:2]
    image = bpy.data.images.new(name, w, h, float_buffer=True, is_data=False)
    image.colorspace_settings.name = "Non-Color"
    rgba = np.ones((h, w, 4), dtype=np.float32)
    rgba[..., :3] = pixels[::-1]
    image.pixels.foreach_set(rgba.ravel())
    return image


def _mesh(name: str, part: dict[str, Any], arrays: Arrays) -> Any:
    vertices = np.asarray(arrays[part["vertices"]], dtype=np.float32)
    faces = np.asarray(arrays[part["faces"]], dtype=np.int32)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", vertices.ravel())
    mesh.loops.add(faces.size)
    mesh.loops.foreach_set("vertex_index", faces.ravel())
    mesh.polygons.add(len(faces))
    starts = np.arange(0, faces.size, faces.shape[1], dtype=np.int32)
    mesh.polygons.foreach_set("loop_start", starts)
    if "uv" in part:
        layer = mesh.uv_layers.new(name="uv")
        layer.data.foreach_set("uv", np.asarray(arrays[part["uv"]], dtype=np.float32).ravel())
    if "slot" in part:
        slots = np.asarray(arrays[part["slot"]], dtype=np.int32)
        mesh.polygons.foreach_set("material_index", slots)
    mesh.update(calc_edges=True)
    if part.get("smooth", True):
        mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), dtype=bool))
    return mesh


def _strands(name: str, part: dict[str, Any], arrays: Arrays) -> Any:
    points = np.asarray(arrays[part["points"]], dtype=np.float32)
    count, steps = points.shape[:2]
    curves = bpy.data.hair_curves.new(name)
    curves.add_curves([steps] * count)
    curves.points.foreach_set("position", points.ravel())
    radius = np.asarray(arrays[part["radius"]], dtype=np.float32)
    curves.points.foreach_set("radius", np.broadcast_to(radius, (count, steps)).ravel())
    return curves


def _lights(scene: Any, lights: list[dict[str, Any]]) -> None:
    for number, light in enumerate(lights):
        data = bpy.data.lights.new(f"light{number}", light["kind"])
        data.energy, data.color = light["energy"], light["colour"]
        if light["kind"] == "AREA":
            data.size = light["size"]
        if light["kind"] == "SUN":
            data.angle = light["size"]
        thing = bpy.data.objects.new(f"light{number}", data)
        thing.matrix_world = Matrix(light["matrix"])
        scene.collection.objects.link(thing)


def _world(scene: Any, image: Any, strength: float) -> None:
    world = bpy.data.worlds.new("world")
    scene.world = world
    world.use_nodes = True
    nodes = world.node_tree.nodes
    picture = nodes.new("ShaderNodeTexEnvironment")
    picture.image = image
    back = nodes["Background"]
    back.inputs["Strength"].default_value = strength
    world.node_tree.links.new(picture.outputs["Color"], back.inputs["Color"])


def _camera(scene: Any, description: dict[str, Any]) -> None:
    camera = description["camera"]
    data = bpy.data.cameras.new("camera")
    data.sensor_fit, data.sensor_width = "HORIZONTAL", 36.0
    data.lens = 36.0 * camera["focal"] / description["size"]
    data.clip_start, data.clip_end = 0.01, 100.0
    if camera["aperture"] > 0:
        data.dof.use_dof = True
        data.dof.focus_distance = camera["focus"]
        data.dof.aperture_fstop = camera["aperture"]
    thing = bpy.data.objects.new("camera", data)
    thing.matrix_world = Matrix(camera["matrix"])
    scene.collection.objects.link(thing)
    scene.camera = thing
