"""Run each view on a damaged photo and check what it made: pictures, points, pages, dictionaries."""

from __future__ import annotations

import contextlib
import io
import json
import re
from functools import cache

import numpy as np

from authoring.apple.dictionary import build_json, build_plist, parse_json, parse_plist
from authoring.embed.reports import Size
from authoring.errors import DepthauthorError
from authoring.maps.load import load_map, parse_map_source
from authoring.maps.map_options import MapOptions
from authoring.read.extract import dictionary_bound, dictionary_of, read
from authoring.views.cloud_samples import CloudOptions
from authoring.views.pointcloud import CloudFormat, pointcloud, pointcloud_file
from authoring.views.preview import WIDTHS, contact_sheet, preview
from authoring.views.refocus import refocus, refocused_pixels
from authoring.views.scene import Scene, load_scene, load_scene_with_map
from authoring.views.viewer import view
from fuzz import seeds
from fuzz.operations import check_report, no_number, photo_of
from fuzz.parsers import promise

NAME = 'a "photo" of <b>&.heic'
"""A title that a page must escape."""

CLOUD_FILES: tuple[tuple[CloudFormat, bool], ...] = (
    ("ply", False),
    ("pcd", False),
    ("ply", True),
    ("glb", True),
)
"""Formats of `pointcloud`, and whether they hold a mesh."""

_DATA = re.compile(rb'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)


@cache
def good_scene() -> Scene:
    """Return the scene of a valid portrait."""
    return load_scene(seeds.heif_with_depth()[0])


def previewing(data: bytes) -> None:
    """Run `preview` with and without `--overlay`."""
    _preview(load_scene(data))


def _preview(scene: Scene) -> None:
    for overlay in (False, True):
        picture, report = preview(scene, NAME, width=WIDTHS[0], overlay=overlay)
        check_report(report, "preview")
        _check_picture(picture, report.picture)


def _check_picture(data: bytes, size: Size) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        promise(picture.size == (size.width, size.height), "the picture does not have the reported size")


def contact_sheeting(data: bytes) -> None:
    """Run `preview --contact-sheet` on the damaged photo and a valid one."""
    try:
        scene: Scene | str = load_scene(data)
    except DepthauthorError as error:
        scene = error.message
    picture, report = contact_sheet([(NAME, scene), ("good.heic", good_scene())], width=WIDTHS[0])
    check_report(report, "contact-sheet")
    _check_picture(picture, report.picture)
    promise(len(report.photos) == 2 and report.photos[1].error is None, "a contact sheet lost a photo")
    if isinstance(scene, str):
        raise_again(scene)


def raise_again(message: str) -> None:
    """Raise a sentence as our error, so that the harness judges it as any other."""
    raise DepthauthorError(message)


def refocusing(data: bytes) -> None:
    """Run `refocus`; a lens of no strength must leave the photo's pixels as they are."""
    _refocus(load_scene(data))


def _refocus(scene: Scene) -> None:
    picture, report = refocus(scene, aperture=1.4, picture_format="png")
    check_report(report, "refocus")
    _check_picture(picture, report.picture)
    sharp, _ = refocused_pixels(scene, strength=0.0, focus=(0.5, 0.5))
    promise(np.array_equal(sharp, scene.pixels), "a lens of no strength changed the photo")


def clouding(data: bytes) -> None:
    """Run `pointcloud`: as arrays, as files of each format, and with one point for each pixel of the photo."""
    _cloud(load_scene(data))


def _cloud(scene: Scene) -> None:
    cloud = pointcloud(scene, CloudOptions(remove_edges=True, resolution="photo"))
    promise(
        len(cloud.points) == len(cloud.colours) > 0 and bool(np.isfinite(cloud.points).all()),
        "a point has no place or no colour",
    )
    for file_format, mesh in CLOUD_FILES:
        with contextlib.suppress(DepthauthorError):
            _cloud_file(scene, file_format, mesh)


def _cloud_file(scene: Scene, file_format: CloudFormat, mesh: bool) -> None:
    chunks, report = pointcloud_file(scene, file_format, mesh=mesh)
    check_report(report, "pointcloud")
    data = b"".join(chunks)
    left_out = report.left_out
    samples = report.points + left_out.infinite + left_out.unknown + left_out.out_of_range + left_out.edges
    if not mesh:
        promise(samples == report.map_width * report.map_height, "samples are neither points nor left out")
    if file_format == "glb":
        promise(int.from_bytes(data[8:12], "little") == len(data), "the GLB states another length")
    elif file_format == "ply":
        head, _, body = data.partition(b"end_header\n")
        promise(f"element vertex {report.points}\n".encode() in head, "the PLY states other points")
        if not mesh:
            promise(len(body) == 15 * report.points, "the PLY has another length")


def viewing(data: bytes) -> None:
    """Run `view`; the page must escape the name, and hold its data as JSON."""
    page, report = view(data, NAME)
    check_report(report, "view")
    promise(report.bytes == len(page), "the page does not have the reported length")
    promise(b"<b>" not in page, "the page holds a name as markup")
    blocks = _DATA.findall(page)
    promise(bool(blocks), "the page has no data")
    for block in blocks:
        json.loads(block, parse_constant=no_number)


def describing(data: bytes) -> None:
    """Run `dictionary`: both forms are twins, and the dictionary read as a map gives the depth."""
    reading = read(data)
    auxiliary = dictionary_of(reading)
    plist = build_plist(auxiliary)
    promise(parse_plist(plist) == auxiliary, "parse(build(dictionary)) differs")
    promise(parse_json(build_json(auxiliary)) == auxiliary, "parse(build(dictionary)) differs as JSON")
    dictionary_bound(reading)
    given = load_map(parse_map_source(plist), MapOptions()).buffer.disparity_per_m()
    with np.errstate(all="ignore"):
        wanted = reading.buffer("stored").converted(reading.plane.pixel_format).disparity_per_m()
    known = np.isfinite(wanted) & (wanted > 0)
    promise(
        given.shape == wanted.shape and np.allclose(given[known], wanted[known], rtol=1e-5, atol=0),
        "the dictionary, read as a map, gives other depth",
    )


def depth_packet(data: bytes) -> None:
    """Run every view on a valid photo whose depth map has this packet: its calibration, range and format."""
    photo = photo_of(data, depth=True)
    scene = load_scene(photo)
    for show in (_preview, _refocus, _cloud):
        with contextlib.suppress(DepthauthorError):
            show(scene)
    for operation in (viewing, describing):
        with contextlib.suppress(DepthauthorError):
            operation(photo)


def map_scene(data: bytes) -> None:
    """Run the views that take a map beside the photo with a damaged map, of any kind."""
    scene = load_scene_with_map(seeds.heif()[0], parse_map_source(data), MapOptions(near=0.5, far=8))
    for show in (_preview, _refocus, _cloud):
        with contextlib.suppress(DepthauthorError):
            show(scene)
