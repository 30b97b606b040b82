"""Tiny depth networks of each architecture: random weights from configurations, saved as folders on the spot."""

from __future__ import annotations

import importlib.util
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

HAS_NETWORKS = all(importlib.util.find_spec(name) is not None for name in ("torch", "transformers"))

needs_networks = pytest.mark.skipif(
    not HAS_NETWORKS,
    reason="torch and transformers are not installed: pip install 'depthauthor[estimate]'",
)

GOLDEN = Path(__file__).parents[2] / "golden"

SEED = 20231130

ARCHITECTURES = ("relative", "metric", "depth-pro", "zoedepth", "dpt")
"""Depth Anything, its metric version, and three others."""

MAX_DEPTH_M = 20
"""Of the metric Depth Anything."""

FIELD_OF_VIEW = 50.0
"""In degrees, about what Depth Pro estimates with these weights, whatever the photo."""

GAIN = 1.5
"""Of the random weights: with those of the configurations' own range the output is all but constant."""


def skip_without_image_processor(architecture: str) -> None:
    """Skip where transformers runs the architecture's image processor with torchvision alone, and that is absent."""
    if importlib.util.find_spec("torchvision") is not None:
        return
    import transformers

    is_4 = transformers.__version__.startswith("4.")
    if architecture == "depth-pro" or (architecture == "zoedepth" and not is_4):
        pytest.skip(f"the image processor of {architecture} needs torchvision, which is not installed")


@dataclass(frozen=True, slots=True)
class TinyModel:
    """A model in a folder, and the options that an estimate with it needs."""

    folder: Path
    is_metric: bool
    options: dict[str, Any]
    """Of `depthauthor.estimate`: model, and kind where the configuration does not say it."""

    @property
    def arguments(self) -> list[str]:
        """The same for the command line."""
        return [part for name, value in self.options.items() for part in (f"--{name}", str(value))]


@contextmanager
def quiet() -> Iterator[None]:
    """Let transformers warn of what it likes while a test makes a model or runs a pipeline of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def save(architecture: str, folder: Path, field_of_view: float = FIELD_OF_VIEW) -> TinyModel:
    """Make a model of an architecture, always the same, and save it.

    field_of_view: in degrees, what Depth Pro is made to estimate.
    """
    import torch

    with quiet():
        torch.manual_seed(SEED)
        model = _BUILDERS[architecture]()
        with torch.no_grad():
            for weights in model.parameters():
                if weights.dim() > 1:
                    torch.nn.init.xavier_normal_(weights, GAIN)
        processor = _processor(architecture)
        _steady(architecture, model.eval(), processor, field_of_view)
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    options: dict[str, Any] = {"model": folder}
    if architecture == "dpt":
        options["kind"] = "inverse-relative"
    return TinyModel(folder, architecture in ("metric", "depth-pro", "zoedepth"), options)


def _steady(architecture: str, model: Any, processor: Any, field_of_view: float) -> None:
    """Scale the layer whose output is the depth, so that the golden scene's has a given mean and deviation there."""
    import torch

    if architecture not in _HEADS:
        return
    layer, mean, deviation = _HEADS[architecture](model)
    outputs: list[Any] = []
    handle = layer.register_forward_hook(lambda _, __, output: outputs.append(output))
    with Image.open(GOLDEN / "scene.png") as scene, torch.no_grad():
        model(**processor(images=scene, return_tensors="pt"))
        handle.remove()
        scale = deviation / outputs[0].std()
        layer.weight.mul_(scale)
        layer.bias.sub_(outputs[0].mean()).mul_(scale).add_(mean)
        if architecture == "depth-pro":
            last = model.fov_model.head.layers[-1]
            last.weight.mul_(0.01)
            last.bias.fill_(field_of_view)


_HEADS: dict[str, Any] = {
    "relative": lambda model: (model.head.conv3, 5.0, 1.0),
    "metric": lambda model: (model.head.conv3, 0.0, 0.5),  # Before the sigmoid: about 5 to 15 m.
    "depth-pro": lambda model: (model.head.layers[-2], 0.5, 0.1),  # 1/m, before the field of view.
}


def _dinov2(size: int, patch: int, **more: Any) -> Any:
    from transformers import Dinov2Config

    return Dinov2Config(
        image_size=size,
        patch_size=patch,
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        **more,
    )


def _depth_anything(**more: Any) -> Any:
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation

    configuration = DepthAnythingConfig(
        backbone_config=_dinov2(
            56, 14, out_indices=[1, 2, 3, 4], apply_layernorm=True, reshape_hidden_states=False
        ),
        patch_size=14,
        reassemble_hidden_size=32,
        reassemble_factors=[4, 2, 1, 0.5],
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
        head_hidden_size=8,
        **more,
    )
    return DepthAnythingForDepthEstimation(configuration)


