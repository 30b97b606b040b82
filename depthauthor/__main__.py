"""Run the command line: python -m depthauthor."""

from authoring.cli.main import main

if __name__ == "__main__":
    main()
