"""Read a photo's depth image: XMP, scale and pixels; convert its calibration between XMP and camera."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.apple import depth_properties, xmp
from authoring.apple.depth_properties import CALIBRATION_FIELDS, DepthProperties
from authoring.apple.exif import read_portrait_tags
from authoring.apple.property_table import PropertyTree
from authoring.apple.provenance import read_estimated_by
from authoring.codecs import hevc, jpeg, sei
from authoring.containers import heif
from authoring.containers.base import ContainerFile, ContainerName, FoundAuxiliary, Layout, TiffRaster
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.calibration import Calibration
from authoring.depth.estimate_origin import EstimateOrigin
from authoring.depth.holes import fill_holes
from authoring.depth.orientation import Orientation
from authoring.depth.raster import FREE_MAP_PIXELS, most_map_pixels, turned
from authoring.depth.stored_plane import Codes, StoredPlane, buffer_from_plane
from authoring.errors import MalformedError, UnsupportedError
from authoring.estimated_by import EstimatedBy
from authoring.read.adobe_depth import adobe_range
from authoring.read.depth_notes import open_points
from authoring.read.foreign.base import CodedMap, ForeignDepth
from authoring.read.foreign.coded_map import JPEG_MAGIC
from authoring.read.foreign.find import find
from authoring.read.foreign.plane import holes, stored_plane
from authoring.read.layout import depth_images, photo_orientation
from authoring.read.tiff_raster import decode_pieces

RasterName = Literal["display", "stored"]

"""Of an item of type jpeg in HEIF (ISO/IEC 23008-12, Annex H)."""

NO_CONFIDENCE = "the photo has no confidence map, so --min-confidence leaves every sample"


@dataclass(frozen=True, slots=True, eq=False)
class DepthReading:
    """The depth of a photo as it was read."""

    container: ContainerName
    auxiliary: FoundAuxiliary
    """As the container holds it; for another maker's, which no container knows, the coded map."""
    properties: DepthProperties
    tree: PropertyTree
    """All properties of the depth XMP, foreign ones too, in file order."""
    plane: StoredPlane
    """In the photo's stored raster."""
    orientation: Orientation
    """The photo's: how the stored raster is turned for display."""
    maker_note: bytes | None
    """The photo's, of any maker."""
    notes: tuple[str, ...]
    """What the file leaves open; see `open_points`."""
    foreign: ForeignDepth | None = None
    """The depth of another maker, as the file states it."""
    holes: NDArray[np.bool_] | None = None
    """Where nothing is known, in the photo's stored raster; None if every code counts."""

    def buffer(self, raster: RasterName = "display") -> DepthBuffer:
        """Return the depth (H, W) as float32, upright by default, with its calibration in the same orientation.

        The pixel format is the 32-bit one of the native kind (fdis or fdep): values between two half floats are not
        half floats themselves, and a cast to float16 would add an error of its own.
        """
        wide = PixelFormat.FDIS if self.plane.pixel_format.kind == "disparity" else PixelFormat.FDEP
        properties = self.properties
        buffer = buffer_from_plane(
            replace(self.plane, pixel_format=wide),
            accuracy="absolute" if properties.accuracy == "absolute" else "relative",
            quality="low" if properties.quality == "low" else "high",
            filtered=bool(properties.filtered),
            calibration=calibration_of(properties),
        )
        by = self.estimated_by
        if by is not None:
            buffer = buffer.replace(estimate=EstimateOrigin(by.model, by.version or "", None, by.scale))
        if self.holes is not None:
            buffer = buffer.replace(samples=np.where(self.holes, np.float32(np.nan), buffer.samples))
        return turned(buffer, self.orientation) if raster == "display" else buffer

    @property
    def estimated_by(self) -> EstimatedBy | None:
        """The network that estimated the depth, where the XMP says so."""
        return read_estimated_by(self.tree)

    def filled_plane(self) -> StoredPlane:
        """Return the plane with a code in every hole, that of a sample near it; all other codes stay.

        Raises RefusedError where there are holes alone.
        """
        plane = self.plane
        if self.holes is None:
            return plane
        filled = fill_holes(self.buffer("stored"), max_share=1)[0].samples.astype(np.float64)
        positions = np.rint((filled - plane.float_min) / plane.step)
        codes = np.where(self.holes, positions.clip(0, plane.top_code).astype(plane.codes.dtype), plane.codes)
        return replace(plane, codes=codes)


def tolerance_codes(container: ContainerName) -> int:
    """Return by how many codes the codec of a container's depth image may be off."""
    return {"heic": hevc.LOSSY_TOLERANCE_CODES, "jpeg": jpeg.TOLERANCE_CODES, "dng": 0}[container]


