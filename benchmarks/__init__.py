"""Measure what depthauthor costs compared with the least that the same work can cost."""
