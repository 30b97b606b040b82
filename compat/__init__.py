"""The reader matrix: whether programs not written here go on reading photos once they carry depth.

Knows: photos made by the project, readers, and what a reader said before and after. Not part of the package.
"""
