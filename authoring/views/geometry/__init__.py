"""Pixels and their depth as things in space: rays of a camera, points, meshes, and the bytes of 3-D files."""
