"""Flows that tasks call: each runs in an execution of its own, in this process, by the same loop."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from flowrun.engine.messages import BodyFailed, BodyKilled, BodySucceeded, CallRefused, Kill
from flowrun.engine.outputs import render_outputs, write_outputs
from flowrun.engine.scope import execution_variables
from flowrun.errors import FlowMissing, FlowrunError
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.engine.messages import Message
    from flowrun.model.execution import Execution
    from flowrun.model.task import CallingTask, FlowCall, FlowCalls
    from flowrun.runtime.live import LiveExecution
    from flowrun.runtime.run_context import TaskRunContext

AT_ONCE = 200
"""Executions that one task has at work; the others wait until one of them has ended."""

BEGINNING = frozenset({StateType.SUBMITTED, StateType.RUNNING})
"""The states at the end of the history of a task run whose body begins."""

DEEPEST = 100
"""Calls within each other: a flow that calls itself without end must not take all memory."""


class Launcher(Protocol):
    """Makes executions."""

    def call(self, call: FlowCall, calling: Calling) -> LiveExecution:
        """The execution of a called flow. Raises `FlowMissing`, `StartRefused`, `FlowInvalid`."""
        ...

    def replay(self, live: LiveExecution) -> LiveExecution:
        """A new execution of the same flow, with the same inputs, that takes the place of another."""
        ...


class Inbox(Protocol):
    """The part of the loop that is needed here."""

    def add(self, live: LiveExecution) -> None: ...

    def send(self, live: LiveExecution, message: Message) -> None: ...


class Calling:
    """A task run that calls flows. `alive`: the executions at work, each with the number of its call; `results`: what is
    remembered of those that have ended; `before`: the ids of those that it had called in an earlier process, by their
    `iteration`, once somebody has looked.
    """

    def __init__(
        self, live: LiveExecution, task: CallingTask, context: TaskRunContext, attempt: int, calls: FlowCalls
    ) -> None:
        self.live = live
        self.task = task
        self.context = context
        self.task_run = context.task_run
        self.attempt = attempt
        self.wait = calls.wait
        self.pending = deque(enumerate(calls.calls))
        self.alive: dict[str, tuple[int, Called]] = {}
        self.results: dict[int, Any] = {}
        self.before: dict[int | None, str] | None = None
        self.cancelled = False

    @property
    def again(self) -> bool:
        """Whether an earlier process has begun this already, or a restart has it done once more."""
        states = [state for state, _ in self.task_run.state.histories]
        return next(one for one in reversed(states) if one not in BEGINNING) is StateType.RESTARTED


class Called:
    """See `flowrun.model.task.CalledExecution`."""

    def __init__(self, live: LiveExecution) -> None:
        self.live = live

    @property
    def execution(self) -> Execution:
        return self.live.run.execution

    def outputs(self) -> Mapping[str, Any] | None:
        run = self.live.run
        if not run.flow.outputs:
            return None
        outputs, _ = render_outputs(run.flow.outputs, execution_variables(run), run.host)
        return outputs

    def written_outputs(self) -> tuple[Mapping[str, Any], Sequence[str]] | None:
        run = self.live.run
        return write_outputs(run.flow.outputs, execution_variables(run), run.host) if run.flow.outputs else None

    def render(self, source: str) -> str:
        return render(source, execution_variables(self.live.run), self.live.run.host)


class Calls:
    """The calls at work in a loop."""

    def __init__(self, loop: Inbox, launcher: Launcher | None) -> None:
        self.loop = loop
        self.launcher = launcher
        self.at_work: dict[tuple[str, int], Calling] = {}

    def begin(
        self, live: LiveExecution, task: CallingTask, context: TaskRunContext, attempt: int, calls: FlowCalls
    ) -> None:
        """Call the flows. Without `wait` the task has its answer before any of them has run."""
        calling = Calling(live, task, context, attempt, calls)
        if calling.wait:
            self.at_work[context.task_run.id, attempt] = calling
        else:
            live.secure()  # the executions know of no caller that would have to be on disk before them
        while calling.pending and len(calling.alive) < AT_ONCE:
            if not self.call_next(calling):
                return
        if not calling.alive:
            self.answer(calling)

    def call_next(self, calling: Calling) -> bool:
        """Call the next flow; False, with the caller told, when that is not possible."""
        number, call = calling.pending.popleft()
        try:
            child = self.launch(call, calling)
        except FlowrunError as problem:
            logged = isinstance(problem, FlowMissing)
            message = CallRefused(calling.task_run.id, calling.attempt, problem.message, logged=logged)
            self.loop.send(calling.live, message)
            self.stop(calling)
            return False
        child.depth = calling.live.depth + 1
        child.caller = calling if calling.wait else None
        called = Called(child)
        if calling.wait and child.first is not None:
            calling.alive[child.id] = (number, called)
        else:
            calling.results[number] = calling.task.call_ended(calling.context, number, called)
        execution = child.run.execution
        link = f'[[link execution="{child.id}" flowId="{execution.flow_id}" namespace="{execution.namespace}"]]'
        # The server stamps this line with the moment at which the task run began.
        entry = calling.live.run.log_entry(
            calling.task_run.state.start, LogLevel.INFO, f"Created new execution {link}", calling.task_run
        )
        calling.live.write(entry)
        for warning in child.told_to_caller:
            calling.live.log(calling.task_run, LogLevel.WARN, [warning])
        if child.first is not None:
            self.loop.add(child)
        return True

    def launch(self, call: FlowCall, calling: Calling) -> LiveExecution:
        """The execution of a call. Raises `FlowrunError`."""
        if calling.live.depth >= DEEPEST:
            raise FlowMissing(f"Flows call each other more than {DEEPEST} deep")
        assert self.launcher is not None, "a loop without a launcher runs no such task"
        return self.launcher.call(call, calling)

    def over(self, child: LiveExecution) -> None:
        """An execution has ended: the task run that waits for it may have all that it waits for."""
        calling = child.caller
        if calling is None:
            return
        number, called = calling.alive.pop(child.id)
        calling.results[number] = calling.task.call_ended(calling.context, number, called)
        if calling.pending and not calling.cancelled and not self.call_next(calling):
            return
        if not calling.alive:
            self.answer(calling)

    def answer(self, calling: Calling) -> None:
        """Tell the caller how its calls have ended."""
        self.at_work.pop((calling.task_run.id, calling.attempt), None)
        run_id, attempt = calling.task_run.id, calling.attempt
        if calling.cancelled:
            self.loop.send(calling.live, BodyKilled(run_id, attempt))
            return
        state, outputs = calling.task.ended(calling.context, [calling.results[one] for one in sorted(calling.results)])
        if state is StateType.FAILED:
            self.loop.send(calling.live, BodyFailed(run_id, attempt, "", outputs))
        else:
            done = BodySucceeded(run_id, attempt, outputs, state=state, idle=not calling.results)
            self.loop.send(calling.live, done)

    def cancel(self, live: LiveExecution, task_run_id: str, attempt: int) -> bool:
        """Have the executions that a task run called killed; it is gone when they are. False: it called none."""
        calling = self.at_work.get((task_run_id, attempt))
        if calling is None or calling.live is not live:
            return False
        self.stop(calling)
        return True

    def stop(self, calling: Calling) -> None:
        """Call no more flows, and have those that run killed."""
        calling.cancelled = True
        calling.pending.clear()
        for _, called in calling.alive.values():
            self.loop.send(called.live, Kill())
        if not calling.alive:
            self.at_work.pop((calling.task_run.id, calling.attempt), None)
