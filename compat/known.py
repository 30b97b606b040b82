"""Differences that are understood: which reader, of which photo, says what, and why.

Knows: the evidence. Must not know: how verdicts are made. A row is as narrow as it can be, so
that it hides nothing else.
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
    """Pattern of what the judge says."""
    reason: str


_OLD_LIBHEIF = r"libheif tools|ImageMagick|libvips"
_TOO_MANY = r"^refused: .*(Too many auxiliary image references|no images defined)"

TABLE = (
    Known(
        "ffmpeg",
        "",
        r"^refused: .*moov atom not found",
        "This ffmpeg opens no HEIC at all, the photo before neither.",
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
        "Chromium shows no HEIC, the photo before neither.",
    ),
    Known(
        _OLD_LIBHEIF,
        "bound to both",
        _TOO_MANY,
        "libheif 1.15 refuses an auxiliary image of two master images, which is how iOS 18 binds its gain map to photo "
        "and tone map (mended in 1.18, libheif issue 1190); the photo before is refused, too. libheif 1.23 opens both.",
    ),
    Known(
        _OLD_LIBHEIF,
        "bound to neither",
        _TOO_MANY,
        "Where a photo has a tone map and no auxiliary image shows how they are bound in it, the depth is "
        "bound to photo and tone map, as in Apple's own files; libheif 1.15 then refuses the photo, which it opened "
        "before. libheif 1.23 opens it, as from 1.18 on (issue 1190).",
    ),
    Known(
        "exiftool",
        "",
        r"^new warning: Duplicate tag 'auxl' at MOV-Meta-ItemReference$",
        "A photo of two auxiliary images has two `auxl` references, one from each, as HEIF asks; exiftool 12.57 says "
        "the same of iPhone photos with gain map and depth.",
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
        "The portrait marks stand in Exif, and an Exif block has to name a resolution: 72 dpi, which the standard "
        "gives for unknown. `--profile data` adds no Exif.",
    ),
)  # fmt: skip


def reason_for(reader: str, photo: str, complaint: str) -> str | None:
    """Why, where it is known."""
    return next(
        (
            one.reason
            for one in TABLE
            if re.search(one.reader, reader)
            and re.search(one.photo, photo)
            and re.search(one.complaint, complaint)
        ),
        None,
    )
