"""Provide tiny networks and photos to the tests of estimates."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from authoring.cli.main import run
from tests.estimate import tiny_models
from tests.estimate.tiny_models import TinyModel


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], TinyModel]:
    """Return a function: `tiny("metric")` gives a model of an architecture, or skips where it cannot run."""
    models: dict[str, TinyModel] = {}

    def model(architecture: str) -> TinyModel:
        tiny_models.skip_without_image_processor(architecture)
        if architecture not in models:
            folder = tmp_path_factory.mktemp("models") / f"tiny-{architecture}"
            models[architecture] = tiny_models.save(architecture, folder)
        return models[architecture]

    return model


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Return a function: `command("embed", …)` runs a command with --json and gives its report."""

    def report(*words: object) -> dict[str, Any]:
        capsys.readouterr()
        code = run([*map(str, words), "--json"])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        value: dict[str, Any] = json.loads(printed.out)
        return value

    return report


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return a function: `refused(2, "embed", …)` runs a command that fails with this code, and gives its message."""

    def message(code: int, *words: object) -> str:
        capsys.readouterr()
        assert run([*map(str, words)]) == code
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return " ".join(printed.err.split())

    return message
