"""The rooms of depthauthor; the public names are in the module `depthauthor`."""
