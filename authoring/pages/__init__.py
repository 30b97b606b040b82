"""The pages room: HTML pages from data, each one file that loads nothing.

Knows: HTML, the viewer's script and styles, colours of depth. Must not know: files, containers, codecs, Apple's names.
"""

from authoring.pages.behind import Behind, what_lies_behind
from authoring.pages.html import data_uri, shown_name
from authoring.pages.palette import PALETTE_SIZE, palette
from authoring.pages.viewer import ViewerPage, viewer_page

__all__ = [
    "PALETTE_SIZE",
    "Behind",
    "ViewerPage",
    "data_uri",
    "palette",
    "shown_name",
    "viewer_page",
    "what_lies_behind",
]
