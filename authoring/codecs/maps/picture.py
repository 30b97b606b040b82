"""Maps in PNG and JPEG: gray pictures in, 16-bit PNG out."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.fill_bytes import without_fill
from authoring.codecs.limits import check_pixels, check_unpacking
from authoring.codecs.maps.map_image import LinearScale, MapImage, Raster, gray_of_channels, map_from_array
from authoring.codecs.messages import first_line, printable
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError, UsageError

SUPPORTED = "PNG, TIFF, JPEG, NPY, NPZ, PFM, PGM, OpenEXR and photos with Apple depth"

COLOUR_TOLERANCE = 12
"""Gray stored as three channels may differ by this much after a JPEG; colour maps differ by far more."""

SCALE_KEYS = ("depthauthor-kind", "depthauthor-at-0", "depthauthor-at-65535", "depthauthor-invalid")
"""Text chunks of a 16-bit PNG: what it holds, the values of its smallest and largest code, the hole code."""

SPACING_KEY = "depthauthor-spacing"
"""Text chunk of a PNG whose codes are even in the other unit, which it names: a depth whose codes are even in 1/m."""

ESTIMATE_KEY = "depthauthor-estimate"
"""Text chunk of a PNG that a network estimated: what `MapImage.estimate` is."""

LARGEST_RATIO = 64
"""Of farthest to nearest depth in codes even in metres. Beyond, a step at the near end would be coarser than a quarter
of the step of the photo's own 8-bit disparity."""

PICTURE_MODES = (
    "1",
    "L",
    "LA",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "CMYK",
    "I",
    "F",
    "I;16",
    "I;16L",
    "I;16B",
    "I;16N",
)
"""Pillow's modes that are read; those of I;16 are unsigned 16-bit integers, I is signed with 32 bits."""

_TURNED = "the map file's own Exif orientation was applied"

_ORIENTATION = 0x0112
"""Exif tag Orientation (CIPA DC-008)."""

PNG_MAGIC, JPEG_MAGIC = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"

_MAGIC = (PNG_MAGIC, JPEG_MAGIC, b"II*\0", b"MM\0*")

_WIDE_PNG = {2: ("RGB;16B", "RGB;16L"), 4: ("RGBA",), 6: ("RGBA;16B", "RGBA;16L")}
"""By colour type (ISO/IEC 15948, 11.2.2): Pillow's raw modes that give the bytes of 16-bit samples. It has no mode for
16-bit colours and keeps the high bytes; read as little-endian the low bytes are the high ones, and gray with alpha has
the size of four channels of 8 bits."""


def read_picture(data: bytes) -> MapImage:
    """Read a gray PNG or JPEG, of one channel or of equal ones.

    Colours are marked and left to the caller. Raises RefusedError for CMYK and for a picture whose shape is in its
    alpha alone, UnsupportedError for animations and other formats,
    MalformedError for damage.
    """
    header = _jpeg_header(data)
    if header is not None and header[0] != 8:
        return _read_deep_jpeg(data, *header)
    if data.startswith(PNG_MAGIC) and data[24:25] == b"\x10" and data[25:26] in (b"\2", b"\4", b"\6"):
        return _read_wide_png(data, data[25])
    picture, notes = decode_picture(data, "PNG", "JPEG")
    image = gray_of(picture, str(picture.format), notes)
    scale = _scale_of(getattr(picture, "text", {})) if picture.format == "PNG" else None
    return _with_scale(image, scale, getattr(picture, "text", {}))


def map_of_picture(picture: Any) -> MapImage:
    """Return the map of a PIL image, upright by its own Exif; see `read_picture`.

    Raises UsageError for a closed image and for a mode that is neither gray nor RGB, MalformedError for damage.
    """
    from PIL import Image, ImageOps

    mode = picture.mode
    if mode not in PICTURE_MODES:
        raise UsageError(
            f"the map is a PIL image of mode {mode}, and a map is gray: convert it to L, I;16, I or F"
        )
    try:
        if not picture.width or not picture.height:
            raise UsageError("the map is a PIL image without pixels")
        check_pixels(picture.width * picture.height)
        picture.load()
        text, name = getattr(picture, "text", {}), picture.format
        rotated = picture.getexif().get(_ORIENTATION, 1) not in (0, 1)
        upright: Any = ImageOps.exif_transpose(picture) if rotated else picture
    except DepthauthorError:
        raise
    except Image.DecompressionBombError as error:
        raise UnsupportedError(
            f"the map has too many pixels ({first_line(error).partition(',')[0]})"
        ) from error
    except ValueError as error:
        raise UsageError(f"the map is a PIL image that cannot be read ({first_line(error)})") from error
    except Exception as error:  # Pillow's plugins let errors of every kind through on damaged files.
        raise MalformedError(f"the map does not decode ({first_line(error)})") from error
    image = gray_of(upright, f"{mode} image", (_TURNED,) if rotated else ())
    scale = _scale_of(text) if name == "PNG" else None
    return _with_scale(image, scale, text)


