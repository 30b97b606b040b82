"""Bad input gives one sentence and the documented exit code; no traceback, no partial file, inputs untouched."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from authoring.cli.main import run
from tests.permissions import ordinary_user

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a photo, a HEIC photo and a mask."""
    shutil.copy(GOLDEN / "orientation" / "scene-1.jpg", tmp_path / "photo.jpg")
    shutil.copy(GOLDEN / "orientation" / "scene-1.heic", tmp_path / "photo.heic")
    shutil.copy(GOLDEN / "scene-mask.png", tmp_path / "mask.png")
    return tmp_path


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _fails(folder: Path, capsys: Any, *arguments: str | Path) -> tuple[int, str]:
    """Run a command that must fail cleanly; return its exit code and its message."""
    before = _snapshot(folder)
    code = run([str(word) for word in arguments])
    printed = capsys.readouterr()
    assert code != 0
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert _snapshot(folder) == before, "nothing may be written or changed"
    return code, printed.err


def _sentence(message: str) -> str:
    lines = message.strip().splitlines()
    assert len(lines) == 1, message
    assert lines[0].startswith("depthauthor: ")
    return lines[0]


def _heic_sequence() -> bytes:
    brands = b"hevc" + b"\0\0\0\0" + b"msf1hevc"
    return (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands + b"\0\0\0\x10moov\0\0\0\x08free"


def _saved(picture: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "code", "words"),
    [
        ("missing.jpg", None, 2, "no such file"),
        ("text.jpg", b"Dear reader, this is no picture.\n", 3, "not a JPEG, HEIC or DNG"),
        ("empty.jpg", b"", 3, "empty"),
        ("soi.jpg", b"\xff\xd8", 3, ""),
        ("photo.gif", b"GIF89a" + bytes(40), 4, "GIF"),
        ("photo.webp", b"RIFF\x10\0\0\0WEBPVP8 ", 4, "WebP"),
        ("burst.heic", _heic_sequence(), 4, "sequence"),
    ],
)
def test_not_a_photo(name: str, data: bytes | None, code: int, words: str, folder: Path, capsys: Any) -> None:
    if data is not None:
        (folder / name).write_bytes(data)
    exit_code, message = _fails(
        folder,
        capsys,
        "embed",
        folder / name,
        folder / "mask.png",
        "--near",
        "1",
        "--far",
        "5",
        "-o",
        folder / "o.jpg",
    )
    assert exit_code == code
    assert name in _sentence(message) and words in message
    commands: tuple[list[str | Path], ...] = (
        ["inspect"],
        ["extract", "-o", folder / "o.npy"],
        ["strip", "-o", folder / "o.jpg"],
    )
    for command in commands:
        exit_code, message = _fails(folder, capsys, command[0], folder / name, *command[1:])
        assert exit_code == code and name in _sentence(message)


@pytest.mark.skipif(".avif" not in Image.registered_extensions(), reason="this Pillow writes no AVIF")
def test_avif_is_named(folder: Path, capsys: Any) -> None:
    (folder / "photo.avif").write_bytes(_saved(Image.new("RGB", (64, 48), "gray"), "AVIF"))
    code, message = _fails(
        folder, capsys, "embed", folder / "photo.avif", folder / "mask.png", "--near", "1", "--far", "5",
        "-o", folder / "o.heic",
    )  # fmt: skip
    assert code == 4 and "AVIF" in _sentence(message)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.heic"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_a_truncated_photo(name: str, share: float, folder: Path, capsys: Any) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * share)])
    code, message = _fails(
        folder,
        capsys,
        "embed",
        folder / name,
        folder / "mask.png",
        "--near",
        "1",
        "--far",
        "5",
        "-o",
        folder / "o.jpg",
    )
    assert code == 3 and name in _sentence(message)


def _colours() -> bytes:
    level = np.linspace(0, 1, 96)[None, :].repeat(72, 0)
    picture = np.stack([level, np.sin(level * 3.1), 1 - level], axis=-1)
    return _saved(Image.fromarray((picture * 255).astype(np.uint8)), "PNG")


def _npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def _noise() -> bytes:
    return _saved(
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (96, 128), dtype=np.uint8)), "PNG"
    )


