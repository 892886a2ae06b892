"""Run an execution under somebody's eyes: sinks, signals, and the exit code."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from flowrun.cli.signals import TimeIsUp, stoppable
from flowrun.errors import ExitCode
from flowrun.model.state import StateType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from flowrun.app.runs import Running
    from flowrun.cli.display import Display
    from flowrun.model.sink import Sink

EXIT_CODES = {
    StateType.SUCCESS: ExitCode.SUCCESS,
    StateType.WARNING: ExitCode.SUCCESS,
    StateType.PAUSED: ExitCode.PAUSED,
}


def watch(
    running: Running, sinks: Sequence[Sink], display: Display, *, limit: timedelta | None, on_warning: int
) -> int:
    """Run to the end, or until somebody stops it; the exit code. `limit` is real time, `on_warning` the code of WARNING.

    Raises the interrupt that stopped the run, after its result was shown.
    """
    try:
        with stoppable(limit, running.kill) as stop:
            execution = running.run_to_end()
    except (KeyboardInterrupt, BrokenPipeError) as interrupt:
        close(sinks)
        raise interrupt from None
    # Not after any other exception: a document that half tells a run must not stand beside that of the error.
    close(sinks)
    if stop.cause is not None:
        if isinstance(stop.cause, TimeIsUp):
            display.tell("note", "the run was killed: it took longer than --timeout")
        if running.kept and execution.current is StateType.KILLED:
            display.note(f"`flowrun restart {execution.id}` goes on with what was cut short")
        raise stop.cause
    return on_warning if execution.current is StateType.WARNING else EXIT_CODES.get(execution.current, ExitCode.FAILED)


def close(sinks: Sequence[Sink]) -> None:
    """Have the sinks write what they still hold, the last one first; one that cannot does not keep the others from it."""
    with ExitStack() as stack:
        for sink in sinks:
            stack.callback(sink.close)
