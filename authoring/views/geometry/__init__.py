"""Compute points and meshes from depth and a camera, and build the files that hold them."""
