"""What the script tasks of every language have (reference of the flow file, chapter 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from flowrun.model.namespace_files import NamespaceFiles
from flowrun.model.properties import Deprecated, Templated
from flowrun.model.task import Task


class RunnerType(StrEnum):
    """Where the process runs, in the deprecated way."""

    PROCESS = "PROCESS"
    DOCKER = "DOCKER"


class TargetOS(StrEnum):
    """The system whose shell runs the commands."""

    LINUX = "LINUX"
    WINDOWS = "WINDOWS"
    AUTO = "AUTO"


@dataclass(frozen=True, kw_only=True)
class ScriptTask(Task):
    """Runs one process; where and on which image is up to `taskRunner`, whose properties are those of its own type."""

    output_fields: ClassVar[dict[str, str]] = {
        "exitCode": "integer",
        "outputFiles": "object",
        "taskRunner": "any",
        "vars": "object",
    }

    task_runner: dict[str, Any] | None = None
    container_image: Templated[str | None] = None
    runner: Annotated[RunnerType | None, Deprecated("write `taskRunner`")] = None
    docker: Annotated[dict[str, Any] | None, Deprecated("write `taskRunner`")] = None
    before_commands: Templated[list[str] | None] = None
    interpreter: Templated[list[str]] = field(default_factory=lambda: ["/bin/sh", "-c"])
    fail_fast: Templated[bool] = True
    env: Templated[dict[str, str] | None] = None
    input_files: Templated[Any] = None
    output_files: Templated[list[str] | None] = None
    namespace_files: NamespaceFiles | None = None
    output_directory: Annotated[Templated[bool], Deprecated("write `outputFiles`")] = False
    warning_on_std_err: Annotated[Templated[bool | None], Deprecated("it has no effect")] = None
    targetOS: Templated[TargetOS] = TargetOS.AUTO  # noqa: N815 -- `target_os` would be `targetOs` in the file


@dataclass(frozen=True, kw_only=True)
class Script(ScriptTask):
    """Runs a text, in the language of the type."""

    script: Templated[str]


@dataclass(frozen=True, kw_only=True)
class Commands(ScriptTask):
    """Runs lines of a shell, where the language of the type is at hand."""

    commands: Templated[list[str]]
