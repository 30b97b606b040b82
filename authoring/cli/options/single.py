"""Options of single commands, in no panel of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from authoring.cli.options.declaration import Option

ExportAs = Annotated[
    Literal["gdepth", "dynamic-depth", "pair"],
    Option(
        "--as",
        envvar=None,
        help="gdepth: the map in the XMP, which most programs read. dynamic-depth: as Android cameras write it. pair: "
        "the photo and a gray picture NAME_depth.jpg, white near, for 3D photos.",
    ),
]
Restore = Annotated[
    bool, Option("--restore", help="Also undo, byte for byte, what embed changed in Exif and XMP.")
]
Records = Annotated[bool, Option("--records", help="List the rendering parameters one by one.")]
OriginalPhoto = Annotated[
    Path | None, Option("--photo", metavar="ORIGINAL", help="The original photo: prove that it is unchanged.")
]
EmbeddedMaps = Annotated[
    list[Path] | None,
    Option("--map", metavar="MAP", help="The map that was embedded: measure the error. Repeatable."),
]
Level = Annotated[
    Literal["L1", "L2", "L3", "L4"],
    Option(
        "--level",
        help="The level to reach: L1 readable depth, L2 badge, L3 depth editing, L4 toggle. Rules of higher levels "
        "are reported but are no fault, and so are untested ones without --strict.",
    ),
]
Strict = Annotated[
    bool,
    Option(
        "--strict", help="Count warnings as faults, and with --level L3 or L4 what no device test covers."
    ),
]
Decode = Annotated[
    bool,
    Option(
        "--decode/--no-decode",
        help="Decode the photo's own pixels too, as Photos does: 0.3 s for 12 MP of HEIC, 0.1 s of JPEG.",
    ),
]
AllRules = Annotated[bool, Option("--all", "--verbose", "-v", help="Also list the rules that hold.")]
Overlay = Annotated[
    bool, Option("--overlay", help="Draw the edges of the depth over the photo, to see whether they fit.")
]
ContactSheet = Annotated[
    bool, Option("--contact-sheet", help="Show many photos on one page; exit 6 if any has no depth.")
]
Mesh = Annotated[
    bool,
    Option(
        "--mesh",
        help="Write triangles, cut where depth jumps: GLB with the photo as texture, PLY with coloured vertices.",
    ),
]
Axes = Annotated[
    Literal["opengl", "opencv"],
    Option(
        "--axes",
        help="opengl: x right, y up, z backward, upright in viewers; opencv: x right, y down, z forward.",
    ),
]
Stride = Annotated[int, Option("--stride", metavar="N", help="Take every N-th sample in both directions.")]
MinDepth = Annotated[
    float | None,
    Option(
        "--min-depth",
        metavar="M",
        help="Leave out points nearer than this, in metres along the optical axis.",
    ),
]
MaxDepth = Annotated[
    float | None, Option("--max-depth", metavar="M", help="Leave out points farther than this.")
]
RemoveEdges = Annotated[
    bool,
    Option(
        "--remove-edges",
        help="Leave out flying pixels: points between foreground and background at a depth jump.",
    ),
]
Resolution = Annotated[
    Literal["map", "photo"],
    Option(
        "--resolution",
        help="map: one point a map sample, colours averaged; photo: one point a pixel, depth interpolated.",
    ),
]
UnembeddedMap = Annotated[
    Path | None, Option("--map", metavar="MAP", help="A map that is not embedded yet, as embed takes it.")
]
Settings = Annotated[
    list[str] | None,
    Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any option of embed for every row, such as white=near. Repeatable.",
    ),
]
Jobs = Annotated[
    int | None,
    Option(
        "--jobs",
        metavar="N",
        help="Processes, 1 to 256. Default: one a core; with --estimate at most 4, since each loads the network.",
    ),
]
Timeout = Annotated[
    float | None,
    Option(
        "--timeout",
        metavar="SECONDS",
        help="Give up a photo that takes longer, and go on with the others. Default: no limit.",
    ),
]
Scheduler = Annotated[
    str | None,
    Option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="Use the workers of this dask.distributed scheduler (extra dask).",
    ),
]
Resume = Annotated[bool, Option("--resume", help="Skip the rows that are finished according to the journal.")]
JournalFile = Annotated[
    Path | None,
    Option(
        "--journal",
        metavar="FILE",
        help="The journal. Default: batch-journal.jsonl in --out, or MANIFEST.journal beside the manifest, or "
        "in the current folder if the manifest is a URL.",
    ),
]
LocalOnly = Annotated[
    bool,
    Option(
        "--local-only",
        help="Let the manifest name files by relative paths inside its own folder only, and outputs inside --out: for "
        "a manifest of someone else.",
    ),
]
FailFast = Annotated[bool, Option("--fail-fast/--keep-going", help="Start no photo after one has failed.")]