@pytest.mark.parametrize(
    ("name", "data", "options", "code", "words"),
    [
        ("missing.png", None, ["--near", "1", "--far", "5"], 2, "no such file"),
        ("text.png", b"not a picture", ["--near", "1", "--far", "5"], 4, "PNG, TIFF, JPEG, NPY"),
        ("cut.png", _noise()[:2000], ["--near", "1", "--far", "5"], 3, "does not decode"),
        ("colour.png", _colours(), ["--near", "1", "--far", "5"], 5, "coloured visualisation"),
        ("flat.png", _saved(Image.new("L", (128, 96), 77), "PNG"), ["--near", "1", "--far", "5"], 5, "one value"),
        ("flat.npy", _npy(np.full((96, 128), 2.5, np.float32)), [], 5, "2.5"),
        ("nan.npy", _npy(np.full((96, 128), np.nan, np.float32)), [], 5, "no valid"),
        ("negative.npy", _npy(np.full((96, 128), -1, np.float32)), [], 5, "no valid"),
        ("wide.png", _saved(Image.fromarray(np.tile(np.arange(200, dtype=np.uint8), (50, 1))), "PNG"),
         ["--near", "1", "--far", "5"], 5, "512 by 384"),
        ("noise.png", _noise(), [], 2, "--near and --far"),
        ("noise.png", _noise(), ["--near", "5", "--far", "1"], 2, "near"),
        ("noise.png", _noise(), ["--near", "2", "--far", "2"], 2, "near"),
        ("noise.png", _noise(), ["--near", "0", "--far", "5"], 2, "near"),
        ("noise.png", _noise(), ["--near", "-1", "--far", "5"], 2, "near"),
        ("noise.png", _noise(), ["--near", "nan", "--far", "5"], 2, "near"),
        ("noise.png", _noise(), ["--near", "1", "--far", "inf"], 2, "far"),
        ("noise.png", _noise(), ["--near", "1", "--far", "5", "--max-size", "1"], 2, "max_size"),
        ("ramp.npy", _npy(np.linspace(1, 5, 96 * 128).reshape(96, 128)), ["--near", "1", "--far", "5"], 2, "metres"),
        ("bad.plist", b"<?xml version='1.0'?><plist><dict/></plist>", [], 3, ""),
    ],
)  # fmt: skip
def test_not_a_map(
    name: str, data: bytes | None, options: list[str], code: int, words: str, folder: Path, capsys: Any
) -> None:
    if data is not None:
        (folder / name).write_bytes(data)
    exit_code, message = _fails(
        folder, capsys, "embed", folder / "photo.jpg", folder / name, *options, "-o", folder / "out.jpg"
    )
    assert exit_code == code
    sentence = _sentence(message)
    assert words in sentence
    if code != 2 or data is None:
        assert name in sentence, "the sentence names the map, not the photo"


def _embed(folder: Path, *more: str | Path) -> list[str | Path]:
    return ["embed", folder / "photo.jpg", folder / "mask.png", "--near", "1", "--far", "5", *more]


def test_refused_outputs(folder: Path, capsys: Any) -> None:
    (folder / "there.jpg").write_bytes(b"precious")
    (folder / "deep.jpg").mkdir()
    for output, code, words in (
        ("photo.jpg", 5, "input"),
        ("mask.png", 2, "unsupported output type; use .heic, .jpg or .dng"),
        ("there.jpg", 5, "--overwrite"),
        ("deep.jpg", 5, "folder"),
        ("nowhere/out.jpg", 5, "written"),
        ("out.txt", 2, "unsupported output type"),
    ):
        exit_code, message = _fails(folder, capsys, *_embed(folder, "-o", folder / output))
        assert (exit_code, words in _sentence(message)) == (code, True), message
    exit_code, message = _fails(folder, capsys, *_embed(folder, "-o", folder / "photo.jpg", "--overwrite"))
    assert exit_code == 5 and "input" in message
    (folder / "link.jpg").symlink_to(folder / "photo.jpg")
    exit_code, message = _fails(folder, capsys, *_embed(folder, "-o", folder / "link.jpg", "--overwrite"))
    assert exit_code == 5 and "input" in message


