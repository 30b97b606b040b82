"""Reports as a person reads them.

Knows: the reports' JSON names. Must not know: how the values came about.
"""

from __future__ import annotations

from typing import Any

Report = dict[str, Any]

LINE_LENGTH = 118
"""Fits the usual terminal; a path may run over."""


def embed(report: Report) -> str:
    """What was written, how exact it is, what was touched and assumed."""
    size = f"{report['map']['width']}x{report['map']['height']}"
    unit = report["unit"]
    where = report["output"] or "nothing written (dry run)"
    lines = [
        f"{where}: {report['container'].upper()} with {size} {report['native_format']} depth map",
        f"  range      {report['float_min']:.6g} to {report['float_max']:.6g} {unit}{_in_metres(report)}",
        f"  error      {report['max_error']:.3g} {unit} at most, measured; bound {report['bound']:.3g}"
        + _error_in_metres(report["max_error_m"], unit),
        "  photo      coded anew for this container"
        if report["reencoded"]
        else "  photo      image data untouched",
    ]
    lines += wrapped("level", f"{report['level']}: {report['verdict']}")
    lines += _touched(report["touched"])
    lines += [line for sentence in report["assumed"] for line in wrapped("assumed", sentence)]
    lines += [line for sentence in report["notes"] for line in wrapped("note", sentence)]
    return "\n".join(lines)


def wrapped(label: str, sentence: str) -> list[str]:
    """A labelled sentence in lines that a terminal holds."""
    import textwrap

    return textwrap.wrap(
        sentence,
        LINE_LENGTH,
        initial_indent=f"  {label:<10} ",
        subsequent_indent=" " * 13,
        break_long_words=False,
    )


def _in_metres(report: Report) -> str:
    if report["unit"] != "1/m":
        return ""
    near = f"{1 / report['float_max']:.3g} m"
    far = f"{1 / report['float_min']:.3g} m" if report["float_min"] > 0 else "infinity"
    return f" (near {near}, far {far})"


def _error_in_metres(error: dict[str, float | None], unit: str) -> str:
    if unit != "1/m":
        return ""
    ends = [
        f"{_length(value)} at the {end} end"
        for end, value in (("near", error["near_m"]), ("far", error["far_m"]))
        if value is not None
    ]
    return f" ({', '.join(ends)})" if ends else ""


def _length(metres: float) -> str:
    if metres < 0.01:
        return f"{metres * 1000:.2g} mm"
    return f"{metres * 100:.2g} cm" if metres < 1 else f"{metres:.2g} m"


def _touched(touched: list[dict[str, Any]]) -> list[str]:
    """One line: how much of the source did not stay, and which structures that was."""
    if not touched:
        return []
    places = dict.fromkeys(one["reason"].partition(":")[0].removesuffix(" size") for one in touched)
    replaced = sum(one["stop"] - one["start"] for one in touched)
    return [
        f"  touched    {replaced} bytes of the source in {len(touched)} places: {', '.join(places)} (--json lists each)"
    ]


def strip(report: Report) -> str:
    """What was taken out."""
    lines = [
        f"{report['output'] or 'nothing written (dry run)'}: removed {', '.join(report['removed'])}, "
        f"{report['bytes_removed']} bytes less"
    ]
    lines += _touched(report["touched"])
    lines += [line for sentence in report["notes"] for line in wrapped("note", sentence)]
    return "\n".join(lines)


def extract(report: Report) -> str:
    """What was read and written."""
    unit = report["unit"]
    lines = [
        f"{report['output']}: {report['width']}x{report['height']} {report['kind']}, "
        f"{report['minimum']:.6g} to {report['maximum']:.6g} {unit}, {report['orientation']} orientation"
    ]
    lines += [line for sentence in report["notes"] for line in wrapped("note", sentence)]
    return "\n".join(lines)


def dictionary(report: Report) -> str:
    """What the property list holds."""
    return (
        f"{report['output']}: {report['auxiliary_type']}, {report['width']}x{report['height']} "
        f"{report['pixel_format']}, {report['bytes_per_row']} bytes per row, {report['properties']} properties"
    )


def inspect(report: Report) -> str:
    """What the photo holds."""
    photo, depth = report["photo"], report["depth"]
    lines = [
        f"{report['file']}: {report['container'].upper()}, photo {photo['width']}x{photo['height']}, "
        f"orientation {photo['orientation']}"
    ]
    lines += _depth_lines(depth) if depth else ["  depth      none"]
    for one in report["auxiliary"]:
        lines.append(f"  auxiliary  {one['type']} {one['width']}x{one['height']}, {one['bytes']} bytes")
    marks = report["portrait"]
    told = [f"{name.replace('_', ' ')} {_mark(value)}" for name, value in marks.items() if value is not None]
    lines.append(f"  portrait   {', '.join(told) or 'no marks'}")
    lines += _part_lines(report["parts"])
    lines += [line for sentence in report["notes"] for line in wrapped("note", sentence)]
    return "\n".join(lines)


def inspect_with_records(report: Report) -> str:
    """The same, and every record of the rendering parameters."""
    rendering = (report["depth"] or {}).get("rendering") or {"records": []}
    names = {0: "?", 1: "float", 2: "int", 3: "uint", 4: "uint"}
    lines = [
        f"  {one['id']:>6}  {names.get(one['type'], '?'):<6} {one['value']:.6g}"
        for one in rendering["records"]
    ]
    return "\n".join([inspect(report), *(lines or ["  no records to list"])])


def _depth_lines(depth: Report) -> list[str]:
    unit = "1/m" if depth["kind"] == "disparity" else "m"
    lines = [
        f"  depth      {depth['kind']} {depth['width']}x{depth['height']}, native {depth['native_format']}, "
        f"stored {depth['stored_format']}"
    ]
    if depth["float_min"] is not None and depth["float_max"] is not None:
        lines.append(f"  range      {depth['float_min']:.6g} to {depth['float_max']:.6g} {unit}")
    filtered = {True: "filtered", False: "unfiltered", None: "filtering not stated"}[depth["filtered"]]
    lines.append(
        f"  quality    accuracy {depth['accuracy']}, quality {depth['quality']}, {filtered}, "
        f"version {depth['version']}"
    )
    calibration = depth["calibration"]
    if calibration:
        matrix = calibration["intrinsic_matrix"]
        lines.append(
            f"  camera     fx {matrix[0]:.1f}, fy {matrix[4]:.1f}, centre {matrix[6]:.1f}, {matrix[7]:.1f} px of "
            f"{calibration['reference_width']}x{calibration['reference_height']}"
        )
    if depth["rendering"]:
        lines.append(
            f"  rendering  version {depth['rendering']['version']}, {depth['rendering']['bytes']} bytes, "
            f"aperture f/{depth['simulated_aperture']}"
        )
    return lines


def _mark(value: Any) -> str:
    if isinstance(value, dict):
        return f"at {value['x']:.2f}, {value['y']:.2f}"
    return str(value)


def _part_lines(parts: list[Report]) -> list[str]:
    """Items and segments, with runs of one kind (a grid's tiles) counted together."""
    lines: list[str] = []
    index = 0
    while index < len(parts):
        run = index
        alike = (parts[index]["type"], parts[index]["role"])
        while run < len(parts) and (parts[run]["type"], parts[run]["role"]) == alike:
            run += 1
        size = sum(part["bytes"] for part in parts[index:run])
        name = f"{alike[0]} {alike[1]}".strip()
        times = f"{run - index} x " if run - index > 1 else ""
        lines.append(f"  {'parts' if not lines else '':<10} {times}{name}, {size} bytes")
        index = run
    return lines
