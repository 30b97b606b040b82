"""Photos and maps in every form that Python programs hold them in: right in metres, or a UsageError."""

from __future__ import annotations

import array
import collections
import datetime
import io
import math
import mmap
import os
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import depthauthor as da

HEIGHT, WIDTH = 96, 128
FOCAL_PX = 120.0
"""Of the map, 128 pixels wide."""

_y, _x = np.mgrid[0:HEIGHT, 0:WIDTH]
METRES: NDArray[np.float32] = (5 - 4 * _y / HEIGHT + 0.3 * np.sin(_x / 5)).astype(np.float32)
"""Far at the top, 0.8 to 5.3 m."""

INVERSE = (1 / METRES - 1 / METRES.max()) / (1 / METRES.min() - 1 / METRES.max())
"""What a relative network returns: inverse depth from 0 to 1."""

SHARES = (METRES - METRES.min()) / (METRES.max() - METRES.min())
"""Gray from black, near, to white, far."""

GRAY: dict[str, Any] = {"near": float(METRES.min()), "far": float(METRES.max())}

HOLES = (_x - 60) ** 2 + (_y - 40) ** 2 < 64

EXIF_TURNED = Image.Exif()
EXIF_TURNED[0x0112] = 6


def _pixels(height: int = 2 * HEIGHT, width: int = 2 * WIDTH) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    return Image.fromarray(
        np.stack([rows * 2 % 256, columns % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)
    )


def _coded(format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    _pixels().save(out, format, **options)
    return out.getvalue()


JPEG, PNG = _coded("JPEG", quality=95), _coded("PNG")


EMBEDDED = da.embed_bytes(JPEG, METRES)


def _heic() -> bytes:
    return da.embed_bytes(JPEG, METRES, container="heic", profile="data")


def _at_its_end() -> io.BytesIO:
    file = io.BytesIO()
    file.write(JPEG)
    return file


def _opened_heic() -> Image.Image:
    """A HEIC opened with pillow-heif's plugin, whose `info` has entries that its own encoder takes for options."""
    import pillow_heif

    return pillow_heif.open_heif(io.BytesIO(_heic())).to_pillow()


PHOTOS: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "path as text": str,
    "bytes": lambda path: JPEG,
    "bytes of a PNG": lambda path: PNG,
    "bytearray": lambda path: bytearray(JPEG),
    "memoryview": lambda path: memoryview(JPEG),
    "BytesIO": lambda path: io.BytesIO(JPEG),
    "BytesIO at its end": lambda path: _at_its_end(),
    "open file": lambda path: path.open("rb"),
    "unbuffered file": lambda path: path.open("rb", buffering=0),
    "mapped file": lambda path: mmap.mmap(os.open(path, os.O_RDONLY), 0, access=mmap.ACCESS_READ),
    "PIL image": lambda path: _pixels(),
    "PIL image of a file": lambda path: Image.open(path),
    "PIL image of a HEIC": lambda path: _opened_heic(),
    "PIL image with alpha": lambda path: _pixels().convert("RGBA"),
    "gray PIL image": lambda path: _pixels().convert("L"),
    "palette PIL image": lambda path: _pixels().convert("P"),
    "CMYK PIL image": lambda path: _pixels().convert("CMYK"),
}


@dataclass(frozen=True)
class Given:
    """A map, the options that it needs, and the distances that it stands for."""

    value: Any
    options: dict[str, Any]
    metres: NDArray[Any]
    focal_px: float | None = None


class _HasArray:
    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return METRES


class _HasInterface:
    def __init__(self) -> None:
        self.__array_interface__ = METRES.__array_interface__


class _Tensor:
    """What torch's tensors offer: on another device, with a gradient, of a type that NumPy lacks."""

    def __init__(self, values: NDArray[Any], dtype: str = "torch.bfloat16", ready: int = 0) -> None:
        self.values, self.dtype, self.ready = values, dtype, ready

    def detach(self) -> _Tensor:
        return _Tensor(self.values, self.dtype, self.ready | 1)

    def cpu(self) -> _Tensor:
        return _Tensor(self.values, self.dtype, self.ready | 2)

    def float(self) -> _Tensor:
        return _Tensor(self.values, "torch.float32", self.ready)

    def numpy(self) -> NDArray[Any]:
        if self.ready != 3 or self.dtype == "torch.bfloat16":
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        return self.values

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return self.numpy()


@dataclass
class _Prediction:
    """The fields of Depth Anything 3's result (ByteDance-Seed/Depth-Anything-3, specs.py)."""

    depth: Any
    is_metric: Any
    sky: Any = None
    conf: Any = None
    extrinsics: Any = None
    intrinsics: Any = None
    scale_factor: float | None = None


def _file_of(values: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


def _picture_file(picture: Image.Image, **options: Any) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "PNG", **options)
    return Image.open(out)


def _intrinsics(normalised: bool) -> NDArray[np.float32]:
    width, height = (WIDTH, HEIGHT) if normalised else (1, 1)
    return np.array(
        [[FOCAL_PX / width, 0, 64 / width], [0, FOCAL_PX / height, 48 / height], [0, 0, 1]], np.float32
    )


with_holes = np.where(HOLES, np.nan, METRES)
codes = {bits: np.rint(SHARES * (2**bits - 1)) for bits in (8, 16)}
gray = {bits: GRAY["near"] + codes[bits] / (2**bits - 1) * (GRAY["far"] - GRAY["near"]) for bits in (8, 16)}
picture = Image.fromarray(codes[8].astype(np.uint8))
comfy = np.repeat(SHARES[None, :, :, None], 3, axis=3).astype(np.float32)
relative = {"kind": "inverse-relative", **GRAY}

MAPS: dict[str, Given | Callable[[Path], Given]] = {
    "path": lambda path: Given(path.with_name("map.npy"), {}, METRES),
    "path as text": lambda path: Given(str(path.with_name("map.npy")), {}, METRES),
    "open file": lambda path: Given(path.with_name("map.npy").open("rb"), {}, METRES),
    "bytes": Given(_file_of(METRES), {}, METRES),
    "bytearray": Given(bytearray(_file_of(METRES)), {}, METRES),
    "memoryview of a file": Given(memoryview(_file_of(METRES)), {}, METRES),
    "BytesIO": lambda path: Given(io.BytesIO(_file_of(METRES)), {}, METRES),
    "float32": Given(METRES, {}, METRES),
    "float64": Given(METRES.astype(np.float64), {}, METRES),
    "float16": Given(METRES.astype(np.float16), {}, METRES.astype(np.float16).astype(np.float32)),
    "big-endian": Given(METRES.astype(">f4"), {}, METRES),
    "not contiguous": Given(np.asfortranarray(METRES)[:, ::-1], {}, METRES[:, ::-1]),
    "memoryview of an array": Given(METRES.data, {}, METRES),
    "__array__": Given(_HasArray(), {}, METRES),
    "__array_interface__": Given(_HasInterface(), {}, METRES),
    "masked": Given(np.ma.masked_array(METRES, HOLES), {}, with_holes),
    "tensor": Given(_Tensor(METRES), {}, METRES),
    "tensor (1, 1, H, W)": Given(_Tensor(METRES[None, None]), {}, METRES),
    "list of rows": Given(METRES.tolist(), {}, METRES),
    "tuple of tuples": Given(tuple(map(tuple, METRES.tolist())), {}, METRES),
    "list of arrays": Given(list(METRES), {}, METRES),
    "millimetres": Given(
        np.rint(METRES * 1000).astype(np.int32), {"unit": "mm"}, np.rint(METRES * 1000) / 1000
    ),
    "stack and frame": Given(np.stack([METRES + 9, METRES, METRES + 5]), {"frame": 1}, METRES),
    "gray floats (1, H, W, 3)": Given(comfy, GRAY, METRES),
    "gray tensor (1, H, W, 3)": Given(_Tensor(comfy), GRAY, METRES),
    "stack of gray floats": Given(np.concatenate([1 - comfy, comfy]), {"frame": 1, **GRAY}, METRES),
    "gray (H, W, 3)": Given(np.repeat(codes[8].astype(np.uint8)[..., None], 3, axis=2), GRAY, gray[8]),
    "gray uint16": Given(codes[16].astype(np.uint16), GRAY, gray[16]),
    "list of gray rows": Given(codes[8].astype(int).tolist(), GRAY, gray[8]),
    "PIL L": Given(picture, GRAY, gray[8]),
    "PIL L, white near": Given(
        Image.fromarray(255 - np.asarray(picture)), {"white": "near", **GRAY}, gray[8]
    ),
    "PIL I": Given(Image.fromarray(codes[16].astype(np.int32)), GRAY, gray[16]),
    "PIL I;16": Given(Image.fromarray(codes[16].astype(np.uint16)), GRAY, gray[16]),
    "PIL F": Given(Image.fromarray(METRES), {}, METRES),
    "PIL RGB": Given(picture.convert("RGB"), GRAY, gray[8]),
    "PIL P": Given(picture.convert("P"), GRAY, gray[8]),
    "PIL of a file": lambda path: Given(_picture_file(picture), GRAY, gray[8]),
    "PIL of a turned file": lambda path: Given(
        _picture_file(picture.transpose(Image.Transpose.ROTATE_90), exif=EXIF_TURNED), GRAY, gray[8]
    ),
    "DepthBuffer": Given(da.DepthBuffer.from_depth_m(METRES, pixel_format=da.PixelFormat.FDIS), {}, METRES),
}

hugging_face = {"predicted_depth": _Tensor(INVERSE), "depth": picture}
metric_result = {"predicted_depth": _Tensor(METRES), "depth": picture}
depth_pro = {"depth": _Tensor(METRES, "torch.float32"), "focallength_px": np.array(FOCAL_PX)}
post_processed = {
    "predicted_depth": _Tensor(METRES),
    "field_of_view": np.array(56.1),
    "focal_length": _Tensor(np.array(FOCAL_PX)),
}
moge = {
    "points": np.zeros((HEIGHT, WIDTH, 3), np.float32),
    "depth": _Tensor(np.where(HOLES, np.float32(np.inf), METRES)),
    "mask": ~HOLES,
    "intrinsics": _intrinsics(normalised=True),
    "normal": np.zeros((HEIGHT, WIDTH, 3), np.float32),
}
moge_unmasked = {**moge, "depth": METRES}
nested = _Prediction(
    np.stack([METRES + 1, METRES]), 1, intrinsics=np.stack([_intrinsics(False)] * 2), scale_factor=2.0
)
relative_prediction = _Prediction(METRES[None], {}, intrinsics=_intrinsics(False)[None])
sky = np.where(HOLES, np.inf, METRES)

DICTS: dict[str, Given] = {
    "Hugging Face, relative": Given(hugging_face, relative, METRES),
    "Hugging Face, metric": Given(metric_result, {"unit": "m"}, METRES),
    "Hugging Face, its picture": Given(
        {"depth": Image.fromarray(255 - np.asarray(picture))}, {"white": "near", **GRAY}, gray[8]
    ),
    "Hugging Face, in a list": Given([metric_result], {"unit": "m"}, METRES),
    "Hugging Face, model output": Given(
        collections.OrderedDict(predicted_depth=_Tensor(INVERSE[None]), hidden_states=()), relative, METRES
    ),
    "Hugging Face, Depth Pro": Given(post_processed, {}, METRES, FOCAL_PX),
    "Depth Pro": Given(depth_pro, {}, METRES, FOCAL_PX),
    "Depth Pro, a given focal length": Given(
        {"depth": METRES, "focallength_px": FOCAL_PX}, {}, METRES, FOCAL_PX
    ),
    "MoGe": Given(moge, {}, sky, FOCAL_PX),
    "MoGe, not masked": Given(moge_unmasked, {}, with_holes, FOCAL_PX),
    "MoGe, a batch": Given(
        {name: np.stack([np.asarray(value)] * 2) for name, value in moge_unmasked.items()},
        {"frame": 1},
        with_holes,
        FOCAL_PX,
    ),
    "MoGe without a scale": Given(moge_unmasked, {"kind": "affine", **GRAY}, with_holes, FOCAL_PX),
    "Depth Anything 3, nested": Given(nested, {"frame": 1}, METRES, FOCAL_PX),
    "Depth Anything 3, relative": Given(relative_prediction, {"kind": "affine", **GRAY}, METRES, FOCAL_PX),
    "Depth Anything 3, taken as metres": Given(relative_prediction, {"unit": "m"}, METRES, FOCAL_PX),
    "another network": Given({"depth": METRES, "confidence": np.ones_like(METRES)}, {}, METRES),
    "a key": Given({"left": METRES + 3, "right": METRES}, {"key": "right"}, METRES),
    "rows": Given(types.MappingProxyType({"depth": METRES.tolist()}), {}, METRES),
}


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo, and beside it a map."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "photo.jpg").write_bytes(JPEG)
    np.save(folder / "map.npy", METRES)
    return folder / "photo.jpg"


def _given(entry: Given | Callable[[Path], Given], photo: Path) -> Given:
    return entry if isinstance(entry, Given) else entry(photo)


@contextmanager
def _closing(*values: Any) -> Iterator[None]:
    """Close what is an open file; a program that opened it would."""
    try:
        yield
    finally:
        for value in values:
            if isinstance(value, io.IOBase):
                value.close()


def _check(data: bytes, report: Any, given: Given) -> None:
    """Compare what is read back with the distances that the map stands for, in 1/m, within the stated bound."""
    buffer = da.extract(data)
    assert report.unit == "1/m"
    with np.errstate(divide="ignore"):
        wanted = 1 / given.metres
    known = np.isfinite(wanted)
    assert buffer.samples.shape == wanted.shape
    error = np.abs(buffer.disparity_per_m() - wanted)[known].max()
    assert error <= report.bound * 1.001 + 1e-6, (error, report.bound)


@pytest.mark.parametrize("map_kind", [*MAPS, *DICTS])
@pytest.mark.parametrize("photo_kind", PHOTOS)
def test_every_photo_takes_every_map(photo_kind: str, map_kind: str, photo: Path) -> None:
    given = _given({**MAPS, **DICTS}[map_kind], photo)
    embedder = da.Embedder(profile="data", effort="fast", **given.options)
    taken = PHOTOS[photo_kind](photo)
    with _closing(taken, given.value):
        data, report = embedder.report(taken, given.value)
    _check(data, report, given)
    assert report.reencoded == ("PIL" in photo_kind or "PNG" in photo_kind)
    assert any("PIL image" in note for note in report.notes) == ("PIL" in photo_kind)


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [("float32", 0.0), ("float64", 0.0), ("float16", 1e-3), ("bfloat16", 8e-3), ("int32", 0.0)],
)
def test_torch_tensors(dtype: str, tolerance: float) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if dtype == "int32":
        tensor, metres, options = torch.tensor(codes[16]).to(torch.int32), gray[16], GRAY
    else:
        tensor = torch.tensor(METRES, requires_grad=True).to(getattr(torch, dtype))
        metres, options = METRES, {}
        assert tensor.requires_grad
    for given in (tensor, tensor[None], tensor[None, None]):
        data, report = da.Embedder(profile="data", **options).report(JPEG, given)
        error = np.abs(da.extract(data).disparity_per_m() * metres - 1).max()
        assert error <= report.bound * metres.max() + tolerance


