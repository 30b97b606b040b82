"""The public functions on files: read, do, write."""
