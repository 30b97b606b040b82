"""NPZ archives: the map among named arrays, with the mask and the camera that its maker stored beside it."""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps.arrays import PICKLED, ArrayHeader, read_header, read_samples, write_npy
from authoring.codecs.maps.map_image import (
    Intrinsics,
    MapImage,
    Raster,
    map_from_array,
    mark_text,
    marked,
    with_mask,
)
from authoring.codecs.messages import first_line, listing
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError, UsageError

MAX_ARRAYS = 1000
"""Arrays of one archive; the networks' own have fewer than ten."""

FOCAL_KEY = "focallength_px"
"""The focal length, in pixels of the map, that Depth Pro's API returns beside `depth` (apple/ml-depth-pro)."""

MASK_KEYS = ("mask", "valid", "valid_mask", "depth_mask")
"""Arrays of the map's shape that are true where it is valid (microsoft/MoGe: `mask`)."""

INTRINSICS_KEYS = ("intrinsics", "intrinsic", "K", "camera_matrix")
"""The camera matrix, in pixels of the map (ByteDance-Seed/Depth-Anything-3, utils/export/npz.py), or normalised by
width and height (microsoft/MoGe, moge/model/v2.py)."""

_COMPANION = re.compile(
    r"(images?|rgb|colou?rs?|frames?|k)|(.*_)?(mask|valid|conf|confidence|uncertainty|intrinsics?|extrinsics?|poses?|"
    r"camera_matrix|focal\w*|fov\w*|points?|normals?|rays?|flow|timestamps?)(_.*)?",
    re.IGNORECASE,
)
"""Names of what makers store beside a map."""

_MATRIX_SHAPES = ((3, 3), (3, 4), (4, 4))

_MIN_FOCAL, _MAX_FOCAL = 0.2, 20.0
"""Focal lengths of a believable camera matrix, in long sides of the map."""


