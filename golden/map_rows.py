"""The rows of docs/map-inputs.md: map files of every maker, form and habit, and what should come of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring.api import photo_files
from golden import map_forms as forms
from golden.makers import (
    DEPTH,
    DISPARITY,
    FAR_M,
    FILES,
    FOLDER,
    NEAR_M,
    affine,
    integers,
    inverse,
    npy,
    npz,
    png,
)
from golden.map_truths import (
    CEILING,
    PERSON,
    SLOPE,
    SUBJECT_M,
    WALL_M,
    Aside,
    Floats,
    Row,
    Truth,
    ceiling,
    golden,
    hole_truth,
    person,
    sky_truth,
    slope,
    with_hole,
    with_sky,
)

ENDS: dict[str, Any] = {"near": NEAR_M, "far": FAR_M}
MM: dict[str, Any] = {"unit": "mm"}
SUBJECT: dict[str, Any] = {"near": SUBJECT_M, "far": WALL_M}

CALIB = """cam0=[400 0 256; 0 400 192; 0 0 1]
cam1=[400 0 264; 0 400 192; 0 0 1]
doffs=8
baseline=200
width=512
height=384
ndisp=140
"""
"""Middlebury's form (2014 data): the baseline in mm, the rest in pixels."""


@lru_cache
def golden_photo() -> bytes:
    """Return the photo that the maps are embedded in."""
    return (FOLDER / "scene.jpg").read_bytes()


def _turned_photo(orientation: int) -> bytes:
    """Return the golden photo whose pixels lie as Exif says by this orientation; upright it shows the scene."""
    return (FOLDER / "orientation" / f"scene-{orientation}.jpg").read_bytes()


def _gray(dtype: Any) -> NDArray[Any]:
    """Return the scene in gray, black is near, even steps of metres."""
    levels: NDArray[Any] = np.rint(affine().astype(np.float64) * np.iinfo(dtype).max).astype(dtype)
    return levels


def _mm(dtype: Any = np.uint16) -> NDArray[Any]:
    codes: NDArray[Any] = np.rint(DEPTH.astype(np.float64) * 1000).astype(dtype)
    return codes


def _disparity(scale: float = 1.0, offset: float = 0.0) -> Floats:
    return (DISPARITY * scale + offset).astype(np.float32)


def _stretched(low: float, high: float, nearness: bool = False) -> Floats:
    """Return the scene between two values: depth, or disparity where `nearness`."""
    values = DISPARITY if nearness else DEPTH.astype(np.float64)
    share = (values - values.min()) / (values.max() - values.min())
    stretched: Floats = (low + (high - low) * share).astype(np.float32)
    return stretched


def _coloured() -> bytes:
    share = affine()
    return png((np.stack([share, np.sin(share * 3.1), 1 - share], axis=-1) * 255).astype(np.uint8))


def _subject_mask(inside: int = 255) -> NDArray[np.uint8]:
    return np.where(person(512, 384), inside, 255 - inside).astype(np.uint8)


def _slope_map(width: int, height: int) -> bytes:
    return npy(slope(width, height).astype(np.float32))


def _focus_px() -> dict[str, Any]:
    """Return a stereo rig whose disparities are the golden scene's times 80."""
    return {"focal_px": 400.0, "baseline": 0.2}


def _blender(**depth: NDArray[Any]) -> bytes:
    """Build Blender's EXR: a combined pass, and channels given with __ for the dots and _ for spaces."""
    colours = _beauty()
    channels = {f"ViewLayer.Combined.{name}": value for name, value in colours.items()}
    return forms.exr(channels | {name.replace("__", ".").replace("_", " "): v for name, v in depth.items()})


def _beauty() -> dict[str, NDArray[np.float16]]:
    random = np.random.default_rng(4)
    return {name: random.random(DEPTH.shape).astype(np.float16) for name in "RGB"}


def _slope_gray() -> NDArray[np.uint8]:
    """Return the slope in gray, black is near."""
    levels: NDArray[np.uint8] = np.rint((slope(512, 384) - 0.5) / 7.5 * 255).astype(np.uint8)
    return levels


def _scattered_holes() -> Floats:
    return np.where(np.random.default_rng(2).random(DEPTH.shape) < 0.7, np.float32(np.nan), DEPTH)


def _unasked(maker: str, form: str, name: str, build: Callable[[], bytes], **more: Any) -> Row:
    """Return the row of a file without options whose meaning is open."""
    return Row(maker, form, name, build, "asked", **more)


