"""Promises of a flow, watched while it runs (flow reference, 10.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.engine.conditions import holds
from flowrun.engine.messages import StartTimer, Timer, TimerKind
from flowrun.engine.scope import execution_variables
from flowrun.engine.stopping import end_now
from flowrun.errors import TemplateError
from flowrun.model.durations import format_duration
from flowrun.model.events import LabelsSet
from flowrun.model.flow import Sla, SlaBehavior, SlaType
from flowrun.model.log import BROKEN_SLA, LogLevel
from flowrun.model.state import StateType
from flowrun.template import render

if TYPE_CHECKING:
    from flowrun.engine.turn import Turn

ENDS = {SlaBehavior.FAIL: StateType.FAILED, SlaBehavior.CANCEL: StateType.CANCELLED}


def start_watching(turn: Turn) -> None:
    """Have a timer fire at the end of each duration that is promised; it counts from the start of the execution."""
    for sla in turn.run.flow.sla or ():
        if sla.type is SlaType.MAX_DURATION and sla.duration is not None:
            timer = Timer(TimerKind.SLA, sla.id, 0, sla.duration)
            turn.commands.append(StartTimer(turn.run.execution.start + sla.duration, timer))


def duration_over(turn: Turn, sla_id: str) -> None:
    """A promised duration has passed."""
    sla = next(one for one in turn.run.flow.sla or () if one.id == sla_id)
    if turn.run.execution.current.is_terminal or sla.duration is None:
        return
    took = format_duration(turn.now - turn.run.execution.start)
    violated(turn, sla, f"execution duration of {took} exceed the maximum duration of {format_duration(sla.duration)}.")


def check_assertions(turn: Turn) -> None:
    """Look at what is promised to hold all the time. Each promise is broken, or given up, once."""
    run = turn.run
    for sla in run.flow.sla or ():
        if run.execution.current.is_terminal:
            return
        if sla.type is not SlaType.EXECUTION_ASSERTION or sla.assert_ is None or sla.id in run.broken:
            continue
        try:
            kept = holds(render(sla.assert_, execution_variables(run), run.host))
        except TemplateError as problem:
            run.broken.add(sla.id)
            turn.log(LogLevel.ERROR, f"Ignoring SLA '{sla.id}' because of the error: {problem}", None)
            continue
        if not kept:
            violated(turn, sla, f"assertion is false: {sla.assert_}.")


def violated(turn: Turn, sla: Sla, reason: str) -> None:
    """Tell it, label the execution, and do what the promise's behavior says."""
    turn.run.broken.add(sla.id)
    turn.log(LogLevel.WARN, f"SLA '{sla.id}' violated: {reason}", None)
    if sla.labels:
        turn.emit(LabelsSet(turn.now, {**turn.run.execution.labels, **sla.labels}))
    if sla.behavior is SlaBehavior.FAIL:
        turn.log(LogLevel.ERROR, f"{BROKEN_SLA}SLA '{sla.id}' violated: {reason}", None)
    if end := ENDS.get(sla.behavior):
        end_now(turn, end)
