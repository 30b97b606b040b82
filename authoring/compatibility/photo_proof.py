"""Prove that a photo is unchanged except for its depth: part by part, and as decoded pixels.

What may differ: the depth image with its XMP; in Exif CustomRendered and two flags of Apple's maker note, or a new
note of numbers in Apple's form if there was none or one of the two flags; in the photo's XMP the regions; structure
that a container rewrites for any image it holds (`ftyp`, `iloc`, the MP index), which no part names. All else must be
equal, byte for byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from authoring.apple import makernote, xmp
from authoring.apple.exif import CUSTOM_RENDERED, MAKER_NOTE
from authoring.apple.exif_required import REQUIRED_TAGS
from authoring.apple.exif_tags import Tags, read_tags
from authoring.apple.region import REGIONS
from authoring.containers.base import ContainerFile
from authoring.containers.edits import Touched
from authoring.containers.jpeg import JpegFile
from authoring.depth.kernels import row_chunks
from authoring.errors import DepthauthorError, MalformedError
from authoring.read.layout import depth_images, metadata_kind
from authoring.read.photo_pixels import decode_photo
from authoring.tiff import ORIENTATION

PixelsWord = Literal["equal", "different", "not decoded"]

MIN_FINDABLE_BYTES = 16
"""A shorter part is not searched for in the original: it would be found by chance."""

FLAGS = frozenset({makernote.IMAGE_PROCESSING_FLAGS, makernote.PHOTOS_APP_FEATURE_FLAGS})


@dataclass(frozen=True, slots=True)
class PhotoProof:
    """How a photo compares with the one it was made from."""

    identical: bool
    """Every coded image byte and every piece of metadata is equal, except for what an embed changes on purpose."""
    touched: tuple[Touched, ...]
    """The differences: bytes [start, stop) of the original if they can be located, else 0, 0; additions are at 0, 0.
    Reasons that begin with `changed` or `lost` are not part of an embed."""
    pixels: PixelsWord
    """The main image as decoded; arithmetic-coded JPEG is not decoded."""
    compared: int
    """Parts of the original that were compared."""


@dataclass(frozen=True, slots=True)
class _Difference:
    part: str
    """Its name: `item 50 Exif`, `segment APP1 XMP 0`."""
    before: bytes | None
    after: bytes | None


def compare(file: ContainerFile, original: ContainerFile) -> PhotoProof:
    """Compare a parsed file with the parsed photo it was made from."""
    pixels = _compare_pixels(file, original)
    if file.layout.container != original.layout.container:
        text = f"changed: the container was {original.layout.container} and is {file.layout.container}"
        return PhotoProof(False, (Touched(0, len(original.source), text),), pixels, 0)
    before = dict(original.parts())
    touched: list[Touched] = []
    identical = pixels != "different"
    for difference in _differences(before, dict(file.parts())):
        reason = _reason(difference, file, original)
        identical &= reason.intended
        touched.extend(_locate(difference, original.source, reason.text))
    return PhotoProof(identical, tuple(dict.fromkeys(touched)), pixels, len(before))


def _differences(before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[_Difference]:
    """Yield the parts that are not equal. Further images of a JPEG may be renumbered: match them by content."""
    moved = Counter(content for name, content in after.items() if _is_image(name))
    for name, content in before.items():
        if _is_image(name) and moved[content]:
            moved[content] -= 1
        elif after.get(name) != content:
            yield _Difference(name, content, None if _is_image(name) else after.get(name))
    for name, content in after.items():
        if _is_image(name):
            if moved[content]:
                moved[content] -= 1
                yield _Difference(name, None, content)
        elif name not in before:
            yield _Difference(name, None, content)


def _is_image(name: str) -> bool:
    return name.startswith("image ")


@dataclass(frozen=True, slots=True)
class _Reason:
    text: str
    intended: bool
    """Whether an embed makes this difference on purpose."""


def _reason(difference: _Difference, file: ContainerFile, original: ContainerFile) -> _Reason:
    if _is_depth(difference.part, difference.before, original) and _is_depth(
        difference.part, difference.after, file
    ):
        verb = "added" if difference.before is None else "removed" if difference.after is None else "replaced"
        return _Reason(f"depth map {verb}: {_short(difference.part)}", True)
    kind = metadata_kind(difference.part, file if difference.after is not None else original)
    if kind == "Exif":
        return _exif_reason(difference, _exif(file), _exif(original))
    if kind == "XMP":
        return _xmp_reason(difference, file.layout.xmp, original.layout.xmp)
    verb = (
        "changed: added" if difference.before is None else "lost:" if difference.after is None else "changed:"
    )
    return _Reason(f"{verb} {difference.part}", False)


def _is_depth(name: str, content: bytes | None, file: ContainerFile) -> bool:
    """Return whether the part belongs to a depth map of this file, or is absent from it."""
    if content is None:
        return True
    if name.startswith("depth SubIFD "):
        return True
    images = depth_images(file.layout)
    if _is_image(name):
        return any(content == image.payload for image in images)
    numbers = {image.identifier for image in images}
    roles = {f"XMP of {number}" for number in numbers}
    numbers |= {entry.identifier for entry in file.entries if entry.role in roles}
    return _item_of(name) in numbers


def _item_of(name: str) -> int | None:
    """Return the item number in a HEIC part's name; None in JPEG."""
    words = name.split()
    return int(words[1]) if words[0] == "item" and words[1].isdigit() else None


def _short(name: str) -> str:
    """Return the name of the item, image or directory, without that of its entry, property or reference."""
    if name.startswith("depth SubIFD "):
        return " ".join(name.split()[:3])
    return name if name.startswith("segment ") else " ".join(name.split()[:2])


