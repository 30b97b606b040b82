"""Turn what Python programs hold a map in into an array or a map image: tensors, pictures, lists, networks' results.

Nothing is imported for it: a tensor, a PIL picture and a network's result are known by what they offer.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps.archives import FOCAL_KEY, INTRINSICS_KEYS, MASK_KEYS, read_npz
from authoring.codecs.maps.map_image import MapImage, map_from_array
from authoring.errors import UsageError

ACCEPTED = (
    "a path, the bytes of a map file, an array or tensor of shape (height, width), a PIL image, a list of rows, "
    "or the dict of a depth network"
)

HUGGING_FACE_KEYS = ("predicted_depth", "depth")
"""Of the dict that transformers' pipeline("depth-estimation") returns (huggingface/transformers,
pipelines/depth_estimation.py): the model's own numbers, and a picture of them with 8 bits."""

DEPTH_PRO_KEYS = (FOCAL_KEY, "focal_length", "field_of_view")
"""Beside metres: apple/ml-depth-pro (`infer`), and transformers' DepthProImageProcessor
(`post_process_depth_estimation`)."""

METRIC_KEY = "is_metric"
"""Of the Prediction of ByteDance-Seed/Depth-Anything-3 (specs.py): whether `depth` is in metres."""

_PICTURE_MODES = ("1", "L", "I", "I;16", "I;16B", "I;16L", "F", "RGB", "RGBA")


def map_image_of(value: Any, key: str | None = None) -> MapImage:
    """Return a map that a Python program holds.

    value: anything of `ACCEPTED` but a path and bytes. key: of a dict, the array to take.
    Raises UsageError for anything else, with one sentence that says what is accepted.
    """
    if isinstance(value, Mapping):
        return _image_of_dict(value, key)
    if is_dataclass(value) and not isinstance(value, type) and hasattr(value, "depth"):
        return _image_of_dict({field.name: getattr(value, field.name) for field in fields(value)}, key)
    return map_from_array(array_of(value))


def array_of(value: Any) -> NDArray[Any]:
    """Return an array, a tensor on any device, a PIL image or a list of rows as a NumPy array."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        return _array_of_tensor(value)
    if hasattr(value, "mode") and hasattr(value, "getbands") and value.mode not in _PICTURE_MODES:
        raise UsageError(
            f"the map is a PIL image of mode {value.mode!r}; a map is gray: convert it to L, I or F"
        )
    is_arraylike = hasattr(value, "__array__") or hasattr(value, "__array_interface__")
    is_rows = isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)
    if not is_arraylike and not is_rows:
        raise UsageError(f"a map cannot be a {type(value).__name__}; it is {ACCEPTED}")
    try:
        array = np.asarray(value)
    except Exception as error:  # Whatever a foreign __array__ raises.
        raise UsageError(f"the map gives no NumPy array ({_first_line(error)})") from error
    if array.dtype == object or array.dtype.kind in "USV":
        raise UsageError(f"the map is a {type(value).__name__} that holds no numbers in rows of one length")
    return array


def _array_of_tensor(tensor: Any) -> NDArray[Any]:
    """Return a torch tensor as an array: without its gradient, on the CPU, widened where NumPy lacks its type."""
    try:
        tensor = tensor.detach().cpu()
        if "bfloat16" in str(tensor.dtype) or "float8" in str(tensor.dtype):
            tensor = tensor.float()
        return np.asarray(tensor.numpy())
    except Exception as error:
        raise UsageError(f"the map's tensor gives no NumPy array ({_first_line(error)})") from error


def _image_of_dict(values: Mapping[Any, Any], key: str | None) -> MapImage:
    """Return the map in a network's result, with its mask and camera, read as an archive of the same names."""
    names = [str(name) for name in values]
    if not names:
        raise UsageError(f"the map is an empty dict; it is {ACCEPTED}")
    arrays = {str(name): array for name, value in values.items() if (array := _numbers(value)) is not None}
    chosen = key or _chosen(arrays)
    if chosen not in arrays:
        wanted = f"no {key!r}" if key else "no depth map"
        raise UsageError(f"the dict holds {wanted}; it holds {', '.join(map(repr, names))}")
    beside = {
        name: _first(array)
        for name, array in arrays.items()
        if name != chosen and name in (*MASK_KEYS, *INTRINSICS_KEYS, FOCAL_KEY)
    }
    archive = io.BytesIO()
    np.savez(archive, allow_pickle=False, **{chosen: _plain(arrays[chosen])}, **beside)
    image = replace(read_npz(archive.getvalue(), chosen), source="dict")
    focal = _focal_px(arrays, image)
    holds = _kind_of(names, chosen)
    return replace(
        image,
        focal_px=image.focal_px if image.focal_px is not None else focal,
        holds=holds,
        without_meaning=holds is None and chosen == "predicted_depth",
    )


def _chosen(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the name of the array that is the map; the only one whatever it is called."""
    named = [name for name in (*HUGGING_FACE_KEYS, "disparity") if name in arrays]
    if named:
        return named[0]
    return next(iter(arrays)) if len(arrays) == 1 else ""


def _kind_of(names: Sequence[str], chosen: str) -> Literal["depth", "disparity"] | None:
    """Return what a network's result says that it holds; None where it does not say."""
    if chosen == "disparity":
        return "disparity"
    if any(name in names for name in DEPTH_PRO_KEYS):
        return "depth"
    is_scene = any(name in names for name in (*INTRINSICS_KEYS, "points", METRIC_KEY))
    return "depth" if chosen == "depth" and is_scene else None


def _focal_px(arrays: Mapping[str, NDArray[Any]], image: MapImage) -> float | None:
    """Return the focal length that transformers' Depth Pro states, in pixels of the map."""
    if "focal_length" not in arrays or arrays["focal_length"].size != 1:
        return None
    focal = float(arrays["focal_length"].reshape(-1)[0])
    return focal if 0 < focal < math.inf else None


def _numbers(value: Any) -> NDArray[Any] | None:
    """Return a value of a dict as an array of numbers; None for what is none."""
    if isinstance(value, bool | int | float):
        return np.asarray(value)
    try:
        array = array_of(value)
    except UsageError:
        return None
    return array if array.dtype.kind in "biuf" else None


def _first(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array without leading axes of length 1, as the map loses them."""
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    return _plain(array.reshape(()) if array.size == 1 else array)


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    if isinstance(array, np.ma.MaskedArray):
        return array.filled(np.nan) if array.dtype.kind == "f" else array.data
    return array


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
