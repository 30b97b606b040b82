"""Build the inputs that fuzzing starts from: small files and blocks made by this project itself.

A folder of real photos in DEPTHAUTHOR_SAMPLES is added to the photos, at run time only.
"""

from __future__ import annotations

import io
import json
import os
import struct
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from authoring import containers
from authoring.apple import makernote, nominal_rendering, region
from authoring.apple.dictionary import AuxiliaryData, build_json, build_plist
from authoring.apple.nominal_maker_note import nominal_note
from authoring.apple.rendering import Record, Rendering, build_rendering
from authoring.codecs.maps import formats
from authoring.codecs.maps.map_image import MapImage, map_from_array
from authoring.codecs.sei import DepthRepresentation, RepresentationType, build_aux_subtype
from authoring.containers.edits import EditList, Replacement
from authoring.containers.heif.structure import parse_structure
from authoring.containers.jpeg.segments import Marker, build_segment
from authoring.depth.buffer import PixelFormat
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.steps import embed
from authoring.embed.undo import build_record
from authoring.read.extract import to_dictionary
from authoring.read.layout import photo_orientation
from authoring.views.report import THUMBNAIL_SIDE
from tests.compatibility import portrait_files
from tests.containers import heif_files, jpeg_files
from tests.containers.heif_files import small_photo

GOLDEN = Path(__file__).parents[1] / "golden"

MAX_SAMPLE_BYTES = 400_000
"""Larger photos make each execution too slow."""


@cache
def depth_map() -> MapImage:
    """Return a small slope, square like the photos of the tests."""
    return map_from_array(np.linspace(4.0, 0.5, 64 * 64, dtype=np.float32).reshape(64, 64))


def map_for(photo: bytes) -> MapImage:
    """Return a slope of the photo's displayed shape, or a square if that is very long."""
    layout = containers.parse(photo).layout
    width, height = layout.width, layout.height
    if int(photo_orientation(layout)) >= 5:
        width, height = height, width
    sides = [max(round(side * 64 / min(width, height)), 1) for side in (height, width)]
    if max(sides) > 256:
        sides = [64, 64]
    values = np.linspace(4.0, 0.5, sides[0] * sides[1], dtype=np.float32)
    return map_from_array(values.reshape(sides))


@cache
def heif() -> list[bytes]:
    """Return one file for each structural variant."""
    variants = [
        small_photo(),
        small_photo(iloc_version=0),
        small_photo(iloc_version=2, widths=(4, 4, 0, 4)),
        small_photo(order=("ftyp", "mdat0", "meta", "mdat1"), pieces=2, widths=(4, 4, 4, 0), base="file"),
        small_photo(widths=(8, 8, 8, 0), base="data", mdat_form="64"),
        small_photo(wide_items=True, groups=[("altr", 20, [1, 4])]),
        small_photo(ipma_flags=1, split_ipma=True),
        heif_files.with_method(small_photo(), 1, 2, 3),
        heif_files.within_host(small_photo(iloc_version=2, widths=(4, 4, 0, 4))),
        small_photo(infe_version=1),
        small_photo(no_iref=True, mdat_form="rest"),
    ]
    return [photo.build() for photo in variants]


@cache
def jpeg() -> list[bytes]:
    """Return one file for each structural variant."""
    return list(jpeg_files.photos().values())


@cache
def heif_with_depth() -> list[bytes]:
    """Return a portrait that breaks no rule, and the tests' photos with depth."""
    options = [
        EmbedOptions(effort="fast"),
        EmbedOptions(profile="data", native_format=PixelFormat.HDEP, effort="fast"),
    ]
    result = [embed(photo, depth_map(), option).data for photo in heif()[:4] for option in options]
    return [portrait_files.portrait(), *result]


@cache
def jpeg_with_depth() -> list[bytes]:
    """Return the tests' photos with depth."""
    inputs: list[bytes] = []
    for name, photo in jpeg_files.photos().items():
        profile = EmbedOptions(profile="data") if len(inputs) % 2 else EmbedOptions()
        if name != "zeros after the photo":
            inputs.append(embed(photo, map_for(photo), profile).data)
    return inputs


def photos() -> list[bytes]:
    """Return files of both containers, with depth and without."""
    return [*heif(), *heif_with_depth(), *jpeg()[:12], *jpeg_with_depth()[::3], *samples()]


def with_depth() -> list[bytes]:
    """Return files of both containers with depth."""
    return [*heif_with_depth(), *jpeg_with_depth()[::3], *samples()]


