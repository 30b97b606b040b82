"""Real photos of Apple, Samsung and libheif: parsed correctly, every part kept by a splice and a removal."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest

from authoring.containers import heif
from authoring.containers.base import CodedAuxiliary, Transform
from tests.containers.heif_files import URN, auxiliary, gray_codes

Sample = Callable[[str], bytes]

WITH_DEPTH = {
    "pug.heic": 54,
    "openize_14pro_portrait.heic": 54,
    "fidmaa_selfie_depth.heic": 49,
    "nilsh_imageio_output.heic": 2,
}
PHOTOS = (*WITH_DEPTH, "plain_iphone_telephoto.heic", "aux_YCbCr.heic", "libheif.heic", "libheif_tiled.heic")
SMALL = ("nilsh_imageio_output.heic", "plain_iphone_telephoto.heic", "libheif.heic", "libheif_tiled.heic")
"""Photos that decode in less than a second; the others' coded bytes are compared, which says as much."""


@pytest.fixture(scope="module")
def photo(sample: Sample) -> Sample:
    """Return a sample, or a photo that libheif writes now: one picture, or tiles of 512."""
    written: dict[str, bytes] = {}

    def read(name: str) -> bytes:
        if not name.startswith("libheif"):
            return sample(name)
        if name not in written:
            width, height = (600, 520) if name == "libheif_tiled.heic" else (320, 240)
            plane = gray_codes(width, height)
            pixels = np.dstack([plane, plane[::-1], plane[:, ::-1]])
            target = io.BytesIO()
            pillow_heif.encode(
                "RGB",
                (width, height),
                pixels.tobytes(),
                target,
                quality=50,
                tile_size=512 if "tiled" in name else 0,
                enc_params={"preset": "ultrafast"},
            )
            written[name] = target.getvalue()
        return written[name]

    return read


def without_depth(data: bytes) -> bytes:
    file = heif.parse(data)
    result = [image.identifier for image in file.layout.auxiliaries if image.auxiliary_type == URN]
    return file.remove(result).apply(data)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_splice_keeps_every_part_and_a_removal_restores_them(name: str, photo: Sample) -> None:
    data = without_depth(photo(name))
    file = heif.parse(data)
    edits = file.splice(auxiliary())
    result = edits.apply(data)
    after = heif.parse(result)
    parts, parts_after = file.parts(), after.parts()
    assert {key: parts_after[key] for key in parts} == parts
    assert all(image.stop - image.start <= 8 for image in edits.touched)
    assert [image for image in after.layout.auxiliaries if image.auxiliary_type != URN] == list(
        file.layout.auxiliaries
    )
    (actual,) = [image for image in after.layout.auxiliaries if image.auxiliary_type == URN]
    assert (actual.payload, actual.xmp) == (auxiliary().payload, auxiliary().xmp)
    assert actual.transforms == file.layout.transforms
    # Apple's order: the XMP just before the image, both at the end of mdat.
    assert auxiliary().xmp + auxiliary().payload in result
    restored = after.remove([actual.identifier]).apply(result)
    assert heif.parse(restored).parts() == parts
    assert len(restored) - len(data) in (0, 4), "only the brand stays"
    if (
        name in WITH_DEPTH and name != "nilsh_imageio_output.heic"
    ):  # Apple's photos with depth have the brand.
        assert restored == data


@pytest.mark.parametrize("name", PHOTOS)
def test_foreign_readers_see_the_depth(
    name: str, photo: Sample, tool: Callable[..., str], tmp_path: Path
) -> None:
    data = without_depth(photo(name))
    result = heif.parse(data).splice(auxiliary()).apply(data)
    opened = pillow_heif.open_heif(io.BytesIO(result))
    (depth,) = opened.info["depth_images"]
    assert (depth.info["metadata"]["d_min"], depth.info["metadata"]["d_max"]) == (1.498046875, 4.3828125)
    turns = {"plain_iphone_telephoto.heic": 3}.get(name, 0)
    assert np.array_equal(np.asarray(depth), np.rot90(gray_codes(96, 64), turns))
    if name in SMALL:
        before = pillow_heif.open_heif(io.BytesIO(data))
        assert np.array_equal(np.asarray(opened), np.asarray(before))
    path = tmp_path / "photo.heic"
    path.write_bytes(result)
    output = tool("heif-info", path)
    assert "depth channel: yes" in output
    assert re.search(r"d-min: +1\.498047\s+d-max: +4\.382812", output)


@pytest.mark.parametrize("name", ["pug.heic", "libheif_tiled.heic"])
def test_exiftool_finds_the_photo_valid(
    name: str, photo: Sample, tool: Callable[..., str], tmp_path: Path
) -> None:
    data = without_depth(photo(name))
    path = tmp_path / "photo.heic"
    path.write_bytes(heif.parse(data).splice(auxiliary()).apply(data))
    output = tool("exiftool", "-validate", "-warning", "-error", "-a", "-AuxiliaryImageType", path)
    assert URN in output
    assert "Error" not in output
    assert [line for line in output.splitlines() if line.startswith("Warning") and "'auxl'" not in line] == []