def read_npz(data: bytes, key: str | None = None, frame: int | None = None) -> MapImage:
    """Read an NPZ archive: the array called `key`, or the only one that can be a map.

    Raises UsageError, listing the arrays, where there is a choice.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive, key, frame)
    except DepthauthorError:
        raise
    except Exception as error:  # NumPy's errors come in many kinds, and zipfile has its own.
        raise MalformedError(f"the NPZ file does not load ({first_line(error)})") from error


def _read(archive: zipfile.ZipFile, key: str | None, frame: int | None) -> MapImage:
    names = archive.namelist()
    if len(names) > MAX_ARRAYS:
        raise UnsupportedError(f"the NPZ holds {len(names)} arrays; at most {MAX_ARRAYS} are read")
    headers = {}
    for name in names:
        with archive.open(name) as stream:
            headers[name.removesuffix(".npy")] = read_header(stream)
    chosen = _choose(headers, key, frame)
    image = replace(map_from_array(_array(archive, chosen, frame), "NPZ"), key=chosen)
    shape = image.samples.shape
    for name in MASK_KEYS:
        if name in headers and name != chosen and _fits(headers[name], headers[chosen]):
            mask = map_from_array(_array(archive, name, frame)).samples > 0
            if mask.shape == shape and not mask.all():
                image = replace(
                    with_mask(image, mask),
                    notes=(*image.notes, f"the array {name} leaves out a part of the map"),
                )
            break
    for name in INTRINSICS_KEYS:
        if name in headers and headers[name].shape[-2:] == (3, 3) and not headers[name].dtype.hasobject:
            image = replace(image, intrinsics=_intrinsics(archive, name, headers[name], frame, shape))
            break
    comment = archive.comment.decode("ascii", "replace")
    said = marked(image, comment)
    if said.holds == chosen:
        image = said
    if FOCAL_KEY in headers and not headers[FOCAL_KEY].sides:
        focal = float(_array(archive, FOCAL_KEY).reshape(-1)[0])
        if 0 < focal < math.inf:
            image = replace(image, focal_px=focal)
    return image


def _array(archive: zipfile.ZipFile, key: str, frame: int | None = None) -> Raster:
    member = archive.getinfo(key if key in archive.namelist() else f"{key}.npy")
    with archive.open(member) as stream:
        return read_samples(stream, read_header(stream), frame, member.compress_size)


def _fits(mask: ArrayHeader, chosen: ArrayHeader) -> bool:
    """Return whether an array may be the mask of the chosen one: of its shape, without values in between."""
    return mask.sides == chosen.sides and mask.dtype.kind in "bu"


def _intrinsics(
    archive: zipfile.ZipFile, name: str, header: ArrayHeader, frame: int | None, shape: tuple[int, ...]
) -> Intrinsics | None:
    """Return the camera in pixels of the map; None where the matrix is no believable camera of it."""
    count = math.prod(header.shape[:-2])
    if header.dtype.kind != "f" or not 0 < count <= MAX_ARRAYS or (frame or 0) >= count:
        return None
    with archive.open(f"{name}.npy" if f"{name}.npy" in archive.namelist() else name) as stream:
        read_header(stream)
        matrices = np.frombuffer(stream.read(count * 9 * header.dtype.itemsize), header.dtype)
    if matrices.size < count * 9:
        raise MalformedError(f"the array {name} is cut off")
    shaped = matrices.reshape(header.shape[::-1]).T if header.fortran else matrices.reshape(header.shape)
    return intrinsics_of_matrix(shaped.reshape(count, 3, 3)[frame or 0].astype(np.float64), shape)


def intrinsics_of_matrix(matrix: NDArray[np.float64], shape: tuple[int, ...]) -> Intrinsics | None:
    """Return the camera of a matrix (3, 3) in pixels of a map of this shape (H, W), or in its widths and heights.

    None where it is no believable camera of the map.
    """
    fx, fy, cx, cy = (float(matrix[index]) for index in ((0, 0), (1, 1), (0, 2), (1, 2)))
    height, width = shape
    if 0 < cx <= 1 and 0 < cy <= 1:
        fx, fy, cx, cy = fx * width, fy * height, cx * width, cy * height
    longest = max(width, height)
    believable = (
        all(map(math.isfinite, (fx, fy, cx, cy)))
        and all(_MIN_FOCAL * longest <= focal <= _MAX_FOCAL * longest for focal in (fx, fy))
        and width / 4 <= cx <= width * 3 / 4
        and height / 4 <= cy <= height * 3 / 4
    )
    return (fx, fy, cx, cy) if believable else None


def _choose(headers: dict[str, ArrayHeader], key: str | None, frame: int | None) -> str:
    listed = listing([f"{name} ({header.describe()})" for name, header in headers.items()])
    if key is not None:
        if key not in headers:
            raise UsageError(f"the NPZ holds no array {key!r}; it holds {listed}")
        return key
    maps = [name for name, header in headers.items() if len(header.sides) == 2]
    stacks = [name for name, header in headers.items() if len(header.sides) == 3]
    if not maps + stacks and any(header.dtype.hasobject for header in headers.values()):
        raise MalformedError(PICKLED)
    for candidates in (stacks, maps) if frame is not None else (maps, stacks):
        named = _named_maps(candidates, headers)
        if len(named) == 1:
            return named[0]
        if named:
            raise UsageError(f"the NPZ holds several arrays, say with --key which is the map: {listed}")
    raise UnsupportedError(f"the NPZ holds no array that can be a map; it holds {listed}")


def _named_maps(candidates: list[str], headers: dict[str, ArrayHeader]) -> list[str]:
    """Return the candidates that are maps by their names and shapes; the only one of all whatever it is called."""
    if len(headers) == 1:
        return candidates
    maps = [
        name
        for name in candidates
        if not _COMPANION.fullmatch(name) and headers[name].shape[-2:] not in _MATRIX_SHAPES
    ]
    depths = [name for name in maps if "depth" in name.lower()]
    return depths if len(depths) == 1 else maps


def write_npz(
    values: NDArray[np.floating[Any]], kind: Literal["depth", "disparity"], estimate: str = ""
) -> bytes:
    """Build a deflated NPZ archive of one array (H, W) called `kind`, which the archive's comment names, too.

    Dated 1980: the same map gives the same bytes.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = mark_text(kind, estimate).encode("ascii")
        member = zipfile.ZipInfo(f"{kind}.npy", (1980, 1, 1, 0, 0, 0))
        member.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(member, write_npy(values))
    return out.getvalue()
