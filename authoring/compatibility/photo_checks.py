"""Judge the rules on the photo that the depth belongs to: whether readers find, show and decode it.

The rules' sentences, grades and sources are in `rules.TABLE`.
"""

from __future__ import annotations

from authoring.compatibility.facts import Facts
from authoring.compatibility.findings import CheckResult
from authoring.compatibility.sharpness import measure_sharpness


def photo_decodes(facts: Facts) -> CheckResult | None:
    """Check R35: the photo's pixels decode; does not apply where they were not looked at."""
    fault = facts.photo.pixels_fault
    if fault:
        return CheckResult(
            False, f"the photo itself cannot be decoded: {fault}", "pixels in every tile", where="photo"
        )
    if facts.photo.gray is None:
        return None
    return CheckResult(True, "the photo itself decodes", where="photo")


def photo_shown(facts: Facts) -> CheckResult | None:
    """Check R36: the main image is not hidden."""
    if facts.layout.container != "heic":
        return None
    if facts.photo.hidden:
        message = "the main image is marked as hidden, which tells readers not to show it"
        return CheckResult(False, message, "infe flag 0", "infe flag 1", "main image")
    return CheckResult(True, "the main image is not hidden", where="main image")


def exif_found(facts: Facts) -> CheckResult | None:
    """Check R37: the Exif item's TIFF header is where the item says."""
    if facts.layout.container != "heic" or facts.layout.exif is None:
        return None
    if not facts.photo.exif_position_is_right:
        message = (
            "the Exif item does not state correctly where its TIFF header is, so readers may not find it"
        )
        return CheckResult(False, message, "the header's position in the first 4 bytes", where="Exif item")
    return CheckResult(True, "the Exif item states where its TIFF header is", where="Exif item")


def nothing_behind(facts: Facts) -> CheckResult | None:
    """Check R38: a HEIC file ends with its last box."""
    if facts.layout.container != "heic":
        return None
    junk = facts.photo.junk_bytes
    if junk:
        message = "bytes that are no part of the photo follow its last box"
        return CheckResult(False, message, "none", str(junk), "end of the file")
    return CheckResult(True, "the file ends with its last box", where="end of the file")


def pixels_sharp(facts: Facts) -> CheckResult:
    """Check R24: the photo is not blurred already, by its tags and by the detail of its far parts."""
    if facts.portrait.is_blur_rendered:
        return CheckResult(
            False,
            "the photo seems to be blurred already: switching the effect off will not make it sharp",
            found=facts.portrait_text,
            where="Exif",
        )
    measured = None
    if facts.photo.gray is not None and facts.codes is not None and facts.nearer_is_larger:
        measured = measure_sharpness(facts.photo.gray, facts.codes)
    if measured is not None and measured.is_far_blurred:
        return CheckResult(
            False,
            "the far parts of the photo have far less detail than the near ones: if that is a rendered blur and not "
            "the lens, switching the effect off will not make it sharp",
            "far detail like near detail",
            f"fine detail {measured.far:.2f} far and {measured.near:.2f} near",
            "photo",
        )
    return CheckResult(True, "nothing says that the photo is blurred already", where="photo")
