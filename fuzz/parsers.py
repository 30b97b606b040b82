"""The parsers as targets: each takes bytes, asks everything that can be asked of them, and checks its twins.

Knows: what each parser promises beside its errors: what is parsed and built is parsed to the same again.
Must not know: what a call may cost, how inputs are found.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

from authoring import containers, tiff
from authoring.apple import depth_properties, exif, makernote, region, xmp
from authoring.apple.dictionary import AuxiliaryData, build_json, build_plist, parse_json, parse_plist
from authoring.apple.exif_required import ImageCharacteristics
from authoring.apple.portrait_exif import PortraitExif, add_portrait_tags
from authoring.apple.portrait_metadata import read_portrait_metadata
from authoring.apple.provenance import read_provenance
from authoring.apple.rendering import build_rendering, parse_rendering
from authoring.batch.journal import Journal
from authoring.batch.manifest import count_rows, read_rows
from authoring.batch.rows import RowDefaults
from authoring.codecs import hevc, photo, sei
from authoring.codecs.maps.formats import read_map, values_of
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
"""Extents without any bytes cost a file nothing; lists of 200,000 are parsed here, and not built again each time."""


def promise(kept: bool, what: str) -> None:
    """Raise BrokenPromise where it is not kept."""
    if not kept:
        raise BrokenPromise(what)


# JPEG


def jpeg_segments(data: bytes) -> None:
    """One image; its segments must follow one another."""
    image = segments.parse_image(data)
    segments.parse_frame(data, image)
    place = 2
    for one in image.segments:
        one.kind(data), one.payload(data)
        promise(
            place <= one.start <= one.marker_start < one.stop <= one.scan_stop <= image.stop,
            "segments overlap",
        )
        place = one.scan_stop
    promise(place <= image.stop <= len(data), "the image ends outside the file")


def jpeg_divided(data: bytes) -> None:
    """The division of a file into photo, images and trailer."""
    one = jpeg_structure.parse(data)
    for number in one.starts:
        image = one.image(number)
        promise(one.starts[number] == image.start <= image.stop <= len(data), "an image leaves the file")
    start, stop = one.trailer
    promise(0 <= start <= stop == len(data), "the trailer leaves the file")
    one.gaps, one.dead, one.google_items


def jpeg_index(data: bytes) -> None:
    """An MPF payload: parse and build are twins, and a patch changes the entries alone."""
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
    """Google's container directory in XMP."""
    for one in jpeg_directory.parse(data):
        promise(0 <= one.length < 10**12 and 0 <= one.padding < 10**12, "a length out of range")
    jpeg_directory.names_gain_map(data)


# HEIF


def heif_boxes(data: bytes) -> None:
    """Boxes side by side, without holes."""
    place = 0
    for one in read_boxes(data, 0, len(data), "the file"):
        promise(place == one.start < one.body <= one.stop <= len(data), "boxes leave a hole")
        place = one.stop


def _body(data: bytes, kind: str) -> Box:
    return Box(kind, 0, 0, len(data), "32-bit")


def heif_locations(data: bytes) -> None:
    """The body of an iloc: parse and build are twins, and nothing that moves by nothing changes."""
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
            promise(moved == entry, "a location moved by nothing")
            item_locations.relocate(entry, table.widths, lambda old: old + 9, {method: (0, 0)})


def heif_items(data: bytes) -> None:
    """Bodies of pitm, iinf, iref and grpl, by the first byte; version and flags follow."""
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
    """The body of an iprp, and each property as what it says it is."""
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
    for one in table.properties:
        if one.kind in readers:
            readers[one.kind](data, one)


def heif_associations(data: bytes) -> None:
    """The body of an ipma: parse and build are twins."""
    table = item_properties.parse_associations(data, _body(data, "ipma"))
    rows = [(one.item, one.links) for one in table.entries]
    built = item_properties.build_associations(rows, table.version, table.flags)[8:]
    again = item_properties.parse_associations(built, _body(built, "ipma"))
    promise([(one.item, one.links) for one in again.entries] == rows, "parse(build(associations)) differs")


def heif_single(data: bytes) -> None:
    """A one-image file as an encoder writes it."""
    single_image(data)


# Whole containers


def container_read(data: bytes) -> None:
    """All that a file tells without being changed."""
    file = containers.parse(data)
    for ask in (lambda: file.layout, file.dump, file.parts):
        _asked(ask)


def _asked(ask: Callable[[], object]) -> object:
    """An answer, or our own error as one: what one question cannot be told must not hide the next."""
    try:
        return ask()
    except DepthauthorError as error:
        return error