# fmt: off
def _maker_rows() -> Iterable[Row]:
    """Yield a row for each of the makers' files, with the options that `golden.makers` names."""
    for file in FILES:
        rounding_m = file.rounding_m or 0.0
        slack = rounding_m / (NEAR_M - rounding_m) ** 2
        if file.relative:
            levels = file.steps or 65535
            # Half a gray level, in 1/m of inverse depth or in metres of depth at the near end.
            slack = max(DISPARITY.max() / levels / 2, (FAR_M - NEAR_M) / levels / 2 / NEAR_M**2)
        truth = Truth(golden, 2e-4 + float(slack))
        yield Row(file.maker, file.form, file.name, file.build, "right", file.options, truth)


def _networks() -> Iterable[Row]:
    """Yield the files of depth networks with other options than their presets."""
    metres = partial(Row, "metric network")
    yield metres("NPZ, key depth", "scene.npz", lambda: npz(depth=DEPTH), "right")
    yield metres("NPZ, depth and focallength_px", "scene.npz", lambda: npz(depth=DEPTH,
                 focallength_px=np.float32(400)), "right")
    yield metres("NPZ, depth and intrinsics", "scene.npz", lambda: npz(depth=DEPTH,
                 intrinsics=np.eye(3, dtype=np.float32)), "right")
    yield metres("NPZ, depth and a mask", "scene.npz", lambda: npz(depth=DEPTH, mask=np.ones(DEPTH.shape, bool)),
                 "right")
    yield metres("NPZ, depth and a mask with holes", "scene.npz", lambda: npz(depth=with_hole(DEPTH, 0.7),
                 mask=with_hole(np.ones(DEPTH.shape), 0).astype(bool)), "right", truth=hole_truth())
    yield metres("NPZ of Depth Anything 3: depth, conf, extrinsics, intrinsics", "mini.npz",
                 lambda: npz(depth=DEPTH[None], conf=np.ones((1, *DEPTH.shape), np.float32),
                 extrinsics=np.zeros((1, 3, 4), np.float32), intrinsics=np.eye(3, dtype=np.float32)[None]), "right")
    yield metres("NPY, *_raw_depth_meter", "scene_raw_depth_meter.npy", lambda: npy(DEPTH), "right")
    yield metres("NPY, FoundationStereo", "depth_meter.npy", lambda: npy(DEPTH), "right")
    yield metres("NPY of float32", "depth.npy", lambda: npy(DEPTH), "right")
    yield metres("NPY of float16", "depth.npy", lambda: npy(DEPTH.astype(np.float16)), "right",
                 truth=Truth(golden, 2e-3))
    yield metres("NPY of float64", "depth.npy", lambda: npy(DEPTH.astype(np.float64)), "right")
    yield metres("MoGe EXR, sky infinite, without its preset", "depth.exr",
                 lambda: forms.exr({"Y": with_sky(np.inf)}), "right", truth=sky_truth())
    yield metres("MoGe EXR, sky infinite, with it", "depth.exr", lambda: forms.exr({"Y": with_sky(np.inf)}),
                 "right", {"preset": "moge"}, sky_truth())
    yield metres("NPY, sky infinite", "depth.npy", lambda: npy(with_sky(np.inf)), "right", truth=sky_truth())
    yield metres("NPY of float16, sky infinite", "depth.npy", lambda: npy(with_sky(np.inf).astype(np.float16)),
                 "right", truth=Truth(sky_truth().per_m, 2e-3))
    yield metres("NPY of float16, sky at 65504", "depth.npy", lambda: npy(with_sky(65504).astype(np.float16)),
                 "right", truth=Truth(sky_truth().per_m, 2e-3))
    yield metres("NPY, holes NaN", "depth.npy", lambda: npy(with_hole(DEPTH, np.nan)), "right", truth=hole_truth())
    metres = partial(Row, "orientation")
    yield metres("UniDepth on a photo of Exif orientation 3, which it does not turn", "depth.npy",
                 lambda: npy(np.rot90(DEPTH, 2)), "right", {"preset": "unidepth"}, photo=partial(_turned_photo, 3))
    yield metres("Marigold on a photo of Exif orientation 3, which it does not turn", "scene_depth.npy",
                 lambda: npy(np.rot90(affine(), 2)), "right", {"preset": "marigold", **ENDS},
                 photo=partial(_turned_photo, 3))
    yield metres("the same by its kind alone, taken for upright", "scene_depth.npy",
                 lambda: npy(np.rot90(affine(), 2)), "warned", {"kind": "affine", **ENDS},
                 photo=partial(_turned_photo, 3))
    yield metres("upright on a photo of Exif orientation 6", "depth.npy", lambda: npy(DEPTH), "right",
                 photo=partial(_turned_photo, 6))
    yield metres("as stored on a photo of Exif orientation 6", "depth.npy", lambda: npy(np.rot90(DEPTH)), "right",
                 {"map_orientation": "stored"}, photo=partial(_turned_photo, 6))
    relative = partial(_unasked, "relative network")
    yield relative("MiDaS PNG, 16 bits", "scene-dpt_beit_large_512.png", lambda: png(inverse(np.uint16)))
    yield relative("MiDaS PFM with negative values", "scene-dpt_beit_large_512.pfm",
                   lambda: forms.pfm(_disparity(713, -130)))
    yield relative("MiDaS PFM without negative values", "scene.pfm", lambda: forms.pfm(_disparity(713)))
    yield relative("Depth-Anything PNG, 8 bits", "scene.png", lambda: png(inverse(np.uint8)))
    yield relative("Depth-Anything infer_image, 0 to 7, the sky exactly 0", "scene.npy",
                   lambda: npy(np.where(DISPARITY < 0.2, 0, _stretched(0.3, 7, True)).astype(np.float32)))
    yield relative("Depth-Anything infer_image, 2 to 283", "scene.npy", lambda: npy(_stretched(2, 283, True)))
    yield relative("DepthCrafter, 0.05 to 0.65", "scene.npz", lambda: npz(depth=_stretched(0.05, 0.65, True)))
    yield relative("Marigold, 0.045 to 0.94", "scene_depth.npy", lambda: npy(_stretched(0.045, 0.94)))
    yield relative("Marigold, 0 to 1", "scene_depth.npy", lambda: npy(affine()))
    yield relative("Lotus disparity, 0 to 1", "scene.npy", lambda: npy(_stretched(0, 1, True)))
    yield relative("Video-Depth-Anything EXR, inverse in channel Z", "frame_00001.exr",
                   lambda: forms.exr({"Z": _stretched(0.02, 0.93, True)}))
    yield relative("called disparity", "scene_disp.npy", lambda: npy(_disparity()))
    yield relative("an array called disparity", "scene.npz", lambda: npz(disparity=_disparity()))
    yield relative("DepthCrafter with its preset, without ends", "scene.npz",
                   lambda: npz(depth=_stretched(0.05, 0.65, True)[None]),
                   options={"preset": "depthcrafter", "frame": 0})
    said = partial(Row, "relative network", expected="right")
    yield said("DepthCrafter with its preset", "scene.npz", lambda: npz(depth=_stretched(0.05, 0.65, True)[None]),
               options={"preset": "depthcrafter", "frame": 0, **ENDS})
    yield said("Lotus disparity with its preset", "scene.npy", lambda: npy(_stretched(0, 1, True)),
               options={"preset": "lotus-disparity", **ENDS})
    yield said("Video-Depth-Anything EXR with its preset", "frame_00001.exr",
               lambda: forms.exr({"Z": _stretched(0.02, 0.93, True)}), options={"preset": "video-depth-anything",
               **ENDS})
    yield said("Depth-Anything infer_image, by its kind", "scene.npy", lambda: npy(_stretched(2, 283, True)),
               options={"kind": "inverse-relative", **ENDS})
    yield said("1/m, by its kind", "scene_disp.npy", lambda: npy(_disparity()), options={"kind": "disparity"})
    yield said("1/m times 256, by its kind and unit", "scene.png",
               lambda: png(np.rint(DISPARITY * 256).astype(np.uint16)),
               options={"kind": "disparity", "unit": "m*256"}, truth=Truth(golden, 0.0022))


