"""Define the command estimate, and what every command does before and while a network runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typer import Context

from authoring.cli import arguments, options
from authoring.cli.each_file import Outcome, Outputs, write_each
from authoring.cli.options import ESTIMATE, given
from authoring.cli.output import say, status
from authoring.errors import UsageError
from authoring.estimate.estimate_options import EstimateOptions, estimate_options_of


def estimate(
    context: Context,
    photos: arguments.PhotosArgument,
    recursive: options.Recursive = False,
    model: options.Model = None,
    device: options.Device = None,
    offline: options.Offline = False,
    accept_licence: options.AcceptLicence = False,
    kind: options.EstimateKind = None,
    near: options.EstimateNear = None,
    far: options.EstimateFar = None,
    clip: options.EstimateClip = None,
    output: options.EstimateOutput = None,
    out: options.OutputFolder = None,
    as_kind: options.MapKind = "depth",
    format: options.MapFormat = None,
    max_size: options.EstimateMaxSize = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """Estimate the depth of photos with a network, as map files.

    At its first use the network is downloaded; its licence is printed before.
    The metres of an estimate are a network's guess, not measured.

    depthauthor estimate photo.jpg -o photo-depth.npz

    depthauthor estimate photos/ --out estimates --model depth-anything-v2-metric-indoor-small
    """
    from authoring.api import estimate_files
    from authoring.cli.estimate_text import estimate_text

    chosen = given(context, ESTIMATE)

    def estimate_one(photo: Path, target: Path) -> Outcome:
        report = estimate_files.estimate_file(
            photo, target, format=format, as_kind=as_kind, max_size=max_size, overwrite=overwrite, **chosen
        )
        return Outcome(report, output=report.output)

    outputs = Outputs(output, out, "depth", f".{format or 'npz'}")
    with network_ready(estimate_options_of(**chosen)):
        return write_each(
            photos,
            outputs,
            estimate_one,
            estimate_text,
            recursive=recursive,
            as_json=as_json,
            quiet=quiet,
            suffixes=estimate_files.PHOTO_SUFFIXES,
        )


def network_keywords(context: Context, *, estimate: bool) -> dict[str, Any] | None:
    """Return the keywords of `estimate` that are about the network; None without --estimate.

    Raises UsageError if one of them is on the command line without it.
    """
    keywords = given(context, ESTIMATE)
    del keywords["estimate"]
    if estimate:
        return keywords
    for name in keywords:
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE":
            raise UsageError(f"--{name.replace('_', '-')} is about an estimate; add --estimate")
    return None


@contextmanager
def network_ready(chosen: EstimateOptions) -> Iterator[None]:
    """Find or download the model, saying its licence before; then show that it works, on a terminal.

    Raises UsageError where it cannot be had, before any photo is read.
    """
    from authoring.estimate.model_folder import find_model

    folder = find_model(chosen, say)
    with status(f"estimating with {folder.name}"):
        yield