@cache
def with_thumbnail() -> list[bytes]:
    """Return HEIF files whose photo has a thumbnail of the size that a report uses, and some without."""
    picture, configuration = heif_files.payload_and_configuration(
        heif_files.coded("RGB", THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    )
    spec = small_photo()
    spec.items.append(heif_files.ItemSpec(6, "hvc1", picture))
    spec.references.append(("thmb", 6, [1]))
    spec.properties += [
        heif_files.box("hvcC", configuration),
        heif_files.full("ispe", 0, 0, struct.pack(">II", THUMBNAIL_SIDE, THUMBNAIL_SIDE)),
    ]
    spec.links[6] = [(9, True), (10, False), (3, True)]
    return [spec.build(), *heif_with_depth()[:2]]


@cache
def samples() -> list[bytes]:
    """Return small photos from the folder in DEPTHAUTHOR_SAMPLES, if it is set."""
    folder = os.environ.get("DEPTHAUTHOR_SAMPLES")
    if not folder:
        return []
    paths = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in (".heic", ".jpg"))
    return [path.read_bytes() for path in paths if path.stat().st_size <= MAX_SAMPLE_BYTES]


def boxes(*kinds: str) -> list[bytes]:
    """Return the bodies of the boxes of these types in every HEIF file."""
    inputs: list[bytes] = []
    for data in (*heif(), *heif_with_depth()):
        structure = parse_structure(data)
        boxes = (*structure.children, *structure.properties.children, *structure.properties.properties)
        inputs += [data[box.body : box.stop] for box in boxes if box.kind in kinds]
    return inputs


def exif_blocks() -> list[bytes]:
    """Return TIFF blocks in both byte orders, with an Apple note and without."""
    inputs = [portrait_files.exif_block(), portrait_files.exif_block(broken=True)]
    for data in (*jpeg(), *heif_with_depth(), *jpeg_with_depth()):
        layout = containers.parse(data).layout
        if layout.exif:
            inputs.append(layout.exif)
    return _distinct(inputs)


def maker_notes() -> list[bytes]:
    """Return Apple maker notes."""
    return [
        makernote.minimal_note({0x19: 0, 0x1F: 0}),
        makernote.minimal_note({0x19: 0x22, 0x1F: 1}),
        nominal_note(gain_map=True),
        portrait_files.note(0x20, 1),
        portrait_files.note(0x60, 0, broken=True),
    ]


def mp_indexes() -> list[bytes]:
    """Return payloads of APP2 MPF."""
    inputs = []
    for data in (*jpeg(), *jpeg_with_depth()):
        at = data.find(b"MPF\0")
        if at >= 0:
            inputs.append(data[at : at - 2 + int.from_bytes(data[at - 2 : at], "big")])
    return _distinct(inputs)


def sei_subtypes() -> list[bytes]:
    """Return depth representation messages as they follow the URN."""
    result = [
        DepthRepresentation(RepresentationType.UNIFORM_DISPARITY, d_min=1.498046875, d_max=4.3828125),
        DepthRepresentation(RepresentationType.UNIFORM_Z, z_near=0.5, z_far=100.0),
        DepthRepresentation(RepresentationType.UNIFORM_INVERSE_Z, 0.25, 64.0, -1.5, 2.0, 3),
    ]
    return [heif_files.SUBTYPE, *map(build_aux_subtype, result)]


def renderings() -> list[bytes]:
    """Return REND blocks of several versions."""
    nominal = nominal_rendering.nominal_rendering(2.8)
    return [
        build_rendering(nominal),
        build_rendering(Rendering(6, 1, (Record(1, 1, 0.5), Record(2, 2, -3), Record(3, 3, 9)))),
        build_rendering(Rendering(1, 2, body=bytes(range(64)))),
    ]


def packets() -> list[bytes]:
    """Return XMP packets of depth maps and of photos."""
    inputs = [portrait_files.focus_packet()]
    for data in (*heif_with_depth(), *jpeg_with_depth()):
        layout = containers.parse(data).layout
        inputs += [packet for packet in (layout.xmp, *(other.xmp for other in layout.auxiliaries)) if packet]
    inputs.append(region.with_focus_region(None, 0.4, 0.6, 400, 300).xmp)
    return _distinct(inputs)


def depth_packets() -> list[bytes]:
    """Return the XMP packets of depth maps of JPEG photos."""
    layouts = (containers.parse(data).layout for data in jpeg_with_depth())
    return _distinct(image.xmp for layout in layouts for image in layout.auxiliaries if image.xmp)


def dictionaries(build: str) -> list[bytes]:
    """Return auxiliary data dictionaries as property lists or as JSON."""
    write = build_plist if build == "plist" else build_json
    result: list[AuxiliaryData] = [to_dictionary(heif_with_depth()[1])]
    result.append(AuxiliaryData.packed(result[0].data_description.pixel_format, 2, 2, bytes(8)))
    return [write(dictionary) for dictionary in result]


