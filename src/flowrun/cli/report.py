"""`--report` and `history report`: where the HTML page of a run goes, and what it shows of the flow."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from flowrun.errors import UsageError
from flowrun.model.log import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flowrun.loading.source import Source
    from flowrun.sinks.origin import Origin
    from flowrun.sinks.report import ReportSink

    Write = Callable[[Iterator[str]], None]

SECRET_PARTS = ("defaults", "prefill")


def check_report(path: Path, option: str) -> None:
    """Raise `UsageError` unless the file can be written; nothing of it is touched."""
    if str(path) == "-":
        raise UsageError(f"{option}: the standard output is taken by the run itself", hint="name a file")
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            return  # a pipe or a device: to open it is to use it
        is_new = not os.path.lexists(path)
        path.open("ab").close()
        if is_new:
            path.unlink()
    except (OSError, ValueError) as problem:
        raise UsageError(f"{option}: {unwritable(path, problem)}") from problem


def unwritable(path: Path, problem: OSError | ValueError) -> str:
    """Why a file cannot be written."""
    return f"`{path}` cannot be written: {getattr(problem, 'strerror', None) or problem}"


def writing_to(path: Path, complain: Callable[[str], None]) -> Write:
    """Writes a page into a file; `complain` hears of it when that fails."""

    def write(pieces: Iterator[str]) -> None:
        try:
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(pieces)
        except OSError as problem:
            complain(f"the report is missing or cut short: {unwritable(path, problem)}")

    return write


def refuse(message: str) -> None:
    """What to do about a report that is all that was wanted. Raises `UsageError`."""
    raise UsageError(message)


def write_out(pieces: Iterator[str]) -> None:
    """Writes a page to the standard output, in UTF-8 as it says of itself."""
    sys.stdout.flush()
    sys.stdout.buffer.writelines(piece.encode() for piece in pieces)


def report_sink(write: Write, source: Source, origin: Origin) -> ReportSink:
    """The sink that makes the page of a run."""
    from flowrun.sinks.report import ReportSink

    return ReportSink(write, origin=origin, source=shown_source(source))


def shown_source(source: Source) -> str:
    """The text of a flow with a mask for what its SECRET inputs hold."""
    from flowrun.loading.parse import parse
    from flowrun.loading.tree import Mapping, Scalar, mappings, text_of

    shown = source.text
    root = parse(source.text).root
    inputs = root.get("inputs") if isinstance(root, Mapping) else None
    secrets = [one for one in mappings(inputs) if text_of(one.get("type")) == "SECRET"] if inputs else []
    values = [one.get(part) for one in secrets for part in SECRET_PARTS]
    for value in sorted((one for one in values if isinstance(one, Scalar)), key=lambda one: one.start, reverse=True):
        lines = "\n" * shown.count("\n", value.start, value.end)  # those below keep their numbers
        shown = shown[: value.start] + MASK + lines + shown[value.end :]
    return shown