def _stereo() -> Iterable[Row]:
    """Yield disparities in pixels, at a focal length of 400 pixels and a baseline of 0.2 m."""
    pixels = _disparity(80)
    stereo = partial(Row, "stereo")
    yield stereo("KITTI's disparity PNG, called so", "kitti_disp_000001_10.png",
                 lambda: png(np.rint(pixels * 256).astype(np.uint16)), "asked")
    yield stereo("KITTI's disparity PNG, with its preset", "000001_10.png",
                 lambda: png(np.rint(pixels * 256).astype(np.uint16)), "right",
                 {"preset": "kitti-disparity", **_focus_px()}, Truth(golden, 2.3e-4))
    yield stereo("Middlebury PFM without options", "disp0.pfm", lambda: forms.pfm(pixels, "-0.003922"), "asked")
    yield stereo("Middlebury PFM, holes infinite", "disp0.pfm", lambda: forms.pfm(with_hole(pixels, np.inf),
                 "-0.003922"), "right", {"preset": "middlebury", **_focus_px()}, hole_truth())
    yield stereo("Middlebury PFM with --doffs", "disp0.pfm", lambda: forms.pfm(pixels - 8, "-0.003922"), "right",
                 {"kind": "disparity-px", **_focus_px(), "doffs": 8.0})
    yield stereo("Middlebury PFM with calib.txt", "disp0.pfm", lambda: forms.pfm(pixels - 8, "-0.003922"), "right",
                 {"preset": "middlebury", "calibration": Aside("calib.txt", CALIB)})
    yield stereo("RAFT-Stereo's flow, negative", "scene.npy", lambda: npy(-pixels), "right",
                 {"preset": "raft-stereo", **_focus_px()})
    yield stereo("RAFT-Stereo's flow, without options", "scene.npy", lambda: npy(-pixels), "refused",
                 words=("negative",))
    yield stereo("disparity in pixels without a rig", "scene.npy", lambda: npy(pixels), "asked",
                 {"kind": "disparity-px"})


