"""NPY and NPZ (numpy.lib.format, versions 1 to 3): arrays, archives of named arrays, stacks of frames."""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass, replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_pixels, check_unpacking
from authoring.codecs.maps.map_image import MapImage, Raster, check_dtype, map_from_array
from authoring.codecs.messages import first_line, listing, printable
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError, UsageError

MAGIC = b"\x93NUMPY"
VERSIONS = ((1, 0), (2, 0), (3, 0))

MAX_HEADER_BYTES = 10_000
"""NumPy's own limit; a plain array's header has 118 bytes."""

MAX_ARRAYS = 1000
"""Arrays of one archive; the networks' own have fewer than ten."""

FOCAL_KEY = "focallength_px"
"""The focal length, in pixels of the map, that Depth Pro's API gives beside `depth`."""


PICKLED = (
    "the array holds Python objects, which are not loaded, since loading them runs what is in the file; "
    "save it as plain numbers: np.asarray(map, dtype=np.float32)"
)


@dataclass(frozen=True, slots=True)
class _Header:
    """An array's header: what precedes its samples."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def sides(self) -> tuple[int, ...]:
        """The axes longer than one sample; a map has two, a stack three."""
        return tuple(side for side in self.shape if side != 1)

    def describe(self) -> str:
        """Return shape and type, for a message."""
        return printable(f"{'x'.join(map(str, self.shape)) or 'one number'} {self.dtype}")


def read_npy(data: bytes, frame: int | None = None) -> MapImage:
    """Read an NPY file; of a stack (frames, H, W) the frame asked for."""
    try:
        stream = io.BytesIO(data)
        header = _header(stream)
        return map_from_array(_samples(stream, header, frame), "NPY")
    except DepthauthorError:
        raise
    except Exception as error:  # NumPy's errors come in many kinds.
        raise MalformedError(f"the NPY file does not load ({first_line(error)})") from error


def read_npz(data: bytes, key: str | None = None, frame: int | None = None) -> MapImage:
    """Read an NPZ archive: the array called `key`, or the only one that can be a map.

    Raises UsageError, listing the arrays, where there is a choice.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            headers = {}
            names = archive.namelist()
            if len(names) > MAX_ARRAYS:
                raise UnsupportedError(f"the NPZ holds {len(names)} arrays; at most {MAX_ARRAYS} are read")
            for name in names:
                with archive.open(name) as stream:
                    headers[name.removesuffix(".npy")] = _header(stream)
            chosen = _choose(headers, key, frame)
            member = archive.getinfo(_member(archive, chosen))
            with archive.open(member) as stream:
                image = map_from_array(_samples(stream, _header(stream), frame, member.compress_size), "NPZ")
            focal = None
            if FOCAL_KEY in headers and not headers[FOCAL_KEY].sides:
                with archive.open(_member(archive, FOCAL_KEY)) as stream:
                    focal = float(_samples(stream, _header(stream)).reshape(-1)[0])
    except DepthauthorError:
        raise
    except Exception as error:  # as above, and zipfile's own errors
        raise MalformedError(f"the NPZ file does not load ({first_line(error)})") from error
    return replace(image, key=chosen, focal_px=focal if focal and 0 < focal < float("inf") else None)


def _member(archive: zipfile.ZipFile, key: str) -> str:
    return key if key in archive.namelist() else f"{key}.npy"


def _choose(headers: dict[str, _Header], key: str | None, frame: int | None) -> str:
    listed = listing([f"{name} ({header.describe()})" for name, header in headers.items()])
    if key is not None:
        if key not in headers:
            raise UsageError(f"the NPZ holds no array {key!r}; it holds {listed}")
        return key
    maps = [name for name, header in headers.items() if len(header.sides) == 2]
    stacks = [name for name, header in headers.items() if len(header.sides) == 3]
    candidates = maps if maps and frame is None else stacks or maps
    if not candidates and any(header.dtype.hasobject for header in headers.values()):
        raise MalformedError(PICKLED)
    if not candidates:
        raise UnsupportedError(f"the NPZ holds no array that can be a map; it holds {listed}")
    if len(candidates) > 1:
        raise UsageError(f"the NPZ holds several arrays, say with --key which is the map: {listed}")
    return candidates[0]


def _header(stream: IO[bytes]) -> _Header:
    start = stream.read(8)
    version = tuple(start[6:])
    if not start.startswith(MAGIC) or version not in VERSIONS:
        raise MalformedError(f"the array begins with {start[:8]!r}, not as NPY of version 1, 2 or 3")
    length = stream.read(2 if version == (1, 0) else 4)
    # NumPy reads a header of 4 GB, which a small archive can hold, before it rejects it.
    size = int.from_bytes(length, "little")
    if size > MAX_HEADER_BYTES:
        raise MalformedError(f"the array's header claims {size} bytes; at most {MAX_HEADER_BYTES} are read")
    read: Any = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    try:
        header = _Header(*read(io.BytesIO(length + stream.read(size))))
    except Exception as error:  # The header is Python text that NumPy evaluates: damage can raise any error.
        raise MalformedError("the array's header does not say its type, order and shape") from error
    if any(side < 0 for side in header.shape):
        raise MalformedError(f"the array's header states the shape {header.shape}, which cannot be")
    return header


def _samples(
    stream: IO[bytes], header: _Header, frame: int | None = None, packed_bytes: int | None = None
) -> Raster:
    """Read the samples after the header; of a stack only the frame asked for is held in memory.

    packed_bytes: the array's compressed size in its archive.
    """
    if header.dtype.hasobject:
        raise MalformedError(PICKLED)
    check_dtype(header.dtype)
    shape = header.shape
    stacked = len(header.sides) == 3 and shape[-1] not in (1, 3, 4)
    if frame is not None and not stacked:
        raise UsageError(
            f"--frame chooses from a stack of maps, and the array is one map ({header.describe()})"
        )
    if stacked and frame is None:
        raise UnsupportedError(
            f"the array is of shape {printable(str(shape))}: a stack of {header.sides[0]} maps; say"
            " with --frame which one, from 0"
        )
    if frame is not None:
        count = header.sides[0]
        if not 0 <= frame < count:
            raise UsageError(f"there is no frame {frame}; the stack has {count}, counted from 0")
        if header.fortran:
            raise UnsupportedError(
                "the stack is stored column by column; save it with np.ascontiguousarray, or one frame alone"
            )
        shape = header.sides[1:]
        stream.seek(frame * shape[0] * shape[1] * header.dtype.itemsize, io.SEEK_CUR)
    count = math.prod(shape)
    check_pixels(count)
    if packed_bytes is not None and len(header.sides) == 2:
        check_unpacking("the map", *header.sides[::-1], header.dtype.itemsize, packed_bytes)
    data = stream.read(count * header.dtype.itemsize)
    if len(data) < count * header.dtype.itemsize:
        raise MalformedError("the array is cut off: fewer samples follow than its header says")
    samples = np.frombuffer(data, header.dtype)
    return samples.reshape(shape[::-1]).T if header.fortran else samples.reshape(shape)


def write_npy(values: NDArray[np.floating[Any]]) -> bytes:
    """Build an NPY file (version 1.0) of the array (H, W) as it is."""
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)
    return out.getvalue()


def write_npz(values: NDArray[np.floating[Any]], key: str) -> bytes:
    """Build a deflated NPZ archive of one array (H, W); dated 1980: the same map gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0))
        member.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(member, write_npy(values))
    return out.getvalue()
