"""The portrait profile on real and golden photos: the full set, read by exiftool, and removed without a trace."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from authoring import containers
from authoring.apple.depth_properties import parse_properties
from authoring.apple.provenance import read_provenance
from authoring.apple.rendering import parse_rendering
from authoring.apple.xmp import parse_packet
from authoring.embed.embed_options import options_of
from authoring.embed.steps import copy, embed
from authoring.embed.strip import strip
from authoring.errors import RefusedError
from authoring.read import depth_image
from authoring.read.inspect import inspect
from authoring.read.layout import depth_images, photo_orientation

GOLDEN = Path(__file__).parents[2] / "golden"
Sample = Callable[[str], bytes]


def _bare_photo() -> bytes:
    """Return a JPEG without Exif, XMP or other metadata."""
    with Image.open(GOLDEN / "scene.png") as picture:
        out = io.BytesIO()
        picture.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def _photo(name: str, sample: Sample) -> bytes:
    if name == "no Exif":
        return _bare_photo()
    return (GOLDEN / name).read_bytes() if (GOLDEN / name).exists() else sample(name)


def _depth_m(photo: bytes) -> NDArray[np.float32]:
    """Return the golden scene, resized to the photo's upright aspect."""
    layout = containers.parse(photo).layout
    width, height = layout.width, layout.height
    if photo_orientation(layout).swaps_axes:
        width, height = height, width
    scale = 640 / max(width, height)
    with Image.fromarray(np.load(GOLDEN / "scene-depth.npy")) as picture:
        resized = picture.resize((round(width * scale), round(height * scale)), Image.Resampling.NEAREST)
        return np.asarray(resized, np.float32)


UNMARKED = [
    "scene.jpg",
    "scene.heic",
    "orientation/scene-6.heic",
    "orientation/scene-5.jpg",
    "no Exif",
    "plain_iphone_telephoto.heic",
    "edge_iphone_mpf_gainmap.jpg",
    "edge_progressive_nikon.jpg",
    "edge_orient6_portrait.jpg",
    "edge_gray.jpg",
    "aux_YCbCr.heic",
]


@pytest.mark.parametrize("name", UNMARKED)
def test_strip_restore_gives_the_original_bytes(name: str, sample: Sample) -> None:
    photo = _photo(name, sample)
    outcome = embed(photo, _depth_m(photo), options_of())
    assert outcome.report.touched
    assert strip(outcome.data, restore=True).data == photo
    # Without --restore the portrait metadata stays, and a note says so.
    plain = strip(outcome.data)
    assert plain.data != photo
    assert any("--restore" in note for note in plain.report.notes)


@pytest.mark.parametrize("name", UNMARKED)
def test_coded_bytes_and_pixels_stay(name: str, sample: Sample) -> None:
    photo = _photo(name, sample)
    outcome = embed(photo, _depth_m(photo), options_of())
    before, after = containers.parse(photo), containers.parse(outcome.data)
    changed = [key for key, value in before.parts().items() if after.parts().get(key) != value]
    assert all("exif" in key.lower() or "xmp" in key.lower() or "mime" in key.lower() for key in changed), (
        changed
    )
    assert np.array_equal(_decoded(photo), _decoded(outcome.data))
    others = [image.payload for image in before.layout.auxiliaries]
    assert [image.payload for image in after.layout.auxiliaries][: len(others)] == others


def _decoded(photo: bytes) -> NDArray[Any]:
    if photo[4:8] == b"ftyp":
        return np.asarray(pillow_heif.open_heif(io.BytesIO(photo)))
    with Image.open(io.BytesIO(photo)) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("name", ["scene.jpg", "scene.heic", "no Exif", "plain_iphone_telephoto.heic"])
def test_exiftool_sees_the_full_set(
    name: str, sample: Sample, tool: Callable[..., str], tmp_path: Path
) -> None:
    photo = _photo(name, sample)
    outcome = embed(photo, _depth_m(photo), options_of(aperture=4.0))
    marks = inspect(outcome.data).portrait
    assert marks["custom_rendered"] == 9
    assert marks["image_processing_flags"] & 0x60 == 0x20
    assert marks["photos_app_flags"] & 1 == 1
    assert marks["focus_region"] is not None

    suffix = ".heic" if photo[4:8] == b"ftyp" else ".jpg"
    path = tmp_path / f"out{suffix}"
    path.write_bytes(outcome.data)
    report = tool(
        "exiftool", "-s", "-n", "-u", "-CustomRendered", "-Apple_0x0019", "-ImageProcessingFlags", "-Apple_0x001f",
        "-PhotosAppFeatureFlags", "-RegionType", "-RegionAreaX", path,
    )  # fmt: skip
    assert "CustomRendered                  : 9" in report, report
    assert "Focus" in report and "RegionAreaX" in report
    result = depth_images(containers.parse(outcome.data).layout)[0]
    (tmp_path / "depth.xmp").write_bytes(result.xmp or b"")
    xmp = tool("exiftool", "-s", "-XMP:all", tmp_path / "depth.xmp")
    for word in (
        "IntrinsicMatrix",
        "ExtrinsicMatrix",
        "PixelSize",
        "SimulatedAperture",
        "RenderingParameters",
    ):
        assert word in xmp, word
    properties = parse_properties(parse_packet(result.xmp or b""))
    assert properties.simulated_aperture == 4.0 and properties.calibrated
    assert properties.rendering_parameters is not None
    values = {record.id: record.value for record in parse_rendering(properties.rendering_parameters).records}
    assert values[600] == 4.0
    mark = read_provenance(parse_packet(result.xmp or b""))
    assert mark is not None and mark.rendering_source == "nominal" and mark.depth_source == "estimated"
    assert mark.calibration_source == ("nominal" if name == "no Exif" else "exif")