def _sensors() -> Iterable[Row]:
    """Yield integers of sensors and data sets without presets."""
    asked = partial(_unasked, "sensor")
    yield asked("16-bit PNG of mm", "depth.png", lambda: integers(1000), words=("0.64 to 6.1 m as mm",))
    yield asked("16-bit PNG of m × 256", "depth.png", lambda: integers(256), words=("0.64 to 6.1 m as m*256",))
    yield asked("16-bit PNG of m × 5000", "depth.png", lambda: integers(5000), words=("0.64 to 6.1 m as m*5000",))
    yield asked("floats of mm", "depth.npy", lambda: npy(DEPTH * 1000), words=("millimetres",))
    said = partial(Row, "sensor", expected="right")
    mm, coarse = Truth(golden, 1.5e-3), Truth(golden, 6e-3)
    yield said("16-bit PNG of mm, called so", "frame_mm.png", lambda: integers(1000), truth=mm)
    yield said("16-bit PNG of m × 256, called ZoeDepth", "zoedepth_0001.png", lambda: integers(256), truth=coarse)
    yield asked("16-bit PNG of m × 256, called KITTI, which has disparities too", "kitti_0001.png",
                lambda: integers(256))
    yield said("16-bit PNG of mm, Azure Kinect", "000012.png", lambda: integers(1000), options=MM, truth=mm)
    yield said("16-bit PNG of ten-thousandths", "depth.png", lambda: integers(10_000), options={"unit": "m*10000"})
    yield said("floats of mm", "depth.npy", lambda: npy(DEPTH * 1000), options=MM)
    yield said("floats of cm", "depth.npy", lambda: npy(DEPTH * 100), options={"unit": "cm"})
    yield said("16-bit PNG of mm, holes 0", "depth.png", lambda: png(with_hole(_mm(), 0)), options=MM,
               truth=Truth(hole_truth().per_m, 1.5e-3))
    yield said("PGM of 16 bits, mm (ROS, libfreenect)", "depth.pgm", lambda: forms.pgm16(_mm()), options=MM, truth=mm)
    for dtype in (np.int16, np.int32, np.uint32, np.int64):
        yield said(f"NPY of {dtype.__name__}, mm", "depth.npy", partial(lambda kind: npy(_mm(kind)), dtype),
                   options=MM, truth=mm)


