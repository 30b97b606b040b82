"""What people are told about an estimate, and what a model may not do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import depthauthor as da
from tests.estimate.tiny_models import TinyModel, needs_networks

pytestmark = needs_networks

PHOTO = Path(__file__).parents[2] / "golden" / "scene.jpg"


def test_one_end_alone_is_not_enough(tiny: Callable[[str], TinyModel]) -> None:
    with pytest.raises(da.UsageError, match=re.escape("give both near and far, in metres")):
        da.estimate(PHOTO, near=1, **tiny("relative").options)


def test_a_preview_of_an_estimated_map_names_the_network(
    tiny: Callable[[str], TinyModel], tmp_path: Path
) -> None:
    model, path = tiny("relative"), tmp_path / "map.npz"
    da.estimate_file(PHOTO, path, **model.options)
    for depth in (path, da.estimate(PHOTO, **model.options)):
        preview = da.preview(PHOTO, depth, output=tmp_path / "preview.png", overwrite=True)
        [sentence] = [note for note in preview.notes if model.folder.name in note]
        assert "spread over 0.769 m to 5 m, which are assumed, not measured" in sentence


def test_program_code_beside_a_model_is_not_run(
    tiny: Callable[[str], TinyModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transformers would ask the person, who may say yes."""
    model, ran = tmp_path / "model", tmp_path / "ran"
    model.mkdir()
    for file in tiny("relative").folder.iterdir():
        (model / file.name).write_bytes(file.read_bytes())
    configuration = json.loads((model / "config.json").read_text())
    configuration |= {
        "model_type": "own",
        "auto_map": {"AutoConfig": "own.Own", "AutoModelForDepthEstimation": "own.Own"},
    }
    (model / "config.json").write_text(json.dumps(configuration))
    (model / "own.py").write_text(f"open({str(ran)!r}, 'w').close()\n\n\nclass Own:\n    pass\n")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    with pytest.raises(da.UnsupportedError, match="program code of its own, and such code is not run"):
        da.estimate(PHOTO, model=model, kind="depth")
    assert not ran.exists()


def test_a_photo_that_cannot_be_decoded_is_refused_as_such(
    tiny: Callable[[str], TinyModel], sample: Callable[[str], bytes]
) -> None:
    with pytest.raises(da.UnsupportedError, match="an estimate goes by the photo's pixels"):
        da.estimate(sample("edge_arithmetic.jpg"), **tiny("relative").options)
