"""Define the public functions that estimate the depth of photos with a network."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from authoring import files
from authoring.api.inputs import PathLike, PhotoSource, photo_input
from authoring.api.output_names import CONTAINER_OF_SUFFIX, map_output
from authoring.errors import UsageError
from authoring.estimate.estimate_options import EstimateOptions, estimate_options_of

if TYPE_CHECKING:
    from authoring.codecs.maps.formats import MapFormat
    from authoring.depth.buffer import DepthBuffer
    from authoring.embed.steps import MapOfPhoto
    from authoring.estimate.estimate_options import Device
    from authoring.estimate.map_file import EstimateReport
    from authoring.maps.presets import Kind

NOT_FOR_ESTIMATES = (
    "white",
    "invert",
    "spacing",
    "preset",
    "unit",
    "focal_px",
    "baseline",
    "doffs",
    "invalid",
    "key",
    "frame",
    "map_orientation",
    "stretch",
    "force",
    "min_confidence",
)
"""Options that say what a map file means, which a network's estimate says itself."""

PHOTO_SUFFIXES = (*CONTAINER_OF_SUFFIX, ".png")
"""Extensions of the photos in a folder."""

SHARED = ("near", "far", "kind", "clip")
"""Options of `embed` that an estimate takes."""


class EstimateKeywords(TypedDict, total=False):
    """All options of `estimate`."""

    model: PathLike | None
    """A known model such as "depth-anything-v2-small" (the default), a repository on the Hugging Face hub, or a
    folder."""
    kind: Kind | None
    """What the values of a network are that is not known: "depth" (m), "disparity" (1/m), "inverse-relative" or
    "affine"."""
    near: float | None
    """Distance in metres of the nearest point, of a network without a scale; needs far. Without both: 0.77 m."""
    far: float | None
    """Distance in metres of the farthest point. Without both: 5 m."""
    clip: float | None
    """Percentage of the values to clip at each end, 0 to 49, of a network without a scale."""
    device: Device | None
    """"auto" (default), "cpu", "cuda" or "mps"."""
    offline: bool | None
    """Download nothing."""
    accept_licence: bool | None
    """Download a model whose licence is not known to allow commercial use."""


def estimate(photo: PhotoSource, **options: Unpack[EstimateKeywords]) -> DepthBuffer:
    """Estimate the depth of a photo with a network: a `DepthBuffer` (H, W) of the photo's size, upright.

    photo: a path, bytes, a binary file or a PIL image; JPEG, HEIC, DNG (its preview) or PNG. A metric network gives
    metres. One without a scale is spread over 0.77 m to 5 m, or over near to far: these metres are not measured. The
    model is downloaded at its first use, and loaded once for successive photos. Needs the extra `estimate`.

    Raises UnsupportedError without the extra, UsageError where the model cannot be had.

    For example:

        buffer = depthauthor.estimate("photo.jpg")
        depthauthor.embed("photo.jpg", buffer, output="estimated.heic")
    """
    from authoring.estimate.estimate import estimate_depth, network_of

    chosen = estimate_options_of(**options)
    given = photo_input(photo)
    with files.naming(photo=given.origin):
        return estimate_depth(given.read_or_decode(), lambda: network_of(chosen, log_sentence), chosen)


def estimate_file(
    photo: PhotoSource,
    output: PathLike,
    *,
    format: MapFormat | None = None,
    as_kind: Literal["depth", "disparity"] = "depth",
    max_size: int | None = None,
    overwrite: bool = False,
    **options: Unpack[EstimateKeywords],
) -> EstimateReport:
    """Estimate the depth of a photo and write it as NPY, NPZ, PFM, OpenEXR, float TIFF or 16-bit PNG.

    - as_kind: metres, or 1/m; every file but NPY and PFM says which, see `extract_file`.
    - max_size: long side of the map in samples; None keeps the photo's size.

    For example:

        depthauthor.estimate_file("photo.jpg", "estimated.npz")
    """
    from authoring.estimate.map_file import write_estimate

    given = photo_input(photo)
    output, chosen = map_output(Path(output), format, as_kind)
    files.refuse_same(output, [given.origin] if given.origin else [])
    files.refuse_existing(output, overwrite)
    buffer = estimate(photo, **options)
    data, report = write_estimate(buffer, chosen, as_kind, max_size)
    files.write_file(output, [data], overwrite=overwrite, inputs=[given.origin])
    return replace(report, file=str(given.origin) if given.origin else None, output=str(output))


def map_of_photo(options: EstimateOptions) -> MapOfPhoto:
    """Return what `embed` makes the map with, from the photo that the depth goes into."""
    from authoring.embed.steps import MapOfPhoto
    from authoring.estimate.estimate import estimate_depth, network_of

    return MapOfPhoto(lambda photo: estimate_depth(photo, lambda: network_of(options, log_sentence), options))


def split_options(
    meaning: dict[str, Any], estimate: dict[str, Any]
) -> tuple[EstimateOptions, dict[str, Any]]:
    """Return the options of an estimate, and those of `embed` that are left.

    meaning: the options of `embed` that were given; some are the estimate's, too. estimate: keywords of `estimate`.
    Raises UsageError for those that are about a map file.
    """
    for name in NOT_FOR_ESTIMATES:
        if meaning.get(name) is not None:
            raise UsageError(
                f"--{name.replace('_', '-')} is about a map file; an estimate takes --near, --far, --kind and --clip"
            )
    shared = {name: meaning[name] for name in SHARED if name in meaning}
    left = {name: value for name, value in meaning.items() if name not in SHARED}
    return estimate_options_of(**estimate, **shared), left


def log_sentence(sentence: str) -> None:
    """Log what a person should know before a download: where there is no command line, there is a log."""
    logging.getLogger("depthauthor").warning(sentence)
