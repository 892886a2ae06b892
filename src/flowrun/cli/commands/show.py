"""`flowrun show`: a flow at a glance, or an execution that was kept."""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from flowrun.cli.display import Display, id_width, stored_origin, text_sink
from flowrun.cli.flow_file import flow_source
from flowrun.cli.look import ColorChoice, look_of
from flowrun.cli.options import Ascii, Color, FlowFormat, Last, RunOutput, execution_wanted
from flowrun.errors import ExitCode, FlowInvalid, UsageError
from flowrun.loading.source import Source
from flowrun.model.log import LogLevel
from flowrun.sinks.lines import NARROW

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def show(
    flow: Annotated[
        str | None,
        typer.Argument(metavar="[FLOW]", show_default=False, help="A flow file, its name in ./flows/, or - for stdin."),
    ] = None,
    *,
    execution: Annotated[
        str | None,
        typer.Option(
            "--execution",
            metavar="ID",
            envvar="FLOWRUN_EXECUTION",
            help="An execution instead; the beginning of its id will do.",
        ),
    ] = None,
    last: Last = False,
    format: Annotated[  # noqa: A002
        FlowFormat,
        typer.Option(
            "--format", envvar="FLOWRUN_FORMAT", help="json: one document on stdout; mermaid: a flow as a flowchart."
        ),
    ] = FlowFormat.TEXT,
    color: Color = ColorChoice.AUTO,
    ascii: Ascii = False,  # noqa: A002
) -> int:
    """Show a flow: inputs, task tree, outputs, triggers with their next dates, needs. Or an execution: tree and outputs."""
    display = Display(RunOutput.TEXT, color, ascii, LogLevel.INFO, quiet=False)
    if flow is None:
        show_execution(execution_wanted(execution, last=last), format, display)
    elif execution or last:
        raise UsageError("name a flow or an execution, not both")
    else:
        show_flow(flow, format, display)
    return ExitCode.SUCCESS


def show_flow(name: str, format: FlowFormat, display: Display) -> None:  # noqa: A002
    """Write a flow as text, as `docs/schemas/flow.json` has it, or as a flowchart."""
    from flowrun.app.flows import read_with_needs
    from flowrun.app.triggers import with_switches
    from flowrun.cli.flow_document import flow_document
    from flowrun.cli.flow_view import flow_lines

    source = flow_source(name)
    try:
        flow, needs = read_with_needs(source)
        flow = with_switches(flow)
    except FlowInvalid as refused:
        hint = f"`flowrun validate {source.name}` shows what is wrong"
        raise UsageError(f"{source.name} is no valid flow", hint=hint) from refused
    if format is FlowFormat.MERMAID:
        from flowrun.cli.flow_chart import flow_chart

        sys.stdout.write(flow_chart(flow))
        return
    now = datetime.now(UTC)
    if format is FlowFormat.JSON:
        sys.stdout.write(json.dumps(flow_document(flow, now, needs=needs), ensure_ascii=False, indent=2) + "\n")
        return
    sink = text_sink(sys.stdout, display, 0)
    look = look_of(sys.stdout, display.color, ascii_only=display.ascii)
    narrow = look.terminal and look.width < NARROW
    sink.write_lines(flow_lines(flow, now, sink.symbols, needs=needs, narrow=narrow))


def show_execution(wanted: str, format: FlowFormat, display: Display) -> None:  # noqa: A002
    """Write an execution as it was shown when it ended, or as `docs/schemas/run.json` has it."""
    if format is FlowFormat.MERMAID:
        raise UsageError("an execution cannot be shown as mermaid", hint="only a flow can; use --format text or json")
    from flowrun.app import kept
    from flowrun.model.events import ExecutionCreated
    from flowrun.sinks.json_document import execution_document

    stored, logs = kept.read_execution(wanted)
    execution = stored.execution
    if format is FlowFormat.JSON:
        document = execution_document(execution.shown(), logs)
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        return
    width = id_width([one.task_id for one in execution.task_runs.values()])
    sink = text_sink(sys.stdout, display, width, stored_origin(Source(stored.source, stored.source_name)))
    for entry in logs:
        sink.remember(entry)
    sink.handle(ExecutionCreated(execution.start, execution))
    sink.close()
    if stored.interrupted:
        display.note(f"interrupted: its process is gone; `flowrun restart {execution.id}` goes on with it")
