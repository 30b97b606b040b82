"""Every kind of photo, in every container it changes to, has the colours that it had: compared in Lab with a truth.

The truth is computed here, from the numbers in the file and what they mean by the standards; the result is decoded by
Pillow or pillow-heif and read by its ICC profile with lcms.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import piexif
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

import depthauthor
from authoring import containers
from authoring.api.keywords import EmbedKeywords
from depthauthor import RefusedError

Floats = NDArray[np.float64]

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = np.array([0.3127 / 0.3290, 1.0, 0.3583 / 0.3290])
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

BT709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
ADOBE = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)

PATCH_PX, COLUMNS = 32, 6
LEVELS = (
    (255, 255, 255), (192, 192, 192), (128, 128, 128), (64, 64, 64), (0, 0, 0), (230, 60, 50),
    (60, 200, 70), (50, 60, 220), (220, 210, 60), (70, 200, 210), (210, 70, 200), (200, 150, 120),
    (110, 80, 60), (90, 120, 160), (100, 130, 70), (240, 160, 60), (80, 90, 170), (190, 90, 100),
)  # fmt: skip
CHART = np.array(LEVELS, float) / 255


def chart(values: Floats, top: int = 255) -> NDArray[Any]:
    """Return patches (H, W, channels) of values (N, channels), each 0..1, as whole numbers up to `top`."""
    grid = values.reshape(-1, COLUMNS, values.shape[1])
    codes = np.rint(grid * top).astype(np.uint8 if top == 255 else np.uint16)
    return np.repeat(np.repeat(codes, PATCH_PX, 0), PATCH_PX, 1)


def patches(pixels: NDArray[Any]) -> Floats:
    """Return the mean of the middle of each patch (N, 3)."""
    height, width = pixels.shape[:2]
    grid = pixels.reshape(height // PATCH_PX, PATCH_PX, width // PATCH_PX, PATCH_PX, -1)
    return np.asarray(grid[:, 8:24, :, 8:24].mean(axis=(1, 3)).reshape(-1, grid.shape[-1]))


def lab(xyz: Floats) -> Floats:
    """Return Lab (N, 3) under D50 of XYZ under D50."""
    ratio = xyz / D50
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.stack(
        [116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], -1
    )


def xyz_matrix(primaries: tuple[float, ...]) -> Floats:
    """Return the matrix (3, 3) from linear light to XYZ under D65, by the chromaticities of the primaries."""
    columns = np.array([[x, y, 1 - x - y] for x, y in zip(primaries[::2], primaries[1::2], strict=True)]).T
    return np.asarray(columns * np.linalg.solve(columns, D65))


def lab_of_light(light: Floats, primaries: tuple[float, ...]) -> Floats:
    """Return Lab (N, 3) of linear light (N, 3) under D65."""
    adaptation = np.linalg.inv(BRADFORD) @ np.diag((BRADFORD @ D50) / (BRADFORD @ D65)) @ BRADFORD
    return lab(light @ (adaptation @ xyz_matrix(primaries)).T)


def srgb_light(values: Floats) -> Floats:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def bt709_light(values: Floats) -> Floats:
    return np.where(values < 0.081, values / 4.5, ((values + 0.099) / 1.099) ** (1 / 0.45))


def pq_signal(light: Floats) -> Floats:
    """Return the PQ signal of multiples of 203 cd/m² (ITU-R BT.2100, table 4)."""
    power = (light * 203 / 10_000) ** 0.1593017578125
    return np.asarray(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def hlg_signal(light: Floats) -> Floats:
    """Return the HLG signal of multiples of 203 cd/m² on a display of 1000 cd/m² (ITU-R BT.2100, table 5)."""
    display = light * 203 / 1000
    luminance = display @ np.array([0.2627, 0.6780, 0.0593])
    scene = display * (np.maximum(luminance, 1e-9) ** (1 / 1.2 - 1))[:, None]
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.asarray(np.where(scene <= 1 / 12, np.sqrt(3 * scene), high))


def shown(data: bytes) -> Floats:
    """Return Lab (N, 3) of each patch of a photo, as a reader with colour management shows it."""
    if data[4:8] == b"ftyp":
        heif = pillow_heif.open_heif(io.BytesIO(data))
        picture, icc = heif.to_pillow(), heif.info.get("icc_profile")
        assert icc or heif.info["nclx_profile"]["transfer_characteristics"] == 13
        assert icc or heif.info["nclx_profile"]["color_primaries"] == 1
    else:
        picture = Image.open(io.BytesIO(data))
        icc = picture.info.get("icc_profile")
    assert picture.mode == "RGB"
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc)) if icc else ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(
        profile, ImageCms.createProfile("LAB"), "RGB", "LAB", ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    means = np.rint(patches(np.asarray(picture))).astype(np.uint8)
    converted = ImageCms.applyTransform(Image.fromarray(means[None]), transform)
    assert converted is not None
    lightness, a, b = converted.split()
    codes = np.stack([np.asarray(channel, float)[0] for channel in (lightness, a, b)], -1)
    return np.asarray(codes * [100 / 255, 1, 1] - [0, 128, 128])


def heic(
    samples: NDArray[Any], primaries: int, transfer: int, matrix: int, bits: int = 8, **more: Any
) -> bytes:
    """Return a HEIC of a chart that states its colours by code points."""
    height, width = samples.shape[:2]
    mode = "RGB" if bits == 8 else "RGB;16"
    out = io.BytesIO()
    pillow_heif.from_bytes(mode, (width, height), samples.tobytes()).save(
        out,
        quality=95,
        chroma=444,
        color_primaries=primaries,
        transfer_characteristics=transfer,
        matrix_coefficients=matrix,
        full_range_flag=1,
        save_nclx_profile=True,
        bit_depth=bits,
        **more,
    )
    return out.getvalue()


def saved(picture: Image.Image, form: str, **more: Any) -> bytes:
    """Return a picture as a file; a JPEG without chroma subsampling."""
    out = io.BytesIO()
    more |= {"quality": 98, "subsampling": 0} if form == "JPEG" else {}
    picture.save(out, form, **more)
    return out.getvalue()


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of the chart with chunks before its pixels."""
    data = saved(Image.fromarray(chart(CHART)), "PNG")
    added = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return data[:33] + added + data[33:]


