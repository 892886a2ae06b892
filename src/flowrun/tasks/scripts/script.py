"""What the script tasks of every language have and do (reference of the flow file, chapter 7)."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.namespace_files import NamespaceFiles
from flowrun.model.properties import Deprecated, Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.scripts.containers import PROCESS_RUNNER, Container, engine_for
from flowrun.tasks.scripts.host import host_environment
from flowrun.tasks.scripts.languages import Language, language_of
from flowrun.tasks.scripts.protocol import OutputReader
from flowrun.template import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowrun.model.run_context import RunContext

STORED_FILE = re.compile(r"kestra://[-a-zA-Z0-9%._+~#=/]*")
NOT_FOUND = 127
"""The exit code of a shell that does not find a command."""


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
class ScriptTask(RunnableTask):
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
    interpreter: Templated[list[str] | None] = None
    fail_fast: Templated[bool] = True
    env: Templated[dict[str, str] | None] = None
    input_files: Templated[Any] = None
    output_files: Templated[list[str] | None] = None
    namespace_files: NamespaceFiles | None = None
    output_directory: Annotated[Templated[bool], Deprecated("write `outputFiles`")] = False
    warning_on_std_err: Annotated[Templated[bool | None], Deprecated("it has no effect")] = None
    targetOS: Templated[TargetOS] = TargetOS.AUTO  # noqa: N815 -- `target_os` would be `targetOs` in the file

    def own_variables(self, ctx: RunContext) -> Mapping[str, Any]:
        """The folder of the process, and the one whose files are kept when `outputDirectory` is on."""
        own = {"workingDir": str(ctx.working_dir)}
        written: Any = self.output_directory  # a text until it is rendered, unless it is the default
        if isinstance(written, str) and ctx.render(written) == "true":
            own["outputDir"] = str(output_folder(ctx))
        return own

    def run(self, ctx: RunContext) -> dict[str, Any]:
        """Run the process. Its outputs are kept when it fails, too."""
        if self.namespace_files is not None:
            ctx.load_namespace_files(self.namespace_files)
        if self.input_files is not None:
            ctx.write_input_files(self.input_files)
        reader = OutputReader(ctx)
        code = self.run_process(ctx, reader)
        outputs = {"vars": reader.outputs, "exitCode": code, "outputFiles": self.captured(ctx)}
        if code:
            raise TaskFailed(f"Command failed with exit code {code}{self.why(code)}", outputs=outputs)
        ctx.log(LogLevel.DEBUG, "Command succeed with exit code 0")
        return outputs

    def run_process(self, ctx: RunContext, reader: OutputReader) -> int:
        """Run it where it is to run: its exit code. Raises `TaskFailed` when it cannot be started."""
        engine = engine_for(ctx.workplace.runner) if self.wants_container else None
        return self.run_here(ctx, reader) if engine is None else self.run_in_container(ctx, reader, engine)

    def run_here(self, ctx: RunContext, reader: OutputReader) -> int:
        """Run it on this machine."""
        program = self.language.interpreter[0]
        if self.interpreter is None and not shutil.which(program):
            raise TaskFailed(self.needs(program))
        with self.on_host(ctx) as language:
            variables = {**host_environment(), **language, **self.variables(ctx)}
            return ctx.run_process(self.command(ctx), reader.take, environment=variables, folder=str(ctx.working_dir))

    def run_in_container(self, ctx: RunContext, reader: OutputReader, engine: str) -> int:
        """Run it in a container."""
        if lines := self.container_lines():
            ctx.workplace.use_network(f"task `{self.id}`", f"call `{lines[0]}` in a container")
        # The container of an earlier attempt may still be on its way out.
        name = f"flowrun-{task_run_id(ctx)}-{ctx.variables['taskrun']['attemptsCount']}"
        container = Container(engine, self.image(ctx), name, self.container_options, self.mounts())
        variables = {**self.in_container(), **self.variables(ctx)}
        return container.run(ctx, self.command(ctx, *lines), variables, reader.take)

    # --- what is run

    def command(self, ctx: RunContext, *first: str) -> list[str]:
        """The interpreter and the text it is given: all lines share one shell. `first`: lines before all others."""
        lines = [*first, *(self.before_commands or ()), *self.lines(ctx)]
        if self.fail_fast and self.targetOS is not TargetOS.WINDOWS:
            lines = [self.language.fail_fast, *lines]
        text = with_local_files("\n".join(lines), ctx)
        return [*(self.interpreter or self.language.interpreter), text]

    def lines(self, ctx: RunContext) -> list[str]:
        """What comes after `beforeCommands`."""
        raise NotImplementedError

    def variables(self, ctx: RunContext) -> dict[str, str]:
        """The environment that the task itself gives."""
        own = {"WORKING_DIR": str(ctx.working_dir)}
        if self.output_directory:
            own["OUTPUT_DIR"] = str(output_folder(ctx))
        given = {key: to_text(value) for key, value in (self.env or {}).items() if value is not None}
        return {**own, **given}

    @property
    def language(self) -> Language:
        """The language of the type."""
        return language_of(self.type)

    @contextmanager
    def on_host(self, ctx: RunContext) -> Iterator[dict[str, str]]:  # noqa: ARG002 - languages need it
        """Have what the language needs on this machine while the process runs; yields environment variables."""
        yield {}

    # --- containers

    @property
    def wants_container(self) -> bool:
        """Whether a server runs it in a container: it does unless it is told otherwise."""
        if self.runner is not None:
            return self.runner is RunnerType.DOCKER
        return self.task_runner is None or self.task_runner.get("type") != PROCESS_RUNNER

    @property
    def named_image(self) -> str | None:
        """The image that the flow asks for; that of the language when it asks for a container and names none."""
        named = self.container_image or (self.docker or {}).get("image")
        asked = self.task_runner is not None or self.runner is not None
        return str(named or self.default_image) if named or asked else None

    @property
    def default_image(self) -> str:
        """What a container is made of when the flow does not say it."""
        return self.language.image

    def image(self, ctx: RunContext) -> str:
        """The image of the container."""
        return self.container_image or ctx.render(str((self.docker or {}).get("image") or self.default_image))

    @property
    def container_options(self) -> dict[str, Any]:
        """The properties of the container's runner."""
        return {**(self.docker or {}), **(self.task_runner or {})}

    def in_container(self) -> dict[str, str]:
        """Environment variables of the language in a container."""
        return {}

    def container_lines(self) -> list[str]:
        """Lines that bring what the language needs into a container."""
        return []

    def mounts(self) -> list[str]:
        """Folders of this machine that the container may read."""
        return []

    # --- what came of it

    def captured(self, ctx: RunContext) -> dict[str, str]:
        """The files that are kept, by their path: all in `outputDir`, and those that `outputFiles` names."""
        kept = {}
        if self.output_directory:
            folder = f"{task_run_id(ctx)}/"
            for name, path in ctx.working_files([f"{folder}**"]).items():
                with path.open("rb") as file:
                    kept[name.removeprefix(folder)] = ctx.put_file(file, name.removeprefix(folder))
        return kept | (ctx.capture_output_files(self.output_files) if self.output_files else {})

    def why(self, code: int) -> str:
        """More to an exit code: the program of the language is missing."""
        program = next(iter(self.language.command), None)
        if code != NOT_FOUND or program is None or shutil.which(program):
            return ""
        return f": {self.needs(program)}"

    def needs(self, program: str) -> str:
        """What is said of a program of the language that is not there."""
        return f"task `{self.id}` needs `{program}`, which is not on PATH; install {self.language.product}"


