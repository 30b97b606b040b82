"""What depthauthor does, one module a verb: bytes and arrays in, bytes and reports out.

Knows: how depth, Apple's names, containers and codecs join. Must not know: paths, printing, struct, XML.

The folder exists so that `authoring.embed` can be the function: a module of that name in the package
would take its place as soon as anything imported it.
"""
