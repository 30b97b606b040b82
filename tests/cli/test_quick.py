"""The quick reading of a command line is Typer's reading, or none."""

from __future__ import annotations

import inspect
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.cli import quick, typer_app
from authoring.cli.app import app
from authoring.cli.declare import Argument, Command, Program
from authoring.cli.run import run

Reading = tuple[str, dict[str, Any]]


def _recording(program: Program, name: str, met: list[Reading]) -> Program:
    """The same program, whose commands write down what they are called with."""

    def recorder(path: str, function: Command) -> Command:
        def command(**values: Any) -> None:
            met.append((path, values))

        command.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
        command.__annotations__ = get_type_hints(function, include_extras=True)
        command.__doc__ = function.__doc__
        return command

    copy = Program(program.name, program.help)
    copy.commands = {
        word: recorder(f"{name} {word}", function) for word, function in program.commands.items()
    }
    copy.groups = {word: _recording(group, f"{name} {word}", met) for word, group in program.groups.items()}
    return copy


def _paths(program: Program, name: str) -> dict[Command, str]:
    """Each command's words, as the recording program names them."""
    found = {function: f"{name} {word}" for word, function in program.commands.items()}
    for word, group in program.groups.items():
        found.update(_paths(group, f"{name} {word}"))
    return found


MET: list[Reading] = []
PATHS = _paths(app, "")
PROGRAM = _recording(app, "", MET)
TYPER = typer_app.build(PROGRAM)


def by_typer(words: list[str]) -> Reading | None:
    MET.clear()
    try:
        TYPER(args=words, standalone_mode=False)
    except Exception:
        return None
    return MET[0] if MET else None


def by_quick(words: list[str]) -> Reading | None:
    found = quick.parse(app, words)
    if found is None:
        return None
    function, values = found
    defaults = {
        name: one.default
        for name, one in inspect.signature(function).parameters.items()
        if one.default is not inspect.Parameter.empty
    }
    return PATHS[function], {**defaults, **values}


PLAIN = [
    "embed photo.jpg mask.png --near 0.3 --far 5",
    "embed photo.jpg mask.png --near=.3 --far 5. -o photo.heic --json --overwrite --max-size 512",
    "embed -o - - depth.npy --format fdis --white near --preset midas --clip 0.5 --lossless",
    "embed photo.jpg --focus 0.4,0.6 map.exr --output=x.heic --effort best --invalid 1e4",
    "copy a.heic b.jpg",
    "extract IMG_0001.HEIC -o depth.npy --as depth --orientation stored --metadata",
    "inspect - --json --records",
    "pointcloud a.heic -o b.ply --stride 2 --max-depth 3.5 --remove-edges --axes opencv --json",
    "strip a.heic --restore -o b.heic --dry-run",
    "dictionary a.heic -o d.plist",
    "verify a.heic --photo b.heic --map c.png --map d.png --strict --level L1",
    "doctor a.heic b.jpg c.heic --json",
    "batch manifest.csv --out done --jobs 4 --resume --fail-fast --set white=near --set clip=1",
    "batch photos maps --near 0.3 --far 10 --keep-going",
    "golden check --json",
    "golden update --folder other --dry-run",
]


@pytest.mark.parametrize("line", PLAIN)
def test_plain_lines_are_read_quickly_and_alike(line: str) -> None:
    quickly = by_quick(line.split())
    assert quickly is not None
    assert quickly == by_typer(line.split())


NOT_PLAIN = [
    "",
    "--help",
    "embed",
    "embed --help",
    "embed photo.jpg",
    "embed photo.jpg map.png extra.png",
    "embed photo.jpg map.png --near",
    "embed photo.jpg map.png --near -1",
    "embed photo.jpg map.png --near nan",
    "embed photo.jpg map.png --nearly 1",
    "embed photo.jpg map.png --white black",
    "embed photo.jpg map.png --json=1",
    "embed photo.jpg -ox.jpg map.png",
    "embed -- photo.jpg map.png",
    "embed photo.jpg map.png --max-size 1_000",
    "batch m.csv --jobs 0",
    "golden",
    "nothing",
]


@pytest.mark.parametrize("line", NOT_PLAIN)
def test_all_else_is_left_to_typer(line: str) -> None:
    assert by_quick(line.split()) is None


def _words() -> st.SearchStrategy[list[str]]:
    names: set[str] = {"-", "--", "-x", "--no-json", "--help"}
    values = {"a.jpg", "b.npy", "5", "0.25", "-3", "1e3", "", "L1", "0.1,0.2", "x=y", "9" * 12}
    for function in (one for group in (app, *app.groups.values()) for one in group.commands.values()):
        for name, hint in get_type_hints(function, include_extras=True).items():
            if name == "return":
                continue
            kind, note = get_args(hint)
            if not isinstance(note, Argument):
                names.update(part for word in note.names or (f"--{name}",) for part in word.split("/"))
            for part in (kind, *get_args(kind)):
                if get_origin(part) is not None:
                    values.update(one for one in get_args(part) if isinstance(one, str))
    words = st.sampled_from(sorted(names | values))
    both = st.builds("{}={}".format, st.sampled_from(sorted(names)), st.sampled_from(sorted(values)))
    start = st.sampled_from([[one] for one in app.commands] + [["golden", "check"], ["golden", "update"]])
    return st.builds(list.__add__, start, st.lists(words | both, max_size=9))


@settings(max_examples=300, deadline=None)
@given(_words())
def test_no_line_is_read_otherwise(words: list[str]) -> None:
    quickly = by_quick(words)
    if quickly is not None:
        assert quickly == by_typer(words)


def test_a_mistake_still_gets_typers_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "a.jpg", "--jsn"]) == 2
    told = capsys.readouterr().err
    assert "No such option" in told and "--jsn" in told
