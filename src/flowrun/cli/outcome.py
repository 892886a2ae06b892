"""How a call ends: whatever happened becomes an exit code and, where something went wrong, one message."""

from __future__ import annotations

import json
import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

import click

from flowrun.cli.look import error_painter
from flowrun.cli.signals import HungUp, Terminated, TimeIsUp
from flowrun.errors import ExitCode, FlowrunError, StartRefused

if TYPE_CHECKING:
    from flowrun.cli.look import Paint
    from flowrun.diagnostics import Diagnostic

FOR_PROGRAMS = ("json", "jsonl")
"""Formats in which stdout holds nothing but JSON."""

DOCUMENTS = (*FOR_PROGRAMS, "sarif", "junit")
"""Formats that are UTF-8 by their nature."""

BROKEN_PIPE = 141
"""What a shell reports for a process that SIGPIPE ended."""

REPORT = "this is a bug of flowrun: please report it with the flow and the command (FLOWRUN_DEBUG=1 shows where)"


def guarded(arguments: list[str]) -> int:
    """Run a command line to its exit code. No exception leaves here."""
    output = output_format(arguments)
    prepare_streams(output)
    try:
        return outcome(arguments, output)
    except BrokenPipeError as cause:  # nobody was there to read what went wrong
        return stop_code(cause)


def outcome(arguments: list[str], output: str) -> int:
    """Run a command line, and turn whatever is raised into one message and an exit code."""
    from flowrun.cli.application import Stopped, invoke

    try:
        code = invoke(arguments)
        sys.stdout.flush()
    except Stopped as stopped:
        return stop_code(stopped.cause)
    except (KeyboardInterrupt, BrokenPipeError, click.Abort) as cause:
        return stop_code(cause)
    except FlowrunError as error:
        return refuse(error, output)
    except click.ClickException as error:
        return refuse_call(error, output)
    except Exception as error:  # noqa: BLE001 - the edge: our own bug must not look like the user's
        return confess(error, output)
    return code


def prepare_streams(output: str) -> None:
    """Documents are UTF-8 whatever the locale says; elsewhere what the locale cannot write becomes `?`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8" if output in DOCUMENTS else None, errors="replace")


def stop_code(cause: BaseException) -> int:
    """The exit code of a call that was stopped from outside."""
    if isinstance(cause, BrokenPipeError):
        # Nobody reads any more. What is still buffered goes nowhere, or Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    if isinstance(cause, TimeIsUp):
        return ExitCode.FAILED
    if isinstance(cause, HungUp):
        return ExitCode.HUNG_UP
    return ExitCode.TERMINATED if isinstance(cause, Terminated) else ExitCode.INTERRUPTED


def output_format(arguments: list[str]) -> str:
    """`json`, `jsonl`, or whatever else `--output` or `--format` says; looked up by hand, as the call may be what is wrong."""
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in ("--output", "--format"):
            return value if equals else "".join(arguments[place + 1 : place + 2])
    variable = "FLOWRUN_OUTPUT" if arguments[:1] in (["run"], ["restart"], ["replay"], ["resume"]) else "FLOWRUN_FORMAT"
    return os.environ.get(variable, "")


def refuse(error: FlowrunError, output: str) -> int:
    """Tell why nothing was done, and give the exit code that belongs to it."""
    hint = error.hint
    if hint is None and isinstance(error, StartRefused) and error.input_id:
        hint = f"give it with --input {error.input_id}=…"
    tell(error.code, error.message, hint, output)
    return error.exit_code


def refuse_call(error: click.ClickException, output: str) -> int:
    """Tell what is wrong with the options or arguments."""
    context = getattr(error, "ctx", None)
    hint = f"`{context.command_path} --help` lists the options" if context else None
    tell("usage", error.format_message(), hint, output)
    return ExitCode.USAGE


def confess(error: Exception, output: str) -> int:
    """Own up to a bug of ours."""
    if os.environ.get("FLOWRUN_DEBUG"):
        import traceback

        traceback.print_exception(error)
    tell("internal", f"internal error: {type(error).__name__}: {error}", REPORT, output)
    return ExitCode.INTERNAL


def tell(code: str, message: str, hint: str | None, output: str = "text", *, paint: Paint | None = None) -> None:
    """One message: on stderr for people, as the one JSON document on stdout for programs."""
    if output in FOR_PROGRAMS:
        sys.stdout.write(error_document(code, message, output=output))
        sys.stdout.flush()
        return
    paint = paint or error_painter()
    sys.stderr.write(f"{paint('error', 'error')}{paint('title', ':')} {message.strip()}\n")
    if hint:
        sys.stderr.write(f"  {paint('hint', 'hint:')} {hint}\n")


def error_document(code: str, message: str, diagnostics: tuple[Diagnostic, ...] = (), *, output: str = "json") -> str:
    """`{"error": …}`, as `docs/schemas/error.json` describes it; in one line where events are lines."""
    document = {"error": {"code": code, "message": message, "diagnostics": [as_json(one) for one in diagnostics]}}
    return json.dumps(document, ensure_ascii=False, indent=None if output == "jsonl" else 2) + "\n"


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as programs see it; line and column count from 1, null where there is no place."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "line": span and span.line,
        "column": span and span.column,
        "endLine": span and span.end_line,
        "endColumn": span and span.end_column,
        "path": diagnostic.path,
        "hint": diagnostic.hint,
    }
