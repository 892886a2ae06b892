"""Run an execution under somebody's eyes: sinks, signals, and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.cli.signals import TimeIsUp, stoppable
from flowrun.errors import ExitCode
from flowrun.model.state import StateType

if TYPE_CHECKING:
    from datetime import timedelta

    from flowrun.app.runs import Running
    from flowrun.cli.display import Display
    from flowrun.cli.further import Further
    from flowrun.model.execution import Execution

EXIT_CODES = {
    StateType.SUCCESS: ExitCode.SUCCESS,
    StateType.WARNING: ExitCode.SUCCESS,
}


def watch(running: Running, further: Further, display: Display, *, limit: timedelta | None, on_warning: int) -> int:
    """Run to the end, or until somebody stops it; the exit code. `limit` is real time, `on_warning` the code of WARNING.

    `further` has the sinks. Raises the interrupt that stopped the run, after its result was shown.
    """
    try:
        with stoppable(limit, running.kill) as stop:
            execution = running.run_to_end()
    except (KeyboardInterrupt, BrokenPipeError) as interrupt:
        further.close()
        tell_what_stays(running, display)
        raise interrupt from None
    # Not after any other exception: a document that half tells a run must not stand beside that of the error.
    further.close()
    tell_what_stays(running, display)
    if stop.cause is not None:
        if isinstance(stop.cause, TimeIsUp):
            display.tell("note", "the run was killed: it took longer than --timeout")
        if running.kept and execution.current is StateType.KILLED:
            display.note(f"`flowrun restart {execution.id}` goes on with what was cut short")
        raise stop.cause
    if running.paused:
        tell_how_to_resume(running, execution, display)
        return ExitCode.PAUSED
    return on_warning if execution.current is StateType.WARNING else EXIT_CODES.get(execution.current, ExitCode.FAILED)


def tell_what_stays(running: Running, display: Display) -> None:
    """Name the working directories that `--keep-workdir` keeps."""
    for task_id, folder in running.kept_folders:
        display.tell("note", f"the working directory of `{task_id}` stays at {folder}")


def tell_how_to_resume(running: Running, execution: Execution, display: Display) -> None:
    """Nobody was there to give the word: say how it is given later."""
    if not running.kept:
        display.tell("warning", "the run is paused and was not kept: nobody can go on with it")
        return
    for paused in running.paused:
        display.tell("note", f"`flowrun resume {paused.id}` goes on with it")
        if paused is not execution:
            display.tell("note", f"`flowrun restart {execution.id}` then goes on with the flow that called it")
