"""Embed a map into a photo, and copy the depth of one photo into another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from authoring import containers
from authoring.apple import authorship
from authoring.apple.authorship import Provenance
from authoring.apple.depth_properties import DepthProperties, foreign_properties, tree_of
from authoring.apple.dictionary import AuxiliaryData
from authoring.apple.property_table import APPLE_DEPTH_DATA_VERSION, L008, PropertyTree
from authoring.compatibility.facts import gather
from authoring.compatibility.publish_check import check_before_publish
from authoring.containers.base import CodedAuxiliary
from authoring.containers.edits import EditList
from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration import Calibration
from authoring.depth.orientation import Orientation
from authoring.depth.raster import check_aspect
from authoring.depth.stored_plane import StoredPlane, error_in_m, max_error, quantize
from authoring.embed.encode import CodedPlane, coded_auxiliary, encode_plane
from authoring.embed.options import EmbedOptions
from authoring.embed.portrait import PortraitEffect, add_portrait_metadata, portrait_effect
from authoring.embed.reports import EditedPhoto, EmbedReport, ErrorInMetres, Size
from authoring.embed.target import Target, open_target
from authoring.embed.undo import build_record, splice_with_undo
from authoring.errors import RefusedError, about
from authoring.maps import diagnose
from authoring.maps.fit import MIN_STORED_SIDE, FittedMap, fit_to_photo
from authoring.maps.load import LoadedMap, MapSource, load_map
from authoring.maps.notes import Notes
from authoring.read.depth_image import DepthReading, calibration_fields, calibration_of, read_depth
from authoring.version import VERSION


@dataclass(frozen=True, slots=True, eq=False)
class CodedDepth:
    """Depth as it goes into a photo, in the photo's stored raster."""

    buffer: DepthBuffer
    """What the coded plane is measured against."""
    plane: StoredPlane
    coded: CodedPlane
    calibration: Calibration | None
    notes: Notes
    source: str
    """Where the distances come from: one of `authorship.SOURCES`."""
    copied: DepthReading | None = None
    """The depth that is copied; its XMP is kept where this program has nothing better to say."""


@dataclass(frozen=True, slots=True, eq=False)
class SplicedPhoto:
    """The edits that put depth into a photo, and what there is to say of them."""

    edits: EditList
    notes: Notes


def embed(photo: bytes, source: MapSource, options: EmbedOptions) -> EditedPhoto[EmbedReport]:
    """Put a map into a photo, and measure what will be written.

    photo: JPEG, HEIC or PNG bytes. source: a float array (H, W) of metres, a gray array, a `MapImage`, a
    `DepthBuffer` or an `AuxiliaryData`, upright as the photo is seen unless `options.map_orientation` says
    "stored" (an `AuxiliaryData` is stored by nature).

    Raises only `DepthauthorError`; its `subject` says whether photo or map is at fault.
    """
    target = open_target(photo, options)
    loaded = load(source, options)
    fitted = fit(loaded, target, options)
    plane = quantize_map(fitted, options)
    coded = encode(plane, target, options)
    depth = CodedDepth(fitted.buffer, plane, coded, fitted.buffer.calibration, fitted.notes, _depth_source(fitted.buffer, options))
    spliced = splice(target, depth, options)
    return EditedPhoto(target.source, spliced.edits, check(target, depth, spliced))


def copy(source: bytes, photo: bytes, options: EmbedOptions) -> EditedPhoto[EmbedReport]:
    """Put the depth of one photo into another, with all that its XMP says, orientations reconciled.

    The codes and the float range stay as they are; only the raster is turned. Raises RefusedError where the
    aspects differ by more than one per cent.
    """
    with about("source"):
        origin = containers.parse(source)
        reading = read_depth(origin.layout)
    target = open_target(photo, options)
    with about("source"):
        depth = transfer(reading, origin.layout.container, target, options)
    spliced = splice(target, depth, options)
    return EditedPhoto(target.source, spliced.edits, check(target, depth, spliced))
