"""Fuzz DNG: its directories, the strips and tiles of its maps, and each operation on a damaged DNG."""

from __future__ import annotations

import contextlib
from functools import cache
from itertools import pairwise

import numpy as np

from authoring import containers
from authoring.codecs import tiff_pieces
from authoring.codecs.lossless_jpeg import encode_lossless
from authoring.compatibility.verify import verify
from authoring.containers import dng
from authoring.containers.base import CodedAuxiliary, DngDepth, TiffRaster
from authoring.containers.dng.splicing import CHANGED
from authoring.containers.dng.structure import Structure, is_depth, raster
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.steps import copy, embed
from authoring.embed.strip import strip
from authoring.errors import DepthauthorError
from authoring.read.depth_image import decode_raster
from authoring.tiff import ENTRY_BYTES
from fuzz import operations, seeds
from fuzz.parsers import promise
from tests.containers import dng_files

HEADER = {4, 5, 6, 7}
"""The bytes of the offset of IFD0."""

KINDS = (
    (8, tiff_pieces.NONE, 1), (8, tiff_pieces.DEFLATE, 2), (16, tiff_pieces.DEFLATE, 2), (8, tiff_pieces.JPEG, 1),
    (16, tiff_pieces.JPEG, 1), (16, tiff_pieces.DEFLATE, 34892), (8, tiff_pieces.DEFLATE, 34893),
    (12, tiff_pieces.NONE, 1),
)  # fmt: skip
"""Bits, compression and predictor of a piece."""


def plain() -> list[bytes]:
    """Return DNGs without depth."""
    return list(dng_files.photos().values())


@cache
def with_depth() -> list[bytes]:
    """Return DNGs with depth: embedded here in 8 and 16 bits, and by other programs."""
    ours = [
        embed(photo, seeds.map_for(photo), EmbedOptions(bits=bits)).data
        for photo in plain()[:7]
        for bits in (8, 16)
    ]
    return [*ours, *dng_files.with_depth_of_others().values()]


def every() -> list[bytes]:
    """Return DNGs with and without depth."""
    return [*plain(), *with_depth()]


@cache
def pieces() -> list[bytes]:
    """Return coded strips, each after a byte that selects how it is read and two for its size."""
    inputs = []
    for number, (bits, compression, _) in enumerate(KINDS):
        codes = dng_files.slope(12, 8, 16 if bits == 16 else 8)
        data = encode_lossless(codes) if compression == tiff_pieces.JPEG else b""
        if not data:
            data = tiff_pieces.encode_deflate(codes, "<")
        if compression == tiff_pieces.NONE:
            data = codes.tobytes()
        inputs += [bytes((number, 11, 7)) + data, bytes((number | 0x80, 11, 7)) + data]
    return inputs


def auxiliary() -> CodedAuxiliary:
    """Return a map to splice in."""
    codes = np.zeros((6, 8), np.uint8)
    data = encode_lossless(codes)
    coded = TiffRaster(8, 6, 1, 8, 51177, tiff_pieces.JPEG, 1, "<", 8, 6, (data,))
    depth = DngDepth(1, (1, 2), (8, 1), 1, 1)
    return CodedAuxiliary(8, 6, data, b"", "", b"", b"<x:xmpmeta/>", raster=coded, dng_depth=depth)


def parsing(data: bytes) -> None:
    """Read everything from a DNG; a splice changes four old bytes, and taking it out gives the file back."""
    file = dng.parse(data)
    for read in (lambda: file.layout, lambda: file.entries, lambda: file.notes, file.preview, file.dump):
        with contextlib.suppress(DepthauthorError):
            read()
    with contextlib.suppress(DepthauthorError):
        parts = file.parts()
        promise(all(isinstance(value, bytes) for value in parts.values()), "a part is no bytes")
    for number, ifd in enumerate(file.structure.children, 1):
        if is_depth(ifd):
            with contextlib.suppress(DepthauthorError):
                containers.parse(file.remove([number]).apply(data))
    edits = file.splice(auxiliary())
    result = edits.apply(data)
    changed = {place for place, (old, new) in enumerate(zip(data, result, strict=False)) if old != new}
    promise(changed <= HEADER and len(result) > len(data), "a splice changed more than the header")
    after = dng.parse(result)
    number = len(after.structure.children)
    promise(is_depth(after.structure.children[-1]), "the spliced map is not the last SubIFD")
    if not after.structure.chain_fault:
        promise(
            all(one.offset != other.offset for one, other in pairwise(after.structure.directories)),
            "two SubIFDs are one",
        )
    without = after.remove([number]).apply(result)
    if _is_found(file.structure):
        promise(without == data, "remove(splice(x)) is not x")
    else:
        structure = dng.parse(without).structure
        promise(
            [ifd.offset for ifd in structure.children] == [ifd.offset for ifd in file.structure.children],
            "remove left other SubIFDs",
        )


def _is_found(structure: Structure) -> bool:
    """Whether IFD0 can be found again: in the order that TIFF 6.0 asks for, with an entry that no later copy has."""
    tags = [entry.tag for entry in structure.first.entries]
    kept = [entry for entry in structure.first.entries if entry.tag not in CHANGED]
    rows = (structure.data[entry.offset : entry.offset + ENTRY_BYTES] for entry in kept)
    return tags == sorted(set(tags)) and any(row not in structure.data[structure.first.end :] for row in rows)


def decoding(data: bytes) -> None:
    """Decode a strip or tile that a selector and a size come before; its codes have that size."""
    if len(data) < 3:
        return
    bits, compression, predictor = KINDS[data[0] & 7]
    width, height = data[1] + 1, data[2] + 1
    piece = (width // 2 + 1, height // 2 + 1) if data[0] & 0x40 else (width, height)
    count = -(-width // piece[0]) * -(-height // piece[1])
    codes = tiff_pieces.decode_pieces(
        [data[3:]] * count,
        (width, height),
        piece,
        bits=bits,
        compression=compression,
        predictor=predictor,
        order="<" if data[0] & 0x80 else ">",
        samples=3 if data[0] & 0x20 else 1,
    )
    promise(codes.shape[:2] == (height, width), "an image decodes to another size")


def rasters(data: bytes) -> None:
    """Decode the map of each directory of a DNG."""
    file = dng.parse(data)
    for ifd in file.structure.directories:
        with contextlib.suppress(DepthauthorError):
            picture = raster(data, ifd)
            codes = decode_raster(picture)
            promise(codes.shape == (picture.height, picture.width), "an image decodes to another size")


def embedding(data: bytes) -> None:
    """Run `embed` on a damaged DNG; `strip` gives it back.

    `verify --photo` finds a photo that is whole in the result; where a strip is cut off, or the chain of directories
    leads back to IFD0, others are found there than before.
    """
    result = operations.restorable(data)
    file = dng.parse(data)
    if not file.structure.chain_fault and not any("outside the file" in note for note in file.notes):
        proof = verify(result, original=data).photo
        promise(
            proof is not None and proof.identical, "verify does not find the photo in the result of embed"
        )


def copying(data: bytes) -> None:
    """Run `copy` from a damaged DNG to a JPEG and to a DNG."""
    options = EmbedOptions(effort="fast")
    for photo in (seeds.jpeg()[0], dng_files.small(48, 32)):
        with contextlib.suppress(DepthauthorError):
            copy(data, photo, options)


def receiving(data: bytes) -> None:
    """Run `copy` from a portrait to a damaged DNG; `strip` must then give the DNG back."""
    result = copy(seeds.heif_with_depth()[0], data, EmbedOptions(effort="fast")).data
    promise(strip(result).data == data, "strip does not give the photo back")
