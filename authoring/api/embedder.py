"""Define `Embedder`, which puts maps into many photos, bytes to bytes, for use in a pipeline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from authoring import files
from authoring.api.inputs import MapInputSource, PhotoSource, map_input, photo_input, read_aside
from authoring.embed import steps
from authoring.embed.embed_options import options_of
from authoring.embed.reports import EmbedReport

if TYPE_CHECKING:
    from authoring.api.keywords import EmbedKeywords


class Embedder:
    """Puts maps into photos, bytes to bytes, always with the same options.

        to_heic = Embedder(container="heic", accuracy="absolute")
        data = to_heic(photo, depth_m)

    The options are those of `depthauthor.embed`, checked here once (UsageError). An embedder never changes, so that
    threads can share one; it pickles as its options, so that a worker of any version gets what was asked for.
    """

    __slots__ = ("_given", "_options")

    def __init__(self, **options: Unpack[EmbedKeywords]) -> None:
        """Read the files that the options name, check all options and keep them."""
        self._given: dict[str, Any] = dict(options)
        read_aside(self._given)
        self._options = options_of(**self._given)

    def __call__(self, photo: PhotoSource, depth: MapInputSource) -> bytes:
        """Return the bytes of the photo with the map in it; photo and map as for `embed`."""
        return self.report(photo, depth)[0]

    def report(self, photo: PhotoSource, depth: MapInputSource) -> tuple[bytes, EmbedReport]:
        """Return the photo with the map in it, and the report of what was done and measured."""
        given, given_map = photo_input(photo), map_input(depth)
        with files.naming(photo=given.origin, map=given_map.origin):
            options = self._options
            if given_map.origin and not options.map_name:
                options = replace(options, map_name=given_map.origin.name)  # A hint to the map's meaning.
            if given.origin and not options.photo_name:
                options = replace(options, photo_name=given.origin.name)
            edited = steps.embed(given.read_or_decode(), given_map.read(), options)
        return edited.data, edited.report

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the options by name."""
        return _embedder, (self._given,)

    def __eq__(self, other: object) -> bool:
        """Whether another has the same options."""
        return isinstance(other, Embedder) and other._options == self._options

    def __hash__(self) -> int:
        """Hash the names of the options; the values need not be hashable."""
        return hash(tuple(sorted(self._given)))

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"Embedder({', '.join(f'{name}={value!r}' for name, value in self._given.items())})"


def _embedder(options: dict[str, Any]) -> Embedder:
    return Embedder(**options)
