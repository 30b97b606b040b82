"""Run the command line: Typer parses it, the public functions do the work, reports are printed."""
