"""`flowrun restart`: go on with an execution that failed, was killed, or whose process died."""

from typing import Annotated

import typer

from flowrun.app import kept
from flowrun.app.runs import RunOptions
from flowrun.cli.display import Display, make_sinks
from flowrun.cli.further import Further
from flowrun.cli.inputs import split_pair
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
from flowrun.diagnostics import did_you_mean
from flowrun.errors import UsageError
from flowrun.loading.source import Source
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.model.workplace import KeepWorkdir, Runner

SETTABLE = (StateType.SUCCESS, StateType.WARNING, StateType.FAILED)
"""The states from which a flow goes on."""

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def restart(
    execution: ExecutionId = None,
    *,
    last: Last = False,
    task_run_state: Annotated[
        list[str] | None,
        typer.Option(
            "--task-run-state",
            metavar="TASK=STATE",
            envvar="FLOWRUN_TASK_RUN_STATE",
            show_default=False,
            help="Go on as if this task (or task run) had ended in this state; repeatable.",
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
    """Go on with an execution: what failed or was cut short runs again, what is done is kept.

    The flow is the one that the execution began with, as it was then.
    """
    display = Display(output, color, ascii, log_level, quiet)
    limit = duration_option(timeout, "--timeout")
    wanted = [split_state(one) for one in task_run_state or ()]
    folder_option(flows, "--flows")
    files = folder_option(namespace_files, "--namespace-files")
    secrets, envs = read_secrets(secrets_file or ()), read_envs(env_file or ())
    taken = kept.take_up(execution_wanted(execution, last=last))
    source = Source(taken.stored.source, taken.stored.source_name)
    sinks = make_sinks(taken.flow, source, display, taken.logs)
    further = Further(sinks, display)
    options = RunOptions(
        virtual_time=virtual_time,
        jobs=jobs,
        runner=runner,
        flows=flows,
        deep=flows is not None,
        keep_workdir=keep_workdir,
        offline=offline,
        secrets={**nearby_secrets(source.name, display.note), **secrets},
        envs=envs,
        namespace_files=files,
        more=further,
        ask=asker(display, no_input=no_input),
    )
    tell_places(taken.flow, runner, display)
    running = kept.restart(taken, sinks, options, display.warn, wanted)
    return watch(running, further, display, limit=limit, on_warning=exit_code_on_warning)


def split_state(pair: str) -> tuple[str, StateType]:
    """`TASK=STATE`. Raises `UsageError`."""
    task, state = split_pair(pair, "--task-run-state")
    if state.upper() not in StateType.__members__:
        hint = did_you_mean(state.upper(), StateType.__members__)
        raise UsageError(f"--task-run-state: there is no state `{state}`", hint=hint)
    if (found := StateType(state.upper())) not in SETTABLE:
        hint = f"a task run can be set to {', '.join(SETTABLE)}"
        raise UsageError(f"--task-run-state: nothing goes on from `{found.value}`", hint=hint)
    return task, found