def test_a_donor_gives_its_rendering_and_calibration(sample: Sample) -> None:
    photo, donor = sample("plain_iphone_telephoto.heic"), sample("pug.heic")
    outcome = embed(photo, _depth_m(photo), options_of(donor=donor))
    layout = containers.parse(outcome.data).layout
    ours = depth_image.read_depth(layout).properties
    theirs = depth_image.read_depth(containers.parse(donor).layout).properties
    assert ours.rendering_parameters == theirs.rendering_parameters
    assert (
        ours.simulated_aperture == theirs.simulated_aperture
        and ours.effect_strength == theirs.effect_strength
    )
    assert (ours.reference_width, ours.reference_height) == (layout.width, layout.height)
    calibration = depth_image.calibration_of(ours)
    assert (
        calibration is not None and theirs.intrinsic_matrix is not None and theirs.reference_width is not None
    )
    scale = max(layout.width, layout.height) / max(theirs.reference_width, theirs.reference_height or 0)
    assert calibration.focal_px[0] == pytest.approx(theirs.intrinsic_matrix[0] * scale, rel=1e-6)
    assert strip(outcome.data, restore=True).data == photo


@pytest.mark.parametrize("name", ["pug.heic", "openize_14pro_portrait.heic", "shu_matte.jpg"])
def test_a_photo_with_rendered_blur_is_refused(name: str, sample: Sample) -> None:
    photo = sample(name)
    with pytest.raises(RefusedError, match="--already-blurred"):
        embed(photo, _depth_m(photo), options_of(replace=True))
    outcome = embed(photo, _depth_m(photo), options_of(replace=True, already_blurred=True))
    assert any("blur it twice" in note for note in outcome.report.notes)


def test_replacing_starts_again_from_the_photo(sample: Sample) -> None:
    photo = (GOLDEN / "scene.heic").read_bytes()
    depth = _depth_m(photo)
    once = embed(photo, depth, options_of(focus=(0.2, 0.3))).data
    twice = embed(once, depth + 1, options_of(replace=True, focus=(0.7, 0.6))).data
    region = inspect(twice).portrait["focus_region"]
    assert (region["x"], region["y"]) == pytest.approx((0.7, 0.6), abs=1e-4)
    assert strip(twice, restore=True).data == photo


def test_the_focus_is_on_the_nearest_sphere() -> None:
    """The red sphere at the lower left of the golden scene, in each orientation of the stored raster."""
    for number in range(1, 9):
        photo = (GOLDEN / "orientation" / f"scene-{number}.jpg").read_bytes()
        outcome = embed(photo, _depth_m(photo), options_of())
        (assumed,) = (line for line in outcome.report.assumed if line.startswith("the focus"))
        x, y = map(float, assumed.rsplit(" ", 1)[1].split(","))
        assert 0.1 < x < 0.3 and 0.65 < y < 0.95, assumed
        region = inspect(outcome.data).portrait["focus_region"]
        # The region lies in the stored raster: turn that point for display and it is the same place.
        layout = containers.parse(outcome.data).layout
        raster = np.zeros((layout.height, layout.width))
        row, column = int(region["y"] * layout.height), int(region["x"] * layout.width)
        raster[row, column] = 1
        shown = photo_orientation(layout).to_display(raster)
        result = np.argwhere(shown == 1)[0]
        assert abs(result[1] / shown.shape[1] - x) < 0.02 and abs(result[0] / shown.shape[0] - y) < 0.02


def test_a_copied_portrait_keeps_its_rendering_and_marks_the_photo(sample: Sample) -> None:
    photo = sample("plain_iphone_telephoto.heic")
    outcome = copy(sample("openize_14pro_portrait.heic"), photo, options_of())
    reading = depth_image.read_depth(containers.parse(outcome.data).layout)
    theirs = depth_image.read_depth(containers.parse(sample("openize_14pro_portrait.heic")).layout)
    assert reading.properties.rendering_parameters == theirs.properties.rendering_parameters
    assert inspect(outcome.data).portrait["custom_rendered"] == 9
    assert strip(outcome.data, restore=True).data == photo


def test_restore_where_there_is_nothing_to_restore(sample: Sample) -> None:
    with pytest.raises(RefusedError, match="not put in by this tool"):
        strip(sample("pug.heic"), restore=True)
    photo = (GOLDEN / "scene.jpg").read_bytes()
    data = embed(photo, _depth_m(photo), options_of(profile="data")).data
    assert strip(data, restore=True).data == photo
