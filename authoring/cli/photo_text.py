"""Describe the reports of embed, copy, strip, export, extract, dictionary and inspect as text for people."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from authoring.cli.estimate_text import estimate_lines
from authoring.cli.output import Report, count, labelled, level_text
from authoring.depth.distance_text import metres
from authoring.read.foreign.base import NAMES as FOREIGN_NAMES

DRY_RUN = "nothing written (dry run)"


def embed_text(report: Report) -> str:
    """Describe what was written in a few lines: warnings, file, range, polarity, focus, level."""
    hidden = len(_other_assumptions(report)) + len(report["notes"])
    return "\n".join(_summary_lines(report, f"; {count(hidden, 'note')} with -v" if hidden else ""))


def embed_text_in_full(report: Report) -> str:
    """Describe what was written, its largest error, what was changed and what was assumed."""
    unit = report["unit"]
    lines = [
        *_summary_lines(report),
        f"  error      {report['max_error']:.3g} {unit} at most, measured; bound {report['bound']:.3g}"
        + _error_in_metres(report["max_error_m"], unit),
        f"  photo      {'re-encoded for this container' if report['reencoded'] else 'image data untouched'}",
        *_touched_lines(report["touched"]),
        *labelled("assumed", _other_assumptions(report)),
        *labelled("note", report["notes"]),
    ]
    return "\n".join(lines)


def _other_assumptions(report: Report) -> list[str]:
    """Return what was assumed besides the map's meaning, which has its own line."""
    return [sentence for sentence in report["assumed"] if sentence != report["meaning"]]


def _summary_lines(report: Report, more: str = "") -> list[str]:
    size = f"{report['map']['width']}x{report['map']['height']}"
    photo = "photo re-encoded" if report["reencoded"] else "photo untouched"
    output = report["output"] or DRY_RUN
    return [
        *(f"WARNING: {sentence}" for sentence in report["warnings"]),
        f"{output}: {report['container'].upper()} with {size} {report['native_format']} depth map, {photo}{more}",
        f"  range      {_range(report)}",
        *_meaning_lines(report),
        *_focus_lines(report["focus"]),
        *labelled("level", [f"{level_text(report)}: {report['verdict']}"]),
        *labelled("reason", report["reasons"]),
    ]


def _meaning_lines(report: Report) -> list[str]:
    if report["estimate"]:
        return labelled("estimate", [report["meaning"].removeprefix("estimated ")])
    return labelled("polarity", [report["meaning"]])


def _range(report: Report) -> str:
    low, high = report["float_min"], report["float_max"]
    if report["unit"] == "m":
        return f"{metres(low)} to {metres(high)}"
    return f"{metres(1 / high)} to {_far_end(low)} ({low:.4g} to {high:.4g} 1/m)"


def _far_end(disparity: float) -> str:
    """Return the distance of the smallest disparity, in 1/m."""
    return metres(1 / disparity) if disparity > 0 else "infinity"


def _focus_lines(focus: dict[str, float | None] | None) -> list[str]:
    if focus is None:
        return []
    distance = "infinity" if focus["distance_m"] is None else metres(focus["distance_m"])
    return [f"  focus      {distance} away, at {focus['x']:.2f},{focus['y']:.2f} of the upright photo"]


def _error_in_metres(error: dict[str, float | None], unit: str) -> str:
    if unit != "1/m":
        return ""
    ends = [
        f"{_length(value)} at the {end} end"
        for end, value in (("near", error["near_m"]), ("far", error["far_m"]))
        if value is not None
    ]
    return f" ({', '.join(ends)})" if ends else ""


def _length(length_m: float) -> str:
    if length_m < 0.01:
        return f"{length_m * 1000:.2g} mm"
    return f"{length_m * 100:.2g} cm" if length_m < 1 else metres(length_m)


def _touched_lines(touched: list[Report]) -> list[str]:
    """Describe in one line how many bytes of the source were replaced, and in which structures."""
    if not touched:
        return []
    structures = dict.fromkeys(edit["reason"].partition(":")[0].removesuffix(" size") for edit in touched)
    replaced = sum(edit["stop"] - edit["start"] for edit in touched)
    return [
        f"  touched    {count(replaced, 'byte')} of the source in {count(len(touched), 'place')}: "
        f"{', '.join(structures)} (--json lists each)"
    ]


