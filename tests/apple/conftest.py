"""Provide XMP packets of real photos, located without parsing their containers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

PACKET = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>\n?", re.DOTALL)


@pytest.fixture(scope="session")
def packets(sample: Callable[[str], bytes]) -> Callable[[str], list[bytes]]:
    """Return a function: `packets("pug.heic")` gives every XMP packet of a photo, in the order of the file."""

    def read(name: str) -> list[bytes]:
        result = PACKET.findall(sample(name))
        assert result, f"no packet in {name}"
        return result

    return read


@pytest.fixture(scope="session")
def depth_packet(packets: Callable[[str], list[bytes]]) -> Callable[[str], bytes]:
    """Return a function: `depth_packet("pug.heic")` gives the depth map's packet, recognised by Apple's keyword."""

    def read(name: str) -> bytes:
        (result,) = (packet for packet in packets(name) if b">disparity<" in packet)
        return result

    return read
