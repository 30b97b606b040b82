"""Assemble the program `depthauthor` from its commands, in the order of the help."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from authoring.cli import (
    batch_command,
    check_commands,
    estimate_command,
    kit_command,
    photo_commands,
    view_commands,
)
from authoring.errors import UsageError
from authoring.files import STANDARD_STREAM
from authoring.version import VERSION


def _print_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"depthauthor {VERSION}\n")
        raise typer.Exit


class PlainCommand(TyperCommand):
    """A command whose help names its words as a person would: without braces and Python's types."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return options and arguments; flags and arguments without a type."""
        params = super().get_params(ctx)
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = ""
            elif param.param_type_name == "argument":
                vars(param)["display_type_rich"] = lambda ctx: None
        return params

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words after the command's name, such as [OPTIONS] PHOTO MAP."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises UsageError if standard input is to be two of its files: the second would be empty."""
        given = [
            max(param.opts, key=len) if param.param_type_name == "option" else str(param.metavar)
            for param in self.params
            if param.name not in ("output", "out")
            for value in _listed(ctx.params.get(param.name))
            if str(value) == str(STANDARD_STREAM)  # Older Typer converts later.
        ]
        if len(given) > 1:
            raise UsageError(
                f"- is standard input, which can be one file only, and is given as {' and as '.join(given)}"
            )
        return super().invoke(ctx)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


program = typer.Typer(
    name="depthauthor",
    epilog="Defaults of options come from the environment, such as DEPTHAUTHOR_MAX_SIZE for --max-size; what a map "
    "means does not.\n\nExit codes: 0 done, 1 a check found a fault, 2 usage, 3 malformed input, 4 unsupported "
    "input, 5 refused (would lose or overwrite something), 6 some of a batch failed, 70 a fault in depthauthor.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@program.callback()
def program_options(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Put a depth map into a photo the way an iPhone does, and read it back."""


for command in (
    photo_commands.embed,
    estimate_command.estimate,
    photo_commands.copy,
    photo_commands.extract,
    photo_commands.inspect,
    photo_commands.strip,
    photo_commands.export,
    photo_commands.dictionary,
    check_commands.verify,
    check_commands.doctor,
    kit_command.kit,
    batch_command.batch,
    view_commands.preview,
    view_commands.refocus,
    view_commands.pointcloud,
    view_commands.view,
    view_commands.report,
):
    program.command(cls=PlainCommand)(command)
