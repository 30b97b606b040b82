"""Convert pixels to bitstreams and back: monochrome HEVC, gray JPEG, photos, map files.

The modules are imported where they are used, since each imports a heavy library.
"""
