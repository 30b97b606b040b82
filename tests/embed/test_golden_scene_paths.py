"""The golden scene in eight orientations, in and across both containers: the depth matches its photo."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from authoring import containers
from authoring.apple.depth_properties import build_tree
from authoring.codecs import hevc
from authoring.codecs.maps import formats
from authoring.containers import heif
from authoring.containers.base import ContainerName
from authoring.depth.orientation import Orientation
from authoring.embed.embed_options import options_of
from authoring.embed.encode import coded_auxiliary, encode_plane
from authoring.embed.reports import EmbedReport
from authoring.embed.steps import copy, embed
from authoring.embed.strip import strip
from authoring.embed.transcode import transcode
from authoring.read import depth_image
from authoring.read.layout import depth_images, photo_orientation
from tests.compatibility import portrait_files as portraits

GOLDEN = Path(__file__).parents[2] / "golden"


@cache
def _depth() -> NDArray[np.float32]:
    """The exact depth of the upright scene, metres, half the photo's size."""
    values: NDArray[np.float32] = np.load(GOLDEN / "scene-depth.npy")
    return values


def _upright(photo: bytes) -> NDArray[Any]:
    """Return the photo as a person sees it, by a foreign decoder."""
    if photo[4:8] == b"ftyp":
        return np.asarray(pillow_heif.open_heif(io.BytesIO(photo)))
    with Image.open(io.BytesIO(photo)) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def _edge_agreement(photo: NDArray[Any], depth: NDArray[Any]) -> float:
    """Return the correlation of the picture's edges with the depth's: high only if the two are aligned."""
    with Image.fromarray(photo).convert("L") as gray:
        height, width = depth.shape
        small = np.asarray(gray.resize((width, height), Image.Resampling.BOX), np.float32)

    def edges(plane: NDArray[Any]) -> NDArray[Any]:
        rows, columns = np.gradient(plane)
        strength = np.hypot(rows, columns)
        limited: NDArray[Any] = np.minimum(strength / np.percentile(strength, 97), 1)
        return limited

    return float(np.corrcoef(edges(small).ravel(), edges(depth).ravel())[0, 1])


def test_edge_agreement_detects_every_wrong_orientation() -> None:
    """The test of eight orientations can fail: any other orientation of the depth agrees far less."""
    photo = _upright((GOLDEN / "orientation" / "scene-1.jpg").read_bytes())
    disparity = 1 / _depth()
    right = _edge_agreement(photo, disparity)
    for turn in list(Orientation)[1:]:
        turned = turn.to_display(disparity)
        if turn.swaps_axes:
            with Image.fromarray(np.ascontiguousarray(turned)) as picture:
                turned = np.asarray(picture.resize(disparity.shape[::-1]))
        assert _edge_agreement(photo, turned) < right - 0.15, turn
    assert right > 0.3


# The depth image of a JPEG states the version of the index alone, as iPhones' do; Pillow expects entries in it.
@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO file")
@pytest.mark.parametrize("container", ["jpeg", "heic"])
@pytest.mark.parametrize("number", range(1, 9))
def test_the_depth_matches_the_photo_in_every_orientation(number: int, container: ContainerName) -> None:
    photo = (GOLDEN / "orientation" / f"scene-{number}.jpg").read_bytes()
    outcome = embed(photo, _depth(), options_of(container=container))
    file = containers.parse(outcome.data)
    layout = file.layout
    assert photo_orientation(layout) == number
    if container == "jpeg":
        result = depth_images(layout)[0]
        with Image.open(io.BytesIO(result.payload)) as picture:
            stored = np.asarray(picture)
        assert stored.shape == ((384, 512) if number < 5 else (512, 384)), "it lies as the photo's pixels lie"
        foreign = Orientation(number).to_display(stored)
    else:
        foreign = np.asarray(pillow_heif.open_heif(io.BytesIO(outcome.data)).info["depth_images"][0])
    upright = _upright(outcome.data)
    assert upright.shape[:2] == (384, 512)
    assert _edge_agreement(upright, foreign.astype(np.float32)) > 0.3
    report = outcome.report
    assert isinstance(report, EmbedReport)
    values = report.float_min + foreign * (report.float_max - report.float_min) / 255
    assert np.abs(values - 1 / _depth()).max() <= report.bound * 1.0001
    assert np.abs(depth_image.read_depth(file).buffer().samples - 1 / _depth()).max() <= report.bound * 1.0001


