"""Seeing what a photo with depth holds: functions on files, one small module a verb.

Knows: paths, reading and publishing. Must not know: printing, formats.
"""
