"""Options of portrait metadata."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from authoring.cli.options.declaration import PORTRAIT, FocusPoint, Option, parse_point

_portrait_option = partial(Option, rich_help_panel=PORTRAIT)

Profile = Annotated[
    Literal["portrait", "data"] | None,
    _portrait_option(
        "--profile",
        help="portrait: calibration, rendering parameters, flags and focus, as Photos is known to ask for; data: the "
        "depth alone, nothing else in the photo changes.",
    ),
]
Donor = Annotated[
    Path | None,
    _portrait_option(
        "--donor",
        metavar="PORTRAIT.HEIC",
        help="Take rendering parameters, calibration, aperture, lighting and the numbers of the maker note from this "
        "portrait photo of yours.",
    ),
]
Aperture = Annotated[
    float | None,
    _portrait_option(
        "--aperture",
        metavar="F",
        help="Initial f-number of the aperture slider. Default: the donor's, or 2.8.",
    ),
]
Focus = Annotated[
    FocusPoint | None,
    _portrait_option(
        "--focus",
        parser=parse_point,
        metavar="X,Y",
        help="Point in focus, 0 to 1 from the top left. Default: the nearest large region.",
    ),
]
Base = Annotated[
    Literal["unblurred", "primary"] | None,
    _portrait_option(
        "--base",
        help="Which picture of an Android portrait: unblurred, the one before the blur that the file holds; primary, "
        "the one that is seen. Default of copy: unblurred where the primary is blurred; of embed: primary.",
    ),
]
AlreadyBlurred = Annotated[
    bool, _portrait_option("--already-blurred", help="Accept a photo whose pixels are blurred already.")
]
MakerNote = Annotated[
    Literal["full", "minimal", "none"] | None,
    _portrait_option(
        "--maker-note",
        help="Apple maker note for a photo without one. full: about 45 numeric entries, a donor's or a sample's, as "
        "others tested on devices; minimal: the two portrait flags alone, never tested; none: leave maker notes as "
        "they are.",
    ),
]
ReplaceMakerNote = Annotated[
    bool,
    _portrait_option(
        "--replace-maker-note",
        help="Replace another maker's note by the Apple one of --maker-note. It stays in the file, hidden, for strip "
        "--restore; see --no-restore-record.",
    ),
]
RestoreRecord = Annotated[
    bool | None,
    _portrait_option(
        "--restore-record/--no-restore-record",
        help="Keep in the file what strip --restore needs to undo the changes to Exif and XMP; without it a replaced "
        "maker note is erased.",
    ),
]
