"""Read the focus region of a photo's own XMP, and add one without changing the rest of the packet.

Regions are those of the Metadata Working Group (2.0, section 5.9), as iOS writes them. A region is in the photo's
*stored* raster, before any orientation: rw_ios11_test06 is stored 4032 by 3024 with Orientation 6, its
AppliedToDimensions are 4032 by 3024, and only in the stored raster is its box on a near flower; turned, it would be
on a distant flag.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from lxml import etree

from authoring.apple.property_table import Opaque, PropertyTree
from authoring.apple.xmp import RDF, X, parse_element, parse_packet
from authoring.errors import DepthauthorError, MalformedError, UsageError

REGIONS = "http://www.metadataworkinggroup.com/schemas/regions/"
AREA = "http://ns.adobe.com/xmp/sType/Area#"
DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"

DEFAULT_SIZE = (0.119, 0.089)
"""Width and height of the box of an iPhone X (shu_matte): 360 pixels square in 3024 by 4032."""

PACKET_START = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
PACKET_END = b'<?xpacket end="w"?>'

_RDF_END = re.compile(rb"</([A-Za-z_][\w.-]*):RDF\s*>")
_PADDING = re.compile(rb">([ \t\r\n]*)<\?xpacket end=")
_LIST_END = re.compile(rb"</([A-Za-z_][\w.-]*):(?:Seq|Bag)\s*>\s*</[A-Za-z_][\w.-]*:RegionList\s*>")


@dataclass(frozen=True, slots=True)
class FocusRegion:
    """Centre and size of the region in focus, each 0..1 of the stored photo's width or height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def is_valid(self) -> bool:
        """Whether the centre is in the photo and the box is neither empty nor larger than the photo."""
        return 0 <= self.x <= 1 and 0 <= self.y <= 1 and 0 < self.w <= 1 and 0 < self.h <= 1


@dataclass(frozen=True, slots=True)
class RegionResult:
    """A packet with its focus region."""

    xmp: bytes
    """The same bytes if nothing was changed."""
    changes: tuple[str, ...]
    notes: tuple[str, ...]


def read_focus_region(packet: bytes | None) -> FocusRegion | None:
    """Return the first region of type Focus, in element or attribute form; a damaged packet has none."""
    if not packet:
        return None
    try:
        root = parse_element(packet)
    except DepthauthorError:
        return None
    for item in root.iter(f"{{{RDF}}}li"):
        holders = [item, *item.findall(f"{{{RDF}}}Description")]
        if "Focus" not in [_value(holder, f"{{{REGIONS}}}Type") for holder in holders]:
            continue
        for area in item.iter(f"{{{REGIONS}}}Area"):
            places = [area, *area.findall(f"{{{RDF}}}Description")]
            numbers = [
                next(filter(None, (_value(place, f"{{{AREA}}}{key}") for place in places)), "")
                for key in "xywh"
            ]
            try:
                x, y, w, h = (float(number or 0) for number in numbers)
            except ValueError:
                continue
            if all(map(math.isfinite, (x, y, w, h))):
                return FocusRegion(x, y, w, h)
    return None


def with_focus_region(
    packet: bytes | None,
    x: float,
    y: float,
    width_px: int,
    height_px: int,
    *,
    size: tuple[float, float] = DEFAULT_SIZE,
) -> RegionResult:
    """Return the photo's packet with a Focus region around (x, y), each 0..1 of the stored raster of that size.

    An existing Focus region is kept. If there are regions of other types (faces), it is added to their list,
    otherwise as an rdf:Description at the packet's end. All other text stays as it is; padding is used up first, so
    that the packet keeps its length. If the text cannot be added safely, the packet is returned unchanged with a
    note. Raises UsageError for a centre outside the photo.
    """
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise UsageError(f"the focus {x:g},{y:g} is outside the photo; give two numbers from 0 to 1")
    region = FocusRegion(*map(float, (x, y, *size)))
    if not packet:
        body = _description("rdf", "", region, width_px, height_px)
        return RegionResult(
            PACKET_START
            + f'\n<x:xmpmeta xmlns:x="{X}"><rdf:RDF xmlns:rdf="{RDF}">{body}</rdf:RDF></x:xmpmeta>\n'.encode()
            + PACKET_END,
            ("an XMP packet with a focus region was added",),
            (),
        )
    old = read_focus_region(packet)
    if old is not None:
        return RegionResult(packet, (), (f"the photo's focus region at {old.x:g},{old.y:g} was kept",))
    try:
        before = parse_packet(packet)
        result = _insert(packet, before, region, width_px, height_px)
    except DepthauthorError:
        result = None
    if result is None:
        return RegionResult(
            packet, (), ("the photo's XMP takes no focus region safely, so it was left without one",)
        )
    return RegionResult(result, ("a focus region was added to the photo's XMP",), ())


