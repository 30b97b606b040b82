"""The showing room: photos and their depth made visible, on files.

Knows: paths and names, as `authoring.api` does. Must not know: printing, options of the command line.
"""
