"""Embed one row of a batch: read the places that it names, embed, write the output.

The same steps as `api.photo_files.embed`, with places (paths and URLs) instead of paths.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from authoring import files
from authoring.api.output_names import container_of
from authoring.batch import stores
from authoring.batch.rows import BatchRow, inputs_of, is_file
from authoring.depth.calibration_json import parse_calibration_json
from authoring.embed.embed_options import options_of
from authoring.embed.reports import EmbedReport
from authoring.embed.steps import embed
from authoring.errors import DepthauthorError, RefusedError, about
from authoring.files import Buffer


def embed_row(
    row: BatchRow, *, overwrite: bool, begun: bool, owner: str = "", dry_run: bool = False
) -> tuple[EmbedReport, str]:
    """Embed one row; return its report and the SHA-256 of the output.

    begun: no file was at the output when the row was submitted. A file that is there now may have been written by a
    worker of this batch that died; it is kept if it is, byte for byte, what this row gives. owner: the batch, as the
    names of its temporary files have it.
    """
    options = dict(row.options)
    try:
        options["container"] = container_of(
            row.output, stores.name_of(row.output).suffix, options.get("container")
        )
        _read_option_files(options)
        photo = stores.read(row.photo)
        options.setdefault("photo_name", stores.name_of(row.photo).name)
        with about("map"):
            options.setdefault("map_name", stores.name_of(row.map).name)
            depth = stores.read(row.map)
        stores.refuse_same(row.output, inputs_of(row))
        if not begun:
            stores.refuse_existing(row.output, overwrite)
        # A job is one processor: an encoder with more threads would only compete with the other jobs.
        edited = embed(photo, depth, options_of(**options, encoder_threads=1))
    except DepthauthorError as error:
        subjects = {"photo": row.photo, "map": row.map, "donor": row.options.get("donor")}
        place = subjects.get(error.subject or "")
        if place:
            files.add_name(error, place)
        raise
    if dry_run:
        return edited.report, ""
    sha256 = _digest(edited.chunks)
    try:
        stores.write(row.output, edited.chunks, overwrite=overwrite, owner=owner, inputs=inputs_of(row))
    except RefusedError:
        if not begun or stores.digest(row.output) != sha256:
            raise
    return replace(edited.report, output=row.output), sha256


def _digest(chunks: Iterable[Buffer]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _read_option_files(options: dict[str, Any]) -> None:
    """Replace the names of the calibration file and the donor by what they hold."""
    if is_file(options.get("calibration")):
        with files.named(options["calibration"]):
            options["calibration"] = parse_calibration_json(stores.read(options["calibration"]))
    if options.get("donor"):
        options["donor"] = stores.read(options["donor"])
