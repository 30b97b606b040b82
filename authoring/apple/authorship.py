"""Our own mark in the packet of a map that we wrote: by which version, of what, and how to take it out again.

Knows: the properties of our own namespace. Must not know: what the records in it mean, Apple's properties.
"""

from __future__ import annotations

from dataclasses import dataclass

from authoring.apple.property_table import PROVENANCE, TABLE, PropertyTree, property_of, row_of, text_of
from authoring.apple.values import decode_base64, format_value
from authoring.errors import RefusedError

SOURCES = ("measured", "estimated", "nominal", "donor", "exif", "given")
"""Where depth, calibration or rendering come from: a sensor; a network; our fixed numbers; another photo; the
photo's Exif; the caller, who did not say."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Our own mark in the packet of a map we wrote."""

    version: str
    """Of the program."""
    undo: bytes = b""
    """What the container needs to take the map out again byte for byte; empty where it needs nothing."""
    restore: bytes = b""
    """What undoes the changes to the photo's Exif and XMP; empty where nothing was changed."""
    depth_source: str | None = None
    """One of `SOURCES`, as the next two."""
    calibration_source: str | None = None
    rendering_source: str | None = None


_MARKS = {
    "version": "depthauthor:Version",
    "undo": "depthauthor:Undo",
    "restore": "depthauthor:Restore",
    "depth_source": "depthauthor:DepthSource",
    "calibration_source": "depthauthor:CalibrationSource",
    "rendering_source": "depthauthor:RenderingSource",
}
"""Field of `Provenance` → label of its row, in the order of writing."""


def provenance(tree: PropertyTree) -> Provenance | None:
    """Our mark, if it is there; a record that cannot be decoded counts as none."""
    texts = {name: text_of(tree, label) for name, label in _MARKS.items()}
    version = texts["version"]
    if version is None:
        return None
    return Provenance(
        version,
        decode_base64(texts["undo"] or "") or b"",
        decode_base64(texts["restore"] or "") or b"",
        texts["depth_source"],
        texts["calibration_source"],
        texts["rendering_source"],
    )


def with_provenance(tree: PropertyTree, mark: Provenance | None) -> PropertyTree:
    """The tree with this mark at its end in place of any older one; without any where it is None.

    Raises RefusedError for a source that is none of `SOURCES`.
    """
    rows = {row.label: row for row in TABLE if row.namespace == PROVENANCE}
    kept = [one for one in tree if row_of(one) not in rows.values()]
    if mark is not None:
        for name, label in _MARKS.items():
            value = getattr(mark, name)
            if name.endswith("_source") and value is not None and value not in SOURCES:
                raise RefusedError(f"{value!r} is no source; give one of {', '.join(SOURCES)}")
            if value is not None and value != b"":
                kept.append(property_of(rows[label], format_value(rows[label], value)))
    return tuple(kept)
