"""The command line: Typer reads it, the public functions do the work, reports are printed."""
