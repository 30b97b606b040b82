"""The command pointcloud: a photo with depth as points or as a mesh.

Knows: names, defaults, help texts, and how the report reads. Must not know: how anything is done.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from authoring.cli import streams
from authoring.cli.declare import Argument, Option, Program
from authoring.cli.text import wrapped


def register(app: Program) -> None:
    """Add the command to the program."""
    app.command()(pointcloud)


def pointcloud(
    file: Annotated[
        Path,
        Argument(
            metavar="FILE", help="A photo with depth, JPEG or HEIC, or any photo with --map; - reads stdin."
        ),
    ],
    output: Annotated[
        Path,
        Option("--output", "-o", help="The points, .ply or .pcd; with --mesh the surface, .glb or .ply."),
    ],
    mesh: Annotated[
        bool,
        Option(
            "--mesh",
            help="Triangles, cut where depth jumps: GLB with the photo as texture, PLY with coloured corners.",
        ),
    ] = False,
    axes: Annotated[
        Literal["opengl", "opencv"],
        Option(
            help="opengl: x right, y up, z backward; viewers show it upright. opencv: x right, y down, z forward."
        ),
    ] = "opengl",
    stride: Annotated[int, Option(metavar="N", help="Take every N-th sample across and down.")] = 1,
    min_depth: Annotated[
        float | None,
        Option(metavar="M", help="Leave out what is nearer, in metres along the optical axis."),
    ] = None,
    max_depth: Annotated[float | None, Option(metavar="M", help="Leave out what is farther.")] = None,
    remove_edges: Annotated[
        bool,
        Option("--remove-edges", help="Leave out flying pixels, which hang between two things at a jump."),
    ] = False,
    resolution: Annotated[
        Literal["map", "photo"],
        Option(
            help="map: the map's own samples, colours averaged; photo: a point for every pixel, depth interpolated."
        ),
    ] = "map",
    calibration: Annotated[
        str | None,
        Option(
            metavar="file|exif|nominal|FILE.json",
            help="The camera. Default: the depth's own, else from Exif's focal length, else nominal.",
        ),
    ] = None,
    ignore_lens: Annotated[
        bool, Option("--ignore-lens", help="Take the lens for a pinhole: leave its distortion in.")
    ] = False,
    map: Annotated[
        Path | None,
        Option("--map", metavar="MAP", help="A map that is not embedded yet, as embed takes it."),
    ] = None,
    near: Annotated[float | None, Option(metavar="M", help="Of a gray --map; as for embed.")] = None,
    far: Annotated[float | None, Option(metavar="M", help="Of a gray --map; as for embed.")] = None,
    white: Annotated[Literal["far", "near"] | None, Option(help="Of a gray --map. Default: far.")] = None,
    spacing: Annotated[
        Literal["depth", "disparity"] | None, Option(help="Of a gray --map. Default: depth.")
    ] = None,
    preset: Annotated[
        str | None, Option(metavar="MAKER", help="What the --map's values mean; as for embed.")
    ] = None,
    unit: Annotated[
        str | None, Option(metavar="m|cm|mm|m*256", help="Of the --map's values; as for embed.")
    ] = None,
    kind: Annotated[
        Literal["depth", "disparity", "inverse-relative", "affine"] | None,
        Option(help="What the --map's values are; as for embed."),
    ] = None,
    accuracy: Annotated[
        Literal["relative", "absolute"] | None,
        Option(help="Say absolute where the --map's metres are measured."),
    ] = None,
    format: Annotated[
        Literal["ply", "pcd", "glb"] | None, Option(help="For an output whose suffix does not tell.")
    ] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace an output that exists.")] = False,
    as_json: Annotated[bool, Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Write a photo with depth as coloured points in metres, or as a mesh.

    depthauthor pointcloud IMG_0001.HEIC -o cloud.ply --remove-edges --max-depth 3

    depthauthor pointcloud IMG_0001.HEIC --mesh -o scene.glb
    """
    from authoring.api.pointcloud_files import pointcloud_file

    report = pointcloud_file(
        file,
        output,
        map,
        mesh=mesh,
        format=format,
        overwrite=overwrite,
        axes=axes,
        stride=stride,
        min_depth_m=min_depth,
        max_depth_m=max_depth,
        remove_edges=remove_edges,
        resolution=resolution,
        calibration=calibration,
        ignore_lens=ignore_lens,
        near_m=near,
        far_m=far,
        white=white,
        spacing=spacing,
        preset=preset,
        unit=unit,
        kind=kind,
        accuracy=accuracy,
    )
    streams.tell(report, as_json, _text, report.output)


def _text(report: dict[str, Any]) -> str:
    """What was written, where it lies, whose camera it is, what was left out."""
    what = f"{report['points']} points"
    if report["triangles"] is not None:
        what += f", {report['triangles']} triangles"
    # A relative map's numbers are not metres of the world.
    unit = "m" if report["absolute"] else "m (relative)"
    axes = {
        "opengl": "opengl: x right, y up, z backward",
        "opencv": "opencv: x right, y down, z forward",
    }[report["axes"]]
    low, high = report["low"], report["high"]
    size = " x ".join(f"{top - bottom:.3g}" for bottom, top in zip(low, high, strict=True))
    left = [
        f"{report['left_out'][name]} {words}"
        for name, words in (
            ("infinite", "at infinity"),
            ("unknown", "holes"),
            ("out_of_range", "out of range"),
            ("edges", "flying pixels"),
        )
        if report["left_out"][name]
    ]
    lines = [
        f"{report['output']}: {what}, from a map of {report['map_width']}x{report['map_height']}",
        f"  depth      {report['near']:.4g} to {report['far']:.4g} {unit}; {size} {unit} in all",
        f"  axes       {axes}",
        f"  camera     {report['camera']}: fx {report['fx']:.1f}, fy {report['fy']:.1f}, centre {report['cx']:.1f}, "
        f"{report['cy']:.1f} px of {report['photo_width']}x{report['photo_height']}, lens distortion "
        + {"removed": "taken out", "ignored": "left in", "none": "none known"}[report["lens_distortion"]],
    ]
    if left:
        lines.append(f"  left out   {', '.join(left)}")
    for note in report["notes"]:
        lines += wrapped("note", note)
    return "\n".join(lines)
