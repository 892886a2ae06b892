"""`flowrun replay`: run an execution once more, as a new one: from its beginning, or from one of its tasks."""

from typing import Annotated

import typer

from flowrun.app import kept
from flowrun.app.runs import RunOptions
from flowrun.cli.display import Display, make_sinks
from flowrun.cli.further import Further
from flowrun.cli.look import ColorChoice
from flowrun.cli.options import (
    Ascii,
    Color,
    EnvFiles,
    ExecutionId,
    ExitCodeOnWarning,
    FlowsFolder,
    Jobs,
    KeepWorkdirs,
    Last,
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
    execution_wanted,
    folder_option,
)
from flowrun.cli.places import tell_places
from flowrun.cli.variables import nearby_secrets, read_envs, read_secrets
from flowrun.cli.watch import watch
from flowrun.cli.word import asker
from flowrun.loading.source import Source
from flowrun.model.log import LogLevel
from flowrun.model.workplace import KeepWorkdir, Runner

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def replay(
    execution: ExecutionId = None,
    *,
    last: Last = False,
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="ID",
            envvar="FLOWRUN_TASK",
            show_default=False,
            help="Begin with this task, or this task run; what stood before it is copied.",
        ),
    ] = None,
    output: Output = RunOutput.TEXT,
    log_level: Level = LogLevel.INFO,
    quiet: Quiet = False,
    color: Color = ColorChoice.AUTO,
    ascii: Ascii = False,  # noqa: A002
    virtual_time: VirtualTime = False,
    timeout: Timeout = None,
    jobs: Jobs = None,
    no_input: NoInput = False,
    runner: ScriptRunner = Runner.PROCESS,
    keep_workdir: KeepWorkdirs = KeepWorkdir.NEVER,
    offline: Offline = False,
    exit_code_on_warning: ExitCodeOnWarning = 0,
    secrets_file: SecretsFiles = None,
    env_file: EnvFiles = None,
    namespace_files: NamespaceFolder = None,
    flows: FlowsFolder = None,
) -> int:
    """Run an execution once more, as a new one with the same inputs.

    The flow is the one that the execution began with, as it was then.
    """
    display = Display(output, color, ascii, log_level, quiet)
    limit = duration_option(timeout, "--timeout")
    folder_option(flows, "--flows")
    files = folder_option(namespace_files, "--namespace-files")
    secrets, envs = read_secrets(secrets_file or ()), read_envs(env_file or ())
    ended = kept.look_up(execution_wanted(execution, last=last))
    sinks = make_sinks(ended.flow, Source(ended.stored.source, ended.stored.source_name), display)
    further = Further(sinks, display)
    options = RunOptions(
        virtual_time=virtual_time,
        jobs=jobs,
        runner=runner,
        flows=flows,
        deep=flows is not None,
        keep_workdir=keep_workdir,
        offline=offline,
        secrets={**nearby_secrets(ended.stored.source_name, display.note), **secrets},
        envs=envs,
        namespace_files=files,
        more=further,
        ask=asker(display, no_input=no_input),
    )
    tell_places(ended.flow, runner, display)
    running = kept.replay(ended, task, sinks, options, display.warn)
    return watch(running, further, display, limit=limit, on_warning=exit_code_on_warning)
