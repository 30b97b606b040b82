"""ImageIO's auxiliary data dictionary, and a property list that carries it to a Mac.

Knows: the keys, and what AVDepthData refuses (its documented error codes). Must not know: containers, arrays.

A property list cannot hold a CGImageMetadata object. The list therefore holds the XMP packet under a key of
ours, and three lines of Swift make the dictionary whole:

    var info = try PropertyListSerialization.propertyList(from: Data(contentsOf: url), format: nil)
        as! [AnyHashable: Any]
    info[kCGImageAuxiliaryDataInfoMetadata] =
        CGImageMetadataCreateFromXMPData(info["DepthAuthorMetadataXMP"] as! CFData)
    let depth = try AVDepthData(fromDictionaryRepresentation: info)

Without the second statement the list can be handed over as it is loaded; AVDepthData then takes the map for
relative, of low quality, unfiltered and uncalibrated. `DepthAuthorAuxiliaryDataType` is the type that
CGImageDestinationAddAuxiliaryDataInfo wants beside the dictionary.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from authoring.apple.property_table import (
    DISPARITY_FORMATS,
    FDEP,
    FDIS,
    HDEP,
    HDIS,
    PropertyTree,
    fourcc_name,
)
from authoring.apple.xmp import build_packet, parse_packet
from authoring.errors import MalformedError, UnsupportedError

DISPARITY = "kCGImageAuxiliaryDataTypeDisparity"
DEPTH = "kCGImageAuxiliaryDataTypeDepth"

DATA = "kCGImageAuxiliaryDataInfoData"
DATA_DESCRIPTION = "kCGImageAuxiliaryDataInfoDataDescription"
METADATA_XMP = "DepthAuthorMetadataXMP"
AUXILIARY_TYPE = "DepthAuthorAuxiliaryDataType"

SAMPLE_BYTES = {HDIS: 2, FDIS: 4, HDEP: 2, FDEP: 4}

MAX_PLIST_BYTES = 128 << 20
"""A map of 24 megapixels in single floats, as base64 in XML. Apple's maps need 1.2 MB."""

MAX_SIDE = 1 << 16
"""Pixels along one side of a map; no image format here goes further."""

UNSUPPORTED_FORMAT = "AVDepthData refuses it with error −11864"
INCOMPLETE_DESCRIPTION = "AVDepthData refuses it with error −11865"


@dataclass(frozen=True, slots=True)
class DataDescription:
    """kCGImageAuxiliaryDataInfoDataDescription."""

    pixel_format: int
    """FourCC: hdis, fdis, hdep or fdep."""
    width: int
    height: int
    bytes_per_row: int
    """At least width times the sample's size; what is more is padding."""


@dataclass(frozen=True, slots=True)
class AuxiliaryData:
    """The dictionary: native samples, how they lie, and what is said about them."""

    auxiliary_type: str
    """`DISPARITY` for hdis and fdis, `DEPTH` for hdep and fdep."""
    data: bytes
    """Half or single floats, little-endian, row by row from the top, in 1/m or m."""
    data_description: DataDescription
    metadata: PropertyTree = ()

    @classmethod
    def packed(
        cls, pixel_format: int, width: int, height: int, data: bytes, metadata: PropertyTree = ()
    ) -> AuxiliaryData:
        """The dictionary of samples without padding; type and row length follow from the pixel format.

        Raises what `validate` raises.
        """
        description = DataDescription(pixel_format, width, height, width * SAMPLE_BYTES.get(pixel_format, 0))
        made = cls(auxiliary_type_of(pixel_format), data, description, metadata)
        made.validate()
        return made

    def validate(self) -> None:
        """Check all that AVDepthData checks, and that the data fill their rows exactly.

        Raises UnsupportedError for a pixel format that is none of the four, MalformedError for the rest.
        """
        self._check()
        whole = self.data_description.height * self.data_description.bytes_per_row
        if len(self.data) != whole:
            raise MalformedError(
                f"the auxiliary data has {len(self.data)} bytes, and its rows take {whole}; they must agree"
            )

    def rows(self) -> Iterator[memoryview]:
        """The samples of each row, without padding."""
        self._check()
        description = self.data_description
        used = description.width * SAMPLE_BYTES[description.pixel_format]
        view = memoryview(self.data)
        for start in range(0, description.height * description.bytes_per_row, description.bytes_per_row):
            yield view[start : start + used]

    def packed_data(self) -> bytes:
        """All samples without padding, little-endian, (height, width)."""
        return b"".join(self.rows())

    def _check(self) -> None:
        """What reading asks for: the padding of the last row may be missing, and bytes may follow."""
        description = self.data_description
        wanted = auxiliary_type_of(description.pixel_format)
        if self.auxiliary_type != wanted:
            raise MalformedError(
                f"the auxiliary type is {str(self.auxiliary_type)[:60]!r}, but the pixel format"
                f" {fourcc_name(description.pixel_format)} belongs to {wanted}"
            )
        for name, number in (
            ("Width", description.width),
            ("Height", description.height),
            ("BytesPerRow", description.bytes_per_row),
        ):
            if number <= 0:
                raise MalformedError(f"the data description's {name} is {number}; {INCOMPLETE_DESCRIPTION}")
        if max(description.width, description.height) > MAX_SIDE:
            raise MalformedError(f"the map's sides are beyond {MAX_SIDE} pixels")
        used = description.width * SAMPLE_BYTES[description.pixel_format]
        if description.bytes_per_row < used:
            raise MalformedError(
                f"the data description's BytesPerRow is {description.bytes_per_row}, and a row takes {used}"
            )
        least = (description.height - 1) * description.bytes_per_row + used
        if len(self.data) < least:
            raise MalformedError(
                f"the auxiliary data has {len(self.data)} bytes, and its rows need {least};"
                " AVDepthData would leave the rest undefined"
            )


