"""`flowrun secrets`: what flows ask for with `secret()`, and whether it is there."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from flowrun.app.flow_finder import folder_of
from flowrun.app.secrets import WantedSecret, wanted_secrets
from flowrun.cli.display import Display
from flowrun.cli.flow_file import flow_source
from flowrun.cli.look import ColorChoice
from flowrun.cli.options import Format, RunOutput, SecretsFiles, TextOrJson, folder_option
from flowrun.cli.problems import plural
from flowrun.cli.variables import nearby_secrets, read_secrets
from flowrun.errors import ExitCode
from flowrun.model.log import LogLevel

app = typer.Typer(add_completion=False)
HELP = {"help_option_names": ["-h", "--help"]}


@app.callback(context_settings=HELP)
def secrets() -> None:
    """Look at the secrets that flows ask for. No value is ever shown."""


@app.command(context_settings=HELP)
def check(
    flow: Annotated[
        str,
        typer.Argument(metavar="FLOW", show_default=False, help="A flow file, its name in ./flows/, or - for stdin."),
    ],
    *,
    secrets_file: SecretsFiles = None,
    flows: Annotated[
        Path | None,
        typer.Option(metavar="DIR", envvar="FLOWRUN_FLOWS", help="Where sub-flows are found.", show_default=False),
    ] = None,
    format: Format = TextOrJson.TEXT,  # noqa: A002
) -> int:
    """List the secrets of a flow and of those that it calls; exit code 1 when one is missing."""
    display = Display(RunOutput.TEXT, ColorChoice.AUTO, ascii=False, level=LogLevel.INFO, quiet=False)
    folder_option(flows, "--flows")
    source = flow_source(flow)
    given = {**nearby_secrets(source.name, display.note), **read_secrets(secrets_file or ())}
    wanted = wanted_secrets(source, given, flows or folder_of(source), deep=flows is not None, warn=display.warn)
    if format is TextOrJson.JSON:
        document = {"secrets": [as_json(one) for one in wanted]}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    else:
        write(wanted)
    return ExitCode.FAILED if any(one.problem for one in wanted) else ExitCode.SUCCESS


def write(wanted: Sequence[WantedSecret]) -> None:
    """A line for each secret, its places, and what to do; then the sum."""
    width = max((len(name(one)) for one in wanted), default=0)
    for one in wanted:
        first, *others = [f"{file}:{line}:{column}" for file, line, column in one.places]
        sys.stdout.write(f"{one.state:<7}  {name(one):<{width}}  {first}\n")
        left = " " * (len("missing") + width + 4)
        sys.stdout.writelines(f"{left}{place}\n" for place in others)
        if one.problem:
            sys.stdout.write(f"{left}= problem: {one.problem}\n{left}= hint: {one.hint}\n")
        elif one.state == "unknown":
            sys.stdout.write(f"{left}= not known before the run\n")
    missing = sum(one.state == "missing" for one in wanted)
    sys.stdout.write(f"{plural(len(wanted), 'secret')}, {missing} missing\n")


def name(one: WantedSecret) -> str:
    """`KEY`, `KEY[subkey]`."""
    key = "(computed)" if one.key is None else one.key
    return key if one.subkey is None else f"{key}[{one.subkey or '(computed)'}]"


def as_json(one: WantedSecret) -> dict[str, Any]:
    """One secret of `docs/schemas/secrets.json`."""
    return {
        "key": one.key,
        "subkey": one.subkey or None,
        "state": one.state,
        "problem": one.problem,
        "hint": one.hint,
        "places": [{"file": file, "line": line, "column": column} for file, line, column in one.places],
    }
