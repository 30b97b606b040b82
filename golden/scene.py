"""Render the golden scene, a photo with exact depth, and make the files from it.

Run `python -m golden.scene` at the root of the repository to write every file again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageDraw, ImageFont
from PIL.TiffImagePlugin import IFDRational

from golden import geometry, shading
from golden.geometry import Floats, Intrinsics

SIZE: Final = (1024, 768)
"""Width and height of the photo, the mask and the millimetre map."""
HALF: Final = (512, 384)
"""Width and height of the oriented photos and the other maps: their size differs from the photo's on purpose."""
SUPERSAMPLE: Final = 3
"""Rays across each pixel of the golden photo; odd, so that one of them is the pixel's centre."""
NEAR_M: Final = 0.5
FAR_M: Final = 8.0
"""What code 0 (black) and the last code (white) of the masks mean; the scene is well between."""
FOCAL_35MM: Final = 27
"""800 px · 43.267 mm / 1280 px = 27.04 mm by the diagonal, as Exif rounds it."""
FOCAL_MM: Final = 5.7
PIXEL_SIZE_MM: Final = FOCAL_MM / 800

RAYS: Final = 1 << 17
"""Rays to a chunk: few enough for the cache, enough to forget numpy's overhead."""

Codes = NDArray[np.uint8]
Depth = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scene:
    """A photo, sRGB uint8 (H, W, 3); its depth, metres float32 (H, W), at the pixels' centres; its camera."""

    rgb: Codes
    depth_m: Depth
    intrinsics: Intrinsics


def rays(camera: Intrinsics, top: int, rows: int, dx: float, dy: float) -> Floats:
    """Return directions (3, rows · W) through the point (dx, dy) of each pixel of some rows; their unit is depth."""
    x = (np.arange(camera.width) + dx - camera.cx) / camera.fx
    y = (np.arange(top, top + rows) + dy - camera.cy) / camera.fy
    return geometry.to_world(np.tile(x, rows), np.repeat(y, camera.width))


