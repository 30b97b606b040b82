"""Define the keywords of the public functions, for type checkers and editors; they cost nothing at run time.

They are the options of the command line under the same names; a test compares them with `EmbedOptions`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from authoring.codecs.hevc import Effort
    from authoring.containers.base import ContainerName
    from authoring.depth.buffer import PixelFormat
    from authoring.depth.calibration import Calibration
    from authoring.maps.presets import Kind


class MapKeywords(TypedDict, total=False):
    """What a map means, and how it is fitted to the photo. None stands for the default."""

    near: float | None
    """Distance in metres of the near end of the gray scale, above 0; needs far."""
    far: float | None
    """Distance in metres of the far end of the gray scale, beyond near."""
    white: Literal["far", "near"] | None
    """Which end of the gray scale is white; "far" by default, as in Apple's article, but for the pair of NAME.jpg and
    NAME_depth.jpg."""
    invert: bool | None
    """White is near: the same as white="near"."""
    spacing: Literal["depth", "disparity"] | None
    """Gray steps are even in metres ("depth", the default) or in 1/m."""
    preset: str | None
    """Read the map as this maker's files, such as "depth-anything"; `depthauthor embed --help` lists them."""
    kind: Kind | None
    """What the values are: "depth" (m), "disparity" (1/m), "disparity-px", "inverse-relative" or "affine"."""
    unit: str | None
    """"m", "cm", "mm", or steps per metre such as "m*256"."""
    focal_px: float | None
    """Focal length in pixels of the map."""
    baseline: float | None
    """Distance in metres of the two cameras of stereo disparity."""
    doffs: float | None
    """Difference of the principal points of a stereo pair, in pixels of the map."""
    accuracy: Literal["relative", "absolute"] | None
    """absolute: the metres are measured."""
    invalid: float | None
    """The value that marks a hole, besides NaN."""
    clip: float | None
    """Percentage of values to clip at each end, 0 to 49."""
    stretch: bool | None
    """Stretch a map of another shape over the whole photo."""
    force: bool | None
    """Use a map that looks like a stereo pair, a collage or a coloured picture."""
    max_holes: float | None
    """Refuse a map with more holes than this, in per cent; 60 by default."""
    min_confidence: float | None
    """Samples of less than this share of full confidence (0 to 1) are holes, where a photo has a confidence map."""
    key: str | None
    """The array of a dict or an NPZ file, the channel of an OpenEXR file."""
    frame: int | None
    """The map of a stack, counted from 0."""
    map_orientation: Literal["display", "stored"] | None
    """display (default): upright as the photo is seen; stored: as its pixels are stored."""
    refine: bool | None
    """Fit a coarse or noisy map to the photo's edges."""
    max_size: int | None
    """Long side of the stored map in pixels; 768 by default."""


class EmbedKeywords(MapKeywords, total=False):
    """All options of `embed`, `embed_bytes`, `copy` and `Embedder`."""

    native_format: Literal["hdis", "fdis", "hdep", "fdep"] | PixelFormat | None
    """Disparity or depth, 16-bit or 32-bit float; "hdis" by default, "hdep" in a DNG.
    Photos uses disparity only."""
    container: ContainerName | None
    """"heic", "jpeg" or, for a DNG, "dng"; by default that of the output's extension, or the photo's own."""
    base: Literal["unblurred", "primary"] | None
    """Which picture of a photo that holds two; `copy` takes the unblurred one where the primary is blurred."""
    lossless: bool | None
    """HEIC: encode the map without loss."""
    bits: int | None
    """Of a code in a DNG: 8 (default) for every reader, 16 for Adobe's."""
    replace: bool | None
    """Replace the depth map that the photo has."""
    quality: int | None
    """1 to 100, of a photo that changes its container."""
    tone_map: bool | None
    """Convert an HDR photo (PQ, HLG) that changes its container; it is refused otherwise."""
    effort: Effort | None
    """Of HEVC encoding: "fast", "balanced" or "best"."""
    encoder_threads: int | None
    """Threads of the HEVC encoder, 1 to 64; the bytes do not depend on it."""
    profile: Literal["portrait", "data"] | None
    """portrait (default): everything that Photos asks for; data: the depth alone."""
    donor: str | os.PathLike[str] | bytes | None
    """A portrait photo of yours whose rendering parameters, calibration, aperture and maker note are taken."""
    aperture: float | None
    """First f-number of the aperture slider, 0.5 to 64."""
    focus: tuple[float, float] | None
    """(x, y) in the upright photo, each 0 to 1 from the top left; by default the nearest large region."""
    already_blurred: bool | None
    """Accept a photo whose pixels are blurred already."""
    maker_note: Literal["full", "minimal", "none"] | None
    """The maker note that a photo without one gets."""
    replace_maker_note: bool | None
    """Replace another maker's note."""
    restore_record: bool | None
    """True (default): keep in the file what `strip(restore=True)` needs to undo the changes to Exif and XMP."""
    calibration: Calibration | str | os.PathLike[str] | None
    """The camera: a `Calibration`, a file, or the word "exif", "nominal" or "none"."""
    fov: float | None
    """Angle of view in degrees across the upright photo's width."""
    focal_mm: float | None
    """Focal length of the camera, as its 35 mm equivalent."""


class CloudKeywords(MapKeywords, total=False):
    """The options of `pointcloud` and `pointcloud_file`; those of a map are for one that is not embedded."""

    axes: Literal["opengl", "opencv"] | None
    """opengl (default): x right, y up, z backward; opencv: x right, y down, z forward."""
    stride: int | None
    """Take every n-th sample across and down."""
    min_depth: float | None
    """Leave out points nearer than this, in metres along the optical axis."""
    max_depth: float | None
    """Leave out points farther than this."""
    remove_edges: bool | None
    """Leave out flying pixels at jumps of depth."""
    resolution: Literal["map", "photo"] | None
    """One point a map sample (default), or one a pixel of the photo."""
    ignore_lens: bool | None
    """Treat the lens as a pinhole."""
    calibration: Calibration | str | os.PathLike[str] | None
    """The camera: a `Calibration`, a file, or the word "file", "exif" or "nominal"."""
