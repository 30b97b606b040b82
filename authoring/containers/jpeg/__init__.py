"""Find, splice and remove auxiliary images in JPEG files: segments, the MP index, images after the photo."""

from __future__ import annotations

from authoring.containers.jpeg.file import JpegFile, parse

__all__ = ["JpegFile", "parse"]
