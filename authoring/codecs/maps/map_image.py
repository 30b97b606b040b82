"""A decoded map file: gray levels or floats as they are stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_pixels
from authoring.codecs.messages import printable
from authoring.errors import UnsupportedError

Raster: TypeAlias = NDArray[Any]

Intrinsics: TypeAlias = tuple[float, float, float, float]
"""fx, fy, cx, cy in pixels of the map's own raster, from the top left corner."""

MARK = "depthauthor: "
ESTIMATE_MARK = "; estimate "
"""This program's mark in a text of a map file: "depthauthor: depth in metres", and what `MapImage.estimate` is."""

LARGEST_NUMBER_BYTES = 32
"""NumPy's widest, a complex number of two long doubles."""


@dataclass(frozen=True, slots=True)
class LinearScale:
    """What integer codes stand for: value = at_zero + code / 65535 * (at_full - at_zero).

    `kind` "depth" is in metres, "disparity" in 1/m. `invalid` is the code of a hole, or None. Where `inverse` is true
    the codes are even in the other unit: the value is 1 over the above, and code values of 0 stand for infinity.
    """

    kind: Literal["depth", "disparity"]
    at_zero: float
    at_full: float
    invalid: int | None = None
    inverse: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MapImage:
    """A decoded map file."""

    samples: Raster
    """(H, W): gray levels as uint8 or uint16, else values as float32 or float64."""
    levels: int | None
    """Gray levels from black to white, such as 256 or 65536; None for values."""
    source: str
    """Its type for a message, such as "16-bit PNG"."""
    scale: LinearScale | None = None
    """Set where the file states what its levels mean."""
    notes: tuple[str, ...] = ()
    """Sentences for the report."""
    key: str | None = None
    """Name of the array or channel."""
    focal_px: float | None = None
    """Focal length in pixels of the map's own size."""
    holds: Literal["depth", "disparity"] | None = None
    """What the values are by this program's own mark in the file: metres, or 1/m."""
    estimate: str = ""
    """What the file says of the network that estimated it, by this program's own mark; empty for any other map."""
    counts: bool = False
    """Whether the values are integers in a unit that the file does not state; they are no metres by themselves."""
    mask: NDArray[np.bool_] | None = None
    """(H, W): False where the maker says that the value is no distance; None without such a mask."""
    intrinsics: Intrinsics | None = None
    """The maker's camera."""
    preset: str | None = None
    """Name of the preset of the network that it comes from, where its source says so."""
    question: str = ""
    """What to say and to ask where its source leaves the scale open: what follows "the float32 array"; `{range}` in it
    stands for its values in metres."""
    coloured: bool = False
    """Whether the file's colour channels differ; `samples` is then their brightness."""


def mark_text(kind: Literal["depth", "disparity"], estimate: str) -> str:
    """Return this program's mark of what a map file holds; the twin of `marked`."""
    text = f"{MARK}{kind} in {'metres' if kind == 'depth' else '1/m'}"
    return text + ESTIMATE_MARK + estimate if estimate else text


def marked(image: MapImage, text: str) -> MapImage:
    """Return a map with what the mark in a text of its file says; unchanged where there is none."""
    for kind in ("depth", "disparity"):
        if text.startswith(MARK + kind):
            return replace(image, holds=kind, estimate=text.partition(ESTIMATE_MARK)[2])
    return image


def map_from_array(samples: Raster, source: str = "array") -> MapImage:
    """Return a NumPy array (H, W), or one with further axes of length 1 or of 3 or 4 channels, as a map.

    Integers that fit 8 or 16 bits are gray levels, other integers counts; floats are values. The largest float16
    and what single floats cannot hold become infinity. A masked array's mask marks holes. Raises UnsupportedError
    for other shapes and types.
    """
    mask: Any = None
    if isinstance(samples, np.ma.MaskedArray):
        mask = ~np.ma.getmaskarray(samples)
        samples = samples.data
    coloured = False
    if samples.ndim > 2 and samples.shape[-1] in (3, 4) and samples.dtype.kind in "fiu":
        sides = [side for side in samples.shape[:-1] if side != 1]
        if len(sides) == 2:
            samples, coloured = gray_of_channels(samples.reshape(*sides, samples.shape[-1])[..., :3], 0)
            mask = mask.reshape(*sides, -1).all(axis=2) if mask is not None else None
    samples = _plane(samples)
    check_pixels(samples.size)
    image = replace(_image_of_plane(samples, source), coloured=coloured)
    if mask is not None and not mask.all():
        return with_mask(image, _plane(mask))
    return image


