"""`flowrun resume`: give a paused execution the word to go on."""

import json
import os
import sys
from typing import TYPE_CHECKING

import typer

from flowrun.app import kept
from flowrun.app.resuming import as_flow, waiting_run
from flowrun.app.runs import RunOptions
from flowrun.cli import inputs as raw_inputs
from flowrun.cli.display import Display, make_sinks
from flowrun.cli.further import Further
from flowrun.cli.look import ColorChoice, error_painter
from flowrun.cli.options import (
    Ascii,
    Color,
    EnvFiles,
    ExecutionId,
    ExitCodeOnWarning,
    FlowsFolder,
    Inputs,
    InputsFiles,
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
from flowrun.cli.prompts import ask_for_inputs, can_ask
from flowrun.cli.variables import nearby_secrets, read_envs, read_secrets
from flowrun.cli.watch import watch
from flowrun.cli.word import asker
from flowrun.errors import ExitCode
from flowrun.loading.source import Source
from flowrun.model.log import LogLevel
from flowrun.model.workplace import KeepWorkdir, Runner, Workplace

if TYPE_CHECKING:
    from flowrun.model.execution import Execution

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def resume(
    execution: ExecutionId = None,
    *,
    last: Last = False,
    input: Inputs = None,  # noqa: A002 - the name of the option
    inputs_file: InputsFiles = None,
    output: Output = RunOutput.TEXT,
    log_level: Level = LogLevel.INFO,
    quiet: Quiet = False,
    color: Color = ColorChoice.AUTO,
    ascii: Ascii = False,  # noqa: A002
    virtual_time: VirtualTime = False,
    timeout: Timeout = None,
    jobs: Jobs = None,
    runner: ScriptRunner = Runner.PROCESS,
    keep_workdir: KeepWorkdirs = KeepWorkdir.NEVER,
    offline: Offline = False,
    no_input: NoInput = False,
    exit_code_on_warning: ExitCodeOnWarning = 0,
    secrets_file: SecretsFiles = None,
    env_file: EnvFiles = None,
    namespace_files: NamespaceFolder = None,
    flows: FlowsFolder = None,
) -> int:
    """Go on with an execution that is paused. The inputs are those of the Pause's `onResume`.

    When another process runs it and waits, that one goes on; else this one does.
    """
    display = Display(output, color, ascii, log_level, quiet)
    limit = duration_option(timeout, "--timeout")
    folder_option(flows, "--flows")
    files = folder_option(namespace_files, "--namespace-files")
    secrets, envs = read_secrets(secrets_file or ()), read_envs(env_file or ())
    wanted = kept.find_paused(execution_wanted(execution, last=last))
    flow = as_flow(wanted.flow, waiting_run(wanted.flow, wanted.execution))
    given = raw_inputs.gather_inputs(flow, input or (), inputs_file or (), os.environ)
    if flow.inputs and not no_input and can_ask(os.environ):
        workplace = Workplace(offline=offline)
        given = ask_for_inputs(flow, given, error_painter(color), workplace, wanted.seen)
    if wanted.live:
        kept.resume_elsewhere(wanted, given)
        sys.stdout.write(handed_over(wanted.execution, output))
        return ExitCode.SUCCESS
    taken = kept.take_up(wanted.execution.id)
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
    running = kept.resume(taken, given, sinks, options, display.warn)
    return watch(running, further, display, limit=limit, on_warning=exit_code_on_warning)


def handed_over(execution: "Execution", output: RunOutput) -> str:
    """What is written when another process goes on; as JSON `{"resumed": …}` (`docs/schemas/resumed.json`)."""
    if output is RunOutput.TEXT:
        return f"{execution.id} resumed\n"
    about = {"id": execution.id, "namespace": execution.namespace, "flowId": execution.flow_id}
    return json.dumps({"resumed": about}, indent=None if output is RunOutput.JSONL else 2) + "\n"
