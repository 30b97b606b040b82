"""The examples with depth networks run: transformers' own pipeline, and stand-ins of the others' models."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import depthauthor as da

EXAMPLES = Path(__file__).parents[2] / "examples"

HEIGHT, WIDTH = 96, 128
FOCAL_PX = 120.0
_y, _x = np.mgrid[0:HEIGHT, 0:WIDTH]
METRES: NDArray[np.float32] = (5 - 4 * _y / HEIGHT + 0.3 * np.sin(_x / 5)).astype(np.float32)
SKY = _y < 10


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Return a photo of the maps' shape."""
    path = tmp_path / "photo.jpg"
    pixels = np.stack([_y * 2 % 256, _x % 256, (_x + _y) % 256], axis=-1).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=95)
    return path


def _networks() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / "networks.py"))


def _error_per_m(written: Path, metres: NDArray[Any], where: Any = True) -> float:
    """Return the largest error of the written depth, in 1/m."""
    wanted = np.where(np.isinf(metres), 0, 1 / metres)
    error = np.abs(da.extract(written).disparity_per_m() - wanted)
    return float(error[np.broadcast_to(where, error.shape)].max())


def _focal_px(written: Path) -> float:
    calibration = da.extract(written).calibration
    assert calibration is not None
    return calibration.focal_px[0] * WIDTH / calibration.reference_width_px


def _pipeline() -> Any:
    """Return transformers' pipeline with a Depth-Anything of a few random weights, made here."""
    pytest.importorskip("torch", reason="torch is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    import torch

    torch.manual_seed(0)
    stages = [f"stage{number}" for number in range(1, 5)]
    backbone = transformers.Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        mlp_ratio=2,
        image_size=56,
        out_features=stages,
        reshape_hidden_states=False,
    )
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=16,
        neck_hidden_sizes=[8] * 4,
        fusion_hidden_size=8,
        head_hidden_size=4,
    )
    model = transformers.DepthAnythingForDepthEstimation(config).eval()
    processor = transformers.DPTImageProcessor(size={"height": 56, "width": 56}, ensure_multiple_of=14)
    return transformers.pipeline("depth-estimation", model=model, image_processor=processor)


def test_hugging_face(photo: Path, tmp_path: Path) -> None:
    pipe = _pipeline()
    result = pipe(str(photo))
    assert set(result) == {"predicted_depth", "depth"}
    with pytest.raises(da.DepthauthorError, match="does not say whether the model is metric") as caught:
        da.embed(photo, result)
    assert caught.value.exit_code == 2
    report = _networks()["hugging_face"](photo, tmp_path / "o.heic", pipe, metric=False)
    share = result["predicted_depth"].numpy().astype(np.float64)
    share = (share - share.min()) / (share.max() - share.min())
    assert _error_per_m(tmp_path / "o.heic", 1 / (0.1 + share * (1 / 0.5 - 0.1))) <= report.bound * 1.001


def test_depth_pro(photo: Path, tmp_path: Path) -> None:
    class Model:
        def infer(self, pixels: Any, f_px: float | None) -> dict[str, Any]:
            assert pixels.shape == (HEIGHT, WIDTH, 3) and f_px is None
            return {"depth": METRES, "focallength_px": np.array(FOCAL_PX)}

    def load_rgb(path: Path) -> tuple[Any, None, None]:
        return np.asarray(Image.open(path)), None, None

    run = _networks()["depth_pro"]
    report = run(photo, tmp_path / "o.jpg", Model(), lambda pixels: pixels, load_rgb)
    assert _error_per_m(tmp_path / "o.jpg", METRES) <= report.bound * 1.001
    assert _focal_px(tmp_path / "o.jpg") == pytest.approx(FOCAL_PX, rel=1e-3)


def test_moge(photo: Path, tmp_path: Path) -> None:
    class Model:
        def infer(self, pixels: Any) -> dict[str, Any]:
            assert pixels.shape == (3, HEIGHT, WIDTH) and pixels.max() <= 1
            matrix = [[FOCAL_PX / WIDTH, 0, 0.5], [0, FOCAL_PX / HEIGHT, 0.5], [0, 0, 1]]
            return {
                "points": np.zeros((HEIGHT, WIDTH, 3), np.float32),
                "depth": np.where(SKY, np.float32(np.inf), METRES),
                "mask": ~SKY,
                "intrinsics": np.array(matrix, np.float32),
            }

    run = _networks()["moge"]
    heic = tmp_path / "photo.heic"
    Image.open(photo).save(heic, quality=90)
    for source in (heic, photo):
        report = run(source, tmp_path / f"o{source.suffix}", Model(), lambda pixels: pixels)
    assert _error_per_m(tmp_path / "o.jpg", np.where(SKY, np.inf, METRES)) <= report.bound * 1.001
    assert _focal_px(tmp_path / "o.jpg") == pytest.approx(FOCAL_PX, rel=1e-3)


def test_depth_anything_3(photo: Path, tmp_path: Path) -> None:
    class Model:
        def inference(self, images: list[str]) -> Any:
            assert images == [str(photo)]
            matrix = np.array([[FOCAL_PX, 0, 64], [0, FOCAL_PX, 48], [0, 0, 1]], np.float32)
            return _prediction(depth=METRES[None], is_metric=1, intrinsics=matrix[None])

    report = _networks()["depth_anything_3"](photo, tmp_path / "o.jpg", Model())
    assert _error_per_m(tmp_path / "o.jpg", METRES) <= report.bound * 1.001
    assert _focal_px(tmp_path / "o.jpg") == pytest.approx(FOCAL_PX, rel=1e-3)


def _prediction(**fields: Any) -> Any:
    from dataclasses import make_dataclass

    return make_dataclass("Prediction", list(fields))(**fields)


def test_comfyui(tmp_path: Path) -> None:
    """Frames and maps as ComfyUI passes them; torch's own tensors where it is installed."""
    inverse = (1 / METRES - 1 / METRES.max()) / (1 / METRES.min() - 1 / METRES.max())
    depth = np.repeat(np.stack([inverse, inverse[:, ::-1]])[..., None], 3, axis=3).astype(np.float32)
    images = np.stack([np.repeat(_x[..., None] / WIDTH, 3, axis=2)] * 2).astype(np.float32)
    near, far = float(METRES.min()), float(METRES.max())
    node = runpy.run_path(str(EXAMPLES / "comfyui_node.py"))["NODE_CLASS_MAPPINGS"]["SaveDepthPhoto"]
    assert set(node.INPUT_TYPES()["required"]) == {"images", "depth", "near", "far", "white", "folder"}
    frames = _tensors(images)
    done = node().save(frames, _tensors(depth), near, far, "near", str(tmp_path))
    assert [Path(name).name for name in done["ui"]["text"]] == ["depth-00000.heic", "depth-00001.heic"]
    for name, metres in zip(done["ui"]["text"], (METRES, METRES[:, ::-1]), strict=True):
        step = (1 / near - 1 / far) / 255
        assert _error_per_m(Path(name), metres) <= 1.6 * step


def _tensors(values: NDArray[Any]) -> Any:
    try:
        import torch
    except ImportError:
        return _Frames(values)
    return torch.tensor(values)


class _Frames:
    """A batch with the methods of a tensor that the node and depthauthor use."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def __getitem__(self, index: Any) -> _Frames:
        return _Frames(self.values[index])

    def __len__(self) -> int:
        return len(self.values)

    def cpu(self) -> _Frames:
        return self

    def numpy(self) -> NDArray[Any]:
        return self.values

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return self.values
