"""Attach depth to whole libraries: datasets.map of Hugging Face, Ray Data, and dask.

Each needs its own library. The rows hold the photo's bytes and metres as an array (H, W), as a network before them
in the pipeline leaves them. For files and folders, `depthauthor.batch` does it with a journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import depthauthor as da

EMBEDDER = da.Embedder(container="heic", unit="m", encoder_threads=1)
"""Pickles as its options, so every worker gets what was asked for; one thread each, since there are many workers."""


def embed_rows(rows: dict[str, Any]) -> dict[str, list[bytes]]:
    """Return the photos of a batch of rows with their depth: columns photo (bytes) and depth_m (H, W)."""
    pairs = zip(rows["photo"], rows["depth_m"], strict=True)
    return {"portrait": [EMBEDDER(photo, np.asarray(depth, np.float32)) for photo, depth in pairs]}


def with_datasets(photos: list[bytes], depths: list[Any]) -> list[bytes]:
    """Return the photos with depth, by Hugging Face's `datasets`."""
    from datasets import Dataset

    rows = Dataset.from_dict({"photo": photos, "depth_m": [np.asarray(depth).tolist() for depth in depths]})
    return list(rows.map(embed_rows, batched=True, batch_size=8)["portrait"])


def with_ray(photos: list[bytes], depths: list[Any]) -> list[bytes]:
    """Return the photos with depth, by Ray Data."""
    import ray

    items = [
        {"number": number, "photo": photo, "depth_m": np.asarray(depth)}
        for number, (photo, depth) in enumerate(zip(photos, depths, strict=True))
    ]
    embedder = EMBEDDER  # Sent with the function: a worker need not find this file.

    def embed_row(row: dict[str, Any]) -> dict[str, Any]:
        return {"number": row["number"], "portrait": embedder(row["photo"], row["depth_m"])}

    done = ray.data.from_items(items).map(embed_row).take_all()
    return [row["portrait"] for row in sorted(done, key=lambda row: row["number"])]


def with_dask(photos: Iterable[bytes], depths: Iterable[Any], client: Any) -> list[bytes]:
    """Return the photos with depth, by the workers of a dask.distributed Client."""
    return list(client.gather(client.map(EMBEDDER, list(photos), list(depths))))
