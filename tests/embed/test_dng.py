"""Depth in DNG: no old byte moves, foreign readers see photo and map, and the map lies on the developed picture."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import depthauthor
from authoring import containers
from authoring.embed import steps
from authoring.embed.embed_options import options_of
from authoring.embed.reports import EmbedReport
from authoring.read.extract import to_dictionary
from golden.dng import DngRecipe, build_dng

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
SIZE = (640, 480)
CROP = (16, 12, 600, 450)
INSIDE, OUTSIDE = 1.0, 4.0


def scene() -> NDArray[np.uint8]:
    """A gray picture, as stored, with a white rectangle off its middle."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 70, np.uint8)
    pixels[100:220, 80:300] = 230
    return pixels


def dng(**options: Any) -> bytes:
    """A DNG of the scene."""
    return build_dng(DngRecipe(scene(), **options))


def metres(width: int = 96, height: int = 72) -> NDArray[np.float32]:
    """A map with a slope and a wave, 0.6 to 5 m."""
    y, x = np.mgrid[0:height, 0:width]
    depth: NDArray[np.float32] = (0.6 + 4.2 * x / width + 0.2 * np.sin(y / 5)).astype(np.float32)
    return depth


def dngs() -> dict[str, bytes]:
    """DNGs of both byte orders, with and without preview, border and crop, of odd length; those of pidng."""
    files = {
        "little": dng(),
        "big": dng(order=">"),
        "cropped": dng(border=6, crop=CROP),
        "no preview": dng(preview=False),
        "odd length": dng() + b"\0",
    }
    for name in ("dng_cfa_small", "dng_proraw_headers"):
        path = SAMPLES / f"{name}.dng"
        if path.exists():
            files[name] = path.read_bytes()
    return files


def pidng_file(folder: Path) -> bytes:
    """A CFA DNG by pidng."""
    core = pytest.importorskip("pidng.core", reason="pidng is not installed")
    defs, tags = pytest.importorskip("pidng.defs"), core.DNGTags()
    size = (320, 240)
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    raw = (200 + 10 * x + 3 * y).astype(np.uint16)
    for tag, value in (
        ("ImageWidth", size[0]), ("ImageLength", size[1]), ("TileWidth", size[0]), ("TileLength", size[1]),
        ("Orientation", 1), ("PhotometricInterpretation", defs.PhotometricInterpretation.Color_Filter_Array),
        ("SamplesPerPixel", 1), ("BitsPerSample", 16), ("CFARepeatPatternDim", [2, 2]),
        ("CFAPattern", defs.CFAPattern.RGGB), ("BlackLevel", 200), ("WhiteLevel", 8000),
        ("ColorMatrix1", [[1, 1], [0, 1], [0, 1], [0, 1], [1, 1], [0, 1], [0, 1], [0, 1], [1, 1]]),
        ("CalibrationIlluminant1", defs.CalibrationIlluminant.D65), ("AsShotNeutral", [[1, 1], [1, 1], [1, 1]]),
        ("DNGVersion", defs.DNGVersion.V1_4), ("DNGBackwardVersion", defs.DNGVersion.V1_2),
        ("Make", "made"), ("Model", "made"),
    ):  # fmt: skip
        tags.set(getattr(core.Tag, tag), value)
    writer = core.RAW2DNG()
    writer.options(tags, path=str(folder), compress=False)
    writer.convert(raw, filename="pidng")
    return (folder / "pidng.dng").read_bytes()


def developed(data: bytes, **options: Any) -> NDArray[np.uint8]:
    """LibRaw's picture."""
    rawpy = pytest.importorskip("rawpy", reason="rawpy is not installed")
    with rawpy.imread(io.BytesIO(data)) as raw:
        picture: NDArray[np.uint8] = raw.postprocess(
            use_camera_wb=True, no_auto_bright=True, gamma=(2.4, 12.92), **options
        )
    return picture