def _metric_depth_anything() -> Any:
    return _depth_anything(depth_estimation_type="metric", max_depth=MAX_DEPTH_M)


def _depth_pro() -> Any:
    from transformers import DepthProConfig, DepthProForDepthEstimation

    part = {
        "model_type": "dinov2",
        "image_size": 32,
        "patch_size": 8,
        "hidden_size": 32,
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "intermediate_size": 64,
    }
    configuration = DepthProConfig(
        fusion_hidden_size=16,
        patch_size=32,
        intermediate_hook_ids=[3, 1],
        intermediate_feature_dims=[16, 16],
        scaled_images_ratios=[0.25, 0.5, 1],
        scaled_images_overlap_ratios=[0.0, 0.5, 0.25],
        scaled_images_feature_dims=[32, 32, 16],
        merge_padding_value=1,
        image_model_config=dict(part),
        patch_model_config=dict(part),
        fov_model_config=dict(part),
        use_fov_model=True,
    )
    return DepthProForDepthEstimation(configuration)


def _zoedepth() -> Any:
    from transformers import BeitConfig, ZoeDepthConfig, ZoeDepthForDepthEstimation

    backbone = BeitConfig(
        image_size=64,
        patch_size=16,
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        use_relative_position_bias=True,
        reshape_hidden_states=False,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    configuration = ZoeDepthConfig(
        backbone_config=backbone,
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
        num_relative_features=8,
        bottleneck_features=16,
        bin_embedding_dim=16,
        bin_configurations=[{"n_bins": 16, "min_depth": 0.5, "max_depth": 10.0, "name": "nyu"}],
    )
    return ZoeDepthForDepthEstimation(configuration)


def _dpt() -> Any:
    from transformers import DPTConfig, DPTForDepthEstimation

    configuration = DPTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=64,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
    )
    return DPTForDepthEstimation(configuration)


_BUILDERS = {
    "relative": _depth_anything,
    "metric": _metric_depth_anything,
    "depth-pro": _depth_pro,
    "zoedepth": _zoedepth,
    "dpt": _dpt,
}


def _processor(architecture: str) -> Any:
    import transformers

    if architecture == "depth-pro":
        return transformers.DepthProImageProcessor(size={"height": 128, "width": 128})
    if architecture == "zoedepth":
        return transformers.ZoeDepthImageProcessor(size={"height": 64, "width": 96}, ensure_multiple_of=16)
    return transformers.DPTImageProcessor(
        size={"height": 70, "width": 70} if architecture != "dpt" else {"height": 64, "width": 64},
        keep_aspect_ratio=architecture != "dpt",
        ensure_multiple_of=14 if architecture != "dpt" else 16,
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
    )


MODEL_TYPES = {"metric": "depth_anything", "relative": "depth_anything", "unknown": "dpt"}


def make_known(
    kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch, function: Callable[[Any], Any] | None = None
) -> TinyModel:
    """Make a folder, and have transformers load a network for it that gives a function of each pixel's brightness.

    function: of the brightness (1, H, W), 0 to 1; None: bright is near, from 1 m to 5 m of a metric network. Its
    image processor does not resize, so a pixel of the output is one of the photo.
    """
    import torch
    import transformers

    def forward(pixel_values: Any) -> Any:
        brightness = pixel_values.mean(dim=1)
        if function is not None:
            depth = function(brightness)
        else:
            depth = 1 + 4 * (1 - brightness) if kind == "metric" else brightness
        return transformers.modeling_outputs.DepthEstimatorOutput(predicted_depth=depth)

    network = torch.nn.Module()
    network.forward = forward
    folder.mkdir()
    configuration = {"model_type": MODEL_TYPES[kind]}
    if kind == "metric":
        configuration["depth_estimation_type"] = "metric"
    (folder / "config.json").write_text(json.dumps(configuration))
    (folder / "model.safetensors").write_bytes(f"{kind}, loaded by the test".encode())
    with quiet():
        processor = transformers.DPTImageProcessor(
            do_resize=False, do_pad=False, image_mean=[0.0] * 3, image_std=[1.0] * 3
        )
        processor.save_pretrained(folder)

    def from_pretrained(*_: Any, output_loading_info: bool = False, **__: Any) -> Any:
        return (network, {"missing_keys": []}) if output_loading_info else network

    monkeypatch.setattr(transformers.AutoModelForDepthEstimation, "from_pretrained", from_pretrained)
    return TinyModel(folder, kind == "metric", {"model": folder})
