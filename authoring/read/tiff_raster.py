"""Decode the image of a TIFF directory from its strips or tiles."""

from __future__ import annotations

from authoring.codecs import tiff_pieces
from authoring.codecs.tiff_pieces import Plane
from authoring.containers.base import TiffRaster


def decode_pieces(raster: TiffRaster) -> Plane:
    """Decode an image to (H, W), or (H, W, samples), uint8 or uint16; raises what `tiff_pieces.decode_pieces` does."""
    return tiff_pieces.decode_pieces(
        raster.pieces,
        (raster.width, raster.height),
        (raster.piece_width, raster.piece_height),
        bits=raster.bits,
        compression=raster.compression,
        predictor=raster.predictor,
        order=raster.order,
        samples=raster.samples,
    )