@dataclass(frozen=True, kw_only=True)
class Script(ScriptTask):
    """Runs a text, in the language of the type."""

    script: Templated[str]

    head: ClassVar[str] = ""
    """What is put in front of the text."""

    def lines(self, ctx: RunContext) -> list[str]:
        """The text itself for a shell; else what runs the file that holds it."""
        from shlex import join

        if not self.language.command:
            return [self.script]
        descriptor, path = mkstemp(prefix="script-", suffix=self.language.extension, dir=ctx.working_dir)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.head + with_local_files(self.script, ctx))
        return [join([*self.language.command, Path(path).name])]


@dataclass(frozen=True, kw_only=True)
class Commands(ScriptTask):
    """Runs lines of a shell, where the language of the type is at hand."""

    commands: Templated[list[str]]

    def lines(self, ctx: RunContext) -> list[str]:  # noqa: ARG002 - as in `ScriptTask`
        """The commands."""
        return self.commands


def task_run_id(ctx: RunContext) -> str:
    """The id of the task run."""
    return str(ctx.variables["taskrun"]["id"])


def output_folder(ctx: RunContext) -> Path:
    """`outputDir`: a folder of this task run, as others may share its working directory."""
    folder = ctx.working_dir / task_run_id(ctx)
    folder.mkdir(exist_ok=True)
    return folder


def with_local_files(text: str, ctx: RunContext) -> str:
    """The text with the path of a copy in the place of each `kestra:///` URI. Raises `TaskFailed`."""
    return STORED_FILE.sub(lambda found: local_copy(found[0], ctx), text)


def local_copy(uri: str, ctx: RunContext) -> str:
    """The path of a copy of a stored file, in the working directory."""
    try:
        with ctx.storage.open(uri) as source:
            descriptor, path = mkstemp(suffix=".tmp", dir=ctx.working_dir)
            with os.fdopen(descriptor, "wb") as target:
                shutil.copyfileobj(source, target)
    except OSError as problem:
        raise TaskFailed(f"{uri} ({problem.strerror})") from problem
    return path