def icc_profile(colours: bytes, tags: dict[bytes, bytes], connection: bytes, kind: bytes = b"mntr") -> bytes:
    """Return an ICC profile, version 2 (ICC.1:2001-04, 6.1 and 6.2)."""
    white = struct.pack(">3i", 63190, 65536, 54061)
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + white,
        **tags,
    }
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", offset + len(body), len(content))
        body += content
    size = struct.pack(">I", offset + len(body))
    head = size + b"none\2\x40\0\0" + kind + colours + connection + bytes(12) + b"acsp" + bytes(28) + white
    return head.ljust(128, b"\0") + table + body


def gray_profile(gamma: float) -> bytes:
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    return icc_profile(b"GRAY", {b"kTRC": curve}, b"XYZ ")


GRAYS = np.linspace(0, 1, 18)[:, None]

INKS = np.array([[c, m, y, k] for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)], float)
"""The corners of CMYK, black last to change."""


def lab_of_inks() -> Floats:
    """Return the Lab that the CMYK profile states for each corner: colours of modest chroma, within sRGB."""
    paper = np.array([100.0, 0.0, 0.0])
    effects = np.array([[-25.0, -18.0, -20.0], [-30.0, 40.0, 2.0], [-7.0, -4.0, 45.0]])
    colours = paper + INKS[:, :3] @ effects
    colours = np.where(INKS[:, 3:] == 1, colours * [0.2, 0.1, 0.1], colours)
    return np.asarray(np.maximum(colours, [5, -100, -100]))


def cmyk_profile() -> bytes:
    """Return a profile with a table of the sixteen corners (lut8Type)."""
    scaled = np.rint(lab_of_inks() * [2.55, 1, 1] + [0, 128, 128]).astype(np.uint8)
    identity = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + scaled.tobytes() + identity * 3
    return icc_profile(b"CMYK", {b"A2B0": table, b"A2B1": table}, b"Lab ", b"prtr")


def cmyk_picture() -> tuple[Image.Image, Floats]:
    """Return CMYK patches, the corners of CMYK and two more, and their Lab."""
    more = np.array([[0.0, 0, 0, 0], [1, 1, 1, 0]])
    values = np.concatenate([INKS, more])
    truth = np.concatenate([lab_of_inks(), lab_of_inks()[[0, 14]]])
    return Image.fromarray(chart(values), "CMYK"), truth


def rgb_exif(color_space: int, index: bytes) -> bytes:
    tags = {"Exif": {piexif.ExifIFD.ColorSpace: color_space}, "Interop": {1: index}}
    return bytes(piexif.dump(tags))