def _exif(file: ContainerFile) -> bytes | None:
    """Return the Exif block; a JPEG's offsets of a preview behind the photo count by what they lead to."""
    return file.exif_by_content() if isinstance(file, JpegFile) else file.layout.exif


def _exif_reason(difference: _Difference, after: bytes | None, before: bytes | None) -> _Reason:
    if difference.after is None or after is None:
        return _Reason(f"lost: {difference.part}", False)
    changed = exif_changes(before, after)
    if changed is None:
        return _Reason(f"changed: {difference.part}, more than the portrait metadata", False)
    return _Reason(f"Exif: {', '.join(changed) or 'the same values'} ({_short(difference.part)})", True)


def _xmp_reason(difference: _Difference, after: bytes | None, before: bytes | None) -> _Reason:
    if difference.after is None or after is None:
        return _Reason(f"lost: {difference.part}", False)
    try:
        old = {(p.namespace, p.name): p for p in xmp.parse_packet(before)} if before else {}
        new = {(p.namespace, p.name): p for p in xmp.parse_packet(after)}
    except MalformedError:
        return _Reason(f"changed: {difference.part}, which does not parse", False)
    differing = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    if differing <= {(REGIONS, "Regions")}:
        what = "focus region" if differing else "the same properties"
        return _Reason(f"XMP: {what} ({_short(difference.part)})", True)
    names = ", ".join(sorted(name for _, name in differing))
    return _Reason(f"changed: {difference.part}, properties {names}", False)


def exif_changes(before: bytes | None, after: bytes) -> list[str] | None:
    """Return the portrait tags that differ between two TIFF blocks; None if anything else does or is unreadable."""
    new = _exif_values(after)
    old = _exif_values(before) if before else _ExifValues({}, b"")
    if old is None or new is None:
        return None
    keys = {key for key in old.tags.keys() | new.tags.keys() if old.tags.get(key) != new.tags.get(key)}
    # A directory added for the portrait tags holds the tags that Exif requires, and the photo's orientation.
    added = {name for name, _ in new.tags} - {name for name, _ in old.tags}
    keys = {(name, tag) for name, tag in keys if name not in added or tag not in _ALLOWED_TAGS}
    changed = []
    if keys - {("Exif", CUSTOM_RENDERED)}:
        return None
    if keys:
        changed.append("CustomRendered")
    if old.note != new.note:
        flags = _changed_flags(old.note, new.note)
        if flags is None:
            return None
        changed += flags
    return changed


_ALLOWED_TAGS = REQUIRED_TAGS | {ORIENTATION}


@dataclass(frozen=True, slots=True)
class _ExifValues:
    tags: Tags
    note: bytes


def _exif_values(block: bytes) -> _ExifValues | None:
    """Return every tag but the maker note, by directory, without the pointers between directories."""
    try:
        tags = read_tags(block)
    except MalformedError:
        return None
    _, note = tags.pop(("Exif", MAKER_NOTE), (0, b""))
    return _ExifValues(tags, note or b"")


def _changed_flags(before: bytes, after: bytes) -> list[str] | None:
    """Return which of the two flags differ between two Apple maker notes; None if any other entry does."""
    old, new = _note_values(before) if before else {}, _note_values(after)
    if old is None or new is None:
        return None
    is_ours = makernote.donated_note(after, gain_map=True) == after
    if (not before and new.keys() <= FLAGS) or (old.keys() <= FLAGS < new.keys() and is_ours):
        return ["a new Apple maker note"]
    tags = {tag for tag in old.keys() | new.keys() if old.get(tag) != new.get(tag)}
    return [f"maker note 0x{tag:04X}" for tag in sorted(tags)] if tags <= FLAGS else None


def _note_values(note: bytes) -> dict[int, tuple[int, int, bytes | None]] | None:
    try:
        return {entry.tag: (entry.type, entry.count, entry.value) for entry in makernote.read_entries(note)}
    except MalformedError:
        return None


def _locate(difference: _Difference, source: bytes, reason: str) -> Iterator[Touched]:
    """Locate the difference in the original: the differing runs if both are equally long, else the part."""
    start = _find(source, difference.before or b"")
    if start is None or difference.before is None:
        yield Touched(0, 0, reason)
    elif difference.after is None or len(difference.after) != len(difference.before):
        yield Touched(start, start + len(difference.before), reason)
    else:
        for first, stop in _runs(difference.before, difference.after):
            yield Touched(start + first, start + stop, reason)


def _find(source: bytes, part: bytes) -> int | None:
    """Return the offset of the part; None if it is short, joined from pieces, or occurs more than once."""
    if len(part) < MIN_FINDABLE_BYTES:
        return None
    start = source.find(part)
    return start if start >= 0 and source.find(part, start + 1) < 0 else None


def _runs(before: bytes, after: bytes) -> list[tuple[int, int]]:
    """Return the runs [start, stop) in which two strings of equal length differ."""
    differing = np.flatnonzero(np.frombuffer(before, np.uint8) != np.frombuffer(after, np.uint8))
    breaks = np.flatnonzero(np.diff(differing) > 1) + 1
    return [(int(run[0]), int(run[-1]) + 1) for run in np.split(differing, breaks) if run.size]


def _compare_pixels(file: ContainerFile, original: ContainerFile) -> PixelsWord:
    """Return whether both main images decode to the same pixels."""
    try:
        first, second = (decode_photo(photo, tone_map=False).stored for photo in (original, file))
    except DepthauthorError:
        return "not decoded"
    same = first.shape == second.shape and all(
        np.array_equal(first[rows], second[rows]) for rows in row_chunks(first.shape)
    )
    return "equal" if same else "different"
