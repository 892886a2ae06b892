"""`flowrun render`: evaluate one expression, with a flow's variables and inputs where they are wanted."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from flowrun.app import flows
from flowrun.cli import inputs as raw_inputs
from flowrun.cli.flow_file import find_flow_file
from flowrun.cli.options import Inputs, InputsFile
from flowrun.errors import ExitCode, UsageError
from flowrun.loading.source import read_source
from flowrun.sinks.values import json_ready

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def render(
    expression: Annotated[
        str, typer.Argument(metavar="EXPR", show_default=False, help="A template: '{{ 1 + 1 }}'; - reads stdin.")
    ],
    *,
    flow: Annotated[
        str | None,
        typer.Option(
            "--flow", metavar="FLOW", envvar="FLOWRUN_FLOW", help="Take vars, inputs and flow from this file."
        ),
    ] = None,
    input: Inputs = None,  # noqa: A002 - the name of the option
    inputs_file: InputsFile = None,
    var: Annotated[
        list[str] | None,
        typer.Option("--var", metavar="NAME=VALUE", show_default=False, help="A variable, as text; repeatable."),
    ] = None,
    vars_file: Annotated[
        Path | None,
        typer.Option(
            "--vars-file", metavar="FILE", envvar="FLOWRUN_VARS_FILE", help="A YAML or JSON map of variables."
        ),
    ] = None,
    typed: Annotated[
        bool, typer.Option("--typed", envvar="FLOWRUN_TYPED", help="Print the value itself, as JSON.")
    ] = False,
) -> int:
    """Evaluate one expression and print what it gives."""
    from flowrun.template import evaluate, render

    if flow is None and (input or inputs_file):
        raise UsageError("--input and --inputs-file need the flow that declares the inputs", hint="add --flow FILE")
    variables = {
        **(flow_variables(flow, input or [], inputs_file) if flow else {}),
        **(raw_inputs.from_file(vars_file) if vars_file else {}),
        **dict(raw_inputs.split_pair(pair, "--var") for pair in var or ()),
    }
    source = sys.stdin.read() if expression == "-" else expression
    if typed:
        text = json.dumps(json_ready(evaluate(source, variables)), ensure_ascii=False, indent=2)
    else:
        text = render(source, variables)
    sys.stdout.write(text + "\n")
    return ExitCode.SUCCESS


def flow_variables(name: str, pairs: list[str], inputs_file: Path | None) -> dict[str, Any]:
    """What a template of this flow sees before anything has run."""
    flow, _ = flows.load(read_source(find_flow_file(name)))
    given = raw_inputs.gather_inputs(flow, pairs, inputs_file, os.environ)
    return flows.start_variables(flow, given)
