"""Pictures made from a photo and its depth: colours, legends, overlays, and the blur of a lens."""
