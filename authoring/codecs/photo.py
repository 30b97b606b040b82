"""Decode photos to RGB, and encode them as tiled HEIC, JPEG or PNG.

Pixels are needed where the output container differs from the input's, where a map is refined along the photo's edges,
and for pictures that people look at. Metadata blocks travel as opaque bytes.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import photo_colours
from authoring.codecs.colour_space import DISPLAY_P3, ColourSpace, build_profile
from authoring.codecs.fill_bytes import without_fill
from authoring.codecs.hevc import Effort, x265_threads
from authoring.codecs.limits import MAX_PIXELS, check_unpacking
from authoring.codecs.messages import first_line
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError, UsageError

TILE_PX = 512
"""Side of an iPhone's HEIC tiles; a decoder can work on them in parallel."""

HEIC_QUALITY = 80
JPEG_QUALITY = 92
"""Defaults: a 12 MP photo comes to about 2 MB as HEIC and 4 MB as JPEG, no loss visible side by side."""

PRESETS: dict[Effort, str] = {"fast": "ultrafast", "balanced": "superfast", "best": "slow"}
"""Of x265, for the photo; a depth map has settings of its own (`hevc.SETTINGS`)."""

PNG_LEVEL = 3
"""Of zlib: half the time of the usual 6, for a photo that grows by a twentieth."""

