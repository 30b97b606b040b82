"""Pixels to bitstreams and back: monochrome HEVC, gray JPEG, whole photos, map files.

Knows: encoders and decoders. Must not know: what a pixel means, where in a container a bitstream lies.

The modules are imported where they are used, since each brings a heavy library along.
"""
