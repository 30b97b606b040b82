"""Read depth out of a photo: its layout, the depth image, what `inspect` and `extract` report."""
