"""Map files: PNG, TIFF, JPEG and NPY in; NPY, 16-bit PNG and float TIFF out.

Knows: file formats of single-channel rasters, and when a picture is no such raster.
Must not know: metres, near and far, orientation of a photo. It gives gray levels or floats as they stand.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError

Raster: TypeAlias = NDArray[Any]
MapFormat = Literal["npy", "png", "tiff"]

MAX_MAP_PIXELS = 200_000_000
"""Twice the largest phone photo; beyond it a map is a decompression bomb rather than a depth map."""

COLOUR_TOLERANCE = 12
"""Gray stored as three channels may differ by this much after a JPEG; colour maps differ by far more."""

_PICTURE_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")

SCALE_KEYS = ("depthauthor-kind", "depthauthor-at-0", "depthauthor-at-65535", "depthauthor-invalid")
"""Text chunks of a 16-bit PNG: what it holds, the values of its smallest and largest code, the hole code."""


@dataclass(frozen=True, slots=True)
class LinearScale:
    """What integer codes stand for: value = at_zero + code / 65535 * (at_full - at_zero).

    `kind` "depth" is in metres, "disparity" in 1/m. `invalid` is the code of a hole, or None.
    """

    kind: Literal["depth", "disparity"]
    at_zero: float
    at_full: float
    invalid: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MapImage:
    """A decoded map file.

    `samples` is (H, W): uint8 or uint16 gray levels (`levels` 256 or 65536), or float16/32/64 values
    (`levels` None).
    `scale` is set where the file says itself what its levels mean. `notes` are sentences for the report.
    """

    samples: Raster
    levels: int | None
    source: str
    scale: LinearScale | None = None
    notes: tuple[str, ...] = ()


def read_map(data: bytes) -> MapImage:
    """Read a map file of any known kind, told by its first bytes.

    Raises UnsupportedError for other kinds and for multi-page TIFF, RefusedError for pictures that are not
    maps (coloured visualisations), MalformedError for damaged files.
    """
    if data.startswith(b"\x93NUMPY"):
        return _read_npy(data)
    return _read_picture(data)


def map_from_array(samples: Raster, source: str = "array") -> MapImage:
    """Take a NumPy array (H, W), or (H, W, 1), as a map: uint8/uint16 are gray levels, floats values."""
    if samples.ndim == 3 and 1 in (samples.shape[0], samples.shape[2]):
        samples = samples[0] if samples.shape[0] == 1 else samples[..., 0]
    if samples.ndim != 2 or 0 in samples.shape:
        raise UnsupportedError(
            f"the array has shape {samples.shape}; a map has one value a pixel, shape (height, width)"
        )
    if samples.size > MAX_MAP_PIXELS:
        raise UnsupportedError(f"the map has {samples.size} pixels; at most {MAX_MAP_PIXELS} are read")
    kind = samples.dtype
    if kind == np.uint8:
        return MapImage(samples, 256, f"8-bit {source}")
    if kind == np.uint16 or kind == np.dtype(">u2"):
        return MapImage(samples.astype(np.uint16, copy=False), 65536, f"16-bit {source}")
    if kind == np.bool_:
        return MapImage(samples.astype(np.uint8) * np.uint8(255), 256, f"1-bit {source}")
    if kind.kind == "f" and kind.itemsize in (2, 4, 8):
        return MapImage(
            samples.astype(kind.newbyteorder("="), copy=False), None, f"float{kind.itemsize * 8} {source}"
        )
    raise UnsupportedError(f"the array holds {kind}; maps are uint8, uint16, float16, float32 or float64")


def _read_npy(data: bytes) -> MapImage:
    try:
        samples = np.load(io.BytesIO(data), allow_pickle=False)
    except (
        Exception
    ) as error:  # NumPy parses the header as Python text: any kind of error can come of damage.
        raise MalformedError(f"the NPY file does not load ({_first_line(error)})") from error
    if not isinstance(samples, np.ndarray):
        raise UnsupportedError("the NPY file holds no single array")
    return map_from_array(samples, "NPY")


def _read_picture(data: bytes) -> MapImage:
    import warnings

    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture: Image.Image = Image.open(io.BytesIO(data), formats=("PNG", "TIFF", "JPEG"))
            with picture:
                if picture.width * picture.height > MAX_MAP_PIXELS:
                    raise UnsupportedError(
                        f"the map is {picture.width}x{picture.height}; {MAX_MAP_PIXELS} pixels are the limit"
                    )
                frames = getattr(picture, "n_frames", 1)
                if frames > 1 and picture.format == "TIFF":
                    raise UnsupportedError(
                        f"the TIFF holds {frames} pages; save the one that is the map alone"
                    )
                source = str(picture.format)
                scale = _scale_of(getattr(picture, "text", {})) if source == "PNG" else None
                notes: tuple[str, ...] = ()
                turned = picture.getexif().get(0x0112, 1) not in (0, 1)
                picture.load()
                if turned:
                    picture = ImageOps.exif_transpose(picture)
                    notes = ("the map file's own Exif orientation was applied",)
                return _gray_of(picture, source, scale, notes)
    except DepthauthorError:
        raise
    except Image.DecompressionBombError as error:
        raise UnsupportedError(f"the map has too many pixels ({error})") from error
    except UnidentifiedImageError as error:
        if data.startswith(_PICTURE_MAGIC):
            raise MalformedError("the map does not decode: its header is damaged or cut off") from error
        raise UnsupportedError("this is no map file that is read here: PNG, TIFF, JPEG or NPY") from error
    except Exception as error:  # Pillow's plugins let errors of every kind through on damaged files.
        raise MalformedError(f"the map does not decode ({_first_line(error)})") from error


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
            "this looks like a coloured visualisation of depth, and colours cannot be turned back into "
            "distances; give the gray or raw map that it was made from"
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


def write_npy(values: NDArray[np.floating[Any]]) -> bytes:
    """An NPY file (version 1.0) of the array (H, W) as it is."""
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)
    return out.getvalue()


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


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
