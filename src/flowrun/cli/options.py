"""Options that several commands share. Each has its variable, which the command line overrides."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flowrun.cli.look import ColorChoice


class TextOrJson(StrEnum):
    """For people or for programs."""

    TEXT = "text"
    JSON = "json"


Color = Annotated[
    ColorChoice,
    typer.Option(envvar="FLOWRUN_COLOR", help="When to use colour. NO_COLOR and FORCE_COLOR count for auto."),
]
Ascii = Annotated[bool, typer.Option("--ascii", envvar="FLOWRUN_ASCII", help="Draw with ASCII characters only.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        metavar="ID=VALUE",
        show_default=False,
        help="An input; repeatable. ID=@FILE takes the text of a file, ID=- the standard input. "
        "FLOWRUN_INPUT_<ID> does the same with less weight.",
    ),
]
InputsFile = Annotated[
    Path | None,
    typer.Option(
        "--inputs-file",
        metavar="FILE",
        envvar="FLOWRUN_INPUTS_FILE",
        help="A YAML or JSON map of inputs; --input goes over it.",
    ),
]
