"""Map files, read and written."""
