"""Declare the arguments of all commands: the positional words of a command line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

Argument = partial(typer.Argument, readable=False)
"""Files are left to `authoring.files`, which names the one at fault; Typer would stop before the others are read."""

PhotoArgument = Annotated[
    Path, Argument(metavar="PHOTO", help="A JPEG, HEIC, DNG or PNG photo; - reads standard input.")
]
FileArgument = Annotated[
    Path, Argument(metavar="FILE", help="A photo with depth, JPEG, HEIC or DNG; - reads standard input.")
]
OptionalMapArgument = Annotated[
    Path | None, Argument(metavar="MAP", help="A map that is not embedded yet, as embed takes it.")
]
MapOrEstimateArgument = Annotated[
    Path | None,
    Argument(
        metavar="MAP",
        help="Gray PNG, JPEG or TIFF (needs --near and --far); NPY, NPZ, PFM, EXR or float TIFF in metres; a photo "
        "with Apple depth; a property list written by dictionary. Left out with --estimate.",
    ),
]
PhotosArgument = Annotated[
    list[Path],
    Argument(metavar="PHOTO", help="JPEG, HEIC, DNG or PNG photos, or folders; - reads standard input."),
]
SourceArgument = Annotated[
    Path, Argument(metavar="SOURCE", help="The photo whose depth is copied; - reads standard input.")
]
FilesArgument = Annotated[
    list[Path],
    Argument(metavar="FILE", help="JPEG, HEIC or DNG photos, or folders of them; - reads standard input."),
]
PreviewArgument = Annotated[
    list[Path],
    Argument(
        metavar="FILE",
        help="A photo with depth, JPEG, HEIC or DNG; or a photo and a map as embed takes them; with --contact-sheet "
        "any number of photos with depth.",
    ),
]
PointcloudArgument = Annotated[
    list[Path],
    Argument(
        metavar="FILE",
        help="Photos with depth, JPEG, HEIC or DNG, or folders of them; or a photo and a map as embed takes it.",
    ),
]
ReportArgument = Annotated[
    list[Path],
    Argument(metavar="FILE", help="JPEG, HEIC or DNG photos, or folders of them; subfolders are included."),
]
ManifestArgument = Annotated[
    str,
    Argument(
        metavar="MANIFEST|PHOTOS",
        help="CSV, JSON lines (.jsonl) or Parquet with the columns photo and map, and optionally output, near, far "
        "and other options of embed; or a folder of photos. The manifest, photos, maps and outputs may be URLs "
        "(s3://…; extra stores). With --estimate photos may have no map.",
    ),
]
MapsArgument = Annotated[
    Path | None,
    Argument(
        metavar="MAPS",
        help="With a folder of photos: the folder of maps (NAME, NAME_depth, NAME_pred, NAME_disp, NAME-dpt_…).",
    ),
]
