"""Build GLB files: a glTF 2.0 mesh with its texture (Khronos glTF 2.0, section 4; KHR_materials_unlit).

The material is unlit: a photo already has its light in it, and a viewer's lamps would add their own.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.views.geometry.mesh import Mesh
from authoring.views.geometry.points import bounds

MAGIC, VERSION = b"glTF", 2
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
FLOAT, UNSIGNED_INT = 5126, 5125
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
LINEAR, LINEAR_MIPMAP_LINEAR, CLAMP_TO_EDGE = 9729, 9987, 33071


def build_glb(mesh: Mesh, jpeg: bytes, generator: str, extras: dict[str, Any]) -> list[bytes | memoryview]:
    """Return the chunks of a file: points with y up, as glTF defines it, and the upright photo as texture.

    extras: what `asset.extras` says about units, axes and camera.
    """
    blocks: list[tuple[NDArray[Any] | bytes, int | None]] = [
        (np.ascontiguousarray(mesh.points, "<f4"), ARRAY_BUFFER),
        (np.ascontiguousarray(mesh.places, "<f4"), ARRAY_BUFFER),
        (np.ascontiguousarray(mesh.faces, "<u4"), ELEMENT_ARRAY_BUFFER),
        (jpeg, None),
    ]
    views: list[dict[str, Any]] = []
    chunks: list[bytes | memoryview] = []
    offset = 0
    for data, target in blocks:
        chunk = memoryview(data) if isinstance(data, bytes) else data.reshape(-1).view(np.uint8).data
        view: dict[str, Any] = {"buffer": 0, "byteOffset": offset, "byteLength": len(chunk)}
        views.append({**view, "target": target} if target else view)
        padding = bytes(-len(chunk) % 4)
        chunks += [chunk, padding]
        offset += len(chunk) + len(padding)
    count, (low, high) = len(mesh.points), bounds(mesh.points)
    content = {
        "asset": {"version": "2.0", "generator": generator, "extras": extras},
        "extensionsUsed": ["KHR_materials_unlit"],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "photo"}],
        "meshes": [
            {
                "name": "photo",
                "primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2, "material": 0}],
            }
        ],
        "materials": [
            {
                "name": "photo",
                "doubleSided": True,
                "pbrMetallicRoughness": {
                    "baseColorTexture": {"index": 0},
                    "metallicFactor": 0,
                    "roughnessFactor": 1,
                },
                "extensions": {"KHR_materials_unlit": {}},
            }
        ],
        "textures": [{"source": 0, "sampler": 0}],
        "samplers": [
            {
                "magFilter": LINEAR,
                "minFilter": LINEAR_MIPMAP_LINEAR,
                "wrapS": CLAMP_TO_EDGE,
                "wrapT": CLAMP_TO_EDGE,
            }
        ],
        "images": [{"bufferView": 3, "mimeType": "image/jpeg"}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": FLOAT,
                "count": count,
                "type": "VEC3",
                "min": low,
                "max": high,
            },
            {"bufferView": 1, "componentType": FLOAT, "count": count, "type": "VEC2"},
            {"bufferView": 2, "componentType": UNSIGNED_INT, "count": mesh.faces.size, "type": "SCALAR"},
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": offset}],
    }
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).encode("ascii")
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + offset
    header = MAGIC + struct.pack("<II", VERSION, total) + struct.pack("<II", len(text), JSON_CHUNK) + text
    return [header + struct.pack("<II", offset, BINARY_CHUNK), *chunks]
