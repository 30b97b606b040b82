"""Embedding into real photos: nothing else changes, and foreign readers see the intended depth."""

from __future__ import annotations

import io
import re
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from authoring import containers
from authoring.codecs import jpeg as jpeg_codec
from authoring.codecs import sei
from authoring.containers import heif
from authoring.containers.base import ContainerFile, Layout
from authoring.depth.buffer import PixelFormat
from authoring.depth.stored_plane import StoredPlane, buffer_from_plane
from authoring.embed.embed_options import options_of
from authoring.embed.encode import NO_Z_LIMITS
from authoring.embed.reports import EditedPhoto, EmbedReport
from authoring.embed.steps import embed
from authoring.embed.strip import strip
from authoring.read import depth_image
from authoring.read.layout import depth_images, kind_of, photo_orientation

Sample = Callable[[str], bytes]

HEIC = [
    "pug.heic",
    "plain_iphone_telephoto.heic",
    "aux_YCbCr.heic",
    "openize_14pro_portrait.heic",
    "nilsh_imageio_output.heic",
    "fidmaa_selfie_depth.heic",
    "made by pillow-heif",
]
JPEG = [
    "shu_matte.jpg",
    "lyangas_12mini_gainmap_depth.jpg",
    "rw_ios11_test06.jpg",
    "edge_iphone_mpf_gainmap.jpg",
    "edge_progressive_nikon.jpg",
    "edge_arithmetic.jpg",
    "edge_cmyk_progressive.jpg",
    "edge_gray.jpg",
    "edge_orient6_portrait.jpg",
    "edge_orient8_landscape.jpg",
    "edge_mpf_45gps.jpg",
]
HAD_DEPTH = {
    "pug.heic",
    "openize_14pro_portrait.heic",
    "nilsh_imageio_output.heic",
    "fidmaa_selfie_depth.heic",
    "shu_matte.jpg",
    "lyangas_12mini_gainmap_depth.jpg",
    "rw_ios11_test06.jpg",
}
UNDECODABLE = {"edge_arithmetic.jpg"}
"""Pillow lacks arithmetic decoding; of this one the scan bytes are compared instead, as of all."""


