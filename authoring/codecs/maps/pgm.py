"""PGM, the portable gray map of Netpbm: P5 (binary) and P2 (text), as its pgm(5) page describes them."""

from __future__ import annotations

import re

import numpy as np

from authoring.codecs.limits import check_pixels
from authoring.codecs.maps.map_image import MapImage
from authoring.errors import MalformedError

MAGIC = (b"P5", b"P2")

_HEADER = re.compile(rb"P([25])" + rb"(?:\s|#[^\n\r]*[\n\r])+(\d{1,9})" * 3 + rb"(?:\r\n|\s)")

MAX_HEADER_BYTES = 4096
"""Three numbers, and the comments that writers put between them."""


def read_pgm(data: bytes) -> MapImage:
    """Read a gray PGM with levels from 0 to the largest value that its header states, at most 65535.

    Samples are not scaled: 1500 stays 1500, whatever the largest value is. Raises MalformedError for damage.
    """
    head = _HEADER.match(data[:MAX_HEADER_BYTES])
    if head is None:
        raise MalformedError("the PGM's header is not P5 or P2, width, height and largest value")
    width, height, most = (int(head[index]) for index in (2, 3, 4))
    if not 0 < most < 65536 or not width or not height:
        raise MalformedError(f"the PGM's header states {width}x{height} and the largest value {most}")
    check_pixels(width * height)
    count, wide = width * height, most > 255
    if head[1] == b"5":
        size = 2 * count if wide else count
        if len(data) - head.end() < size:
            raise MalformedError("the PGM is cut off: fewer samples follow than its header says")
        samples = np.frombuffer(data, ">u2" if wide else "u1", count, head.end())
    else:
        numbers = data[head.end() :].split(None, count)[:count]
        if len(numbers) < count or not all(number.isdigit() and len(number) < 10 for number in numbers):
            raise MalformedError("the PGM is cut off or damaged: not every sample is a number")
        samples = np.array(numbers, np.int64)
    if int(samples.max()) > most:
        raise MalformedError(
            f"the PGM holds {samples.max()}, and its header says that {most} is the largest value"
        )
    native = samples.astype(np.uint16 if wide else np.uint8).reshape(height, width)
    return MapImage(native, most + 1, f"{most.bit_length()}-bit PGM")
