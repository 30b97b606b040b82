"""Map files of every kind by their first bytes; pictures (PNG, TIFF, JPEG) in, 16-bit PNG and float TIFF out.

Knows: file formats of single-channel rasters, and when a picture is no such raster.
Must not know: metres, near and far, orientation of a photo. It gives gray levels or floats as they stand.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_unpacking
from authoring.codecs.maps import arrays, exr, pfm
from authoring.codecs.maps.arrays import write_npy
from authoring.codecs.maps.pillow import LinearScale, MapImage, Raster, first_line, map_from_array
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError, UsageError

__all__ = [
    "LinearScale",
    "MapFormat",
    "MapImage",
    "map_from_array",
    "read_map",
    "values_of",
    "write_map",
    "write_npy",
    "write_png",
    "write_tiff",
]

MapFormat = Literal["npy", "npz", "png", "tiff", "pfm", "exr"]

COLOUR_TOLERANCE = 12
"""Gray stored as three channels may differ by this much after a JPEG; colour maps differ by far more."""

NPY_MAGIC, ZIP_MAGIC = b"\x93NUMPY", b"PK\x03\x04"

NO_MAP = "this is no map file that is read here: PNG, TIFF, JPEG or NPY, NPZ, PFM, OpenEXR, a photo with Apple depth"

_PICTURE_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")

SCALE_KEYS = ("depthauthor-kind", "depthauthor-at-0", "depthauthor-at-65535", "depthauthor-invalid")
"""Text chunks of a 16-bit PNG: what it holds, the values of its smallest and largest code, the hole code."""


def read_map(data: bytes, key: str | None = None, frame: int | None = None) -> MapImage:
    """Read a map file of any known kind, told by its first bytes.

    key: the array of an NPZ or the channel of an OpenEXR file; frame: which map of a stack (NPY, NPZ), from 0.
    Raises UnsupportedError for other kinds and for multi-page TIFF, RefusedError for pictures that are not
    maps (coloured visualisations), MalformedError for damaged files, UsageError where key or frame is missing
    or does not belong.
    """
    named = data.startswith((ZIP_MAGIC, exr.MAGIC))
    stacked = data.startswith((ZIP_MAGIC, NPY_MAGIC))
    if key is not None and not named:
        raise UsageError(
            "--key names an array of an NPZ or a channel of an OpenEXR file, and the map is neither"
        )
    if frame is not None and not stacked:
        raise UsageError("--frame chooses from a stack in an NPY or NPZ file, and the map is neither")
    if data.startswith(NPY_MAGIC):
        return arrays.read_npy(data, frame)
    if data.startswith(ZIP_MAGIC):
        return arrays.read_npz(data, key, frame)
    if data.startswith(exr.MAGIC):
        return exr.read_exr(data, key)
    if data.startswith((b"Pf", b"PF")):
        return pfm.read_pfm(data)
    return _read_picture(data)


def _read_picture(data: bytes) -> MapImage:
    import warnings

    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture: Image.Image = Image.open(io.BytesIO(data), formats=("PNG", "TIFF", "JPEG"))
            with picture:
                check_unpacking("the map", picture.width, picture.height, _pixel_bytes(picture), len(data))
                if picture.format == "TIFF" and _has_second_page(picture):
                    raise UnsupportedError(
                        "the TIFF holds more than one page; save the one that is the map alone"
                    )
                source = str(picture.format)
                scale = _scale_of(getattr(picture, "text", {})) if source == "PNG" else None
                notes: tuple[str, ...] = ()
                turned = picture.getexif().get(0x0112, 1) not in (0, 1)
                picture.load()
                if turned:
                    from PIL import ImageOps

                    picture = ImageOps.exif_transpose(picture)
                    notes = ("the map file's own Exif orientation was applied",)
                return _gray_of(picture, source, scale, notes)
    except DepthauthorError:
        raise
    except Image.DecompressionBombError as error:
        raise UnsupportedError(
            f"the map has too many pixels ({first_line(error).partition(',')[0]})"
        ) from error
    except UnidentifiedImageError as error:
        if data.startswith(_PICTURE_MAGIC):
            raise MalformedError("the map does not decode: its header is damaged or cut off") from error
        raise UnsupportedError(NO_MAP) from error
    except Exception as error:  # Pillow's plugins let errors of every kind through on damaged files.
        raise MalformedError(f"the map does not decode ({first_line(error)})") from error


def _pixel_bytes(picture: Any) -> int:
    """Bytes of a decoded pixel."""
    wide = {"I": 4, "F": 4}.get(picture.mode, 2 if picture.mode.startswith("I;16") else 1)
    return wide * len(picture.getbands())


def _has_second_page(picture: Any) -> bool:
    """Asked without counting the pages, of which a file may claim very many."""
    try:
        picture.seek(1)
    except EOFError:
        return False
    return True


def _gray_of(picture: Any, source: str, scale: LinearScale | None, notes: tuple[str, ...]) -> MapImage:
    mode = picture.mode
    if mode in ("P", "PA"):
        picture = picture.convert("RGBA" if "transparency" in picture.info or mode == "PA" else "RGB")
        mode = picture.mode
    if mode == "CMYK":
        raise RefusedError("this looks like a picture for print (CMYK), not a depth map")
    samples = np.array(picture)
    if mode in ("LA", "RGBA"):
        if (samples[..., -1] != 255).any():
            notes = (*notes, "the map's alpha channel was ignored")
        samples = samples[..., :-1]
    if samples.ndim == 3:
        samples = samples[..., 0] if samples.shape[2] == 1 else _one_channel(samples)
    if mode == "I" and samples.min() >= 0 and samples.max() <= 65535:
        samples = samples.astype(np.uint16)
    image = map_from_array(samples, source)
    fits = scale is not None and image.levels == 65536
    return MapImage(image.samples, image.levels, image.source, scale if fits else None, notes)


def _one_channel(samples: Raster) -> Raster:
    """The gray of a three-channel picture; RefusedError where the channels differ as in a colour map."""
    low = samples.min(axis=2)
    spread = samples.max(axis=2) - low
    if int(np.percentile(spread, 99)) > COLOUR_TOLERANCE:
        raise RefusedError(
            "this looks like a coloured visualisation of depth, or a photo, and colours cannot be turned back into "
            "distances; give the gray or raw map"
        )
    gray: Raster = samples[..., 1]
    return gray


def _scale_of(text: dict[str, str]) -> LinearScale | None:
    if not all(key in text for key in SCALE_KEYS[:3]):
        return None
    kind, zero, full = (text[key] for key in SCALE_KEYS[:3])
    try:
        scale = LinearScale(
            "depth" if kind == "depth" else "disparity",
            float(zero),
            float(full),
            int(text[SCALE_KEYS[3]]) if SCALE_KEYS[3] in text else None,
        )
    except ValueError:
        raise MalformedError("the PNG's depthauthor text chunks hold no numbers") from None
    if scale.invalid is not None and not 0 <= scale.invalid <= 65535:
        raise MalformedError(f"the PNG's depthauthor text chunks name code {scale.invalid} for holes")
    if kind not in ("depth", "disparity") or not (np.isfinite(scale.at_zero) and np.isfinite(scale.at_full)):
        raise MalformedError("the PNG's depthauthor text chunks name no finite depth or disparity scale")
    return scale


def values_of(image: MapImage) -> NDArray[np.float32]:
    """The values (H, W) float32 of a 16-bit map that carries its own scale; holes are NaN."""
    assert image.scale is not None
    scale = image.scale
    table = np.linspace(scale.at_zero, scale.at_full, 65536, dtype=np.float64).astype(np.float32)
    if scale.invalid is not None:
        table[scale.invalid] = np.nan
    return table.take(image.samples)


def write_tiff(values: NDArray[np.float32]) -> bytes:
    """A single-page 32-bit float TIFF of the array (H, W), losslessly compressed."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(values, dtype=np.float32)).save(
        out, "TIFF", compression="tiff_adobe_deflate"
    )
    return out.getvalue()