def _renderers() -> Iterable[Row]:
    """Yield OpenEXR files."""
    right = partial(Row, "renderer", expected="right")
    mist, normal = _stretched(0.1, 0.9), (0.55 + 0.4 * affine()).astype(np.float32)
    yield right("Blender, Z, the sky at 1e10", "scene0001.exr",
                lambda: forms.exr({**_beauty(), "Z": with_sky(1e10)}), truth=sky_truth())
    yield right("Blender, ViewLayer.Depth.Z", "scene0001.exr", lambda: _blender(ViewLayer__Depth__Z=DEPTH))
    yield right("Blender, View Layer.Depth.Z beside Mist", "scene0001.exr",
                lambda: _blender(View_Layer__Depth__Z=DEPTH, View_Layer__Mist__Z=mist))
    yield right("Blender, Depth.Z beside a normal", "scene0001.exr", lambda: _blender(RenderLayer__Depth__Z=DEPTH,
                RenderLayer__Normal__X=normal, RenderLayer__Normal__Y=normal, RenderLayer__Normal__Z=normal))
    yield right("Blender 5, ViewLayer.Depth.V", "scene0001.exr", lambda: _blender(ViewLayer__Depth__V=DEPTH))
    yield right("Nuke, depth.Z", "scene.exr", lambda: forms.exr({**_beauty(), "depth.Z": DEPTH}))
    yield right("several parts, Z in the second", "scene.exr",
                lambda: forms.exr_parts([("rgba", _beauty()), ("depth", {"Z": DEPTH})]))
    yield right("the same, --key Z", "scene.exr",
                lambda: forms.exr_parts([("rgba", _beauty()), ("depth", {"Z": DEPTH})]), options={"key": "Z"})
    yield right("half floats in Z", "scene.exr", lambda: forms.exr({"Z": DEPTH.astype(np.float16)}),
                truth=Truth(golden, 2e-3))
    yield right("uint32 of mm in Z", "scene.exr", lambda: forms.exr({"Z": _mm(np.uint32)}), options=MM,
                truth=Truth(golden, 1.5e-3))
    yield right("Unity, depth in R, with --key R", "depth.exr",
                lambda: forms.exr({"R": DEPTH, "G": DEPTH * 0, "B": DEPTH * 0}), options={"key": "R"})
    yield right("Unity, depth in R, zeros in G and B", "depth.exr",
                lambda: forms.exr({"R": DEPTH, "G": DEPTH * 0, "B": DEPTH * 0}))
    yield _unasked("renderer", "Blender, nothing but Mist", "mist.exr", lambda: _blender(ViewLayer__Mist__Z=mist))
    no_depth = partial(_unasked, "renderer")
    yield no_depth("a normal's Z alone", "normal.exr", lambda: _blender(ViewLayer__Normal__X=normal,
                   ViewLayer__Normal__Y=normal, ViewLayer__Normal__Z=normal))
    yield no_depth("a position's Z alone", "position.exr",
                   lambda: forms.exr({"P.X": DEPTH, "P.Y": DEPTH, "P.Z": DEPTH * 0.3 + 1}))