def photo_of(kind: str) -> tuple[bytes | Image.Image, Floats]:
    """Return a photo of a kind and the Lab of its patches."""
    rgb, numbers = Image.fromarray(chart(CHART)), np.rint(CHART * 255) / 255
    gray = Image.fromarray(chart(GRAYS)[..., 0])
    gray_truth = lab((np.rint(GRAYS * 255) / 255) ** 1.8 * D50)
    p3 = lab_of_light(srgb_light(numbers), P3)
    srgb = lab_of_light(srgb_light(numbers), BT709)
    adobe = lab_of_light(numbers ** (563 / 256), ADOBE)
    cmyk, cmyk_truth = cmyk_picture()
    lab_codes = chart((srgb * [2.55, 1, 1] + [0, 128, 128]) / 255)
    lab_picture = Image.merge("LAB", [Image.fromarray(channel) for channel in np.moveaxis(lab_codes, -1, 0)])
    p3_file = heic(chart(CHART), 12, 13, 6)
    kinds: dict[str, Callable[[], tuple[bytes | Image.Image, Floats]]] = {
        "JPEG, no profile": lambda: (saved(rgb, "JPEG"), srgb),
        "JPEG, sRGB profile": lambda: (saved(rgb, "JPEG", icc_profile=srgb_icc()), srgb),
        "JPEG, gray profile": lambda: (saved(gray, "JPEG", icc_profile=gray_profile(1.8)), gray_truth),
        "JPEG, gray, no profile": lambda: (
            saved(gray, "JPEG"),
            lab(srgb_light(np.rint(GRAYS * 255) / 255) * D50),
        ),
        "JPEG, CMYK profile": lambda: (saved(cmyk, "JPEG", icc_profile=cmyk_profile()), cmyk_truth),
        "JPEG, gray profile on RGB": lambda: (saved(rgb, "JPEG", icc_profile=gray_profile(1.8)), srgb),
        "JPEG, CMYK profile on RGB": lambda: (saved(rgb, "JPEG", icc_profile=cmyk_profile()), srgb),
        "JPEG, Adobe RGB by R03": lambda: (saved(rgb, "JPEG", exif=rgb_exif(0xFFFF, b"R03")), adobe),
        "JPEG, Adobe RGB by ColorSpace 2": lambda: (saved(rgb, "JPEG", exif=rgb_exif(2, b"R98")), adobe),
        "JPEG, R98": lambda: (saved(rgb, "JPEG", exif=rgb_exif(1, b"R98")), srgb),
        "HEIC, P3 by code points": lambda: (p3_file, p3),
        "HEIC, sRGB by code points": lambda: (heic(chart(CHART), 1, 13, 6), srgb),
        "HEIC, P3, 10 bits": lambda: (heic(chart(CHART, 65535), 12, 13, 6, 10), p3),
        "HEIC, BT.2020 SDR, 10 bits": lambda: (
            heic(chart(CHART, 65535), 9, 14, 9, 10),
            lab_of_light(bt709_light(CHART), BT2020),
        ),
        "HEIC, BT.709": lambda: (heic(chart(CHART), 1, 1, 1), lab_of_light(bt709_light(numbers), BT709)),
        "PNG, sRGB chunk": lambda: (png((b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 45455))), srgb),
        "PNG, gAMA as in sRGB": lambda: (png((b"gAMA", struct.pack(">I", 45455))), srgb),
        "PNG, gAMA 1.8": lambda: (
            png((b"gAMA", struct.pack(">I", 55556))),
            lab_of_light(numbers**1.8, BT709),
        ),
        "PNG, gAMA and cHRM": lambda: (
            png(
                (b"gAMA", struct.pack(">I", 45472)),
                (b"cHRM", struct.pack(">8I", *(round(v * 100_000) for v in (0.3127, 0.3290, *ADOBE)))),
            ),
            lab_of_light(numbers**2.2, ADOBE),
        ),
        "PNG, cICP of P3": lambda: (png((b"cICP", bytes([12, 13, 0, 1]))), p3),
        "PNG, cICP before iCCP": lambda: (
            png((b"cICP", bytes([12, 13, 0, 1])), (b"iCCP", b"x\0\0" + zlib.compress(srgb_icc()))),
            p3,
        ),
        "PNG, gray profile": lambda: (saved(gray, "PNG", icc_profile=gray_profile(1.8)), gray_truth),
        "PNG, gray with transparency": lambda: (
            saved(with_alpha(gray), "PNG", icc_profile=gray_profile(1.8)),
            gray_truth,
        ),
        "PIL, CMYK TIFF": lambda: (
            Image.open(io.BytesIO(saved(cmyk, "TIFF", icc_profile=cmyk_profile()))),
            cmyk_truth,
        ),
        "PIL, Lab": lambda: (lab_picture, srgb),
        "PIL, WebP with Adobe profile": lambda: (
            Image.open(io.BytesIO(saved(rgb, "WEBP", lossless=True, icc_profile=adobe_icc()))),
            adobe,
        ),
        "PIL, HEIC of P3": lambda: (pillow_heif.open_heif(io.BytesIO(p3_file)).to_pillow(), p3),
        "PIL, PNG with gAMA 1.8": lambda: (
            Image.open(io.BytesIO(png((b"gAMA", struct.pack(">I", 55556))))),
            lab_of_light(numbers**1.8, BT709),
        ),
    }
    return kinds[kind]()


