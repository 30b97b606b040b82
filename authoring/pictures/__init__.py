"""Pictures made from a photo and its depth: colours, legends, overlays, and the blur of a lens.

Knows: arrays of codes, light and distance; Pillow for text and sizes.
Must not know: files, containers, Apple's names, what a map meant before it became a plane of numbers.
"""
