"""Describe the report of estimate as text for people."""

from __future__ import annotations

from authoring.cli.output import Report, labelled
from authoring.estimated_by import EstimatedBy


def estimate_lines(report: Report) -> list[str]:
    """Say that a photo's depth is an estimate, and whose; an empty list where nothing says so."""
    network = report["estimated_by"]
    if network is None:
        return []
    by = EstimatedBy(**network)
    return labelled("estimate", [f"by {by.name}: {by.worth}"])


def estimate_text(report: Report) -> str:
    """Describe what was estimated, by which network, and what its metres are worth."""
    values = "no finite values"
    if report["minimum"] is not None:
        values = f"{report['minimum']:.4g} to {report['maximum']:.4g} {report['unit']}"
    network = f"{report['network_width']}x{report['network_height']}"
    lines = [
        f"{report['output']}: {report['width']}x{report['height']} {report['kind']}, {values}, upright",
        f"  model      {EstimatedBy(report['model'], report['model_version']).name}, its output {network}",
        *labelled("note", report["notes"]),
    ]
    if report["focal_px"] is not None:
        lines.insert(2, f"  camera     focal length {report['focal_px']:.1f} px of the map, estimated")
    return "\n".join(lines)