@pytest.mark.parametrize("kind", ["sparse", "quantised", "without data", "complex", "one number"])
def test_tensors_that_are_no_maps(kind: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    tensor = {
        "sparse": lambda: torch.eye(HEIGHT).to_sparse(),
        "quantised": lambda: torch.zeros(HEIGHT, WIDTH, dtype=torch.uint8).view(torch.bits8),
        "without data": lambda: torch.zeros(HEIGHT, WIDTH, device="meta"),
        "complex": lambda: torch.zeros(HEIGHT, WIDTH, dtype=torch.complex64),
        "one number": lambda: torch.tensor(3.0),
    }[kind]()
    with pytest.raises(da.DepthauthorError) as caught:
        da.embed_bytes(JPEG, tensor)
    assert caught.value.exit_code == (4 if kind == "complex" else 2) and "\n" not in caught.value.message


@pytest.mark.parametrize("map_kind", [name for name, given in DICTS.items() if given.focal_px])
def test_the_camera_of_a_result_is_the_photos(map_kind: str) -> None:
    given = DICTS[map_kind]
    calibration = da.extract(da.embed_bytes(JPEG, given.value, **given.options)).calibration
    assert calibration is not None and given.focal_px is not None
    scale = calibration.reference_width_px / WIDTH
    assert calibration.focal_px == pytest.approx([given.focal_px * scale] * 2, rel=1e-3)


ASKED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "Hugging Face": (hugging_face, ("metric", "--unit m", "--kind inverse-relative")),
    "Hugging Face, gray": ({"depth": picture}, ("--near and --far",)),
    "Hugging Face, Depth Pro before its focal length": (
        {"predicted_depth": METRES, "field_of_view": np.array([56.1])},
        ("post_process_depth_estimation",),
    ),
    "Hugging Face, Depth Pro without target sizes": (
        {"predicted_depth": METRES, "field_of_view": np.array([56.1]), "focal_length": None},
        ("target_sizes",),
    ),
    "Depth Anything 3, relative": (relative_prediction, ("--unit m", "--kind affine", "DA3METRIC")),
    "a stack": (np.stack([METRES] * 3), ("stack of 3 maps", "--frame")),
    "a batch of results": ([metric_result, metric_result], ("2 results",)),
    "a batch in a result": (nested, ("stack of 2 maps", "--frame")),
    "gray floats": (comfy, ("does not go beyond 1", "--near and --far")),
    "another name": ({"left": METRES, "right": METRES}, ("left, right", "--key")),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_a_map_leaves_open_is_asked(name: str) -> None:
    value, words = ASKED[name]
    with pytest.raises(da.DepthauthorError) as caught:
        da.embed_bytes(JPEG, value)
    assert caught.value.exit_code == 2
    for word in words:
        assert word in caught.value.message
    assert "\n" not in caught.value.message and "{" not in caught.value.message


def test_a_metric_result_takes_no_near_and_far() -> None:
    with pytest.raises(da.DepthauthorError, match="do not apply"):
        da.embed_bytes(JPEG, depth_pro, **GRAY)


class _Raises:
    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        raise RuntimeError("no\narray")

    def read(self, size: int = -1) -> bytes:
        raise KeyError("no file")


class _Text:
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return "text"


class _ReadsText:
    def read(self, size: int = -1) -> str:
        return "text"


class _BadInterface:
    def __init__(self) -> None:
        self.__array_interface__ = {"shape": (2, 2)}


def _closed_file() -> io.BytesIO:
    file = io.BytesIO(JPEG)
    file.close()
    return file


def _closed_image() -> Image.Image:
    image = Image.open(io.BytesIO(JPEG))
    image.close()
    return image


def _numbers() -> Iterator[int]:
    yield 1


def _endless() -> list[Any]:
    rows: list[Any] = []
    rows.append(rows)
    return rows


WRONG: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "int": lambda: 3,
    "float": lambda: 2.0,
    "complex": lambda: 1j,
    "date": lambda: datetime.date(2026, 1, 1),
    "object": object,
    "type": lambda: np.ndarray,
    "function": lambda: len,
    "module": lambda: types,
    "generator": _numbers,
    "set": lambda: {1, 2},
    "text file": lambda: io.StringIO("text"),
    "file that reads text": _ReadsText,
    "closed file": _closed_file,
    "closed image": _closed_image,
    "image without pixels": lambda: Image.new("L", (0, 0)),
    "raises": _Raises,
}

