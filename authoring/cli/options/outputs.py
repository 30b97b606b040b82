"""Options of what is written, where and how."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from authoring.cli.options.declaration import OUTPUT, Option

_output_option = partial(Option, rich_help_panel=OUTPUT)

PhotoOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "-o",
        help="The photo to write; .heic or .jpg chooses the container, and a DNG stays one. Default: NAME-depth beside "
        "the photo, in the photo's container.",
    ),
]
StripOutput = Annotated[
    Path | None,
    _output_option("--output", "-o", help="The photo to write. Default: NAME-stripped beside the photo."),
]
ExportOutput = Annotated[
    Path | None,
    _output_option(
        "--output", "-o", help="The JPEG to write. Default: NAME-gdepth.jpg and the like beside the photo."
    ),
]
MapOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "-o",
        help="The map to write: .npy, .npz, .pfm, .exr, .tiff (float) or .png (16 bit). Default: NAME-depth.npy "
        "beside the photo.",
    ),
]
EstimateOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "-o",
        metavar="MAP",
        help="The map to write: .npy, .npz, .pfm, .exr, .tiff (float) or .png (16 bit). Default: NAME-depth.npz "
        "beside the photo.",
    ),
]
DictionaryOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "-o",
        help="The property list to write; .json writes JSON. Default: NAME-depth.plist beside the photo.",
    ),
]
OutputFolder = Annotated[
    Path | None,
    _output_option(
        "--out",
        metavar="DIR",
        help="A folder for the outputs of all photos, made if it is not there; folders inside are kept.",
    ),
]
Recursive = Annotated[
    bool, Option("--recursive", "-r", help="Of folders, also take the photos in the folders inside.")
]
PictureOutput = Annotated[
    Path | None,
    _output_option(
        "--output", "-o", metavar="OUT.png|.jpg", help="The picture to write; - writes standard output."
    ),
]
PointsOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "-o",
        help="The points to write, .ply or .pcd; with --mesh the surface, .glb or .ply. Default: NAME-points.ply or "
        "NAME-mesh.glb beside the photo.",
    ),
]
PageOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "--out",
        "-o",
        metavar="PAGE.html",
        help="The page to write; - writes standard output. Default: a temporary folder, and the browser opens it.",
    ),
]
BatchOutput = Annotated[
    str | None,
    _output_option(
        "--out",
        metavar="DIR|URL",
        help="The folder for the outputs. Default: beside the photos, as NAME-depth.",
    ),
]
KitOutput = Annotated[
    Path,
    _output_option(
        "--out", "--output", "-o", metavar="DIR", help="The folder to write; it is made if need be."
    ),
]
NativeFormat = Annotated[
    Literal["hdis", "fdis", "hdep", "fdep"] | None,
    _output_option(
        "--native-format",
        help="Native format: disparity or depth, 16-bit or 32-bit float; hdis unless given, hdep in a DNG. Photos uses "
        "disparity only.",
    ),
]
OldNativeFormat = Annotated[
    Literal["hdis", "fdis", "hdep", "fdep"] | None, _output_option("--format", hidden=True)
]
MapFormat = Annotated[
    Literal["npy", "npz", "png", "tiff", "pfm", "exr"] | None,
    _output_option(
        "--format",
        metavar="FORMAT",
        help="npy, npz, png, tiff, pfm or exr, for an output whose extension does not say.",
    ),
]
PointsFormat = Annotated[
    Literal["ply", "pcd", "glb"] | None,
    _output_option("--format", help="Format of an output whose extension does not say."),
]
MaxSize = Annotated[
    int | None, _output_option("--max-size", metavar="PX", help="Long side of the stored map.")
]
EstimateMaxSize = Annotated[
    int | None,
    _output_option("--max-size", metavar="PX", help="Long side of the map. Default: the photo's size."),
]
Lossless = Annotated[
    bool, _output_option("--lossless", help="HEIC: encode the map without loss (transquant bypass).")
]
Bits = Annotated[
    int | None,
    _output_option(
        "--bits",
        metavar="8|16",
        help="DNG: bits of a stored sample, 8 unless given; 16 are finer, and for Adobe's readers only.",
    ),
]
Replace = Annotated[bool, _output_option("--replace", help="Replace the depth map of the photo.")]
Quality = Annotated[
    int | None,
    _output_option(
        "--quality",
        metavar="N",
        help="1 to 100, for a photo that changes container. Default: HEIC 80, JPEG 92.",
    ),
]
ToneMap = Annotated[
    bool,
    _output_option(
        "--tone-map",
        help="Convert an HDR photo (PQ, HLG) that changes container to 8-bit Display P3; it is refused otherwise.",
    ),
]
Effort = Annotated[
    Literal["fast", "balanced", "best"] | None,
    _output_option(
        "--effort",
        help="Effort of HEVC encoding. Default: fast for a photo that becomes HEIC, balanced for the map. "
        "The bound of the map's error is the same.",
    ),
]
MapKind = Annotated[
    Literal["depth", "disparity"],
    _output_option("--as", help="Write metres, or 1/m, which the file then says; NPY and PFM by their name."),
]
Raster = Annotated[
    Literal["display", "stored"],
    _output_option(
        "--orientation",
        help="display: upright as the photo is seen; stored: as the photo's pixels are stored.",
    ),
]
Metadata = Annotated[
    bool, _output_option("--metadata", help="Also write the report and the calibration, as OUTPUT.json.")
]
FullPaths = Annotated[
    bool,
    _output_option(
        "--full-paths", help="Write whole paths into the result; otherwise files are called by their names."
    ),
]
Width = Annotated[int, _output_option("--width", metavar="PX", help="Width of the picture.")]
OpenPage = Annotated[
    bool | None,
    _output_option("--open/--no-open", help="Open the page in the browser. Default: only without -o."),
]
Verbose = Annotated[
    bool,
    _output_option("--verbose", "-v", help="Also print the error, what was changed and what was assumed."),
]
Quiet = Annotated[bool, _output_option("--quiet", "-q", help="Print no report; warnings and errors only.")]
Overwrite = Annotated[bool, _output_option("--overwrite", help="Replace outputs that exist.")]
DryRun = Annotated[bool, _output_option("--dry-run", help="Do everything except writing.")]
AsJson = Annotated[bool, _output_option("--json", help="Print the report as one JSON object.")]
AsJsonLines = Annotated[
    bool, _output_option("--json", help="Print one JSON object a file, each on one line.")
]
