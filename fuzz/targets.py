"""The table of targets: what is called, what it starts from, what form its damage has, what it may cost.

Knows: every target by its name. Must not know: how inputs are found or counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fuzz import parsers, seeds, whole
from fuzz.bounds import PARSER, PIXELS, WHOLE, Bounds
from fuzz.mutate import Form


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to call with bytes."""

    name: str
    call: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    form: Form = "bytes"
    bounds: Bounds = PARSER
    longest: int = 1 << 16
    """Bytes of the longest input that is tried."""


def _marked(*kinds: tuple[bytes, str]) -> Callable[[], list[bytes]]:
    """Bodies of boxes, each behind the byte that says which."""
    return lambda: [mark + body for mark, kind in kinds for body in seeds.boxes(kind)]


_ITEM_TABLES = _marked((b"\0", "pitm"), (b"\x40", "iinf"), (b"\x80", "iref"), (b"\xc0", "grpl"))
_MAPS: tuple[tuple[str, Form], ...] = (
    ("png", "png"), ("tiff", "tiff"), ("npy", "bytes"), ("npz", "npz"), ("pfm", "text"), ("exr", "bytes"),
)  # fmt: skip

_PARSERS = (
    Target("jpeg-segments", parsers.jpeg_segments, seeds.segments, "jpeg"),
    Target("jpeg-divided", parsers.jpeg_divided, seeds.jpeg, "jpeg"),
    Target("jpeg-index", parsers.jpeg_index, seeds.mp_indexes, "tiff", longest=4096),
    Target("google-directory", parsers.google_directory, seeds.directories, "text", longest=8192),
    Target("heif-boxes", parsers.heif_boxes, seeds.heif, "heif"),
    Target("heif-locations", parsers.heif_locations, partial(seeds.boxes, "iloc"), longest=2048),
    Target("heif-items", parsers.heif_items, _ITEM_TABLES, longest=4096),
    Target("heif-properties", parsers.heif_properties, partial(seeds.boxes, "iprp"), "heif", longest=8192),
    Target("heif-associations", parsers.heif_associations, partial(seeds.boxes, "ipma"), longest=2048),
    Target("undo-record", parsers.undo_record, seeds.undo_records, longest=4096),
    Target("heif-single", parsers.heif_single, seeds.heif, "heif"),
    Target("container-read", parsers.container_read, seeds.photos, "heif"),
    Target("container-read-jpeg", parsers.container_read, seeds.photos, "jpeg"),
    Target("container-edit", parsers.container_edit, seeds.heif, "heif"),
    Target("container-edit-jpeg", parsers.container_edit, seeds.jpeg, "jpeg"),
    Target(
        "edit-lists", parsers.edit_lists, lambda: [bytes(range(1, 60)), bytes([200, *range(80)])], longest=256
    ),
    Target("tiff-block", parsers.tiff_block, seeds.exif_blocks, "tiff", longest=4096),
    Target("exif-block", parsers.exif_block, seeds.exif_blocks, "tiff", longest=4096),
    Target("maker-note", parsers.maker_note, seeds.maker_notes, longest=4096),
    Target("sei", parsers.sei_message, seeds.sei_subtypes, longest=512),
    Target("sei-twins", parsers.sei_twins, seeds.sei_subtypes, longest=128),
    Target("rend", parsers.rend_block, seeds.renderings, longest=2048),
    Target("xmp", parsers.xmp_packet, seeds.packets, "text"),
    Target("focus-region", parsers.focus_region, seeds.packets, "text"),
    Target("plist", parsers.plist, partial(seeds.dictionaries, "plist"), "text"),
    Target("dictionary-json", parsers.dictionary_json, partial(seeds.dictionaries, "json"), "text"),
    Target("calibration", parsers.calibration, seeds.calibrations, "text", longest=8192),
    Target("manifest-csv", parsers.manifest_csv, partial(seeds.manifests, "csv"), "text", longest=8192),
    Target("manifest-jsonl", parsers.manifest_jsonl, partial(seeds.manifests, "jsonl"), "text", longest=8192),
    Target("journal", parsers.journal, seeds.journals, "text", longest=8192),
    Target("hevc-configuration", parsers.hevc_configuration, seeds.configurations, longest=2048),
    *(
        Target(f"map-{name}", parsers.map_file, partial(seeds.map_files, name), form, PIXELS)  # type: ignore[arg-type]
        for name, form in _MAPS
    ),
    Target("map-jpeg", parsers.map_file, lambda: seeds.jpeg()[:6], "jpeg", PIXELS),
)

