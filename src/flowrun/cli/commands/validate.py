"""`flowrun validate`: every problem of flow files, in one pass."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowrun.app import flows
from flowrun.cli.ci import ci_system_of, in_repository
from flowrun.cli.flow_file import find_flow_file, flow_files
from flowrun.cli.look import ColorChoice, painter, wants_color
from flowrun.cli.options import Color, TextOrJson
from flowrun.cli.outcome import as_json
from flowrun.cli.problems import counted, draw_all, plural
from flowrun.diagnostics import Diagnostic, Severity
from flowrun.errors import ExitCode, UsageError
from flowrun.loading.source import Source, read_source

if TYPE_CHECKING:
    from flowrun.sinks.ci import CiSystem

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """A file and what was found in it. `strict`: warnings count as errors."""

    source: Source
    diagnostics: Sequence[Diagnostic]
    strict: bool

    @property
    def valid(self) -> bool:
        """Whether nothing in it counts as an error."""
        fatal = (Severity.ERROR, Severity.WARNING) if self.strict else (Severity.ERROR,)
        return not any(one.severity in fatal for one in self.diagnostics)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def validate(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", show_default=False, help="Flow files, folders of them, or - for stdin."),
    ],
    *,
    format: Annotated[  # noqa: A002 - the name of the option
        TextOrJson, typer.Option("--format", envvar="FLOWRUN_FORMAT", help="json: one document on stdout.")
    ] = TextOrJson.TEXT,
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
    checked = (check(path, strict=strict, server_only=server_only) for path in files_of(paths))
    if format is TextOrJson.JSON:
        results = list(checked)
        sys.stdout.write(document(results))
    else:
        results = report(checked, color)
    return ExitCode.SUCCESS if all(one.valid for one in results) else ExitCode.INVALID_FLOW


def files_of(paths: Iterable[str]) -> list[str]:
    """The files that the arguments mean, each once. Raises `UsageError` for a folder without any."""
    found: dict[str, None] = {}
    for path in paths:
        if Path(path).is_dir():
            inside = flow_files(Path(path), deep=True)
            if not inside:
                raise UsageError(f"there are no flow files (.yaml, .yml) in `{path}`")
            found.update(dict.fromkeys(map(str, inside)))
        else:
            found[find_flow_file(path)] = None
    return list(found)


def check(path: str, *, strict: bool, server_only: bool) -> Checked:
    """Check one file. One that cannot be read has that as its problem, so that the others are checked all the same."""
    try:
        source = read_source(path)
    except UsageError as problem:
        return Checked(Source("", path), [unreadable(problem)], strict)
    found = flows.check(source)
    kept = [one for one in found if one.kestra or not server_only]
    return Checked(source, kept, strict)


def unreadable(problem: UsageError) -> Diagnostic:
    """Why a file cannot be read, as a problem of this file."""
    message = problem.message
    return Diagnostic("unreadable", Severity.ERROR, message, hint=problem.hint, kestra=message)


def report(checked: Iterable[Checked], color: ColorChoice) -> list[Checked]:
    """Draw the problems of each file as it is checked, then a summary. Returns what was checked."""
    paint = painter(color=wants_color(color, os.environ, terminal=sys.stdout.isatty()))
    system = ci_system_of(os.environ)
    results = []
    for one in checked:
        drawn = draw_all(one.diagnostics, one.source, paint)
        sys.stdout.write(for_ci(drawn, one, system) if system else drawn)
        results.append(one)
    everything = [diagnostic for one in results for diagnostic in one.diagnostics]
    bad = sum(not one.valid for one in results)
    verdict = (
        paint("error", f"{bad} invalid") if bad else paint("success", "valid" if len(results) == 1 else "all valid")
    )
    found = counted(everything)
    sys.stdout.write(f"{plural(len(results), 'file')} checked, {verdict}{': ' if found else ''}{found}\n")
    return results


def for_ci(drawn: str, checked: Checked, system: "CiSystem") -> str:
    """The problems as drawn, and as annotations of the file; no text of the file may be taken for a command."""
    from flowrun.sinks.ci import annotate, harmless

    file = in_repository(checked.source.name, os.environ)
    return harmless(drawn) + annotate(checked.diagnostics, file, system)


def document(results: Iterable[Checked]) -> str:
    """`{"files": […]}` (`docs/schemas/validate.json`)."""
    files = [
        {"file": one.source.name, "valid": one.valid, "diagnostics": [as_json(found) for found in one.diagnostics]}
        for one in results
    ]
    return json.dumps({"files": files}, ensure_ascii=False, indent=2) + "\n"
