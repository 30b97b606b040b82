"""What depthauthor costs beside the least that the same work can cost; `python -m benchmarks` runs it all."""