def write_png(values: NDArray[np.float32], kind: Literal["depth", "disparity"]) -> bytes:
    """A 16-bit gray PNG of values (H, W), with the scale that reads it back in its text chunks.

    The finite values spread over codes 1..65535; code 0 stands for holes (NaN, infinity) where there are any.
    Raises UnsupportedError when nothing is finite.
    """
    from PIL import Image, PngImagePlugin

    finite = np.isfinite(values)
    if not finite.any():
        raise UnsupportedError("the map holds no finite value, and a 16-bit PNG cannot hold any other")
    low, high = float(values[finite].min()), float(values[finite].max())
    # A flat map gets steps of its own value, so that the scale starts at an exact zero.
    step = (high - low) / 65534 or abs(low) or 1.0
    codes = np.zeros(values.shape, np.uint16)
    codes[finite] = np.rint((values[finite].astype(np.float64) - low) / step + 1.0).astype(np.uint16)
    notes = PngImagePlugin.PngInfo()
    texts = [kind, repr(low - step), repr(low + 65534 * step)]
    if not finite.all():
        texts.append("0")
    for key, text in zip(SCALE_KEYS, texts, strict=False):
        notes.add_text(key, text)
    notes.add_text(
        "Description",
        f"{kind} in {'metres' if kind == 'depth' else '1/metre'} = "
        f"{texts[1]} + code / 65535 * ({texts[2]} - {texts[1]})"
        + ("; code 0 = no value" if texts[3:] else ""),
    )
    out = io.BytesIO()
    Image.fromarray(codes).save(out, "PNG", pnginfo=notes)
    return out.getvalue()


def write_map(values: NDArray[np.float32], kind: Literal["depth", "disparity"], format: MapFormat) -> bytes:
    """A map file of values (H, W) in metres or 1/m; the twin of `read_map`."""
    writers: dict[MapFormat, Callable[[], bytes]] = {
        "npy": lambda: write_npy(values),
        "npz": lambda: arrays.write_npz(values, kind),
        "png": lambda: write_png(values, kind),
        "tiff": lambda: write_tiff(values),
        "pfm": lambda: pfm.write_pfm(values),
        "exr": lambda: exr.write_exr(values),
    }
    return writers[format]()
