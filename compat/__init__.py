"""Check whether other programs still read photos that hold depth: the reader matrix. Not part of the package."""
