"""JPEG files: segments, the MP index, and auxiliary images after the photo, as an iPhone writes them."""

from __future__ import annotations

from authoring.containers.jpeg.file import JpegFile, parse

__all__ = ["JpegFile", "parse"]