WRONG_MAPS: dict[str, Callable[[], Any]] = {
    **WRONG,
    "array of text": lambda: np.full((4, 4), "a"),
    "array of objects": lambda: np.full((4, 4), None),
    "array of dates": lambda: np.zeros((4, 4), "M8[s]"),
    "array of records": lambda: np.zeros((4, 4), [("a", "f4")]),
    "one number": lambda: np.float32(3),
    "ragged rows": lambda: [[1.0, 2.0], [3.0]],
    "rows of text": lambda: [["a", "b"], ["c", "d"]],
    "rows of long integers": lambda: [[10**400, 1], [1, 2]],
    "rows in themselves": _endless,
    "array of text from __array__": _Text,
    "bad interface": _BadInterface,
    "LAB image": lambda: Image.new("LAB", (64, 48)),
    "empty dict": dict,
    "dict of other things": lambda: {"a": 1},
    "dict of None": lambda: {"depth": None},
    "dict of a path": lambda: {"depth": "map.npy"},
    "missing path": lambda: "/nowhere/map.npy",
    "folder": lambda: Path(),
}

WRONG_PHOTOS: dict[str, Callable[[], Any]] = {
    **WRONG,
    "array of pixels": lambda: np.zeros((96, 128, 3), np.uint8),
    "list": lambda: [JPEG],
    "dict": lambda: {"image": JPEG},
    "array of the standard library": lambda: array.array("B", JPEG),
    "image of floats": lambda: Image.new("F", (128, 96)),
    "missing path": lambda: "/nowhere/photo.jpg",
    "folder": lambda: Path(),
}


