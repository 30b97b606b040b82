"""Describe a DNG as text and as named parts, for people and for proofs that nothing was touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from authoring.containers.dng.structure import Structure, is_depth, piece_spans
from authoring.containers.dng.tags import DEPTH_TAGS, Tag
from authoring.errors import MalformedError
from authoring.tiff import Ifd, IfdEntry

HASH_DIGITS = 16
"""Of the SHA-256, enough to notice a change."""

LONGEST_VALUE = 16
"""Bytes of a value that are printed; longer ones are hashed."""

STRUCTURAL = {Tag.SUB_IFDS, Tag.DNG_VERSION, *DEPTH_TAGS}
"""What a splice changes in IFD0."""


def dump(structure: Structure) -> str:
    """Return the structure, one line an entry, each directory under its own heading."""
    return "\n".join(_lines(structure)) + "\n"


def parts(structure: Structure) -> dict[str, bytes]:
    """Return each entry's value and each directory's image data by name.

    Directories are counted within their kind, so that a splice leaves the names. Depth maps are named too; IFD0's
    tags that a splice changes, and the directories' own places, are left out.
    """
    named: dict[str, bytes] = {}
    counts: Counter[str] = Counter()
    for number, ifd in enumerate((*structure.directories, *structure.chain)):
        kind = _kind(structure, number, ifd)
        name = kind if kind == "IFD0" else f"{kind} {counts[kind]}"
        counts[kind] += 1
        for entry in ifd.entries:
            if number or entry.tag not in STRUCTURAL:
                named[f"{name} tag {entry.tag}"] = entry.value or b""
        for place, (start, stop) in enumerate(_spans(ifd)):
            named[f"{name} data {place}"] = structure.data[start:stop]
    return named


def _kind(structure: Structure, number: int, ifd: Ifd) -> str:
    if number == 0:
        return "IFD0"
    if number > len(structure.children):
        return "chained IFD"
    return "depth SubIFD" if is_depth(ifd) else "SubIFD"


def _lines(structure: Structure) -> Iterator[str]:
    yield f"DNG file, {len(structure.data)} bytes, {'little' if structure.order == '<' else 'big'}-endian"
    for number, ifd in enumerate(structure.directories):
        yield from _directory_lines(structure, f"SubIFD {number}" if number else "IFD0", ifd)
    for number, ifd in enumerate(structure.chain, 1):
        yield from _directory_lines(structure, f"IFD{number}", ifd)
    if structure.chain_fault:
        yield structure.chain_fault


def _directory_lines(structure: Structure, name: str, ifd: Ifd) -> Iterator[str]:
    yield f"{name}: offset {ifd.offset}, {len(ifd.entries)} entries, next {ifd.next_offset}"
    for entry in ifd.entries:
        yield f"  {_name(entry.tag)} type {entry.type} count {entry.count}: {_value(entry)}"
    spans = _spans(ifd)
    if spans:
        digest = sha256()
        for start, stop in spans:
            digest.update(structure.data[start:stop])
        size = sum(stop - start for start, stop in spans)
        pieces = "1 piece" if len(spans) == 1 else f"{len(spans)} pieces"
        yield f"  image data: {pieces}, {size} bytes, sha256 {digest.hexdigest()[:HASH_DIGITS]}"


def _name(tag: int) -> str:
    try:
        return f"{tag} {Tag(tag).name}"
    except ValueError:
        return str(tag)


def _value(entry: IfdEntry) -> str:
    if entry.value is None:
        return "outside the file"
    numbers = entry.numbers() if len(entry.value) <= LONGEST_VALUE else ()
    if numbers:
        return " ".join(f"{number:g}" for number in numbers)
    if len(entry.value) <= LONGEST_VALUE:
        return entry.value.hex()
    return f"{len(entry.value)} bytes, sha256 {sha256(entry.value).hexdigest()[:HASH_DIGITS]}"


def _spans(ifd: Ifd) -> list[tuple[int, int]]:
    """Return where the image data is; nothing if the directory does not say it."""
    try:
        return list(piece_spans(ifd))
    except MalformedError:
        return []
