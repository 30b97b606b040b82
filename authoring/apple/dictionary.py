"""Define ImageIO's auxiliary data dictionary, and parse and build property lists and JSON that carry it to a Mac.

A property list cannot hold a CGImageMetadata object. It therefore holds the XMP packet under a key of this program,
and three statements of Swift complete the dictionary:

    var info = try PropertyListSerialization.propertyList(from: Data(contentsOf: url), format: nil)
        as! [AnyHashable: Any]
    info[kCGImageAuxiliaryDataInfoMetadata] =
        CGImageMetadataCreateFromXMPData(info["DepthAuthorMetadataXMP"] as! CFData)
    let depth = try AVDepthData(fromDictionaryRepresentation: info)

Without the second statement AVDepthData accepts the list too, but takes the map for relative, of low quality,
unfiltered and uncalibrated. `DepthAuthorAuxiliaryDataType` is the type that CGImageDestinationAddAuxiliaryDataInfo
takes beside the dictionary.

The packet keeps the XMP's names: its LensDistortionCoefficients lead from the photo to the pinhole picture, the
direction of AVCameraCalibrationData's inverseLensDistortionLookupTable.
"""

from __future__ import annotations

import base64
import json
import plistlib
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
"""A map of 24 megapixels of single floats, as base64 in XML. Apple's maps need 1.2 MB."""

MAX_SIDE = 1 << 16
"""Pixels along one side of a map; no image format of this program allows more."""

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
    """At least width times the sample's size; the rest is padding."""


@dataclass(frozen=True, slots=True)
class AuxiliaryData:
    """The dictionary: samples in a native format, their description and their metadata."""

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
        """Return the dictionary of samples without padding.

        Raises what `validate` raises.
        """
        description = DataDescription(pixel_format, width, height, width * SAMPLE_BYTES.get(pixel_format, 0))
        result = cls(auxiliary_type_of(pixel_format), data, description, metadata)
        result.validate()
        return result

    def validate(self) -> None:
        """Check what AVDepthData checks, and that the data fill their rows exactly.

        Raises UnsupportedError for a pixel format that is none of the four, MalformedError for the rest.
        """
        self.check_readable()
        size = self.data_description.height * self.data_description.bytes_per_row
        if len(self.data) != size:
            raise MalformedError(
                f"the auxiliary data has {len(self.data)} bytes, and its rows take {size}; they must agree"
            )

    def packed_data(self) -> bytes:
        """Return all samples without padding, little-endian, (height, width)."""
        self.check_readable()
        description = self.data_description
        row_bytes, used = (
            description.bytes_per_row,
            description.width * SAMPLE_BYTES[description.pixel_format],
        )
        view = memoryview(self.data)
        return b"".join(view[row * row_bytes : row * row_bytes + used] for row in range(description.height))

    def check_readable(self) -> None:
        """Check all samples are there: the padding of the last row may be missing, and more bytes may follow.

        Raises UnsupportedError for a foreign pixel format, MalformedError for the rest.
        """
        description = self.data_description
        expected = auxiliary_type_of(description.pixel_format)
        if self.auxiliary_type != expected:
            raise MalformedError(
                f"the auxiliary type is {str(self.auxiliary_type)[:60]!r}, but the pixel format"
                f" {fourcc_name(description.pixel_format)} belongs to {expected}"
            )
        for name, number in (
            ("Width", description.width),
            ("Height", description.height),
            ("BytesPerRow", description.bytes_per_row),
        ):
            if number <= 0:
                raise MalformedError(f"the data description's {name} is {number}; {INCOMPLETE_DESCRIPTION}")
        if max(description.width, description.height) > MAX_SIDE:
            raise MalformedError(f"the map's sides exceed {MAX_SIDE} pixels")
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
    """Return the auxiliary type of a native pixel format; raises UnsupportedError for any other format."""
    if pixel_format == 0:
        raise MalformedError(f"the data description's PixelFormat is 0; {INCOMPLETE_DESCRIPTION}")
    if pixel_format not in SAMPLE_BYTES:
        raise UnsupportedError(
            f"the pixel format {fourcc_name(pixel_format)} is none of hdis, fdis, hdep and fdep;"
            f" {UNSUPPORTED_FORMAT}"
        )
    return DISPARITY if pixel_format in DISPARITY_FORMATS else DEPTH


def build_plist(auxiliary: AuxiliaryData) -> bytes:
    """Build an XML property list; the same dictionary gives the same bytes.

    Raises what `AuxiliaryData.validate` raises.
    """
    return plistlib.dumps(_content(auxiliary), fmt=plistlib.FMT_XML)


def parse_plist(data: bytes) -> AuxiliaryData:
    """Parse what `build_plist` builds, and binary property lists, padded rows, and a missing type or packet.

    Raises MalformedError for data that is not such a dictionary, UnsupportedError for a foreign pixel format.
    """
    if len(data) > MAX_PLIST_BYTES:
        raise MalformedError(f"the property list has {len(data)} bytes; at most {MAX_PLIST_BYTES} are read")
    # plistlib refuses entity declarations and loads nothing from outside. Broken lists raise any kind of error.
    try:
        content = plistlib.loads(data)
    except Exception as error:
        raise MalformedError("this is not a property list, or it is damaged") from error
    return _parse_content(content)


def build_json(auxiliary: AuxiliaryData) -> bytes:
    """Build the same as JSON, for programs without property lists: bytes are base64 text."""
    content = {
        key: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for key, value in _content(auxiliary).items()
    }
    return (json.dumps(content, indent=1) + "\n").encode()


def parse_json(data: bytes) -> AuxiliaryData:
    """Parse what `build_json` builds; raises what `parse_plist` raises."""
    if len(data) > MAX_PLIST_BYTES:
        raise MalformedError(f"the dictionary has {len(data)} bytes; at most {MAX_PLIST_BYTES} are read")
    try:
        content = json.loads(data)
        for key in {DATA, METADATA_XMP} & set(content):
            content[key] = base64.b64decode(content[key], validate=True)
    except (ValueError, TypeError, RecursionError) as error:
        raise MalformedError("this is not an auxiliary data dictionary in JSON") from error
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
    result = AuxiliaryData(
        content.get(AUXILIARY_TYPE, auxiliary_type_of(description.pixel_format)),
        samples,
        description,
        parse_packet(packet) if packet else (),
    )
    result.check_readable()
    return result


def _integer(described: dict[str, Any], key: str) -> int:
    """Return one number of the description."""
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
