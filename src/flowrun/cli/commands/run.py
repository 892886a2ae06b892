"""`flowrun run`: load a flow, gather its inputs, run it, show it."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from flowrun import app as flowrun_app
from flowrun.cli import inputs as raw_inputs
from flowrun.cli import problems
from flowrun.cli.flow_file import find_flow_file
from flowrun.cli.look import ColorChoice, error_painter, look_of
from flowrun.cli.options import Ascii, Color, Inputs, InputsFile, TextOrJson
from flowrun.cli.outcome import error_document
from flowrun.cli.signals import TimeIsUp, stoppable
from flowrun.errors import ExitCode, FlowInvalid, UsageError
from flowrun.loading.source import Source, read_source
from flowrun.model.durations import parse_duration
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType

if TYPE_CHECKING:
    from flowrun.model.execution import Execution
    from flowrun.model.flow import Flow
    from flowrun.model.sink import Sink

LONGEST_ID_COLUMN = 24

EXIT_CODES = {
    StateType.SUCCESS: ExitCode.SUCCESS,
    StateType.WARNING: ExitCode.SUCCESS,
    StateType.PAUSED: ExitCode.PAUSED,
}

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Display:
    """How a run is shown."""

    output: TextOrJson
    color: ColorChoice
    ascii: bool
    level: LogLevel
    quiet: bool

    def note(self, text: str) -> None:
        """A line on stderr that is not part of the product."""
        if not self.quiet:
            sys.stderr.write(f"{error_painter(self.color)('note', 'note:')} {text}\n")

    def warn(self, diagnostics: Sequence[Any], source: Source) -> None:
        """What is wrong with a flow that runs nevertheless."""
        if not self.quiet:
            problems.show(diagnostics, source, error_painter(self.color))


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def run(
    flow: Annotated[
        str,
        typer.Argument(metavar="FLOW", show_default=False, help="A flow file, its name in ./flows/, or - for stdin."),
    ],
    *,
    input: Inputs = None,  # noqa: A002 - the name of the option
    inputs_file: InputsFile = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", "-l", metavar="KEY=VALUE", envvar="FLOWRUN_LABEL", help="A label of the execution; repeatable."
        ),
    ] = None,
    output: Annotated[
        TextOrJson, typer.Option("--output", envvar="FLOWRUN_OUTPUT", help="json: one document on stdout.")
    ] = TextOrJson.TEXT,
    log_level: Annotated[
        LogLevel,
        typer.Option(envvar="FLOWRUN_LOG_LEVEL", case_sensitive=False, help="The least level of log lines shown."),
    ] = LogLevel.INFO,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", envvar="FLOWRUN_QUIET", help="Show the outputs and the result only.")
    ] = False,
    color: Color = ColorChoice.AUTO,
    ascii: Ascii = False,  # noqa: A002
    dry_run: Annotated[
        bool, typer.Option("--dry-run", envvar="FLOWRUN_DRY_RUN", help="Show what would run, and run nothing.")
    ] = False,
    virtual_time: Annotated[
        bool, typer.Option("--virtual-time", envvar="FLOWRUN_VIRTUAL_TIME", help="Jump over waiting times.")
    ] = False,
    timeout: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION", envvar="FLOWRUN_TIMEOUT", help="Kill the run after this real time: PT5M, or seconds."
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, envvar="FLOWRUN_JOBS", show_default="4 x cores, at most 32", help="Worker threads."),
    ] = None,
    no_input: Annotated[
        bool, typer.Option("--no-input", envvar="FLOWRUN_NO_INPUT", help="Never ask; CI does the same.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", envvar="FLOWRUN_STRICT", help="Refuse a flow that has any problem.")
    ] = False,
    exit_code_on_warning: Annotated[
        int,
        typer.Option(min=0, max=255, envvar="FLOWRUN_EXIT_CODE_ON_WARNING", help="The exit code of state WARNING."),
    ] = 0,
    flows: Annotated[
        Path | None,
        typer.Option(metavar="DIR", envvar="FLOWRUN_FLOWS", help="Where sub-flows are found.", show_default=False),
    ] = None,
) -> int:
    """Run a flow.

    Text mode shows the log as it comes, then the task tree, the outputs and the result.
    """
    display = Display(output, color, ascii, log_level, quiet)
    options = flowrun_app.RunOptions(virtual_time=virtual_time, jobs=jobs)
    limit = duration_option(timeout)
    check_folder(flows)
    check_stdin(flow, input or ())
    labels = dict(raw_inputs.split_pair(pair, "--label") for pair in label or ())
    source = read_flow(flow, display)
    try:
        loaded = load(source, display, strict=strict)
    except FlowInvalid as refused:
        return show_refusal(refused, source, display)
    given = raw_inputs.gather_inputs(loaded, input or (), inputs_file, os.environ)
    if dry_run:
        return show_plan(loaded, given, display)
    given = answers(loaded, given, display, no_input=no_input)
    execution = execute(loaded, given, labels, options=options, limit=limit, display=display)
    if execution.current is StateType.WARNING:
        return exit_code_on_warning
    return EXIT_CODES.get(execution.current, ExitCode.FAILED)


def duration_option(text: str | None) -> timedelta | None:
    """The value of `--timeout`."""
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as problem:
        raise UsageError(
            f"--timeout: `{text}` is not a duration", hint="write seconds (`90`) or ISO-8601 (`PT1M30S`)"
        ) from problem


def check_folder(folder: Path | None) -> None:
    """`--flows` must name a folder."""
    if folder is not None and not folder.is_dir():
        raise UsageError(f"--flows: there is no folder `{folder}`")


def check_stdin(flow: str, pairs: Sequence[str]) -> None:
    """The standard input can be read once."""
    readers = [f"--input {pair}" for pair in pairs if pair.endswith("=-")]
    readers = ["FLOW", *readers] if flow == "-" else readers
    if len(readers) > 1:
        raise UsageError(f"only one of {' and '.join(readers)} can be the standard input")


def read_flow(name: str, display: Display) -> Source:
    """The source of a FLOW; a note says which file was taken when that is not what was written."""
    path = find_flow_file(name)
    if path != name:
        display.note(f"running {path}")
    return read_source(path)


def load(source: Source, display: Display, *, strict: bool) -> "Flow":
    """The flow. Problems that the server does not see are shown, and stop the run only with `--strict`."""
    flow, findings = flowrun_app.load(source)
    if findings and strict:
        raise FlowInvalid(findings[0].kestra or findings[0].message, findings)
    if findings:
        display.warn(findings, source)
    return flow


def show_refusal(refused: FlowInvalid, source: Source, display: Display) -> int:
    """Why the flow is refused: drawn for people, as a document for programs."""
    if display.output is TextOrJson.JSON:
        sys.stdout.write(error_document(refused.code, refused.message, refused.diagnostics))
    else:
        paint = error_painter(display.color)
        problems.show(refused.diagnostics, source, paint)
        sys.stderr.write(
            f"{paint('error', 'error')}{paint('title', ':')} {source.name} is no valid flow: "
            f"{problems.counted(refused.diagnostics)}\n"
        )
    return refused.exit_code


def show_plan(flow: "Flow", given: dict[str, Any], display: Display) -> int:
    """Write what would run."""
    from flowrun.cli.plan import plan_document, plan_lines

    planned = flowrun_app.plan(flow, given)
    if display.output is TextOrJson.JSON:
        sys.stdout.write(plan_document(flow, planned))
    else:
        sys.stdout.write(plan_lines(flow, planned))
    return ExitCode.SUCCESS


def answers(flow: "Flow", given: dict[str, Any], display: Display, *, no_input: bool) -> dict[str, Any]:
    """The inputs, those included that somebody at the terminal was asked for."""
    from flowrun.cli.prompts import ask_for_inputs, can_ask

    if no_input or flow.disabled or not can_ask(os.environ):
        return given
    return ask_for_inputs(flow, given, error_painter(display.color))


def execute(
    flow: "Flow",
    given: dict[str, Any],
    labels: dict[str, str],
    *,
    options: flowrun_app.RunOptions,
    limit: timedelta | None,
    display: Display,
) -> "Execution":
    """Run the flow under the eyes of the sinks that the display asks for."""
    sinks = make_sinks(flow, display)
    try:
        with stoppable(limit):
            execution = flowrun_app.execute(flow, given, labels, sinks, options)
    except KeyboardInterrupt as interrupt:
        if isinstance(interrupt, TimeIsUp):
            sys.stderr.write("the run was killed: it took longer than --timeout\n")
        close(sinks)
        raise
    # Not after any other exception: a document that half tells a run must not stand beside that of the error.
    close(sinks)
    return execution


def close(sinks: "Sequence[Sink]") -> None:
    """Have the sinks write what they still hold."""
    for sink in sinks:
        sink.close()


def make_sinks(flow: "Flow", display: Display) -> "list[Sink]":
    """JSON: the document on stdout, log lines on stderr. Text: everything on stdout, drawn by rich where that shows."""
    from flowrun.sinks.text import LogLines

    width = min(LONGEST_ID_COLUMN, max(map(len, flow.tasks_by_id), default=0))
    if display.output is TextOrJson.TEXT:
        return [text_sink(sys.stdout, width, display)]
    from flowrun.sinks.json_document import JsonSink

    lines = [] if display.quiet else [LogLines(sys.stderr, level=display.level, id_width=width)]
    return [JsonSink(sys.stdout), *lines]


def text_sink(stream: TextIO, id_width: int, display: Display) -> "Sink":
    """The sink that fits the stream."""
    from flowrun.sinks.lines import ASCII, UNICODE
    from flowrun.sinks.text import TextSink

    look = look_of(stream, display.color, ascii_only=display.ascii)
    symbols = ASCII if look.ascii else UNICODE
    if not look.terminal and not look.color:
        return TextSink(stream, level=display.level, id_width=id_width, symbols=symbols, quiet=display.quiet)
    from flowrun.sinks.terminal import TerminalSink, console_for

    return TerminalSink(
        console_for(stream, width=look.width, color=look.color),
        wrap=look.terminal,
        level=display.level,
        id_width=id_width,
        symbols=symbols,
        quiet=display.quiet,
    )
