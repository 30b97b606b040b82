"""Pixels and their depth as things in space: rays of a camera, points, meshes, and the bytes of 3-D files.

Knows: numpy, pinholes and lenses, the layouts of PLY, PCD and GLB.
Must not know: photos' containers, Apple's names, how depth is stored, paths.
"""

from authoring.geometry.camera import Camera
from authoring.geometry.lens import RadialLens
from authoring.geometry.mesh import Mesh, mesh_of
from authoring.geometry.points import Axes, Grid, PointCloud, points_of
from authoring.geometry.surface import Surface

__all__ = [
    "Axes",
    "Camera",
    "Grid",
    "Mesh",
    "PointCloud",
    "RadialLens",
    "Surface",
    "mesh_of",
    "points_of",
]