def strip_text(report: Report) -> str:
    """Describe what was removed."""
    lines = [
        f"{report['output'] or DRY_RUN}: removed {', '.join(report['removed'])}, {report['bytes_removed']} bytes less",
        *_touched_lines(report["touched"]),
        *labelled("note", report["notes"]),
    ]
    return "\n".join(lines)


_EXPORTED = {"gdepth": "GDepth", "dynamic-depth": "Dynamic Depth", "pair": "a gray map beside it"}


def export_text(report: Report) -> str:
    """Describe what was written, and what could not be carried."""
    size = f"{report['map']['width']}x{report['map']['height']}"
    photo = "re-encoded" if report["reencoded"] else "image data untouched"
    exact = (
        "exact" if not report["max_code_error"] else f"at most {count(report['max_code_error'], 'code')} off"
    )
    written = _EXPORTED[report["written"]]
    lines = [
        f"{report['output'] or DRY_RUN}: JPEG with {written}, {size}, photo {photo}",
        *([f"  depth      {report['depth_output']}"] if report["depth_output"] else []),
        f"  codes      {report['coding'].upper()}, {exact}",
        *_exported_range(report),
        *labelled("lost", report["not_carried"]),
        *_touched_lines(report["touched"]),
        *labelled("note", report["notes"]),
    ]
    return "\n".join(lines)


def _exported_range(report: Report) -> list[str]:
    if report["near"] is None:
        return []
    unit = {"m": " m", "Meters": " m"}.get(report["units"] or "", ", no unit")
    return [f"  range      {report['format']} {report['near']:.6g} to {report['far']:.6g}{unit}"]


def extract_text(report: Report) -> str:
    """Describe what was read and written."""
    values = "no finite values"
    if report["minimum"] is not None:
        values = f"{report['minimum']:.6g} to {report['maximum']:.6g} {report['unit']}"
    lines = [
        f"{report['output']}: {report['width']}x{report['height']} {report['kind']}, {values}, "
        f"{report['orientation']} orientation",
        *labelled("note", report["notes"]),
    ]
    return "\n".join(lines)


def dictionary_text(report: Report) -> str:
    """Describe what the property list holds."""
    text = (
        f"{report['output']}: {report['auxiliary_type']}, {report['width']}x{report['height']} "
        f"{report['pixel_format']}, {report['bytes_per_row']} bytes per row, {report['properties']} properties"
    )
    if report["bound"] is not None:
        text += (
            f"\n  bound      samples within {report['bound']:.4g} {report['unit']} of the embedded map, "
            "rounding to the native format included"
        )
    return text


def inspect_text(report: Report) -> str:
    """Describe what the photo holds."""
    photo, depth = report["photo"], report["depth"]
    portrait = [
        f"{name.replace('_', ' ')} {_portrait_value(name, value)}"
        for name, value in report["portrait"].items()
        if value is not None
    ]
    lines = [
        f"{report['file']}: {report['container'].upper()}, photo {photo['width']}x{photo['height']}, "
        f"orientation {photo['orientation']}",
        *(_depth_lines(depth) if depth else ["  depth      none"]),
        *(
            f"  auxiliary  {image['type']} {image['width']}x{image['height']}, {count(image['bytes'], 'byte')}, "
            f"{image['place']}"
            for image in report["auxiliary"]
        ),
        *_spatial_lines(report["spatial"]),
        f"  portrait   {', '.join(portrait) or 'none'}",
        *_part_lines(report["parts"]),
        *labelled("note", report["notes"]),
    ]
    return "\n".join(lines)


def inspect_with_records_text(report: Report) -> str:
    """Describe what the photo holds, and every record of the rendering parameters."""
    rendering = (report["depth"] or {}).get("rendering") or {"records": []}
    names = {0: "?", 1: "float", 2: "int", 3: "uint", 4: "uint"}
    lines = [
        f"  {record['id']:>6}  {names.get(record['type'], '?'):<6} {record['value']:.6g}"
        for record in rendering["records"]
    ]
    return "\n".join([inspect_text(report), *(lines or ["  no records to list"])])


def _spatial_lines(pair: Report | None) -> list[str]:
    if pair is None:
        return []
    return [f"  spatial    stereo pair: item {pair['left']} is the left view, item {pair['right']} the right"]