def container_edit(data: bytes) -> None:
    """A splice taken out again by its undo record, and metadata given and taken back, are the file before."""
    file = containers.parse(data)
    layout = file.layout
    is_heic = layout.container == "heic"
    auxiliary: CodedAuxiliary = heif_files.auxiliary(64, 64) if is_heic else jpeg_files.auxiliary()
    _asked(lambda: _spliced(file, auxiliary))
    block = layout.exif or b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
    for exif_block, packet in (
        (block + b"more", None),
        (None, b"<x:xmpmeta/>"),
        (b"", b""),
        (block[:8] + block[9:], b"<x/>"),
    ):
        _asked(lambda exif_block=exif_block, packet=packet: _exchanged(file, exif_block, packet))  # type: ignore[misc]
    for one in layout.auxiliaries:
        _asked(lambda one=one: containers.parse(file.remove([one.identifier]).apply(data)))  # type: ignore[misc]


def _spliced(file: ContainerFile, auxiliary: CodedAuxiliary) -> None:
    edits = file.splice(auxiliary)
    data = edits.apply(file.source)
    before = {one.identifier for one in file.layout.auxiliaries}
    after = _reread(data, "a splice made a file that does not parse")
    added = [one for one in after.layout.auxiliaries if one.identifier not in before]
    promise(len(added) == 1, f"a splice added {len(added)} images")
    promise(added[0].xmp == auxiliary.xmp, "a splice lost the XMP")
    _undone(file, edits, "a splice")
    after.remove([added[0].identifier]).apply(data)


def _exchanged(file: ContainerFile, exif_block: bytes | None, packet: bytes | None) -> None:
    edits = file.with_metadata(exif=exif_block, xmp=packet)
    after = _reread(edits.apply(file.source), "an exchange of metadata made a file that does not parse")
    if packet:
        promise(after.layout.xmp == packet, "the XMP put in is not the XMP read")
    _undone(file, edits, "an exchange of metadata")


def _undone(file: ContainerFile, edits: EditList, what: str) -> None:
    """The record of an edit gives the source again."""
    result, record = edits.apply(file.source), build_record(edits, file.source)
    inverse = undone(record, result) if record else EditList.unchanged(len(result))
    promise(inverse is not None, f"the record of {what} does not fit its result")
    if inverse is not None:
        promise(inverse.apply(result) == file.source, f"{what} undone is not the file before")


def _reread(data: bytes, what: str) -> ContainerFile:
    try:
        file = containers.parse(data)
        _ = file.layout
    except DepthauthorError as error:
        raise BrokenPromise(f"{what}: {error.message}") from error
    return file


