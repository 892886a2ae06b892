"""`flowrun validate`: every problem of flow files, in one pass."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from importlib import import_module
from typing import Annotated

import typer

from flowrun.app import flows
from flowrun.cli.checked import Checked
from flowrun.cli.flow_paths import FlowPath, flow_paths
from flowrun.cli.look import ColorChoice, error_painter, painter, wants_color
from flowrun.cli.options import Color
from flowrun.diagnostics import Diagnostic, Severity, printable
from flowrun.errors import ExitCode, UsageError
from flowrun.loading.source import STDIN, Source, read_source

app = typer.Typer(add_completion=False)

UNREADABLE = "unreadable"


class ReportFormat(StrEnum):
    """For people, for programs, for the systems that show problems beside the code."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def validate(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            show_default=False,
            help="Flow files, folders of them, 'quoted/**/*.yaml', or - for stdin.",
        ),
    ],
    *,
    format: Annotated[  # noqa: A002 - the name of the option
        ReportFormat,
        typer.Option("--format", envvar="FLOWRUN_FORMAT", help="text: for people. The others: for programs and CI."),
    ] = ReportFormat.TEXT,
    strict: Annotated[
        bool, typer.Option("--strict", envvar="FLOWRUN_STRICT", help="Warnings make a file invalid too.")
    ] = False,
    server_only: Annotated[
        bool,
        typer.Option("--server-only", envvar="FLOWRUN_SERVER_ONLY", help="Only what a Kestra server refuses."),
    ] = False,
    color: Color = ColorChoice.AUTO,
) -> int:
    """Check flow files and show every problem with its place."""
    code = ExitCode.SUCCESS

    def noted(checked: Iterable[Checked]) -> Iterator[Checked]:
        nonlocal code
        for one in checked:
            code = code if one.valid else ExitCode.INVALID_FLOW
            yield one

    write = report_of(format, color)
    for piece in write(noted(check_all(flow_paths(paths), strict=strict, server_only=server_only))):
        sys.stdout.write(piece)
        sys.stdout.flush()
    return code


def report_of(format: ReportFormat, color: ColorChoice) -> Callable[[Iterable[Checked]], Iterator[str]]:  # noqa: A002
    """The pieces of a report in this format; its module is imported now."""
    if format is ReportFormat.TEXT:
        from flowrun.cli.formats import text

        paint = painter(color=wants_color(color, os.environ, terminal=sys.stdout.isatty()))
        return lambda checked: text.report(checked, paint)
    name = "json_document" if format is ReportFormat.JSON else format.value
    report: Callable[[Iterable[Checked]], Iterator[str]] = import_module(f"flowrun.cli.formats.{name}").report
    return report


def check_all(paths: Iterable[FlowPath], *, strict: bool, server_only: bool) -> Iterator[Checked]:
    """Each file, checked when it is asked for. What a folder or a pattern brought in and is no flow is passed over.

    Raises `UsageError` when that leaves nothing: such a call proves nothing.
    """
    paths = list(paths)
    # Named files may be a part of what there is: a commit's changes. A folder is taken for the whole.
    together = None if server_only or all(one.named for one in paths) else flows.signatures(readable(paths))
    some = False
    for one in paths:
        checked = check(one.path, together, strict=strict, server_only=server_only)
        if one.named or checked.valid or unread(checked) or flows.may_be_flow(checked.source):
            some = True
            yield checked
        else:
            pass_over(one.path)
    if not some:
        raise UsageError("none of these files is a flow", hint="a flow has `id`, `namespace` and `tasks`")


def pass_over(path: str) -> None:
    """Say on stderr that a file was not checked."""
    paint = error_painter()
    sys.stderr.write(f"{paint('note', 'note:')} `{printable(path)}` is no flow (no `id`, `namespace` or `tasks`)\n")


def readable(paths: Iterable[FlowPath]) -> Iterator[Source]:
    """The texts of the files; what cannot be read is reported when it is checked."""
    for one in paths:
        if one.path != STDIN:
            with suppress(UsageError):
                yield read_source(one.path)


def check(path: str, together: flows.Together, *, strict: bool, server_only: bool) -> Checked:
    """Check one file. One that cannot be read has that as its problem, so that the others are checked all the same."""
    try:
        source = read_source(path)
    except UsageError as problem:
        return Checked(Source("", path), [unreadable(problem)], strict)
    found = flows.check(source, together)
    kept = [one for one in found if one.kestra or not server_only]
    return Checked(source, kept, strict)


def unreadable(problem: UsageError) -> Diagnostic:
    """Why a file cannot be read, as a problem of this file."""
    message = problem.message
    return Diagnostic(UNREADABLE, Severity.ERROR, message, hint=problem.hint, kestra=message)


def unread(checked: Checked) -> bool:
    """Whether the file could not be read, so that nobody knows what it is."""
    return any(one.code == UNREADABLE for one in checked.diagnostics)
