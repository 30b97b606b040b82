"""The options that say what a map means and how it is fitted to the photo."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from authoring.depth.buffer import PixelFormat
from authoring.depth.calibration import Calibration
from authoring.depth.raster import DEFAULT_MAX_SIDE
from authoring.maps.presets import Kind

_JPEG = re.compile(r"(.*)\.jpe?g", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MapOptions:
    """How to understand and fit a map; the command line's options of the same names."""

    near: float | None = None
    far: float | None = None
    """Metres, as near."""
    white: Literal["far", "near"] | None = None
    """None: far, but near for the pair of NAME.jpg and NAME_depth.jpg."""
    invert: bool = False
    """The same as white "near"."""
    spacing: Literal["depth", "disparity"] = "depth"
    native_format: PixelFormat | None = None
    """None: hdis, or hdep in a DNG, which holds no disparity."""
    accuracy: Literal["relative", "absolute"] | None = None
    map_orientation: Literal["display", "stored"] | None = None
    max_size: int = DEFAULT_MAX_SIDE
    calibration: Calibration | None = None
    """Of the camera that took the map, in the map's own orientation."""
    fov: float | None = None
    """Angle of view in degrees across the width of the upright photo, of a pinhole camera."""
    focal_mm: float | None = None
    """Focal length of the camera, as its 35 mm equivalent."""
    preset: str | None = None
    """Whose files' meaning to take: a name of `presets.PRESETS`."""
    kind: Kind | None = None
    unit: str | None = None
    """Of metric kinds: m, cm, mm, or steps per metre such as m*256; of disparity-px px or px*256."""
    focal_px: float | None = None
    """Focal length in pixels of the map."""
    baseline: float | None = None
    """Distance between the cameras of a stereo pair."""
    doffs: float | None = None
    """Difference of the principal points of a stereo pair, in pixels of the map; added to its disparity."""
    stereo_width: int | None = None
    """Width that a map must have for the numbers of its stereo calibration file to apply; None: not known."""
    invalid: float | None = None
    """The value that marks a hole, besides NaN; 0 for integers of a metric unit."""
    clip: float | None = None
    """Percentage of the values to treat as outliers at either end, 0 to 49."""
    stretch: bool = False
    """Stretch a map of another shape over the whole photo."""
    max_holes: float = 60.0
    """Percentage of the map that may be holes."""
    min_confidence: float | None = None
    """Of another maker's photo with a confidence map: samples of less than this share of full confidence are holes."""
    key: str | None = None
    """The array of an NPZ, the channel of an OpenEXR file."""
    frame: int | None = None
    """The map of a stack, from 0."""
    map_name: str = ""
    """The map file's name, a hint to its meaning."""
    photo_name: str = ""
    """The photo file's name, another hint."""
    force: bool = False
    """Use a map in spite of doubts that can be wrong: a stereo pair, a coloured picture."""
    refine: bool | None = None
    """Bring the map to the stored size along the photo's edges; None: where a network estimated it more coarsely."""

    @property
    def stored_format(self) -> PixelFormat:
        """The native format that the options give or stand for."""
        return self.native_format or PixelFormat.HDIS

    @property
    def white_end(self) -> Literal["far", "near"]:
        """Which end of the gray scale is white."""
        return "near" if self.invert else self.white or ("near" if self.is_pair else "far")

    @property
    def is_pair(self) -> bool:
        """Whether photo and map are NAME.jpg and NAME_depth.jpg, and nothing else says which end of gray is white.

        Programs for 3D photos exchange such pairs, in which white is near. A map NAME_depth.png is none of them:
        scripts of either kind call theirs so.
        """
        if (self.white, self.preset, self.kind) != (None, None, None) or self.invert:
            return False
        photo, depth = _JPEG.fullmatch(self.photo_name), _JPEG.fullmatch(self.map_name)
        return photo is not None and depth is not None and depth[1].lower() == f"{photo[1]}_depth".lower()

    @property
    def has_no_camera(self) -> bool:
        """Whether the options leave the camera to the map and the photo."""
        return self.calibration is None and self.fov is None and self.focal_mm is None

    @property
    def depth_source(self) -> Literal["nominal", "estimated"]:
        """Provenance of the distances: nominal for gray levels between --near and --far, else estimated."""
        return "nominal" if self.near is not None else "estimated"
