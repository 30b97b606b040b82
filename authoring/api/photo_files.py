"""Define the public functions on photo files and photo bytes: read, do, write.

Each function imports what it needs: `inspect` starts without numpy.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from authoring import files
from authoring.api.inputs import (
    MapInput,
    MapInputSource,
    PathLike,
    PhotoSource,
    map_input,
    photo_input,
    read_aside,
)
from authoring.api.output_names import CONTAINER_OF_SUFFIX, container_of, map_output, output_path, suffix_for
from authoring.errors import UsageError
from authoring.estimate.estimate_options import EstimateOptions

if TYPE_CHECKING:
    from authoring.api.keywords import EmbedKeywords
    from authoring.codecs.maps.formats import MapFormat
    from authoring.codecs.photo import DecodedPhoto
    from authoring.containers.base import ContainerName
    from authoring.depth.buffer import DepthBuffer
    from authoring.embed.reports import EditedPhoto, EmbedReport
    from authoring.embed.strip import StripReport
    from authoring.read.depth_image import RasterName
    from authoring.read.extract import ExtractReport
    from authoring.read.inspect import InspectReport


def embed_bytes(photo: PhotoSource, depth: MapInputSource, **options: Unpack[EmbedKeywords]) -> bytes:
    """Put a map into a photo and return the new file's bytes; photo, map and options are those of `embed`.

    For example:

        with open("photo.jpg", "rb") as file:
            data = depthauthor.embed_bytes(file, depth_m, unit="m", container="heic")
    """
    from authoring.api.embedder import Embedder

    return Embedder(**options)(photo, depth)


def embed(
    photo: PhotoSource,
    depth: MapInputSource | EstimateOptions,
    *,
    output: PathLike | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    **options: Unpack[EmbedKeywords],
) -> EmbedReport:
    """Put a map into a photo and write a new file.

    - photo: a path, bytes, a file opened in binary mode, or a PIL image, whose pixels are encoded.
    - depth: a path, bytes, an array or tensor (H, W), a PIL image, a list of rows, what a depth network returns, or the
      result of `estimate`. A bare float array holds metres if nothing speaks against it, upright as the photo is
      displayed.
    - output: its extension chooses the container; None writes `NAME-depth.EXT` in the photo's folder, in the photo's
      own container, and is for a photo given as a path. The photo itself is never overwritten.

    Options (`authoring.api.keywords.EmbedKeywords` has all, as `depthauthor embed --help` has):

    - gray maps: near, far (metres, 0 < near < far), white ("far" or "near"), spacing ("depth" or "disparity")
    - values: kind ("depth" in m, "disparity" in 1/m, …), unit ("m", "mm", "m*256"), preset, invalid, clip, key, frame
    - the camera: calibration, fov (degrees), focal_mm (35 mm equivalent), focal_px (pixels of the map)
    - the portrait: profile, donor, aperture (f-number), focus (x, y of 0 to 1), maker_note, already_blurred
    - the result: native_format ("hdis", …), max_size (pixels), lossless, replace, container, quality,
      tone_map, effort

    Raises UsageError for options and types, MalformedError and UnsupportedError for files, RefusedError where something
    would be lost; all of them are `DepthauthorError`.

    For example:

        report = depthauthor.embed("photo.jpg", "mask.png", output="out.heic", near=0.3, far=5)
        print(report.level, report.max_error, report.warnings)
    """
    from authoring.api.estimate_files import map_of_photo
    from authoring.embed import steps
    from authoring.embed.embed_options import options_of

    given, estimate = photo_input(photo), depth if isinstance(depth, EstimateOptions) else None
    given_map = MapInput(None, None, None) if isinstance(depth, EstimateOptions) else map_input(depth)
    keywords: dict[str, Any] = dict(options)
    donor, calibration = read_aside(keywords)
    with files.naming(photo=given.origin, map=given_map.origin, donor=donor):
        photo_data = given.read_or_decode()
        source = map_of_photo(estimate) if estimate else given_map.read()
        if given_map.origin:
            keywords.setdefault("map_name", given_map.origin.name)  # A hint to the map's meaning.
        if given.origin:
            keywords.setdefault("photo_name", given.origin.name)
        target, keywords["container"] = _target(given.path, photo_data, output, keywords.get("container"))
        inputs = [path for path in (given.origin, given_map.origin, donor, calibration) if path]
        files.refuse_same(target, inputs)
        if not dry_run:
            files.refuse_existing(target, overwrite)
        edited = steps.embed(photo_data, source, options_of(**keywords))
    return _write(edited, target, inputs, overwrite=overwrite, dry_run=dry_run)


def copy(
    source: PhotoSource,
    photo: PhotoSource,
    *,
    output: PathLike | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    **options: Unpack[EmbedKeywords],
) -> EmbedReport:
    """Put the depth of one photo into another and write a new file; see `embed` for the options.

    For example:

        depthauthor.copy("portrait.heic", "photo.jpg", output="copied.jpg")
    """
    from authoring.embed import steps
    from authoring.embed.embed_options import options_of

    origin, given = photo_input(source), photo_input(photo)
    keywords: dict[str, Any] = dict(options)
    donor, calibration = read_aside(keywords)
    with files.naming(photo=given.origin, source=origin.origin, donor=donor):
        source_bytes, photo_data = origin.read(), given.read_or_decode()
        target, keywords["container"] = _target(given.path, photo_data, output, keywords.get("container"))
        inputs = [path for path in (given.origin, origin.origin, donor, calibration) if path]
        files.refuse_same(target, inputs)
        if not dry_run:
            files.refuse_existing(target, overwrite)
        edited = steps.copy(source_bytes, photo_data, options_of(**keywords))
    return _write(edited, target, inputs, overwrite=overwrite, dry_run=dry_run)


def strip(
    photo: PhotoSource,
    *,
    output: PathLike,
    restore: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
) -> StripReport:
    """Write a copy of a photo file without its depth map; with `restore` its metadata is as before the embed, too.

    For example:

        depthauthor.strip("portrait.heic", output="plain.heic", restore=True)
    """
    from authoring.embed.strip import strip

    given, output = photo_input(photo), Path(output)
    with files.naming(photo=given.origin):
        data = given.read()
        files.refuse_same(output, [given.origin] if given.origin else [])
        edited = strip(data, restore=restore)
        wanted = CONTAINER_OF_SUFFIX.get(output.suffix.lower())
        if wanted and wanted != edited.report.container:
            raise UsageError(
                f"the photo is {edited.report.container} and strip keeps its container; "
                f"{output.name} has the extension of another one"
            )
    if not dry_run:
        files.write_file(output, edited.chunks, overwrite=overwrite, inputs=[given.origin])
    return replace(edited.report, output=None if dry_run else str(output))


def strip_bytes(photo: PhotoSource, *, restore: bool = False) -> bytes:
    """Return a photo's bytes without its depth map; with `restore` its metadata is as before the embed, too.

    For example:

        data = depthauthor.strip_bytes("portrait.heic")
    """
    from authoring.embed.strip import strip

    given = photo_input(photo)
    with files.naming(photo=given.origin):
        return strip(given.read(), restore=restore).data


def inspect(photo: PhotoSource) -> InspectReport:
    """Report what a photo file holds.

    For example:

        report = depthauthor.inspect("portrait.heic")
        print(report.depth.kind, report.to_json())
    """
    from authoring.read.inspect import inspect

    given = photo_input(photo)
    with files.naming(photo=given.origin):
        return replace(inspect(given.read()), file=str(given.origin) if given.origin else None)


def extract(
    photo: PhotoSource, *, orientation: RasterName = "display", min_confidence: float | None = None
) -> DepthBuffer:
    """Return the depth of a photo: a `DepthBuffer` (H, W) with `.depth_m()` and `.disparity_per_m()`.

    min_confidence: samples of less than this share of full confidence (0 to 1) are NaN, where another maker's photo
    has a confidence map.

    For example:

        buffer = depthauthor.extract("portrait.heic")
        metres = np.asarray(buffer)  # float32, (height, width)
    """
    from authoring.read.extract import extract

    given = photo_input(photo)
    with files.naming(photo=given.origin):
        return extract(given.read(), orientation, min_confidence)


def extract_bytes(
    photo: PhotoSource, *, orientation: RasterName = "display", min_confidence: float | None = None
) -> DepthBuffer:
    """Return the depth of a photo given as bytes; the same as `extract`.

    For example:

        with open("portrait.heic", "rb") as file:
            buffer = depthauthor.extract_bytes(file.read())
    """
    return extract(photo, orientation=orientation, min_confidence=min_confidence)


def extract_file(
    photo: PhotoSource,
    output: PathLike,
    *,
    format: MapFormat | None = None,
    kind: Literal["depth", "disparity"] = "depth",
    orientation: RasterName = "display",
    min_confidence: float | None = None,
    metadata: bool = False,
    full_paths: bool = False,
    overwrite: bool = False,
) -> ExtractReport:
    """Write the depth of a photo file as NPY, NPZ, PFM, OpenEXR, float TIFF or 16-bit PNG; the extension chooses.

    - kind: metres, or 1/m. Every file says which it holds, so that `embed` needs no options for it; NPY and PFM have no
      room for that, and a disparity is written as NAME.disparity.npy or NAME.disparity.pfm.
    - metadata: also write `OUTPUT.json` with the report, the XMP properties of photo and depth, and the calibration; it
      has the names of the files, or with `full_paths` their paths as given.

    For example:

        depthauthor.extract_file("portrait.heic", "extracted.npy")
    """
    from authoring.read import extract as extracting

    given = photo_input(photo)
    output, chosen = map_output(Path(output), format, kind)
    with files.naming(photo=given.origin):
        data = given.read()
        files.refuse_same(output, [given.origin] if given.origin else [])
        result, report = extracting.extract_file(data, chosen, kind, orientation, min_confidence)
        metadata_path = output.with_name(f"{output.name}.json")
        if metadata:
            if output == files.STANDARD_STREAM:
                raise UsageError(
                    "the metadata goes into a file named after the map, but the map goes to standard output"
                )
            files.refuse_existing(metadata_path, overwrite)
    files.write_file(output, [result], overwrite=overwrite, inputs=[given.origin])
    report = replace(report, file=str(given.origin) if given.origin else None, output=str(output))
    if metadata:
        named = report if full_paths else replace(report, file=_name(given.origin), output=output.name)
        text = extracting.metadata_json(data, named)
        files.write_file(metadata_path, [text], overwrite=overwrite, inputs=[given.origin])
    return report


def dictionary(photo: PhotoSource, output: PathLike, *, overwrite: bool = False) -> dict[str, Any]:
    """Write the auxiliary data dictionary of a photo file's depth as a property list; report what is in it.

    An output that ends in .json gets the same as JSON, its bytes as base64.

    For example:

        depthauthor.dictionary("portrait.heic", "depth.plist")
    """
    from authoring.apple.dictionary import build_json, build_plist
    from authoring.depth.buffer import PixelFormat
    from authoring.read.extract import dictionary_bound, dictionary_of, read

    given, output = photo_input(photo), Path(output)
    with files.naming(photo=given.origin):
        data = given.read()
        files.refuse_same(output, [given.origin] if given.origin else [])
        reading = read(data)
        auxiliary = dictionary_of(reading)
    build = build_json if output.suffix.lower() == ".json" else build_plist
    files.write_file(output, [build(auxiliary)], overwrite=overwrite, inputs=[given.origin])
    description = auxiliary.data_description
    return {
        "schema": "depthauthor/dictionary/1",
        "file": str(given.origin) if given.origin else None,
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


def _name(path: Path | None) -> str | None:
    return path.name if path else None


def _target(
    photo: Path | None, data: bytes | DecodedPhoto, output: PathLike | None, container: ContainerName | None
) -> tuple[Path, ContainerName | None]:
    """Return the output path and the container: the extension decides, else the option, else the photo itself."""
    from authoring import containers

    own = (containers.name_of(data) if isinstance(data, bytes) else None) or "heic"
    target = output_path(photo, output, "depth", suffix_for(photo, container or own))
    if output is None or target == files.STANDARD_STREAM:
        return target, container
    return target, container_of(str(target), target.suffix, container)


def _write(
    edited: EditedPhoto[EmbedReport], target: Path, inputs: list[Path], *, overwrite: bool, dry_run: bool
) -> EmbedReport:
    """Write an edited photo; return its report, with the output's name where it was written."""
    if dry_run:
        return edited.report
    files.write_file(target, edited.chunks, overwrite=overwrite, inputs=inputs)
    return replace(edited.report, output=str(target))
