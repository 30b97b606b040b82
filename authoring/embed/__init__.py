"""Depth into a photo, and out of it again: the steps of `embed`, `copy` and `strip`."""