MAX_EXIF_BYTES = 65_527
"""Of one JPEG APP1 segment (65,535 bytes with its length field), less the length and `Exif\\0\\0`."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """A decoded photo: RGB, 8 bit, rows from the top, `width` x `height`."""

    width: int
    height: int
    rgb: bytes
    notes: tuple[str, ...] = ()
    """Changes made in converting to 8-bit RGB, as sentences for the report."""
    icc: bytes | None = None
    """The RGB colour profile of the pixels; None stands for sRGB."""
    hdr: ColourSpace | None = None
    """The space of PQ or HLG pixels, which no profile describes; `sdr` converts them."""
    reduced_from: tuple[int, int] | None = None
    """(width, height) of the picture that was decoded to fewer pixels; None if these are all."""

    @property
    def array(self) -> NDArray[np.uint8]:
        """The pixels (H, W, 3), read-only."""
        return np.frombuffer(self.rgb, np.uint8).reshape(self.height, self.width, 3)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The blocks that travel with a photo, each opaque: TIFF block of Exif, XMP packet, ICC profile.

    Those of a decoded photo are its file's; the profile that fits the pixels is `Pixels.icc`.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    icc: bytes | None = None


@dataclass(frozen=True, slots=True)
class DecodedPhoto:
    """A photo of which there are only the pixels, as stored, and the blocks that travel with them."""

    pixels: Pixels
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class HeicTile:
    """A tile of a HEIC photo."""

    name: str
    """What errors call it."""
    build: Callable[[], bytes]
    """Returns a HEIC file of the tile alone."""


def sdr(pixels: Pixels) -> Pixels:
    """Return pixels for display: PQ and HLG ones tone-mapped to Display P3, others as they are."""
    if pixels.hdr is None:
        return pixels
    return _tone_mapped(pixels.array, pixels.hdr, pixels.notes)


def decode(data: bytes, least: int | None = None) -> Pixels:
    """Decode a JPEG or PNG as stored (Exif orientation not applied).

    least: pixels on the long side that are enough; a JPEG may be reduced to no less while it is decoded, which takes a
    fraction of the time and memory.

    Raises UnsupportedError for codings that Pillow lacks (arithmetic JPEG), MalformedError for damage.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(without_fill(data)), formats=("JPEG", "PNG")) as picture:
                _check_size(picture, data)
                stated = photo_colours.png_colours(data)
                size = picture.size
                if least is not None and least < max(size):
                    # At 1/2, 1/4 or 1/8: means of its pixels.
                    picture.draft(
                        None, (max(1, size[0] * least // max(size)), max(1, size[1] * least // max(size)))
                    )
                reduced = picture.size != size
                pixels = rgb_pixels(picture, stated)
                if _is_16_bit_png(data) and picture.mode != "I;16":  # Pillow keeps 16 bits of gray alone.
                    pixels = replace(pixels, notes=("the photo's 16 bits were reduced to 8", *pixels.notes))
                return replace(pixels, reduced_from=size if reduced else None)
    except UnidentifiedImageError as error:
        if data.startswith(b"\xff\xd8"):
            # Pillow gives no reason for a JPEG whose segments are in order but, say, of 12-bit samples.
            raise UnsupportedError(
                "the photo's pixels are coded in a way that is not decoded here"
            ) from error
        raise MalformedError("the photo does not decode: its header is damaged or cut off") from error
    except Image.DecompressionBombError as error:
        raise UnsupportedError(f"the photo has too many pixels ({str(error).partition(',')[0]})") from error
    except OSError as error:
        jpeg = data.startswith(b"\xff\xd8")
        if jpeg and any(
            cause in str(error) for cause in ("no arithmetic", "Unsupported", "broken data stream")
        ):
            raise UnsupportedError(
                "the photo's pixels cannot be decoded here (arithmetic coding, or damage), so it cannot be "
                "converted; keep its own container"
            ) from error
        raise MalformedError(f"the photo does not decode ({first_line(error)})") from error
    except DepthauthorError:
        raise
    except Exception as error:  # Pillow's plugins let errors of every kind through on damaged files.
        raise MalformedError(f"the photo does not decode ({first_line(error)})") from error


def photo_of_picture(picture: Any) -> DecodedPhoto:
    """Return the pixels and the metadata blocks of a PIL image, as stored (Exif orientation not applied).

    Raises UsageError for a closed image and for a mode without colours or gray, MalformedError for damage.
    """
    from PIL import Image

    try:
        width, height = picture.size
        if not width or not height:
            raise UsageError("the photo is a PIL image without pixels")
        if width * height > MAX_PIXELS:
            raise UnsupportedError(f"the photo is {width}x{height}; {MAX_PIXELS} pixels are the limit")
        picture.load()
    except DepthauthorError:
        raise
    except Image.DecompressionBombError as error:
        raise UnsupportedError(f"the photo has too many pixels ({str(error).partition(',')[0]})") from error
    except ValueError as error:
        raise UsageError(f"the photo is a PIL image that cannot be read ({first_line(error)})") from error
    except Exception as error:  # Pillow's plugins let errors of every kind through on damaged files.
        raise MalformedError(f"the photo does not decode ({first_line(error)})") from error
    try:
        if picture.mode == "F":  # Pillow converts it, but nothing says which numbers are black and white.
            raise ValueError(picture.mode)
        pixels = rgb_pixels(picture, photo_colours.heif_colours(_nclx(picture.info)))
    except Exception as error:
        raise UsageError(f"the photo is a PIL image of mode {picture.mode}; convert it to RGB") from error
    exif, xmp, icc = (picture.info.get(name) for name in ("exif", "xmp", "icc_profile"))
    if isinstance(xmp, str):
        xmp = xmp.encode()
    exif = exif.removeprefix(b"Exif\0\0") if isinstance(exif, bytes) else b""
    xmp = xmp if isinstance(xmp, bytes) else b""
    icc = icc if isinstance(icc, bytes) else b""
    return DecodedPhoto(pixels, Metadata(exif or None, xmp or None, icc or None))


def decode_heic(data: bytes, *, code_points: tuple[int, int] | None = None, tone_map: bool = False) -> Pixels:
    """Decode a HEIC primary upright, with irot, imir and clap applied.

    code_points: those of the layout, beside an ICC profile too. tone_map: map PQ and HLG to Display P3, from all bits.
    Raises UnsupportedError for too many pixels, MalformedError for damage.
    """
    import pillow_heif

    try:
        picture = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        _check_size(picture, data)
        stated = photo_colours.heif_colours(code_points or _nclx(picture.info))
        bits = picture.info["bit_depth"]
        hdr = photo_colours.hdr_space(stated, picture.info.get("icc_profile"))
        if tone_map and hdr is not None and bits > 8:
            picture = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
            pixels = _tone_mapped(_samples(picture), hdr, ())
        else:
            pixels = rgb_pixels(picture.to_pillow(), stated)
            if bits > 8:
                pixels = replace(pixels, notes=(f"the photo's {bits} bits were reduced to 8", *pixels.notes))
            if tone_map:
                pixels = sdr(pixels)
        return pixels
    except DepthauthorError:
        raise
    except Exception as error:  # libheif's wrapper lets errors of every kind through on damaged files.
        raise MalformedError(f"the photo does not decode ({first_line(error)})") from error


def join_heic_tiles(
    tiles: Sequence[HeicTile],
    columns: int,
    size: tuple[int, int],
    factor: int = 1,
    *,
    icc: bytes | None = None,
    code_points: tuple[int, int] | None = None,
) -> Pixels:
    """Decode the tiles of a picture, row by row, each reduced by `factor`, and join them.

    size: (width, height) of the picture, which the last tiles may exceed. It is in memory at its reduced size only; of
    more than 8 bits 8 are kept.

    Raises MalformedError for a tile that does not decode, and what the `build` of a tile raises.
    """
    import pillow_heif
    from PIL import Image

    def decoded(tile: HeicTile) -> Any:
        try:
            data = tile.build()
            heif = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
            _check_size(heif, data)
            picture = heif.to_pillow()
            return picture.reduce(factor) if factor > 1 else picture
        except DepthauthorError:
            raise
        except Exception as error:  # libheif's wrapper lets errors of every kind through on damaged files.
            raise MalformedError(f"{tile.name} does not decode") from error

    joined: Any = None
    # As many threads as libheif takes for the tiles of a grid, so that they decode as fast as the whole photo: 48
    # tiles, 12 MP, in 1.4 s on a busy machine of two cores, in one thread in 1.9 s.
    with ThreadPoolExecutor(pillow_heif.options.DECODE_THREADS) as threads:
        # A row at a time, so that no more than one is in memory beside the picture.
        for row in range(len(tiles) // columns):
            for column, tile in enumerate(threads.map(decoded, tiles[row * columns : (row + 1) * columns])):
                if joined is None:
                    joined = Image.new(tile.mode, (-(-size[0] // factor), -(-size[1] // factor)))
                joined.paste(tile, (column * tile.width, row * tile.height))
    if icc:
        joined.info["icc_profile"] = icc
    pixels = rgb_pixels(joined, photo_colours.heif_colours(code_points))
    return replace(pixels, reduced_from=size if factor > 1 else None)


def resized(pixels: NDArray[np.uint8], width: int, height: int, *, smooth: bool = False) -> NDArray[np.uint8]:
    """Resize pixels (H, W, 3) to (height, width, 3).

    Each result is the mean of the area it covers; with `smooth` a Lanczos filter is used, for pictures to look at.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    if not smooth and height >= pixels.shape[0] and width >= pixels.shape[1]:
        # The pixel that holds the centre: exactly what a mean over less than a pixel gives, without Pillow's copies.
        rows, columns = (
            (2 * np.arange(count) + 1) * size // (2 * count)
            for count, size in zip((height, width), pixels.shape, strict=False)
        )
        enlarged: NDArray[np.uint8] = pixels[rows[:, None], columns]
        return enlarged
    from PIL import Image

    method = Image.Resampling.LANCZOS if smooth else Image.Resampling.BOX
    gap = 3.0 if smooth else None
    return np.asarray(Image.fromarray(pixels).resize((width, height), method, reducing_gap=gap))


def srgb(pixels: NDArray[np.uint8], icc: bytes | None) -> NDArray[np.uint8]:
    """Return pixels (H, W, 3) of an ICC profile's colours as sRGB; unchanged without a valid profile.

    Nearly all iPhone photos are Display P3, whose numbers read as sRGB look dull.
    """
    if not icc:
        return pixels
    from PIL import Image, ImageCms

    try:
        converted = ImageCms.profileToProfile(
            Image.fromarray(pixels), ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB")
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return pixels
    return np.asarray(converted)


def png_metadata(data: bytes) -> Metadata:
    """Read Exif (TIFF block), XMP and ICC profile of a PNG."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            _check_size(picture, data)
            picture.load()
            exif = picture.info.get("exif")
            xmp = picture.info.get("xmp")
            icc = picture.info.get("icc_profile")
    except DepthauthorError:
        raise
    except Exception as error:  # Pillow's plugins let errors of every kind through on damaged files.
        raise MalformedError(f"the PNG does not decode ({first_line(error)})") from error
    if exif:
        exif = exif.removeprefix(b"Exif\0\0")
    if isinstance(xmp, str):
        xmp = xmp.encode()
    return Metadata(exif or None, xmp or None, icc or None)


def encode_heic(
    pixels: Pixels,
    metadata: Metadata,
    *,
    quality: int = HEIC_QUALITY,
    effort: Effort = "fast",
    threads: int | None = None,
) -> bytes:
    """Encode as HEIC in 512-pixel tiles, 4:2:0; threads: of the encoder, None for its own choice.

    irot/imir are written for the Orientation in the Exif block (or in the XMP, which libheif's wrapper
    prefers: the caller compares); the pixels stay in the stored raster and Exif keeps its value, as on an iPhone.
    """
    import pillow_heif

    out = io.BytesIO()
    extra: dict[str, Any] = {}
    if metadata.icc:
        extra["icc_profile"] = metadata.icc
    if metadata.exif:
        extra["exif"] = b"Exif\0\0" + metadata.exif
    if metadata.xmp:
        extra["xmp"] = metadata.xmp
    tiled = max(pixels.width, pixels.height) > TILE_PX
    try:
        pillow_heif.encode(
            "RGB",
            (pixels.width, pixels.height),
            pixels.rgb,
            out,
            quality=quality,
            tile_size=TILE_PX if tiled else 0,
            enc_params={"preset": PRESETS[effort]} | x265_threads(threads),
            **extra,
        )
    except RuntimeError as error:  # x265 refuses pictures of a few pixels across, and very large ones.
        raise UnsupportedError(
            f"a photo of {pixels.width}x{pixels.height} cannot be encoded as HEIC ({first_line(error)}); write a JPEG"
        ) from error
    return out.getvalue()


def encode_jpeg(pixels: Pixels, metadata: Metadata, *, quality: int = JPEG_QUALITY) -> bytes:
    """Encode as baseline JPEG, 4:2:0, with Exif, XMP and ICC profile in their segments."""
    from PIL import Image

    out = io.BytesIO()
    extra: dict[str, Any] = {}
    if metadata.exif and len(metadata.exif) <= MAX_EXIF_BYTES:
        extra["exif"] = b"Exif\0\0" + metadata.exif
    if metadata.xmp:
        extra["xmp"] = metadata.xmp
    if metadata.icc:
        extra["icc_profile"] = metadata.icc
    Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb).save(
        out, "JPEG", quality=quality, subsampling="4:2:0", **extra
    )
    return out.getvalue()


def encode_picture(picture: Any, file_format: Literal["png", "jpeg"], icc: bytes | None = None) -> bytes:
    """Encode a PIL image in RGB as PNG, quickly rather than small, or JPEG, 4:2:0; icc: None stands for sRGB."""
    out = io.BytesIO()
    extra: dict[str, Any] = {"icc_profile": icc} if icc else {}
    if file_format == "png":
        picture.save(out, "PNG", compress_level=PNG_LEVEL, **extra)
    else:
        picture.save(out, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0", **extra)
    return out.getvalue()


def _check_size(picture: Any, data: bytes) -> None:
    """Check the size before anything is decoded, to three bytes a pixel."""
    width, height = picture.size
    check_unpacking("the photo", width, height, 3, len(data))


def _is_16_bit_png(data: bytes) -> bool:
    """Return whether the header of a PNG states 16 bits a sample (PNG 3rd ed., 11.2.1)."""
    return data.startswith(b"\x89PNG\r\n\x1a\n") and data[24:25] == b"\x10"


def _nclx(info: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the code points (primaries, transfer) that pillow-heif read, also into a PIL image."""
    nclx = info.get("nclx_profile")
    if not isinstance(nclx, dict):
        return None
    points = (nclx.get("color_primaries"), nclx.get("transfer_characteristics"))
    return (points[0], points[1]) if isinstance(points[0], int) and isinstance(points[1], int) else None


def _samples(picture: Any) -> NDArray[np.uint16]:
    """Return the 16-bit samples (H, W, 3) of an image of pillow-heif, without its transparency."""
    samples = np.asarray(picture)
    if samples.ndim == 2 or samples.shape[2] < 3:
        samples = np.repeat(samples.reshape(*samples.shape[:2], -1)[..., :1], 3, axis=2)
    return samples[..., :3]


def _tone_mapped(
    samples: NDArray[np.uint8] | NDArray[np.uint16], space: ColourSpace, notes: tuple[str, ...]
) -> Pixels:
    from authoring.codecs.tone_map import tone_mapped

    height, width = samples.shape[:2]
    mapped = tone_mapped(samples, space)
    note = f"the photo's HDR ({space.name}) was tone-mapped to {DISPLAY_P3.name}, 8 bits"
    return Pixels(width, height, mapped.tobytes(), (note, *notes), build_profile(DISPLAY_P3))


def rgb_pixels(picture: Any, stated: photo_colours.StatedColours | None = None) -> Pixels:
    """Return a picture of any mode as 8-bit RGB with the profile of its colours."""
    notes: list[str] = []
    icc = picture.info.get("icc_profile")
    icc = icc if isinstance(icc, bytes) and icc else None
    if picture.mode in ("I;16", "I;16B", "I;16L", "I"):
        notes.append("the photo's 16-bit gray was reduced to 8 bits")
        picture = picture.convert("I").point(lambda value: value / 257).convert("L")
    if picture.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in picture.info:
        from PIL import Image

        notes.append("the photo's transparency was laid over white")
        gray = picture.mode in ("1", "L", "LA", "La")
        cover = picture.convert("LA" if gray else "RGBA")
        picture = Image.new("L" if gray else "RGB", cover.size, "white")
        picture.paste(cover.convert(picture.mode), mask=cover.getchannel("A"))
    if stated is None:
        stated = photo_colours.picture_colours(picture.info)
    converted = photo_colours.to_rgb(picture, icc, stated)
    rgb = converted.picture
    return Pixels(
        rgb.width, rgb.height, rgb.tobytes(), (*notes, *converted.notes), converted.icc, converted.hdr
    )