def decode_picture(data: bytes, *formats: str, raw_mode: str | None = None) -> tuple[Any, tuple[str, ...]]:
    """Decode with Pillow a picture of one of the formats, upright by its own Exif; return it and notes.

    raw_mode: how Pillow is to read a PNG's pixels instead of its own choice.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture: Any = Image.open(io.BytesIO(without_fill(data)), formats=formats)
            with picture:
                check_unpacking("the map", picture.width, picture.height, _pixel_bytes(picture), len(data))
                if picture.format == "PNG" and picture.n_frames > 1:
                    raise UnsupportedError(
                        f"the PNG is an animation of {picture.n_frames} frames; save the one that is the map alone"
                    )
                if raw_mode is not None:
                    picture.tile = [tile._replace(args=raw_mode) for tile in picture.tile]
                name, text = picture.format, getattr(picture, "text", {})
                rotated = picture.getexif().get(_ORIENTATION, 1) not in (0, 1)
                picture.load()
                if not rotated:
                    return picture, ()
                upright: Any = ImageOps.exif_transpose(picture)
                upright.format, upright.text = name, text
                return upright, (_TURNED,)
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


def _read_wide_png(data: bytes, colour: int) -> MapImage:
    """Read a PNG of several 16-bit channels."""
    parts = [decode_picture(data, "PNG", raw_mode=mode) for mode in _WIDE_PNG[colour]]
    arrays = [np.array(picture, np.uint16) for picture, _ in parts]
    high, low = (arrays[0][..., 0::2], arrays[0][..., 1::2]) if colour == 4 else arrays
    samples = high << 8 | low
    return _image_of_channels(samples, "PNG", parts[0][1], has_alpha=colour in (4, 6))


_PLAIN_MODES = {"P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
"""By Pillow's mode of palettes and of samples that are multiplied by alpha: what they are converted to."""


def gray_of(picture: Any, source: str, notes: tuple[str, ...]) -> MapImage:
    """Return the gray of a decoded picture."""
    target = _PLAIN_MODES.get(picture.mode)
    if target == "RGB" and "transparency" in picture.info:
        target = "RGBA"
    if target is not None:
        try:
            picture = picture.convert(target)
        except ValueError as error:
            raise MalformedError(f"the map does not decode ({first_line(error)})") from error
    mode = picture.mode
    if mode == "CMYK":
        raise RefusedError("this looks like a picture for print (CMYK), not a depth map")
    samples = np.array(picture)
    if samples.ndim == 3:
        return _image_of_channels(samples, source, notes, has_alpha=mode in ("LA", "RGBA"))
    return replace(map_from_array(samples, source), notes=notes)


def _image_of_channels(samples: Raster, source: str, notes: tuple[str, ...], *, has_alpha: bool) -> MapImage:
    """Return the map of gray or equal channels (H, W, channels), of which the last may be alpha."""
    full = np.iinfo(samples.dtype).max
    alpha = samples[..., -1] if has_alpha else None
    colours = samples[..., :-1] if has_alpha else samples
    gray, coloured = colours[..., 0], False
    if colours.shape[2] > 1:
        gray, coloured = gray_of_channels(colours, COLOUR_TOLERANCE * full / 255)
    if alpha is not None and (alpha != full).any():
        if gray.min() == gray.max() and alpha.min() != alpha.max():
            raise RefusedError(
                "the picture has one colour everywhere, and its shape is in its alpha channel alone; flatten the layer "
                "onto a background, such as white on black, and save it without alpha"
            )
        notes = (*notes, "the map's alpha channel was ignored")
    return replace(map_from_array(gray, source), notes=notes, coloured=coloured)


