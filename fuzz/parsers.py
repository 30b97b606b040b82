"""Run each parser on bytes, read everything it offers, and check that parse and build are twins."""

from __future__ import annotations

import itertools
import struct
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from authoring import containers, tiff
from authoring.apple import depth_properties, exif, makernote, region, xmp
from authoring.apple.dictionary import AuxiliaryData, build_json, build_plist, parse_json, parse_plist
from authoring.apple.exif_required import ImageCharacteristics
from authoring.apple.nominal_maker_note import nominal_note
from authoring.apple.portrait_exif import MINIMAL_NOTE, PortraitExif, add_portrait_tags
from authoring.apple.portrait_metadata import read_portrait_metadata
from authoring.apple.provenance import read_provenance
from authoring.apple.rendering import build_rendering, parse_rendering
from authoring.batch.journal import Journal
from authoring.batch.manifest import count_rows, read_rows
from authoring.batch.rows import RowDefaults
from authoring.codecs import hevc, photo, sei
from authoring.codecs.maps.formats import read_map
from authoring.codecs.maps.picture import values_of
from authoring.containers.base import CodedAuxiliary, ContainerFile
from authoring.containers.edits import EditList, Replacement, changes
from authoring.containers.heif import item_locations, item_properties, items, single_image
from authoring.containers.heif.box import Box, read_boxes
from authoring.containers.heif.item_locations import ConstructionMethod
from authoring.containers.jpeg import google_directory as jpeg_directory
from authoring.containers.jpeg import mpf, segments
from authoring.containers.jpeg import structure as jpeg_structure
from authoring.depth.calibration_json import build_calibration_json, parse_calibration_json
from authoring.embed.undo import build_record, undone
from authoring.errors import DepthauthorError, RefusedError
from fuzz.bounds import BrokenPromise
from tests.containers import heif_files, jpeg_files

MANY_EXTENTS = 2_000
"""Zero-length extents cost a file nothing; lists of 200,000 are parsed here, but not rebuilt each time."""


def promise(kept: bool, what: str) -> None:
    """Raise BrokenPromise if a promise is not kept."""
    if not kept:
        raise BrokenPromise(what)


# JPEG


def jpeg_segments(data: bytes) -> None:
    """Parse one image; its segments must not overlap."""
    image = segments.parse_image(data)
    segments.parse_frame(data, image)
    place = 2
    for segment in image.segments:
        segment.kind(data), segment.payload(data)
        promise(
            place <= segment.start <= segment.marker_start < segment.stop <= segment.scan_stop <= image.stop,
            "segments overlap",
        )
        place = segment.scan_stop
    promise(place <= image.stop <= len(data), "the image ends outside the file")


def jpeg_divided(data: bytes) -> None:
    """Divide a file into photo, images and trailer."""
    structure = jpeg_structure.parse(data)
    for number in structure.starts:
        image = structure.image(number)
        promise(
            structure.starts[number] == image.start <= image.stop <= len(data), "an image leaves the file"
        )
    start, stop = structure.trailer
    promise(0 <= start <= stop == len(data), "the trailer leaves the file")
    structure.gaps, structure.dead, structure.google_items


def jpeg_index(data: bytes) -> None:
    """Check an MPF payload: parse and build are twins, and a patch changes only the entries."""
    index = mpf.parse(data)
    if index.entries:
        same = mpf.patched(data, index.packed_entries)
        promise(same == data, "patching with the same entries changed something")
    again = mpf.parse(mpf.build(index))
    promise(again.tags == index.tags and again.attributes == index.attributes, "parse(build(index)) differs")
    entries = [*index.entries, mpf.MpEntry(0, 1, 2, 0, 0)]
    grown = index.with_entries(entries, [*range(len(index.entries)), -1])
    promise(list(mpf.parse(mpf.build(grown)).entries) == entries, "with_entries lost one")


def google_directory(data: bytes) -> None:
    """Parse Google's container directory in XMP."""
    for item in jpeg_directory.parse(data):
        promise(0 <= item.length < 10**12 and 0 <= item.padding < 10**12, "a length out of range")
    jpeg_directory.names_gain_map(data)


# HEIF


def heif_boxes(data: bytes) -> None:
    """Read boxes; they must follow one another without gaps."""
    place = 0
    for box in read_boxes(data, 0, len(data), "the file"):
        promise(place == box.start < box.body <= box.stop <= len(data), "there is a gap between boxes")
        place = box.stop


def _body(data: bytes, kind: str) -> Box:
    return Box(kind, 0, 0, len(data), "32-bit")


