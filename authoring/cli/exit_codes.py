"""Define the exit codes of the command line; those of errors (2 to 5) are in `authoring.errors`."""

DONE = 0
FAULT_FOUND = 1
SOME_FAILED = 6
INTERNAL_FAULT = 70
"""EX_SOFTWARE of sysexits.h: a fault of this program, not of the input."""
INTERRUPTED = 130
"""What shells report for a program that Ctrl-C ended; a signal N ends it with 128 + N."""
