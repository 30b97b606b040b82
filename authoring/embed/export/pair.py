"""Write a pair: the photo, and its depth as a gray picture with white near, as 3D-photo programs take it."""

from __future__ import annotations

import numpy as np

from authoring.containers.edits import EditList
from authoring.embed.export.base import Exported, Written
from authoring.embed.export.code_map import as_eight_bits, code_map
from authoring.embed.export.gray_jpeg import gray_jpeg

FORMAT = "pair"

NO_DISTANCES = "the distances: white is the nearest of the photo and black the farthest, whatever they are"

MOST_ASPECT = 4 / 3
"""The widest photo that Facebook's 3D photos were found to take, and upright the narrowest."""


def write(given: Exported) -> Written:
    """Return the photo as it is, and the gray picture as its companion."""
    depth = code_map(given.plane)
    eight = as_eight_bits(depth)
    coded = gray_jpeg((255 - eight.codes).astype(np.uint8), given.orientation)
    layout = given.file.layout
    longest, shortest = max(layout.width, layout.height), min(layout.width, layout.height)
    notes = [note for note in eight.notes if note not in depth.notes]
    evenly = "1/distance" if depth.format == "RangeInverse" else "distance"
    notes.append(f"the gray levels are even in {evenly}")
    if longest > shortest * MOST_ASPECT:
        notes.append("the photo is wider than 4:3, and Facebook was found to take no wider one")
    return Written(
        edits=EditList.unchanged(len(given.file.source)),
        format="",
        near=None,
        far=None,
        units=None,
        coding="jpeg",
        worst=coded.worst,
        not_carried=(NO_DISTANCES, *(["the camera's calibration"] if given.calibration else [])),
        notes=tuple(notes),
        companion=coded.data,
    )
