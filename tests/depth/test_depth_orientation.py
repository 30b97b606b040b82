"""The eight orientations, judged by Pillow (Exif) and libheif (irot, imir)."""

from __future__ import annotations

import io
import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from authoring.depth.orientation import Orientation
from authoring.errors import MalformedError, UnsupportedError

LETTER = np.arange(6 * 4, dtype=np.uint8).reshape(6, 4)
orientations = st.sampled_from(list(Orientation))
transforms = st.lists(
    st.one_of(st.tuples(st.just("irot"), st.integers(0, 3)), st.tuples(st.just("imir"), st.integers(0, 1))),
    max_size=5,
)


@pytest.mark.parametrize("orientation", Orientation)
def test_pillow_turns_the_same_way(orientation: Orientation) -> None:
    image = Image.fromarray(LETTER)
    image.getexif()[0x0112] = int(orientation)
    np.testing.assert_array_equal(orientation.to_display(LETTER), np.asarray(ImageOps.exif_transpose(image)))
    assert orientation.swaps_axes == (orientation.to_display(LETTER).shape == (4, 6))


@given(orientation=orientations, channels=st.booleans())
@settings(max_examples=40, deadline=None)
def test_to_stored_is_the_inverse(orientation: Orientation, channels: bool) -> None:
    array = np.stack([LETTER, LETTER + 1], axis=2) if channels else LETTER
    np.testing.assert_array_equal(orientation.to_stored(orientation.to_display(array)), array)
    np.testing.assert_array_equal(orientation.to_display(orientation.to_stored(array)), array)
    assert np.shares_memory(orientation.to_display(array), array)
    assert orientation.then(orientation.inverse) is Orientation.UPRIGHT


@given(first=orientations, second=orientations)
def test_composition(first: Orientation, second: Orientation) -> None:
    np.testing.assert_array_equal(
        first.then(second).to_display(LETTER), second.to_display(first.to_display(LETTER))
    )


def _step(array: npt.NDArray[np.uint8], kind: str, value: int) -> npt.NDArray[np.uint8]:
    if kind == "irot":
        return np.rot90(array, value)
    return array[:, ::-1] if value else array[::-1]


@given(steps=transforms)
@settings(max_examples=100, deadline=None)
def test_property_lists_are_applied_in_order(steps: list[tuple[str, int]]) -> None:
    expected = LETTER
    for kind, value in steps:
        expected = _step(expected, kind, value)
    total = Orientation.from_transforms(steps)
    np.testing.assert_array_equal(total.to_display(LETTER), expected)


def test_exif_and_irot_agree() -> None:
    # As in the sample files: irot 3 with Orientation 6 (plain_iphone_telephoto.heic and three more).
    for exif, turns in ((1, 0), (8, 1), (3, 2), (6, 3)):
        assert Orientation.from_transforms([("irot", turns)]) == exif


@pytest.mark.parametrize("step", [("irot", 4), ("imir", 2), ("clap", 0), ("irot", -1)])
def test_unknown_transforms(step: tuple[str, int]) -> None:
    with pytest.raises(UnsupportedError, match=step[0]):
        Orientation.from_transforms([step])


@pytest.mark.parametrize("value", [0, 9, -1])
def test_unknown_exif_values(value: int) -> None:
    with pytest.raises(MalformedError, match="1 to 8"):
        Orientation(value)


@pytest.fixture(scope="module")
def turned_and_mirrored() -> tuple[bytes, npt.NDArray[np.uint8]]:
    """A HEIC with one irot and one imir, both set to nothing known yet, and its coded raster."""
    pillow_heif = pytest.importorskip("pillow_heif")
    pixels = np.random.default_rng(1).integers(0, 256, (48, 80, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = int(Orientation.TRANSVERSED)
    heif = pillow_heif.from_pillow(image)
    heif.info["exif"] = exif.tobytes()
    stream = io.BytesIO()
    heif.save(stream, quality=-1, chroma="444", matrix_coefficients=0)
    data = bytearray(stream.getvalue())
    assert data.count(b"irot") == data.count(b"imir") == 1
    # Both boxes are 9 bytes long; as two quarter turns of 0 they show the coded raster as it lies.
    at = data.find(b"imir")
    data[at : at + 5] = b"irot\0"
    data[data.find(b"irot") + 4] = 0
    coded = np.asarray(pillow_heif.open_heif(io.BytesIO(bytes(data))))
    return bytes(data), coded


SINGLES = [("irot", 0), ("irot", 1), ("irot", 2), ("irot", 3), ("imir", 0), ("imir", 1)]


@pytest.mark.parametrize(("first", "second"), list(itertools.product(SINGLES, SINGLES)))
def test_libheif_applies_the_same_turn(
    turned_and_mirrored: tuple[bytes, npt.NDArray[np.uint8]],
    first: tuple[str, int],
    second: tuple[str, int],
) -> None:
    import pillow_heif

    data, coded = bytearray(turned_and_mirrored[0]), turned_and_mirrored[1]
    rotation_at = data.find(b"irot")
    mirror_at = data.find(b"irot", rotation_at + 4)
    for at, (kind, value) in ((rotation_at, first), (mirror_at, second)):
        data[at : at + 5] = kind.encode() + bytes([value])
    shown = np.asarray(pillow_heif.open_heif(io.BytesIO(bytes(data))))
    np.testing.assert_array_equal(Orientation.from_transforms([first, second]).to_display(coded), shown)