def _jpeg_header(data: bytes) -> tuple[int, int, int] | None:
    """Return bits a sample, width and height from the frame header (ITU-T T.81, B.2.2); None where there is none."""
    if not data.startswith(JPEG_MAGIC):
        return None
    data = without_fill(data)
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return (
                data[at + 4],
                int.from_bytes(data[at + 7 : at + 9], "big"),
                int.from_bytes(data[at + 5 : at + 7], "big"),
            )
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _read_deep_jpeg(data: bytes, bits: int, width: int, height: int) -> MapImage:
    """Read a JPEG of 12 bits a sample, which Pillow does not decode."""
    if bits != 12:
        raise UnsupportedError(
            f"the JPEG has {bits} bits a sample, and 8 and 12 are read; save the map as PNG"
        )
    check_unpacking("the map", width, height, 6, len(data))
    try:
        import imagecodecs
    except ImportError as error:
        raise UnsupportedError(
            "the JPEG has 12 bits a sample, which needs imagecodecs: install it with pip install 'depthauthor[tiff]'"
        ) from error
    try:
        samples = imagecodecs.jpeg8_decode(data)
    except Exception as error:  # It has errors of its own, and its library's words are of no use to a reader.
        raise MalformedError(
            "the JPEG of 12 bits a sample does not decode; it is damaged or cut off"
        ) from error
    coloured = False
    if samples.ndim == 3:
        samples, coloured = gray_of_channels(samples[..., :3], COLOUR_TOLERANCE * 4095 / 255)
    return MapImage(samples, 4096, "12-bit JPEG", coloured=coloured)


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
            inverse=SPACING_KEY in text,
        )
    except ValueError:
        raise MalformedError("the PNG's depthauthor text chunks hold no numbers") from None
    if scale.invalid is not None and not 0 <= scale.invalid <= 65535:
        code = printable(text[SCALE_KEYS[3]])
        raise MalformedError(f"the PNG's depthauthor text chunks name code {code} for holes")
    if kind not in ("depth", "disparity") or not (np.isfinite(scale.at_zero) and np.isfinite(scale.at_full)):
        raise MalformedError("the PNG's depthauthor text chunks name no finite depth or disparity scale")
    return scale


def _with_scale(image: MapImage, scale: LinearScale | None, text: dict[str, str]) -> MapImage:
    if scale is None or image.levels != 65536:
        return image
    return replace(image, scale=scale, estimate=text.get(ESTIMATE_KEY, ""))


def values_of(image: MapImage) -> NDArray[np.float32]:
    """Return the values (H, W) float32 of a 16-bit map that states its own scale; holes are NaN."""
    assert image.scale is not None
    scale = image.scale
    table = np.linspace(scale.at_zero, scale.at_full, 65536, dtype=np.float64)
    if scale.inverse:
        with np.errstate(divide="ignore"):
            table = np.where(table >= 0, 1 / np.abs(table), np.nan)
    if scale.invalid is not None:
        table[scale.invalid] = np.nan
    with np.errstate(over="ignore"):
        return table.astype(np.float32).take(image.samples)


def write_png(values: NDArray[np.float32], kind: Literal["depth", "disparity"], estimate: str = "") -> bytes:
    """Build a 16-bit gray PNG of values (H, W), with the scale that reads it back in its text chunks.

    The values spread over codes 1..65535 in even steps; code 0 stands for holes (NaN) where there are any. Depth
    that reaches infinity, or LARGEST_RATIO times as far as its near end, takes even steps of 1/m, nearest first.
    Raises UnsupportedError when nothing is finite.
    """
    from PIL import Image, PngImagePlugin

    finite = np.isfinite(values)
    if not finite.any():
        raise UnsupportedError("the map holds no finite value, and a 16-bit PNG cannot hold any other")
    low = float(values.min(where=finite, initial=np.inf))
    high = float(values.max(where=finite, initial=-np.inf))
    infinite = np.isposinf(values)
    inverse = kind == "depth" and low > 0 and (bool(infinite.any()) or high > LARGEST_RATIO * low)
    first, last, known = low, high, finite
    if inverse:
        first, last, known = 1 / low, 0.0 if infinite.any() else 1 / high, finite | infinite
    # A flat map gets steps of its own value, so that the scale starts at an exact zero.
    step = (last - first) / 65534 or abs(first) or 1.0
    codes = np.zeros(values.shape, np.uint16)
    # Row by row: double precision of a whole map would be eight bytes a sample, several times over.
    for row, used, source in zip(codes, known, values, strict=True):
        spread = source[used].astype(np.float64)
        if inverse:
            spread = 1 / spread
        row[used] = np.rint((spread - first) / step + 1.0).astype(np.uint16)
    notes = PngImagePlugin.PngInfo()
    texts = [kind, repr(first - step), repr(last if inverse else first + 65534 * step)]
    if not known.all():
        texts.append("0")
    for key, text in zip(SCALE_KEYS, texts, strict=False):
        notes.add_text(key, text)
    if inverse:
        notes.add_text(SPACING_KEY, "disparity")
    if estimate:
        notes.add_text(ESTIMATE_KEY, estimate)
    line = f"{texts[1]} + code / 65535 * ({texts[2]} - {texts[1]})"
    notes.add_text(
        "Description",
        f"{kind} in {'metres' if kind == 'depth' else '1/metre'} = "
        + (f"1 / ({line})" if inverse else line)
        + ("; code 0 = no value" if texts[3:] else ""),
    )
    out = io.BytesIO()
    Image.fromarray(codes).save(out, "PNG", pnginfo=notes)
    return out.getvalue()