def calibrations() -> list[bytes]:
    """Return a calibration in each form that is read."""
    matrix = [3000.0, 0, 0, 0, 3000.0, 0, 2016.0, 1512.0, 1]
    apples = {
        "intrinsicMatrix": matrix,
        "intrinsicMatrixReferenceDimensions": {"width": 4032, "height": 3024},
        "extrinsicMatrix": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]],
        "pixelSize": 0.0015,
        "lensDistortionCenter": "(2016.0, 1512.0)",
    }
    lines = {
        **{f"IntrinsicMatrix.{i}": matrix[3 * i : 3 * i + 3] for i in range(3)},
        "IntrinsicMatrixReferenceWidth": "4032",
        "IntrinsicMatrixReferenceHeight": "3024",
        "PixelSize": "0.0015",
        "width": 640,
        "height": 480,
    }
    ours = (GOLDEN / "scene-calibration.json").read_bytes()
    result = (apples, [apples], lines, {"fov_x": 60.0, "fov_y": 45.0})
    return [ours, *(json.dumps(form).encode() for form in result)]


def map_files(kind: formats.MapFormat) -> list[bytes]:
    """Return small maps of one format."""
    values = np.linspace(4.0, 0.5, 12, dtype=np.float32).reshape(3, 4)
    holes = values.copy()
    holes[0, 0] = np.nan
    inputs = [formats.write_map(values, "depth", kind), formats.write_map(holes, "disparity", kind)]
    if kind == "npz":
        out = io.BytesIO()
        np.savez(out, depth=values, focallength_px=np.float64(3.5), stack=np.zeros((2, 3, 4), np.float32))
        inputs.append(out.getvalue())
    if kind == "npy":
        for array in (
            np.zeros((3, 4), np.uint16),
            np.asfortranarray(values.astype(">f8")),
            np.zeros((2, 3, 4)),
        ):
            out = io.BytesIO()
            np.save(out, array)
            inputs.append(out.getvalue())
    if kind == "pfm":
        inputs.append(b"PF\n2 1\n1.0\n" + bytes(24))
    if kind in ("png", "tiff"):
        inputs += _pictures(kind)
    return inputs


def _pictures(kind: str) -> list[bytes]:
    from PIL import Image

    inputs = []
    for mode in ("L", "I;16", "RGB", "RGBA", "LA", "P", "1"):
        if kind == "tiff" and mode == "P":
            continue
        picture = Image.new("L", (5, 3), 7)
        picture = Image.new("I;16", (5, 3), 300) if mode == "I;16" else picture.convert(mode)
        out = io.BytesIO()
        picture.save(out, kind)
        inputs.append(out.getvalue())
    return inputs


def manifests(kind: str) -> list[bytes]:
    """Return manifests of a batch."""
    rows = [
        {"photo": "a.jpg", "map": "a.png", "output": "b.jpg", "near": "0.5", "far": "8"},
        {"photo": "c.heic", "map": "c.npy", "focus": "0.4,0.6", "preset": "depth-pro", "Max-Size": "768"},
        {"photo": "d.png", "map": "d.npz", "lossless": "yes", "white": "near", "donor": "e.heic"},
    ]
    if kind == "jsonl":
        return [b"".join(json.dumps(row).encode() + b"\n" for row in rows)]
    lines = [",".join(row) + "\n" + ",".join(f'"{text}"' for text in row.values()) + "\n" for row in rows]
    return [line.encode() for line in lines]


def journals() -> list[bytes]:
    """Return a journal of a batch, with an incomplete last line."""
    lines = (
        {"begin": "/photos/a.heic"},
        {"done": "/photos/a.heic", "sha256": "00", "inputs": "11"},
        {"failed": "/photos/a.heic"},
    )
    return [b"".join(json.dumps(line).encode() + b"\n" for line in lines) + b'{"beg']


def undo_records() -> list[bytes]:
    """Return undo records of edits of a short source, one of them of a file that holds its record."""
    source = bytes(range(200))
    edits = EditList.of(
        len(source),
        [Replacement(10, 12, b"new", ""), Replacement(50, 50, b"x" * 30, ""), Replacement(90, 99, b"", "")],
    )
    return [build_record(edits, source), build_record(edits, source, holds_record=True)]


def directories() -> list[bytes]:
    """Return Google's container directories."""
    result = (jpeg_files.ultra_hdr(listed=False, video=jpeg_files.MP4), jpeg_files.ultra_hdr(listed=True))
    return [photo[photo.index(b"<x:xmpmeta") : photo.index(b"</x:xmpmeta>") + 12] for photo in result]


def configurations() -> list[bytes]:
    """Return bodies of hvcC."""
    return _distinct(boxes("hvcC"))


def segments() -> list[bytes]:
    """Return short images with few segments."""
    return [
        b"\xff\xd8" + build_segment(Marker.APP1, b"Exif\0\0MM") + b"\xff\xda\0\2\1\xff\0\xff\xd9",
        *jpeg()[:20],
    ]


def _distinct(inputs: Iterable[bytes]) -> list[bytes]:
    """Return each input once, in order."""
    return list(dict.fromkeys(inputs))
