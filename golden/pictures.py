"""Write the pictures of README and docs that the program itself makes of the golden scene.

Run `python -m golden.pictures` at the root of the repository. The scene is rendered again at a larger size.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import depthauthor
from authoring.depth.calibration_json import parse_calibration_json
from authoring.views.refocus import refocused_pixels
from authoring.views.scene import Scene, load_scene
from golden.scene import calibration, render
from golden.tutorial_pictures import tutorial_pictures

PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
SIZE: Final = (1600, 1200)
WIDTH: Final = 1200
WIDTHS: Final = {"preview": WIDTH, "overlay": 1000}
"""READMEs are shown some 900 pixels wide; an overlay is the higher picture and would grow above 120 kB."""
QUALITY: Final = 82

BALL, BOARD = (0.19, 0.8), (0.5, 0.25)
STRIP: Final = (
    (16.0, BALL, "f/16"),
    (2.0, BALL, "f/2, the ball"),
    (1.0, BALL, "f/1, the ball"),
    (1.0, BOARD, "f/1, the board"),
)
"""Aperture, focus and caption of each part of the strip."""


def embedded() -> bytes:
    """Return the scene as a photo with depth."""
    scene = render(*SIZE, 2)
    out = io.BytesIO()
    Image.fromarray(scene.rgb).save(out, "JPEG", quality=97, subsampling=0)
    camera = parse_calibration_json(calibration())
    return depthauthor.embed_bytes(
        out.getvalue(), scene.depth_m, accuracy="absolute", focus=BALL, calibration=camera
    )


def strip(scene: Scene) -> Image.Image:
    """Return the same photo through lenses of several apertures."""
    gap, foot = 8, 30
    side = (WIDTH - 3 * gap) // 4
    high = round(side * 1.25)
    sheet = Image.new("RGB", (WIDTH, high + foot), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    for number, (aperture, focus, caption) in enumerate(STRIP):
        picture, _ = refocused_pixels(scene, aperture=aperture, focus=focus)
        # What is near and what is far: the left half of the scene, in an upright crop.
        height = picture.shape[0]
        crop = Image.fromarray(picture[:, : round(height / 1.25)]).resize(
            (side, high), Image.Resampling.LANCZOS
        )
        left = number * (side + gap)
        sheet.paste(crop, (left, 0))
        pen.text((left, high + 7), caption, font=font, fill=(70, 70, 76))
    return sheet


def main() -> None:
    """Write the pictures."""
    data = embedded()
    with tempfile.TemporaryDirectory() as name:
        photo = Path(name) / "scene.jpg"
        photo.write_bytes(data)
        pictures = {}
        for kind in ("preview", "overlay"):
            path = Path(name) / f"{kind}.png"
            depthauthor.preview(photo, output=path, overlay=kind == "overlay", width=WIDTHS[kind])
            with Image.open(path) as picture:
                pictures[kind] = picture.convert("RGB")
    pictures["refocus"] = strip(load_scene(data))
    pictures.update(tutorial_pictures())
    for kind, image in pictures.items():
        target = PICTURES / f"{kind}.jpg"
        image.save(target, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
        print(
            f"{target.stat().st_size:9,d}  docs/pictures/{target.name} {np.asarray(image).shape[1]}x{image.height}"
        )


if __name__ == "__main__":
    main()
