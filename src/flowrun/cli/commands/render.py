"""`flowrun render`: evaluate one expression, with what a flow or an execution gives."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowrun.app import flows
from flowrun.cli import inputs as raw_inputs
from flowrun.cli.flow_file import flow_source
from flowrun.cli.look import ColorChoice, error_painter
from flowrun.cli.options import Color, Format, Inputs, InputsFiles, Last, TextOrJson, execution_wanted
from flowrun.errors import ExitCode, TemplateError, UsageError
from flowrun.loading.source import Source, read_source
from flowrun.sinks.values import json_ready

if TYPE_CHECKING:
    from flowrun.template import Host

app = typer.Typer(add_completion=False)

NO_VARIABLES = "there are no variables here: --flow FILE, --last, --vars-file FILE or --var NAME=VALUE give some"


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
    inputs_file: InputsFiles = None,
    execution: Annotated[
        str | None,
        typer.Option(
            "--execution",
            metavar="ID",
            envvar="FLOWRUN_EXECUTION",
            help="Take everything from a kept execution, as at its end; the beginning of its id will do.",
        ),
    ] = None,
    last: Last = False,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", metavar="ID", envvar="FLOWRUN_TASK", help="As in this task of the execution (its latest run)."
        ),
    ] = None,
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
    format: Format = TextOrJson.TEXT,  # noqa: A002
    color: Color = ColorChoice.AUTO,
) -> int:
    """Evaluate one expression and print what it gives."""
    from flowrun.template import evaluate
    from flowrun.template import render as render_text

    source = read_source("-") if expression == "-" else Source(expression, "<expression>")
    variables, host = given_variables(
        flow, input or [], inputs_file or [], wanted_execution(execution, last, task), task
    )
    variables |= raw_inputs.read_map(vars_file) if vars_file else {}
    variables |= dict(raw_inputs.split_pair(pair, "--var") for pair in var or ())
    try:
        value = (evaluate if typed else render_text)(source.text, variables, host)
    except TemplateError as error:
        notes = () if variables or not reads_variables(source.text) else (NO_VARIABLES,)
        tell(error, source, notes, format, color)
        return error.exit_code
    if typed or format is TextOrJson.JSON:
        value = json.dumps(json_ready(value), ensure_ascii=False, indent=2)
    sys.stdout.write(f"{value}\n")
    return ExitCode.SUCCESS


def wanted_execution(execution: str | None, last: bool, task: str | None) -> str | None:  # noqa: FBT001 - an option
    """The execution that the options name, if they do. Raises `UsageError`."""
    if execution or last:
        return execution_wanted(execution, last=last)
    if task:
        raise UsageError("--task needs the execution that the task is of", hint="add --last, or --execution ID")
    return None


def given_variables(
    flow: str | None, pairs: list[str], inputs_files: list[Path], execution: str | None, task: str | None
) -> tuple[dict[str, Any], "Host | None"]:
    """What the template sees of a flow or an execution, and whom it may ask. Raises `UsageError` and what loading raises."""
    if execution and (flow or pairs or inputs_files):
        raise UsageError(
            "an execution has its own flow and inputs", hint="leave out --flow and the inputs, or use --var"
        )
    if execution:
        from flowrun.app.kept import variables_of

        return variables_of(execution, task)
    if flow is None:
        if pairs or inputs_files:
            raise UsageError("--input and --inputs-file need the flow that declares the inputs", hint="add --flow FILE")
        return {}, None
    loaded, _ = flows.load(flow_source(flow))
    return flows.start_variables(loaded, raw_inputs.gather_inputs(loaded, pairs, inputs_files, os.environ)), None


def reads_variables(source: str) -> bool:
    """Whether a template is one and reads any."""
    from flowrun.template import compile as compile_template

    try:
        return bool(compile_template(source).references())
    except TemplateError:
        return False


def tell(
    error: TemplateError,
    source: Source,
    notes: tuple[str, ...],
    format: TextOrJson,  # noqa: A002
    color: ColorChoice,
) -> None:
    """Show what is wrong with the expression, at its place in it."""
    from flowrun.cli.outcome import error_document
    from flowrun.cli.problems import show
    from flowrun.diagnostics import Diagnostic, Severity

    problem = Diagnostic(
        f"template-{error.kind}",
        Severity.ERROR,
        error.summary,
        error.span,
        hint=error.hint,
        notes=notes,
    )
    if format is TextOrJson.JSON:
        sys.stdout.write(error_document(error.code, error.message, (problem,)))
    else:
        show([problem], source, error_painter(color))
