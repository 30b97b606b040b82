"""The reader matrix: whether other programs still read photos once they hold depth. Not part of the package."""
