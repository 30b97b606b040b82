"""Define a map's camera, with the numbers of AVCameraCalibrationData, and turn and scale it with the pixels.

Pixel coordinates start at the top left *corner* of the raster: the first pixel's centre is (0.5, 0.5) and a principal
point in the middle of W pixels is W/2. Two samples show it. The iPad's true-depth recording
(in_zeiss11pro_DepthMetadata.json) gives the principal point of the 640-pixel map as 321.60822 and the same point as
2026.1318 in 4032 pixels: exactly 6.3 times, with no half pixel between. And the front camera's nominal centre is 1158
of 2316 (fidmaa_selfie_depth.heic).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from authoring.depth.aspect import same_shape
from authoring.depth.orientation import Orientation
from authoring.errors import UsageError

Matrix = tuple[tuple[float, ...], ...]

IDENTITY_EXTRINSIC: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
"""The pose of the reference camera itself, as Apple writes it for rasters in the sensor's orientation."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """One camera. Raises UsageError if a number is missing, not finite or impossible."""

    intrinsic_matrix: Matrix
    """Rows ((fx, 0, cx), (0, fy, cy), (0, 0, 1)) in pixels of the reference frame."""
    reference_width_px: int
    reference_height_px: int
    """The frame of all pixel coordinates here: in every sample the photo's stored size."""
    extrinsic_matrix: tuple[float, ...] = IDENTITY_EXTRINSIC
    """Twelve numbers as Apple stores them: four columns of three, the last the translation in mm."""
    pixel_size_mm: float = 0.001
    """Side of one pixel of the reference frame on the sensor."""
    lens_distortion_coefficients: tuple[float, ...] = ()
    """None, or eight numbers c, from the photo to the pinhole picture: a point of the photo r mm from the centre is
    moved outward by the sum of c[k] * r**(2k) per cent to where a pinhole would show it. Named as in the depth XMP;
    AVFoundation's lensDistortionLookupTable leads the other way."""
    inverse_lens_distortion_coefficients: tuple[float, ...] = ()
    """The same from the pinhole picture to the photo."""
    lens_distortion_center_px: tuple[float, float] | None = None
    """(x, y) in the reference frame."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        counts = [len(row) for row in self.intrinsic_matrix]
        if counts != [3, 3, 3]:
            raise UsageError("the calibration's intrinsic matrix must be three rows of three numbers")
        if len(self.extrinsic_matrix) != 12:
            raise UsageError(
                f"the calibration's extrinsic matrix has {len(self.extrinsic_matrix)} numbers, not 12"
            )
        for name, values in (
            ("lens distortion", self.lens_distortion_coefficients),
            ("inverse lens distortion", self.inverse_lens_distortion_coefficients),
        ):
            if len(values) not in (0, 8):
                raise UsageError(f"the calibration has {len(values)} {name} coefficients; give 8 or none")
        center = self.lens_distortion_center_px or ()
        numbers = (
            *(value for row in self.intrinsic_matrix for value in row),
            *self.extrinsic_matrix,
            *self.lens_distortion_coefficients,
            *self.inverse_lens_distortion_coefficients,
            *center,
        )
        if not all(map(math.isfinite, numbers)):
            raise UsageError("the calibration holds a number that is not finite")
        if self.lens_distortion_center_px is not None and len(center) != 2:
            raise UsageError("the calibration's lens distortion centre must be two numbers, x and y")
        (fx, skew, _), (lower, fy, _), last = self.intrinsic_matrix
        # fx and fy need not agree: Apple wrote 2085.5 and 2718.4 into fidmaa_selfie_depth.heic.
        if fx <= 0 or fy <= 0 or skew or lower or tuple(last) != (0, 0, 1):
            raise UsageError(
                "the calibration's intrinsic matrix must be fx 0 cx, 0 fy cy, 0 0 1 with fx, fy above 0"
            )
        if self.reference_width_px < 1 or self.reference_height_px < 1:
            raise UsageError("the calibration's reference width and height must be at least one pixel")
        if not (math.isfinite(self.pixel_size_mm) and self.pixel_size_mm > 0):
            raise UsageError("the calibration's pixel size must be above 0 mm")

    @classmethod
    def pinhole(
        cls, focal_px: float, width_px: int, height_px: int, pixel_size_mm: float = 0.001
    ) -> Calibration:
        """Return a camera with square pixels, its principal point in the middle, without distortion."""
        if width_px < 1 or height_px < 1:
            raise UsageError(f"a frame of {width_px} by {height_px} pixels holds nothing")
        return cls(
            intrinsic_matrix=((focal_px, 0.0, width_px / 2), (0.0, focal_px, height_px / 2), (0.0, 0.0, 1.0)),
            reference_width_px=width_px,
            reference_height_px=height_px,
            pixel_size_mm=pixel_size_mm,
        )

    @classmethod
    def from_matrix(
        cls, matrix: Sequence[Sequence[float]], width_px: int, height_px: int, pixel_size_mm: float = 0.001
    ) -> Calibration:
        """Return a camera of a 3x3 matrix, as OpenCV has it: fx 0 cx, 0 fy cy, 0 0 1, in pixels of this frame.

        matrix: an array or rows; of a 3x4 or 4x4 one the upper left part counts. Raises UsageError for another.
        """
        try:
            rows = tuple(tuple(float(value) for value in row[:3]) for row in list(matrix)[:3])
        except (TypeError, ValueError) as error:
            raise UsageError("a camera matrix has 3 rows of 3 numbers") from error
        if [len(row) for row in rows] != [3, 3, 3]:
            raise UsageError("a camera matrix has 3 rows of 3 numbers")
        return cls(
            intrinsic_matrix=rows,
            reference_width_px=width_px,
            reference_height_px=height_px,
            pixel_size_mm=pixel_size_mm,
        )

    @property
    def focal_px(self) -> tuple[float, float]:
        """(fx, fy)."""
        return self.intrinsic_matrix[0][0], self.intrinsic_matrix[1][1]

    @property
    def principal_point_px(self) -> tuple[float, float]:
        """(cx, cy), from the top left corner of the reference frame."""
        return self.intrinsic_matrix[0][2], self.intrinsic_matrix[1][2]

    def oriented(self, orientation: Orientation) -> Calibration:
        """Return the calibration of the raster that `orientation.to_display` gives.

        Points move with the pixels and fx, fy change places with the axes; pixel size and distortion are the
        same in every direction. The pose R becomes R times the inverse rotation: its columns are the turned
        camera's axes in the sensor's. Apple writes that in every file turned upright, 0 -1 0 1 0 0 0 0 1 after
        a quarter turn clockwise. No sample is mirrored; the same rule, inferred, gives determinant -1.
        """
        width, height = self.reference_width_px, self.reference_height_px
        (fx, fy), (cx, cy) = self.focal_px, self.principal_point_px
        if orientation.swaps_axes:
            width, height, fx, fy = height, width, fy, fx

        def moved(x: float, y: float) -> tuple[float, float]:
            if orientation.swaps_axes:
                x, y = y, x
            return (
                width - x if orientation.swaps_left_right else x,
                height - y if orientation.swaps_top_bottom else y,
            )

        cx, cy = moved(cx, cy)
        center = self.lens_distortion_center_px
        right, down, forward, translation = (self.extrinsic_matrix[i : i + 3] for i in (0, 3, 6, 9))
        # R times the inverse rotation, column by column: the turned camera's axes.
        if orientation.swaps_axes:
            right, down = down, right
        if orientation.swaps_left_right:
            right = _negative(right)
        if orientation.swaps_top_bottom:
            down = _negative(down)
        return replace(
            self,
            intrinsic_matrix=((fx, 0.0, cx), (0.0, fy, cy), (0.0, 0.0, 1.0)),
            reference_width_px=width,
            reference_height_px=height,
            extrinsic_matrix=(*right, *down, *forward, *translation),
            lens_distortion_center_px=center and moved(*center),
        )

    def scaled(self, width_px: int, height_px: int) -> Calibration:
        """Return the same camera in the pixels of another frame of the same view, such as the map's.

        The pixel size changes inversely, so the distortion, which is in mm, needs no change. Raises UsageError
        for a frame of another shape: that would be a crop.
        """
        if width_px < 1 or height_px < 1:
            raise UsageError(f"a frame of {width_px} by {height_px} pixels holds nothing")
        x_scale, y_scale = width_px / self.reference_width_px, height_px / self.reference_height_px
        if not same_shape((width_px, height_px), (self.reference_width_px, self.reference_height_px)):
            raise UsageError(
                f"the calibration is for {self.reference_width_px} by {self.reference_height_px} pixels, which"
                f" {width_px} by {height_px} does not have the shape of; give one for this photo"
            )
        (fx, fy), (cx, cy) = self.focal_px, self.principal_point_px
        center = self.lens_distortion_center_px
        return replace(
            self,
            intrinsic_matrix=(
                (fx * x_scale, 0.0, cx * x_scale),
                (0.0, fy * y_scale, cy * y_scale),
                (0.0, 0.0, 1.0),
            ),
            reference_width_px=width_px,
            reference_height_px=height_px,
            pixel_size_mm=self.pixel_size_mm / math.sqrt(x_scale * y_scale),
            lens_distortion_center_px=center and (center[0] * x_scale, center[1] * y_scale),
        )

    def reframed(self, right_px: float, down_px: float, width_px: int, height_px: int) -> Calibration:
        """Return the same camera in another frame, in which every point is farther right and down by so much."""
        (fx, fy), (cx, cy) = self.focal_px, self.principal_point_px
        center = self.lens_distortion_center_px
        return replace(
            self,
            intrinsic_matrix=((fx, 0.0, cx + right_px), (0.0, fy, cy + down_px), (0.0, 0.0, 1.0)),
            reference_width_px=width_px,
            reference_height_px=height_px,
            lens_distortion_center_px=center and (center[0] + right_px, center[1] + down_px),
        )


def _negative(column: tuple[float, ...]) -> tuple[float, ...]:
    """Return the opposite direction; a zero gets no minus sign, which would be written out."""
    return tuple(0.0 - value for value in column)
