"""Our own properties in a depth packet: they come back, are replaced, and leave nothing when removed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.apple.depth_properties import DepthProperties, build_tree, foreign_properties
from authoring.apple.property_table import PROVENANCE, Property, find
from authoring.apple.provenance import SOURCES, Provenance, read_provenance, with_provenance
from authoring.apple.xmp import build_packet, parse_packet
from authoring.errors import RefusedError

PROPERTIES = DepthProperties(quality="high", float_min=0.25, float_max=3.5)
BASE = build_tree(PROPERTIES)


@given(st.binary(max_size=60), st.binary(max_size=60))
@settings(max_examples=40, deadline=None)
def test_it_comes_back_and_is_replaced(undo: bytes, restore: bytes) -> None:
    older = build_tree(PROPERTIES, provenance=Provenance("older", b"old", b"old", "given"))
    provenance = Provenance("depthauthor 0.1.0", undo, restore)
    tree = build_tree(PROPERTIES, older, provenance)
    assert read_provenance(parse_packet(build_packet(tree))) == provenance
    assert with_provenance(tree, None) == BASE and read_provenance(BASE) is None


def test_all_fields_are_foreign_properties_that_come_back() -> None:
    provenance = Provenance("1.0", b"\0\1", b"\2" * 40, "estimated", "exif", "nominal")
    again = parse_packet(build_packet(build_tree(PROPERTIES, provenance=provenance)))
    assert read_provenance(again) == provenance
    assert len(foreign_properties(again)) == 6
    assert read_provenance(with_provenance(again, Provenance("2.0"))) == Provenance("2.0")
    assert find(with_provenance((), Provenance("1", depth_source="given")), "depthauthor:Restore") is None


def test_a_broken_record_stays_a_record() -> None:
    """So that `strip --restore` refuses it, instead of taking it for a photo that needs no restoring."""
    tree = tuple(
        Property(PROVENANCE, "depthauthor", name, value) for name, value in (("Version", "1"), ("Undo", "!"))
    )
    assert read_provenance(tree) == Provenance("1", b"!")


def test_only_known_sources_are_written() -> None:
    for source in SOURCES:
        with_provenance((), Provenance("1", depth_source=source))
    with pytest.raises(RefusedError, match="guessed"):
        with_provenance((), Provenance("1", rendering_source="guessed"))
