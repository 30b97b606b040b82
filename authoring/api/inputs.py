"""Take photos and maps in the forms that Python programs hold them in.

A photo is a path, bytes, a binary file or a PIL image; a map is any of these or an array, see `maps.python_maps`.
"""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from authoring import files
from authoring.codecs.pil_image import is_pil_image
from authoring.errors import DepthauthorError, Subject, UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

    from authoring.codecs.photo import DecodedPhoto
    from authoring.maps.load import MapSource

PathLike: TypeAlias = str | os.PathLike[str]

BytesLike: TypeAlias = bytes | bytearray | memoryview

PhotoSource: TypeAlias = "PathLike | BytesLike | IO[bytes] | Image"
"""A photo: its path, its bytes, a file open for reading bytes, or a PIL image, whose pixels are encoded."""

MapInputSource: TypeAlias = "PathLike | IO[bytes] | Image | MapSource"
"""A map: a path, a file open for reading bytes, a PIL image, or what `maps.load` takes."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoInput:
    """A photo in any form; `photo_input` makes it, and nothing is read before `read` or `read_or_decode`."""

    source: PhotoSource
    path: Path | None
    """Set if the photo was given as a path: outputs are named after it."""
    origin: Path | None
    """The file that it comes from where that is known: errors name it, and it is never overwritten."""

    @property
    def name(self) -> str:
        """The file's name without its folder, for titles and names of outputs."""
        if self.origin is None:
            return "photo"
        return files.STDIN if self.origin == files.STANDARD_STREAM else self.origin.name

    def read(self) -> bytes:
        """Return the bytes of the file. Raises UsageError for a PIL image: its file's metadata and depth are lost."""
        if is_pil_image(self.source):
            raise UsageError(
                "a PIL image holds pixels alone, without the file's depth and metadata; give the file's path or bytes",
                subject="photo",
            )
        if self.path is not None:
            return files.read_file(self.path)
        return _read_bytes(self.source, "photo")

    def read_or_decode(self) -> bytes | DecodedPhoto:
        """Return the bytes of the file, or the pixels of a PIL image."""
        if not is_pil_image(self.source):
            return self.read()
        from authoring.codecs.photo import photo_of_picture

        try:
            return photo_of_picture(self.source)
        except DepthauthorError as error:
            error.subject = "photo"
            raise


def photo_input(photo: PhotoSource) -> PhotoInput:
    """Return a photo of any form. Raises UsageError for what is none."""
    if isinstance(photo, str | os.PathLike):
        path = _path(photo)
        return PhotoInput(photo, path, path)
    if not (isinstance(photo, BytesLike) or _is_binary_file(photo) or is_pil_image(photo)):
        hint = "; PIL.Image.fromarray makes an image of an array" if hasattr(photo, "__array__") else ""
        raise UsageError(
            f"a photo cannot be of type {type(photo).__name__}: give a path, bytes, a file opened in binary mode or a "
            f"PIL image{hint}",
            subject="photo",
        )
    return PhotoInput(photo, None, _origin(photo))


@dataclass(frozen=True, slots=True, eq=False)
class MapInput:
    """A map in any form; `map_input` makes it."""

    source: Any
    path: Path | None
    """Set if the map was given as a path."""
    origin: Path | None
    """The file that it comes from where that is known."""

    def read(self) -> MapSource:
        """Return what `maps.load` takes: the bytes of a file, or the source itself."""
        if self.path is not None:
            try:
                return files.read_file(self.path)
            except DepthauthorError as error:
                error.subject = "map"
                raise
        if _is_binary_file(self.source):
            return _read_bytes(self.source, "map")
        source: MapSource = self.source
        return source


def map_input(depth: MapInputSource) -> MapInput:
    """Return a map of any form; what is no map is left to `maps.load` to refuse."""
    if isinstance(depth, str | os.PathLike):
        path = _path(depth)
        return MapInput(depth, path, path)
    return MapInput(depth, None, _origin(depth))


def read_aside(options: dict[str, Any]) -> tuple[Path | None, Path | None]:
    """Read the donor and the calibration file that the options name, in place; return their paths."""
    calibration, donor = options.get("calibration"), options.get("donor")
    read_calibration = read_donor = None
    if isinstance(calibration, os.PathLike) or (isinstance(calibration, str) and "." in calibration):
        read_calibration = Path(calibration)
        with files.named(read_calibration):
            options.update(_calibration_options(files.read_file(read_calibration), options))
    if donor is not None:
        given = photo_input(donor)
        read_donor = given.origin
        options["donor"] = given.read()
    return read_donor, read_calibration


def _calibration_options(data: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that a calibration file sets: the camera; of a stereo pair what is not given, too."""
    from authoring.depth.calibration_json import parse_calibration_json
    from authoring.depth.stereo_calibration import is_stereo_calibration, parse_stereo_calibration

    if not is_stereo_calibration(data):
        return {"calibration": parse_calibration_json(data)}
    stereo = parse_stereo_calibration(data)
    read = {"focal_px": stereo.focal_px, "baseline": stereo.baseline_m, "doffs": stereo.doffs}
    given = {name: options[name] if options.get(name) is not None else value for name, value in read.items()}
    return {"calibration": stereo.calibration, "stereo_width": stereo.calibration.reference_width_px, **given}


def _path(value: PathLike) -> Path:
    text = os.fspath(value)
    if not isinstance(text, str):
        raise UsageError("a path is text, not bytes; os.fsdecode makes text of it")
    if not text:
        raise UsageError("a name is empty")
    return Path(text)


def _is_binary_file(value: Any) -> bool:
    """Return whether a value is an open file; a PIL image and a network's dict, which may offer any name, are none."""
    return isinstance(value, io.IOBase) or (
        callable(getattr(type(value), "read", None)) and not hasattr(type(value), "__array__")
    )


def _origin(value: Any) -> Path | None:
    """Return the path of the file that an open file or a PIL image comes from."""
    name = getattr(value, "filename" if is_pil_image(value) else "name", None)
    if not (is_pil_image(value) or _is_binary_file(value)):
        return None
    return Path(name) if isinstance(name, str) and name and not name.startswith("<") else None


def _read_bytes(source: Any, subject: Subject) -> bytes:
    """Return bytes, or those of an open file from its beginning, wherever it was read to before."""
    if isinstance(source, BytesLike):
        return bytes(source)
    if isinstance(source, io.TextIOBase):
        raise UsageError(f"the {subject} is a file opened as text; open it in binary mode", subject=subject)
    try:
        with contextlib.suppress(AttributeError, io.UnsupportedOperation):
            source.seek(0)
        return files.read_stream(source)
    except DepthauthorError as error:
        error.subject = subject
        raise
    except Exception as error:  # An object with a method `read` may raise anything.
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UsageError(f"the {subject}'s file cannot be read: {reason}", subject=subject) from error