def test_every_further_input_is_an_input(folder: Path, capsys: Any) -> None:
    (folder / "donor.jpg").write_bytes((folder / "photo.jpg").read_bytes())
    (folder / "camera.jpg").write_bytes((GOLDEN / "scene-calibration.json").read_bytes())
    for option, name in (("--donor", "donor.jpg"), ("--calibration", "camera.jpg")):
        exit_code, message = _fails(
            folder, capsys, *_embed(folder, option, folder / name, "-o", folder / name, "--overwrite")
        )
        assert exit_code == 5 and f"{name}: this is an input" in _sentence(message)


def test_existing_depth(folder: Path, capsys: Any) -> None:
    assert run([str(word) for word in _embed(folder, "-o", folder / "once.jpg")]) == 0
    capsys.readouterr()
    again: list[str | Path] = [
        "embed",
        folder / "once.jpg",
        folder / "mask.png",
        "--near",
        "1",
        "--far",
        "5",
        "-o",
        folder / "twice.jpg",
    ]
    code, message = _fails(folder, capsys, *again)
    assert code == 5 and "--replace" in _sentence(message) and "once.jpg" in message
    assert run([str(word) for word in [*again, "--replace"]]) == 0


def test_nothing_to_strip_or_extract(folder: Path, capsys: Any) -> None:
    for name in ("photo.jpg", "photo.heic"):
        code, message = _fails(folder, capsys, "strip", folder / name, "-o", folder / f"s-{name}")
        assert code == 5 and "no depth" in _sentence(message)
        code, message = _fails(folder, capsys, "extract", folder / name, "-o", folder / "d.npy")
        assert code == 4 and "no Apple depth" in _sentence(message)
        code, message = _fails(folder, capsys, "dictionary", folder / name, "-o", folder / "d.plist")
        assert code == 4
    code, message = _fails(folder, capsys, "extract", folder / "photo.jpg", "-o", folder / "d.xyz")
    assert code == 2 and ".npy" in _sentence(message)


@pytest.fixture
def _as_nobody() -> Iterator[None]:
    """Become a user without write permission."""
    with ordinary_user():
        yield


def test_a_read_only_folder(folder: Path, capsys: Any, request: pytest.FixtureRequest) -> None:
    assert (
        run([str(word) for word in _embed(folder, "-o", folder / "warm.jpg")]) == 0
    )  # imports done as oneself
    capsys.readouterr()
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.getuid() and "pytest" in str(parent):
            parent.chmod(0o755)
    locked = folder / "locked"
    locked.mkdir(mode=0o555)
    request.getfixturevalue("_as_nobody")
    code, message = _fails(folder, capsys, *_embed(folder, "-o", locked / "out.jpg"))
    assert code == 5 and "Permission denied" in _sentence(message)


