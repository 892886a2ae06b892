"""`flowrun run`: load a flow, gather its inputs, run it, show it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowrun.app import flows as flow_files
from flowrun.app.flow_finder import folder_of
from flowrun.cli import inputs as raw_inputs
from flowrun.cli import problems
from flowrun.cli.display import Display, make_sinks, origin_of
from flowrun.cli.flow_file import flow_source
from flowrun.cli.further import Further
from flowrun.cli.look import ColorChoice, error_painter
from flowrun.cli.options import (
    Ascii,
    Color,
    EnvFiles,
    ExitCodeOnWarning,
    FlowsFolder,
    Inputs,
    InputsFiles,
    Jobs,
    KeepWorkdirs,
    Level,
    NamespaceFolder,
    NoInput,
    Offline,
    Output,
    Quiet,
    RunOutput,
    ScriptRunner,
    SecretsFiles,
    Timeout,
    VirtualTime,
    duration_option,
    folder_option,
)
from flowrun.cli.outcome import error_document, tell
from flowrun.cli.parts import Fail, MockOption, Only, Since, Until, part_wanted, split_mock, with_last
from flowrun.cli.places import tell_places
from flowrun.cli.report import check_report, report_sink, writing_to
from flowrun.cli.variables import nearby_secrets, read_envs, read_secrets
from flowrun.cli.watch import watch
from flowrun.cli.word import asker
from flowrun.diagnostics import Severity
from flowrun.errors import ExitCode, FlowInvalid, TypesMissing, UsageError
from flowrun.loading.source import Source
from flowrun.model.flow import CheckStyle
from flowrun.model.log import LogLevel
from flowrun.model.workplace import KeepWorkdir, Runner, Workplace

if TYPE_CHECKING:
    from flowrun.model.flow import Flow

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def run(
    flow: Annotated[
        str,
        typer.Argument(metavar="FLOW", show_default=False, help="A flow file, its name in ./flows/, or - for stdin."),
    ],
    *,
    input: Inputs = None,  # noqa: A002 - the name of the option
    inputs_file: InputsFiles = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", "-l", metavar="KEY=VALUE", envvar="FLOWRUN_LABEL", help="A label of the execution; repeatable."
        ),
    ] = None,
    output: Output = RunOutput.TEXT,
    log_level: Level = LogLevel.INFO,
    quiet: Quiet = False,
    color: Color = ColorChoice.AUTO,
    ascii: Ascii = False,  # noqa: A002
    dry_run: Annotated[
        bool, typer.Option("--dry-run", envvar="FLOWRUN_DRY_RUN", help="Show what would run, and run nothing.")
    ] = False,
    virtual_time: VirtualTime = False,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            envvar="FLOWRUN_REPORT",
            show_default=False,
            help="Write an HTML page of the run when it is over.",
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    only: Only = None,
    fail: Fail = None,
    mock: MockOption = None,
    timeout: Timeout = None,
    jobs: Jobs = None,
    runner: ScriptRunner = Runner.PROCESS,
    keep_workdir: KeepWorkdirs = KeepWorkdir.NEVER,
    offline: Offline = False,
    no_input: NoInput = False,
    strict: Annotated[
        bool, typer.Option("--strict", envvar="FLOWRUN_STRICT", help="Refuse a flow that has any problem.")
    ] = False,
    exit_code_on_warning: ExitCodeOnWarning = 0,
    secrets_file: SecretsFiles = None,
    env_file: EnvFiles = None,
    namespace_files: NamespaceFolder = None,
    flows: FlowsFolder = None,
) -> int:
    """Run a flow.

    Text mode shows the log as it comes, then the task tree, the outputs and the result.
    """
    display = Display(output, color, ascii, log_level, quiet)
    limit = duration_option(timeout, "--timeout")
    folder_option(flows, "--flows")
    files = folder_option(namespace_files, "--namespace-files")
    if report is not None:
        check_report(report, "--report")
    check_stdin(flow, input or (), inputs_file or ())
    secrets, envs = read_secrets(secrets_file or ()), read_envs(env_file or ())
    labels = dict(raw_inputs.split_pair(pair, "--label") for pair in label or ())
    source = read_flow(flow, display)
    try:
        loaded = load(source, display, strict=strict, mocked=[task for task, _ in map(split_mock, mock or ())])
    except (FlowInvalid, TypesMissing) as refused:
        return show_refusal(refused, source, display)
    given = raw_inputs.gather_inputs(loaded, input or (), inputs_file or (), os.environ)
    part = part_wanted(loaded, since, until, only, fail=fail or (), mock=mock or ())
    if dry_run:
        return show_plan(loaded, given, display)
    if part.since is not None:
        part, given = with_last(part, loaded, given)
    given = answers(loaded, given, display, no_input=no_input, offline=offline)

    from flowrun.app import runs

    sinks = make_sinks(loaded, source, display)
    if report is not None:  # the first is closed last: a warning must not be lost below the live status
        sinks.insert(0, report_sink(writing_to(report, display.warn), source, origin_of(loaded, source)))
    further = Further(sinks, display)
    options = runs.RunOptions(
        virtual_time=virtual_time,
        jobs=jobs,
        runner=runner,
        keep_workdir=keep_workdir,
        offline=offline,
        flows=flows or folder_of(source),
        deep=flows is not None,
        secrets={**nearby_secrets(source.name, display.note), **secrets},
        envs=envs,
        namespace_files=files,
        part=part,
        more=further,
        ask=asker(display, no_input=no_input),
    )
    tell_places(loaded, runner, display)
    database = runs.open_store(loaded, display.warn)
    running = runs.begin(
        loaded, source, given, labels, sinks=sinks, options=options, database=database, warn=display.warn
    )
    for check in running.failed_checks:
        display.tell("warning" if check.style in (CheckStyle.ERROR, CheckStyle.WARNING) else "note", check.message)
    return watch(running, further, display, limit=limit, on_warning=exit_code_on_warning)


def check_stdin(flow: str, pairs: Sequence[str], files: Sequence[Path]) -> None:
    """The standard input can be read once."""
    readers = [f"--input {pair}" for pair in pairs if pair.endswith("=-")]
    readers += ["--inputs-file -"] * files.count(Path("-"))
    readers = ["FLOW", *readers] if flow == "-" else readers
    if len(readers) > 1:
        raise UsageError(f"only one of {' and '.join(readers)} can be the standard input")


def read_flow(name: str, display: Display) -> Source:
    """The source of a FLOW; a note says what was taken when that is not what was written."""
    source = flow_source(name)
    if source.name not in (name, "<stdin>"):
        display.note(f"running {source.name}")
    return source


def load(source: Source, display: Display, *, strict: bool, mocked: Sequence[str]) -> "Flow":
    """The flow. `mocked`: the tasks that are not run. Problems that the server does not see are shown, and stop the run only with `--strict`."""
    flow, findings = flow_files.load(source, mocked)
    if findings and strict:
        raise FlowInvalid(findings[0].kestra or findings[0].message, findings)
    if findings:
        # The flow runs all the same, as on a server: an error is what may come of it.
        display.findings([one.at_most(Severity.WARNING) for one in findings], source)
    return flow


def show_refusal(refused: FlowInvalid | TypesMissing, source: Source, display: Display) -> int:
    """Why the flow is refused: drawn for people, as a document for programs."""
    if display.output is not RunOutput.TEXT:
        sys.stdout.write(
            error_document(refused.code, refused.message, refused.diagnostics, output=display.output.value)
        )
    else:
        paint = error_painter(display.color)
        problems.show(refused.diagnostics, source, paint)
        said = f"{source.name} is no valid flow: {problems.counted(refused.diagnostics)}"
        tell(refused.code, refused.message if isinstance(refused, TypesMissing) else said, refused.hint, paint=paint)
    return refused.exit_code


def show_plan(flow: "Flow", given: dict[str, Any], display: Display) -> int:
    """Write what would run."""
    from flowrun.cli.plan import plan_document, plan_lines

    planned = flow_files.plan(flow, given)
    if display.output is not RunOutput.TEXT:
        sys.stdout.write(plan_document(flow, planned))
    else:
        sys.stdout.write(plan_lines(flow, planned))
    return ExitCode.SUCCESS


def answers(flow: "Flow", given: dict[str, Any], display: Display, *, no_input: bool, offline: bool) -> dict[str, Any]:
    """The inputs, those included that somebody at the terminal was asked for."""
    from flowrun.cli.prompts import ask_for_inputs, can_ask

    if no_input or flow.disabled or not can_ask(os.environ):
        return given
    return ask_for_inputs(flow, given, error_painter(display.color), Workplace(offline=offline))