def _depth_lines(depth: Report) -> list[str]:
    # The samples' own format decides what they are measured in, as for `extract`.
    in_metres = depth["native_format"] in ("hdep", "fdep") or (
        depth["kind"] == "depth" and depth["native_format"] not in ("hdis", "fdis")
    )
    place = depth["place"]
    size = f"{depth['kind']} {depth['width']}x{depth['height']}"
    if depth["source"] in FOREIGN_NAMES:
        return _foreign_lines(depth, size)
    lines = [
        f"  depth      {size}, native {depth['native_format']}, stored {depth['stored_format']}",
        f"  place      {place}" + (f" (exiftool -b -{place})" if place.startswith("MPImage") else ""),
    ]
    lines += _range_lines(depth["float_min"], depth["float_max"], in_metres=in_metres)
    filtered = {True: "filtered", False: "unfiltered", None: "filtering not stated"}[depth["filtered"]]
    lines.append(
        f"  quality    accuracy {depth['accuracy']}, quality {depth['quality']}, {filtered}, "
        f"version {depth['version']}"
    )
    lines += _camera_lines(depth["calibration"])
    if depth["provenance"]:
        lines += estimate_lines(depth["provenance"])
    if depth["rendering"]:
        lines.append(
            f"  rendering  version {depth['rendering']['version']}, {depth['rendering']['bytes']} bytes, "
            f"aperture f/{depth['simulated_aperture']}"
        )
    return lines


def _foreign_lines(depth: Report, size: str) -> list[str]:
    """Describe depth of another maker, in its own words."""
    name = FOREIGN_NAMES[depth["source"]]
    words = " ".join(filter(None, (name, depth["format"])))
    lines = [f"  depth      {words}, {size}", f"  place      {depth['place']}"]
    if depth["near"] is not None:
        far = "infinity" if depth["far"] is None else f"{depth['far']:.6g}"
        lines.append(f"  near, far  {depth['near']:.6g} to {far}, units {depth['units'] or 'not stated'}")
    lines += _range_lines(depth["float_min"], depth["float_max"], in_metres=depth["kind"] == "depth")
    lines.append(f"  quality    accuracy {depth['accuracy']}")
    lines += _camera_lines(depth["calibration"])
    if depth["unblurred"]:
        lines.append("  unblurred  the photo before its blur is in the file, too (copy --base unblurred)")
    return lines


def _range_lines(low: float | None, high: float | None, *, in_metres: bool) -> list[str]:
    if low is None or high is None:
        return []
    if in_metres:
        return [f"  range      {low:.6g} to {high:.6g} m"]
    distances = f", that is {metres(1 / high)} to {_far_end(low)}" if high > 0 else ""
    return [f"  range      {low:.6g} to {high:.6g} 1/m{distances}"]


def _camera_lines(calibration: Report | None) -> list[str]:
    if not calibration:
        return []
    matrix = calibration["intrinsic_matrix"]
    return [
        f"  camera     fx {matrix[0]:.1f}, fy {matrix[4]:.1f}, centre {matrix[6]:.1f}, {matrix[7]:.1f} px of "
        f"{calibration['reference_width']}x{calibration['reference_height']}"
    ]


_MEANINGS = {
    ("custom_rendered", 7): "portrait with HDR, blur in the pixels",
    ("custom_rendered", 8): "portrait, blur in the pixels",
    ("custom_rendered", 9): "portrait, blur not in the pixels",
}
_FLAGS = {
    "image_processing_flags": ((0x20, "depth, effect not rendered"), (0x40, "effect rendered")),
    "photos_app_flags": ((0x01, "sliders enabled"),),
}


def _portrait_value(name: str, value: Any) -> str:
    """Return a tag's value, with the meaning that is known of it."""
    if isinstance(value, dict):
        return f"at {value['x']:.2f}, {value['y']:.2f}"
    if name in _FLAGS:
        set_here = [meaning for bit, meaning in _FLAGS[name] if value & bit]
        return f"0x{value & 0xFFFFFFFF:x}" + (f" ({', '.join(set_here)})" if set_here else "")
    meaning = _MEANINGS.get((name, value))
    return f"{value} ({meaning})" if meaning else str(value)


def _part_lines(parts: list[Report]) -> list[str]:
    """Describe items and segments; successive ones of one type and role (a grid's tiles) are counted together."""
    lines: list[str] = []
    for (kind, role), members in groupby(parts, key=lambda part: (part["type"], part["role"])):
        sizes = [part["bytes"] for part in members]
        times = f"{len(sizes)} x " if len(sizes) > 1 else ""
        name = f"{kind} {role}".strip()
        lines.append(f"  {'' if lines else 'parts':<10} {times}{name}, {count(sum(sizes), 'byte')}")
    return lines
