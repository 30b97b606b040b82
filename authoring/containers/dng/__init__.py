"""Find, add and remove depth maps in DNG files: directories that are appended, with no other byte moved."""

from __future__ import annotations

from authoring.containers.dng.file import DngFile, parse

__all__ = ["DngFile", "parse"]
