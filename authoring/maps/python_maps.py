"""Take maps as Python programs hold them: arrays, tensors, PIL images, lists of rows, and what depth networks return.

No network's library is imported: a tensor and a network's result are known by what they offer. What the results hold,
by their makers' code:

    huggingface/transformers, pipelines/depth_estimation.py
        predicted_depth (H, W), metres or inverse depth without a scale, by the model; depth, a picture of it in 8 bits
    huggingface/transformers, models/depth_pro/image_processing_depth_pro.py (post_process_depth_estimation)
        predicted_depth in metres, focal_length in its pixels, field_of_view; without target sizes focal_length is None,
        and the numbers have not been multiplied by it
    apple/ml-depth-pro, src/depth_pro/depth_pro.py (infer)
        depth (H, W) in metres, focallength_px
    microsoft/MoGe, moge/model/v2.py (infer)
        depth (H, W) in metres, infinite where mask is False; intrinsics in widths and heights. v1.py: without a scale
    ByteDance-Seed/Depth-Anything-3, specs.py (Prediction), model/da3.py
        depth (N, H, W), intrinsics (N, 3, 3) in its pixels; is_metric is 1 for the nested models and empty for others
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps.archives import FOCAL_KEY, INTRINSICS_KEYS, MASK_KEYS, intrinsics_of_matrix
from authoring.codecs.maps.arrays import ArrayHeader
from authoring.codecs.maps.map_image import Intrinsics, MapImage, map_from_array, with_mask
from authoring.codecs.maps.picture import map_of_picture
from authoring.codecs.messages import first_line, listing
from authoring.codecs.pil_image import is_pil_image
from authoring.errors import UsageError

ACCEPTED = (
    "a path, the bytes of a map file, a file opened in binary mode, an array or tensor of shape (height, width), a PIL "
    "image, a list of rows, or what a depth network returns"
)

MAP_KEYS = ("predicted_depth", "depth", "disparity")
"""Names of the map in a dict. `depth` beside `predicted_depth` is a picture of it in 8 bits."""

HUGGING_FACE_QUESTION = (
    "is predicted_depth, and its dict does not say whether the model is metric: if it is (Depth Pro, ZoeDepth, models "
    "called metric) say --unit m, which shows {range}; if it is not (DPT, MiDaS, Depth-Anything) say --kind "
    "inverse-relative, with --near and --far in metres"
)

RAW_DEPTH_PRO_QUESTION = (
    "is what Depth Pro gives before its focal length is applied, which is not in metres: give target_sizes to "
    "post_process_depth_estimation and take its result"
)

DEPTH_ANYTHING_3_QUESTION = (
    "is the depth of Depth Anything 3, whose is_metric does not say that it is in metres: say --unit m to take its "
    "numbers as they are, which shows {range}, or --kind affine with --near and --far in metres; that of "
    "DA3METRIC-LARGE is in metres once multiplied by its focal length in pixels and divided by 300"
)


def map_image_of(value: Any, key: str | None = None, frame: int | None = None) -> MapImage:
    """Return a map that a Python program holds.

    value: anything of `ACCEPTED` but a path, a file and its bytes. key: the entry of a dict to take; frame: of a stack
    (N, H, W), from 0. Raises UsageError for anything else, with one sentence that says what is accepted.
    """
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        if len(value) == 1:  # Of one picture, as transformers' post-processing returns it.
            return _image_of_result(value[0], key, frame)
        raise UsageError(
            f"the map is a list of {len(value)} results of a network; give the one of this photo"
        )
    if is_dataclass(value) and not isinstance(value, Mapping | type) and hasattr(value, "depth"):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return _image_of_result(value, key, frame)
    if key is not None:
        raise UsageError(
            f"--key chooses an entry of a dict or a file, and the map is of type {type(value).__name__}"
        )
    return _image_of(value, frame)


def _image_of(value: Any, frame: int | None) -> MapImage:
    if is_pil_image(value):
        return map_of_picture(value)
    array = _array_of(value)
    if array.ndim == 0:
        raise UsageError(f"a map cannot be one number: give {ACCEPTED}")
    return map_from_array(_frame_of(array, frame))


def _image_of_result(result: Mapping[Any, Any], key: str | None, frame: int | None) -> MapImage:
    """Return the map among the entries of a network's result, with its mask, its camera and what it says of itself."""
    name = _chosen(result, key)
    image = replace(_image_of(result[name], frame), key=name)
    for mask_name in MASK_KEYS:
        mask = _entry(result, mask_name, name)
        if mask is not None and mask.dtype.kind in "bu":
            valid = np.squeeze(_frame_of(mask, frame)) > 0
            if valid.shape == image.samples.shape and not valid.all():
                note = f"the array {mask_name} leaves out a part of the map"
                image = replace(with_mask(image, valid), notes=(*image.notes, note))
            break
    image = replace(image, intrinsics=_intrinsics(result, image, frame), focal_px=_focal_px(result, frame))
    if image.levels is not None or image.counts or key not in (None, *MAP_KEYS):
        return image
    preset, question = _meaning(result, name)
    return replace(image, preset=preset, question=question)


def _chosen(result: Mapping[Any, Any], key: str | None) -> str:
    """Return the name of the entry that is the map."""
    if key is not None:
        if result.get(key) is None:
            raise UsageError(f"the dict holds no {key!r}; it holds {_names(result)}")
        return key
    for name in MAP_KEYS:
        if result.get(name) is not None:
            return name
    raise UsageError(
        f"the dict holds no depth: one of depth networks has {' or '.join(MAP_KEYS)}, and this one has "
        f"{_names(result)}; say with --key which is the map"
    )


