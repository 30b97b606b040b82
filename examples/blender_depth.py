"""Render a Blender scene with its depth: a picture, the depth pass, and the camera, as `depthauthor embed` takes them.

    blender -b scene.blend --python examples/blender_depth.py -- render
    depthauthor embed render/photo.png render/depth.exr --calibration render/camera.json -o photo.heic

Blender's depth pass holds metres along the viewing direction, if a unit of the scene is a metre; the sky is at 1e10
and becomes infinitely far. Leave depth of field off, so that the picture is sharp: Photos adds the blur.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import bpy


def render(folder: Path) -> None:
    """Render the current frame into photo.png, depth.exr and camera.json."""
    scene = bpy.context.scene
    bpy.context.view_layer.use_pass_z = True
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):  # Blender 5.
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    settings.color_depth = "32"
    scene.render.filepath = str(folder / "depth.exr")
    bpy.ops.render.render(write_still=True)

    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    settings.color_mode = "RGB"
    settings.color_depth = "8"
    bpy.data.images["Render Result"].save_render(str(folder / "photo.png"), scene=scene)
    (folder / "camera.json").write_text(json.dumps(camera(scene), indent=1) + "\n", encoding="utf-8")


def camera(scene: Any) -> dict[str, float]:
    """Return the camera's focal length and principal point in pixels; a lens shift moves the latter."""
    output = scene.render
    width = output.resolution_x * output.resolution_percentage // 100
    height = output.resolution_y * output.resolution_percentage // 100
    graph = bpy.context.evaluated_depsgraph_get()
    matrix = scene.camera.calc_matrix_camera(graph, x=width, y=height)
    return {
        "fx": matrix[0][0] * width / 2,
        "fy": matrix[1][1] * height / 2,
        "cx": (1 - matrix[0][2]) * width / 2,
        "cy": (1 + matrix[1][2]) * height / 2,
        "width": width,
        "height": height,
    }


if __name__ == "__main__":
    given = Path(sys.argv[sys.argv.index("--") + 1] if "--" in sys.argv else "render").resolve()
    given.mkdir(parents=True, exist_ok=True)
    render(given)
