"""Estimate the depth of a photo: its pixels through a network, and what the network's numbers mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from authoring import containers
from authoring.codecs.maps.map_image import map_from_array
from authoring.codecs.photo import DecodedPhoto
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.calibration import Calibration
from authoring.depth.estimate_origin import EstimateOrigin
from authoring.errors import UnsupportedError, UsageError, about
from authoring.estimate.estimate_options import EstimateOptions
from authoring.estimate.hub import Announce
from authoring.estimate.model_folder import find_model
from authoring.estimate.models import has_scale
from authoring.estimate.network import Network, load_network
from authoring.estimated_by import Scale
from authoring.maps.convert import convert_image
from authoring.maps.map_options import MapOptions
from authoring.read.photo_pixels import decode_any_photo

NEAREST_PER_M, FARTHEST_PER_M = 1.3, 0.2
"""Disparities in 1/m, 0.77 m and 5 m, of the ends of a network without a scale, if none are given: an iPhone's rear
camera has about these for a person in a room."""


def network_of(options: EstimateOptions, announce: Announce) -> Network:
    """Return the network that the options name, found or downloaded, and loaded once."""
    return load_network(find_model(options, announce), options.device, options.threads)


def estimate_depth(
    photo: bytes | DecodedPhoto, load: Callable[[], Network], options: EstimateOptions
) -> DepthBuffer:
    """Estimate the depth of a photo, upright and of its size: (H, W) float32, in 1/m or, of a metric network, in m.

    photo: JPEG, HEIC, DNG (its preview) or PNG. load: gives the network, once the photo is known to be one.
    Raises UsageError where near and far do not fit the network, RefusedError where its output is the same everywhere.
    """
    with about("photo"):
        pixels = _pixels(photo)
    network = load()
    kind = network.folder.kind
    near, far, scale = options.near, options.far, _scale(options, has_scale(kind))
    if scale == "network" and not (near is far is None):
        raise UsageError(f"--near and --far do not apply: {network.folder.name} estimates metres itself")
    if scale == "given" and None in (near, far):
        raise UsageError(
            "give both --near and --far, in metres: where the nearest and the farthest point are"
        )
    if scale == "assumed":
        near, far = 1 / NEAREST_PER_M, 1 / FARTHEST_PER_M
    pixel_format = PixelFormat.FDEP if kind == "depth" else PixelFormat.FDIS
    meaning = MapOptions(kind=kind, near=near, far=far, clip=options.clip, native_format=pixel_format)
    with about("photo"):
        output = network.run(pixels)
        buffer = convert_image(map_from_array(output.values, "estimate"), meaning).buffer
    camera = focal_widths = None
    if output.focal_px is not None:
        camera = Calibration.pinhole(output.focal_px, buffer.width, buffer.height)
        focal_widths = output.focal_px / buffer.width
    folder = network.folder
    origin = EstimateOrigin(folder.name, network.version, output.size, scale, focal_widths)
    return buffer.replace(calibration=camera, estimate=origin)


def _pixels(photo: bytes | DecodedPhoto) -> NDArray[np.uint8]:
    """Return the pixels (H, W, 3) of a photo, upright, in its own colours."""
    try:
        return decode_any_photo(photo).pixels.upright
    except UnsupportedError as error:
        if isinstance(photo, bytes) and containers.name_of(photo) == "jpeg":
            raise UnsupportedError(
                "an estimate goes by the photo's pixels, and they cannot be decoded here (arithmetic coding, or "
                "damage); a map can be put into it as it is"
            ) from error
        raise


def _scale(options: EstimateOptions, is_metric: bool) -> Scale:
    if is_metric:
        return "network"
    return "assumed" if options.near is None and options.far is None else "given"
