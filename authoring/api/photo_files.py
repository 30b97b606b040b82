"""Define the public functions on photo files and photo bytes: read, do, write.

Each function imports what it needs: `inspect` starts without numpy.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from authoring import files
from authoring.api.output_names import CONTAINER_OF_SUFFIX, container_of, output_path, suffix_for
from authoring.errors import UsageError, about

if TYPE_CHECKING:
    from authoring.codecs.maps.formats import MapFormat
    from authoring.containers.base import ContainerName
    from authoring.depth.buffer import DepthBuffer
    from authoring.embed.reports import EditedPhoto, EmbedReport
    from authoring.embed.strip import StripReport
    from authoring.maps.load import MapSource
    from authoring.read.depth_image import RasterName
    from authoring.read.extract import ExtractReport
    from authoring.read.inspect import InspectReport

PathLike: TypeAlias = str | os.PathLike[str]

FORMAT_OF_SUFFIX: dict[str, MapFormat] = {
    ".npy": "npy",
    ".npz": "npz",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".pfm": "pfm",
    ".exr": "exr",
}


def embed_bytes(photo: bytes, depth: MapSource, **options: Any) -> bytes:
    """Put a map into a photo given as bytes; see `embed.steps.embed` for what a map can be.

    A bare float array (H, W) holds metres if nothing speaks against it, upright as the photo is displayed. Options are
    those of `EmbedOptions`.
    """
    from authoring.embed.embed_options import options_of
    from authoring.embed.steps import embed

    return embed(photo, depth, options_of(**options)).data


def embed(
    photo: PathLike,
    depth: MapSource | PathLike,
    *,
    output: PathLike | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    **options: Any,
) -> EmbedReport:
    """Put a map (a file or an array) into a photo file and write a new file.

    output: its extension chooses the container; None writes `NAME-depth.EXT` in the photo's folder, in the photo's own
    container. The photo itself is never overwritten.
    """
    from authoring.embed import steps
    from authoring.embed.embed_options import options_of

    photo = Path(photo)
    source_path = Path(depth) if isinstance(depth, str | os.PathLike) else None
    donor, calibration = _read_aside(options)
    with files.naming(photo=photo, map=source_path, donor=donor):
        photo_bytes = files.read_file(photo)
        with about("map"):
            source = files.read_file(source_path) if source_path else depth
        assert not isinstance(source, str | os.PathLike)
        if source_path:
            options.setdefault("map_name", source_path.name)  # A hint to the map's meaning.
        target, options["container"] = _target(photo, photo_bytes, output, options.get("container"))
        files.refuse_same(target, [path for path in (photo, source_path, donor, calibration) if path])
        if not dry_run:
            files.refuse_existing(target, overwrite)
        edited = steps.embed(photo_bytes, source, options_of(**options))
    return _write(edited, target, overwrite=overwrite, dry_run=dry_run)


def copy(
    source: PathLike,
    photo: PathLike,
    *,
    output: PathLike | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    **options: Any,
) -> EmbedReport:
    """Put the depth of one photo file into another and write a new file; see `embed` for the options."""
    from authoring.embed import steps
    from authoring.embed.embed_options import options_of

    source, photo = Path(source), Path(photo)
    donor, calibration = _read_aside(options)
    with files.naming(photo=photo, source=source, donor=donor):
        source_bytes, photo_bytes = files.read_file(source), files.read_file(photo)
        target, options["container"] = _target(photo, photo_bytes, output, options.get("container"))
        files.refuse_same(target, [path for path in (photo, source, donor, calibration) if path])
        if not dry_run:
            files.refuse_existing(target, overwrite)
        edited = steps.copy(source_bytes, photo_bytes, options_of(**options))
    return _write(edited, target, overwrite=overwrite, dry_run=dry_run)


def strip(
    photo: PathLike,
    *,
    output: PathLike,
    restore: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
) -> StripReport:
    """Write a copy of a photo file without its depth map; with `restore` its metadata is as before the embed, too."""
    from authoring.embed.strip import strip

    photo, output = Path(photo), Path(output)
    with files.naming(photo=photo):
        data = files.read_file(photo)
        files.refuse_same(output, [photo])
        edited = strip(data, restore=restore)
        wanted = CONTAINER_OF_SUFFIX.get(output.suffix.lower())
        if wanted and wanted != edited.report.container:
            raise UsageError(
                f"the photo is {edited.report.container} and strip keeps its container; "
                f"{output.name} has the extension of another one"
            )
    if not dry_run:
        files.write_file(output, edited.chunks, overwrite=overwrite)
    return replace(edited.report, output=None if dry_run else str(output))


def inspect(photo: PathLike) -> InspectReport:
    """Report what a photo file holds."""
    from authoring.read.inspect import inspect

    photo = Path(photo)
    with files.naming(photo=photo):
        return replace(inspect(files.read_file(photo)), file=str(photo))


def extract(photo: PathLike, *, orientation: RasterName = "display") -> DepthBuffer:
    """Return the depth of a photo file: a `DepthBuffer` (H, W) with `.depth_m()` and `.disparity_per_m()`."""
    from authoring.read.extract import extract

    photo = Path(photo)
    with files.naming(photo=photo):
        return extract(files.read_file(photo), orientation)


def extract_bytes(photo: bytes, *, orientation: RasterName = "display") -> DepthBuffer:
    """Return the depth of a photo given as bytes."""
    from authoring.read.extract import extract

    return extract(photo, orientation)


def extract_file(
    photo: PathLike,
    output: PathLike,
    *,
    format: MapFormat | None = None,
    kind: Literal["depth", "disparity"] = "depth",
    orientation: RasterName = "display",
    metadata: bool = False,
    overwrite: bool = False,
) -> ExtractReport:
    """Write the depth of a photo file as NPY, NPZ, PFM, OpenEXR, float TIFF or 16-bit PNG; the extension chooses.

    kind: metres, or 1/m. Every file says which it holds, so that `embed` needs no options for it; NPY and PFM have no
    room for that, and a disparity is written as NAME.disparity.npy or NAME.disparity.pfm.
    metadata: also write `OUTPUT.json` with the report, the XMP properties of photo and depth, and the calibration.
    """
    from authoring.codecs.maps.formats import marked_name
    from authoring.read import extract as extracting

    photo, output = Path(photo), Path(output)
    chosen = format or FORMAT_OF_SUFFIX.get(output.suffix.lower())
    if chosen is None:
        raise UsageError(f"{output}: unsupported map format; use .npy, .npz, .png, .tiff, .pfm or .exr")
    if output != files.STANDARD_STREAM:
        output = output.with_name(marked_name(output.name, kind, chosen))
    with files.naming(photo=photo):
        data = files.read_file(photo)
        files.refuse_same(output, [photo])
        result, report = extracting.extract_file(data, chosen, kind, orientation)
        metadata_path = output.with_name(f"{output.name}.json")
        if metadata:
            if output == files.STANDARD_STREAM:
                raise UsageError(
                    "the metadata goes into a file named after the map, but the map goes to standard output"
                )
            files.refuse_existing(metadata_path, overwrite)
    files.write_file(output, [result], overwrite=overwrite)
    report = replace(report, file=str(photo), output=str(output))
    if metadata:
        text = extracting.metadata_json(data, report)
        files.write_file(metadata_path, [text], overwrite=overwrite)
    return report


def dictionary(photo: PathLike, output: PathLike, *, overwrite: bool = False) -> dict[str, Any]:
    """Write the auxiliary data dictionary of a photo file's depth as a property list; report what is in it.

    An output that ends in .json gets the same as JSON, its bytes as base64.
    """
    from authoring.apple.dictionary import build_json, build_plist
    from authoring.depth.buffer import PixelFormat
    from authoring.read.extract import dictionary_bound, dictionary_of, read

    photo, output = Path(photo), Path(output)
    with files.naming(photo=photo):
        data = files.read_file(photo)
        files.refuse_same(output, [photo])
        reading = read(data)
        auxiliary = dictionary_of(reading)
    build = build_json if output.suffix.lower() == ".json" else build_plist
    files.write_file(output, [build(auxiliary)], overwrite=overwrite)
    description = auxiliary.data_description
    return {
        "schema": "depthauthor/dictionary/1",
        "file": str(photo),
        "output": str(output),
        "auxiliary_type": auxiliary.auxiliary_type,
        "pixel_format": PixelFormat.from_fourcc(description.pixel_format).value,
        "width": description.width,
        "height": description.height,
        "bytes_per_row": description.bytes_per_row,
        "properties": len(auxiliary.metadata),
        "unit": reading.plane.pixel_format.unit,
        "bound": dictionary_bound(reading),
    }


def _read_aside(options: dict[str, Any]) -> tuple[Path | None, Path | None]:
    """Read the donor and the calibration file that the options name, in place; return their paths."""
    calibration, donor = options.get("calibration"), options.get("donor")
    read_calibration = read_donor = None
    if isinstance(calibration, os.PathLike) or (isinstance(calibration, str) and "." in calibration):
        read_calibration = Path(calibration)
        with files.named(read_calibration):
            options.update(_calibration_options(files.read_file(read_calibration), options))
    if isinstance(donor, str | os.PathLike):
        read_donor = Path(donor)
        options["donor"] = files.read_file(read_donor)
    return read_donor, read_calibration


def _calibration_options(data: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that a calibration file sets: the camera; of a stereo pair what is not given, too."""
    from authoring.depth.calibration_json import parse_calibration_json
    from authoring.depth.stereo_calibration import is_stereo_calibration, parse_stereo_calibration

    if not is_stereo_calibration(data):
        return {"calibration": parse_calibration_json(data)}
    stereo = parse_stereo_calibration(data)
    read = {"focal_px": stereo.focal_px, "baseline": stereo.baseline_m, "doffs": stereo.doffs}
    given = {name: options[name] if options.get(name) is not None else value for name, value in read.items()}
    return {"calibration": stereo.calibration, "stereo_width": stereo.calibration.reference_width_px, **given}


def _target(
    photo: Path, data: bytes, output: PathLike | None, container: ContainerName | None
) -> tuple[Path, ContainerName | None]:
    """Return the output path and the container: the extension decides, else the option, else the photo itself."""
    own: ContainerName = "jpeg" if data.startswith(b"\xff\xd8") else "heic"
    target = output_path(photo, output, "depth", suffix_for(photo, container or own))
    if output is None or target == files.STANDARD_STREAM:
        return target, container
    return target, container_of(str(target), target.suffix, container)


def _write(edited: EditedPhoto[EmbedReport], target: Path, *, overwrite: bool, dry_run: bool) -> EmbedReport:
    """Write an edited photo; return its report, with the output's name where it was written."""
    if dry_run:
        return edited.report
    files.write_file(target, edited.chunks, overwrite=overwrite)
    return replace(edited.report, output=str(target))
