"""Define the types of the matrix, a reader and its reading of a file, and run other programs."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TIMEOUT_S = 300
"""A reader that takes longer has hung; a browser with fifty photos on a loaded machine takes half a minute."""

THUMBNAIL = (24, 32)
"""(H, W) of the block means by which two encodings of one photo are compared by."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Decoded pixels, summarised: a digest for equality, block means for similarity."""

    size: tuple[int, int]
    """(width, height) as the reader shows it."""
    digest: str
    means: NDArray[np.float32] | None = None
    """Block means of the gray picture, 0 to 255; (24, 32), of an upright one (32, 24)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader reads from one file."""

    opened: bool
    picture: Picture | None = None
    """None if the reader does not decode."""
    tags: dict[str, str] = field(default_factory=dict)
    """The metadata that it reads, by name."""
    warnings: tuple[str, ...] = ()
    refusal: str = ""
    """Its own message, if it did not open the file."""
    pictures: int | None = None
    """How many pictures it counts; None if it does not."""
    depth: bool | None = None
    """Whether it reports depth; None if it cannot."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One program or library."""

    name: str
    version: Callable[[], str]
    """Raises `Missing` if the reader is not installed."""
    read: Callable[[Sequence[Path]], list[Reading]]
    """Returns one reading per file, in order."""
    suffixes: tuple[str, ...] = (".jpg", ".heic", ".dng")
    """Of the files that it reads."""
    quick: bool = True
    """Whether the tests run it: installed with them or by one Debian package, and fast."""


class Missing(Exception):
    """The reader is not installed; the message says how to get it."""


def picture(pixels: NDArray[Any]) -> Picture:
    """Summarise pixels (H, W) or (H, W, channels), uint8; uint16 of a DNG."""
    pixels = np.ascontiguousarray(pixels)
    gray = pixels.astype(np.float32) if pixels.ndim == 2 else pixels[..., :3].mean(axis=2, dtype=np.float32)
    height, width = gray.shape
    means = None
    blocks = THUMBNAIL if width >= height else THUMBNAIL[::-1]
    if height >= blocks[0] and width >= blocks[1]:
        rows = np.linspace(0, height, blocks[0] + 1).astype(int)[:-1]
        columns = np.linspace(0, width, blocks[1] + 1).astype(int)[:-1]
        sums = np.add.reduceat(np.add.reduceat(gray, rows, axis=0), columns, axis=1)
        areas = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
        means = (sums / areas).astype(np.float32)
    shape = repr((pixels.shape, pixels.dtype.str)).encode()
    return Picture((width, height), hashlib.sha256(shape + pixels.tobytes()).hexdigest(), means)


def each(read: Callable[[Path], Reading]) -> Callable[[Sequence[Path]], list[Reading]]:
    """Turn a reader of single files into one of many."""
    return lambda paths: [read(path) for path in paths]


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """Exit code and output of a program."""

    code: int
    out: bytes
    err: str


def run(
    *command: str | Path, given: bytes | None = None, environment: dict[str, str] | None = None
) -> ProgramResult:
    """Run a program to its end. Raises `Missing` if it is not installed."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        raise Missing(f"{command[0]} is not installed") from None
    return ProgramResult(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def lines(text: str, path: Path) -> tuple[str, ...]:
    """Return the lines of a message without what changes from file to file: its name, addresses, repetitions."""
    plain = (_VOLATILE.sub("…", line.replace(str(path), "FILE").replace(path.name, "FILE")).strip()
             for line in text.splitlines())  # fmt: skip
    # ffmpeg counts repetitions, and tells messages apart by addresses that depend on chance.
    return tuple(
        dict.fromkeys(line for line in plain if line and not line.startswith("Last message repeated"))
    )


_VOLATILE = re.compile(r"0x[0-9a-f]+|(?<=[a-z]:)\d+(?=\))|\d\d:\d\d:\d\d\.\d+")
"""Addresses, process numbers, times of day."""


def netpbm(data: bytes) -> NDArray[np.uint8]:
    """Read a binary 8-bit PGM or PPM as uint8 (H, W) or (H, W, 3). Raises ValueError for anything else."""
    match = re.match(rb"(P5|P6)(?:\s+#[^\n]*)*\s+(\d+)(?:\s+#[^\n]*)*\s+(\d+)\s+255\s", data)
    if match is None:
        raise ValueError("not an 8-bit PGM or PPM")
    width, height = int(match[2]), int(match[3])
    shape = (height, width) if match[1] == b"P5" else (height, width, 3)
    return np.frombuffer(data, np.uint8, offset=match.end()).reshape(shape)