def stored_map(data: bytes) -> NDArray[Any]:
    """The codes of the depth map, by tifffile."""
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed")
    pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        pages = file.pages[0].pages
        (page,) = [page for page in pages if page.tags[254].value == 8]
        assert page.tags[262].value == 51177
        codes: NDArray[Any] = page.asarray()
    return codes


def embed_bytes(photo: Any, depth: NDArray[np.float32], **options: Any) -> tuple[bytes, EmbedReport]:
    """Embed metres into a photo in memory, and return the report too."""
    edited = steps.embed(photo, depth, options_of(unit="m", force=True, **options))
    return edited.edits.apply(edited.source), edited.report


def copy_bytes(source: bytes, photo: bytes) -> tuple[bytes, EmbedReport]:
    """Copy depth into a photo in memory, and return the report too."""
    edited = steps.copy(source, photo, options_of())
    return edited.edits.apply(edited.source), edited.report


def heic_of_scene() -> bytes:
    """The scene as a HEIC, by way of a PNG."""
    from PIL import Image

    png = io.BytesIO()
    Image.fromarray(scene()).save(png, "PNG")
    return depthauthor.strip_bytes(
        depthauthor.embed_bytes(png.getvalue(), metres(), unit="m", force=True), restore=True
    )


@pytest.mark.parametrize("name", [*dngs(), "pidng"])
@pytest.mark.parametrize("bits", [8, 16])
def test_only_the_pointer_to_ifd0_changes_and_strip_undoes_it(name: str, bits: int, tmp_path: Path) -> None:
    photo = pidng_file(tmp_path) if name == "pidng" else dngs()[name]
    layout = containers.parse(photo).layout
    upright = (layout.height, layout.width) if name == "dng_proraw_headers" else (layout.width, layout.height)
    depth = metres(round(96 * upright[0] / max(upright)), round(96 * upright[1] / max(upright)))
    data, report = embed_bytes(photo, depth, bits=bits)
    changed = [place for place, byte in enumerate(photo) if data[place] != byte]
    assert changed and set(changed) <= {4, 5, 6, 7}
    assert report.max_error <= report.bound * (1 + 1e-5)
    assert depthauthor.strip_bytes(data) == photo
    assert depthauthor.strip_bytes(data, restore=True) == photo


@pytest.mark.parametrize("name", [*(name for name in dngs() if not name.startswith("dng_")), "pidng"])
def test_libraw_sees_the_same_picture(name: str, tmp_path: Path) -> None:
    photo = pidng_file(tmp_path) if name == "pidng" else dngs()[name]
    data, _ = embed_bytes(photo, metres())
    assert np.array_equal(developed(data), developed(photo))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tifffile_reads_the_map_in_metres(bits: int, order: str) -> None:
    depth = metres()
    data, report = embed_bytes(dng(order=order), depth, bits=bits)
    codes = stored_map(data)
    assert codes.dtype == (np.uint8 if bits == 8 else np.uint16)
    near, far = report.float_min, report.float_max
    read = near + codes / (2.0**bits - 1) * (far - near)
    assert np.abs(read - depth).max() <= report.bound * (1 + 1e-5)
    rounding = float(np.spacing(np.float32(depth.max())))
    assert np.abs(depthauthor.extract(data).depth_m() - depth).max() <= report.bound + rounding