def with_alpha(gray: Image.Image) -> Image.Image:
    picture = gray.convert("LA")
    picture.putalpha(255)
    return picture


def srgb_icc() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def adobe_icc() -> bytes:
    """Return an Adobe RGB profile whose colorants were rounded by others (Lindbloom, D50)."""
    rows = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
    tags = {
        name + b"XYZ": b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in row))
        for name, row in zip((b"r", b"g", b"b"), rows, strict=True)
    }
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 563)
    return icc_profile(b"RGB ", tags | {name + b"TRC": curve for name in (b"r", b"g", b"b")}, b"XYZ ")


def embedded(
    photo: bytes | Image.Image, output: Path, **options: Unpack[EmbedKeywords]
) -> tuple[bytes, tuple[str, ...]]:
    """Return a photo with depth in the container of the output's name, and the report's notes."""
    depth = np.linspace(1, 3, 96 * 192, dtype=np.float32).reshape(96, 192)
    options = {"kind": "depth", "quality": 97, **options}
    report = depthauthor.embed(photo, depth, output=output, overwrite=True, **options)
    return output.read_bytes(), report.notes


CASES = [
    ("JPEG, no profile", None),
    ("JPEG, sRGB profile", None),
    ("JPEG, gray profile", "gray levels were converted to sRGB by its profile"),
    ("JPEG, gray, no profile", None),
    ("JPEG, CMYK profile", "CMYK colours were converted to Display P3 by its profile"),
    ("JPEG, gray profile on RGB", "GRAY profile does not fit its pixels"),
    ("JPEG, CMYK profile on RGB", "CMYK profile does not fit its pixels"),
    ("JPEG, Adobe RGB by R03", "Adobe RGB (1998) by its Exif"),
    ("JPEG, Adobe RGB by ColorSpace 2", "Adobe RGB (1998) by its Exif"),
    ("JPEG, R98", None),
    ("HEIC, P3 by code points", "Display P3 by its code points"),
    ("HEIC, sRGB by code points", None),
    ("HEIC, P3, 10 bits", "10 bits were reduced to 8"),
    ("HEIC, BT.2020 SDR, 10 bits", "BT.2020 with the curve of BT.709 by its code points"),
    ("HEIC, BT.709", "BT.709 with the curve of BT.709 by its code points"),
    ("PNG, sRGB chunk", None),
    ("PNG, gAMA as in sRGB", None),
    ("PNG, gAMA 1.8", "gamma 1.80 by its chunks gAMA and cHRM"),
    ("PNG, gAMA and cHRM", "by its chunks gAMA and cHRM"),
    ("PNG, cICP of P3", "Display P3 by its chunk cICP"),
    ("PNG, cICP before iCCP", "Display P3 by its chunk cICP"),
    ("PNG, gray profile", "gray levels were converted to sRGB"),
    ("PNG, gray with transparency", "gray levels were converted to sRGB"),
    ("PIL, CMYK TIFF", "CMYK colours were converted to Display P3"),
    ("PIL, Lab", "Lab colours were converted to Display P3"),
    ("PIL, WebP with Adobe profile", None),
    ("PIL, HEIC of P3", "Display P3 by its code points"),
    ("PIL, PNG with gAMA 1.8", "gamma 1.80"),
]
"""Kind, and what its note says; None for no note about colours."""

WORDS = ("profile", "olour", "bits", "convert")


CHANGES = [
    pytest.param(kind, note, container, id=f"{kind} to {container}")
    for kind, note in CASES
    for container in ("jpeg", "heic")
    if not kind.startswith(container.upper())
]


