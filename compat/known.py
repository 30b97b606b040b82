"""List the explained differences: which reader reports what of which photo, and why.

A row matches as little as possible, so that it hides nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """A difference and its reason."""

    reader: str
    """Pattern of its name."""
    photo: str
    """Pattern of the kind of photo."""
    complaint: str
    """Pattern of the fault that `judge` finds."""
    reason: str


_OLD_LIBHEIF = r"libheif tools|ImageMagick|libvips"
_TOO_MANY = r"^refused: .*(Too many auxiliary image references|no images defined)"

_DEPTH_TAG = r"(51177|51178|51179|51180|51181|0xc7e9|0xc7ea|0xc7eb|0xc7ec|0xc7ed)"
_DNG = "^(linear|one colour|no preview|sensor border|turned \\(Orientation)"

TABLE = (
    Known(
        "ImageMagick",
        _DNG,
        r"^refused: .*ufraw-batch",
        "ImageMagick calls a program for DNG (ufraw-batch) that is not installed; the photo before is refused, too.",
    ),
    Known(
        "Pillow|OpenCV",
        "^no preview$",
        r"^refused: (cannot identify|imdecode)",
        "Pillow and OpenCV show a DNG's preview and develop nothing; the photo before is refused, too.",
    ),
    Known(
        "Pillow|exiftool|exifr|ExifReader|tifffile",
        _DNG,
        r"^changed (Exif 0xc612|IFD0:DNGVersion|ifd0\.DNGVersion|exif\.DNGVersion|0 DNGVersion): .*4.* became .*5",
        "Depth maps belong to DNG 1.5, and DNGVersion says so; DNGBackwardVersion, by which an older program knows "
        "whether it may open the file, stays.",
    ),
    Known(
        "libvips",
        _DNG,
        rf"^new warning: .*Unknown field with tag {_DEPTH_TAG} ",
        "This libtiff warns of every tag that it does not know, here of the five depth tags in IFD0.",
    ),
    Known(
        "exiftool",
        _DNG,
        rf"^new warning: \[minor\] Non-standard ((SubIFD1?|IFD0) tag {_DEPTH_TAG} |XMP at TIFF-IFD0-SubIFD1?-XMP)",
        "exiftool reads the depth tags and the map's XMP, and calls each place of them non-standard: IFD0 is Adobe's, "
        "the map's own directory is where ProRAW files have the XMP of their masks.",
    ),
    Known(
        "ffmpeg",
        "",
        r"^refused: .*moov atom not found",
        "This ffmpeg opens no HEIC at all, not even the photo before.",
    ),
    Known(
        "OpenCV",
        "",
        r"^refused: imdecode",
        "This build of OpenCV has no HEIC decoder; the photo before is refused, too.",
    ),
    Known(
        "Chromium",
        "",
        r"^refused: the image does not load",
        "Chromium shows no HEIC, not even the photo before.",
    ),
    Known(
        _OLD_LIBHEIF,
        "bound to both",
        _TOO_MANY,
        "libheif 1.15 refuses an auxiliary image of two master images, which is how iOS 18 binds its gain map to photo "
        "and tone map (fixed in 1.18, libheif issue 1190); the photo before is refused, too. libheif 1.23 opens both.",
    ),
    Known(
        _OLD_LIBHEIF,
        "bound to neither",
        _TOO_MANY,
        "If a photo has a tone map and no auxiliary image that shows how they are bound, the depth is bound to photo "
        "and tone map, as in Apple's own files; libheif 1.15 then refuses the photo, which it opened before. "
        "libheif opens it from 1.18 on (issue 1190); 1.23 was run.",
    ),
    Known(
        "exiftool",
        "",
        r"^new warning: Duplicate tag 'auxl' at MOV-Meta-ItemReference$",
        "A photo with two auxiliary images has two `auxl` references, one from each, as HEIF requires; exiftool 12.57 "
        "says the same of iPhone photos with gain map and depth.",
    ),
    Known(
        "exiftool",
        "",
        r"^new warning: \[minor\] Unknown value for ExifIFD:CustomRendered$",
        "CustomRendered 9 is Apple's own number for a portrait whose blur is not in the pixels; exiftool says the same "
        "of an iPhone's original. `--profile data` does not write it.",
    ),
    Known(
        "Pillow",
        "no Exif|PNG",
        r"^changed info dpi: None became \(72",
        "The portrait tags are in Exif, and an Exif block must state a resolution: 72 dpi, the standard's value for "
        "unknown. `--profile data` adds no Exif.",
    ),
)  # fmt: skip


def reason_for(reader: str, photo: str, complaint: str) -> str | None:
    """Return the reason for a difference, if it is known."""
    return next(
        (
            row.reason
            for row in TABLE
            if re.search(row.reader, reader)
            and re.search(row.photo, photo)
            and re.search(row.complaint, complaint)
        ),
        None,
    )