_WHOLE = (
    Target("hevc-picture", parsers.hevc_picture, seeds.heif, "heif", PIXELS),
    Target(
        "photo-pixels", parsers.photo_pixels, lambda: [*seeds.heif()[:3], *seeds.jpeg()[:6]], "heif", PIXELS
    ),
    Target("photo-pixels-jpeg", parsers.photo_pixels, lambda: seeds.jpeg()[:12], "jpeg", PIXELS),
    Target("photo-pixels-png", parsers.photo_pixels, partial(seeds.map_files, "png"), "png", PIXELS),
    Target("depth-packet", whole.depth_packet, seeds.packets, "text", WHOLE),
    Target("photo-packet", whole.photo_packet, seeds.packets, "text", WHOLE),
    Target("photo-exif", whole.photo_exif, seeds.exif_blocks, "tiff", WHOLE, longest=4096),
    Target("inspect", whole.inspecting, seeds.photos, "heif", WHOLE),
    Target("inspect-jpeg", whole.inspecting, seeds.photos, "jpeg", WHOLE),
    Target("extract", whole.extracting, seeds.with_depth, "heif", WHOLE),
    Target("extract-jpeg", whole.extracting, seeds.jpeg_with_depth, "jpeg", WHOLE),
    Target("verify", whole.verifying, seeds.with_depth, "heif", WHOLE),
    Target("verify-jpeg", whole.verifying, seeds.jpeg_with_depth, "jpeg", WHOLE),
    Target("verify-original", whole.verifying_original, seeds.photos, "heif", WHOLE),
    Target("doctor", whole.doctoring, seeds.with_depth, "heif", WHOLE),
    Target("doctor-jpeg", whole.doctoring, seeds.jpeg_with_depth, "jpeg", WHOLE),
    Target("report", whole.reporting, seeds.with_thumbnail, "heif", WHOLE),
    Target("embed", whole.embedding, seeds.heif, "heif", WHOLE),
    Target("embed-jpeg", whole.embedding, seeds.jpeg, "jpeg", WHOLE),
    Target("embed-map", whole.embedding_map, lambda: seeds.map_files("npy"), "bytes", WHOLE),
    Target("embed-map-dictionary", whole.embedding_map, partial(seeds.dictionaries, "plist"), "text", WHOLE),
    Target("embed-map-photo", whole.embedding_map, seeds.with_depth, "heif", WHOLE),
    Target("transcode", whole.transcoding, seeds.heif, "heif", WHOLE),
    Target("transcode-jpeg", whole.transcoding, seeds.jpeg, "jpeg", WHOLE),
    Target("strip", whole.stripping, seeds.with_depth, "heif", WHOLE),
    Target("strip-jpeg", whole.stripping, seeds.jpeg_with_depth, "jpeg", WHOLE),
    Target("restore", whole.restoring, seeds.with_depth, "heif", WHOLE),
    Target("restore-jpeg", whole.restoring, seeds.jpeg_with_depth, "jpeg", WHOLE),
    Target("copy", whole.copying, seeds.with_depth, "heif", WHOLE),
    Target("copy-jpeg", whole.copying, seeds.jpeg_with_depth, "jpeg", WHOLE),
    Target("donor", whole.donating, seeds.heif_with_depth, "heif", WHOLE),
    Target("files", whole.on_files, seeds.with_depth, "heif", WHOLE),
    Target("command", whole.commanding, seeds.with_depth, "heif", WHOLE),
    Target("command-jpeg", whole.commanding, seeds.jpeg_with_depth, "jpeg", WHOLE),
)

TARGETS = {one.name: one for one in (*_PARSERS, *_WHOLE)}
"""Every target by its name; the cheap ones first."""

PARSER_NAMES = tuple(one.name for one in _PARSERS)
"""Those that reach thousands of executions a second."""
