"""The device test files: each is a photo with depth, and differs in one thing from the file it is compared with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from authoring import containers
from authoring.apple import makernote
from authoring.apple.exif import read_portrait_tags
from authoring.apple.nominal_maker_note import nominal_note
from authoring.apple.portrait_metadata import read_portrait_metadata
from authoring.apple.rendering import parse_rendering
from authoring.codecs import photo as photo_codec
from authoring.compatibility.placement import depth_item_placement
from authoring.compatibility.verify import verify
from authoring.embed import device_scene
from authoring.embed.device_kit import CONTROL, DARK_SCENE, VARIANTS, KitBase, kit_base, kit_files
from authoring.read.depth_image import read_depth

Kit = dict[str, bytes]


@pytest.fixture(scope="module")
def base() -> KitBase:
    return kit_base()


@pytest.fixture(scope="module")
def kit(base: KitBase) -> Kit:
    return {file.variant.name: file.data for file in kit_files(base)}


def facts(data: bytes) -> dict[str, Any]:
    """Return all that a file says, in parts that can be compared."""
    file = containers.parse(data)
    layout, reading = file.layout, read_depth(file)
    properties, tags = reading.properties, read_portrait_tags(layout.exif)
    rendering = parse_rendering(properties.rendering_parameters or b"")
    place = depth_item_placement(file, reading.auxiliary.identifier)
    tiles = [content for name, content in file.parts().items() if name.startswith("item") and "hvc1" in name]
    pixels = photo_codec.decode(data) if layout.container == "jpeg" else photo_codec.decode_heic(data)
    return {
        "container": layout.container,
        "raster": (layout.width, layout.height, layout.transforms),
        "pixels": hashlib.sha256(pixels.rgb).hexdigest(),
        "tiles": len(tiles),
        "note": {entry.tag: entry.value for entry in makernote.read_entries(tags.maker_note or b"")},
        "custom rendered": tags.custom_rendered,
        "region": read_portrait_metadata(layout.exif, layout.xmp).focus_region,
        "map size": reading.plane.codes.shape,
        "map": reading.plane.codes.tobytes(),
        "range": (reading.plane.float_min, reading.plane.float_max),
        "coded map": reading.auxiliary.payload,
        "format": (properties.auxiliary_image_type, properties.native_format),
        "sei": reading.auxiliary.auxiliary_subtype,
        "calibration": (properties.intrinsic_matrix, properties.extrinsic_matrix, properties.pixel_size),
        "quality": (properties.quality, properties.filtered, properties.accuracy),
        "rendering": {record.id: record.value for record in rendering.records},
        "aperture": (properties.simulated_aperture, properties.effect_strength),
        "hidden": place and (place.hidden, [item.hidden for item in place.descriptions]),
    }


TURNED = {"raster", "pixels", "region", "map size", "map", "coded map", "calibration"}
DIFFERENCES: dict[str, set[str]] = {
    "02-two-flags.heic": {"note"},
    "03-two-flags-no-region.heic": {"region"},
    "04-feature-flag-only.heic": {"note"},
    "05-capture-type.heic": {"note"},
    "06-four-more-entries.heic": {"note"},
    "07-jpeg.jpg": {"container", "tiles", "hidden", "sei", "pixels", "map", "coded map"},
    "08-blur-rendered-flag.heic": {"note"},
    "09-no-sei.heic": {"sei"},
    "10-not-hidden.heic": {"hidden"},
    "11-hdep.heic": {"format", "sei", "range", "map", "coded map"},
    "12-irot-3.heic": TURNED,
    "13-map-1024.heic": {"map size", "map", "coded map"},
    "14-dark-scene.heic": {"rendering"},
    "15-lossless-map.heic": {"map", "coded map"},
}
"""Which facts differ. A map in another coding or at another size is another map, too."""


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_one_difference(name: str, kit: Kit) -> None:
    (variant,) = [variant for variant in VARIANTS if variant.name == name]
    assert variant.compared_with is not None
    one, other = facts(kit[variant.compared_with]), facts(kit[name])
    differing = {fact for fact in one if one[fact] != other[fact]}
    assert differing == DIFFERENCES[name]


def test_the_list() -> None:
    names = [variant.name for variant in VARIANTS]
    assert [int(name[:2]) for name in names] == list(range(1, len(names) + 1))
    assert set(DIFFERENCES) | {CONTROL} == set(names)
    for number, variant in enumerate(VARIANTS):
        assert variant.compared_with in (names[:number] if number else [None])
        assert not variant.change.endswith(".")


def test_the_control(kit: Kit, base: KitBase) -> None:
    tags = read_portrait_tags(containers.parse(kit[CONTROL]).layout.exif)
    assert tags.maker_note == nominal_note(gain_map=False) and tags.custom_rendered == 9
    report = verify(kit[CONTROL])
    assert report.level == report.possible_level == "L4", report.faults
    assert not [finding for finding in report.findings if finding.status != "pass"]
    depth = read_depth(containers.parse(kit[CONTROL])).buffer().depth_m()
    height, width = depth.shape
    for figure in device_scene.FIGURES[:4]:
        across = 0.5 + figure.x_m / figure.distance_m * device_scene.FOCAL_PX / device_scene.WIDTH
        up = (figure.height_m - 0.1375 - device_scene.EYE_HEIGHT_M) / figure.distance_m
        down = 0.5 - up * device_scene.FOCAL_PX / device_scene.HEIGHT
        # The front of the head is nearer than its middle by the radius.
        assert depth[int(down * height), int(across * width)] == pytest.approx(
            figure.distance_m - 0.11, rel=0.03
        )
    assert np.abs(1 / base.depth_m[::63, ::63] - 1 / device_scene.render()[1][::63, ::63]).max() == 0


LEVELS = {
    "04-feature-flag-only.heic": "L3",  # No badge without 0x0019.
    "08-blur-rendered-flag.heic": "L2",
    "11-hdep.heic": "L2",
}


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_file_is_verified(variant: Any, kit: Kit) -> None:
    report = verify(kit[variant.name], wanted="L1")
    assert report.passed, report.faults
    assert report.possible_level == LEVELS.get(variant.name, "L4")


def test_notes(kit: Kit) -> None:
    def note(name: str) -> dict[int, int]:
        return makernote.integers(
            read_portrait_tags(containers.parse(kit[name]).layout.exif).maker_note or b""
        )

    full = note(CONTROL)
    assert note("02-two-flags.heic") == {0x19: full[0x19], 0x1F: 1}
    assert note("04-feature-flag-only.heic") == {0x1F: 1}
    assert note("05-capture-type.heic") == {0x14: 10, 0x19: full[0x19], 0x1F: 1}
    assert sorted(note("06-four-more-entries.heic")) == [0x01, 0x04, 0x07, 0x19, 0x1F, 0x2E]
    assert note("08-blur-rendered-flag.heic") == full | {0x19: 0x62}
    assert note("07-jpeg.jpg") == note("12-irot-3.heic") == full


def test_scene_records(kit: Kit) -> None:
    values: Callable[[str], dict[int, float]] = lambda name: facts(kit[name])["rendering"]  # noqa: E731
    one, other = values(CONTROL), values("14-dark-scene.heic")
    assert {number: value for number, value in other.items() if one[number] != value} == pytest.approx(
        DARK_SCENE
    )


def test_the_turned_file_shows_the_same(kit: Kit) -> None:
    file = containers.parse(kit["12-irot-3.heic"])
    assert [(step.kind, step.value) for step in file.layout.transforms] == [("irot", 3)]
    (depth,) = file.layout.auxiliaries
    assert depth.transforms == file.layout.transforms
    upright = read_depth(file).buffer().depth_m()
    control = read_depth(containers.parse(kit[CONTROL])).buffer().depth_m()
    assert upright.shape == control.shape
    assert np.median(np.abs(upright - control)) < 0.02