def read_depth(file: ContainerFile, min_confidence: float | None = None) -> DepthReading:
    """Read a photo's depth map: XMP, scale and pixels. Apple's goes before another maker's.

    min_confidence: the share of full confidence below which a sample of a map with a confidence map is a hole.
    Raises UnsupportedError if there is none or it has no scale, MalformedError if it is damaged.
    """
    layout = file.layout
    images = depth_images(layout)
    if not images:
        return _read_foreign(file, min_confidence)
    reading = _read_apple(layout, images[0])
    return replace(reading, notes=(*reading.notes, NO_CONFIDENCE)) if min_confidence is not None else reading


def _read_apple(layout: Layout, auxiliary: FoundAuxiliary) -> DepthReading:
    tree = xmp.parse_packet(auxiliary.xmp) if auxiliary.xmp else ()
    properties = depth_properties.parse_properties(tree)
    codes = decode_auxiliary(layout, auxiliary)
    if auxiliary.dng_depth and properties.auxiliary_image_type is None:
        scale = adobe_range(auxiliary.dng_depth)
        pixel_format = PixelFormat.FDEP
        if scale.kind == "disparity":
            codes, pixel_format = np.iinfo(codes.dtype).max - codes, PixelFormat.FDIS
        properties = replace(properties, auxiliary_image_type=scale.kind, accuracy=scale.accuracy)
        plane = StoredPlane(codes, scale.float_min, scale.float_max, pixel_format)
        return _reading(layout, auxiliary, properties, tree, plane)
    pixel_format, low, high = _scale(auxiliary, properties)
    top = np.iinfo(codes.dtype).max
    int_min, int_max = properties.int_min or 0, top if properties.int_max is None else properties.int_max
    if int_max <= int_min:
        raise MalformedError(f"the depth XMP gives IntMinValue {int_min} and IntMaxValue {int_max}")
    if (int_min, int_max) != (0, top):
        # A StoredPlane states the values of the least and the largest code: extrapolate the file's line to them.
        step = (high - low) / (int_max - int_min)
        low, high = low - int_min * step, low + (top - int_min) * step
    return _reading(layout, auxiliary, properties, tree, StoredPlane(codes, low, high, pixel_format))


def _read_foreign(file: ContainerFile, min_confidence: float | None) -> DepthReading:
    found, layout = find(file), file.layout
    if found is None:
        raise UnsupportedError("the photo holds no Apple depth map, nor another maker's")
    check_size(layout, found.coded.width, found.coded.height)
    if found.confidence is not None:
        check_size(layout, found.confidence.width, found.confidence.height)
    orientation = photo_orientation(layout)
    plane = stored_plane(found, orientation)
    height, width = plane.codes.shape
    missing = holes(found, orientation, (height, width), min_confidence)
    notes = found.notes
    if missing is not None:
        notes += (f"{np.count_nonzero(missing)} of the map's {missing.size} samples are holes",)
    if min_confidence is not None and found.confidence is None:
        notes += (NO_CONFIDENCE,)
    properties = DepthProperties(
        auxiliary_image_type=found.range.kind,
        accuracy=found.range.accuracy,
        **calibration_fields(found.calibration),
    )
    return DepthReading(
        container=layout.container,
        auxiliary=_auxiliary(found.coded),
        properties=properties,
        tree=(),
        plane=plane,
        orientation=orientation,
        maker_note=read_portrait_tags(layout.exif).maker_note,
        notes=notes,
        foreign=found,
        holes=missing,
    )


def _auxiliary(coded: CodedMap) -> FoundAuxiliary:
    return FoundAuxiliary(0, coded.width, coded.height, coded.data, b"", "", b"", None, ())


def _reading(
    layout: Layout,
    auxiliary: FoundAuxiliary,
    properties: DepthProperties,
    tree: PropertyTree,
    plane: StoredPlane,
) -> DepthReading:
    return DepthReading(
        layout.container,
        auxiliary,
        properties,
        tree,
        plane,
        photo_orientation(layout),
        read_portrait_tags(layout.exif).maker_note,
        open_points(layout, properties),
    )


