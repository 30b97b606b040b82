"""List the targets: what is called, its seeds, the form of its damage, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fuzz import batches, dngs, exports, foreign, operations, parsers, records, seeds, views
from fuzz.bounds import OPERATION, PARSER, PIXELS, Bounds
from fuzz.mutate import Form


@dataclass(frozen=True, slots=True)
class Target:
    """A function to call with bytes."""

    name: str
    call: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    form: Form = "bytes"
    bounds: Bounds = PARSER
    longest: int = 1 << 16
    """Bytes of the longest input."""


def _with_selector(*kinds: tuple[bytes, str]) -> Callable[[], list[bytes]]:
    """Return bodies of boxes, each after a byte that selects the parser."""
    return lambda: [mark + body for mark, kind in kinds for body in seeds.boxes(kind)]


_ITEM_TABLES = _with_selector((b"\0", "pitm"), (b"\x40", "iinf"), (b"\x80", "iref"), (b"\xc0", "grpl"))
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
    Target("dng-parse", dngs.parsing, dngs.every, "dng"),
    Target("dng-rasters", dngs.rasters, dngs.with_depth, "dng", PIXELS),
    Target("dng-pieces", dngs.decoding, dngs.pieces, "bytes", PIXELS, longest=4096),
    Target("foreign", foreign.reading, foreign.every, "jpeg", PIXELS),
    Target("foreign-packet", foreign.packet, foreign.packets, "text", PIXELS),
    Target("foreign-trailer", foreign.reading, foreign.in_trailers, "bytes", PIXELS),
    Target("map-jpeg", parsers.map_file, lambda: seeds.jpeg()[:6], "jpeg", PIXELS),
)

_OPERATIONS = (
    Target("hevc-picture", parsers.hevc_picture, seeds.heif, "heif", PIXELS),
    Target(
        "photo-pixels", parsers.photo_pixels, lambda: [*seeds.heif()[:3], *seeds.jpeg()[:6]], "heif", PIXELS
    ),
    Target("photo-pixels-jpeg", parsers.photo_pixels, lambda: seeds.jpeg()[:12], "jpeg", PIXELS),
    Target("photo-pixels-png", parsers.photo_pixels, partial(seeds.map_files, "png"), "png", PIXELS),
    Target("depth-packet", operations.depth_packet, seeds.packets, "text", OPERATION),
    Target("photo-packet", operations.photo_packet, seeds.packets, "text", OPERATION),
    Target("photo-exif", operations.photo_exif, seeds.exif_blocks, "tiff", OPERATION, longest=4096),
    Target("inspect", operations.inspecting, seeds.photos, "heif", OPERATION),
    Target("inspect-jpeg", operations.inspecting, seeds.photos, "jpeg", OPERATION),
    Target("extract", operations.extracting, seeds.with_depth, "heif", OPERATION),
    Target("extract-jpeg", operations.extracting, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("verify", operations.verifying, seeds.with_depth, "heif", OPERATION),
    Target("verify-jpeg", operations.verifying, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("verify-original", operations.verifying_original, seeds.photos, "heif", OPERATION),
    Target("doctor", operations.doctoring, seeds.with_depth, "heif", OPERATION),
    Target("doctor-jpeg", operations.doctoring, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("report", operations.reporting, seeds.with_thumbnail, "heif", OPERATION),
    Target("preview", views.previewing, seeds.with_depth, "heif", OPERATION),
    Target("preview-jpeg", views.previewing, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("contact-sheet", views.contact_sheeting, seeds.with_depth, "heif", OPERATION),
    Target("contact-sheet-jpeg", views.contact_sheeting, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("refocus", views.refocusing, seeds.with_depth, "heif", OPERATION),
    Target("refocus-jpeg", views.refocusing, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("pointcloud", views.clouding, seeds.with_depth, "heif", OPERATION),
    Target("pointcloud-jpeg", views.clouding, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("view", views.viewing, seeds.with_depth, "heif", OPERATION),
    Target("view-jpeg", views.viewing, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("dictionary", views.describing, seeds.with_depth, "heif", OPERATION),
    Target("dictionary-jpeg", views.describing, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("view-packet", views.depth_packet, seeds.depth_packets, "text", OPERATION),
    Target("view-map", views.map_scene, partial(seeds.map_files, "npy"), "bytes", OPERATION),
    Target("view-map-png", views.map_scene, partial(seeds.map_files, "png"), "png", OPERATION),
    Target("embed", operations.embedding, seeds.heif, "heif", OPERATION),
    Target("embed-jpeg", operations.embedding, seeds.jpeg, "jpeg", OPERATION),
    Target("embed-map", operations.embedding_map, lambda: seeds.map_files("npy"), "bytes", OPERATION),
    Target(
        "embed-map-dictionary",
        operations.embedding_map,
        partial(seeds.dictionaries, "plist"),
        "text",
        OPERATION,
    ),
    Target("embed-map-photo", operations.embedding_map, seeds.with_depth, "heif", OPERATION),
    Target("transcode", operations.transcoding, seeds.heif, "heif", OPERATION),
    Target("transcode-jpeg", operations.transcoding, seeds.jpeg, "jpeg", OPERATION),
    Target("strip", operations.stripping, seeds.with_depth, "heif", OPERATION),
    Target("strip-jpeg", operations.stripping, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("restore", operations.restoring, seeds.with_depth, "heif", OPERATION),
    Target("restore-jpeg", operations.restoring, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("copy", operations.copying, seeds.with_depth, "heif", OPERATION),
    Target("copy-jpeg", operations.copying, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("export", exports.exporting, seeds.heif_with_depth, "heif", OPERATION),
    Target("export-jpeg", exports.exporting, seeds.jpeg_with_depth, "jpeg", OPERATION),
    Target("strip-export", exports.stripping, exports.exported, "jpeg", OPERATION),
    Target("donor", operations.donating, seeds.heif_with_depth, "heif", OPERATION),
    Target("forged-record", records.forged, records.seeds, "bytes", OPERATION, longest=1024),
    Target("batch-rows", batches.crossing, batches.seeds, "bytes", OPERATION, longest=64),
    Target("batch-manifest", batches.manifest, batches.manifest_seeds, "text", OPERATION, longest=8192),
    Target("batch-journal", batches.journal, batches.journal_seeds, "text", OPERATION, longest=8192),
    Target("foreign-operations", foreign.operating, foreign.every, "jpeg", OPERATION),
    Target("inspect-dng", operations.inspecting, dngs.every, "dng", OPERATION),
    Target("extract-dng", operations.extracting, dngs.with_depth, "dng", OPERATION),
    Target("verify-dng", operations.verifying, dngs.with_depth, "dng", OPERATION),
    Target("doctor-dng", operations.doctoring, dngs.with_depth, "dng", OPERATION),
    Target("embed-dng", dngs.embedding, dngs.plain, "dng", OPERATION),
    Target("strip-dng", operations.stripping, dngs.with_depth, "dng", OPERATION),
    Target("restore-dng", operations.restoring, dngs.with_depth, "dng", OPERATION),
    Target("copy-dng", dngs.copying, dngs.with_depth, "dng", OPERATION),
    Target("copy-to-dng", dngs.receiving, dngs.plain, "dng", OPERATION),
    Target("preview-dng", views.previewing, dngs.with_depth, "dng", OPERATION),
    Target("files", operations.on_files, seeds.with_depth, "heif", OPERATION),
    Target("command", operations.commanding, seeds.with_depth, "heif", OPERATION),
    Target("command-jpeg", operations.commanding, seeds.jpeg_with_depth, "jpeg", OPERATION),
)

TARGETS = {target.name: target for target in (*_PARSERS, *_OPERATIONS)}
"""Every target by its name; the fast ones first."""

PARSER_NAMES = tuple(target.name for target in _PARSERS)
"""Those that reach thousands of executions per second."""
