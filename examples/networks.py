"""Give what depth networks return to depthauthor: each result says what it holds, as far as its makers let it.

    python examples/networks.py hugging-face photo.jpg photo.heic depth-anything/Depth-Anything-V2-Small-hf

Each function takes the loaded model, so that a program can keep it for many photos. The photos' own files are passed
on, so that their pixels and metadata stay as they are.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageOps

import depthauthor as da

pillow_heif.register_heif_opener()  # So that Pillow, with which most of them read photos, opens HEIC, too.


def hugging_face(photo: Path, output: Path, pipe: Any, *, metric: bool) -> Any:
    """Use transformers' `pipeline("depth-estimation")`. Its result does not say whether the model is metric.

    The numbers of DPT, MiDaS and Depth-Anything have no scale: near and far give it.
    """
    result = pipe(str(photo))
    if metric:  # ZoeDepth, Depth Pro, Depth-Anything-V2-Metric.
        return da.embed(photo, result, output=output, unit="m")
    return da.embed(photo, result, output=output, kind="inverse-relative", near=0.5, far=10)


def depth_pro(photo: Path, output: Path, model: Any, transform: Any, load_rgb: Any) -> Any:
    """Use apple/ml-depth-pro, which returns metres and the focal length."""
    pixels, _, focal_px = load_rgb(photo)
    result = model.infer(transform(pixels), f_px=focal_px)
    return da.embed(photo, result, output=output, accuracy="absolute")


def moge(photo: Path, output: Path, model: Any, to_tensor: Any) -> Any:
    """Use microsoft/MoGe (version 2), which returns metres, a mask and the camera.

    to_tensor: makes a tensor on the model's device of an array, such as `lambda array: torch.tensor(array).cuda()`.
    """
    with Image.open(photo) as picture:
        pixels = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"), np.float32) / 255
    result = model.infer(to_tensor(pixels.transpose(2, 0, 1)))
    return da.embed(photo, result, output=output, accuracy="absolute")


def depth_anything_3(photo: Path, output: Path, model: Any) -> Any:
    """Use ByteDance-Seed/Depth-Anything-3: its nested models return metres, and say so."""
    return da.embed(photo, model.inference([str(photo)]), output=output)


if __name__ == "__main__":
    from transformers import pipeline

    _, network, source, target, name = sys.argv
    if network != "hugging-face":
        raise SystemExit(f"{network}: load its model and call the function of this name")
    pipe = pipeline("depth-estimation", model=name)
    report = hugging_face(Path(source), Path(target), pipe, metric="metric" in name.lower())
    sys.stdout.write(f"{report.verdict}\n")