def _photo(name: str, sample: Sample) -> bytes:
    if name != "made by pillow-heif":
        return sample(name)
    rows, columns = np.mgrid[0:480, 0:640]
    picture = np.stack([rows % 256, columns % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(picture)).save(out, quality=60)
    return out.getvalue()


def _depth_m(layout: Layout) -> NDArray[np.float32]:
    """Return a map of the photo's upright aspect with a slope, a step and a corner that shows every turn."""
    orientation = photo_orientation(layout)
    width, height = layout.width, layout.height
    if orientation.swaps_axes:
        width, height = height, width
    scale = 700 / max(width, height)
    shape = (round(height * scale), round(width * scale))
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    depth = 4 - 3 * rows / shape[0] + columns / shape[1]
    depth[: shape[0] // 4, : shape[1] // 3] = 0.6
    return np.asarray(depth, np.float32)


def _embedded(
    name: str, sample: Sample
) -> tuple[bytes, EditedPhoto[EmbedReport], ContainerFile, ContainerFile]:
    photo = _photo(name, sample)
    before = containers.parse(photo)
    outcome = embed(photo, _depth_m(before.layout), options_of(profile="data", replace=name in HAD_DEPTH))
    return photo, outcome, before, containers.parse(outcome.data)


@pytest.mark.parametrize("name", HEIC + JPEG)
def test_every_part_of_the_photo_is_kept(name: str, sample: Sample) -> None:
    _, outcome, before, after = _embedded(name, sample)
    gone = {image.identifier for image in depth_images(before.layout)}
    gone |= {
        entry.identifier
        for entry in before.entries
        if entry.role in {f"XMP of {identifier}" for identifier in gone}
    }
    expected = Counter(_kept(before.parts(), gone, before.layout.container))
    result = Counter(after.parts().values())
    missing = expected - result
    assert not missing, [len(value) for value in missing]
    assert sum(expected.values()) > 3, "the comparison must have compared something"
    report = outcome.report
    assert isinstance(report, EmbedReport)
    assert not report.reencoded
    if not gone:
        # Without --replace only structure is touched: a few hundred bytes at the very most.
        assert sum(image.stop - image.start for image in report.touched) < 2000
    kinds = [kind_of(image) for image in after.layout.auxiliaries]
    assert kinds.count("depth") == 1
    others_before = [image.payload for image in before.layout.auxiliaries if kind_of(image) != "depth"]
    others_after = [image.payload for image in after.layout.auxiliaries if kind_of(image) != "depth"]
    assert others_before == others_after, "gain maps and mattes keep their order and their bytes"


def _kept(parts: Mapping[str, bytes], gone: set[int], container: str) -> list[bytes]:
    kind = "item" if container == "heic" else "image"
    pattern = re.compile(rf"\b{kind} (\d+)\b")
    return [
        value
        for name, value in parts.items()
        if not any(int(number) in gone for number in pattern.findall(name))
    ]


@pytest.mark.parametrize("name", HEIC + [name for name in JPEG if name not in UNDECODABLE])
def test_the_decoded_photo_is_equal(name: str, sample: Sample) -> None:
    photo, outcome, *_ = _embedded(name, sample)
    assert np.array_equal(_decoded(photo), _decoded(outcome.data))


def _decoded(photo: bytes) -> NDArray[Any]:
    if photo[4:8] == b"ftyp":
        return np.asarray(pillow_heif.open_heif(io.BytesIO(photo)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(photo)) as picture:
            return np.asarray(picture)


def _meant(before: ContainerFile, after: ContainerFile) -> tuple[StoredPlane, NDArray[np.float64]]:
    """Return the plane as we read it back, and the requested disparity, resampled by Pillow, stored raster."""
    reading = depth_image.read_depth(after)
    orientation = photo_orientation(before.layout)
    disparity = orientation.to_stored(1 / _depth_m(before.layout))
    height, width = reading.plane.codes.shape
    with Image.fromarray(np.ascontiguousarray(disparity)) as picture:
        wanted = np.asarray(picture.resize((width, height), Image.Resampling.BOX), dtype=np.float64)
    return reading.plane, wanted


@pytest.mark.parametrize("name", HEIC)
def test_libheif_sees_the_depth(name: str, sample: Sample, tool: Callable[..., str], tmp_path: Path) -> None:
    _, outcome, before, after = _embedded(name, sample)
    plane, wanted = _meant(before, after)
    report = outcome.report
    assert isinstance(report, EmbedReport)

    heif = pillow_heif.open_heif(io.BytesIO(outcome.data))
    images = heif.info["depth_images"]
    assert len(images) == 1
    output = images[0].info["metadata"]
    assert (output["d_min"], output["d_max"]) == (report.float_min, report.float_max)
    assert output["representation_type"] == 1
    foreign = np.asarray(images[0])  # libheif turns it for display
    orientation = photo_orientation(after.layout)
    stored = orientation.to_stored(foreign)
    assert np.abs(stored.astype(int) - plane.codes).max() <= 1
    # An area average differs from Pillow's only at the fractional borders of a step: compare off the step.
    error = np.abs(report.float_min + stored * plane.step - wanted) / plane.step
    assert np.percentile(error, 97) <= 1.5

    path = tmp_path / "out.heic"
    path.write_bytes(outcome.data)
    info = tool("heif-info", path)
    assert "depth channel: yes" in info
    assert f"d-min:  {report.float_min:f}" in info and f"d-max:  {report.float_max:f}" in info
    assert "uniform disparity" in info


@pytest.mark.parametrize("name", JPEG)
def test_pillow_and_exiftool_see_the_depth(
    name: str, sample: Sample, tool: Callable[..., str], tmp_path: Path
) -> None:
    _, outcome, before, after = _embedded(name, sample)
    plane, wanted = _meant(before, after)
    number = depth_images(after.layout)[0].identifier
    count = 1 + len(after.layout.auxiliaries)
    assert number == count, "the depth goes behind all other images"

    with Image.open(io.BytesIO(outcome.data)) as picture:
        assert picture.format == "MPO"
        assert getattr(picture, "n_frames", 0) == count
        picture.seek(number - 1)
        assert picture.mode == "L"
        foreign = np.asarray(picture)
    assert np.abs(foreign.astype(int) - plane.codes).max() <= 1
    error = np.abs(plane.float_min + foreign * plane.step - wanted) / plane.step
    assert np.percentile(error, 97) <= 1.5

    path = tmp_path / "out.jpg"
    path.write_bytes(outcome.data)
    tool("exiftool", "-ver")
    image = subprocess.run(
        ["exiftool", "-b", f"-MPImage{number}", path], capture_output=True, check=True, timeout=60
    ).stdout
    assert np.array_equal(jpeg_codec.decode_gray(image), plane.codes)
    (tmp_path / "depth.jpg").write_bytes(image)
    xmp = tool("exiftool", "-s", "-XMP-apdi:all", "-XMP-depthData:all", tmp_path / "depth.jpg")
    for word in ("disparity", "1751411059", "1278226488", "relative", "high", "65541"):
        assert word in xmp, word
    (tmp_path / "before.jpg").write_bytes(before.source)
    warned = tool("exiftool", "-warning", "-a", path)
    assert set(warned.splitlines()) <= set(
        tool("exiftool", "-warning", "-a", tmp_path / "before.jpg").splitlines()
    )


@pytest.mark.parametrize("name", HEIC + JPEG)
def test_strip_gives_the_photo_before(name: str, sample: Sample) -> None:
    photo = _photo(name, sample)
    if name in HAD_DEPTH:
        photo = strip(photo).data
    outcome = embed(photo, _depth_m(containers.parse(photo).layout), options_of(profile="data"))
    assert outcome.data != photo
    assert strip(outcome.data).data == photo


def test_a_second_map_can_replace_the_first_and_strip_still_gives_the_photo(sample: Sample) -> None:
    for name in ("plain_iphone_telephoto.heic", "edge_iphone_mpf_gainmap.jpg"):
        photo = sample(name)
        depth = _depth_m(containers.parse(photo).layout)
        once = embed(photo, depth, options_of(profile="data")).data
        twice = embed(once, depth + 1, options_of(profile="data", replace=True)).data
        assert twice != once
        assert strip(twice).data == photo


@pytest.mark.parametrize("name", ["fidmaa_selfie_depth.heic", "nilsh_imageio_output.heic", "pug.heic"])
def test_replace_leaves_no_unused_properties(name: str, sample: Sample) -> None:
    """In the first two the depth's properties have others after them, which get lower numbers."""
    photo = sample(name)
    depth = _depth_m(containers.parse(photo).layout)
    replaced = embed(photo, depth, options_of(profile="data", replace=True)).data
    for data in (replaced, strip(photo).data):
        table = heif.parse(data).structure.properties
        used = {index for links in table.by_item.values() for index, _ in links}
        assert used == set(range(1, len(table.properties) + 1))
    assert strip(replaced).data == strip(photo).data


def test_stripping_pug_leaves_its_gain_map_readable(
    sample: Sample, tool: Callable[..., str], tmp_path: Path
) -> None:
    photo = sample("pug.heic")
    stripped = strip(photo).data
    heif = pillow_heif.open_heif(io.BytesIO(stripped))
    assert heif.info["depth_images"] == []
    gain, wanted = _gain_map(stripped), _gain_map(photo)
    assert gain.size and np.array_equal(gain, wanted)
    path = tmp_path / "stripped.heic"
    path.write_bytes(stripped)
    assert "depth channel: no" in tool("heif-info", path)


def _gain_map(photo: bytes) -> NDArray[Any]:
    heif: Any = pillow_heif.open_heif(io.BytesIO(photo))
    return np.asarray(heif.get_aux_image(heif.info["aux"]["urn:com:apple:photo:2020:aux:hdrgainmap"][0]))


def test_the_orientation_of_a_photo_is_what_pillow_makes_of_it(sample: Sample) -> None:
    """The corner of `_depth_m` is at the top left of the picture as a person sees it."""
    for name in ("edge_orient6_portrait.jpg", "edge_orient8_landscape.jpg", "plain_iphone_telephoto.heic"):
        _, outcome, _, _ = _embedded(name, sample)
        if name.endswith("jpg"):
            with Image.open(io.BytesIO(outcome.data)) as picture:
                upright = ImageOps.exif_transpose(picture).size
        else:
            upright = pillow_heif.open_heif(io.BytesIO(outcome.data)).size
        reading = depth_image.read_depth(containers.parse(outcome.data))
        values = reading.buffer().depth_m()
        height, width = values.shape
        assert abs(width / height - upright[0] / upright[1]) < 0.01
        assert np.allclose(values[: height // 5, : width // 4], 0.6, atol=0.01)
        assert values[height // 2 :].min() > 0.9 and values[height // 2 :].max() < 3.6


@pytest.mark.parametrize("pixel_format", list(PixelFormat))
@pytest.mark.parametrize("container", ["jpeg", "heic"])
def test_the_bound_holds_in_every_format(pixel_format: PixelFormat, container: str) -> None:
    from golden.scene import render

    scene = render(512, 384)
    out = io.BytesIO()
    Image.fromarray(scene.rgb).save(out, "JPEG", quality=80)
    outcome = embed(
        out.getvalue(),
        scene.depth_m,
        options_of(profile="data", native_format=pixel_format, container=container),
    )
    report = outcome.report
    assert isinstance(report, EmbedReport)
    buffer = depth_image.read_depth(containers.parse(outcome.data)).buffer()
    exact = scene.depth_m if pixel_format.kind == "depth" else 1 / scene.depth_m
    error = np.abs(buffer.samples.astype(np.float64) - exact)
    assert error.max() <= report.bound * (1 + 1e-5)
    assert report.max_error == pytest.approx(error.max(), rel=1e-3)
    assert report.bound <= 1.5 * (report.float_max - report.float_min) / 255 * (1 + 1e-6)
    reading = depth_image.read_depth(containers.parse(outcome.data))
    plane = reading.plane
    assert plane.pixel_format is pixel_format
    in_metres = container == "heic" and pixel_format.kind == "depth"
    assert (NO_Z_LIMITS in report.notes) == in_metres
    if in_metres:
        message = sei.parse_aux_subtype(reading.auxiliary.auxiliary_subtype)
        assert message == sei.DepthRepresentation(sei.RepresentationType.UNIFORM_Z), "no limits"
        (image,) = pillow_heif.open_heif(io.BytesIO(outcome.data)).info["depth_images"]
        assert "z_near" not in image.info["metadata"] and "z_far" not in image.info["metadata"]
    assert np.array_equal(
        buffer_from_plane(replace(plane, pixel_format=pixel_format.single)).samples, buffer.samples
    )
