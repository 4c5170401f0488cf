"""How things look, as shader nodes, one small function per kind of look."""

from __future__ import annotations

from typing import Any

import bpy


def material(look: dict[str, Any], images: dict[str, Any]) -> Any:
    """The material of a look: ``{"kind": ..., ...}``; images by name."""
    made = bpy.data.materials.new(look["kind"])
    made.use_nodes = True
    tree = made.node_tree
    tree.nodes.clear()
    shader = _KINDS[look["kind"]](tree, look, images)
    out = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(shader, out.inputs["Surface"])
    return made


def _principled(tree: Any, look: dict[str, Any]) -> Any:
    node = tree.nodes.new("ShaderNodeBsdfPrincipled")
    node.inputs["Base Color"].default_value = (*look.get("colour", (0.5, 0.5, 0.5)), 1.0)
    node.inputs["Roughness"].default_value = look.get("roughness", 0.5)
    node.inputs["Metallic"].default_value = look.get("metallic", 0.0)
    node.inputs["Specular IOR Level"].default_value = look.get("specular", 0.5)
    node.inputs["Coat Weight"].default_value = look.get("coat", 0.0)
    node.inputs["Coat Roughness"].default_value = look.get("coat_roughness", 0.03)
    node.inputs["Sheen Weight"].default_value = look.get("sheen", 0.0)
    return node


def _paint(tree: Any, node: Any, look: dict[str, Any], images: dict[str, Any]) -> None:
    if "image" in look:
        picture = tree.nodes.new("ShaderNodeTexImage")
        picture.image = images[look["image"]]
        picture.extension = "EXTEND"
        tree.links.new(picture.outputs["Color"], node.inputs["Base Color"])


def _bump(tree: Any, node: Any, scale: float, height: float, detail: float = 4.0) -> None:
    place = tree.nodes.new("ShaderNodeTexCoord")
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = scale
    noise.inputs["Detail"].default_value = detail
    bump = tree.nodes.new("ShaderNodeBump")
    bump.inputs["Strength"].default_value = 1.0
    bump.inputs["Distance"].default_value = height
    tree.links.new(place.outputs["Object"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Fac"], bump.inputs["Height"])
    tree.links.new(bump.outputs["Normal"], node.inputs["Normal"])


def _skin(tree: Any, look: dict[str, Any], images: dict[str, Any]) -> Any:
    node = _principled(tree, look)
    _paint(tree, node, look, images)
    node.inputs["Subsurface Weight"].default_value = look["subsurface"]
    node.inputs["Subsurface Radius"].default_value = (1.0, 0.35, 0.2)
    node.inputs["Subsurface Scale"].default_value = 0.006
    _bump(tree, node, look["bump_scale"], look["bump"])
    return node.outputs[0]


def _plain(tree: Any, look: dict[str, Any], images: dict[str, Any]) -> Any:
    node = _principled(tree, look)
    _paint(tree, node, look, images)
    if look.get("bump"):
        _bump(tree, node, look["bump_scale"], look["bump"], 2.0)
    return node.outputs[0]


def _hair(tree: Any, look: dict[str, Any], images: dict[str, Any]) -> Any:
    node = tree.nodes.new("ShaderNodeBsdfHairPrincipled")
    node.parametrization = "COLOR"
    node.inputs["Color"].default_value = (*look["colour"], 1.0)
    node.inputs["Roughness"].default_value = look["roughness"]
    node.inputs["Radial Roughness"].default_value = look["roughness"]
    node.inputs["Random Roughness"].default_value = 0.3
    return node.outputs[0]


def _lens(tree: Any, look: dict[str, Any], images: dict[str, Any]) -> Any:
    """A thin sheet of glass: what lies behind, tinted, and the surroundings' reflection over it.

    The reflection is looked up, not traced: paths that are split by chance would leave noise.
    """
    clear = tree.nodes.new("ShaderNodeBsdfTransparent")
    clear.inputs["Color"].default_value = (*look["colour"], 1.0)
    place = tree.nodes.new("ShaderNodeTexCoord")
    around = tree.nodes.new("ShaderNodeTexEnvironment")
    around.image = images["world"]
    glow = tree.nodes.new("ShaderNodeEmission")
    glow.inputs["Strength"].default_value = look["shine"]
    both = tree.nodes.new("ShaderNodeAddShader")
    tree.links.new(place.outputs["Reflection"], around.inputs["Vector"])
    tree.links.new(around.outputs["Color"], glow.inputs["Color"])
    tree.links.new(clear.outputs[0], both.inputs[0])
    tree.links.new(glow.outputs[0], both.inputs[1])
    return both.outputs[0]


_KINDS = {"skin": _skin, "plain": _plain, "hair": _hair, "lens": _lens}


def geometry_material(number: int, near: float, far: float) -> Any:
    """Emits (u, v, number + share of depth): what the geometry pass writes.

    The third value holds the depth between ``near`` and ``far`` as 0.1 to 0.9.
    """
    made = bpy.data.materials.new(f"geometry{number}")
    made.use_nodes = True
    tree = made.node_tree
    tree.nodes.clear()
    uv = tree.nodes.new("ShaderNodeUVMap")
    uv.uv_map = "uv"
    apart = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(uv.outputs[0], apart.inputs[0])
    camera = tree.nodes.new("ShaderNodeCameraData")
    depth = tree.nodes.new("ShaderNodeMapRange")
    for name, value in (("From Min", near), ("From Max", far), ("To Min", 0.1), ("To Max", 0.9)):
        depth.inputs[name].default_value = value
    tree.links.new(camera.outputs["View Z Depth"], depth.inputs["Value"])
    total = tree.nodes.new("ShaderNodeMath")
    total.inputs[1].default_value = float(number)
    tree.links.new(depth.outputs[0], total.inputs[0])
    join = tree.nodes.new("ShaderNodeCombineXYZ")
    for k, source in enumerate((apart.outputs[0], apart.outputs[1], total.outputs[0])):
        tree.links.new(source, join.inputs[k])
    glow = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(join.outputs[0], glow.inputs["Color"])
    out = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(glow.outputs[0], out.inputs["Surface"])
    return made


def clear_material() -> Any:
    """Seen by no ray: lenses and lashes in the geometry pass."""
    made = bpy.data.materials.new("clear")
    made.use_nodes = True
    tree = made.node_tree
    tree.nodes.clear()
    node = tree.nodes.new("ShaderNodeBsdfTransparent")
    out = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(node.outputs[0], out.inputs["Surface"])
    return made
