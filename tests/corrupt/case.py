"""One case of the corrupt corpus: a file with one defect, the command that reads it, and the verdict.

The verdict is the name of the folder that the file is written to, and stands for the exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from authoring.codecs.maps.formats import read_map
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.steps import embed

GOLDEN = Path(__file__).parents[2] / "golden"

Verdict: TypeAlias = Literal[
    "accepted", "found", "usage", "malformed", "unsupported", "refused", "batch", "any"
]
EXIT_CODES: dict[Verdict, int] = {
    "accepted": 0,
    "found": 1,
    "usage": 2,
    "malformed": 3,
    "unsupported": 4,
    "refused": 5,
    "batch": 6,
}
"""`accepted` has harmless defects that a lenient reader accepts, `found` those that verify reports; `any`, which has
no exit code here, only requires that the program does not fail."""

GRAY = ("--near", "0.5", "--far", "8")
COMMANDS: dict[str, tuple[str, ...]] = {
    "inspect": ("inspect", "{file}"),
    "extract": ("extract", "{file}", "-o", "{out}.npy"),
    "verify": ("verify", "{file}", "--strict"),
    "strip": ("strip", "{file}", "-o", "{out}{suffix}"),
    "restore": ("strip", "{file}", "--restore", "-o", "{out}{suffix}"),
    "dictionary": ("dictionary", "{file}", "-o", "{out}.plist"),
    "doctor": ("doctor", "{file}"),
    "embed": ("embed", "{file}", "{map}", *GRAY, "-o", "{out}{suffix}"),
    "convert": ("embed", "{file}", "{map}", *GRAY, "-o", "{out}.jpg"),
    "copy": ("copy", "{file}", "{photo}", "-o", "{out}.jpg"),
    "map": ("embed", "{photo}", "{file}", "-o", "{out}.jpg"),
    "gray": ("embed", "{photo}", "{file}", *GRAY, "-o", "{out}.jpg"),
    "donor": ("embed", "{photo}", "{map}", *GRAY, "--donor", "{file}", "-o", "{out}.jpg"),
    "calibration": ("embed", "{photo}", "{map}", *GRAY, "--calibration", "{file}", "-o", "{out}.jpg"),
    "batch": ("batch", "{file}", "--out", "{out}", "--jobs", "1"),
}
"""What is run on the file; {photo} and {map} are valid files, {out} is a free name."""


@dataclass(frozen=True, slots=True)
class Case:
    """A file with one defect."""

    name: str
    """Of the file, without suffix: format, place, defect."""
    verdict: Verdict
    verb: str
    """A key of COMMANDS."""
    suffix: str
    make: Callable[[], bytes]
    words: str = ""
    """What the message must contain, besides the file's name."""
    more: tuple[str, ...] = ()
    """Further options."""

    @property
    def path(self) -> Path:
        """Below the corpus folder."""
        return Path(self.verdict) / f"{self.name}{self.suffix}"

    @property
    def command(self) -> tuple[str, ...]:
        """The command line, with its placeholders."""
        return (*COMMANDS[self.verb], *self.more)


@dataclass(slots=True)
class Table:
    """Cases of one format, added one by one."""

    suffix: str
    verb: str = "inspect"
    cases: list[Case] = field(default_factory=list)

    def add(
        self,
        verdict: Verdict,
        name: str,
        make: Callable[[], bytes],
        words: str = "",
        *more: str,
        verb: str = "",
        suffix: str = "",
    ) -> None:
        """Add a case; verb and suffix are the table's unless given."""
        self.cases.append(Case(name, verdict, verb or self.verb, suffix or self.suffix, make, words, more))

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)


@cache
def golden(name: str) -> bytes:
    """Return a file of the golden folder."""
    return (GOLDEN / name).read_bytes()


@cache
def authored(container: Literal["heic", "jpeg"]) -> bytes:
    """Return the smaller golden scene with depth, as this program writes it."""
    photo = golden("orientation/scene-1.jpg" if container == "jpeg" else "orientation/scene-1.heic")
    return embed(photo, read_map(golden("scene-mask.png")), EmbedOptions(near=0.5, far=8)).data


def once(data: bytes, old: bytes, new: bytes, number: int = 0) -> bytes:
    """Return the data with one occurrence of a run replaced; the run must occur and differ."""
    place = -1
    for _ in range(number + 1):
        place = data.index(old, place + 1)
    assert old != new
    return data[:place] + new + data[place + len(old) :]


def patched(data: bytes, mark: bytes, offset: int, value: bytes, number: int = 0) -> bytes:
    """Return the data with `value` written `offset` bytes after an occurrence of a mark."""
    place = -1
    for _ in range(number + 1):
        place = data.index(mark, place + 1)
    place += offset
    changed = data[:place] + value + data[place + len(value) :]
    assert changed != data and len(changed) == len(data)
    return changed
