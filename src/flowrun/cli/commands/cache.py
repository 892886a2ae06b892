"""`flowrun cache`: the Python environments that are kept for tasks."""

import json
import sys

import typer

from flowrun.app import cache as kept
from flowrun.cli.options import Format, TextOrJson
from flowrun.errors import ExitCode

app = typer.Typer(add_completion=False)
HELP = {"help_option_names": ["-h", "--help"]}
MEGABYTE = 1_000_000


@app.callback(context_settings=HELP)
def cache() -> None:
    """Look at the Python environments that are kept for tasks, and remove them."""


@app.command("list", context_settings=HELP)
def list_environments(*, format: Format = TextOrJson.TEXT) -> int:  # noqa: A002
    """List the environments, oldest first."""
    found = kept.environments()
    if format is TextOrJson.JSON:
        sys.stdout.write(json.dumps({"environments": [one._asdict() for one in found]}, indent=2) + "\n")
        return ExitCode.SUCCESS
    for one in found:
        names = ", ".join(one.dependencies) or "no dependencies"
        sys.stdout.write(f"{one.key}  {one.made}  {one.bytes / MEGABYTE:.1f} MB  Python {one.python}  {names}\n")
    if not found:
        sys.stderr.write("note: no environment is kept\n")
    return ExitCode.SUCCESS


@app.command(context_settings=HELP)
def clear() -> int:
    """Remove the environments that no run uses right now; a task that needs one makes it anew."""
    removed, left = kept.clear()
    for key in removed:
        sys.stdout.write(f"{key}  removed\n")
    for key in left:
        sys.stdout.write(f"{key}  in use\n")
    return ExitCode.SUCCESS