def _pictures() -> Iterable[Row]:
    """Yield PNG, TIFF and JPEG in the forms that tools write."""
    mm16, full = _mm(), np.full(DEPTH.shape, 65535, np.uint16)
    mm, fine, coarse = Truth(golden, 1.5e-3), Truth(golden, 3e-4), Truth(golden, 0.03)
    right = partial(Row, "picture", expected="right")
    gray8, gray16 = _gray(np.uint8), _gray(np.uint16)
    yield right("PNG, 16 bits, RGB, equal channels of mm", "rgb.png", lambda: forms.png16(np.dstack([mm16] * 3)),
                options=MM, truth=mm)
    yield right("PNG, 16 bits, RGBA of mm", "rgba.png", lambda: forms.png16(np.dstack([mm16] * 3 + [full])),
                options=MM, truth=mm)
    yield right("PNG, 16 bits, gray and alpha of mm", "la.png", lambda: forms.png16(np.dstack([mm16, full])),
                options=MM, truth=mm)
    yield _unasked("picture", "PNG, 16 bits, gray and alpha of mm", "la.png",
                   lambda: forms.png16(np.dstack([mm16, full])), words=("0.64 to 6.1 m as mm",))
    yield right("PNG, gray in three equal channels", "rgb.png", lambda: png(np.dstack([gray8] * 3)), options=ENDS,
                truth=coarse)
    yield right("PNG, gray with a full alpha channel", "rgba.png",
                lambda: png(np.dstack([gray8] * 3 + [np.full(DEPTH.shape, 255, np.uint8)])), options=ENDS,
                truth=coarse)
    yield right("PNG, palette of grays", "p.png", lambda: forms.picture(Image.fromarray(gray8).convert("P"), "PNG"),
                options=ENDS, truth=coarse)
    yield right("JPEG, gray", "depth.jpg", lambda: forms.picture(Image.fromarray(gray8), "JPEG", quality=98),
                options=ENDS, truth=Truth(golden, 0.2))
    yield right("TIFF, 16 bits, RGB of mm", "rgb.tif", lambda: forms.tiff(np.dstack([mm16] * 3), photometric="rgb"),
                options=MM, truth=mm)
    yield right("TIFF, 16 bits, white is zero", "white.tif", lambda: forms.tiff(65535 - gray16,
                photometric="miniswhite"), options=ENDS, truth=fine)
    yield right("TIFF, 8 bits, white is zero", "white.tif", lambda: forms.tiff(255 - gray8,
                photometric="miniswhite"), options=ENDS, truth=coarse)
    yield right("TIFF of float16", "f16.tif", lambda: forms.tiff(DEPTH.astype(np.float16)),
                truth=Truth(golden, 2e-3))
    yield right("TIFF of float32", "f32.tif", lambda: forms.tiff(DEPTH))
    yield right("TIFF of float64", "f64.tif", lambda: forms.tiff(DEPTH.astype(np.float64)))
    yield right("TIFF of float32, three equal channels", "rgb.tif", lambda: forms.tiff(np.dstack([DEPTH] * 3),
                photometric="rgb"))
    yield right("TIFF of float32, gray and alpha", "alpha.tif", lambda: forms.tiff_with_alpha(DEPTH, 1))
    yield right("TIFF, 16 bits, gray and alpha of mm", "alpha.tif", lambda: forms.tiff_with_alpha(mm16, 65535),
                options=MM, truth=mm)
    yield right("TIFF of uint32, micrometres", "um.tif", lambda: forms.tiff(_mm(np.uint32) * np.uint32(1000)),
                options={"unit": "m*1000000"}, truth=mm)
    yield right("TIFF with an overview page, mm", "cog.tif", lambda: forms.tiff_with_overview(mm16), options=MM,
                truth=mm)
    yield right("TIFF of mm, GDAL_NODATA 65535", "nodata.tif",
                lambda: forms.tiff_with_nodata(with_hole(mm16, 65535), "65535"), options=MM,
                truth=Truth(hole_truth().per_m, 1.5e-3))
    yield right("TIFF of floats, GDAL_NODATA 9999", "nodata.tif",
                lambda: forms.tiff_with_nodata(with_hole(DEPTH, 9999), "9999"), truth=hole_truth())
    yield right("PFM, scale -0.003922 in its header", "scene.pfm", lambda: forms.pfm(DEPTH, "-0.003922"))
    yield right("PFM, header with CRLF", "scene.pfm", lambda: forms.pfm(DEPTH, line_end="\r\n"))
    yield right("NPY (2, H, W, 1), --frame 1", "stack.npy", lambda: npy(np.stack([DEPTH * 2, DEPTH])[..., None]),
                options={"frame": 1})
    yield right("NPY (1, H, W, 3) of equal floats 0 to 1 (ComfyUI IMAGE)", "image.npy",
                lambda: npy(np.dstack([affine()] * 3)[None]), options=ENDS, truth=fine)
    refused = partial(Row, "picture", expected="refused")
    yield refused("PNG, animated, two frames", "a.png", lambda: forms.animated_png([gray8, 255 - gray8]),
                  options=ENDS, words=("frame",))
    yield refused("TIFF of two pages", "pages.tif", lambda: forms.picture(Image.fromarray(gray8), "TIFF",
                  save_all=True, append_images=[Image.fromarray(gray8)]), options=ENDS, words=("page",))
    yield refused("picture for print (CMYK)", "cmyk.jpg", lambda: forms.picture(Image.new("CMYK", (512, 384)),
                  "JPEG"), options=ENDS, words=("CMYK",))
    yield refused("coloured visualisation", "scene.png", _coloured, options=ENDS, words=("coloured", "--force"))
    yield refused("the photo itself", "scene.jpg", golden_photo, options=ENDS, words=("photo",))


