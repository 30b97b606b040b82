"""Maps in PNG, TIFF and JPEG: gray pictures in, 16-bit PNG and float TIFF out."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_unpacking
from authoring.codecs.maps.map_image import LinearScale, MapImage, Raster, map_from_array
from authoring.codecs.messages import first_line
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError

SUPPORTED = "PNG, TIFF, JPEG, NPY, NPZ, PFM, OpenEXR and photos with Apple depth"

COLOUR_TOLERANCE = 12
"""Gray stored as three channels may differ by this much after a JPEG; colour maps differ by far more."""

SCALE_KEYS = ("depthauthor-kind", "depthauthor-at-0", "depthauthor-at-65535", "depthauthor-invalid")
"""Text chunks of a 16-bit PNG: what it holds, the values of its smallest and largest code, the hole code."""

_ORIENTATION = 0x0112
"""Exif tag Orientation (CIPA DC-008)."""

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")


def read_picture(data: bytes) -> MapImage:
    """Read a gray PNG, TIFF or JPEG.

    Colours are marked and left to the caller. Raises RefusedError for CMYK, UnsupportedError for several pages
    and other formats, MalformedError for damage.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

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
                rotated = picture.getexif().get(_ORIENTATION, 1) not in (0, 1)
                picture.load()
                if rotated:
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
        if data.startswith(_MAGIC):
            raise MalformedError("the map does not decode: its header is damaged or cut off") from error
        raise UnsupportedError(f"unsupported map format; supported are {SUPPORTED}") from error
    except Exception as error:  # Pillow's plugins let errors of every kind through on damaged files.
        raise MalformedError(f"the map does not decode ({first_line(error)})") from error


def _pixel_bytes(picture: Any) -> int:
    """Return the bytes of a decoded pixel."""
    sample_bytes = {"I": 4, "F": 4}.get(picture.mode, 2 if picture.mode.startswith("I;16") else 1)
    return sample_bytes * len(picture.getbands())


def _has_second_page(picture: Any) -> bool:
    """Return whether there is a second page, without counting pages, of which a file may claim very many."""
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
    coloured = False
    if samples.ndim == 3:
        coloured = samples.shape[2] > 1 and _is_coloured(samples)
        samples = _brightness(samples) if coloured else samples[..., min(1, samples.shape[2] - 1)]
    if mode == "I" and samples.min() >= 0 and samples.max() <= 65535:
        samples = samples.astype(np.uint16)
    image = map_from_array(samples, source)
    fits = scale is not None and image.levels == 65536
    return replace(image, scale=scale if fits else None, notes=notes, coloured=coloured)


def _is_coloured(samples: Raster) -> bool:
    """Return whether the three channels of a picture (H, W, 3) differ by more than JPEG makes of gray."""
    spread = samples.max(axis=2) - samples.min(axis=2)
    return int(np.percentile(spread, 99)) > COLOUR_TOLERANCE


def _brightness(samples: Raster) -> Raster:
    """Return the luma (H, W) of RGB (H, W, 3), in the same dtype; the weights of ITU-R BT.601."""
    luma: Raster = np.rint(samples @ np.array([0.299, 0.587, 0.114])).astype(samples.dtype)
    return luma


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
    """Return the values (H, W) float32 of a 16-bit map that states its own scale; holes are NaN."""
    assert image.scale is not None
    scale = image.scale
    table = np.linspace(scale.at_zero, scale.at_full, 65536, dtype=np.float64).astype(np.float32)
    if scale.invalid is not None:
        table[scale.invalid] = np.nan
    return table.take(image.samples)


def write_tiff(values: NDArray[np.float32]) -> bytes:
    """Build a single-page 32-bit float TIFF of the array (H, W), losslessly compressed."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(values, dtype=np.float32)).save(
        out, "TIFF", compression="tiff_adobe_deflate"
    )
    return out.getvalue()


def write_png(values: NDArray[np.float32], kind: Literal["depth", "disparity"]) -> bytes:
    """Build a 16-bit gray PNG of values (H, W), with the scale that reads it back in its text chunks.

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