def edit_lists(data: bytes) -> None:
    """Edits told by bytes, against the plainest way to do them."""
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
    for one in reversed(replacements):
        naive = naive[: one.start] + one.data + naive[one.stop :]
    promise(result == naive and edits.result_size == len(naive), "an edit list is not what its edits make")
    for old in range(size):
        new_place = edits.new_offset(old)
        promise(new_place is None or result[new_place] == source[old], "an offset leads to another byte")
    promise(edits.inverse(source, "").apply(result) == source, "the inverse does not lead back")
    second = EditList.of(len(result), [Replacement(0, len(result) // 2, b"!", "second")])
    promise(edits.then(second).apply(source) == second.apply(result), "then() is not one after the other")
    half = len(data) // 2
    before, after = data[:half], data[half : 2 * half]
    for new in (after, data[half:]):
        made = EditList.of(half, changes(0, before, new, "")).apply(before)
        promise(made == new, "changes() does not lead there")


# Exif and Apple's own


def tiff_block(data: bytes) -> None:
    """An Exif block as containers read it."""
    value = tiff.orientation(data)
    patched = tiff.with_orientation(data, 3)
    if patched is not None:
        promise(len(patched) == len(data) and tiff.orientation(patched) == 3, "an orientation was not set")
    promise(value is None or patched is not None, "an orientation that is read is not set")
    for order in "<>":
        _asked(lambda order=order: tiff.read_ifd(data, 0, order, "IFD", partial=True))  # type: ignore[misc]


def exif_block(data: bytes) -> None:
    """An Exif block as Apple's marks are read and written: marks set are marks read."""
    exif.read_lens(data), read_portrait_metadata(data, None)
    image = ImageCharacteristics(40, 30)
    for replace in (False, True):
        made = _asked(lambda replace=replace: add_portrait_tags(data, image, replace_maker_note=replace))  # type: ignore[misc]
        if isinstance(made, PortraitExif):
            again = add_portrait_tags(made.exif, image, replace_maker_note=replace)
            promise(again.exif == made.exif, "marks set twice are not the marks set once")
    order, first = tiff.read_header(data, "the block")
    table = tiff.read_ifd(data, first, order, "IFD0")
    for one in table.entries:
        one.integer(), one.number(), one.is_inline, one.big_endian_value()


def maker_note(data: bytes) -> None:
    """Apple's maker note: flags set are flags read, and all else stays."""
    found = makernote.integers(data)
    flags = makernote.portrait_flags(found)
    made = makernote.with_integers(data, flags)
    again = makernote.integers(made)
    promise(all(again.get(tag) == value for tag, value in flags.items()), "a flag set is not the flag read")
    promise({**again, **found, **flags} == again, "an entry of the note was lost")
    makernote.check_counts(made)


def sei_message(data: bytes) -> None:
    """The depth representation, read."""
    sei.parse_aux_subtype(data)


def sei_twins(data: bytes) -> None:
    """The depth representation: what is read, built and read again is the same."""
    found = sei.parse_aux_subtype(data)
    if found is not None:
        promise(sei.parse_aux_subtype(sei.build_aux_subtype(found)) == found, "parse(build(sei)) differs")


def rend_block(data: bytes) -> None:
    """The rendering parameters: parse and build are twins where the records ascend."""
    found = parse_rendering(data)
    try:
        built = build_rendering(found)
    except RefusedError:
        return
    promise(built == data, "build(parse(block)) differs")


def xmp_packet(data: bytes) -> None:
    """A packet: what is read, built and read again is the same; and all that is read from it."""
    tree = xmp.parse_packet(data)
    told = depth_properties.parse_properties(tree)
    read_provenance(tree), depth_properties.foreign_properties(tree)
    built = xmp.build_packet(tree)
    # The prefix is a matter of taste; all else is the property.
    same = [(one.namespace, one.name, one.value, one.array) for one in xmp.parse_packet(built)]
    promise(
        same == [(one.namespace, one.name, one.value, one.array) for one in tree],
        "parse(build(packet)) differs",
    )
    depth_properties.build_tree(told)


def focus_region(data: bytes) -> None:
    """The focus region: one that is put in is the one that is read."""
    region.read_focus_region(data)
    made = region.with_focus_region(data, 0.25, 0.5, 400, 300)
    if made.changes:
        found = region.read_focus_region(made.xmp)
        promise(
            found is not None and (found.x, found.y) == (0.25, 0.5), "the region put in is not the one read"
        )


def plist(data: bytes) -> None:
    """The auxiliary data dictionary as a property list."""
    _dictionary(parse_plist(data), build_plist, parse_plist)


def dictionary_json(data: bytes) -> None:
    """The auxiliary data dictionary as JSON."""
    _dictionary(parse_json(data), build_json, parse_json)


def _dictionary(
    found: AuxiliaryData, build: Callable[[AuxiliaryData], bytes], parse: Callable[[bytes], AuxiliaryData]
) -> None:
    found.packed_data()
    promise(parse(build(found)) == found, "parse(build(dictionary)) differs")


def undo_record(data: bytes) -> None:
    """An undo record: what it gives has the size that it states, whatever file it is applied to."""
    result = bytes(300)
    edits = undone(data, result)
    if edits is not None:
        edits.apply(result)


# Depth


def calibration(data: bytes) -> None:
    """A calibration in any form: what is read, written and read again is the same; and it scales."""
    found = parse_calibration_json(data)
    promise(
        parse_calibration_json(build_calibration_json(found)) == found, "parse(build(calibration)) differs"
    )
    found.scaled(400, 300)


# Codecs


def map_file(data: bytes) -> None:
    """A map file of any kind."""
    image = read_map(data)
    promise(image.samples.ndim == 2 and image.samples.size > 0, f"a map of shape {image.samples.shape}")
    if image.scale is not None:
        values_of(image)


def photo_pixels(data: bytes) -> None:
    """A photo's pixels, as a change of container needs them."""
    if data[4:8] == b"ftyp":
        photo.decode_heic(data)
        return
    _asked(lambda: photo.png_metadata(data))
    photo.decode(data)


def hevc_configuration(data: bytes) -> None:
    """The body of hvcC, made ready for Apple's decoders."""
    made = hevc.finish_configuration(data, 768, 576)
    promise(hevc.finish_configuration(made, 768, 576) == made, "a finished configuration changes again")


def hevc_picture(data: bytes) -> None:
    """A coded picture."""
    hevc.decode_gray(data)


# Batch


def manifest_csv(data: bytes) -> None:
    """A manifest as a spreadsheet writes it."""
    _manifest(data, ".csv")


def manifest_jsonl(data: bytes) -> None:
    """A manifest of JSON lines."""
    _manifest(data, ".jsonl")


def _manifest(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"manifest{suffix}"
        path.write_bytes(data)
        count = count_rows(str(path))
        rows = list(read_rows(str(path), RowDefaults(base=folder, out=None, options={})))
        promise(len(rows) == count, f"{count} rows are counted and {len(rows)} are read")


def journal(data: bytes) -> None:
    """A journal, of this program or not, that a second run goes on with."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        path.write_bytes(data)
        one = Journal(path, resume=True)
        try:
            one.entry("/photos/a.heic"), one.first_use("/photos/a.heic", 1)
            one.begin("/photos/b.heic")
        finally:
            one.close()
        promise(path.read_bytes().startswith(data), "what the journal said was changed")
