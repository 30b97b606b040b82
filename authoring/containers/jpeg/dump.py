"""A JPEG file as text and as named parts, for people and for proofs that nothing was touched.

Knows: how to say what a segment is. Must not know: how to change it.

`dump` prints what is understood, and length and hash of what is not, so that any changed byte shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from authoring.containers.jpeg import jfif, mpf
from authoring.containers.jpeg.segments import (
    APP0,
    APP2,
    DNL,
    DRI,
    SOF_CODES,
    SOS,
    ImageWalk,
    Segment,
)
from authoring.containers.jpeg.structure import PRIMARY, Structure
from authoring.errors import MalformedError

HASH_DIGITS = 16
"""Of the SHA-256, enough to notice a change."""


def dump(structure: Structure) -> str:
    """The structure, one line a segment, each image of the file under its own heading."""
    return "\n".join(_lines(structure)) + "\n"


def parts(structure: Structure) -> dict[str, bytes]:
    """Every segment of the photo, its scans, every other image, gaps and trailer, by name.

    Names count within a kind, so a splice leaves them. A plain JFIF header and the MP index are left out: they
    are the container's own structure, which a splice and a removal rewrite and name in their edit list.
    """
    data = structure.data
    found: dict[str, bytes] = {}
    counts: Counter[str] = Counter()

    def add(name: str, start: int, stop: int) -> None:
        found[f"{name} {counts[name]}"] = data[start:stop]
        counts[name] += 1

    for segment in structure.primary.segments:
        if not _is_structural(structure, segment):
            name = " ".join(filter(None, ("segment", segment.name, segment.kind(data))))
            add(name, segment.start, segment.stop)
        if segment.scan_stop > segment.stop:
            add("scan data", segment.stop, segment.scan_stop)
    for start, stop in structure.primary.stray:
        add("stray bytes", start, stop)
    for number in structure.starts:
        image = structure.image(number)
        found[f"image {number}"] = data[image.start : image.stop]
    for start, stop in structure.gaps:
        add("gap", start, stop)
    start, stop = structure.trailer
    if start < stop:
        found["trailer"] = data[start:stop]
    return found


def _is_structural(structure: Structure, segment: Segment) -> bool:
    data = structure.data
    if segment == structure.mpf_segment:
        return True
    is_header = segment.code == APP0 and segment.kind(data) == "JFIF"
    return is_header and (jfif.is_plain(data, segment) or jfif.is_marked(data, segment))


def _lines(structure: Structure) -> Iterator[str]:
    data = structure.data
    yield f"JPEG file, {len(data)} bytes"
    yield from _image_lines(data, PRIMARY, structure.primary, structure.primary_stop)
    for number in structure.starts:
        image = structure.image(number)
        yield from _image_lines(data, number, image, image.stop)
    for number in structure.dead:
        yield f"image {number}: no image at offset {structure.base + structure.entries[number - 1].offset}"
    for start, stop in structure.gaps:
        yield f"gap: offset {start}, {_hashed(data, start, stop)}"
    start, stop = structure.trailer
    if start < stop:
        yield f"trailer: offset {start}, {_hashed(data, start, stop)}"


def _image_lines(data: bytes, number: int, image: ImageWalk, stop: int) -> Iterator[str]:
    yield f"image {number}: offset {image.start}, {stop - image.start} bytes"
    yield f"  {image.start:>9} SOI"
    for segment in image.segments:
        length = segment.stop - segment.marker - 2
        fill = f" after {segment.marker - segment.start} fill bytes" if segment.marker > segment.start else ""
        yield f"  {segment.marker:>9} {segment.name} length {length}{fill}: {_meaning(data, segment)}"
        if segment.code == APP2 and segment.kind(data) == "MPF":
            yield from _index_lines(data, segment)
        if segment.code == SOS:
            yield f"  {segment.stop:>9} entropy-coded data, {_hashed(data, segment.stop, segment.scan_stop)}"
    for start, end in image.stray:
        yield f"  {start:>9} stray bytes, {_hashed(data, start, end)}"
    yield f"  {stop:>9} end: {image.fault}" if image.fault else f"  {stop - 2:>9} EOI"


def _meaning(data: bytes, segment: Segment) -> str:
    """What a segment says: decoded where it is short and understood, else its kind, length and hash."""
    payload = data[segment.payload : segment.stop]
    kind = segment.kind(data)
    if segment.code in SOF_CODES and len(payload) >= 6 and len(payload) >= 6 + 3 * payload[5]:
        components = (payload[place : place + 3] for place in range(6, 6 + 3 * payload[5], 3))
        sampling = " ".join(f"{one[0]}:{one[1] >> 4}x{one[1] & 15}:q{one[2]}" for one in components)
        size = f"{_number(payload, 3)}x{_number(payload, 1)}"
        return f"{size}, {payload[0]} bit, components {sampling}"
    if segment.code == SOS and payload and len(payload) == 4 + 2 * payload[0]:
        count = payload[0]
        tables = " ".join(
            f"{payload[1 + 2 * one]}:{payload[2 + 2 * one] >> 4}/{payload[2 + 2 * one] & 15}"
            for one in range(count)
        )
        spectral = f"{payload[-3]}..{payload[-2]}, approximation {payload[-1] >> 4}/{payload[-1] & 15}"
        return f"components {tables}, coefficients {spectral}"
    if segment.code == DRI and len(payload) == 2:
        return f"restart interval {_number(payload, 0)}"
    if segment.code == DNL and len(payload) == 2:
        return f"{_number(payload, 0)} lines"
    if kind == "JFIF" and len(payload) >= jfif.PLAIN_BYTES:
        density = f"{_number(payload, 8)}x{_number(payload, 10)} unit {payload[7]}"
        rest = payload[jfif.PLAIN_BYTES :]
        mark = "AMPF" if rest == jfif.AMPF else f"{len(rest)} more bytes" if rest else "nothing more"
        return f"JFIF {payload[5]}.{payload[6]:02}, density {density}, thumbnail {payload[12]}x{payload[13]}, {mark}"
    return " ".join(filter(None, (kind, _hashed(data, segment.payload, segment.stop))))


def _index_lines(data: bytes, segment: Segment) -> Iterator[str]:
    """The MP index, tag by tag and entry by entry."""
    try:
        index = mpf.parse(data[segment.payload : segment.stop])
    except MalformedError as error:
        yield f"            unreadable: {error.message}"
        return
    base = segment.payload + mpf.BASE
    order = "little-endian" if index.little_endian else "big-endian"
    yield f"            {order}, offsets from {base}, images {index.declared_images}"
    for name, tags in (("tag", index.tags), ("attribute", index.attributes)):
        for tag in tags:
            if tag.number not in (mpf.NUMBER_OF_IMAGES, mpf.MP_ENTRY):
                value = tag.value[:HASH_DIGITS].hex() + ("..." if len(tag.value) > HASH_DIGITS else "")
                yield f"            {name} {tag.number:04X} type {tag.type} count {tag.count}: {value}"
    for number, entry in enumerate(index.entries, PRIMARY):
        yield (
            f"            entry {number}: attribute {entry.attribute:08X}, size {entry.size}, offset {entry.offset},"
            f" dependents {entry.dependent1} {entry.dependent2}"
        )


def _hashed(data: bytes, start: int, stop: int) -> str:
    digest = sha256(memoryview(data)[start:stop]).hexdigest()[:HASH_DIGITS]
    return f"{stop - start} bytes, sha256 {digest}"


def _number(payload: bytes, position: int) -> int:
    return int.from_bytes(payload[position : position + 2], "big")