def test_a_full_disk(folder: Path, capsys: Any) -> None:
    """A file-size limit fails a write half-way, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        code, message = _fails(folder, capsys, *_embed(folder, "-o", folder / "out.jpg"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 5 and "nothing was left behind" in _sentence(message)


def test_three_channel_gray_is_accepted(folder: Path, capsys: Any) -> None:
    with Image.open(folder / "mask.png") as mask:
        mask.convert("RGB").save(folder / "rgb.png")
    for name, output in (("mask.png", "one.jpg"), ("rgb.png", "two.jpg")):
        arguments = [
            "embed",
            folder / "photo.jpg",
            folder / name,
            "--near",
            "1",
            "--far",
            "5",
            "-o",
            folder / output,
        ]
        assert run([str(word) for word in arguments]) == 0
    assert (folder / "one.jpg").read_bytes() == (folder / "two.jpg").read_bytes()


@pytest.mark.parametrize("name", ["edge_arithmetic.jpg", "edge_cmyk_progressive.jpg"])
def test_photos_that_need_no_decoding_are_embedded(
    name: str, sample: Callable[[str], bytes], folder: Path, capsys: Any
) -> None:
    (folder / name).write_bytes(sample(name))
    report = _inspect(folder / name, capsys)
    width, height = report["photo"]["width"], report["photo"]["height"]
    rows, columns = np.mgrid[0 : height // 2 or 1, 0 : width // 2 or 1]
    (folder / "map.npy").write_bytes(_npy((2 - rows / height + columns / width).astype(np.float32)))
    assert run(["embed", str(folder / name), str(folder / "map.npy"), "-o", str(folder / "o.jpg")]) == 0
    capsys.readouterr()
    assert _inspect(folder / "o.jpg", capsys)["depth"]["native_format"] == "hdis"


def test_arithmetic_jpeg_to_heic_says_why_not(
    sample: Callable[[str], bytes], folder: Path, capsys: Any
) -> None:
    (folder / "a.jpg").write_bytes(sample("edge_arithmetic.jpg"))
    code, message = _fails(
        folder, capsys, "embed", folder / "a.jpg", folder / "mask.png", "--near", "1", "--far", "5",
        "-o", folder / "o.heic",
    )  # fmt: skip
    assert code == 4 and "arithmetic" in _sentence(message)


def _inspect(path: Path, capsys: Any) -> dict[str, Any]:
    assert run(["inspect", str(path), "--json"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def test_a_signed_photo_is_embedded_with_a_note(folder: Path, capsys: Any) -> None:
    photo = (folder / "photo.jpg").read_bytes()
    label = b"c2pa\0"
    description = b"\x63\x32\x70\x61\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71\x03" + label
    inner = (8 + len(description)).to_bytes(4, "big") + b"jumd" + description
    box = (8 + len(inner)).to_bytes(4, "big") + b"jumb" + inner
    payload = b"JP\0\x01\0\0\0\x01" + box
    segment = b"\xff\xeb" + (2 + len(payload)).to_bytes(2, "big") + payload
    (folder / "signed.jpg").write_bytes(photo[:2] + segment + photo[2:])
    arguments = ["embed", folder / "signed.jpg", folder / "mask.png", "--near", "1", "--far", "5", "--json"]
    assert run([str(word) for word in arguments]) == 0
    report = json.loads(capsys.readouterr().out)
    assert any("C2PA" in note for note in report["notes"])
    assert Path(report["output"]).name == "signed-depth.jpg"


def test_standard_input_is_one_file_only(folder: Path, capsys: Any) -> None:
    for line, names in (
        ("embed - - --near 1 --far 5 -o out.jpg", "PHOTO and as MAP"),
        ("embed - mask.png --near 1 --far 5 --donor - -o out.jpg", "PHOTO and as --donor"),
        ("copy - - -o out.jpg", "SOURCE and as PHOTO"),
        ("preview - - --near 1 --far 5 -o out.png", "FILE and as FILE"),
        ("refocus - - --near 1 --far 5 -o out.png", "FILE and as MAP"),
        ("pointcloud - - --near 1 --far 5 -o out.ply", "FILE and as FILE"),
        ("verify - --photo -", "FILE and as --photo"),
        ("inspect - -", "FILE and as FILE"),
        ("report - - -o out.html", "FILE and as FILE"),
    ):
        code, message = _fails(folder, capsys, *line.split())
        assert code == 2 and f"is given as {names}" in _sentence(message)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("embed", "missing argument 'PHOTO'; see depthauthor embed --help"),
        ("embed a.jpg", "name a map after the photo, or let a network estimate it with --estimate"),
        ("embed a.jpg b.png --estimate", "a map and --estimate are given; leave one out"),
        ("embed a.jpg --estimate --white near", "--white is about a map file"),
        ("estimate", "missing argument 'PHOTO'"),
        (
            "export a.jpg",
            "missing option '--as', which can be gdepth or dynamic-depth or pair; see depthauthor",
        ),
        ("embed a.jpg b.png c.png", "unexpected extra argument (c.png)"),
        ("embed a.jpg b.png --near", "option '--near' requires an argument"),
        (
            "embed a.jpg b.png --near x",
            "not a number; see depthauthor embed --help",
        ),
        ("embed a.jpg b.png --max-size 1.5", "not a whole number"),
        ("embed a.jpg b.png --white up", "--white is 'up'; it can be far or near"),
        ("embed a.jpg b.png --focus 1", "the focus '1' is not two numbers"),
        ("embed a.jpg b.png --nearr 1", "no such option: --nearr"),
        ("extract a.jpg", "a.jpg: no such file or folder"),
        ("inspect a.jpg --json=1", "option '--json' does not take a value"),
        ("batch m.csv --jobs 0", "--jobs is 0; it can be 1 to 256"),
        ("batch m.csv --set white", "--set white: write NAME=VALUE"),
        ("nosuch", "no such command 'nosuch'; see depthauthor --help"),
        ("--nosuch", "no such option: --nosuch"),
    ],
)
def test_usage_errors_exit_with_2(line: str, words: str, capsys: Any) -> None:
    assert run(line.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and words in _sentence(printed.err)
