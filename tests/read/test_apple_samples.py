"""Apple's own files, read here and by independent readers, and rebuilt from the values read."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from authoring import containers
from authoring.apple.depth_properties import build_tree, foreign_properties, parse_properties
from authoring.apple.dictionary import build_plist, parse_plist
from authoring.apple.xmp import build_packet, parse_packet
from authoring.codecs import sei
from authoring.embed.embed_options import options_of
from authoring.embed.steps import copy, embed
from authoring.read import depth_image
from authoring.read.extract import extract_file, read, to_dictionary
from authoring.read.inspect import inspect
from authoring.read.layout import depth_images

Sample = Callable[[str], bytes]

HEIC = [
    "pug.heic",
    "openize_14pro_portrait.heic",
    "fidmaa_selfie_depth.heic",
    "nilsh_imageio_output.heic",
    "xamarinmonkey.heic",
]
JPEG = {"lyangas_12mini_gainmap_depth.jpg": 3, "shu_matte.jpg": 2, "rw_ios11_test06.jpg": 2}
"""The number of the image that is the depth map."""


def _xmp_by_exiftool(tool: Callable[..., str], path: Path) -> dict[str, Any]:
    printed = tool("exiftool", "-j", "-n", "-XMP-apdi:all", "-XMP-depthData:all", path)
    files, _ = json.JSONDecoder().raw_decode(printed)
    return dict(files[0])


@pytest.mark.parametrize("name", [*HEIC, *JPEG])
def test_inspect_agrees_with_exiftool(
    name: str, sample: Sample, tool: Callable[..., str], tmp_path: Path
) -> None:
    photo = sample(name)
    report = inspect(photo).to_dict()
    depth = report["depth"]
    layout = containers.parse(photo).layout
    auxiliary = depth_images(layout)[0]
    path = tmp_path / name
    if name in JPEG:
        assert auxiliary.identifier == JPEG[name]
        path.write_bytes(photo)
        tool("exiftool", "-ver")
        image = subprocess.run(
            ["exiftool", "-b", f"-MPImage{JPEG[name]}", path], capture_output=True, check=True, timeout=60
        ).stdout
        assert image == auxiliary.payload
        path.write_bytes(image)
    elif name == "fidmaa_selfie_depth.heic":
        # Six auxiliary images: exiftool shows the last one's properties, so it gets the packet alone.
        path = tmp_path / "packet.xmp"
        path.write_bytes(auxiliary.xmp or b"")
    else:
        path.write_bytes(photo)
    theirs = _xmp_by_exiftool(tool, path)
    assert depth["kind"] == theirs["AuxiliaryImageType"]
    assert depth["native_format"] == int(theirs["NativeFormat"]).to_bytes(4, "big").decode()
    assert depth["stored_format"] == int(theirs["StoredFormat"]).to_bytes(4, "big").decode()
    assert depth["float_min"] == pytest.approx(float(theirs["FloatMinValue"]), abs=1e-6)
    assert depth["float_max"] == pytest.approx(float(theirs["FloatMaxValue"]), abs=1e-6)
    assert depth["accuracy"] == theirs["Accuracy"]
    assert depth["quality"] == theirs["Quality"]
    assert depth["filtered"] is bool(theirs["Filtered"] in (True, "True"))
    assert depth["version"] == (int(theirs["DepthDataVersion"]) if "DepthDataVersion" in theirs else None)
    if "IntrinsicMatrix" in theirs:
        numbers = [float(number) for number in re.findall(r"[-\d.e]+", str(theirs["IntrinsicMatrix"]))]
        assert depth["calibration"]["intrinsic_matrix"] == pytest.approx(numbers)
    else:
        assert depth["calibration"] is None


@pytest.mark.parametrize("name", [*HEIC, *JPEG])
def test_extract_agrees_with_another_decoder(name: str, sample: Sample) -> None:
    photo = sample(name)
    reading = read(photo)
    if name in JPEG:
        with Image.open(io.BytesIO(photo)) as picture:
            picture.seek(JPEG[name] - 1)
            foreign = reading.orientation.to_display(np.asarray(picture.convert("L")))
    else:
        foreign = np.asarray(pillow_heif.open_heif(io.BytesIO(photo)).info["depth_images"][0])
    low, high = reading.plane.float_min, reading.plane.float_max
    wanted = low + foreign.astype(np.float64) * (high - low) / 255
    for kind, expected in (("disparity", wanted), ("depth", 1 / wanted)):
        data, report = extract_file(photo, "npy", kind)  # type: ignore[arg-type]
        values = np.load(io.BytesIO(data))
        assert values.shape == expected.shape and (report.width, report.height) == values.shape[::-1]
        assert np.allclose(values, expected, rtol=1e-5)
    # Both ends are half floats exactly, though the XMP has six decimals only.
    assert low == float(np.float16(low)) and high == float(np.float16(high))


@pytest.mark.parametrize("name", HEIC)
def test_the_sei_of_every_apple_file_is_rebuilt(name: str, sample: Sample) -> None:
    auxiliary = read(sample(name)).auxiliary
    representation = sei.parse_aux_subtype(auxiliary.auxiliary_subtype)
    assert representation is not None and len(auxiliary.auxiliary_subtype) == 21
    assert sei.build_aux_subtype(representation) == auxiliary.auxiliary_subtype


@pytest.mark.parametrize("name", [*HEIC, *JPEG])
def test_the_xmp_of_every_apple_file_is_rebuilt(name: str, sample: Sample) -> None:
    packet = read(sample(name)).auxiliary.xmp
    assert packet
    tree = parse_packet(packet)
    again = parse_packet(build_packet(build_tree(parse_properties(tree), foreign_properties(tree))))

    def values(tree: Any) -> dict[tuple[str, str], Any]:
        return {(item.namespace, item.name): item.value for item in tree}

    before, after = values(tree), values(again)
    assert before.keys() == after.keys() and len(before) > 8
    for key, value in before.items():
        if name.startswith(("rw_", "xamarinmonkey")):
            # iOS 11 printed six decimals with seventeen digits; the number is the same.
            same = value == after[key] or _numbers(value) == pytest.approx(_numbers(after[key]), abs=1e-6)
            assert same, key
        else:
            assert value == after[key], key


def _numbers(value: Any) -> list[float]:
    return [float(text) for text in ([value] if isinstance(value, str) else value)]


def test_the_nilsh_files_match_what_imageio_stored(sample: Sample) -> None:
    """The app's formula over its 2x2 means, against the plane in the file that macOS wrote.

    The app halved 375 columns to 188 with a black column beside the last. ImageIO coded the plane with loss: the
    formula alone, exact, is up to 4.7 codes away from what its file decodes to, with a mean of -0.28.
    """
    with Image.open(io.BytesIO(sample("nilsh_depth.png"))) as picture:
        gray = np.pad(np.asarray(picture.convert("L"), np.float64), ((0, 0), (0, 1)))
    disparity = (1.26269531 + 5.54589844 * gray / 255).reshape(250, 2, 188, 2).mean(axis=(1, 3))
    outcome = embed(sample("nilsh_base.png"), (1 / disparity).astype(np.float32), options_of(unit="m"))
    ours = depth_image.read_depth(containers.parse(outcome.data)).plane
    theirs = read(sample("nilsh_imageio_output.heic")).plane
    assert ours.codes.shape == theirs.codes.shape == (250, 188)
    assert (ours.float_min, ours.float_max) == pytest.approx((theirs.float_min, theirs.float_max), abs=0.016)
    ours_per_m = ours.float_min + ours.codes.astype(np.float64) * ours.step
    theirs_per_m = theirs.float_min + theirs.codes.astype(np.float64) * theirs.step
    error = (theirs_per_m - ours_per_m)[1:-1, 1:-1] / theirs.step
    print(
        f"nilsh triple: mean {error.mean():.3f}, mean size {np.abs(error).mean():.3f}, largest "
        f"{np.abs(error).max():.2f}, within 1.5 codes {(np.abs(error) <= 1.5).mean():.2%}"
    )
    assert abs(error.mean()) < 0.5
    assert np.percentile(np.abs(error), 97) <= 1.5
    assert np.abs(error).max() < 6


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("pug.heic", "lyangas_12mini_gainmap_depth.jpg"),
        ("openize_14pro_portrait.heic", "plain_iphone_telephoto.heic"),
        ("rw_ios11_test06.jpg", "openize_14pro_portrait.heic"),
        ("shu_matte.jpg", "edge_orient6_portrait.jpg"),
    ],
)
def test_copy_reconciles_orientations(source: str, target: str, sample: Sample) -> None:
    origin = read(sample(source))
    outcome = copy(sample(source), sample(target), options_of(replace=True, profile="data"))
    reading = read(outcome.data)
    before, after = origin.buffer(), reading.buffer()
    assert before.samples.shape == after.samples.shape
    # Each codec may add one code on the way.
    assert np.abs(before.samples - after.samples).max() <= 2.001 * origin.plane.step
    assert reading.properties.rendering_parameters == origin.properties.rendering_parameters
    assert reading.properties.simulated_aperture == origin.properties.simulated_aperture
    layout = containers.parse(outcome.data).layout
    assert (reading.properties.reference_width, reading.properties.reference_height) == (
        layout.width,
        layout.height,
    )
    calibration = depth_image.calibration_of(origin.properties)
    assert calibration and after.calibration and before.calibration
    x, y = before.calibration.principal_point_px
    scale = after.calibration.reference_width_px / before.calibration.reference_width_px
    assert after.calibration.principal_point_px == pytest.approx((x * scale, y * scale), abs=0.01)


@pytest.mark.parametrize("name", ["pug.heic", "lyangas_12mini_gainmap_depth.jpg", "rw_ios11_test06.jpg"])
def test_a_dictionary_can_be_embedded_as_a_map(name: str, sample: Sample) -> None:
    photo = sample(name)
    dictionary = parse_plist(build_plist(to_dictionary(photo)))
    again = embed(photo, dictionary, options_of(replace=True, profile="data"))
    before, after = read(photo), read(again.data)
    assert np.abs(before.plane.codes.astype(int) - after.plane.codes).max() <= 2
    assert after.properties.intrinsic_matrix == pytest.approx(before.properties.intrinsic_matrix)
