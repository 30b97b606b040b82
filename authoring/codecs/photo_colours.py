"""Find which colours a decoded picture has, and convert it to RGB with an ICC profile that fits."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authoring import tiff
from authoring.codecs.colour_space import (
    ADOBE_RGB,
    DISPLAY_P3,
    SRGB,
    ColourSpace,
    build_profile,
    profile_code_points,
    profile_colours,
    space_of_chunks,
    space_of_code_points,
)

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_MAX_CHUNKS = 1000
"""Before the pixels of a PNG; programs write ten, or some dozens of texts."""

_UNSPECIFIED = (2, 2)
"""Code points by which a file says nothing of its colours (H.273, 8.1 and 8.2)."""

_COLOURS_OF_MODE = {"1": "GRAY", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}
"""By Pillow's mode: which profile fits it (ICC.1:2022, 7.2.6); RGB for all others, which convert to RGB unchanged."""


@dataclass(frozen=True, slots=True)
class StatedColours:
    """A colour space that a file states other than by an ICC profile."""

    space: ColourSpace | None
    """None if what the file states is not known here."""
    by: str
    """What states it, for a note."""
    before_profile: bool = False
    """Whether it counts more than an ICC profile in the same file."""


@dataclass(frozen=True, slots=True)
class RgbPicture:
    """A picture in RGB, and what its numbers mean."""

    picture: Any
    """A PIL image of mode RGB."""
    icc: bytes | None
    """None for sRGB."""
    hdr: ColourSpace | None
    notes: tuple[str, ...]


def heif_colours(code_points: tuple[int, int] | None) -> StatedColours | None:
    """Return the colours that code points (primaries, transfer) of HEIF state; an ICC profile counts more."""
    if code_points in (None, _UNSPECIFIED):
        return None
    assert code_points is not None
    return StatedColours(space_of_code_points(*code_points), "its code points (nclx)")


def png_colours(data: bytes) -> StatedColours | None:
    """Return the colours that the chunk cICP of a PNG states; it counts more than a profile (PNG 3rd ed., 4.3)."""
    if not data.startswith(_PNG_SIGNATURE):
        return None
    offset = len(_PNG_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        length, kind = int.from_bytes(data[offset : offset + 4], "big"), data[offset + 4 : offset + 8]
        if kind in (b"IDAT", b"IEND", b""):
            return None
        if kind == b"cICP" and length == 4:
            primaries, transfer, matrix, full_range = data[offset + 8 : offset + 12]
            space = space_of_code_points(primaries, transfer) if not matrix and full_range else None
            return StatedColours(space, "its chunk cICP", before_profile=True)
        offset += 12 + length
    return None


def picture_colours(info: Mapping[str, Any]) -> StatedColours | None:
    """Return the colours that the other chunks of a PNG, or Exif, state, as Pillow read them; None for sRGB."""
    if "srgb" in info:
        return None
    gamma, chromaticities = info.get("gamma"), info.get("chromaticity")
    gamma = gamma if isinstance(gamma, float) else None
    chromaticities = chromaticities if isinstance(chromaticities, tuple) else None
    if gamma or chromaticities:
        space = space_of_chunks(gamma, chromaticities)
        return None if space in (None, SRGB) else StatedColours(space, "its chunks gAMA and cHRM")
    exif = info.get("exif")
    if isinstance(exif, bytes) and tiff.is_adobe_rgb(exif.removeprefix(b"Exif\0\0")):
        return StatedColours(ADOBE_RGB, "its Exif (R03)")
    return None


def hdr_space(stated: StatedColours | None, icc: bytes | None) -> ColourSpace | None:
    """Return the HDR space, PQ or HLG, that a file states, in its ICC profile too (tag cicp); None for SDR."""
    points = profile_code_points(icc) if icc else None
    if stated is None or not (stated.space and stated.space.hdr):
        stated = heif_colours(points)
    return stated.space if stated and stated.space and stated.space.hdr else None


def to_rgb(picture: Any, icc: bytes | None, stated: StatedColours | None) -> RgbPicture:
    """Convert a PIL image without transparency to RGB, with a profile of its colours.

    RGB numbers stay as they are. Gray with a gray profile becomes sRGB; CMYK and Lab become Display P3, which holds
    more of their colours.
    """
    hdr = hdr_space(stated, icc)
    if hdr is not None:
        return RgbPicture(_plain_rgb(picture), None, hdr, ())
    notes: list[str] = []
    colours = _COLOURS_OF_MODE.get(picture.mode, "RGB")
    known = stated.space if stated else None
    if stated is not None and stated.before_profile and known is not None:
        icc = None
    of_profile = profile_colours(icc) if icc else None
    if of_profile == colours != "RGB" or colours == "Lab":
        target = SRGB if colours == "GRAY" else DISPLAY_P3
        converted = _converted(picture, icc if of_profile == colours else None, target)
        if converted is not None:
            what = {"GRAY": "gray levels", "CMYK": "CMYK colours"}.get(colours, "Lab colours")
            by = " by its profile" if of_profile == colours else ""
            notes.append(f"the photo's {what} were converted to {target.name}{by}")
            return RgbPicture(converted, build_profile(target), None, tuple(notes))
    if colours == "CMYK":
        notes.append("the photo's CMYK colours were converted to RGB without its profile")
    elif of_profile == "RGB":
        return RgbPicture(_plain_rgb(picture), icc, None, ())
    if of_profile is not None:
        kind = f"{of_profile} " if of_profile.isprintable() and of_profile else ""
        notes.append(
            f"the photo's {kind}profile does not fit its pixels and was left out; they count as sRGB"
        )
        return RgbPicture(_plain_rgb(picture), None, None, tuple(notes))
    if stated is None or colours == "CMYK":
        return RgbPicture(_plain_rgb(picture), None, None, tuple(notes))
    if known is None:
        notes.append(
            f"the colours that the photo states by {stated.by} are not known here; they count as sRGB"
        )
    if known in (None, SRGB):
        return RgbPicture(_plain_rgb(picture), None, None, tuple(notes))
    assert known is not None
    notes.append(f"the photo is {known.name} by {stated.by}; now a colour profile says so")
    return RgbPicture(_plain_rgb(picture), build_profile(known), None, tuple(notes))


def _plain_rgb(picture: Any) -> Any:
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _converted(picture: Any, icc: bytes | None, target: ColourSpace) -> Any | None:
    """Return a picture in another space by its profile, Lab under D50 without one; None where that cannot be used."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc)) if icc else ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(
            picture if picture.mode != "1" else picture.convert("L"),
            source,
            ImageCms.ImageCmsProfile(io.BytesIO(build_profile(target))),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
