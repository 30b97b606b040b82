"""XMP packets of real photos, found without knowing their containers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

PACKET = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>\n?", re.DOTALL)


@pytest.fixture(scope="session")
def packets(sample: Callable[[str], bytes]) -> Callable[[str], list[bytes]]:
    """`packets("pug.heic")` gives every XMP packet of a photo, in the order of the file."""

    def read(name: str) -> list[bytes]:
        found = PACKET.findall(sample(name))
        assert found, f"no packet in {name}"
        return found

    return read


@pytest.fixture(scope="session")
def depth_packet(packets: Callable[[str], list[bytes]]) -> Callable[[str], bytes]:
    """`depth_packet("pug.heic")` gives the packet of the depth map, found by Apple's own word."""

    def read(name: str) -> bytes:
        (found,) = (packet for packet in packets(name) if b">disparity<" in packet)
        return found

    return read