@pytest.mark.parametrize("number", [1, 3, 5, 6, 8])
def test_a_photo_changes_container_and_back(number: int) -> None:
    """JPEG to tiled HEIC to JPEG: upright picture, metadata and depth survive."""
    with Image.open(GOLDEN / "scene.jpg") as picture:
        exif = picture.getexif()
        exif[0x0112] = number
        stored = Orientation(number).to_stored(np.asarray(picture))
        out = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(stored)).save(
            out,
            "JPEG",
            quality=90,
            exif=exif,
            icc_profile=picture.info["icc_profile"],
            xmp=picture.info["xmp"],
        )
    photo = out.getvalue()
    heic = embed(photo, _depth(), options_of(container="heic", profile="data"))
    assert isinstance(heic.report, EmbedReport) and heic.report.reencoded
    file = containers.parse(heic.data)
    layout = file.layout
    before = containers.parse(photo).layout
    assert (layout.width, layout.height) == (before.width, before.height)
    assert layout.exif == before.exif and layout.icc == before.icc
    assert layout.xmp and b"dc:title" in layout.xmp
    tiles = [entry for entry in file.entries if entry.role == "tile"]
    assert len(tiles) == 4, "512-pixel tiles"
    configurations = heif.parse(heic.data).structure.configurations.values()
    assert len(configurations) == 2 and all(hevc.complete_arrays(body) == body for body in configurations), (
        "the photo's and the map's"
    )
    assert np.abs(_upright(heic.data).astype(int) - _upright(photo)).mean() < 3

    back = embed(strip(heic.data).data, _depth(), options_of(container="jpeg", profile="data"))
    again = containers.parse(back.data)
    assert photo_orientation(again.layout) == 1, "decoded HEIC is upright, and Exif must say so"
    assert again.layout.icc == before.icc
    assert np.abs(_upright(back.data).astype(int) - _upright(photo)).mean() < 4
    buffer = depth_image.read_depth(again).buffer()
    report = back.report
    assert isinstance(report, EmbedReport)
    assert np.abs(buffer.samples - 1 / _depth()).max() <= report.bound * 1.0001


def test_a_png_becomes_a_heic_or_a_jpeg() -> None:
    photo = (GOLDEN / "scene.png").read_bytes()
    for container in ("heic", "jpeg"):
        outcome = embed(photo, _depth(), options_of(container=container))
        assert isinstance(outcome.report, EmbedReport) and outcome.report.reencoded
        assert np.abs(_upright(outcome.data).astype(int) - _upright(photo)[..., :3]).mean() < 3
    assert transcode(photo, None).file.layout.container == "heic"


@pytest.mark.parametrize(
    ("name", "codes"),
    [("scene-mask.png", 255), ("scene-mask16.png", 65535)],
)
def test_the_shipped_masks_come_back_in_metres(name: str, codes: int) -> None:
    """8-bit gray between 0.5 and 8 m: a gray step is 3 cm, and the bound of the stored plane is on top."""
    photo = (GOLDEN / "scene.jpg").read_bytes()
    image = formats.read_map((GOLDEN / name).read_bytes())
    outcome = embed(photo, image, options_of(near=0.5, far=8.0, max_size=512))
    report = outcome.report
    assert isinstance(report, EmbedReport)
    read = depth_image.read_depth(containers.parse(outcome.data)).buffer().disparity_per_m()
    gray_step_m = 7.5 / codes
    allowed = report.bound + gray_step_m / 2 / _depth() ** 2
    error = np.abs(read - 1 / _depth())
    if name == "scene-mask.png":
        # It is averaged from twice the size, which mixes near and far at silhouettes.
        assert (error <= allowed).mean() > 0.93
    else:
        assert (error <= allowed * 1.001).all()