def heif_locations(data: bytes) -> None:
    """Check the body of an iloc: parse and build are twins, and a shift by zero changes nothing."""
    table = item_locations.parse_locations(data, _body(data, "iloc"))
    entries = list(table.entries.values())
    if sum(len(entry.extents) for entry in entries) > MANY_EXTENTS:
        return
    built = bytes(4) + item_locations.build_locations(entries, table.version, table.widths)
    again = item_locations.parse_locations(bytes([table.version]) + built[1:], _body(built, "iloc"))
    promise(list(again.entries.values()) == entries, "parse(build(locations)) differs")
    for entry in entries:
        for method in (ConstructionMethod.FILE_OFFSET, ConstructionMethod.IDAT_OFFSET):
            moved = item_locations.relocate(entry, table.widths, lambda old: old, {method: (0, 0)})
            promise(moved == entry, "a shift by zero changed a location")
            item_locations.relocate(entry, table.widths, lambda old: old + 9, {method: (0, 0)})


def heif_items(data: bytes) -> None:
    """Parse a body of pitm, iinf, iref or grpl, chosen by the first byte; version and flags follow."""
    kind, body = data[:1], data[1:]
    if kind < b"\x40":
        items.parse_primary(body, _body(body, "pitm"))
    elif kind < b"\x80":
        items.parse_items(body, _body(body, "iinf"))
    elif kind < b"\xc0":
        items.parse_references(body, _body(body, "iref"))
    else:
        items.parse_groups(body, _body(body, "grpl"))


def heif_properties(data: bytes) -> None:
    """Parse the body of an iprp, and each property by its type."""
    table = item_properties.parse_properties(data, _body(data, "iprp"))
    for item in table.by_item:
        table.of(item), table.find(item, "ispe")
    readers: dict[str, Callable[[bytes, Box], object]] = {
        "ispe": item_properties.parse_spatial_extents,
        "clap": item_properties.parse_aperture,
        "irot": item_properties.parse_rotation,
        "imir": item_properties.parse_mirror,
        "pixi": item_properties.parse_channels,
        "auxC": item_properties.parse_auxiliary_type,
        "colr": item_properties.parse_icc,
    }
    for box in table.properties:
        if box.kind in readers:
            readers[box.kind](data, box)


def heif_associations(data: bytes) -> None:
    """Check the body of an ipma: parse and build are twins."""
    table = item_properties.parse_associations(data, _body(data, "ipma"))
    rows = [(entry.item, entry.links) for entry in table.entries]
    built = item_properties.build_associations(rows, table.version, table.flags)[8:]
    again = item_properties.parse_associations(built, _body(built, "ipma"))
    promise(
        [(entry.item, entry.links) for entry in again.entries] == rows, "parse(build(associations)) differs"
    )


def heif_single(data: bytes) -> None:
    """Parse a one-image file as an encoder writes it."""
    single_image(data)


# Whole containers


def container_read(data: bytes) -> None:
    """Read everything from a file without changing it."""
    file = containers.parse(data)
    for read in (lambda: file.layout, file.dump, file.parts):
        _result_or_error(read)


def _result_or_error(call: Callable[[], object]) -> object:
    """Return the result of a call, or our own error, so that one failed call does not hide the next."""
    try:
        return call()
    except DepthauthorError as error:
        return error


def container_edit(data: bytes) -> None:
    """Check that undoing a splice or a metadata edit by its record gives the file back."""
    file = containers.parse(data)
    layout = file.layout
    is_heic = layout.container == "heic"
    auxiliary: CodedAuxiliary = heif_files.auxiliary(64, 64) if is_heic else jpeg_files.auxiliary()
    _result_or_error(lambda: _spliced(file, auxiliary))
    block = layout.exif or b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
    for exif_block, packet in (
        (block + b"more", None),
        (None, b"<x:xmpmeta/>"),
        (b"", b""),
        (block[:8] + block[9:], b"<x/>"),
    ):
        _result_or_error(partial(_exchanged, file, exif_block, packet))
    for image in layout.auxiliaries:
        _result_or_error(partial(_removed, file, image.identifier))


def _removed(file: ContainerFile, identifier: int) -> None:
    containers.parse(file.remove([identifier]).apply(file.source))


def _spliced(file: ContainerFile, auxiliary: CodedAuxiliary) -> None:
    edits = file.splice(auxiliary)
    data = edits.apply(file.source)
    before = {image.identifier for image in file.layout.auxiliaries}
    after = _reread(data, "a splice made a file that does not parse")
    added = [image for image in after.layout.auxiliaries if image.identifier not in before]
    promise(len(added) == 1, f"a splice added {len(added)} images")
    promise(added[0].xmp == auxiliary.xmp, "a splice lost the XMP")
    _undone(file, edits, "a splice")
    after.remove([added[0].identifier]).apply(data)


