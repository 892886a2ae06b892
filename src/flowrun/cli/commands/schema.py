"""`flowrun schema`: the JSON Schema of a flow file, for editors."""

import json
import sys

import typer

from flowrun.errors import ExitCode

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def schema() -> int:
    """Print the JSON Schema (2020-12) of a flow file, so that an editor completes and checks it."""
    sys.stdout.write(text())
    return ExitCode.SUCCESS


def text() -> str:
    """The schema as it is printed, and kept in `docs/schemas/flow-file.json`."""
    from flowrun.app.flows import file_schema

    return json.dumps(file_schema(), ensure_ascii=False, indent=1) + "\n"
