"""Build small HEIF files for the tests, each with one peculiarity, without the code under test."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pillow_heif
from numpy.typing import NDArray

from authoring.containers.base import CodedAuxiliary

URN = "urn:mpeg:hevc:2015:auxid:2"
SUBTYPE = bytes.fromhex("000000110000000d4e01b109351f7bfc010bc62020")
"""Apple's own (pug.heic): d_min 1.498046875, d_max 4.3828125."""
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
RDF = "application/rdf+xml"


def box(kind: str, *parts: bytes, form: str = "32") -> bytes:
    body = b"".join(parts)
    if form == "64":
        return struct.pack(">I4sQ", 1, kind.encode(), 16 + len(body)) + body
    return struct.pack(">I4s", 0 if form == "rest" else 8 + len(body), kind.encode()) + body


def full(kind: str, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


@cache
def gray_codes(width: int, height: int) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[0:height, 0:width]
    codes = (rows * 3 + columns * 2 + 30 * ((rows // 16 + columns // 16) % 2)) % 256
    return np.asarray(codes, dtype=np.uint8)


@cache
def coded(mode: str, width: int, height: int) -> bytes:
    """Encode a one-image file with pillow_heif; `L` losslessly."""
    pixels = gray_codes(width, height)
    if mode == "RGB":
        pixels = np.dstack([pixels, pixels[::-1], pixels[:, ::-1]])
    target = io.BytesIO()
    pillow_heif.encode(
        mode,
        (width, height),
        np.ascontiguousarray(pixels).tobytes(),
        target,
        quality=-1 if mode == "L" else 60,
        save_nclx_profile=False,
        enc_params={"preset": "ultrafast"},
    )
    return target.getvalue()


def payload_and_configuration(file: bytes) -> tuple[bytes, bytes]:
    """Return (payload, hvcC body) of a one-image file: its mdat is the payload, its hvcC is found by name."""
    at = file.index(b"hvcC")
    configuration = file[at + 4 : at - 4 + int.from_bytes(file[at - 4 : at], "big")]
    return file[file.index(b"mdat") + 4 :], configuration


@cache
def auxiliary(width: int = 96, height: int = 64, xmp: bytes = XMP) -> CodedAuxiliary:
    payload, configuration = payload_and_configuration(coded("L", width, height))
    return CodedAuxiliary(width, height, payload, configuration, URN, SUBTYPE, xmp)


@dataclass
class ItemSpec:
    identifier: int
    kind: str
    data: bytes
    hidden: bool = True
    content_type: str = ""
    method: int = 0
    host: int = 0
    """Construction method 2: the item that contains it; `data` is a part of the host's data."""


@dataclass
class PhotoSpec:
    """A photo to build; the defaults give a small file with the layout of an iPhone's."""

    items: list[ItemSpec] = field(default_factory=list)
    properties: list[bytes] = field(default_factory=list)
    links: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    references: list[tuple[str, int, list[int]]] = field(default_factory=list)
    groups: list[tuple[str, int, list[int]]] = field(default_factory=list)
    primary: int = 1
    order: tuple[str | bytes, ...] = ("ftyp", "meta", "mdat0")
    """Names of boxes, or complete boxes as bytes."""
    brands: bytes = b"heic" + bytes(4) + b"mif1" + b"heic"
    wide_items: bool = False
    """32-bit identifiers in pitm, iinf, iref and ipma."""
    infe_version: int = 2
    iloc_version: int = 1
    widths: tuple[int, int, int, int] = (4, 4, 0, 0)
    """offset, length, base, index."""
    base: str = "zero"
    """zero; data: base_offset is the item's first byte; file: base_offset is 24, offsets are that much less."""
    pieces: int = 1
    """Extents of each item in mdat, spread with filler between them."""
    mdat_form: str = "32"
    meta_form: str = "32"
    ipma_flags: int = 0
    split_ipma: bool = False
    """Every second association in a second ipma with the other flags."""
    no_iref: bool = False
    iloc_last: bool = True
    meta_extra: bytes = b""

    def build(self) -> bytes:
        names = [name for name in self.order if isinstance(name, str) and name.startswith("mdat")]
        mdats: dict[str, bytes] = dict.fromkeys(names, b"")
        inside: dict[int, list[tuple[str, int, int]]] = {}
        for number, item in enumerate(item for item in self.items if item.method == 0):
            step = max(-(-len(item.data) // self.pieces), 1)
            for start in range(0, len(item.data), step):
                name = names[(number + start // step) % len(names)]
                part = item.data[start : start + step]
                inside.setdefault(item.identifier, []).append((name, len(mdats[name]), len(part)))
                mdats[name] += part + b"\xee" * (self.pieces > 1)
        idat = b"".join(item.data for item in self.items if item.method == 1)

        starts: dict[str, int] = dict.fromkeys(names, 0)
        for _ in range(2):  # In the second pass, the offsets of the mdat bodies are known.
            result = b""
            for entry in self.order:
                if isinstance(entry, bytes):
                    result += entry
                elif entry == "ftyp":
                    result += box("ftyp", self.brands)
                elif entry == "meta":
                    result += self._meta(inside, starts, idat)
                else:
                    mdat = box(entry[:4], mdats[entry], form=self.mdat_form)
                    starts[entry] = len(result) + len(mdat) - len(mdats[entry])
                    result += mdat
        return result

    def _meta(
        self, inside: dict[int, list[tuple[str, int, int]]], starts: dict[str, int], idat: bytes
    ) -> bytes:
        letter = "I" if self.wide_items else "H"
        wide = int(self.wide_items)
        infe = b""
        for item in self.items:
            tail = b"\0" + (item.content_type.encode() + b"\0" if item.content_type else b"")
            if self.infe_version < 2:
                infe += full("infe", self.infe_version, 0, struct.pack(">HH", item.identifier, 0), tail)
                continue
            head = struct.pack(f">{letter}H4s", item.identifier, 0, item.kind.encode())
            infe += full("infe", 3 if wide else 2, int(item.hidden), head, tail)
        iref = b"".join(
            box(kind, struct.pack(f">{letter}H{len(targets)}{letter}", source, len(targets), *targets))
            for kind, source, targets in self.references
        )
        rows = sorted(self.links.items())
        ipma = self._ipma(rows[::2] if self.split_ipma else rows, self.ipma_flags)
        ipma += self._ipma(rows[1::2], self.ipma_flags ^ 1) if self.split_ipma else b""
        groups = b"".join(
            full(kind, 0, 0, struct.pack(f">II{len(members)}I", identifier, len(members), *members))
            for kind, identifier, members in self.groups
        )
        iloc = self._iloc(inside, starts)
        children = [
            full("hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
            full("pitm", wide, 0, struct.pack(f">{letter}", self.primary)),
            b"" if self.iloc_last else iloc,
            full("iinf", wide, 0, struct.pack(f">{letter}", len(self.items)), infe),
            b"" if self.no_iref else full("iref", wide, 0, iref),
            box("iprp", box("ipco", *self.properties), ipma),
            box("grpl", groups) if groups else b"",
            box("idat", idat) if idat else b"",
            self.meta_extra,
            iloc if self.iloc_last else b"",
        ]
        return box("meta", bytes(4), *children, form=self.meta_form)

    def _ipma(self, rows: list[tuple[int, list[tuple[int, bool]]]], flags: int) -> bytes:
        body = struct.pack(">I", len(rows))
        for item, links in rows:
            body += struct.pack(">IB" if self.wide_items else ">HB", item, len(links))
            for index, need in links:
                body += struct.pack(">H", need << 15 | index) if flags else bytes([need << 7 | index])
        return full("ipma", int(self.wide_items), flags, body)

    def _iloc(self, inside: dict[int, list[tuple[str, int, int]]], starts: dict[str, int]) -> bytes:
        size_offset, size_length, size_base, size_index = self.widths
        count = ">I" if self.iloc_version == 2 else ">H"
        body = bytes([size_offset << 4 | size_length, size_base << 4 | size_index])
        body += struct.pack(count, len(self.items))
        idat_at = 0
        for item in self.items:
            if item.method == 1:
                extents = [(idat_at, len(item.data))]
                idat_at += len(item.data)
            elif item.method == 2:
                host = next(other for other in self.items if other.identifier == item.host)
                extents = [(host.data.index(item.data), len(item.data))]
            else:
                extents = [(starts[name] + at, size) for name, at, size in inside.get(item.identifier, [])]
            base = 0
            if item.method == 0 and self.base != "zero" and extents:
                base = min(offset for offset, _ in extents) if self.base == "data" else 24
                base = base if all(starts.values()) else 0
            body += struct.pack(">I" if self.iloc_version == 2 else ">H", item.identifier)
            body += struct.pack(">H", item.method) if self.iloc_version else b""
            body += struct.pack(">H", 0) + base.to_bytes(size_base, "big") + struct.pack(">H", len(extents))
            for offset, size in extents:
                body += (1).to_bytes(size_index, "big") if self.iloc_version and size_index else b""
                body += (offset - base).to_bytes(size_offset, "big") if size_offset else b""
                body += size.to_bytes(size_length, "big") if size_length else b""
        return full("iloc", self.iloc_version, 0, body)


def small_photo(**changes: object) -> PhotoSpec:
    """Return a photo of one 64x64 picture (item 1, imir and irot) with Exif, XMP and a 64x64 gain map with XMP."""
    picture, configuration = payload_and_configuration(coded("RGB", 64, 64))
    gain, gain_configuration = payload_and_configuration(coded("L", 64, 64))
    photo = PhotoSpec(
        items=[
            ItemSpec(1, "hvc1", picture, hidden=False),
            ItemSpec(2, "Exif", bytes(4) + b"MM\0*\0\0\0\x08\0\0\0\0\0\0"),
            ItemSpec(3, "mime", b"<primary/>", content_type=RDF),
            ItemSpec(4, "hvc1", gain),
            ItemSpec(5, "mime", b"<gain/>", content_type=RDF),
        ],
        properties=[
            box("hvcC", configuration),
            full("ispe", 0, 0, struct.pack(">II", 64, 64)),
            box("irot", b"\1"),
            box("imir", b"\1"),
            full("pixi", 0, 0, b"\3\x08\x08\x08"),
            box("hvcC", gain_configuration),
            full("pixi", 0, 0, b"\1\x08"),
            full("auxC", 0, 0, b"urn:com:apple:photo:2020:aux:hdrgainmap\0"),
        ],
        links={
            1: [(1, True), (2, False), (3, True), (4, True), (5, False)],
            4: [(6, True), (2, False), (3, True), (4, True), (7, False), (8, True)],
        },
        references=[("cdsc", 2, [1]), ("cdsc", 3, [1]), ("auxl", 4, [1]), ("cdsc", 5, [4])],
    )
    for name, value in changes.items():
        setattr(photo, name, value)
    return photo


def with_method(photo: PhotoSpec, method: int, *identifiers: int) -> PhotoSpec:
    for item in photo.items:
        if item.identifier in identifiers:
            item.method = method
    return photo


def within_host(photo: PhotoSpec) -> PhotoSpec:
    """Make item 3 a part of a new item 9: construction method 2, with extent indices."""
    packet = photo.items[2]
    packet.method, packet.host = 2, 9
    photo.items.append(ItemSpec(9, "mime", b"<!--" + packet.data + b"-->", content_type="text/xml"))
    photo.references.append(("iloc", 3, [9]))
    return photo


def renumbered(photo: PhotoSpec, to: Callable[[int], int]) -> PhotoSpec:
    for item in photo.items:
        item.identifier, item.host = to(item.identifier), to(item.host)
    photo.links = {to(item): links for item, links in photo.links.items()}
    photo.references = [
        (kind, to(source), [to(target) for target in targets]) for kind, source, targets in photo.references
    ]
    photo.groups = [
        (kind, number, [to(member) for member in members]) for kind, number, members in photo.groups
    ]
    photo.primary = to(photo.primary)
    return photo


def many_properties(photo: PhotoSpec, number: int) -> PhotoSpec:
    """Put filler properties first, so that the lowest index in use is `number` + 1; above 119 needs 2-byte indices."""
    photo.properties = [box("free", bytes([index % 251])) for index in range(number)] + photo.properties
    photo.links = {
        item: [(index + number, need) for index, need in links] for item, links in photo.links.items()
    }
    return photo
