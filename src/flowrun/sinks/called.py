"""Where a flow failed that another one called, for the summary of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.model.events import ExecutionCreated, ExecutionRestarted, ExecutionStateChanged, LogWritten
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.sinks.summary import FailedCall, Told, failure

if TYPE_CHECKING:
    from flowrun.model.events import Event
    from flowrun.model.execution import Execution
    from flowrun.sinks.lines import Symbols
    from flowrun.sinks.origin import Origin


class FailedCalls:
    """Watches a called execution, and tells `told` of the run that is shown when it fails.

    What it remembers of the execution ends with it: a task may call a hundred thousand.
    """

    def __init__(self, told: Told, origin: Origin, symbols: Symbols, *, narrow: bool) -> None:
        self.told = told
        self.own = Told(called=told.called)  # what it called itself
        self.origin = origin
        self.symbols = symbols
        self.narrow = narrow
        self.execution: Execution | None = None

    def handle(self, event: Event) -> None:
        """Remember the complaints of the tasks until it is known how the execution ends."""
        match event:
            case LogWritten() if event.entry.level is LogLevel.ERROR:
                self.own.errors[event.entry.task_run_id] = event.entry.message
            case ExecutionCreated() | ExecutionRestarted():
                self.execution = event.execution
            case ExecutionStateChanged(state=StateType.FAILED) if self.execution:
                self.tell(self.execution)

    def tell(self, execution: Execution) -> None:
        """Keep which execution failed, and at what."""
        variables = (execution.trigger or {}).get("variables") or {}
        title = f"{execution.namespace}.{execution.flow_id} {execution.id} ends in FAILED state"
        lines = failure(execution, self.own, self.origin, self.symbols, narrow=self.narrow, flow=execution.flow_id)
        self.told.called[variables.get("taskRunId", "")] = FailedCall(title, lines)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held back."""