def _scale(auxiliary: FoundAuxiliary, properties: DepthProperties) -> tuple[PixelFormat, float, float]:
    """Return native format and float range. The SEI has them exactly, XMP with six decimals (all HEIC samples)."""
    exact = sei.parse_aux_subtype(auxiliary.auxiliary_subtype) if auxiliary.auxiliary_subtype else None
    low, high = properties.float_min, properties.float_max
    if low is None or high is None:
        if exact is None or exact.d_min is None or exact.d_max is None:
            raise UnsupportedError("the depth map states no float range (no XMP, no SEI), so it has no unit")
        low, high = exact.d_min, exact.d_max
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise MalformedError(f"the depth map states the impossible range {low:g} to {high:g}")
    if properties.native_format is None:
        default = PixelFormat.HDEP if properties.auxiliary_image_type == "depth" else PixelFormat.HDIS
        return default, low, high
    return PixelFormat.from_fourcc(properties.native_format), low, high


def decode_auxiliary(layout: Layout, auxiliary: FoundAuxiliary) -> Codes:
    """Return the codes (H, W) of an auxiliary image in the stored raster; those of a DNG may have 16 bits.

    Raises UnsupportedError where it has more samples than `most_map_pixels` of the photo's.
    """
    check_size(layout, auxiliary.width, auxiliary.height)
    if layout.container == "dng":
        if auxiliary.raster is None:
            raise MalformedError(
                "the depth map states no size, or its strips or tiles are outside the file or not as many as it "
                "needs"
            )
        return decode_raster(auxiliary.raster)
    coded_by_jpeg = not auxiliary.configuration and auxiliary.payload.startswith(JPEG_MAGIC)
    if layout.container == "jpeg" or coded_by_jpeg:
        return jpeg.decode_gray(auxiliary.payload)
    if not auxiliary.configuration:
        raise UnsupportedError("the depth item is neither a single HEVC picture nor a JPEG")
    return decode_item(auxiliary.width, auxiliary.height, auxiliary.payload, auxiliary.configuration)


def check_size(layout: Layout, width: int, height: int) -> None:
    """Raise UnsupportedError where a map has more samples than `most_map_pixels` of the photo's."""
    if width * height > most_map_pixels(layout.width * layout.height):
        raise UnsupportedError(
            f"the depth image is {width}x{height} in a photo of {layout.width}x{layout.height}; it may have as many "
            f"samples as the photo, or {FREE_MAP_PIXELS}"
        )


def decode_item(width: int, height: int, payload: bytes, configuration: bytes) -> NDArray[np.uint8]:
    """Decode an encoded gray HEVC plane to codes (H, W), 0 to 255; every error bound is measured on these."""
    return hevc.decode_gray(heif.build_still(width, height, payload, configuration))


def decode_raster(raster: TiffRaster) -> Codes:
    """Decode the one-sample image of a DNG directory to codes (H, W) uint8 or uint16."""
    if raster.samples != 1:
        raise UnsupportedError(f"the depth map has {raster.samples} samples a pixel; 1 is read")
    return decode_pieces(raster)


def calibration_of(properties: DepthProperties) -> Calibration | None:
    """Return the calibration of depth properties; None if a key that AVCameraCalibrationData needs is missing."""
    matrix, extrinsic = properties.intrinsic_matrix, properties.extrinsic_matrix
    if (
        matrix is None
        or extrinsic is None
        or not properties.calibrated
        or (len(matrix), len(extrinsic)) != (9, 12)
    ):
        return None
    center = None
    if properties.center_x is not None and properties.center_y is not None:
        center = (properties.center_x, properties.center_y)
    return Calibration(
        intrinsic_matrix=(matrix[0::3], matrix[1::3], matrix[2::3]),
        reference_width_px=round(properties.reference_width or 0),
        reference_height_px=round(properties.reference_height or 0),
        extrinsic_matrix=extrinsic,
        pixel_size_mm=properties.pixel_size or 0.0,
        lens_distortion_coefficients=properties.lens_distortion_coefficients or (),
        inverse_lens_distortion_coefficients=properties.inverse_lens_distortion_coefficients or (),
        lens_distortion_center_px=center,
    )


def calibration_fields(calibration: Calibration | None) -> dict[str, Any]:
    """Return the nine calibration fields of `DepthProperties`; the twin of `calibration_of`."""
    if calibration is None:
        return dict.fromkeys(CALIBRATION_FIELDS)
    center = calibration.lens_distortion_center_px or (None, None)
    columns = zip(*calibration.intrinsic_matrix, strict=True)
    return {
        "intrinsic_matrix": tuple(value for column in columns for value in column),
        "reference_width": calibration.reference_width_px,
        "reference_height": calibration.reference_height_px,
        "extrinsic_matrix": calibration.extrinsic_matrix,
        "pixel_size": calibration.pixel_size_mm,
        "lens_distortion_coefficients": calibration.lens_distortion_coefficients or None,
        "inverse_lens_distortion_coefficients": calibration.inverse_lens_distortion_coefficients or None,
        "center_x": center[0],
        "center_y": center[1],
    }
