"""Define the errors, by whose fault it is.

    DepthauthorError
    ├── UsageError         exit 2: the options
    ├── MalformedError     exit 3: the input breaks its own format
    ├── UnsupportedError   exit 4: the input is of a kind that is not handled
    └── RefusedError       exit 5: it would lose or overwrite something

A message is one sentence for a person: where, what is wrong, what to do. The file's name is not in it: `files.named`
and `files.naming` put it in front, with the help of `subject`. Options have their names on the command line;
`str(error)`, which a Python program shows, has those of the keywords.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Literal

Subject = Literal["photo", "map", "source", "donor"]


class DepthauthorError(Exception):
    """The root of all errors raised on purpose; `exit_code` is the exit code of the command line."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, subject: Subject | None = None) -> None:
        """Keep the sentence, and which input it is about where that is known."""
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.file: str | None = None
        """The file with whose name the sentence starts; None if there is none yet."""

    def __str__(self) -> str:
        """Return the sentence with the options as Python's keywords."""
        return in_python_words(self.message)


class UsageError(DepthauthorError):
    """The options contradict each other or are out of range (exit 2)."""

    exit_code = 2


class MalformedError(DepthauthorError):
    """The input breaks its own format: truncated, inconsistent, or not an image at all (exit 3)."""

    exit_code = 3


class UnsupportedError(DepthauthorError):
    """The input is well formed but of a kind that is not handled (exit 4)."""

    exit_code = 4


class RefusedError(DepthauthorError):
    """Doing it would lose or overwrite something, or write what cannot be meant (exit 5)."""

    exit_code = 5


_CHOICE_OF_OPTION = re.compile(
    r"--(white|kind|unit|profile|calibration|maker-note|map-orientation|native-format|accuracy|spacing|base) "
    r"(near|far|depth|disparity-px|disparity|inverse-relative|affine|m\*256|mm|cm|m|portrait|data|exif|nominal|none|full|"
    r"minimal|stored|display|hdis|fdis|hdep|fdep|absolute|relative|unblurred|primary)(?![\w-])"
)
_OUTPUT = re.compile(r"(?<![\w-])-o\b")
_NEGATED = re.compile(r"--no-([a-z]+(?:-[a-z]+)*)")
_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


def in_python_words(message: str) -> str:
    """Return a message with keywords for options.

    max_size for --max-size, white="near" for --white near, decode=False for --no-decode.
    """
    message = _CHOICE_OF_OPTION.sub(lambda found: f'{_keyword(found[1])}="{found[2]}"', message)
    message = _NEGATED.sub(lambda found: f"{_keyword(found[1])}=False", message)
    message = _OPTION.sub(lambda found: _keyword(found[1]), message)
    return _OUTPUT.sub("output", message)


def _keyword(option: str) -> str:
    return option.replace("-", "_")


@contextmanager
def about(subject: Subject) -> Iterator[None]:
    """Set `subject` on every error raised inside that has none yet."""
    try:
        yield
    except DepthauthorError as error:
        if error.subject is None:
            error.subject = subject
        raise