def auxiliary_type_of(pixel_format: int) -> str:
    """The auxiliary type of a native pixel format; UnsupportedError for one that is none."""
    if pixel_format == 0:
        raise MalformedError(f"the data description's PixelFormat is 0; {INCOMPLETE_DESCRIPTION}")
    if pixel_format not in SAMPLE_BYTES:
        raise UnsupportedError(
            f"the pixel format {fourcc_name(pixel_format)} is none of hdis, fdis, hdep and fdep;"
            f" {UNSUPPORTED_FORMAT}"
        )
    return DISPARITY if pixel_format in DISPARITY_FORMATS else DEPTH


def build_plist(auxiliary: AuxiliaryData) -> bytes:
    """The dictionary as an XML property list; the same dictionary gives the same bytes.

    Raises what `AuxiliaryData.validate` raises.
    """
    import plistlib

    return plistlib.dumps(_content(auxiliary), fmt=plistlib.FMT_XML)


def build_json(auxiliary: AuxiliaryData) -> bytes:
    """The same as JSON, for programs without property lists: bytes are base64 text."""
    content = {
        key: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for key, value in _content(auxiliary).items()
    }
    return (json.dumps(content, indent=1) + "\n").encode()


def parse_json(data: bytes) -> AuxiliaryData:
    """The twin of `build_json`; raises what `parse_plist` raises."""
    if len(data) > MAX_PLIST_BYTES:
        raise MalformedError(f"the dictionary has {len(data)} bytes; at most {MAX_PLIST_BYTES} are read")
    try:
        content = json.loads(data)
        for key in {DATA, METADATA_XMP} & set(content):
            content[key] = base64.b64decode(content[key], validate=True)
    except (ValueError, TypeError, RecursionError) as error:
        raise MalformedError("this is no auxiliary data dictionary in JSON") from error
    return _parse_content(content)


def _content(auxiliary: AuxiliaryData) -> dict[str, Any]:
    auxiliary.validate()
    description = auxiliary.data_description
    content: dict[str, Any] = {
        DATA: auxiliary.data,
        DATA_DESCRIPTION: {
            "PixelFormat": description.pixel_format,
            "Width": description.width,
            "Height": description.height,
            "BytesPerRow": description.bytes_per_row,
        },
        AUXILIARY_TYPE: auxiliary.auxiliary_type,
    }
    if auxiliary.metadata:
        content[METADATA_XMP] = build_packet(auxiliary.metadata)
    return content


def parse_plist(data: bytes) -> AuxiliaryData:
    """The twin of `build_plist`; also takes binary property lists, padded rows, and a missing type or packet.

    Raises MalformedError for what is no such dictionary, UnsupportedError for a foreign pixel format.
    """
    return _parse_content(_load(data))


def _parse_content(content: object) -> AuxiliaryData:
    if not isinstance(content, dict):
        raise MalformedError("the property list is not a dictionary")
    samples = content.get(DATA)
    if not isinstance(samples, bytes):
        raise MalformedError(f"the property list has no {DATA} of bytes")
    described = content.get(DATA_DESCRIPTION)
    if not isinstance(described, dict):
        raise MalformedError(f"the property list has no {DATA_DESCRIPTION} dictionary")
    description = DataDescription(
        *(_integer(described, key) for key in ("PixelFormat", "Width", "Height", "BytesPerRow"))
    )
    packet = content.get(METADATA_XMP, b"")
    if not isinstance(packet, bytes):
        raise MalformedError(f"the property list's {METADATA_XMP} is not data")
    found = AuxiliaryData(
        content.get(AUXILIARY_TYPE, auxiliary_type_of(description.pixel_format)),
        samples,
        description,
        parse_packet(packet) if packet else (),
    )
    found._check()
    return found


def _load(data: bytes) -> object:
    """What the list holds, or MalformedError."""
    import plistlib

    if len(data) > MAX_PLIST_BYTES:
        raise MalformedError(f"the property list has {len(data)} bytes; at most {MAX_PLIST_BYTES} are read")
    # plistlib itself refuses entity declarations and loads nothing from outside. On broken lists it raises
    # whatever its inner steps happen to raise.
    try:
        return plistlib.loads(data)
    except Exception as error:
        raise MalformedError("this is not a property list, or a broken one") from error


def _integer(described: dict[str, Any], key: str) -> int:
    """One number of the description; Apple's error code where it is missing."""
    value = described.get(key, 0)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedError(f"the data description's {key} is not a whole number")
    if not 0 < value < 1 << 32:
        raise MalformedError(
            f"the data description's {key} is missing or out of range; {INCOMPLETE_DESCRIPTION}"
        )
    return value
