"""The two renderings of a scene: the picture, and the geometry that labels are read from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from lapa_annotator.synth.blender import materials
from lapa_annotator.synth.blender.build import Stage


def picture(stage: Stage, description: dict[str, Any], path: Path) -> None:
    """Render the picture: 8-bit PNG, sRGB, transparent where nothing is."""
    scene = stage.scene
    prepare(scene, description)
    scene.render.resolution_x = scene.render.resolution_y = description["size"]
    cycles = scene.cycles
    cycles.samples = description["samples"]
    cycles.use_denoising = True
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    # The finest filter takes longer than the rendering itself; the quick one keeps strands crisp.
    cycles.denoising_prefilter, cycles.denoising_quality = "ACCURATE", "FAST"
    cycles.filter_width = 1.5
    scene.view_settings.view_transform = description["tone"]
    scene.view_settings.exposure = description["exposure"]
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.image_settings.compression = 10
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def geometry(stage: Stage, description: dict[str, Any], path: Path) -> None:
    """Write (H, W, 3) float32: u, v and number + depth of what each sample's centre sees.

    One sample per pixel, at its centre, of a picture ``fine`` times as large; 0 where nothing
    is. Slots without a number are not seen.
    """
    scene = stage.scene
    fine = description["size"] * description["fine"]
    scene.render.resolution_x = scene.render.resolution_y = fine
    cycles = scene.cycles
    cycles.samples = 1
    cycles.use_denoising = False
    cycles.pixel_filter_type = "BOX"
    cycles.filter_width = 0.01
    cycles.max_bounces = 0
    cycles.transparent_max_bounces = 16
    scene.camera.data.dof.use_dof = False
    scene.world = None
    for light in [o for o in scene.collection.objects if o.type == "LIGHT"]:
        scene.collection.objects.unlink(light)
    near, far = description["depth"]
    for thing, slots in stage.objects:
        for index, slot in enumerate(slots):
            number = slot["number"]
            thing.data.materials[index] = (
                materials.geometry_material(number, near, far)
                if number
                else materials.clear_material()
            )
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGBA"
    settings.exr_codec = "NONE"
    scene.view_settings.view_transform, scene.view_settings.exposure = "Raw", 0.0
    file = path.with_suffix(".exr")
    scene.render.filepath = str(file)
    bpy.ops.render.render(write_still=True)
    loaded = bpy.data.images.load(str(file))
    loaded.colorspace_settings.name = "Non-Color"
    values = np.empty(fine * fine * 4, dtype=np.float32)
    loaded.pixels.foreach_get(values)
    bpy.data.images.remove(loaded)
    file.unlink()
    np.save(path, np.ascontiguousarray(values.reshape(fine, fine, 4)[::-1, :, :3]))


def prepare(scene: Any, description: dict[str, Any]) -> None:
    """Set what both renderings share."""
    scene.render.engine = "CYCLES"
    scene.render.resolution_percentage = 100
    scene.render.film_transparent = True
    scene.render.threads_mode = "FIXED"
    scene.render.threads = description["threads"]
    scene.render.use_persistent_data = True
    scene.cycles.device = "CPU"
    scene.cycles.seed = description["seed"] % 2**31
    scene.cycles.max_bounces = 3
    scene.cycles.diffuse_bounces = 1
    scene.cycles.glossy_bounces = 2
    scene.cycles.transmission_bounces = 3
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.cycles.transparent_max_bounces = 12
    scene.cycles.use_adaptive_sampling = False
    scene.cycles_curves.shape = "RIBBONS"
    scene.cycles_curves.subdivisions = 2
    scene.display_settings.display_device = "sRGB"
