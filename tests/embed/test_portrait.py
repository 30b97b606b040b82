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
from authoring.apple import makernote
from authoring.apple.depth_properties import parse_properties
from authoring.apple.exif import read_portrait_tags
from authoring.apple.nominal_maker_note import nominal_note
from authoring.apple.provenance import read_provenance
from authoring.apple.rendering import parse_rendering
from authoring.apple.xmp import parse_packet
from authoring.embed.embed_options import options_of
from authoring.embed.steps import copy, embed
from authoring.embed.strip import strip
from authoring.errors import RefusedError, UsageError
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
    file = containers.parse(outcome.data)
    ours, layout = depth_image.read_depth(file).properties, file.layout
    theirs = depth_image.read_depth(containers.parse(donor)).properties
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
    with pytest.raises(RefusedError, match="already_blurred"):
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
    reading = depth_image.read_depth(containers.parse(outcome.data))
    theirs = depth_image.read_depth(containers.parse(sample("openize_14pro_portrait.heic")))
    assert reading.properties.rendering_parameters == theirs.properties.rendering_parameters
    assert inspect(outcome.data).portrait["custom_rendered"] == 9
    assert strip(outcome.data, restore=True).data == photo


def test_restore_where_there_is_nothing_to_restore(sample: Sample) -> None:
    with pytest.raises(RefusedError, match="not put in by this tool"):
        strip(sample("pug.heic"), restore=True)
    photo = (GOLDEN / "scene.jpg").read_bytes()
    data = embed(photo, _depth_m(photo), options_of(profile="data")).data
    assert strip(data, restore=True).data == photo


def _note(photo: bytes) -> bytes | None:
    return read_portrait_tags(containers.parse(photo).layout.exif).maker_note


def _entries(photo: bytes) -> list[int]:
    return [entry.tag for entry in makernote.read_entries(_note(photo) or b"")]


@pytest.mark.parametrize(
    "name", ["scene.heic", "no Exif", "edge_gray.jpg", "scene-gainmap.heic", "scene-gainmap.jpg"]
)
def test_a_photo_without_a_maker_note_gets_a_full_one(name: str, sample: Sample) -> None:
    photo = _photo(name, sample)
    outcome = embed(photo, _depth_m(photo), options_of())
    assert _note(outcome.data) == nominal_note(gain_map="gainmap" in name)
    assert any("another photo's capture values" in line for line in outcome.report.assumed)
    assert strip(outcome.data, restore=True).data == photo


def test_the_other_kinds_of_maker_note(sample: Sample) -> None:
    photo = _bare_photo()
    depth = _depth_m(photo)
    minimal = embed(photo, depth, options_of(maker_note="minimal"))
    assert _entries(minimal.data) == [0x19, 0x1F]
    none = embed(photo, depth, options_of(maker_note="none"))
    assert _note(none.data) is None and none.report.level == "L1"
    for outcome in (minimal, none):
        assert not any("capture values" in line for line in outcome.report.assumed)
        assert strip(outcome.data, restore=True).data == photo
    # A phone's own note is not touched either, and its flags stay unset.
    phone = sample("plain_iphone_telephoto.heic")
    assert _note(embed(phone, _depth_m(phone), options_of(maker_note="none")).data) == _note(phone)
    with pytest.raises(UsageError, match="leave one out"):
        options_of(maker_note="none", replace_maker_note=True)
    with pytest.raises(UsageError, match="full or minimal or none"):
        options_of(maker_note="rich")


@pytest.mark.parametrize(("kind", "count"), [("full", 46), ("minimal", 2)])
def test_replacing_another_makers_note(kind: str, count: int, sample: Sample) -> None:
    photo = sample("aux_YCbCr.heic")  # A Samsung's, with a gain map.
    outcome = embed(photo, _depth_m(photo), options_of(replace_maker_note=True, maker_note=kind))
    assert len(_entries(outcome.data)) == count
    assert strip(outcome.data, restore=True).data == photo


def test_a_small_note_of_an_earlier_version_becomes_full() -> None:
    photo = _bare_photo()
    depth = _depth_m(photo)
    marked = strip(embed(photo, depth, options_of(maker_note="minimal")).data).data
    assert _entries(marked) == [0x19, 0x1F]
    outcome = embed(marked, depth, options_of())
    assert _note(outcome.data) == nominal_note(gain_map=False)
    assert strip(outcome.data, restore=True).data == marked


