"""Options that several commands share. Each has its variable, which the command line overrides."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flowrun.cli.look import ColorChoice
from flowrun.errors import UsageError
from flowrun.model.durations import parse_duration
from flowrun.model.log import LogLevel
from flowrun.model.workplace import KeepWorkdir, Runner


class TextOrJson(StrEnum):
    """For people or for programs."""

    TEXT = "text"
    JSON = "json"


class FlowFormat(StrEnum):
    """For people, for programs, or as a chart."""

    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"


class RunOutput(StrEnum):
    """For people, as one document, or an event a line as it happens."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


Color = Annotated[
    ColorChoice,
    typer.Option(envvar="FLOWRUN_COLOR", help="When to use colour. NO_COLOR and FORCE_COLOR count for auto."),
]
Ascii = Annotated[bool, typer.Option("--ascii", envvar="FLOWRUN_ASCII", help="Draw with ASCII characters only.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        metavar="ID=VALUE",
        show_default=False,
        help="An input; repeatable. ID=@FILE takes the text of a file, ID=- the standard input. "
        "FLOWRUN_INPUT_<ID> does the same with less weight.",
    ),
]
InputsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--inputs-file",
        metavar="FILE",
        envvar="FLOWRUN_INPUTS_FILE",
        show_default=False,
        help="A YAML or JSON map of inputs, - for stdin; repeatable: later files and --input go over it.",
    ),
]
Output = Annotated[
    RunOutput,
    typer.Option("--output", envvar="FLOWRUN_OUTPUT", help="json: one document on stdout; jsonl: an event a line."),
]
Format = Annotated[TextOrJson, typer.Option("--format", envvar="FLOWRUN_FORMAT", help="json: one document on stdout.")]
Level = Annotated[
    LogLevel,
    typer.Option(
        "--log-level", envvar="FLOWRUN_LOG_LEVEL", case_sensitive=False, help="The least level of log lines shown."
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", envvar="FLOWRUN_QUIET", help="Show the outputs and the result only.")
]
VirtualTime = Annotated[
    bool, typer.Option("--virtual-time", envvar="FLOWRUN_VIRTUAL_TIME", help="Jump over waiting times.")
]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        envvar="FLOWRUN_TIMEOUT",
        help="Kill the run after this real time: PT5M, or seconds.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", min=1, envvar="FLOWRUN_JOBS", show_default="4 x cores, at most 32", help="Worker threads."),
]
NoInput = Annotated[bool, typer.Option("--no-input", envvar="FLOWRUN_NO_INPUT", help="Never ask; CI does the same.")]
ScriptRunner = Annotated[
    Runner,
    typer.Option(
        "--runner",
        envvar="FLOWRUN_RUNNER",
        help="What runs scripts that want a container; auto: an engine where there is one.",
    ),
]
KeepWorkdirs = Annotated[
    KeepWorkdir,
    typer.Option(
        "--keep-workdir",
        envvar="FLOWRUN_KEEP_WORKDIR",
        help="Which working directories stay; failure: those of tasks that did not end well.",
    ),
]
Offline = Annotated[
    bool,
    typer.Option("--offline", envvar="FLOWRUN_OFFLINE", help="Use no network; what scripts do is not hindered."),
]
ExitCodeOnWarning = Annotated[
    int,
    typer.Option(
        "--exit-code-on-warning",
        min=0,
        max=255,
        envvar="FLOWRUN_EXIT_CODE_ON_WARNING",
        help="The exit code of state WARNING.",
    ),
]
SecretsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--secrets-file",
        metavar="FILE",
        envvar="FLOWRUN_SECRETS_FILE",
        show_default=False,
        help="Secrets in plain text, as lines KEY=value or a YAML map; repeatable. They go over SECRET_<KEY> (in Base64).",
    ),
]
EnvFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--env-file",
        metavar="FILE",
        envvar="FLOWRUN_ENV_FILE",
        show_default=False,
        help="What templates see as envs, as lines NAME=value or a YAML map; repeatable. It goes over ENV_<NAME>.",
    ),
]
FlowsFolder = Annotated[
    Path | None,
    typer.Option(
        "--flows", metavar="DIR", envvar="FLOWRUN_FLOWS", help="Where sub-flows are found.", show_default=False
    ),
]
NamespaceFolder = Annotated[
    Path | None,
    typer.Option(
        "--namespace-files",
        metavar="DIR",
        envvar="FLOWRUN_NAMESPACE_FILES",
        show_default=False,
        help="A folder that stands for the files of the flow's namespace; tasks may write there.",
    ),
]
ExecutionId = Annotated[
    str | None,
    typer.Argument(metavar="[ID]", show_default=False, help="An execution; the beginning of its id will do."),
]
Last = Annotated[bool, typer.Option("--last", envvar="FLOWRUN_LAST", help="The newest execution, in place of an id.")]


def duration_option(text: str | None, option: str) -> timedelta | None:
    """The value of an option that takes a duration. Raises `UsageError`."""
    if text is None:
        return None
    try:
        return parse_duration(text)
    except (ValueError, OverflowError) as problem:
        raise UsageError(
            f"{option}: `{text}` is not a duration", hint="write seconds (`90`) or ISO-8601 (`PT1M30S`)"
        ) from problem


def execution_wanted(execution: str | None, *, last: bool) -> str:
    """The id, or `--last`. Raises `UsageError` unless exactly one of them was given."""
    if last == bool(execution):
        raise UsageError("name one execution: its id, or --last", hint="`flowrun history` lists them")
    return "--last" if last else str(execution)


def folder_option(folder: Path | None, option: str) -> Path | None:
    """The value of an option that takes a folder. Raises `UsageError` when there is none."""
    if folder is not None and not folder.is_dir():
        raise UsageError(f"{option}: there is no folder `{folder}`")
    return folder