@pytest.mark.parametrize("name", WRONG_MAPS)
def test_a_wrong_map_is_one_usage_error(name: str, tmp_path: Path) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: da.embed_bytes(JPEG, WRONG_MAPS[name]()),
        lambda: da.Embedder()(JPEG, WRONG_MAPS[name]()),
        lambda: da.embed(JPEG, WRONG_MAPS[name](), output=tmp_path / "o.jpg"),
    ]
    if name != "None":  # None stands for the photo's own depth there.
        calls.append(lambda: da.preview(JPEG, WRONG_MAPS[name](), output=tmp_path / "p.png"))
        calls.append(lambda: da.pointcloud(JPEG, WRONG_MAPS[name]()))
        calls.append(lambda: da.preview_image(JPEG, WRONG_MAPS[name]()))
        calls.append(lambda: da.refocus_image(JPEG, WRONG_MAPS[name]()))
    calls.append(lambda: da.verify(EMBEDDED, maps=[WRONG_MAPS[name]()]))
    for call in calls:
        with pytest.raises(da.DepthauthorError) as caught:
            call()
        assert caught.value.exit_code == 2 and "\n" not in caught.value.message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", WRONG_PHOTOS)
def test_a_wrong_photo_is_one_usage_error(name: str, tmp_path: Path) -> None:
    make = WRONG_PHOTOS[name]
    calls: list[Callable[[], Any]] = [
        lambda: da.embed_bytes(make(), METRES),
        lambda: da.Embedder()(make(), METRES),
        lambda: da.embed(make(), METRES, output=tmp_path / "o.jpg"),
        lambda: da.copy(JPEG, make(), output=tmp_path / "o.jpg"),
        lambda: da.copy(make(), JPEG, output=tmp_path / "o.jpg"),
        lambda: da.preview(make(), METRES, output=tmp_path / "p.png"),
        lambda: da.pointcloud(make(), METRES),
        lambda: da.inspect(make()),
        lambda: da.extract(make()),
        lambda: da.extract_file(make(), tmp_path / "m.npy"),
        lambda: da.strip(make(), output=tmp_path / "o.jpg"),
        lambda: da.dictionary(make(), tmp_path / "d.plist"),
        lambda: da.view(make(), output=tmp_path / "v.html"),
        lambda: da.verify(make()),
        lambda: da.doctor(make()),
        lambda: da.strip_bytes(make()),
        lambda: da.preview_image(make(), METRES),
        lambda: da.refocus_image(make(), METRES),
    ]
    if name != "None":  # None stands for no original there.
        calls.append(lambda: da.verify(EMBEDDED, original=make()))
    for number, call in enumerate(calls):
        if number == 3:
            continue  # The source of that copy has no depth, which is said first.
        with pytest.raises(da.DepthauthorError) as caught:
            call()
        assert caught.value.exit_code == 2 and "\n" not in caught.value.message, number
    assert not list(tmp_path.iterdir())