def by_chunks(camera: Intrinsics, work: Callable[[int, int], None]) -> None:
    """Call work(top, rows) for chunks of the picture, on all cores; numpy lets threads run side by side."""
    rows = max(1, RAYS // camera.width)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        tops = range(0, camera.height, rows)
        for done in [pool.submit(work, top, min(rows, camera.height - top)) for top in tops]:
            done.result()


def view_depth(camera: Intrinsics) -> Depth:
    """Return the exact depth a camera sees, metres float32 (H, W), at the pixels' centres."""
    depth = np.empty((camera.height, camera.width), np.float32)

    def work(top: int, rows: int) -> None:
        distance, _ = geometry.trace(np.zeros((3, 1)), rays(camera, top, rows, 0.5, 0.5))
        depth[top : top + rows] = distance.reshape(rows, camera.width)

    by_chunks(camera, work)
    return depth


def view(camera: Intrinsics, supersample: int = 1) -> Scene:
    """Render what a camera sees, from supersample² rays a pixel; the depth is always that of the pixel's centre.

    Nothing is random. The depth is the same on every machine; the photo may differ by a code where another
    machine rounds an arc tangent or a hypotenuse otherwise.
    """
    height, width = camera.height, camera.width
    rgb = np.empty((height, width, 3), np.uint8)
    origin = np.zeros((3, 1))
    places = [(k + 0.5) / supersample for k in range(supersample)]
    steps = np.linspace(0, 1, 4096)
    curve = np.where(steps <= 0.0031308, 12.92 * steps, 1.055 * steps ** (1 / 2.4) - 0.055)
    codes = np.rint(curve * 255).astype(np.uint8)

    def work(top: int, rows: int) -> None:
        total = np.zeros((3, rows * width), np.float32)
        for dy in places:
            for dx in places:
                direction = rays(camera, top, rows, dx, dy)
                distance, part = geometry.trace(origin, direction)
                total += shading.developed(shading.colour(origin, direction, distance, part))
        index = np.rint(total * (4095 / supersample**2)).astype(np.uint16)
        rgb[top : top + rows] = codes[index].T.reshape(rows, width, 3)

    by_chunks(camera, work)
    return Scene(rgb, view_depth(camera), camera)


def render(width: int, height: int, supersample: int = 1) -> Scene:
    """Render the scene at any size, with the golden camera; see `view`.

    Width fixes the field of view. At 4:3 or wider the depth lies between 0.6 and 6.2 m; a taller picture also
    sees what is nearer, below.
    """
    return view(Intrinsics.of_size(width, height), supersample)


def render_depth(width: int, height: int) -> Depth:
    """Return the depth of `render` alone, metres float32 (height, width): several times faster than the photo."""
    return view_depth(Intrinsics.of_size(width, height))


@lru_cache(maxsize=1)
def golden_scene() -> Scene:
    """Return the scene as the golden photo shows it."""
    return render(*SIZE, SUPERSAMPLE)


def halved(rgb: Codes) -> Codes:
    """Return a picture (H, W, 3) at half its size, each pixel the mean of four."""
    height, width, _ = rgb.shape
    blocks = rgb.reshape(height // 2, 2, width // 2, 2, 3).astype(np.uint16)
    mean: Codes = ((blocks.sum(axis=(1, 3)) + 2) // 4).astype(np.uint8)
    return mean


def oriented(upright: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return the raster to store so that a reader who obeys Exif Orientation 1 … 8 shows `upright` (H, W, …).

    Exif 2.32, tag 0x0112, says where row 0 and column 0 of the stored raster belong in the picture shown.
    """
    turned = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a.swapaxes(0, 1)[::-1],
        7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
        8: lambda a: a.swapaxes(0, 1)[:, ::-1],
    }
    return np.ascontiguousarray(turned[orientation](upright))


def grayscale(depth_m: Depth, codes: int) -> NDArray[np.uint16]:
    """Return even steps in metres: 0 at NEAR_M (black), codes - 1 at FAR_M (white); uint16 (H, W)."""
    share = (depth_m.astype(np.float64) - NEAR_M) / (FAR_M - NEAR_M)
    return np.rint(share * (codes - 1)).astype(np.uint16)


def inverse(depth_m: Depth) -> Codes:
    """Return relative disparity as networks give it: 255 at the nearest sample, 0 at the farthest; uint8 (H, W)."""
    disparity = 1 / depth_m.astype(np.float64)
    low, high = disparity.min(), disparity.max()
    codes: Codes = np.rint((disparity - low) / (high - low) * 255).astype(np.uint8)
    return codes


def _exif(width: int, height: int, orientation: int) -> bytes:
    """Return a small Exif block, as a camera writes it."""
    exif = Image.Exif()
    exif.update(
        {
            ExifTags.Base.Make: "depthauthor",
            ExifTags.Base.Model: "golden scene",
            ExifTags.Base.Orientation: orientation,
            ExifTags.Base.XResolution: IFDRational(72),
            ExifTags.Base.YResolution: IFDRational(72),
            ExifTags.Base.ResolutionUnit: 2,
            ExifTags.Base.DateTime: "2026:01:01 12:00:00",
            ExifTags.Base.YCbCrPositioning: 1,
        }
    )
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.FNumber: IFDRational(18, 10),
            ExifTags.Base.ExifVersion: b"0232",
            ExifTags.Base.DateTimeOriginal: "2026:01:01 12:00:00",
            ExifTags.Base.FocalLength: IFDRational(round(FOCAL_MM * 10), 10),
            ExifTags.Base.FlashPixVersion: b"0100",
            ExifTags.Base.ColorSpace: 1,
            ExifTags.Base.ExifImageWidth: width,
            ExifTags.Base.ExifImageHeight: height,
            ExifTags.Base.FocalLengthIn35mmFilm: FOCAL_35MM,
        }
    )
    return exif.tobytes()


XMP: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">The golden scene of depthauthor</rdf:li></rdf:Alt></dc:title>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()


def _srgb() -> bytes:
    """Return an sRGB profile without its time of creation (ICC.1, header bytes 24 to 35)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07ea00010001000c00000000")
    return bytes(profile)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _png(pixels: NDArray[Any], **options: Any) -> bytes:
    return _saved(Image.fromarray(pixels), "PNG", optimize=True, **options)


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()


def photos() -> dict[str, tuple[bytes, dict[str, Any]]]:
    """Return the photos: each name with its bytes and its entry in the manifest."""
    rgb = golden_scene().rgb
    width, height = SIZE
    options = {"quality": 90, "exif": _exif(width, height, 1), "icc_profile": _srgb(), "xmp": XMP}
    jpeg = _saved(Image.fromarray(rgb), "JPEG", optimize=True, **options)
    shape = {"width": width, "height": height, "samples": "uint8 RGB, sRGB"}
    files = {
        "scene.jpg": (
            jpeg,
            {"meaning": "the photo, with Exif, XMP and ICC profile", "orientation": 1, **shape},
        ),
        "scene.png": (_png(rgb), {"meaning": "the photo without loss", **shape}),
    }
    upright = halved(rgb)
    for k in range(1, 9):
        stored = oriented(upright, k)
        height, width, _ = stored.shape
        data = _saved(
            Image.fromarray(stored), "JPEG", quality=88, optimize=True, exif=_exif(width, height, k)
        )
        meaning = "the photo stored turned or mirrored; Exif Orientation shows it upright"
        shape = {"width": width, "height": height, "samples": "uint8 RGB, sRGB"}
        files[f"orientation/scene-{k}.jpg"] = data, {"meaning": meaning, "orientation": k, **shape}
    return files


def maps() -> dict[str, tuple[bytes, dict[str, Any]]]:
    """Return the depth maps, upright: each name with its bytes and its entry in the manifest."""
    full, half = render_depth(*SIZE), render_depth(*HALF)
    npy = io.BytesIO()
    np.save(npy, half)
    even = {"unit": "even steps in metres, black = near", "black_m": NEAR_M, "white_m": FAR_M}
    exact = {"samples": "float32", "unit": "m", "meaning": "exact depth along the optical axis"}
    near, far = float(half.min()), float(half.max())
    described: dict[str, tuple[bytes, Depth, dict[str, Any]]] = {
        "scene-mask.png": (
            _png(grayscale(full, 256).astype(np.uint8)),
            full,
            {"samples": "uint8", **even, "meaning": "gray mask, the plainest input of embed"},
        ),
        "scene-mask16.png": (
            _png(grayscale(half, 65536)),
            half,
            {"samples": "uint16", **even, "meaning": "the same in 16 bits"},
        ),
        "scene-depth.npy": (npy.getvalue(), half, exact),
        "scene-depth.tiff": (_saved(Image.fromarray(half), "TIFF"), half, exact),
        "scene-depth-mm.png": (
            _png(np.rint(full.astype(np.float64) * 1000).astype(np.uint16)),
            full,
            {
                "samples": "uint16",
                "unit": "mm",
                "meaning": "depth in whole millimetres, as many sensors give it",
            },
        ),
        "scene-inverse.png": (
            _png(inverse(half)),
            half,
            {
                "samples": "uint8",
                "unit": "even steps in 1/m, white = near",
                "white_m": near,
                "black_m": far,
                "meaning": "relative disparity, as depth networks give it",
            },
        ),
    }
    return {
        name: (data, {**about, "width": depth.shape[1], "height": depth.shape[0]})
        for name, (data, depth, about) in described.items()
    }


def calibration() -> bytes:
    """Return the camera as JSON: pixels of the reference size, origin in the top-left corner."""
    camera = Intrinsics.of_size(*SIZE)
    return _json(
        {
            "fx": camera.fx,
            "fy": camera.fy,
            "cx": camera.cx,
            "cy": camera.cy,
            "reference_width": camera.width,
            "reference_height": camera.height,
            "pixel_size_mm": PIXEL_SIZE_MM,
        }
    )


def files() -> dict[str, bytes]:
    """Return every golden file by its name below `golden/`, and last the manifest that describes them."""
    about_camera = {"meaning": "the camera: pinhole, no distortion", "unit": "pixels of the reference size"}
    described = {**photos(), **maps(), "scene-calibration.json": (calibration(), about_camera)}
    manifest = {
        name: {**about, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, (data, about) in described.items()
    }
    return {**{name: data for name, (data, _) in described.items()}, "scene.json": _json({"files": manifest})}


COLOURS: Final = (
    (0.00, (255, 244, 190)),
    (0.18, (254, 204, 92)),
    (0.38, (240, 119, 66)),
    (0.58, (188, 46, 96)),
    (0.78, (104, 36, 132)),
    (1.00, (30, 26, 88)),
)
"""Near to far, in equal steps of the logarithm of depth."""


def _coloured(depth_m: Depth, near_m: float, far_m: float) -> NDArray[np.float64]:
    """Return depth as colour, 0..255 (H, W, 3)."""
    share = np.log(depth_m / near_m) / np.log(far_m / near_m)
    stops = [stop for stop, _ in COLOURS]
    return np.stack([np.interp(share, stops, [rgb[k] for _, rgb in COLOURS]) for k in range(3)], axis=-1)


def _relief(depth_m: Depth, reach: int) -> NDArray[np.float64]:
    """Return a factor that darkens what is just behind something nearer, so that steps of centimetres show."""
    log = np.log(depth_m.astype(np.float64))
    padded = np.pad(log, reach, mode="edge")
    height, width = log.shape
    excess = np.zeros_like(log)
    for dy in (0, reach, 2 * reach):
        for dx in (0, reach, 2 * reach):
            excess += np.maximum(log - padded[dy : dy + height, dx : dx + width] - 0.004, 0)
    return 1 / (1 + 9 * np.minimum(excess, 0.12))


def contact_sheet() -> Image.Image:
    """Return the picture of the README: the photo, and its depth in colours with a scale in metres."""
    wide, high, gap, foot = 592, 444, 16, 46
    scene = golden_scene()
    fine = render_depth(2 * wide, 2 * high)
    near, far = 0.6, 6.2
    depth = _coloured(fine, near, far) * _relief(fine, 3)[..., None]
    depth = depth.reshape(high, 2, wide, 2, 3).mean(axis=(1, 3))
    sheet = Image.new("RGB", (2 * wide + gap, high + foot), "white")
    sheet.paste(Image.fromarray(scene.rgb).resize((wide, high), Image.Resampling.LANCZOS), (0, 0))
    left = wide + gap
    sheet.paste(Image.fromarray(np.rint(depth).astype(np.uint8)), (left, 0))

    bar = np.geomspace(near, far, wide).astype(np.float32)[None].repeat(12, axis=0)
    sheet.paste(Image.fromarray(np.rint(_coloured(bar, near, far)).astype(np.uint8)), (left, high + 8))
    pen, font, ink = ImageDraw.Draw(sheet), ImageFont.load_default(15), (70, 70, 76)
    pen.text((0, high + 6), "golden/scene.jpg and its depth map", font=font, fill=ink)
    pen.text(
        (0, high + 24), "rendered, so that the depth of every pixel is known exactly", font=font, fill=ink
    )
    for metres in (0.6, 0.8, 1, 1.5, 2, 3, 4, 6):
        x = left + round(np.log(metres / near) / np.log(far / near) * (wide - 1))
        text = f"{metres:g} m"
        length = pen.textlength(text, font=font)
        pen.text((min(max(left, x - length / 2), left + wide - length), high + 24), text, font=font, fill=ink)
    return sheet


def main() -> None:
    """Write the golden files, and the README's picture."""
    here = Path(__file__).parent
    written = {here / name: data for name, data in files().items()}
    written[here.parent / "docs" / "pictures" / "scene.png"] = _saved(contact_sheet(), "PNG", optimize=True)
    for path, data in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        print(f"{len(data):9,d}  {path.relative_to(here.parent)}")


if __name__ == "__main__":
    main()
