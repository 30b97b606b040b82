"""Write a photo's depth as other makers' programs read it: one module a format, the twins of `read/foreign`."""
