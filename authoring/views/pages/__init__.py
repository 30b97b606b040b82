"""The pages room: HTML pages from data, each one file that loads nothing."""