def _habits() -> Iterable[Row]:
    """Yield gray maps as people paint, render and save them."""
    gray = partial(Row, "gray")
    coarse = Truth(golden, 0.05)
    yield gray("black is near, 8 bits", "gray.png", lambda: png(_gray(np.uint8)), "right", ENDS, coarse)
    yield gray("white is near, 8 bits, taken for white far", "depth.png", lambda: png(inverse(np.uint8)), "warned",
               ENDS, words=("--white near",))
    yield gray("white is near, --white near --spacing disparity", "depth.png", lambda: png(inverse(np.uint8)),
               "right", {"white": "near", "spacing": "disparity", **ENDS}, coarse)
    yield gray("white is near, --invert --spacing disparity", "depth.png", lambda: png(inverse(np.uint8)), "right",
               {"invert": True, "spacing": "disparity", **ENDS}, coarse)
    yield gray("white subject on black", "mask.png", lambda: png(_subject_mask()), "warned", SUBJECT, PERSON,
               ("--white near",))
    yield gray("white subject on black, --white near", "mask.png", lambda: png(_subject_mask()), "right",
               {"white": "near", **SUBJECT}, PERSON)
    yield gray("black subject on white", "mask.png", lambda: png(_subject_mask(0)), "right", SUBJECT, PERSON)
    yield gray("black subject on white, --white near", "mask.png", lambda: png(_subject_mask(0)), "warned",
               {"white": "near", **SUBJECT}, PERSON)
    yield gray("ground, white below and near", "ground.png", lambda: png(255 - _slope_gray()), "warned",
               {"near": 0.5, "far": 8.0}, SLOPE, ("--white near",))
    yield gray("ground, black below and near", "ground.png", lambda: png(_slope_gray()), "right",
               {"near": 0.5, "far": 8.0}, Truth(SLOPE.per_m, 0.08))
    yield gray("a ceiling, black above and near", "ceiling.png",
               lambda: png(np.rint((ceiling(512, 384) - 1) / 5 * 255).astype(np.uint8)), "right",
               {"near": 1.0, "far": 6.0}, CEILING)
    yield gray("a 0/1 mask of floats, 1 the subject", "mask.npy", lambda: npy(person(512, 384).astype(np.float32)),
               "warned", SUBJECT, PERSON)
    yield gray("a mask of booleans, true the subject", "mask.npy", lambda: npy(person(512, 384)), "warned", SUBJECT,
               PERSON)
    yield gray("a layer whose picture is all in its alpha channel", "layer.png",
               lambda: png(np.dstack([np.full(DEPTH.shape, 255, np.uint8)] * 3 + [_subject_mask()])), "refused",
               SUBJECT, words=("alpha",))
    yield gray("upside down", "gray.png", lambda: png(np.flipud(_gray(np.uint8))), "warned", ENDS)
    yield gray("an alpha channel that is used beside gray", "gray.png",
               lambda: png(np.dstack([_gray(np.uint8)] * 3 + [_subject_mask()])), "right", ENDS, coarse)
    yield _unasked("gray", "8 bits without ends", "gray.png", lambda: png(_gray(np.uint8)),
                   words=("--near and --far",))
    yield _unasked("gray", "16 bits without ends", "gray.png", lambda: png(_gray(np.uint16)),
                   words=("--near and --far",))
    yield gray("one end only", "gray.png", lambda: png(_gray(np.uint8)), "asked", {"near": 0.6})
    yield gray("the ends the wrong way round", "gray.png", lambda: png(_gray(np.uint8)), "asked",
               {"near": 6.0, "far": 0.6}, words=("--white near",))
    yield gray("metres, with ends for gray", "depth.npy", lambda: npy(DEPTH), "asked", ENDS)
    yield gray("a preset for integers, floats given", "depth.npy", lambda: npy(DEPTH), "asked",
               {"preset": "zoedepth"})
    yield gray("a preset for floats, gray given", "gray.png", lambda: png(_gray(np.uint8)), "asked",
               {"preset": "depth-pro"})
    yield gray("an unknown unit", "depth.png", lambda: integers(1000), "asked", {"unit": "parsec"})


