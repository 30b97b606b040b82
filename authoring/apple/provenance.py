"""Read and write the provenance of a depth map that this program wrote: properties of a namespace of its own."""

from __future__ import annotations

from dataclasses import dataclass

from authoring.apple.property_table import PROVENANCE, ROWS, PropertyTree, property_of, row_of, text_of
from authoring.apple.values import decode_base64, format_value
from authoring.errors import RefusedError
from authoring.estimated_by import SCALES, EstimatedBy

SOURCES = ("measured", "estimated", "nominal", "donor", "exif", "given")
"""Origins of depth, calibration and rendering: a sensor; a network; our fixed numbers; another photo; the photo's
Exif; the caller, who did not say."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which version wrote the depth, from which sources, and how to undo it."""

    version: str
    """Of the program."""
    undo: bytes = b""
    """What the container needs to remove the map byte for byte; empty if it needs nothing."""
    restore: bytes = b""
    """What undoes the changes to the photo's Exif and XMP; empty if nothing was changed."""
    depth_source: str | None = None
    """One of `SOURCES`, as the next two."""
    calibration_source: str | None = None
    rendering_source: str | None = None
    restore_omitted: bool = False
    """Whether something was changed and the record was left out, as was asked for."""
    depth_model: str | None = None
    """The network that estimated the depth."""
    depth_model_version: str | None = None
    depth_scale: str | None = None
    """Where its metres come from: one of `estimated_by.SCALES`."""

    @property
    def estimated_by(self) -> EstimatedBy | None:
        """The network that estimated the depth; None where it comes from elsewhere, or nothing says."""
        if not self.depth_model:
            return None
        return EstimatedBy(self.depth_model, self.depth_model_version, SCALES.get(self.depth_scale or ""))


_NAMES = {
    "version": "Version",
    "undo": "Undo",
    "restore": "Restore",
    "restore_omitted": "RestoreOmitted",
    "depth_source": "DepthSource",
    "calibration_source": "CalibrationSource",
    "rendering_source": "RenderingSource",
    "depth_model": "DepthModel",
    "depth_model_version": "DepthModelVersion",
    "depth_scale": "DepthScale",
}
"""Field of `Provenance` → name of the property, in the order of writing."""


def read_provenance(tree: PropertyTree) -> Provenance | None:
    """Return the provenance, if there is one. A record that is not base64 is given as it is: it will fit no photo."""
    texts = {field: text_of(tree, f"depthauthor:{name}") for field, name in _NAMES.items()}
    version = texts["version"]
    if version is None:
        return None
    return Provenance(
        version,
        _decode_record(texts["undo"] or ""),
        _decode_record(texts["restore"] or ""),
        texts["depth_source"],
        texts["calibration_source"],
        texts["rendering_source"],
        texts["restore_omitted"] == "True",
        texts["depth_model"],
        texts["depth_model_version"],
        texts["depth_scale"],
    )


def read_estimated_by(tree: PropertyTree) -> EstimatedBy | None:
    """Return the network that estimated the depth; None where nothing says so."""
    provenance = read_provenance(tree)
    return provenance.estimated_by if provenance else None


def _decode_record(text: str) -> bytes:
    decoded = decode_base64(text)
    return text.encode() if decoded is None else decoded


def with_provenance(tree: PropertyTree, provenance: Provenance | None) -> PropertyTree:
    """Return the tree with this provenance at its end instead of any older one; None removes it.

    Raises RefusedError for a source that is not in `SOURCES`.
    """
    ours = [ROWS[PROVENANCE, name] for name in _NAMES.values()]
    result = [item for item in tree if row_of(item) not in ours]
    if provenance is None:
        return tuple(result)
    for field, name in _NAMES.items():
        value = getattr(provenance, field)
        if field.endswith("_source") and value is not None and value not in SOURCES:
            raise RefusedError(f"{value!r} is not a source; give one of {', '.join(SOURCES)}")
        if value not in (None, b"", False):
            row = ROWS[PROVENANCE, name]
            result.append(property_of(row, format_value(row, value)))
    return tuple(result)
