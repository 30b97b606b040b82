"""Describe the reports of preview, refocus, view, report and pointcloud as text for people."""

from __future__ import annotations

from authoring.cli.output import Report, count, labelled
from authoring.depth.distance_text import metres

_CAMERAS = {
    "file": "calibration from the file",
    "exif": "from the focal length in Exif",
    "nominal": "nominal, a typical phone's: the file says nothing about its lens",
}
_AXES = {
    "opengl": "opengl: x right, y up, z backward",
    "opencv": "opencv: x right, y down, z forward",
}
_LEFT_OUT = {
    "infinite": "at infinity",
    "unknown": "holes",
    "out_of_range": "out of range",
    "edges": "flying pixels",
}
_DISTORTION = {"removed": "removed", "ignored": "kept", "none": "unknown"}


def preview_text(report: Report) -> str:
    """Describe a preview or overlay."""
    content = "edges of the depth over the photo" if report["overlay"] else "the photo beside its depth"
    lines = [
        f"{report['output']}: {_size(report['picture'])}, {content}",
        f"  depth      {report['kind']} {_size(report['map'])}, {_range(report)}",
    ]
    if report["holes"]:
        lines.append(f"  holes      {100 * report['holes']:.1f} % of the map")
    return "\n".join([*lines, *labelled("note", report["notes"])])


def contact_sheet_text(report: Report) -> str:
    """Describe a contact sheet, one line a photo."""
    photos = report["photos"]
    lines = [f"{report['output']}: {_size(report['picture'])}, {count(len(photos), 'photo')}"]
    lines += [f"  {photo['file']}: {photo['error'] or _range(photo)}" for photo in photos]
    return "\n".join(lines)


def refocus_text(report: Report) -> str:
    """Describe a simulated aperture."""
    focus = report["focus"]
    aperture_source = {"option": "", "file": ", the file's", "default": ", by default"}
    focus_source = {"option": "", "file": ", the photo's Focus region"}.get(
        report["focus_from"], f", the {report['focus_from']}"
    )
    distance = "infinity" if report["focus_m"] is None else metres(report["focus_m"])
    lines = [
        f"{report['output']}: {_size(report['picture'])}, {report['rendering']}",
        f"  aperture   f/{report['aperture']:g}{aperture_source[report['aperture_from']]}",
        f"  focus      at {focus['x']:.2f}, {focus['y']:.2f}{focus_source}: {distance}{_relative(report)}",
        f"  blur       discs up to {report['largest_px']:.0f} px across, in {count(report['slices'], 'slice')}",
        f"  camera     {_CAMERAS[report['camera']]}",
        *labelled("note", report["notes"]),
    ]
    return "\n".join(lines)


def view_text(report: Report) -> str:
    """Describe a viewer page."""
    lines = [
        f"{report['output']}: {report['bytes'] / 1e6:.2f} MB, photo {_size(report['picture'])} of "
        f"{_size(report['photo'])}, depth {_size(report['depth'])}",
        f"  range      {_range(report)}",
        f"  camera     {_CAMERAS[report['camera']]}",
        *labelled("level", [f"{report['level']}: {report['verdict']}"]),
        *labelled("note", report["notes"]),
    ]
    return "\n".join(lines)


def report_text(summary: Report) -> str:
    """Describe a report page: how many files have which level."""
    from authoring.views.pages.report_page import LEVELS

    words = {"error": "unreadable", "none": "without readable depth"}
    counts = summary["counts"]
    levels = [f"{counts[level]} {words.get(level, level)}" for level in LEVELS if counts.get(level)]
    return f"{summary['output']}: {count(sum(counts.values()), 'file')}: {', '.join(levels)}"


def pointcloud_text(report: Report) -> str:
    """Describe a point cloud or mesh: its extent, axes and camera, and what was left out."""
    content = count(report["points"], "point")
    if report["triangles"] is not None:
        content += f", {count(report['triangles'], 'triangle')}"
    unit = "m" if report["absolute"] else "m (relative)"
    extent = " x ".join(f"{high - low:.3g}" for low, high in zip(report["low"], report["high"], strict=True))
    left_out = [
        f"{report['left_out'][name]} {words}" for name, words in _LEFT_OUT.items() if report["left_out"][name]
    ]
    lines = [
        f"{report['output']}: {content}, from a map of {report['map_width']}x{report['map_height']}",
        f"  depth      {report['near']:.4g} to {report['far']:.4g} {unit}; extent {extent} {unit}",
        f"  axes       {_AXES[report['axes']]}",
        f"  camera     {report['camera']}: fx {report['fx']:.1f}, fy {report['fy']:.1f}, centre {report['cx']:.1f}, "
        f"{report['cy']:.1f} px of {report['photo_width']}x{report['photo_height']}, lens distortion "
        f"{_DISTORTION[report['lens_distortion']]}",
    ]
    if left_out:
        lines.append(f"  left out   {', '.join(left_out)}")
    return "\n".join([*lines, *labelled("note", report["notes"])])


def _size(size: Report) -> str:
    return f"{size['width']}x{size['height']}"


def _range(report: Report) -> str:
    near, far = (
        "infinity" if value is None else metres(value) for value in (report["near_m"], report["far_m"])
    )
    return f"{near} to {far}{_relative(report)}"


def _relative(report: Report) -> str:
    return "" if report["absolute"] else " (relative: metres not certain)"