def test_same_input_same_bytes() -> None:
    photo = (GOLDEN / "scene.jpg").read_bytes()
    for container in ("heic", "jpeg"):
        first_bytes = embed(photo, _depth(), options_of(container=container)).data
        assert first_bytes == embed(photo, _depth(), options_of(container=container)).data


@pytest.mark.parametrize("container", ["jpeg", "heic"])
@pytest.mark.parametrize("shape", [(12, 16), (45, 61), (4, 6), (333, 443)])
def test_tiny_and_odd_maps_are_stored_so_that_they_come_back(
    shape: tuple[int, int], container: ContainerName
) -> None:
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    depth = 2 - rows / shape[0] + columns / shape[1]
    width, height = shape[1] * 8, shape[0] * 8
    out = io.BytesIO()
    Image.new("RGB", (width, height), "gray").save(out, "JPEG")
    outcome = embed(out.getvalue(), depth.astype(np.float32), options_of(container=container))
    buffer = depth_image.read_depth(containers.parse(outcome.data)).buffer()
    assert min(buffer.samples.shape) >= 64 and not any(side % 2 for side in buffer.samples.shape)
    with Image.fromarray(buffer.depth_m()) as picture:
        back = np.asarray(picture.resize(shape[::-1], Image.Resampling.BOX))
    assert np.abs(back - depth).max() < 0.25


def test_copy_of_an_odd_map_from_jpeg_to_heic() -> None:
    """Another writer's JPEG may hold a map of any size; HEVC wants an even one."""
    from authoring.codecs import jpeg
    from authoring.containers.base import CodedAuxiliary

    photo = (GOLDEN / "scene.jpg").read_bytes()
    once = embed(photo, _depth(), options_of())
    actual = depth_images(containers.parse(once.data).layout)[0]
    codes = depth_image.read_depth(containers.parse(once.data)).plane.codes[:333, :443]
    aux = CodedAuxiliary(
        443, 333, jpeg.encode_gray(np.ascontiguousarray(codes)).data, b"", "", b"", actual.xmp or b""
    )
    odd = containers.parse(photo).splice(aux).apply(photo)
    result = copy(odd, (GOLDEN / "scene.heic").read_bytes(), options_of())
    shape = depth_image.read_depth(containers.parse(result.data)).plane.codes.shape
    assert not any(side % 2 for side in shape)
    report = result.report
    assert any("the bound counts from the resized map" in note for note in report.notes)
    # Measured against the resized map: the half step of the new quantization and what the encoder adds.
    step = (report.float_max - report.float_min) / 255
    assert 0.4 * step < report.max_error <= report.bound


@pytest.mark.parametrize(
    ("low", "high", "integers"),
    [(0.1234567, 1.98765, (0, 255)), (0.125, 2.0, (10, 200)), (1e-7, 3e-7, (0, 100))],
)
def test_copy_to_heic_keeps_the_bound_of_any_range(
    low: float, high: float, integers: tuple[int, int]
) -> None:
    """Another writer's limits are not half floats, or belong to other codes than 0 and 255."""
    stored = portraits.plane(low=low, high=high, kind="fdis")
    numbers = portraits.properties(stored, int_min=integers[0], int_max=integers[1])
    coded = coded_auxiliary(stored, encode_plane("jpeg", stored), build_tree(numbers))
    file = containers.parse((GOLDEN / "scene.jpg").read_bytes())
    source = file.splice(coded).apply(file.source)
    result = copy(source, (GOLDEN / "scene.heic").read_bytes(), options_of(profile="data"))
    old, new = (depth_image.read_depth(containers.parse(data)).plane for data in (source, result.data))
    error = np.abs((old.float_min + old.codes * old.step) - (new.float_min + new.codes * new.step)).max()
    assert error <= result.report.bound * (1 + 1e-6)
