"""Fill a hub cache with tiny networks under the names of known ones: commands run with the default model, offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from authoring.estimate.models import DEFAULT_MODEL, known_model
from tests.estimate import tiny_models

NETWORKS = {DEFAULT_MODEL: "relative", "depth-anything-v2-metric-indoor-small": "metric"}
"""Known name: architecture of `tiny_models`."""

COMMIT = "0123456789abcdef0123456789abcdef01234567"
"""Of every repository."""


def fill(cache: Path) -> None:
    """Make the networks; nothing where torch or transformers is absent."""
    if not tiny_models.HAS_NETWORKS:
        return
    for name, architecture in NETWORKS.items():
        known = known_model(name)
        assert known is not None
        repository = cache / f"models--{known.repository.replace('/', '--')}"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text(COMMIT)
        tiny_models.save(architecture, repository / "snapshots" / COMMIT)


def environment(cache: Path) -> dict[str, str]:
    """Return the variables by which a process takes its networks from there and asks nobody."""
    return {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}


def use(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process take its networks from there and ask nobody."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
