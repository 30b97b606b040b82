"""The version, where every room can see it. Knows nothing else."""

VERSION = "0.1.0"
