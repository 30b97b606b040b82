"""Draw pictures of a photo and its depth: colours, legends, overlays, and lens blur."""
