"""`python -m authoring` is the command `depthauthor`."""

from authoring.cli.main import main

main()
