"""Provide the golden scene with depth, in both containers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import depthauthor

GOLDEN = Path(__file__).parents[2] / "golden"
DEPTH_M = np.load(GOLDEN / "scene-depth.npy")


@pytest.fixture(scope="session")
def scene() -> bytes:
    """Return the scene as HEIC, absolute."""
    return depthauthor.embed_bytes((GOLDEN / "scene.heic").read_bytes(), DEPTH_M, accuracy="absolute")


@pytest.fixture(scope="session")
def scene_jpeg() -> bytes:
    """Return the scene as JPEG, relative."""
    return depthauthor.embed_bytes((GOLDEN / "scene.jpg").read_bytes(), DEPTH_M)