@pytest.mark.parametrize(("kind", "note", "container"), CHANGES)
def test_colours_stay_when_the_container_changes(
    kind: str, note: str | None, container: str, tmp_path: Path
) -> None:
    photo, truth = photo_of(kind)
    data, notes = embedded(photo, tmp_path / f"out.{container}")
    difference = np.linalg.norm(shown(data) - truth, axis=1)
    assert difference.max() < 3 and difference.mean() < 1.5, difference.round(1)
    about_colours = [text for text in notes if any(word in text for word in WORDS)]
    assert any(note in text for text in about_colours) if note else not about_colours, about_colours


P3_TO_BT2020 = np.linalg.solve(xyz_matrix(BT2020), xyz_matrix(P3))
HDR_LIGHT = np.concatenate(
    [
        np.linspace(0, 0.45, 6)[:, None] * np.ones(3),
        srgb_light(CHART[6:12]) @ P3_TO_BT2020.T * 0.3,
        np.array([1, 1.5, 2, 3, 4, 4.9])[:, None] * np.ones(3),
    ]
)
"""Linear BT.2020 as multiples of 203 cd/m²: twelve patches below half of that white, six from it on, to 995 cd/m²."""


def hdr_heic(transfer: str, **more: Any) -> bytes:
    signal = {"PQ": pq_signal, "HLG": hlg_signal}[transfer](HDR_LIGHT)
    return heic(chart(signal, 65535), 9, {"PQ": 16, "HLG": 18}[transfer], 9, 10, **more)


def hdr_truth() -> Floats:
    """Return the Lab of the patches that no tone mapping may change, where 203 cd/m² is white."""
    return lab_of_light(HDR_LIGHT, BT2020)[:12]


@pytest.mark.parametrize("transfer", ["PQ", "HLG"])
def test_an_hdr_photo_becomes_a_jpeg_only_when_asked(transfer: str, tmp_path: Path) -> None:
    photo = hdr_heic(transfer)
    with pytest.raises(RefusedError, match=rf"HDR \({transfer}: BT.2020 with {transfer}\).*tone_map"):
        embedded(photo, tmp_path / "refused.jpg")
    assert not (tmp_path / "refused.jpg").exists()
    data, notes = embedded(photo, tmp_path / "out.jpg", tone_map=True)
    result = shown(data)
    assert np.linalg.norm(result[:12] - hdr_truth(), axis=1).max() < 3
    assert (np.diff(result[12:, 0]) > 0.5).all()  # What is brighter stays brighter, up to white.
    assert result[12, 0] > 80
    assert result[-1, 0] == pytest.approx(100, abs=1)
    assert np.abs(result[12:, 1:]).max() < 2.5
    assert any("tone-mapped to Display P3" in note for note in notes)


def test_an_hdr_heic_keeps_its_pixels(tmp_path: Path) -> None:
    photo = hdr_heic("PQ")
    data, notes = embedded(photo, tmp_path / "out.heic")
    before, after = (
        pillow_heif.open_heif(io.BytesIO(file), convert_hdr_to_8bit=False) for file in (photo, data)
    )
    assert (np.asarray(before) == np.asarray(after)).all()
    assert after.info["nclx_profile"] == before.info["nclx_profile"]
    assert not any("bits" in note or "HDR" in note for note in notes)


def test_an_hdr_png_and_an_hdr_pil_image_are_refused_too(tmp_path: Path) -> None:
    picture = pillow_heif.open_heif(io.BytesIO(hdr_heic("HLG"))).to_pillow()
    for photo in (png((b"cICP", bytes([9, 16, 0, 1]))), picture):
        with pytest.raises(RefusedError, match="HDR"):
            embedded(photo, tmp_path / "out.heic")
    data, _ = embedded(picture, tmp_path / "out.heic", tone_map=True)
    assert np.linalg.norm(shown(data)[:12] - hdr_truth(), axis=1).max() < 5  # From 8 bits.


def test_an_icc_profile_that_states_pq_is_hdr(tmp_path: Path) -> None:
    """ICC.1:2022, 9.2.17: the tag cicp."""
    pq = icc_profile(b"RGB ", {b"cicp": b"cicp" + bytes(4) + bytes([9, 16, 0, 1])}, b"XYZ ")
    photo = saved(Image.fromarray(chart(CHART)), "PNG", icc_profile=pq)
    with pytest.raises(RefusedError, match="HDR"):
        embedded(photo, tmp_path / "out.heic")