def _insert(
    packet: bytes, before: PropertyTree, region: FocusRegion, width_px: int, height_px: int
) -> bytes | None:
    """Return the packet with the region, parsed again to check that all else is equal; None if it is not."""
    if any(item.namespace == REGIONS and item.name == "Regions" for item in before):
        ends = list(_LIST_END.finditer(packet))
        if len(ends) != 1:
            return None
        text = _item(ends[0][1].decode("ascii"), region, declared=False)
    else:
        ends = list(_RDF_END.finditer(packet))[-1:]
        if not ends:
            return None
        text = _description(ends[0][1].decode("ascii"), _subject(packet), region, width_px, height_px)
    start, added = ends[0].start(), text.encode()
    result = _remove_padding(packet[:start] + added + packet[start:], len(added))
    after = parse_packet(result)
    same = _other_properties(after) == _other_properties(before) and _keeps_regions(before, after)
    return result if same and read_focus_region(result) == region else None


def _remove_padding(packet: bytes, length: int) -> bytes:
    """Return the packet without `length` bytes of its padding, if it has that many."""
    padding = list(_PADDING.finditer(packet))[-1:]
    if not padding or padding[0].end(1) - padding[0].start(1) < length:
        return packet
    start = padding[0].start(1)
    return packet[:start] + packet[start + length :]


def _other_properties(tree: PropertyTree) -> list[object]:
    return [item for item in tree if (item.namespace, item.name) != (REGIONS, "Regions")]


def _keeps_regions(before: PropertyTree, after: PropertyTree) -> bool:
    """Whether all old regions are still there, in order, and one more after them."""
    old, new = _region_items(before), _region_items(after)
    return len(new) == len(old) + 1 and new[: len(old)] == old


def _region_items(tree: PropertyTree) -> list[bytes]:
    """Return the regions as canonical XML. Raises MalformedError for a namespace that is no URI."""
    for item in tree:
        if (item.namespace, item.name) == (REGIONS, "Regions") and isinstance(item.value, Opaque):
            root = parse_element(item.value.xml.encode())
            lists = root.iterfind(f"{{{REGIONS}}}RegionList/*/{{{RDF}}}li")
            try:
                return [
                    etree.tostring(item, method="c14n", exclusive=True, with_tail=False) for item in lists
                ]
            except etree.C14NError as error:
                raise MalformedError("the XMP packet has a namespace that is no URI") from error
    return []


def _subject(packet: bytes) -> str:
    """Return the packet's rdf:about: it must be the same in each rdf:Description (ISO 16684-1, 7.4)."""
    description = parse_element(packet).find(f".//{{{RDF}}}Description")
    about = None if description is None else description.get(f"{{{RDF}}}about", description.get("about"))
    return (about or "").replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _description(rdf: str, about: str, region: FocusRegion, width_px: int, height_px: int) -> str:
    """Return regions with one item, as iOS nests them (shu_matte); `rdf` is the packet's prefix for RDF."""
    resource = f'{rdf}:parseType="Resource"'
    return (
        f'<{rdf}:Description {rdf}:about="{about}" xmlns:mwg-rs="{REGIONS}" xmlns:stArea="{AREA}"'
        f' xmlns:stDim="{DIMENSIONS}"><mwg-rs:Regions {resource}><mwg-rs:RegionList><{rdf}:Seq>'
        f"{_item(rdf, region, declared=True)}</{rdf}:Seq></mwg-rs:RegionList>"
        f"<mwg-rs:AppliedToDimensions {resource}><stDim:h>{height_px}</stDim:h><stDim:w>{width_px}</stDim:w>"
        f"<stDim:unit>pixel</stDim:unit></mwg-rs:AppliedToDimensions></mwg-rs:Regions></{rdf}:Description>"
    )


def _item(rdf: str, region: FocusRegion, *, declared: bool) -> str:
    """Return one region; it declares its namespaces itself unless they are `declared` around it."""
    resource = f'{rdf}:parseType="Resource"'
    spaces = "" if declared else f' xmlns:mwg-rs="{REGIONS}" xmlns:stArea="{AREA}"'
    return (
        f"<{rdf}:li {resource}{spaces}><mwg-rs:Area {resource}><stArea:y>{region.y!r}</stArea:y>"
        f"<stArea:w>{region.w!r}</stArea:w><stArea:x>{region.x!r}</stArea:x><stArea:h>{region.h!r}</stArea:h>"
        f"<stArea:unit>normalized</stArea:unit></mwg-rs:Area><mwg-rs:Type>Focus</mwg-rs:Type>"
        f"<mwg-rs:Extensions {resource}/></{rdf}:li>"
    )


def _value(holder: etree._Element, name: str) -> str | None:
    """Return a property in attribute or element form."""
    value = holder.get(name)
    if value is None:
        value = holder.findtext(name)
    return None if value is None else str(value).strip()
