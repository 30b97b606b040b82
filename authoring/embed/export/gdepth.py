"""Write GDepth: the map as a PNG in base64 in the extended XMP; the twin of `read/foreign/gdepth.py`.

A PNG is exact, and holds 16 bits too. Google's own files have PNGs (gdepth_lensblur1.jpg).
"""

from __future__ import annotations

import base64
import io
from typing import Any

from numpy.typing import NDArray

from authoring.embed.export import packets
from authoring.embed.export.base import Exported, Written
from authoring.embed.export.code_map import code_map
from authoring.errors import RefusedError
from authoring.read.foreign.gdepth import DEPTH

FORMAT = "gdepth"

_NAMESPACE = f'xmlns:GDepth="{DEPTH}"'

RELATIVE = "the distances are in proportion only (accuracy relative), so the file states no unit"


def write(given: Exported) -> Written:
    """Put GDepth into a photo's XMP; an extended packet that is there keeps all that it holds.

    Raises RefusedError where the photo has GDepth already, UnsupportedError where its XMP cannot take any.
    """
    file, layout = given.file, given.file.layout
    standard, extended = layout.xmp or b"", layout.extended_xmp
    if any(DEPTH.encode() in packet for packet in (standard, extended)):
        raise RefusedError("the photo already holds GDepth; export a photo without it")
    depth = code_map(given.plane)
    data = f'GDepth:Data="{_png(depth.codes)}"'
    if given.confidence is not None:
        data += f' GDepth:ConfidenceMime="image/png" GDepth:Confidence="{_png(given.confidence)}"'
    extended = packets.with_description(extended or packets.EMPTY_EXTENDED, FORMAT, f"{_NAMESPACE} {data}/>")
    name = file.extension_name(extended)
    units = "m" if given.metres else None
    stated = f'GDepth:Format="{depth.format}" GDepth:Near="{depth.near!r}" GDepth:Far="{depth.far!r}"'
    stated += f' GDepth:Units="{units}"' if units else ""
    stated += (
        f' GDepth:MeasureType="OpticalAxis" GDepth:Mime="image/png" GDepth:ImageWidth="{layout.width}" '
        f'GDepth:ImageHeight="{layout.height}" GDepth:Software="depthauthor"'
    )
    standard = with_note(standard, name, f"{_NAMESPACE} {stated}")
    lost = [] if given.calibration is None else ["the camera's calibration"]
    return Written(
        edits=file.with_packets(standard, extended),
        format=depth.format,
        near=depth.near,
        far=depth.far,
        units=units,
        coding="png",
        worst=0,
        not_carried=tuple(lost),
        notes=(*depth.notes, *([] if given.metres else [RELATIVE])),
    )


def with_note(standard: bytes, name: str, stated: str, format: str = FORMAT) -> bytes:
    """Return a standard packet with a marked description, which names the extended packet unless one is named."""
    if packets.names_extension(standard):
        standard = packets.with_extension_name(standard, name)
    else:
        stated += f' xmlns:xmpNote="{packets.NOTE}" xmpNote:HasExtendedXMP="{name}"'
    return packets.with_description(standard or packets.EMPTY_STANDARD, format, stated.strip() + "/>")


def _png(codes: NDArray[Any]) -> str:
    """Return codes (H, W) of 8 or 16 bits as a gray PNG in base64."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(codes).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")
