"""Options once, many calls: the same bytes from threads, from pickles and from `embed_bytes`, and nothing printed."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import depthauthor
from authoring.errors import UsageError

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.mark.parametrize("name", ["scene.jpg", "scene.heic"])
def test_an_embedder_gives_what_embed_bytes_gives(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    photo, depth_m = (GOLDEN / name).read_bytes(), np.load(GOLDEN / "scene-depth.npy")
    options: dict[str, Any] = {"profile": "data", "max_size": 256, "native_format": "fdis"}
    wanted = depthauthor.embed_bytes(photo, depth_m, **options)
    embedder = depthauthor.Embedder(**options)
    again = pickle.loads(pickle.dumps(embedder))
    assert again == embedder and hash(again) == hash(embedder) and again != depthauthor.Embedder()
    with ThreadPoolExecutor(4) as threads:
        result = list(threads.map(lambda item: item(photo, depth_m), [embedder, again] * 4))
    assert set(result) == {wanted}
    data, report = embedder.report(photo, depth_m)
    assert data == wanted and report.native_format == "fdis"
    assert capfd.readouterr() == ("", "")


def test_options_are_checked_at_once() -> None:
    with pytest.raises(UsageError, match="unknown option 'nearest'"):
        depthauthor.Embedder(nearest=1)  # type: ignore[call-arg]


def test_an_embedder_reads_the_files_that_its_options_name(tmp_path: Path) -> None:
    """Once, when it is made: it works after the files are gone, and where a worker has none."""
    donor = GOLDEN / "scene.jpg"
    depth_m = np.load(GOLDEN / "scene-depth.npy")
    portrait = tmp_path / "donor.jpg"
    portrait.write_bytes(depthauthor.embed_bytes(donor, depth_m, unit="m"))
    embedder = pickle.loads(pickle.dumps(depthauthor.Embedder(unit="m", donor=portrait)))
    wanted = depthauthor.embed_bytes(donor, depth_m, unit="m", donor=portrait)
    portrait.unlink()
    assert embedder(donor, depth_m) == wanted
    with pytest.raises(UsageError, match="no such file"):
        depthauthor.Embedder(donor=portrait)
