"""A parsed file is released when nothing names it: a library of photos is read in the memory of one."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from authoring import containers

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.mark.parametrize(
    "name", ["scene.jpg", "scene.heic", "scene-gainmap.heic", "scene-gainmap.jpg", "scene-tiny.dng"]
)
def test_no_cycle_keeps_a_parsed_file(name: str) -> None:
    """Without the collector of cycles, which may come hundreds of photos later."""
    file = containers.parse((GOLDEN / name).read_bytes())
    # The structure of a DNG takes no weak reference.
    parsed = weakref.ref(getattr(file, "structure", file) if not name.endswith(".dng") else file)
    gc.disable()
    try:
        _ = file.layout, file.entries, file.notes, file.parts(), file.dump(), file.thumbnail()
        file.with_metadata(xmp=None)
        del file, _
        assert parsed() is None
    finally:
        gc.enable()
