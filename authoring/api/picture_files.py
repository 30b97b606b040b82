"""Write pictures of photos with depth to files: `preview`, `contact_sheet`, `refocus`."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from authoring.api import scene_input
from authoring.api.inputs import MapInputSource, PathLike, PhotoSource, map_input, photo_input
from authoring.api.output_names import output_path
from authoring.errors import DepthauthorError, UsageError
from authoring.views import preview as previewing
from authoring.views import refocus as refocusing
from authoring.views.preview import DEFAULT_WIDTH, PreviewReport, SheetReport
from authoring.views.refocus import RefocusReport
from authoring.views.scene import Scene

if TYPE_CHECKING:
    from PIL.Image import Image

    from authoring.api.keywords import MapKeywords


def preview(
    photo: PhotoSource,
    depth: MapInputSource | None = None,
    *,
    output: PathLike | None = None,
    overlay: bool = False,
    width: int = DEFAULT_WIDTH,
    overwrite: bool = False,
    **options: Unpack[MapKeywords],
) -> PreviewReport:
    """Write a picture of a photo beside its depth, with a legend; with `overlay` the depth's edges over the photo.

    - depth: None for the photo's own; else a map as for `embed`, with the options that say what it means.
    - output: .png or .jpg; None writes NAME-preview.png, or NAME-overlay.png, beside the photo.

    For example:

        depthauthor.preview("photo.jpg", "mask.png", near=0.3, far=5, output="preview.png")
    """
    given, given_map = photo_input(photo), None if depth is None else map_input(depth)
    target = output_path(given.path, output, "overlay" if overlay else "preview", ".png")
    picture_format = scene_input.picture_format(target, "png")
    scene_input.check_output(target, [given, given_map], overwrite)
    previewing.check_width(width)
    needed = previewing.needed_for_page(width, overlay=overlay)
    scene = scene_input.load_input(given, given_map, dict(options), needed)
    map_name = given_map.origin.name if given_map and given_map.origin else None
    with scene_input.naming(given, given_map):
        data, report = previewing.preview(
            scene,
            f"{given.name} and {map_name}" if map_name else given.name,
            width=width,
            overlay=overlay,
            picture_format=picture_format,
        )
    scene_input.write(target, [data], [given, given_map], overwrite)
    name_of = scene_input.name_of
    return replace(report, file=name_of(given), map_file=name_of(given_map), output=str(target))


def preview_image(
    photo: PhotoSource,
    depth: MapInputSource | None = None,
    *,
    overlay: bool = False,
    width: int = DEFAULT_WIDTH,
    **options: Unpack[MapKeywords],
) -> Image:
    """Return the picture of `preview` as a PIL image; nothing is written.

    For example:

        image = depthauthor.preview_image("portrait.heic", width=800)
    """
    given, given_map = photo_input(photo), None if depth is None else map_input(depth)
    previewing.check_width(width)
    needed = previewing.needed_for_page(width, overlay=overlay)
    scene = scene_input.load_input(given, given_map, dict(options), needed)
    with scene_input.naming(given, given_map):
        data, _ = previewing.preview(scene, given.name, width=width, overlay=overlay, picture_format="png")
    return _opened(data)


def _opened(data: bytes) -> Image:
    from PIL import Image as pictures

    image = pictures.open(io.BytesIO(data))
    image.load()
    return image


def contact_sheet(
    photos: Iterable[PathLike],
    *,
    output: PathLike,
    width: int = DEFAULT_WIDTH,
    overwrite: bool = False,
) -> SheetReport:
    """Write one picture of many photos, each beside its depth; for a photo without depth it says why.

    For example:

        depthauthor.contact_sheet(["portrait.heic"], output="sheet.png")
    """
    paths = [Path(photo) for photo in photos]
    if not paths:
        raise UsageError("a contact sheet needs at least one photo")
    target = Path(output)
    picture_format = scene_input.picture_format(target, "png")
    inputs = [photo_input(path) for path in paths]
    scene_input.check_output(target, inputs, overwrite)
    previewing.check_width(width)
    needed = previewing.needed_for_sheet(width)

    def scenes() -> Iterator[tuple[str, Scene | str]]:
        for path, given in zip(paths, inputs, strict=True):
            try:
                yield path.name, scene_input.load_input(given, None, {}, needed)
            except DepthauthorError as error:
                yield path.name, error.message.removeprefix(f"{path}: ")

    data, report = previewing.contact_sheet(scenes(), width=width, picture_format=picture_format)
    scene_input.write(target, [data], inputs, overwrite)
    entries = tuple(replace(entry, file=str(path)) for entry, path in zip(report.photos, paths, strict=True))
    return replace(report, photos=entries, output=str(target))


def refocus(
    photo: PhotoSource,
    depth: MapInputSource | None = None,
    *,
    output: PathLike | None = None,
    aperture: float | None = None,
    focus: tuple[float, float] | None = None,
    strength: float = 1.0,
    overwrite: bool = False,
    **options: Unpack[MapKeywords],
) -> RefocusReport:
    """Write the photo as a lens of the chosen aperture would have taken it: our own simulation, not Apple's.

    depth: None for the photo's own; else a map as for `preview`. focus: (x, y), 0..1 of the upright photo. The result
    is upright, in the photo's colours, and carries nothing else of its metadata. output: .png or .jpg; None writes
    NAME-refocus.jpg beside the photo.

    For example:

        depthauthor.refocus("portrait.heic", aperture=1.8, focus=(0.4, 0.6), output="refocus.jpg")
    """
    given, given_map = photo_input(photo), None if depth is None else map_input(depth)
    target = output_path(given.path, output, "refocus", ".jpg")
    picture_format = scene_input.picture_format(target, "jpeg")
    scene_input.check_output(target, [given, given_map], overwrite)
    scene = scene_input.load_input(given, given_map, dict(options))
    with scene_input.naming(given, given_map):
        data, report = refocusing.refocus(
            scene, aperture=aperture, focus=focus, strength=strength, picture_format=picture_format
        )
    scene_input.write(target, [data], [given, given_map], overwrite)
    name_of = scene_input.name_of
    return replace(report, file=name_of(given), map_file=name_of(given_map), output=str(target))


def refocus_image(
    photo: PhotoSource,
    depth: MapInputSource | None = None,
    *,
    aperture: float | None = None,
    focus: tuple[float, float] | None = None,
    strength: float = 1.0,
    **options: Unpack[MapKeywords],
) -> Image:
    """Return the picture of `refocus` as a PIL image, upright, with the photo's colour profile; nothing is written.

    For example:

        image = depthauthor.refocus_image("portrait.heic", aperture=1.8)
    """
    given, given_map = photo_input(photo), None if depth is None else map_input(depth)
    scene = scene_input.load_input(given, given_map, dict(options))
    with scene_input.naming(given, given_map):
        data, _ = refocusing.refocus(
            scene, aperture=aperture, focus=focus, strength=strength, picture_format="png"
        )
    return _opened(data)