def _shapes() -> Iterable[Row]:
    """Yield maps of other sizes, and what is no single map."""
    shape = partial(Row, "shape")
    stretch = {"stretch": True}
    for width, height in ((384, 384), (518, 518), (518, 294)):
        build = partial(_slope_map, width, height)
        size = f"{width} × {height}, the whole photo stretched to it"
        yield shape(size, "depth.npy", build, "refused", truth=SLOPE, words=("--stretch",))
        yield shape(f"{size}, --stretch", "depth.npy", build, "right", stretch, SLOPE)
    yield shape("518 × 392, near enough to 4:3", "depth.npy", partial(_slope_map, 518, 392), "right", truth=SLOPE)
    yield shape("twice as large", "depth.npy", partial(_slope_map, 1024, 768), "right", truth=SLOPE)
    yield shape("a quarter as large", "depth.npy", partial(_slope_map, 256, 192), "right", truth=SLOPE)
    yield shape("very small", "depth.npy", partial(_slope_map, 96, 72), "right", truth=Truth(SLOPE.per_m, 0.04))
    yield shape("on its side", "depth.npy", lambda: npy(np.rot90(DEPTH)), "refused", {"unit": "m"},
                words=("turned by a quarter",))
    yield shape("another crop", "depth.npy", lambda: npy(DEPTH[:300]), "refused", words=("crop", "--stretch"))
    yield shape("two maps side by side", "depth.npy", lambda: npy(np.hstack([DEPTH, DEPTH + 1])), "refused",
                words=("twice as wide", "--force"))
    yield shape("one map above another", "depth.npy", lambda: npy(np.vstack([DEPTH, DEPTH + 1])), "refused",
                words=("twice as high", "--force"))
    yield shape("a stereo pair squeezed to the photo's shape", "depth.npy",
                lambda: npy(np.hstack([DEPTH[:, ::2]] * 2)), "refused", words=("stereo pair", "--force"))
    yield shape("a stack, no frame chosen", "depth.npz", lambda: npz(depths=np.stack([DEPTH, DEPTH])), "refused",
                words=("--frame",))
    yield shape("a frame beyond the stack", "depth.npz", lambda: npz(depths=np.stack([DEPTH, DEPTH])), "asked",
                {"frame": 2})
    yield shape("an archive of two arrays", "depth.npz", lambda: npz(left=DEPTH, right=DEPTH), "asked",
                words=("--key",))
    yield shape("a key that is not there", "depth.npz", lambda: npz(left=DEPTH), "asked", {"key": "depth"})
    broken = partial(Row, "no map", expected="refused")
    yield broken("one distance everywhere", "depth.npy", lambda: npy(np.full_like(DEPTH, 2)), words=("flat",))
    yield broken("one gray everywhere", "gray.png", lambda: png(np.full(DEPTH.shape, 128, np.uint8)), options=ENDS,
                 words=("one value everywhere",))
    yield broken("NaN everywhere", "depth.npy", lambda: npy(np.full_like(DEPTH, np.nan)), words=("no valid depth",))
    yield broken("16 bits of zeros", "depth.png", lambda: png(np.zeros(DEPTH.shape, np.uint16)),
                 words=("0 everywhere",))
    yield broken("70 % holes", "depth.npy", lambda: npy(_scattered_holes()), words=("--max-holes",))
    yield broken("a pickled NPY", "depth.npy", lambda: npy(np.array([{"depth": 1}], dtype=object)),
                 words=("Python objects",))
    yield broken("a file that is cut off", "gray.png", lambda: png(_gray(np.uint8))[:2000], options=ENDS,
                 words=("does not decode",))
    yield broken("text", "depth.csv", lambda: b"near,far\n0.6,6\n", words=("unsupported map format",))


def _extracts() -> Iterable[Row]:
    """Yield what `extract` writes, which `embed` should read as it was, without options."""
    from authoring.read.extract import extract_file

    photo = photo_files.embed_bytes(golden_photo(), DEPTH, profile="data")
    true = photo_files.extract_bytes(photo).disparity_per_m().astype(np.float64)
    truth = Truth(lambda width, height: true, 1e-3)
    for suffix, kind in (
        (suffix, kind)
        for suffix in ("npy", "npz", "png", "tiff", "pfm", "exr")
        for kind in ("depth", "disparity")
    ):
        build = partial(lambda suffix, kind: extract_file(photo, suffix, kind)[0], suffix, kind)
        unmarked = kind == "disparity" and suffix in ("npy", "pfm")
        yield Row(
            "extract",
            f"{kind}, {suffix.upper()}",
            f"IMG_0001.{suffix}",
            build,
            "asked" if unmarked else "right",
            truth=truth,
        )
        if unmarked:
            yield Row(
                "extract",
                f"{kind}, {suffix.upper()}, marked by its name",
                f"IMG_0001.disparity.{suffix}",
                build,
                "right",
                truth=truth,
            )
# fmt: on


@lru_cache
def rows() -> tuple[Row, ...]:
    """Return all rows of the table."""
    sections = (_maker_rows, _networks, _stereo, _sensors, _renderers, _pictures, _habits, _shapes, _extracts)
    return tuple(row for section in sections for row in section())