def with_mask(image: MapImage, mask: NDArray[np.bool_]) -> MapImage:
    """Return the map with a mask (H, W) of its valid samples; values at masked places become NaN.

    Infinity stays: makers whose masks leave out the sky mark it by both (microsoft/MoGe, moge/model/v2.py).
    """
    if image.levels is None:
        samples = np.where(mask | np.isposinf(image.samples), image.samples, image.samples.dtype.type(np.nan))
        return replace(image, samples=samples, mask=mask)
    return replace(image, mask=mask)


def _plane(samples: Raster) -> Raster:
    """Return the array as (H, W). Raises UnsupportedError where it has another shape."""
    if samples.ndim > 2:
        sides = [side for side in samples.shape if side != 1]
        if len(sides) == 2:
            samples = samples.reshape(sides)
    if samples.ndim != 2 or 0 in samples.shape:
        raise UnsupportedError(
            f"the array has shape {printable(str(samples.shape))}; a map has one value a pixel, shape (height, width)"
        )
    return samples


def gray_of_channels(samples: Raster, tolerance: float) -> tuple[Raster, bool]:
    """Return the gray (H, W) of a picture (H, W, 3), and whether its channels differ by more than `tolerance`.

    Where they do the gray is the luma, in the same dtype, by the weights of ITU-R BT.601; the caller decides.
    """
    first: Raster = samples[..., 1]
    if all(
        np.array_equal(samples[..., index], first, equal_nan=samples.dtype.kind == "f") for index in (0, 2)
    ):
        return first, False
    with np.errstate(invalid="ignore"):
        wide = samples if samples.dtype.kind == "u" else samples.astype(np.float64)
        spread = wide.max(axis=2) - wide.min(axis=2)
        finite = spread[np.isfinite(spread)]
        if finite.size and float(np.percentile(finite, 99, method="lower")) <= tolerance:
            return first, False
        luma = samples @ np.array([0.299, 0.587, 0.114])
    return (luma if samples.dtype.kind == "f" else np.rint(luma)).astype(samples.dtype), True


def _image_of_plane(samples: Raster, source: str) -> MapImage:
    """Return (H, W) samples of any real type as a map."""
    dtype = samples.dtype
    if dtype == np.bool_:
        return MapImage(samples.astype(np.uint8) * np.uint8(255), 256, f"1-bit {source}")
    if dtype.kind in "iu" and dtype.itemsize <= 8:
        return _image_of_integers(samples, source)
    if dtype.kind == "f" and dtype.itemsize in (2, 4, 8):
        return MapImage(_single_range(samples), None, f"float{dtype.itemsize * 8} {source}")
    raise _unsupported_dtype(dtype)


def _image_of_integers(samples: Raster, source: str) -> MapImage:
    bits = samples.dtype.itemsize * 8
    if samples.dtype.kind == "u" and bits <= 16:
        native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
        return MapImage(native, 1 << bits, f"{bits}-bit {source}")
    least, most = int(samples.min()), int(samples.max())
    if least >= 0 and most <= 65535:
        fits = np.uint8 if most <= 255 else np.uint16
        return MapImage(samples.astype(fits), 256 if most <= 255 else 65536, f"{samples.dtype.name} {source}")
    return MapImage(samples.astype(np.float64), None, f"{samples.dtype.name} {source}", counts=True)


def _single_range(samples: Raster) -> Raster:
    """Return floats in native order that convert to single floats without overflow: too large ones are infinite.

    float16 becomes float32, its largest number infinity: writers clip there what is farther.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if samples.dtype.itemsize == 2:
            single = samples.astype(np.float32)
            largest = float(np.finfo(np.float16).max)
            beyond = np.abs(single) >= largest
            return (
                np.where(beyond, np.copysign(np.float32(np.inf), single), single) if beyond.any() else single
            )
        native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
        if native.dtype.itemsize == 8:
            beyond = np.abs(native) > float(np.finfo(np.float32).max)
            if beyond.any():
                return np.where(beyond, np.copysign(np.inf, native), native)
        return native


def check_dtype(dtype: np.dtype[Any]) -> None:
    """Raise UnsupportedError for samples that are no numbers, of which one may be megabytes long."""
    if dtype.itemsize > LARGEST_NUMBER_BYTES:
        raise _unsupported_dtype(dtype)


def _unsupported_dtype(dtype: np.dtype[Any]) -> UnsupportedError:
    return UnsupportedError(
        f"the array holds {str(dtype)[:40]}; maps are integers or floats of 16, 32 or 64 bits: convert it, for "
        "instance with .astype(np.float32)"
    )
