"""The Typer program of the declared commands: help, errors, and every way a command line may be written.

Knows: Typer. Must not know: what the commands do.
"""

from __future__ import annotations

import inspect
from typing import Annotated, Any, get_args, get_type_hints

import typer

from authoring.cli.declare import Argument, Command, Option, Program


def build(program: Program) -> typer.Typer:
    """The program with all its commands and groups."""
    app = _group(program)

    @app.callback()
    def common(
        version: Annotated[
            bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
        ] = False,
    ) -> None:
        pass

    common.__doc__ = program.help
    return app


def _group(program: Program) -> typer.Typer:
    app = typer.Typer(
        name=program.name,
        help=program.help,
        epilog=program.epilog or None,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for name, function in program.commands.items():
        app.command(name)(_translated(function))
    for name, group in program.groups.items():
        app.add_typer(_group(group), name=name)
    return app


def _version(asked: bool) -> None:
    if asked:
        from authoring import __version__

        typer.echo(f"depthauthor {__version__}")
        raise typer.Exit


def _translated(function: Command) -> Command:
    """The function with its parameters' notes in Typer's terms."""
    hints = get_type_hints(function, include_extras=True)
    parameters = []
    for name, parameter in inspect.signature(function).parameters.items():
        kind, note = get_args(hints[name])
        parameters.append(parameter.replace(annotation=Annotated[kind, _note(note)]))

    def command(**given: Any) -> Any:
        return function(**given)

    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def _note(note: Option | Argument) -> Any:
    if isinstance(note, Argument):
        return typer.Argument(help=note.help, metavar=note.metavar)
    return typer.Option(*note.names, help=note.help, metavar=note.metavar, min=note.min, max=note.max)
