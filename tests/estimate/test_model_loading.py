"""Loading a network: a missing extra, a damaged or foreign model, too little memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import depthauthor as da
from tests.estimate.tiny_models import GOLDEN, TinyModel, make_known, needs_networks
from tests.terminal import COMMAND

PHOTO = GOLDEN / "scene.jpg"

OUT_OF_MEMORY = [
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"
    ),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:73] data. DefaultCPUAllocator: not enough memory: you tried"
    ),
    RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 8.00 GiB"),
    RuntimeError(
        "MPS backend out of memory (MPS allocated: 8 GB, other allocations: 1 GB, max allowed: 9 GB)"
    ),
    RuntimeError("unable to mmap 358375660 bytes from file <model.safetensors>: Cannot allocate memory (12)"),
    OSError(12, "Cannot allocate memory"),
    MemoryError(),
]
"""What torch and safetensors raise, in their words; those of the processor were seen under a limit of the memory."""

Change = Callable[[Path], object]


@pytest.fixture
def model(tiny: Callable[[str], TinyModel], tmp_path: Path) -> Path:
    """Return the folder of a relative network that a test may change."""
    return Path(shutil.copytree(tiny("relative").folder, tmp_path / "model"))


@pytest.mark.parametrize("missing", ["torch", "transformers"])
@pytest.mark.parametrize("words", [("estimate", PHOTO), ("embed", PHOTO, "--estimate")])
def test_missing_extra_is_named(
    missing: str,
    words: tuple[object, ...],
    refused: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # An import of it fails as if it were not installed.
    said = refused(4, *words, "-o", tmp_path / "out.npz" if words[0] == "estimate" else tmp_path / "out.jpg")
    assert (
        said == "depthauthor: an estimate needs torch and transformers: pip install 'depthauthor[estimate]'"
    )


@needs_networks
def test_torch_that_cannot_be_loaded_is_one_sentence(model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "torch"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise OSError('libtorch_cpu.so: failed to map segment')\n")
    path = os.pathsep.join((str(broken.parent), str(Path(__file__).parents[2])))
    call = [*COMMAND, "estimate", str(PHOTO), "--model", str(model), "-o", str(tmp_path / "map.npz")]
    done = subprocess.run(
        call, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 4
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("depthauthor: torch and transformers cannot be loaded (")
    assert sentence.endswith("or they need pip install --upgrade 'depthauthor[estimate]'")


def _write(name: str, data: bytes) -> Change:
    return lambda folder: folder.joinpath(name).write_bytes(data)


def _configure(**values: Any) -> Change:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


def _without_head(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = {name: value for name, value in load_file(path).items() if not name.startswith("head.")}
    save_file(weights, path, {"format": "pt"})


@needs_networks
@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (_write("model.safetensors", b"\x10\x00"), 3, "model cannot be loaded ("),
        (_write("preprocessor_config.json", b"{"), 3, "model cannot be loaded ("),
        (_write("config.json", b"{"), 3, "this is no JSON object, as a model's configuration is"),
        (_write("config.json", b"[" * 100_000), 3, "this is no JSON object, as a model's configuration is"),
        (
            _configure(neck_hidden_sizes=[8, 8, 32, 32]),
            3,
            "(its weights do not fit its configuration); the folder",
        ),
        (_configure(model_type="bert"), 4, "model is no network that transformers can take depth from"),
        (
            _configure(model_type="depth_of_2030"),
            4,
            "that this release of transformers does not know: pip install",
        ),
        (_without_head, 4, "model is no network that transformers can take depth from"),
        (
            lambda folder: (folder / "preprocessor_config.json").unlink(),
            4,
            "has no preprocessor_config.json, which",
        ),
        (
            lambda folder: (folder / "model.safetensors").unlink(),
            4,
            "has no model.safetensors; other weights, which",
        ),
        (
            lambda folder: (folder / "config.json").unlink(),
            2,
            "this folder holds no model: it has no config.json",
        ),
    ],
)
def test_damaged_or_foreign_folder_is_one_sentence(
    change: Change, code: int, said: str, model: Path, refused: Callable[..., str], tmp_path: Path
) -> None:
    change(model)
    sentence = refused(
        code, "estimate", PHOTO, "--model", model, "--kind", "depth", "-o", tmp_path / "map.npz"
    )
    assert said in sentence
    assert sentence.count("depthauthor:") == 1
    assert "delete" not in sentence  # The folder is the person's own.
    assert len(sentence) < 400


@needs_networks
def test_folder_of_any_name_fits_into_xmp(
    model: Path, command: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    folder, output = model.rename(tmp_path / "model\nof \x1b[31mred"), tmp_path / "out.heic"
    report = command("embed", PHOTO, "--estimate", "--model", folder, "-o", output)
    read = command("inspect", output)["depth"]["provenance"]["estimated_by"]
    assert read["model"] == report["estimate"]["model"] == "model?of ?[31mred"


@needs_networks
@pytest.mark.parametrize("size", [(400, 1), (3, 400), (1200, 10)])
def test_photo_too_narrow_for_a_network_is_one_sentence(
    size: tuple[int, int], model: Path, refused: Callable[..., str], tmp_path: Path
) -> None:
    """The image processor makes its short side 0 pixels long, or would take it for the colours."""
    photo = tmp_path / "narrow.png"
    Image.new("RGB", size).save(photo)
    sentence = refused(4, "estimate", photo, "--model", model)
    assert f"narrow.png: model cannot take a photo of {size[0]}x{size[1]} pixels (" in sentence


@needs_networks
@pytest.mark.parametrize(
    ("option", "said"),
    [({"model": ""}, "the name of the model is empty"), ({"threads": 0}, "unknown option 'threads'")],
)
def test_options_that_are_none_of_an_estimate(option: dict[str, Any], said: str, model: Path) -> None:
    with pytest.raises(da.UsageError, match=said):
        da.estimate(PHOTO, **{"model": model, **option})


@needs_networks
@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda error: str(error)[:20] or "MemoryError")
@pytest.mark.parametrize("moment", ["loading", "running"])
def test_too_little_memory_names_a_smaller_model(
    moment: str,
    error: Exception,
    refused: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    import transformers

    def fail(*_: object, **__: object) -> Any:
        raise error

    model = make_known("relative", tmp_path / "model", monkeypatch, fail)
    if moment == "loading":
        monkeypatch.setattr(transformers.AutoModelForDepthEstimation, "from_pretrained", fail)
    said = refused(4, "estimate", PHOTO, *model.arguments, "-o", tmp_path / "map.npz")
    assert said.removeprefix("depthauthor: ").removeprefix(f"{PHOTO}: ") == (
        "there is not enough memory on cpu for the model model: take a smaller model (--model depth-anything-v2-small)"
    )
    assert not (tmp_path / "map.npz").exists()
