"""`python -m authoring` is the command `depthauthor`."""

from authoring.cli import main

main()
