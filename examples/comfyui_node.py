"""A ComfyUI node that writes photos with depth: put this file into ComfyUI's folder `custom_nodes`.

ComfyUI hands pictures on as float tensors (frames, H, W, 3) from 0 to 1, its depth maps too, as three equal channels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import depthauthor as da


class SaveDepthPhoto:
    """Write each frame of `images` as HEIC with the frame of `depth` of the same number."""

    RETURN_TYPES = ()
    FUNCTION = "save"
    OUTPUT_NODE = True
    CATEGORY = "image"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """Describe the node's inputs."""
        return {
            "required": {
                "images": ("IMAGE",),
                "depth": ("IMAGE",),
                "near": ("FLOAT", {"default": 0.5, "min": 0.01, "max": 1000.0, "step": 0.01}),
                "far": ("FLOAT", {"default": 10.0, "min": 0.01, "max": 1000.0, "step": 0.01}),
                "white": (["near", "far"],),
                "folder": ("STRING", {"default": "output"}),
            }
        }

    def save(
        self, images: Any, depth: Any, near: float, far: float, white: str, folder: str
    ) -> dict[str, Any]:
        """Write the frames; depth networks' nodes make white near, in even steps of 1/m."""
        written = []
        for number, frame in enumerate(images):
            pixels = (frame.cpu().numpy() * 255).round().clip(0, 255).astype(np.uint8)
            target = Path(folder) / f"depth-{number:05}.heic"
            da.embed(
                Image.fromarray(pixels),
                depth[number : number + 1],
                output=target,
                near=near,
                far=far,
                white=white,
                spacing="disparity",
            )
            written.append(str(target))
        return {"ui": {"text": written}}


NODE_CLASS_MAPPINGS = {"SaveDepthPhoto": SaveDepthPhoto}
NODE_DISPLAY_NAME_MAPPINGS = {"SaveDepthPhoto": "Save photo with depth (HEIC)"}
