"""Encode a stored plane for a container, with its SEI and XMP."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from authoring.apple import xmp
from authoring.apple.kinds import HEVC_DEPTH_URN
from authoring.apple.property_table import PropertyTree
from authoring.beside import Beside
from authoring.codecs import sei
from authoring.codecs.hevc import Effort
from authoring.containers.base import CodedAuxiliary, ContainerName
from authoring.depth.rows import largest_difference
from authoring.depth.stored_plane import StoredPlane
from authoring.errors import MalformedError, UnsupportedError
from authoring.read.depth_image import decode_plane

UNIFORM_DISPARITY, UNIFORM_DEPTH = 1, 2
"""depth_representation_type of H.265 Annex G; Apple writes the first, the second is its twin for metres."""


class HastyError(Exception):
    """Something the quick draft took for granted does not hold: it is to be made again, with care."""


@dataclass(frozen=True, eq=False)
class EncodedPlane:
    """A stored plane as a bitstream."""

    container: ContainerName
    width: int
    height: int
    payload: bytes
    configuration: bytes
    tolerance_codes: int
    """How far from the plane's codes the bitstream may decode."""
    notes: tuple[str, ...] = ()
    known: NDArray[np.uint8] | None = None
    """What it decodes to, where that was found out already."""
    decoding: Beside[NDArray[np.uint8]] | None = None
    """What will have found that out."""
    worst: int | None = None
    """How far from the codes of the plane that it was made of, where that was found out already."""

    @cached_property
    def decoded(self) -> NDArray[np.uint8]:
        """What it decodes to, (H, W) codes: the measure of every promise about depth."""
        if self.known is not None:
            return self.known
        if self.decoding is not None:
            return self.decoding.result()
        return decode_plane(self.container, self.width, self.height, self.payload, self.configuration)

    def off_by(self, plane: StoredPlane) -> int:
        """The largest difference between the decoded codes and those of the plane that was coded."""
        if self.decoded.shape != plane.codes.shape:
            raise MalformedError(f"the coded map came back with shape {self.decoded.shape}")
        if self.worst is not None:
            return self.worst
        return largest_difference(self.decoded, plane.codes)


def encode_plane(
    container: ContainerName,
    plane: StoredPlane,
    *,
    lossless: bool = False,
    effort: Effort | None = None,
    careful: bool = False,
) -> EncodedPlane:
    """Encode a plane for a container.

    A JPEG is decoded at once, and its bound widened where noise defeats it. HEVC is seldom beyond its tolerance and
    takes longer: the caller measures with `off_by` and asks again with `careful`, which codes such a map losslessly.
    JPEG cannot be lossless at 8 bits baseline: `lossless` raises UnsupportedError there.
    """
    if container == "jpeg":
        if lossless:
            raise UnsupportedError(
                "a JPEG's depth map is a JPEG itself and never exact; use HEIC for --lossless"
            )
        from authoring.codecs import jpeg

        height, width = plane.codes.shape
        coded = jpeg.encode_gray(plane.codes)
        encoded = EncodedPlane(
            container,
            width,
            height,
            coded.data,
            b"",
            jpeg.TOLERANCE_CODES,
            known=coded.decoded,
            worst=coded.worst,
        )
    else:
        encoded = _encode_hevc(plane, lossless, effort or "balanced")
        if not careful or lossless:
            known = (encoded.width, encoded.height, encoded.payload, encoded.configuration)
            return replace(encoded, decoding=Beside(decode_plane, container, *known))
        if encoded.off_by(plane) <= encoded.tolerance_codes:
            return encoded
        note = "the map is too noisy for the usual coding and was coded losslessly"
        encoded = replace(_encode_hevc(plane, True, effort or "balanced"), notes=(note,))
    worst = encoded.off_by(plane)
    encoded = replace(encoded, worst=worst)
    if worst > encoded.tolerance_codes:
        note = f"the coded map is off by {worst} codes in places; the bound says so"
        encoded = replace(encoded, tolerance_codes=worst, notes=(*encoded.notes, note))
    return encoded


def _encode_hevc(plane: StoredPlane, lossless: bool, effort: Effort) -> EncodedPlane:
    from authoring.codecs import hevc
    from authoring.containers import heif

    image = heif.single_image(hevc.encode_gray(plane.codes, lossless=lossless, effort=effort))
    configuration = hevc.finish_configuration(image.configuration, image.width, image.height)
    tolerance = 0 if lossless else hevc.LOSSY_TOLERANCE_CODES
    return EncodedPlane("heic", image.width, image.height, image.payload, configuration, tolerance)


def coded_auxiliary(
    container: ContainerName, plane: StoredPlane, encoded: EncodedPlane, tree: PropertyTree
) -> CodedAuxiliary:
    """What the container room places: bitstream, SEI (HEIC) and XMP packet."""
    height, width = plane.codes.shape
    subtype = b""
    if container == "heic":
        if plane.pixel_format.kind == "disparity":
            told = sei.DepthRepresentation(UNIFORM_DISPARITY, d_min=plane.float_min, d_max=plane.float_max)
        else:
            told = sei.DepthRepresentation(UNIFORM_DEPTH, z_near=plane.float_min, z_far=plane.float_max)
        subtype = sei.build_aux_subtype(told)
    return CodedAuxiliary(
        width=width,
        height=height,
        payload=encoded.payload,
        configuration=encoded.configuration,
        auxiliary_type=HEVC_DEPTH_URN,
        auxiliary_subtype=subtype,
        xmp=xmp.build_packet(tree),
    )
