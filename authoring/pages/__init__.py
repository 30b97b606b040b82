"""The pages room: HTML pages from data, each one file that loads nothing.

Knows: HTML, the viewer's script and styles, colours of depth. Must not know: files, containers, codecs, Apple's names.
"""

from authoring.pages.behind import Behind, what_lies_behind
from authoring.pages.html import shown_name
from authoring.pages.table import LEVELS, Card, page_end, page_start, render_card
from authoring.pages.viewer import ViewerPage, metres, range_text, viewer_page

__all__ = [
    "LEVELS",
    "Behind",
    "Card",
    "ViewerPage",
    "metres",
    "page_end",
    "page_start",
    "range_text",
    "render_card",
    "shown_name",
    "viewer_page",
    "what_lies_behind",
]