def test_a_donors_maker_note(sample: Sample) -> None:
    photo, donor = _bare_photo(), sample("openize_14pro_portrait.heic")
    outcome = embed(photo, _depth_m(photo), options_of(donor=donor))
    expected = makernote.donated_note(_note(donor) or b"", gain_map=False)
    assert expected is not None and _note(outcome.data) == expected
    assert any("the donor's capture values" in line for line in outcome.report.assumed)
    # shu's note is of iOS 12 and lacks 0x2E, which the device tests' notes have.
    older = embed(photo, _depth_m(photo), options_of(donor=sample("shu_matte.jpg")))
    assert _note(older.data) == nominal_note(gain_map=False)
    assert any("the nominal one was written" in note for note in older.report.notes)


def test_a_copied_portrait_brings_its_maker_note(sample: Sample) -> None:
    source = sample("pug.heic")
    out = io.BytesIO()
    Image.new("RGB", (800, 600)).save(out, "JPEG")
    outcome = copy(source, out.getvalue(), options_of())
    assert _note(outcome.data) == makernote.donated_note(_note(source) or b"", gain_map=False)
    assert strip(outcome.data, restore=True).data == out.getvalue()


def test_a_block_without_room_gets_the_small_note() -> None:
    """A JPEG holds Exif in one segment; a large thumbnail leaves little room."""
    exif = Image.Exif()
    exif[0x010E] = "x" * 64_400
    out = io.BytesIO()
    with Image.open(io.BytesIO(_bare_photo())) as picture:
        picture.save(out, "JPEG", quality=85, exif=exif)
    photo = out.getvalue()
    outcome = embed(photo, _depth_m(photo), options_of())
    assert _entries(outcome.data) == [0x19, 0x1F]
    assert any("no room for a full maker note" in note for note in outcome.report.notes)
    assert strip(outcome.data, restore=True).data == photo


@pytest.mark.parametrize("name", ["scene.heic", "no Exif"])
def test_a_pinhole_states_that_it_has_no_distortion(name: str, sample: Sample) -> None:
    photo = _photo(name, sample)
    file = containers.parse(embed(photo, _depth_m(photo), options_of()).data)
    properties, layout = depth_image.read_depth(file).properties, file.layout
    assert properties.lens_distortion_coefficients == (0.0,) * 8
    assert properties.inverse_lens_distortion_coefficients == (0.0,) * 8
    assert (properties.center_x, properties.center_y) == (layout.width / 2, layout.height / 2)


def test_scene_records_are_those_of_the_photos_brightness(sample: Sample) -> None:
    photo = sample("plain_iphone_telephoto.heic")
    outcome = embed(photo, _depth_m(photo), options_of())
    (line,) = [line for line in outcome.report.assumed if "rendering parameters" in line]
    properties = depth_image.read_depth(containers.parse(outcome.data)).properties
    rendering = parse_rendering(properties.rendering_parameters or b"")
    assert "BrightnessValue" in line
    assert rendering.value(400) == 50 and rendering.value(402) == pytest.approx(
        48 * (rendering.value(401) or 0)
    )


def test_calibration_and_rendering_of_different_lenses(sample: Sample) -> None:
    """The telephoto's Exif gives 177 mm; the nominal rendering parameters are a main camera's."""
    photo = sample("plain_iphone_telephoto.heic")
    depth = _depth_m(photo)

    def said(**options: Any) -> list[str]:
        return [note for note in embed(photo, depth, options_of(**options)).report.notes if "mm lens" in note]

    (note,) = said()
    assert "177 mm lens" in note and "26 mm lens" in note
    # A donor's calibration and rendering parameters belong together, and so do the nominal ones.
    assert not said(donor=sample("openize_14pro_portrait.heic")) and not said(calibration="nominal")
    (note,) = said(donor=sample("openize_14pro_portrait.heic"), fov=70.0)
    assert "19 mm lens" in note and "49 mm lens" in note


@pytest.mark.parametrize("name", ["scene.heic", "no Exif", "scene-gainmap.jpg"])
def test_exiftool_accepts_the_full_note(
    name: str, sample: Sample, tool: Callable[..., str], tmp_path: Path
) -> None:
    photo = _photo(name, sample)
    path = tmp_path / ("out.heic" if photo[4:8] == b"ftyp" else "out.jpg")
    path.write_bytes(embed(photo, _depth_m(photo), options_of()).data)
    warnings = tool("exiftool", "-validate", "-warning", "-a", "-s3", path).splitlines()[1:]
    # exiftool knows no CustomRendered 9; camera originals have it (rw_ios11_test06, xamarinmonkey).
    before = tmp_path / f"photo{path.suffix}"
    before.write_bytes(photo)
    known = tool("exiftool", "-validate", "-warning", "-a", "-s3", before).splitlines()[1:]
    assert [line for line in warnings if line not in known and "CustomRendered" not in line] == []