@pytest.mark.parametrize(("name", "item"), WITH_DEPTH.items())
def test_the_depth_of_a_real_photo_decodes_alone(name: str, item: int, sample: Sample) -> None:
    data = sample(name)
    (result,) = [image for image in heif.parse(data).layout.auxiliaries if image.auxiliary_type == URN]
    assert result.identifier == item
    still = heif.build_still(result.width, result.height, result.payload, result.configuration)
    alone = pillow_heif.open_heif(io.BytesIO(still))
    assert (alone.mode, alone.size) == ("L", (result.width, result.height))
    in_photo = pillow_heif.open_heif(io.BytesIO(data)).info["depth_images"][0]
    assert np.array_equal(np.asarray(alone), np.asarray(in_photo))


@pytest.mark.parametrize(("name", "item"), WITH_DEPTH.items())
def test_removal_takes_the_depth_and_nothing_else(name: str, item: int, sample: Sample) -> None:
    data = sample(name)
    file = heif.parse(data)
    after = heif.parse(file.remove([item]).apply(data))
    gone = set(file.structure.items.entries) - set(after.structure.items.entries)
    assert len(gone) == 2, "the map and its XMP"
    left = {
        key: value
        for key, value in file.parts().items()
        if not any(f"item {image} " in key for image in gone)
    }
    assert after.parts() == left
    auxiliaries = file.layout.auxiliaries
    assert after.layout.auxiliaries == tuple(image for image in auxiliaries if image.identifier != item)
    (result,) = [image for image in auxiliaries if image.identifier == item]
    assert result.payload not in after.source
    assert result.xmp not in (None, b"")


def test_the_layout_of_pug(sample: Sample) -> None:
    file = heif.parse(sample("pug.heic"))
    layout = file.layout
    assert (layout.container, layout.width, layout.height) == ("heic", 4032, 3024)
    assert layout.transforms == (Transform("irot", 0),)
    assert layout.exif is not None
    assert (layout.exif[:2], len(layout.exif)) == (b"MM", 2618)
    assert layout.xmp is not None
    assert b"<x:xmpmeta" in layout.xmp
    assert layout.icc is not None
    assert layout.icc[36:40] == b"acsp"
    assert [(image.identifier, image.width, image.height) for image in layout.auxiliaries] == [
        (52, 2016, 1512),
        (54, 768, 576),
    ]
    depth = layout.auxiliaries[1]
    assert len(depth.payload) == 9806
    assert depth.auxiliary_subtype.hex() == "000000110000000d4e01b109351f7bfc010bc62020"
    assert depth.xmp is not None
    assert b"depthBlurEffect" in depth.xmp
    roles = {entry.identifier: entry.role for entry in file.entries}
    assert (roles[1], roles[48], roles[49], roles[50], roles[51]) == (
        "tile",
        "tile",
        "primary",
        "Exif",
        "XMP",
    )
    assert (roles[53], roles[54], roles[55]) == ("XMP of 52", f"auxiliary {URN}", "XMP of 54")
    assert (layout.signed, file.notes) == (False, ())


def test_the_layouts_of_the_others(sample: Sample) -> None:
    nilsh = heif.parse(sample("nilsh_imageio_output.heic")).layout
    assert (nilsh.width, nilsh.height, nilsh.exif, nilsh.icc) == (375, 500, None, None)
    telephoto = heif.parse(sample("plain_iphone_telephoto.heic"))
    assert telephoto.layout.transforms == (Transform("irot", 3),)
    assert "thumbnail" in {entry.role for entry in telephoto.entries}
    samsung = heif.parse(sample("aux_YCbCr.heic"))
    (gain,) = samsung.layout.auxiliaries
    assert (gain.width, gain.height, gain.configuration) == (1000, 462, b"")
    assert {"tmap", "tile of 37", "XMP of 37"} <= {entry.role for entry in samsung.entries}
    selfie = heif.parse(sample("fidmaa_selfie_depth.heic")).layout
    assert [image.identifier for image in selfie.auxiliaries] == [39, 41, 43, 45, 47, 49, 51]


def test_what_is_spliced_into_pug_is_what_apple_wrote(sample: Sample) -> None:
    """If Apple's own depth is removed and spliced again, the tables are the same, byte for byte.

    Only the places in iloc differ: Apple keeps all XMP together in front of the tiles.
    """
    data = sample("pug.heic")
    depth = heif.parse(data).layout.auxiliaries[1]
    bare = without_depth(data)
    assert depth.xmp is not None
    given = CodedAuxiliary(
        depth.width,
        depth.height,
        depth.payload,
        depth.configuration,
        depth.auxiliary_type,
        depth.auxiliary_subtype,
        depth.xmp,
    )
    result = heif.parse(bare).splice(given).apply(bare)
    places = data.index(b"iloc")
    assert result[:places] == data[:places]
    assert len(result) == len(data)
    assert heif.parse(result).parts() == heif.parse(data).parts()
