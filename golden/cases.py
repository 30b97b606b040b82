"""Make what the container goldens start from: HEIC photos, encoded depth payloads, and the list of cases.

Run `python -m golden.cases` after rendering the scene, then `python -m golden.dng` and `python -m golden update`. The
result depends on the installed HEVC and JPEG encoders, so it is made once and committed; `python -m golden check` needs
no encoder but that of DNG, which is our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from authoring import containers
from authoring.codecs import hevc, jpeg
from authoring.containers import heif
from authoring.containers.base import CodedAuxiliary
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.orientation import Orientation
from authoring.depth.stored_plane import StoredPlane, quantize
from authoring.embed.transcode import transcode
from golden.check import MANIFEST, Case, build_manifest
from golden.dng import BIG_ENDIAN_ORIENTATION, TINY, tiny_plane

FOLDER = Path(__file__).parent
Profile = Literal["portrait", "data"]
PROFILES: tuple[Profile, ...] = ("portrait", "data")
ORIENTATIONS = tuple(range(1, 9))

GAIN_MAP_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/">'
    b"<HDRGainMap:HDRGainMapVersion>65536</HDRGainMap:HDRGainMapVersion></rdf:Description></rdf:RDF></x:xmpmeta>\n"
)
GAIN_MAP_URN = "urn:com:apple:photo:2020:aux:hdrgainmap"


def with_gain_map(photo: bytes) -> bytes:
    """Return the photo with a small gray ramp as its HDR gain map, in the place where iPhones have theirs."""
    ramp = np.tile(np.linspace(0, 255, 128).astype(np.uint8), (96, 1))
    file = containers.parse(photo)
    if file.layout.container == "jpeg":
        coded = CodedAuxiliary(128, 96, jpeg.encode_gray(ramp).data, b"", "", b"", GAIN_MAP_XMP)
    else:
        image = heif.single_image(hevc.encode_gray(ramp))
        configuration = hevc.finish_configuration(image.configuration, 128, 96)
        coded = CodedAuxiliary(128, 96, image.payload, configuration, GAIN_MAP_URN, b"", GAIN_MAP_XMP)
    return file.splice(coded).apply(photo)


def planes() -> dict[str, StoredPlane]:
    """Return the upright scene as disparity and as depth, half size, to keep the folder small."""
    depth = np.load(FOLDER / "scene-depth.npy")[::2, ::2]
    return {
        "disparity": quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.FDIS)),
        "depth": quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.FDEP)),
    }


def files() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file but the list of cases."""
    jpeg_photo = (FOLDER / "scene.jpg").read_bytes()
    heic_photo = transcode(jpeg_photo, "heic").file.source
    yield "scene.heic", heic_photo
    yield "scene-gainmap.jpg", with_gain_map(jpeg_photo)
    yield "scene-gainmap.heic", with_gain_map(heic_photo)
    for number in ORIENTATIONS:
        photo = (FOLDER / "orientation" / f"scene-{number}.jpg").read_bytes()
        yield f"orientation/scene-{number}.heic", transcode(photo, "heic").file.source
    for kind, plane in planes().items():
        for number in ORIENTATIONS if kind == "disparity" else (1,):
            codes = np.ascontiguousarray(Orientation(number).to_stored(plane.codes))
            yield f"payload/{kind}-{number}.heic", hevc.encode_gray(codes)
            yield f"payload/{kind}-{number}.jpg", jpeg.encode_gray(codes).data


def cases() -> list[Case]:
    """List the cases: every format on the plain photo as data, every orientation and a gain map as portrait."""
    scene_planes = planes()
    listed = []

    def add(
        name: str, photo: str, number: int, pixel_format: PixelFormat, profile: Profile, suffix: str
    ) -> None:
        plane = scene_planes[pixel_format.kind]
        listed.append(
            Case(
                name=f"{name}-{suffix}",
                photo=f"{photo}.{suffix}",
                payload=f"payload/{pixel_format.kind}-{number}.{suffix}",
                profile=profile,
                pixel_format=pixel_format,
                float_min=plane.float_min,
                float_max=plane.float_max,
                truth="scene-depth.npy",
                tolerance=plane.step * 1.5,
                sha256="",
                command=f"depthauthor embed {photo}.{suffix} scene-depth.npy --max-size 256 --format "
                f"{pixel_format.value} --profile {profile}",
            )
        )

    for suffix in ("jpg", "heic"):
        for pixel_format in PixelFormat:
            add(f"scene-{pixel_format.value}", "scene", 1, pixel_format, "data", suffix)
        add("scene-portrait", "scene", 1, PixelFormat.HDIS, "portrait", suffix)
        for profile in PROFILES:
            add(f"gainmap-{profile}", "scene-gainmap", 1, PixelFormat.HDIS, profile, suffix)
        for number in ORIENTATIONS:
            add(
                f"orientation-{number}",
                f"orientation/scene-{number}",
                number,
                PixelFormat.HDIS,
                "portrait",
                suffix,
            )
    return [*listed, *dng_cases()]


def dng_cases() -> Iterator[Case]:
    """Yield the cases of the golden DNGs: both formats in metres, both profiles, both byte orders."""
    for name, photo, number, pixel_format, profile in (
        ("hdep", "scene-tiny", 1, PixelFormat.HDEP, "data"),
        ("fdep", "scene-tiny", 1, PixelFormat.FDEP, "data"),
        ("portrait", "scene-tiny", 1, PixelFormat.HDEP, "portrait"),
        ("big-endian", "scene-tiny-big", BIG_ENDIAN_ORIENTATION, PixelFormat.HDEP, "data"),
    ):
        plane = tiny_plane(number)
        yield Case(
            name=f"scene-{name}-dng",
            photo=f"{photo}.dng",
            payload=f"payload/depth-tiny-{number}.pgm",
            profile="portrait" if profile == "portrait" else "data",
            pixel_format=pixel_format,
            float_min=plane.float_min,
            float_max=plane.float_max,
            truth="scene-depth.npy",
            tolerance=plane.step * 0.501,
            sha256="",
            command=f"depthauthor embed {photo}.dng scene-depth.npy --max-size {max(TINY)} --native-format "
            f"{pixel_format.value} --profile {profile}",
        )


def main() -> None:
    """Write everything."""
    for name, data in files():
        path = FOLDER / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    (FOLDER / MANIFEST).write_bytes(build_manifest(cases()))


if __name__ == "__main__":
    main()
