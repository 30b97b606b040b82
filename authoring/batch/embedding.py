"""Embed one row of a batch: read the places that it names, embed, write the output.

The same steps as `api.photo_files.embed`, with places (paths and URLs) instead of paths.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from authoring import containers, files
from authoring.api.estimate_files import log_sentence, map_of_photo
from authoring.api.output_names import container_of
from authoring.apple.provenance import Provenance, read_provenance
from authoring.batch import stores
from authoring.batch.rows import BatchRow, inputs_of, is_file
from authoring.depth.calibration_json import parse_calibration_json
from authoring.embed.embed_options import options_of
from authoring.embed.reports import EmbedReport
from authoring.embed.steps import MapOfPhoto, embed
from authoring.embed.strip import strip
from authoring.errors import DepthauthorError, RefusedError, about
from authoring.files import Buffer
from authoring.read.depth_image import read_depth


def embed_row(
    row: BatchRow, *, overwrite: bool, begun: bool, owner: str = "", dry_run: bool = False
) -> tuple[EmbedReport, str]:
    """Embed one row; return its report and the SHA-256 of the output.

    begun: no file was at the output when the row was submitted. A file that is there now may have been written by a
    worker of this batch that died; it is kept if it is, byte for byte, what this row gives. An estimate depends in its
    last bits on the processor, on the number of threads and on the libraries' versions, and one more or less in a code
    of the map is another file. So the file of an estimate is also kept if it is the same photo with an estimate of the
    same network, and the digest is that of the file. owner: the batch, as the names of its temporary files have it.
    """
    options = dict(row.options)
    try:
        options["container"] = container_of(
            row.output, stores.name_of(row.output).suffix, options.get("container")
        )
        _read_option_files(options)
        photo = stores.read(row.photo)
        options.setdefault("photo_name", stores.name_of(row.photo).name)
        depth = _map_of(row, options)
        stores.refuse_same(row.output, inputs_of(row))
        if not begun:
            stores.refuse_existing(row.output, overwrite)
        # A job is one processor: an encoder with more threads would only compete with the other jobs.
        edited = embed(photo, depth, options_of(**options, encoder_threads=1))
    except DepthauthorError as error:
        subjects = {"photo": row.photo, "map": row.map or row.photo, "donor": row.options.get("donor")}
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
        there = stores.digest(row.output) if begun else None
        if there is None or not (there == sha256 or (row.estimate and _is_same_estimate(row, edited.data))):
            raise
        sha256 = there
    return replace(edited.report, output=row.output), sha256


def load_ahead(row: BatchRow) -> None:
    """Load the network of a row into this process, if it is not there yet; why it cannot be loaded the row will say."""
    if row.estimate is not None:
        from authoring.estimate.estimate import network_of

        with contextlib.suppress(Exception):
            network_of(row.estimate, log_sentence)


def _map_of(row: BatchRow, options: dict[str, Any]) -> bytes | MapOfPhoto:
    """Return the bytes of a row's map, whose name becomes an option, or what estimates it."""
    if row.estimate is not None:
        return map_of_photo(row.estimate)
    with about("map"):
        options.setdefault("map_name", stores.name_of(row.map).name)
        return stores.read(row.map)


def _is_same_estimate(row: BatchRow, data: bytes) -> bool:
    """Return whether the file at the output is the same photo as this result, with depth by the same network."""
    there = stores.read(row.output)
    try:
        return _origin_of(there) == _origin_of(data) and _without_depth(there) == _without_depth(data)
    except DepthauthorError:
        return False


def _origin_of(data: bytes) -> Provenance | None:
    """Return who wrote the depth in a file and from what, without the records of the edits."""
    provenance = read_provenance(read_depth(containers.parse(data)).tree)
    return provenance and replace(provenance, undo=b"", restore=b"")


def _without_depth(data: bytes) -> bytes:
    """Return the photo before the embed; with its portrait metadata if there is no record to restore from."""
    try:
        return strip(data, restore=True).data
    except RefusedError:
        return strip(data).data


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