def _names(result: Mapping[Any, Any]) -> str:
    return listing([str(name) for name in result])


def _meaning(result: Mapping[Any, Any], name: str) -> tuple[str | None, str]:
    """Return the preset of the maker whose result this is, and what to ask where the result leaves the scale open."""
    if name == "predicted_depth":
        if "field_of_view" not in result:
            return None, HUGGING_FACE_QUESTION
        return ("depth-pro", "") if result.get("focal_length") is not None else (None, RAW_DEPTH_PRO_QUESTION)
    if name != "depth":
        return None, ""
    if "is_metric" in result:
        # Where the model does not set it, addict's dictionary gives an empty one.
        return (
            ("depth-anything-3", "") if _is_true(result["is_metric"]) else (None, DEPTH_ANYTHING_3_QUESTION)
        )
    if FOCAL_KEY in result:
        return "depth-pro", ""
    if "mask" in result and "intrinsics" in result:
        return "moge", ""
    return None, ""


def _is_true(flag: Any) -> bool:
    try:
        return bool(flag)
    except Exception:  # An array of several.
        return False


def _entry(result: Mapping[Any, Any], name: str, chosen: str) -> NDArray[Any] | None:
    """Return an entry beside the map as an array; None where there is none or it is no array."""
    value = result.get(name)
    if value is None or name == chosen:
        return None
    try:
        return _array_of(value)
    except UsageError:
        return None


def _intrinsics(result: Mapping[Any, Any], image: MapImage, frame: int | None) -> Intrinsics | None:
    """Return the camera in pixels of the map; None where there is none, or none that a photo can have."""
    for name in INTRINSICS_KEYS:
        matrices = _entry(result, name, image.key or "")
        if matrices is not None and matrices.shape[-2:] == (3, 3) and matrices.dtype.kind == "f":
            matrices = matrices.reshape(-1, 3, 3)
            if (frame or 0) < len(matrices):
                return intrinsics_of_matrix(matrices[frame or 0].astype(np.float64), image.samples.shape)
    return None


def _focal_px(result: Mapping[Any, Any], frame: int | None) -> float | None:
    """Return the focal length in pixels of the map; None where there is none."""
    for name in (FOCAL_KEY, "focal_length"):
        value = result.get(name)
        number = np.asarray(value, np.float64) if isinstance(value, int | float) else _entry(result, name, "")
        if number is None or number.dtype.kind not in "fiu" or not number.size:
            continue
        focal = float(number.reshape(-1)[min(frame or 0, number.size - 1)])
        if 0 < focal < math.inf:
            return focal
    return None


def _frame_of(array: NDArray[Any], frame: int | None) -> NDArray[Any]:
    """Return the map of a stack (N, H, W); an array that is one map as it is."""
    header = ArrayHeader(array.shape, False, array.dtype)
    if len(header.sides) != 3:
        if frame:
            raise UsageError(
                f"--frame chooses from a stack of maps, and the array is one map ({header.describe()})"
            )
        return array
    count = header.sides[0]
    if frame is None:
        raise UsageError(
            f"the array is of shape {array.shape}: a stack of {count} maps; say with --frame which one, from 0"
        )
    if not 0 <= frame < count:
        raise UsageError(f"there is no frame {frame}; the stack has {count}, counted from 0")
    channels = array.shape[-1:] if array.shape[-1] in (3, 4) else ()
    chosen: NDArray[Any] = array.reshape(*header.sides, *channels)[frame]
    return chosen


def _array_of(value: Any) -> NDArray[Any]:
    """Return an array, a tensor on any device, or a list of rows as a NumPy array of numbers."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        array = _array_of_tensor(value)
    elif isinstance(value, np.ndarray):
        array = value
    else:
        is_array = hasattr(value, "__array__") or hasattr(value, "__array_interface__")
        is_rows = isinstance(value, Sequence | memoryview) and not isinstance(value, str | bytes | bytearray)
        if isinstance(value, type) or not (is_array or is_rows):
            raise UsageError(f"a map cannot be of type {type(value).__name__}: give {ACCEPTED}")
        try:
            array = np.asarray(value)
        except Exception as error:  # Whatever a foreign __array__ raises; ragged rows.
            raise UsageError(
                f"the map, of type {type(value).__name__}, gives no array ({first_line(error)})"
            ) from error
    if array.dtype.name.startswith(("bfloat16", "float8")):  # Of ml_dtypes, as JAX has them.
        array = array.astype(np.float32)
    if array.dtype.kind in "OUSVmM":
        raise UsageError(
            f"the map, of type {type(value).__name__}, holds no rows of numbers: give {ACCEPTED}"
        )
    return array


def _array_of_tensor(tensor: Any) -> NDArray[Any]:
    """Return a torch tensor as an array: without its gradient, on the CPU, widened where NumPy lacks its type."""
    try:
        tensor = tensor.detach().cpu()
        if any(word in str(tensor.dtype) for word in ("bfloat16", "float8")):
            tensor = tensor.float()
        array: NDArray[Any] = np.asarray(tensor.numpy())
    except Exception as error:
        raise UsageError(f"the map's tensor gives no array ({first_line(error)})") from error
    return array
