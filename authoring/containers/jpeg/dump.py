"""Describe a JPEG file as text and as named parts, for people and for proofs that nothing was touched.

`dump` prints what is understood, and length and hash of what is not, so that every changed byte shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from authoring.containers.jpeg import jfif, mpf
from authoring.containers.jpeg.segments import (
    FRAME_MARKERS,
    JpegImage,
    Marker,
    Segment,
    parse_frame_header,
)
from authoring.containers.jpeg.structure import PRIMARY, Structure
from authoring.errors import MalformedError

HASH_DIGITS = 16
"""Of the SHA-256, enough to notice a change."""


def dump(structure: Structure) -> str:
    """Return the structure, one line a segment, each image of the file under its own heading."""
    return "\n".join(_lines(structure)) + "\n"


def parts(structure: Structure) -> dict[str, bytes]:
    """Return every segment of the photo, its scans, every other image, gaps and trailer, by name.

    Names count within a kind, so a splice leaves them. A plain JFIF header and the MP index are left out: they
    are the container's own structure, which a splice and a removal rewrite and name in their edit list.
    """
    data = structure.data
    named: dict[str, bytes] = {}
    counts: Counter[str] = Counter()

    def add(name: str, start: int, stop: int) -> None:
        named[f"{name} {counts[name]}"] = data[start:stop]
        counts[name] += 1

    for segment in structure.primary.segments:
        if segment != structure.mpf_segment and not jfif.is_structural(data, segment):
            name = " ".join(filter(None, ("segment", segment.marker.name, segment.kind(data))))
            add(name, segment.start, segment.stop)
        if segment.scan_stop > segment.stop:
            add("scan data", segment.stop, segment.scan_stop)
    for start, stop in structure.primary.stray:
        add("stray bytes", start, stop)
    for number in structure.starts:
        image = structure.image(number)
        named[f"image {number}"] = data[image.start : image.stop]
    for start, stop in structure.gaps:
        add("gap", start, stop)
    start, stop = structure.trailer
    if start < stop:
        named["trailer"] = data[start:stop]
    return named


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


def _image_lines(data: bytes, number: int, image: JpegImage, stop: int) -> Iterator[str]:
    yield f"image {number}: offset {image.start}, {stop - image.start} bytes"
    yield f"  {image.start:>9} SOI"
    for segment in image.segments:
        length = segment.stop - segment.marker_start - 2
        fill_bytes = segment.marker_start - segment.start
        fill = f" after {fill_bytes} fill bytes" if fill_bytes else ""
        yield f"  {segment.marker_start:>9} {segment.marker.name} length {length}{fill}: {_meaning(data, segment)}"
        if segment.kind(data) == "MPF":
            yield from _index_lines(data, segment)
        if segment.marker == Marker.SOS:
            yield f"  {segment.stop:>9} entropy-coded data, {_hashed(data, segment.stop, segment.scan_stop)}"
    for start, end in image.stray:
        yield f"  {start:>9} stray bytes, {_hashed(data, start, end)}"
    yield f"  {stop:>9} end: {image.fault}" if image.fault else f"  {stop - 2:>9} EOI"


def _meaning(data: bytes, segment: Segment) -> str:
    """Return what a segment says: decoded if it is short and understood, else its kind, length and hash."""
    payload = segment.payload(data)
    kind = segment.kind(data)
    described = ""
    if segment.marker in FRAME_MARKERS:
        described = _frame(payload)
    elif segment.marker == Marker.SOS:
        described = _scan(payload)
    elif segment.marker == Marker.DRI and len(payload) == 2:
        described = f"restart interval {int.from_bytes(payload)}"
    elif segment.marker == Marker.DNL and len(payload) == 2:
        described = f"{int.from_bytes(payload)} lines"
    elif kind == "JFIF":
        described = _jfif(payload)
    return described or " ".join(filter(None, (kind, _hashed(data, segment.payload_start, segment.stop))))


def _frame(payload: bytes) -> str:
    """Describe a frame header; empty if it is cut short."""
    frame = parse_frame_header(payload)
    if frame is None:
        return ""
    sampling = " ".join(
        f"{component.identifier}:{component.horizontal_sampling}x{component.vertical_sampling}"
        f":q{component.quantization_table}"
        for component in frame.components
    )
    return f"{frame.width}x{frame.height}, {frame.precision} bit, components {sampling}"


def _scan(payload: bytes) -> str:
    """Describe a scan header (T.81, B.2.3); empty if its length does not fit its number of components."""
    if not payload or len(payload) != 4 + 2 * payload[0]:
        return ""
    selectors = zip(payload[1:-3:2], payload[2:-3:2], strict=True)
    components = " ".join(f"{component}:{tables >> 4}/{tables & 15}" for component, tables in selectors)
    start, end, approximation = payload[-3:]
    return (
        f"components {components}, coefficients {start}..{end},"
        f" approximation {approximation >> 4}/{approximation & 15}"
    )


def _jfif(payload: bytes) -> str:
    """Describe a JFIF header; empty if it is cut short."""
    header = jfif.parse(payload)
    if header is None:
        return ""
    rest = f"{len(header.rest)} more bytes" if header.rest else "nothing more"
    return (
        f"JFIF {header.major_version}.{header.minor_version:02},"
        f" density {header.horizontal_density}x{header.vertical_density} unit {header.units},"
        f" thumbnail {header.thumbnail_width}x{header.thumbnail_height},"
        f" {'AMPF' if header.rest == jfif.AMPF else rest}"
    )


def _index_lines(data: bytes, segment: Segment) -> Iterator[str]:
    """Describe the MP index, tag by tag and entry by entry."""
    try:
        index = mpf.parse(segment.payload(data))
    except MalformedError as error:
        yield f"            unreadable: {error.message}"
        return
    base = segment.payload_start + mpf.BASE
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