@pytest.mark.parametrize(("primaries", "transfer", "stated"), [(12, 13, 0xFFFF), (9, 16, 0xFFFF), (1, 13, 1)])
def test_exif_made_for_a_heic_says_srgb_of_srgb_alone(
    primaries: int, transfer: int, stated: int, tmp_path: Path
) -> None:
    data, _ = embedded(heic(chart(CHART), primaries, transfer, 6), tmp_path / "out.heic")
    exif = containers.parse(data).layout.exif
    assert exif is not None
    assert piexif.load(b"Exif\0\0" + exif)["Exif"][piexif.ExifIFD.ColorSpace] == stated


def test_exif_that_contradicts_a_new_profile_is_corrected(tmp_path: Path) -> None:
    photo = heic(chart(CHART), 12, 13, 6, exif=rgb_exif(1, b"R98"))
    data, notes = embedded(photo, tmp_path / "out.jpg")
    assert piexif.load(data)["Exif"][piexif.ExifIFD.ColorSpace] == 0xFFFF
    assert any("Exif ColorSpace was set" in note for note in notes)


def test_exif_beside_its_own_profile_stays(tmp_path: Path) -> None:
    photo = saved(Image.fromarray(chart(CHART)), "JPEG", icc_profile=adobe_icc(), exif=rgb_exif(1, b"R98"))
    data, _ = embedded(photo, tmp_path / "out.heic")
    layout = containers.parse(data).layout
    assert layout.icc == adobe_icc()
    assert piexif.load(b"Exif\0\0" + (layout.exif or b""))["Exif"][piexif.ExifIFD.ColorSpace] == 1


@pytest.mark.parametrize("kind", ["HEIC, P3 by code points", "JPEG, gray profile", "JPEG, CMYK profile"])
def test_a_point_cloud_has_the_colours_of_its_photo(kind: str, tmp_path: Path) -> None:
    photo, truth = photo_of(kind)
    form = "heic" if kind.startswith("HEIC") else "jpg"
    data, _ = embedded(photo, tmp_path / f"depth.{form}")
    colours = depthauthor.pointcloud(data, resolution="photo").colours
    values = patches(colours.reshape(3 * PATCH_PX, COLUMNS * PATCH_PX, 3)) / 255
    inside = [0, 1, 2, 3, 4, 11, 12, 13, 16]  # Of the P3 colours, those that sRGB holds.
    difference = np.linalg.norm(lab_of_light(srgb_light(values), BT709) - truth, axis=1)[inside]
    assert difference.max() < 3, difference.round(1)


@pytest.mark.parametrize("transfer", ["PQ", "HLG"])
def test_pictures_of_an_hdr_photo_are_tone_mapped(transfer: str, tmp_path: Path) -> None:
    data, _ = embedded(hdr_heic(transfer), tmp_path / "depth.heic")
    colours = depthauthor.pointcloud(data, resolution="photo").colours
    values = patches(colours.reshape(3 * PATCH_PX, COLUMNS * PATCH_PX, 3)) / 255
    shown_lab = lab_of_light(srgb_light(values), BT709)
    assert (
        np.linalg.norm(shown_lab - lab_of_light(HDR_LIGHT, BT2020), axis=1)[:6].max() < 3
    )  # Neutral, below the knee.


def test_sixteen_bits_of_a_png_are_said_to_be_reduced(tmp_path: Path) -> None:
    samples = chart(CHART, 65535)
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    photo = b"\x89PNG\r\n\x1a\n"
    for kind, body in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ):
        photo += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    data, notes = embedded(photo, tmp_path / "out.heic")
    assert "the photo's 16 bits were reduced to 8" in notes
    assert np.linalg.norm(shown(data) - lab_of_light(srgb_light(CHART), BT709), axis=1).max() < 3


def test_a_damaged_profile_is_kept_or_left_out_and_the_photo_is_made(tmp_path: Path) -> None:
    gray = Image.fromarray(chart(GRAYS)[..., 0])
    for picture, colours in (
        (gray, b"GRAY"),
        (cmyk_picture()[0], b"CMYK"),
        (Image.fromarray(chart(CHART)), b"RGB "),
    ):
        damaged = gray_profile(2.2)[:12] + b"mntr" + colours + b"XYZ " + bytes(100)
        data, notes = embedded(saved(picture, "JPEG", icc_profile=damaged), tmp_path / "out.heic")
        assert containers.parse(data).layout.icc in (None, damaged if colours == b"RGB " else None)
        assert colours == b"RGB " or any("left out" in note for note in notes)