INPUTS_AT_FAULT: dict[str, Any] = {
    "empty bytes": b"",
    "other bytes": b"\0" * 100,
    "half a photo": JPEG[: len(JPEG) // 2],
    "empty file": io.BytesIO(),
    "half an image": Image.open(io.BytesIO(JPEG[: len(JPEG) // 2])),
    "no values": np.full((HEIGHT, WIDTH), np.nan),
    "sky alone": np.full((HEIGHT, WIDTH), np.inf),
    "one distance": np.full((HEIGHT, WIDTH), 2.0),
    "negative": -METRES,
    "nothing": np.zeros((0, 5)),
    "one row": np.arange(1.0, 9.0),
    "complex numbers": METRES.astype(complex),
    "long doubles": METRES.astype(np.longdouble),
    "coloured picture": _pixels(HEIGHT, WIDTH),
    "CMYK picture": Image.new("CMYK", (WIDTH, HEIGHT)),
    "another shape": METRES[:, :20],
    "odd parts": {
        "depth": METRES,
        "mask": "x",
        "intrinsics": np.full((3, 3), np.nan),
        "focallength_px": "abc",
    },
    "a camera that cannot be": {"depth": METRES, "focallength_px": -math.inf},
}


@pytest.mark.parametrize("name", INPUTS_AT_FAULT)
def test_one_class_catches_what_any_input_causes(name: str, tmp_path: Path) -> None:
    value = INPUTS_AT_FAULT[name]
    for call in (
        lambda: da.embed_bytes(value, METRES),
        lambda: da.embed_bytes(JPEG, value),
        lambda: da.inspect(value),
        lambda: da.extract(value),
        lambda: da.preview(value, METRES, output=tmp_path / "1.png"),
        lambda: da.preview(JPEG, value, output=tmp_path / "2.png"),
    ):
        try:
            call()
        except da.DepthauthorError as error:
            assert error.exit_code in (2, 3, 4, 5) and "\n" not in error.message


@pytest.mark.parametrize("map_kind", [*MAPS, *DICTS])
def test_what_was_embedded_is_verified_with_the_same_map(map_kind: str, photo: Path) -> None:
    first, second = (_given({**MAPS, **DICTS}[map_kind], photo) for _ in range(2))
    with _closing(first.value, second.value):
        data = da.embed_bytes(JPEG, first.value, **first.options)
        report = da.verify(data, original=io.BytesIO(JPEG), maps=[second.value], level="L1", **second.options)
    assert report.passed and report.roundtrip is not None, report.faults


def test_a_photo_without_a_path_needs_an_output() -> None:
    for photo in (JPEG, io.BytesIO(JPEG), _pixels()):
        with pytest.raises(da.DepthauthorError, match="output") as caught:
            da.embed(photo, METRES)
        assert caught.value.exit_code == 2


def test_the_file_of_an_open_photo_is_named_and_never_overwritten(photo: Path) -> None:
    for opened in (photo.open("rb"), Image.open(photo)):
        with _closing(opened), pytest.raises(da.DepthauthorError, match="inputs are never overwritten"):
            da.embed(opened, METRES, output=photo, overwrite=True)
    assert photo.read_bytes() == JPEG
    with photo.with_name("map.npy").open("rb") as opened, pytest.raises(da.DepthauthorError) as caught:
        da.embed(opened, METRES, output=photo.with_name("o.jpg"))
    assert caught.value.message.startswith(str(photo.with_name("map.npy")))


def test_a_pil_photo_keeps_its_metadata(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    icc = _profile()
    turned = _pixels(2 * WIDTH, 2 * HEIGHT)  # Stored on its side: upright it is as wide as the map.
    turned.save(tmp_path / "a.jpg", quality=95, exif=exif, icc_profile=icc, xmp=XMP)
    picture = Image.open(tmp_path / "a.jpg")
    report = da.embed(picture, METRES, output=tmp_path / "a.heic", profile="data")
    assert report.reencoded and report.container == "heic"
    assert np.abs(da.extract(tmp_path / "a.heic").depth_m() - METRES).max() < 0.2
    from authoring import containers, tiff

    layout = containers.parse((tmp_path / "a.heic").read_bytes()).layout
    assert layout.icc == icc and layout.exif is not None and layout.xmp is not None
    assert tiff.orientation(layout.exif) == 6 and b"Maker" in layout.exif and b"Someone" in layout.xmp
    same = da.embed(picture, METRES, output=tmp_path / "b.jpg", profile="data")
    assert same.container == "jpeg" and same.reencoded


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="Someone"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def _profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("option", [{"white": "near"}, {"invert": True}, {"spacing": "disparity"}])
def test_depth_that_states_its_distances_takes_no_words_on_gray_levels(option: dict[str, Any]) -> None:
    """They would turn another map inside out, and were ignored in silence here."""
    pixels = np.zeros((HEIGHT * 4, WIDTH * 4, 3), np.uint8)
    photo = io.BytesIO()
    Image.fromarray(pixels).save(photo, "JPEG")
    depth = da.DepthBuffer.from_depth_m(METRES)
    portrait = da.embed_bytes(photo, depth)
    for source in (depth, portrait):
        with pytest.raises(da.UsageError, match=f"{next(iter(option))}.* does not apply"):
            da.embed_bytes(photo, source, **option)
