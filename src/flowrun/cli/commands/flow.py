"""`flowrun flow`: flows that are saved in the store, with their revisions."""

import json
import sys
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Annotated, Any

import typer

from flowrun.app import saved
from flowrun.cli import problems
from flowrun.cli.flow_paths import flow_paths
from flowrun.cli.look import error_painter
from flowrun.cli.options import Format, TextOrJson
from flowrun.diagnostics import Severity, printable
from flowrun.errors import ExitCode, UsageError
from flowrun.loading.source import MAX_BYTES, STDIN
from flowrun.sinks.values import instant
from flowrun.store.flows import FlowRevision

app = typer.Typer(add_completion=False)
HELP = {"help_option_names": ["-h", "--help"]}
Name = Annotated[
    str, typer.Argument(metavar="NAMESPACE.ID", show_default=False, help="A saved flow; @N for revision N.")
]
OneName = Annotated[str, typer.Argument(metavar="NAMESPACE.ID", show_default=False, help="A saved flow.")]


@app.callback(context_settings=HELP)
def flow() -> None:
    """Save flows in the store, and look at what is saved."""


@app.command(context_settings=HELP)
def save(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", show_default=False, help="Flow files, folders of them, or -.")
    ],
    *,
    update: Annotated[
        str | None,
        typer.Option(
            "--update",
            envvar="FLOWRUN_UPDATE",
            metavar="NAMESPACE.ID",
            help="The saved flow that the file is the next revision of; its id and namespace must be the same.",
        ),
    ] = None,
    format: Format = TextOrJson.TEXT,  # noqa: A002
) -> int:
    """Save flows; a flow that differs from its last revision gets a new one. Invalid files: nothing is saved."""
    given = [saved.give(read_bytes(one.path), one.path) for one in flow_paths(files)]
    if update is not None and len(given) != 1:
        raise UsageError("--update takes one file")
    if not show_refused(given):
        return ExitCode.INVALID_FLOW
    if update is None:
        results = saved.save(given)
    elif refused := saved.renamed(update, given[0]):
        problems.show(refused, given[0].source, error_painter())
        return ExitCode.INVALID_FLOW
    else:
        results = [saved.update(update, given[0])]
    if format is TextOrJson.JSON:
        write_json([{**document(one.revision), "changed": one.changed} for one in results])
    else:
        for one in results:
            what = "saved" if one.changed else "unchanged"
            sys.stdout.write(f"{one.revision.name}  revision {one.revision.revision}  {what}\n")
    return ExitCode.SUCCESS


def read_bytes(path: str) -> bytes:
    """What is to be saved, byte for byte. Raises `UsageError`."""
    if path == STDIN:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise UsageError(f"cannot read `{path}`: {problem.strerror}") from problem


def show_refused(given: Sequence[saved.Given]) -> bool:
    """Draw the problems of invalid files on stderr. Whether there were none."""
    refused = [one for one in given if one.loaded.flow is None]
    for one in refused:
        errors = [problem for problem in one.loaded.diagnostics if problem.severity is Severity.ERROR]
        problems.show(errors, one.source, error_painter())
    if refused:
        names = ", ".join(printable(one.source.name) for one in refused)
        sys.stderr.write(f"{error_painter()('error', 'error:')} nothing is saved: {names} cannot be\n")
    return not refused


@app.command("list", context_settings=HELP)
def list_flows(
    *,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", envvar="FLOWRUN_NAMESPACE", metavar="NAME", help="Of this one and those below it."),
    ] = None,
    format: Format = TextOrJson.TEXT,  # noqa: A002
) -> int:
    """List the saved flows."""
    show_revisions(saved.listing(namespace), format)
    return ExitCode.SUCCESS


@app.command(context_settings=HELP)
def get(name: Name) -> int:
    """Print the source of a saved flow as it was given, byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(saved.read(name).source)
    sys.stdout.buffer.flush()
    return ExitCode.SUCCESS


@app.command(context_settings=HELP)
def delete(
    names: Annotated[list[str], typer.Argument(metavar="NAMESPACE.ID...", show_default=False, help="Saved flows.")],
) -> int:
    """Delete saved flows. Their revisions are kept, and go on counting when they are saved again."""
    for one in saved.delete(names):
        sys.stdout.write(f"{one.name}  deleted\n")
    return ExitCode.SUCCESS


@app.command(context_settings=HELP)
def revisions(name: OneName, *, format: Format = TextOrJson.TEXT) -> int:  # noqa: A002
    """List the revisions of a saved flow, oldest first."""
    show_revisions(saved.revisions(name), format)
    return ExitCode.SUCCESS


@app.command(context_settings=HELP)
def diff(
    name: OneName,
    old: Annotated[
        str | None, typer.Argument(metavar="OLD", help="A revision; the last but one.", show_default=False)
    ] = None,
    new: Annotated[
        str | None, typer.Argument(metavar="NEW", help="A revision or a file; the last.", show_default=False)
    ] = None,
) -> int:
    """Show what changed between two revisions, or a revision and a file, as a unified diff."""
    known = {one.revision: one for one in saved.revisions(name)}
    newest = max(known)
    if old is not None and new is None and not old.isdigit():
        old, new = str(newest), old
    first = side(known, old or str(max(newest - 1, 1)), files=False)
    second = side(known, new or str(newest), files=True)
    lines = unified_diff(first[1], second[1], first[0], second[0])
    sys.stdout.writelines(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return ExitCode.SUCCESS


def side(known: dict[int, FlowRevision], wanted: str, *, files: bool) -> tuple[str, list[str]]:
    """A name and the lines of one side of a diff. Raises `UsageError`."""
    if wanted.isdigit() and int(wanted) in known:
        one = known[int(wanted)]
        text = b"" if one.deleted else one.source
        return f"{one.name}@{one.revision}", text.decode("utf-8-sig").splitlines(keepends=True)
    if files and not wanted.isdigit():
        return wanted, saved.give(read_bytes(wanted), wanted).source.text.splitlines(keepends=True)
    raise UsageError(f"there is no revision `{wanted}`", hint=f"there are {', '.join(map(str, known))}")


def show_revisions(found: Sequence[FlowRevision], format: TextOrJson) -> None:  # noqa: A002
    """A line for each, or `docs/schemas/flows.json`."""
    if format is TextOrJson.JSON:
        write_json([document(one) for one in found])
        return
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        moment = f"{one.saved_at.astimezone():%Y-%m-%d %H:%M:%S}"
        sys.stdout.write(
            f"{one.name:<{width}}  revision {one.revision:<4}  {moment}{'  deleted' if one.deleted else ''}\n"
        )
    if not found:
        sys.stderr.write("no flow is saved\n")


def document(one: FlowRevision) -> dict[str, Any]:
    """One revision of `docs/schemas/flows.json`."""
    return {
        "namespace": one.namespace,
        "id": one.id,
        "revision": one.revision,
        "savedDate": instant(one.saved_at),
        "deleted": one.deleted,
    }


def write_json(flows: list[dict[str, Any]]) -> None:
    sys.stdout.write(json.dumps({"flows": flows}, ensure_ascii=False, indent=2) + "\n")