def _exchanged(file: ContainerFile, exif_block: bytes | None, packet: bytes | None) -> None:
    edits = file.with_metadata(exif=exif_block, xmp=packet)
    after = _reread(edits.apply(file.source), "an exchange of metadata made a file that does not parse")
    if packet:
        promise(after.layout.xmp == packet, "the inserted XMP is not the XMP read")
    _undone(file, edits, "an exchange of metadata")


def _undone(file: ContainerFile, edits: EditList, what: str) -> None:
    """Check that the record of an edit gives the source back."""
    result, record = edits.apply(file.source), build_record(edits, file.source)
    inverse = undone(record, result) if record else EditList.unchanged(len(result))
    promise(inverse is not None, f"the record of {what} does not fit its result")
    if inverse is not None:
        promise(inverse.apply(result) == file.source, f"undoing {what} does not give the file back")


def _reread(data: bytes, what: str) -> ContainerFile:
    try:
        file = containers.parse(data)
        _ = file.layout
    except DepthauthorError as error:
        raise BrokenPromise(f"{what}: {error.message}") from error
    return file


def edit_lists(data: bytes) -> None:
    """Check edits read from bytes against a naive implementation."""
    size = data[0] if data else 0
    source = bytes(range(size)) if size < 256 else b""
    cells = list(struct.iter_unpack(">BBB", data[1 : 1 + len(data[1:]) // 3 * 3]))
    replacements = []
    place = 0
    for gap, length, new in cells[:20]:
        start = min(place + gap % 16, size)
        stop = min(start + length % 8, size)
        replacements.append(Replacement(start, stop, bytes([new]) * (new % 4), str(new)))
        place = stop
    edits = EditList.of(size, replacements)
    result = edits.apply(source)
    naive = source
    for replacement in reversed(replacements):
        naive = naive[: replacement.start] + replacement.data + naive[replacement.stop :]
    promise(result == naive and edits.result_size == len(naive), "an edit list differs from the naive result")
    for old in range(size):
        new_place = edits.new_offset(old)
        promise(new_place is None or result[new_place] == source[old], "an offset leads to another byte")
    promise(edits.inverse(source, "").apply(result) == source, "the inverse does not give the source back")
    second = EditList.of(len(result), [Replacement(0, len(result) // 2, b"!", "second")])
    promise(edits.then(second).apply(source) == second.apply(result), "then() differs from applying both")
    half = len(data) // 2
    before, after = data[:half], data[half : 2 * half]
    for new in (after, data[half:]):
        result = EditList.of(half, changes(0, before, new, "")).apply(before)
        promise(result == new, "changes() does not give the new bytes")


# Exif and Apple's own


def tiff_block(data: bytes) -> None:
    """Read an Exif block as containers do, and set its orientation."""
    value = tiff.orientation(data)
    patched = tiff.with_orientation(data, 3)
    if patched is not None:
        promise(len(patched) == len(data) and tiff.orientation(patched) == 3, "an orientation was not set")
    promise(value is None or patched is not None, "an orientation that is read is not set")
    for order in "<>":
        _result_or_error(partial(tiff.read_ifd, data, 0, order, "IFD", partial=True))


def exif_block(data: bytes) -> None:
    """Read and write the portrait tags of an Exif block: setting them twice equals setting them once."""
    exif.read_lens(data), exif.read_brightness(data), read_portrait_metadata(data, None)
    image = ImageCharacteristics(40, 30)
    notes = (MINIMAL_NOTE, nominal_note(gain_map=False), None)
    for note, replace in itertools.product(notes, (False, True)):
        add = partial(add_portrait_tags, image=image, new_note=note, replace_maker_note=replace)
        result = _result_or_error(partial(add, data))
        if isinstance(result, PortraitExif):
            again = add(result.exif)
            promise(again.exif == result.exif, "marks set twice differ from marks set once")
    order, first = tiff.read_header(data, "the block")
    table = tiff.read_ifd(data, first, order, "IFD0")
    for entry in table.entries:
        entry.integer(), entry.number(), entry.is_inline, entry.big_endian_value()


def maker_note(data: bytes) -> None:
    """Set flags in Apple's maker note: they are read back, all other entries stay, and its numbers can be donated."""
    donated = makernote.donated_note(data, gain_map=False)
    if donated is not None:
        makernote.check_counts(donated)
        promise(
            makernote.donated_note(donated, gain_map=False) == donated,
            "a donated note changes when given again",
        )
    parsed = makernote.integers(data)
    flags = makernote.portrait_flags(parsed)
    result = makernote.with_integers(data, flags)
    again = makernote.integers(result)
    promise(all(again.get(tag) == value for tag, value in flags.items()), "a flag set is not the flag read")
    promise({**again, **parsed, **flags} == again, "an entry of the note was lost")
    makernote.check_counts(result)


def sei_message(data: bytes) -> None:
    """Read a depth representation."""
    sei.parse_aux_subtype(data)


def sei_twins(data: bytes) -> None:
    """Read a depth representation, build it and read it again: the same."""
    parsed = sei.parse_aux_subtype(data)
    if parsed is not None:
        promise(sei.parse_aux_subtype(sei.build_aux_subtype(parsed)) == parsed, "parse(build(sei)) differs")


def rend_block(data: bytes) -> None:
    """Check rendering parameters: parse and build are twins if the records ascend."""
    parsed = parse_rendering(data)
    try:
        built = build_rendering(parsed)
    except RefusedError:
        return
    promise(built == data, "build(parse(block)) differs")


def xmp_packet(data: bytes) -> None:
    """Read an XMP packet, build it and read it again: the same; and read everything from it."""
    tree = xmp.parse_packet(data)
    properties = depth_properties.parse_properties(tree)
    read_provenance(tree), depth_properties.foreign_properties(tree)
    built = xmp.build_packet(tree)
    # A property is equal whatever its prefix.
    same = [(item.namespace, item.name, item.value, item.array) for item in xmp.parse_packet(built)]
    promise(
        same == [(item.namespace, item.name, item.value, item.array) for item in tree],
        "parse(build(packet)) differs",
    )
    depth_properties.build_tree(properties)


def focus_region(data: bytes) -> None:
    """Insert a focus region: it is the one that is read."""
    region.read_focus_region(data)
    result = region.with_focus_region(data, 0.25, 0.5, 400, 300)
    if result.changes:
        parsed = region.read_focus_region(result.xmp)
        promise(
            parsed is not None and (parsed.x, parsed.y) == (0.25, 0.5),
            "the inserted region is not the one read",
        )


def plist(data: bytes) -> None:
    """Check the auxiliary data dictionary as a property list."""
    _dictionary(parse_plist(data), build_plist, parse_plist)


def dictionary_json(data: bytes) -> None:
    """Check the auxiliary data dictionary as JSON."""
    _dictionary(parse_json(data), build_json, parse_json)


def _dictionary(
    parsed: AuxiliaryData, build: Callable[[AuxiliaryData], bytes], parse: Callable[[bytes], AuxiliaryData]
) -> None:
    parsed.packed_data()
    promise(parse(build(parsed)) == parsed, "parse(build(dictionary)) differs")


def undo_record(data: bytes) -> None:
    """Apply an undo record to a file that it was not made for."""
    result = bytes(300)
    edits = undone(data, result)
    if edits is not None:
        edits.apply(result)


# Depth


def calibration(data: bytes) -> None:
    """Read a calibration in any form, build it and read it again: the same; and scale it."""
    parsed = parse_calibration_json(data)
    promise(
        parse_calibration_json(build_calibration_json(parsed)) == parsed, "parse(build(calibration)) differs"
    )
    parsed.scaled(400, 300)


# Codecs


def map_file(data: bytes) -> None:
    """Read a map file of any format."""
    image = read_map(data)
    promise(image.samples.ndim == 2 and image.samples.size > 0, f"a map of shape {image.samples.shape}")
    if image.scale is not None:
        values_of(image)


def photo_pixels(data: bytes) -> None:
    """Decode a photo's pixels, as a change of container does."""
    if data[4:8] == b"ftyp":
        photo.decode_heic(data)
        return
    _result_or_error(lambda: photo.png_metadata(data))
    photo.decode(data)


def hevc_configuration(data: bytes) -> None:
    """Adapt the body of hvcC for Apple's decoders; doing it twice changes nothing more."""
    result = hevc.finish_configuration(data, 768, 576)
    promise(hevc.finish_configuration(result, 768, 576) == result, "a finished configuration changes again")


def hevc_picture(data: bytes) -> None:
    """Decode an encoded picture."""
    hevc.decode_gray(data)


# Batch


def manifest_csv(data: bytes) -> None:
    """Read a manifest in CSV."""
    _manifest(data, ".csv")


def manifest_jsonl(data: bytes) -> None:
    """Read a manifest of JSON lines."""
    _manifest(data, ".jsonl")


def _manifest(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"manifest{suffix}"
        path.write_bytes(data)
        count = count_rows(str(path))
        rows = list(read_rows(str(path), RowDefaults(base=folder, out=None, options={})))
        promise(len(rows) == count, f"{count} rows are counted and {len(rows)} are read")


def journal(data: bytes) -> None:
    """Resume from a journal, of this program or not, without changing a record."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        path.write_bytes(data)
        kept = Journal(path, resume=True)
        try:
            kept.entry("/photos/a.heic")
            kept.begin("/photos/b.heic")
        finally:
            kept.close()
        promise(path.read_bytes().startswith(data), "a journal's lines were changed")
