"""NPY (numpy.lib.format, versions 1 to 3): one map, or a stack of frames."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_pixels, check_unpacking
from authoring.codecs.maps.map_image import MapImage, Raster, check_dtype, map_from_array
from authoring.codecs.messages import first_line, printable
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError, UsageError

MAGIC = b"\x93NUMPY"
VERSIONS = ((1, 0), (2, 0), (3, 0))

MAX_HEADER_BYTES = 10_000
"""NumPy's own limit; a plain array's header has 118 bytes."""

PICKLED = (
    "the array holds Python objects, which are not loaded, since loading them runs what is in the file; "
    "save it as plain numbers: np.asarray(map, dtype=np.float32)"
)


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """An array's header: what precedes its samples."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def sides(self) -> tuple[int, ...]:
        """The axes longer than one sample, without that of 3 or 4 channels; a map has two, a stack three."""
        sides = tuple(side for side in self.shape if side != 1)
        return sides[:-1] if len(sides) > 2 and self.shape[-1] in (3, 4) else sides

    def describe(self) -> str:
        """Return shape and type, for a message."""
        return printable(f"{'x'.join(map(str, self.shape)) or 'one number'} {self.dtype}")


def read_npy(data: bytes, frame: int | None = None) -> MapImage:
    """Read an NPY file; of a stack (frames, H, W) the frame asked for."""
    try:
        stream = io.BytesIO(data)
        header = read_header(stream)
        return map_from_array(read_samples(stream, header, frame), "NPY")
    except DepthauthorError:
        raise
    except Exception as error:  # NumPy's errors come in many kinds.
        raise MalformedError(f"the NPY file does not load ({first_line(error)})") from error


def read_header(stream: IO[bytes]) -> ArrayHeader:
    """Read the header of an array, up to its samples. Raises MalformedError."""
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
        header = ArrayHeader(*read(io.BytesIO(length + stream.read(size))))
    except Exception as error:  # The header is Python text that NumPy evaluates: damage can raise any error.
        raise MalformedError("the array's header does not say its type, order and shape") from error
    if any(side < 0 for side in header.shape):
        raise MalformedError(f"the array's header states the shape {header.shape}, which cannot be")
    return header


def read_samples(
    stream: IO[bytes], header: ArrayHeader, frame: int | None = None, packed_bytes: int | None = None
) -> Raster:
    """Read the samples after the header; of a stack only the frame asked for is held in memory.

    packed_bytes: the array's compressed size in its archive.
    """
    if header.dtype.hasobject:
        raise MalformedError(PICKLED)
    check_dtype(header.dtype)
    shape = header.shape
    stacked = len(header.sides) == 3
    if frame == 0 and len(shape) > len(header.sides) == 2:
        frame = None  # a stack of one map, (1, H, W)
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
        channels = shape[-1] if shape[-1] in (3, 4) else 1
        shape = (*header.sides[1:], channels) if channels > 1 else header.sides[1:]
        stream.seek(frame * math.prod(shape) * header.dtype.itemsize, io.SEEK_CUR)
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
