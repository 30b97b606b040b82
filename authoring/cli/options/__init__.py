"""Declare the options of all commands, each once: a module for each panel of the help.

Options that become keywords of the public functions are declared under the keyword's name.
"""

from __future__ import annotations

from authoring.cli.options.camera import *  # noqa: F403
from authoring.cli.options.declaration import *  # noqa: F403
from authoring.cli.options.estimate import *  # noqa: F403
from authoring.cli.options.meaning import *  # noqa: F403
from authoring.cli.options.outputs import *  # noqa: F403
from authoring.cli.options.portrait import *  # noqa: F403
from authoring.cli.options.single import *  # noqa: F403
