"""One row of work, from the places that it names to the place that it writes.

How `api.photo_files.embed` goes from inputs to an output, here with places (paths and URLs) instead of paths.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from authoring import files
from authoring.api.output_names import container_of
from authoring.batch import stores
from authoring.batch.rows import Row
from authoring.depth.calibration_json import parse_calibration_json
from authoring.embed.options import options_of
from authoring.embed.reports import EmbedReport
from authoring.embed.steps import embed
from authoring.errors import DepthauthorError, RefusedError, about
from authoring.maps.load import parse_map_source


def embed_row(row: Row, *, overwrite: bool, begun: bool) -> tuple[EmbedReport, str]:
    """Do a row; give its report and the SHA-256 of what was published.

    begun: nothing lay at the output when the row was handed out. What lies there now a worker of this batch may have
    published before it died; so it stands if it is, byte for byte, what this row gives.
    """
    options = dict(row.options)
    try:
        options["container"] = container_of(
            row.output, stores.name_of(row.output).suffix, options.get("container")
        )
        _read_aside(options)
        photo = stores.read(row.photo)
        with about("map"):
            options.setdefault("map_name", stores.name_of(row.map).name)
            source = parse_map_source(stores.read(row.map), options.get("key"), options.get("frame"))
        stores.refuse_same(row.output, inputs_of(row)[:2])
        if not begun:
            refuse_existing(row.output, overwrite)
        edited = embed(photo, source, options_of(**options, encoder_threads=1))
        digest = hashlib.sha256()
        for chunk in edited.chunks:
            digest.update(chunk)
        sha256 = digest.hexdigest()
        try:
            stores.write(row.output, edited.chunks, overwrite=overwrite)
        except RefusedError:
            if not begun or stores.digest(row.output) != sha256:
                raise
        return replace(edited.report, output=row.output), sha256
    except DepthauthorError as error:
        subjects = {"photo": row.photo, "map": row.map, "donor": row.options.get("donor")}
        place = subjects.get(error.subject or "")
        if place:
            files.add_name(error, place)
        raise


def inputs_of(row: Row) -> list[str]:
    """The places a row is made from: photo, map, and where named the donor and the calibration file."""
    donor, calibration = row.options.get("donor"), row.options.get("calibration")
    return [row.photo, row.map, *filter(None, (donor, calibration if _is_file(calibration) else None))]


def refuse_existing(output: str, overwrite: bool) -> None:
    """RefusedError where an output is taken: said before a photo is decoded for nothing."""
    path = stores.local_path(output)
    if path is not None:
        files.refuse_existing(path, overwrite)
    elif not overwrite and stores.exists(output):
        raise RefusedError(f"{output}: {files.EXISTS}")


def _read_aside(options: dict[str, Any]) -> None:
    """Put the calibration and the donor that options name in the places of their names."""
    if _is_file(options.get("calibration")):
        with files.named(options["calibration"]):
            options["calibration"] = parse_calibration_json(stores.read(options["calibration"]))
    if options.get("donor"):
        options["donor"] = stores.read(options["donor"])


def _is_file(calibration: str | None) -> bool:
    """Whether the option is a file's name and no word such as `exif`."""
    return calibration is not None and "." in calibration