def test_exiftool_reads_the_tags_in_both_places(tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    data, report = embed_bytes(dng(), metres())
    path = tmp_path / "x.dng"
    path.write_bytes(data)
    command = [
        "exiftool",
        "-G1",
        "-json",
        "-a",
        "-n",
        "-validate",
        "-warning",
        "-Depth*",
        "-DNG*Version",
        "-XMP-apdi:all",
    ]
    run = subprocess.run([*command, path], capture_output=True, check=True, text=True)
    (tags,) = json.loads(run.stdout)
    for group in ("IFD0", "SubIFD1"):
        assert tags[f"{group}:DepthFormat"] == 1
        assert tags[f"{group}:DepthNear"] == pytest.approx(report.float_min, rel=1e-6)
        assert tags[f"{group}:DepthFar"] == pytest.approx(report.float_max, rel=1e-6)
        assert (tags[f"{group}:DepthUnits"], tags[f"{group}:DepthMeasureType"]) == (1, 1)
    assert tags["IFD0:DNGVersion"] == "1 5 0 0"
    assert tags["IFD0:DNGBackwardVersion"] == "1 3 0 0"
    assert tags["XMP-apdi:AuxiliaryImageType"] == "depth"


@pytest.mark.parametrize("crop", [None, CROP])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_map_is_on_the_developed_picture(
    orientation: int, crop: tuple[int, int, int, int] | None
) -> None:
    photo = dng(orientation=orientation, crop=crop, border=4 if crop else 0)
    left, top, width, height = crop or (0, 0, *SIZE)
    stored = developed(photo, user_flip=0)[top : top + height, left : left + width]
    # The upright picture, by the test's own rule for the eight values of Orientation (TIFF 6.0).
    upright = to_display(stored, orientation)
    white = upright[..., 1] > 150
    depth = np.where(white, INSIDE, OUTSIDE).astype(np.float32)
    data, report = embed_bytes(photo, depth, max_size=1024)
    codes = stored_map(data)
    assert codes.shape == (SIZE[1], SIZE[0])
    near = codes < 128
    shown = to_display(near[top : top + height, left : left + width], orientation)
    assert np.array_equal(shown, white)
    assert report.max_error <= report.bound * (1 + 1e-5)


def to_display(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn a stored raster upright."""
    steps = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
        5: lambda a: np.swapaxes(a, 0, 1), 6: lambda a: np.rot90(a, -1),
        7: lambda a: np.swapaxes(np.rot90(a, 2), 0, 1), 8: lambda a: np.rot90(a),
    }  # fmt: skip
    upright: NDArray[Any] = steps[orientation](array)
    return upright


def test_a_map_of_libraws_picture_covers_the_active_area_itself() -> None:
    photo = dng(crop=CROP, border=4)
    depth = metres(*SIZE)
    data, report = embed_bytes(photo, depth, max_size=640)
    assert np.abs(depthauthor.extract(data).depth_m() - depth).max() <= report.bound * (1 + 1e-5)
    assert not any("extended" in note for note in report.assumed)


def test_the_dictionary_is_that_of_a_heic_with_the_same_depth() -> None:
    depth = metres()
    in_dng, dng_report = embed_bytes(dng(), depth)
    in_heic, heic_report = embed_bytes(heic_of_scene(), depth, native_format="hdep")
    samples = []
    for data in (in_dng, in_heic):
        dictionary = to_dictionary(data)
        assert dictionary.data_description.pixel_format == int.from_bytes(b"hdep")
        samples.append(np.frombuffer(dictionary.data, np.float16).astype(np.float64))
    rounding = float(np.spacing(np.float16(5)))
    assert np.abs(samples[0] - samples[1]).max() <= dng_report.bound + heic_report.bound + rounding


def test_a_copy_there_and_back_states_its_error() -> None:
    plain = heic_of_scene()
    heic, first = embed_bytes(plain, metres())
    there, second = copy_bytes(heic, dng())
    back, third = copy_bytes(there, plain)
    assert (first.native_format, second.native_format, third.native_format) == ("hdis", "hdep", "hdis")
    source, middle, last = (depthauthor.extract(data).depth_m() for data in (heic, there, back))
    assert np.abs(middle - source).max() <= second.bound * (1 + 1e-4)
    assert np.abs(1 / last - 1 / middle).max() <= third.bound * (1 + 1e-4)


def test_adobes_inverse_depth_is_read_near_end_first() -> None:
    """A map without XMP, 0 nearest, in DepthFormat 2: the middle code is the mean of the inverse distances."""
    photo, _ = embed_bytes(dng(), metres())
    structure = containers.parse(photo).structure  # type: ignore[attr-defined]
    data = bytearray(photo)
    (child,) = [ifd for ifd in structure.children if ifd.find(51177) is not None]
    for ifd in (structure.first, child):
        entry = ifd.find(51177)
        data[entry.value_offset : entry.value_offset + 2] = (2).to_bytes(2, "little")
    entry = child.find(700)
    data[entry.offset : entry.offset + 2] = (701).to_bytes(2, "little")
    read = depthauthor.extract(bytes(data)).depth_m()
    codes = stored_map(bytes(data)) / 255
    near, far = depthauthor.extract(photo).depth_m().min(), depthauthor.extract(photo).depth_m().max()
    expected = 1 / (1 / near + codes * (1 / far - 1 / near))
    assert np.allclose(read, expected, rtol=1e-3)


def test_what_is_no_depth_stays_and_is_listed() -> None:
    path = SAMPLES / "dng_proraw_headers.dng"
    if not path.exists():
        pytest.skip("the sample dng_proraw_headers.dng is not here")
    data, _ = embed_bytes(path.read_bytes(), metres(72, 96))
    report = depthauthor.inspect(data)
    assert [image.type for image in report.auxiliary] == ["semanticskymatte"]
    assert report.depth is not None and report.depth.place == "SubIFD 3"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: b"II+\0" + data[4:], "BigTIFF"),
        (lambda data: b"II*\0\x08\0\0\0" + bytes(6), "no DNG"),
        (lambda data: data[:4] + b"\xff\xff\xff\x7f" + data[8:], "outside"),
    ],
)
def test_what_is_no_dng_is_refused(change: Any, words: str) -> None:
    with pytest.raises(depthauthor.DepthauthorError, match=words):
        depthauthor.embed_bytes(change(dng()), metres(), unit="m")


def test_disparity_and_another_container_are_refused() -> None:
    with pytest.raises(depthauthor.UsageError, match="holds depth, not disparity"):
        depthauthor.embed_bytes(dng(), metres(), unit="m", native_format="hdis")
    with pytest.raises(depthauthor.DepthauthorError, match="not developed"):
        depthauthor.embed_bytes(dng(), metres(), unit="m", container="heic")
    with pytest.raises(depthauthor.DepthauthorError, match="already holds"):
        depthauthor.embed_bytes(embed_bytes(dng(), metres())[0], metres(), unit="m")


def test_a_second_map_replaces_the_first_and_strip_gives_the_photo() -> None:
    photo = dng(order=">")
    first, _ = embed_bytes(photo, metres())
    second, report = embed_bytes(first, metres() + 1, replace=True)
    assert (
        abs(float(depthauthor.extract(second).depth_m().max()) - (metres().max() + 1)) <= report.bound * 1.001
    )
    assert depthauthor.strip_bytes(second) == photo


def test_a_map_that_another_program_moved_is_taken_out_by_its_directory() -> None:
    photo = dng()
    data, _ = embed_bytes(photo, metres())
    stripped = depthauthor.strip_bytes(data + b"added by another program")
    assert depthauthor.inspect(stripped).depth is None
    assert np.array_equal(developed(stripped), developed(photo))


def test_a_view_of_it() -> None:
    data, _ = embed_bytes(dng(crop=CROP, border=4, orientation=6), metres(72, 96))
    picture, report = depthauthor.preview_image(data), depthauthor.inspect(data)
    assert report.container == "dng"
    assert picture.size[0] > 0


def test_the_level_is_readable_depth_and_says_why() -> None:
    data, report = embed_bytes(dng(), metres())
    verified = depthauthor.verify(data)
    assert (report.level, verified.level, verified.possible_level) == ("L1", "L1", "L1")
    assert "disparity, which a DNG does not hold" in verified.verdict
