"""One message in, events and commands out: the heart of the engine.

`decide` folds each event as it makes it (with `evolve`, like everybody else), so that the next
step of the same turn sees it. It advances only the groups that the message touched; what it costs
does not depend on how many task runs there are.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from flowrun.engine.changes import changed_variables
from flowrun.engine.conditions import holds
from flowrun.engine.evolve import evolve
from flowrun.engine.group import AFTER_EXECUTION, TASKS, Group
from flowrun.engine.messages import (
    Abort,
    AwaitSlot,
    Begin,
    BodyFailed,
    BodyKilled,
    BodySucceeded,
    CancelBody,
    Command,
    Kill,
    Message,
    Restart,
    RunBody,
    SlotGranted,
    StartTimer,
    Timer,
    TimerFired,
    TimerKind,
)
from flowrun.engine.outputs import render_outputs
from flowrun.engine.recall import adopt, recall
from flowrun.engine.retry import next_attempt, tolerated
from flowrun.engine.scope import execution_variables, task_variables
from flowrun.engine.steps import InOrder
from flowrun.errors import FlowrunError, TemplateError
from flowrun.model.durations import format_clock, parse_duration
from flowrun.model.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    ExecutionOutputsSet,
    ExecutionRestarted,
    ExecutionStateChanged,
    LabelsSet,
    LogWritten,
    TaskRunCreated,
    TaskRunOutputsSet,
    TaskRunStateChanged,
    VariablesSet,
)
from flowrun.model.execution import TaskRun
from flowrun.model.flow import ConcurrencyBehavior
from flowrun.model.log import LogLevel
from flowrun.model.state import State, StateType
from flowrun.model.task import ExecutionChange, FlowableTask, NoBranch, RunnableTask, Task, Unresolvable
from flowrun.template import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from flowrun.engine.run import Run
    from flowrun.model.retry import Retry
    from flowrun.template import Host


def decide(run: Run, message: Message, now: datetime) -> tuple[list[Event], list[Command]]:
    """Answer one message. `now` is aware, UTC. The events are already folded into `run`."""
    turn = Turn(run, now)
    ANSWERS[type(message)](turn, message)
    turn.settle()
    return turn.events, turn.commands


class TaskContext:
    """What a flowable may ask: its templates, rendered as one of its own properties would be."""

    def __init__(self, variables: Mapping[str, Any], host: Host | None) -> None:
        self.variables = variables
        self.host = host

    def render(self, source: str) -> str:
        return render(source, self.variables, self.host)


class Turn:
    """One call of `decide`: what happened in it so far, and which groups it touched."""

    def __init__(self, run: Run, now: datetime) -> None:
        self.run = run
        self.now = now
        self.events: list[Event] = []
        self.commands: list[Command] = []
        self.touched: deque[Group] = deque()

    # --- what a message means

    def begin(self, message: Begin) -> None:
        if self.admitted(message.running):
            self.go_on()

    def restart(self, message: Restart) -> None:
        """Mark what is to run again (flow reference, 10.5), then go on as after a start."""
        plan, execution = message.plan, self.run.execution
        self.emit(ExecutionRestarted(self.now, execution, plan.removed))
        self.emit(LabelsSet(self.now, {**execution.labels, "system.restarted": "true"}))
        for task_run in list(execution.task_runs.values()):
            if task_run.id in plan.flowables:
                self.emit(TaskRunStateChanged(self.now, task_run.id, StateType.RUNNING))
            elif task_run.id in plan.bodies:
                self.emit(TaskRunStateChanged(self.now, task_run.id, StateType.RESTARTED))
        self.emit(ExecutionStateChanged(self.now, StateType.RESTARTED))
        if self.admitted(message.running):
            self.go_on()

    def slot_granted(self, message: SlotGranted) -> None:  # noqa: ARG002
        if self.run.execution.current is StateType.QUEUED:
            self.go_on()

    def admitted(self, running: int | None) -> bool:
        """Whether a slot of the flow's `concurrency` is free; if not, do what its behavior says (flow reference, 10.1)."""
        concurrency = self.run.flow.concurrency
        if running is None or concurrency is None:
            return True
        if concurrency.behavior is ConcurrencyBehavior.QUEUE:
            reason = f"Execution is queued due to concurrency limit exceeded, {running} running(s)"
            self.log(LogLevel.INFO, reason, None)
            self.emit(ExecutionStateChanged(self.now, StateType.QUEUED))
            self.commands.append(AwaitSlot())
        elif concurrency.behavior is ConcurrencyBehavior.CANCEL:
            self.end_execution(StateType.CANCELLED)
        else:
            self.log(LogLevel.ERROR, "Execution is FAILED due to concurrency limit exceeded", None)
            self.end_execution(StateType.FAILED)
        return False

    def go_on(self) -> None:
        """Open the flow's group; what is there from an earlier process goes back to work when its turn comes."""
        flow = self.run.flow
        self.emit(ExecutionStateChanged(self.now, StateType.RUNNING))
        if self.run.execution.task_runs:
            recall(self.run)
        self.open(None, Group(None, None, InOrder(flow.tasks), errors=flow.errors, finally_=flow.finally_))

    def bring_back(self, task_run: TaskRun) -> None:
        """Take up one task run where an earlier process left it."""
        task = self.run.task(task_run)
        match task_run.current:
            case StateType.CREATED | StateType.RESTARTED:
                self.dispatch(task_run)
            case StateType.RETRYING:
                failed_at = task_run.state.histories[-1][1]
                self.await_retry(task_run, self.next_try(task_run, task, failed_at) or failed_at)
            case StateType.RUNNING if isinstance(task, FlowableTask):
                self.open_flowable(task_run, task, TaskContext(self.variables(task_run), self.run.host))

    def body_succeeded(self, message: BodySucceeded) -> None:
        if task_run := self.current_attempt(message.task_run_id, message.attempt):
            task = self.run.task(task_run)
            state = StateType.SUCCESS
            if message.attempt > 1 and (retry := self.retry_of(task_run, task)) and retry.warning_on_retry:
                state = StateType.WARNING
            if message.change is not None:
                self.change_execution(message.change)
            if message.change is not None and message.change.end is not None:
                self.exit(task_run, message.change.end)
            else:
                self.end_attempt(task_run, state, tolerated(task, state), message.outputs)
            self.stopped(task_run.id)

    def change_execution(self, change: ExecutionChange) -> None:
        """What comes next sees the new labels and variables."""
        execution = self.run.execution
        if change.labels:
            self.emit(LabelsSet(self.now, {**execution.labels, **change.labels}))
        if change.variables or change.removed:
            self.emit(VariablesSet(self.now, changed_variables(execution.variables, change)))

    def exit(self, task_run: TaskRun, state: StateType) -> None:
        """A task ends the execution (flow reference, 6.2): a failure has its handlers, any other end skips what is left."""
        self.end_attempt(task_run, state, state, None)
        root = self.run.groups.get(None)
        if state is StateType.FAILED or root is None or self.run.execution.current.is_terminal:
            return
        if state is StateType.KILLED:
            self.kill(Kill())
            return
        root.closed = True
        self.end_unfinished(root, state)
        self.finish_execution(state)

    def body_failed(self, message: BodyFailed) -> None:
        if task_run := self.current_attempt(message.task_run_id, message.attempt):
            if message.message:
                task = self.run.task(task_run)
                of_execution = isinstance(task, RunnableTask) and task.edits_execution
                self.log(LogLevel.ERROR, message.message, None if of_execution else task_run)
            self.fail(task_run, message.outputs)
            self.stopped(task_run.id)

    def body_killed(self, message: BodyKilled) -> None:
        stopping = self.run.stopping or ()
        if message.task_run_id in stopping and self.current_attempt(message.task_run_id, message.attempt):
            self.emit(TaskRunStateChanged(self.now, message.task_run_id, StateType.KILLED))
            self.stopped(message.task_run_id)

    def timer_fired(self, message: TimerFired) -> None:
        timer = message.timer
        task_run = self.run.execution.task_runs[timer.task_run_id]
        if timer.kind is TimerKind.RETRY:
            if task_run.current is StateType.RETRYING:
                self.retry(task_run)
        elif self.run.stopping is None and self.current_attempt(timer.task_run_id, timer.attempt):
            self.commands.append(CancelBody(task_run.id, timer.attempt))
            self.log(LogLevel.ERROR, f"Timeout after {format_clock(timer.duration)}", task_run)
            self.fail(task_run, None)

    def kill(self, message: Kill) -> None:  # noqa: ARG002
        """End what has not begun, tell the bodies, and wait for them (flow reference, 10.6).

        When the main work has ended already, it is `afterExecution` that is cut short; the state stays.
        """
        if self.run.stopping is not None:
            return
        if self.run.groups and not self.run.execution.current.is_terminal:
            self.emit(ExecutionStateChanged(self.now, StateType.KILLING))
        for group in self.run.groups.values():
            group.closed = True
        self.run.stopping = set()
        for task_run in self.unfinished():
            if self.at_work(task_run):
                self.run.stopping.add(task_run.id)
                self.commands.append(CancelBody(task_run.id, len(task_run.attempts)))
            elif not isinstance(self.run.task(task_run), FlowableTask):
                self.emit(TaskRunStateChanged(self.now, task_run.id, StateType.KILLED))
        self.end_kill()

    def stopped(self, task_run_id: str) -> None:
        """A body has ended: if it was one that a kill waits for, the kill may be over."""
        if self.run.stopping is not None and task_run_id in self.run.stopping:
            self.run.stopping.discard(task_run_id)
            self.end_kill()

    def end_kill(self) -> None:
        """When no body is at work any more: the flowables end, then the execution."""
        if self.run.stopping:
            return
        for task_run in self.unfinished():
            self.emit(TaskRunStateChanged(self.now, task_run.id, StateType.KILLED))
        if self.run.execution.current.is_terminal:
            self.run.finished = True
        else:
            self.run.stopping = None
            self.end_execution(StateType.KILLED)

    def abort(self, message: Abort) -> None:  # noqa: ARG002
        for task_run in self.unfinished():
            self.emit(TaskRunStateChanged(self.now, task_run.id, StateType.KILLED))
        if not self.run.execution.current.is_terminal:
            self.emit(ExecutionStateChanged(self.now, StateType.KILLED))
        self.run.finished = True

    def unfinished(self) -> list[TaskRun]:
        """The task runs that have not ended, children before those around them."""
        return [one for one in reversed(self.run.execution.task_runs.values()) if not one.current.is_terminal]

    def at_work(self, task_run: TaskRun) -> bool:
        """Whether a body runs for it."""
        return task_run.current is StateType.RUNNING and not isinstance(self.run.task(task_run), FlowableTask)

    # --- one task run

    def create(self, group: Group) -> list[TaskRun]:
        """Create a task run for everything that is ready in the group."""
        created = []
        ready = group.steps.ready
        parent_id = group.owner.id if group.owner else None
        while ready:
            planned = ready.popleft()
            task_run = TaskRun(
                self.run.new_id(),
                planned.task.id,
                State.created(self.now),
                parent_id,
                planned.value,
                planned.iteration,
            )
            self.emit(TaskRunCreated(self.now, task_run, group.branch))
            created.append(task_run)
        return created

    def dispatch(self, task_run: TaskRun) -> None:
        """Skip a created task run, open its group, or have its body run."""
        task = self.run.task(task_run)
        if isinstance(task, FlowableTask):
            self.dispatch_flowable(task_run, task)
        elif task.run_if is None or self.may_run(task_run, task, task.run_if):
            self.start(task_run, task)

    def may_run(self, task_run: TaskRun, task: Task, source: str) -> bool:
        """Whether `runIf` holds; if not, the task run is over: SKIPPED, or FAILED when it can't be rendered."""
        try:
            wanted = holds(render(source, self.variables(task_run), self.run.host))
        except TemplateError as problem:
            cause = f"Failed to evaluate the runIf condition for task {task.id}. Cause: {problem}"
            self.log(LogLevel.ERROR, cause, task_run)
            self.change(task_run, StateType.FAILED)
            return False
        if not wanted:
            self.change(task_run, StateType.SKIPPED)
        return wanted

    def dispatch_flowable(self, task_run: TaskRun, task: FlowableTask) -> None:
        """Compute the flowable's own outputs, look at `runIf`, and open its group."""
        context = TaskContext(self.variables(task_run), self.run.host)
        if outputs := self.own_outputs(task, context):
            self.emit(TaskRunOutputsSet(self.now, task_run.id, outputs))
        if task.run_if is not None and not self.may_run(task_run, task, task.run_if):
            return
        self.change(task_run, StateType.RUNNING)
        self.open_flowable(task_run, task, context)

    def open_flowable(self, task_run: TaskRun, task: FlowableTask, context: TaskContext) -> None:
        """Open the group of a running flowable; one that cannot say what comes next has failed."""
        try:
            steps = task.steps(context)
        except NoBranch:
            execution = self.run.execution
            flow = f"flow '{execution.namespace}.{execution.flow_id}'"
            message = f"No task found on {flow}, task '{task.id}', execution '{execution.id}'"
            self.log(LogLevel.WARN, message, task_run)
            self.fail_to_open(task_run)
            return
        except (TemplateError, Unresolvable) as error:
            self.log(LogLevel.ERROR, f"Unable to resolve state from the Flowable task: {error}", task_run)
            self.fail_to_open(task_run)
            return
        self.open(task_run.id, Group(task_run, task, steps, errors=task.errors, finally_=task.finally_))

    def fail_to_open(self, task_run: TaskRun) -> None:
        self.end_earlier(task_run, StateType.FAILED)
        self.change(task_run, StateType.FAILED)

    def start(self, task_run: TaskRun, task: Task) -> None:
        """Hand the body over, with a timer where the task has a `timeout`."""
        self.emit(AttemptStarted(self.now, task_run.id))
        attempt = len(task_run.attempts)
        self.commands.append(RunBody(task_run.id, attempt))
        if task.timeout is not None and (duration := self.timeout(task_run, str(task.timeout))) is not None:
            self.commands.append(
                StartTimer(self.now + duration, Timer(TimerKind.TIMEOUT, task_run.id, attempt, duration))
            )

    def timeout(self, task_run: TaskRun, source: str) -> timedelta | None:
        """The rendered `timeout`; None, with the attempt failed, when it is none."""
        try:
            return parse_duration(render(source, self.variables(task_run), self.run.host).strip())
        except (TemplateError, ValueError) as problem:
            self.commands.append(CancelBody(task_run.id, len(task_run.attempts)))
            self.log(LogLevel.ERROR, str(problem), task_run)
            self.fail(task_run, None)
            return None

    def fail(self, task_run: TaskRun, outputs: Mapping[str, Any] | None) -> None:
        """End a failed attempt: try again later, or settle the task run."""
        task = self.run.task(task_run)
        due = self.next_try(task_run, task, self.now) if self.run.stopping is None else None
        if due is None:
            self.end_attempt(task_run, StateType.FAILED, tolerated(task, StateType.FAILED), outputs)
            return
        self.end_attempt(task_run, StateType.FAILED, StateType.RETRYING, outputs)
        self.enter(StateType.RETRYING)
        self.await_retry(task_run, due)

    def await_retry(self, task_run: TaskRun, due: datetime) -> None:
        timer = Timer(TimerKind.RETRY, task_run.id, len(task_run.attempts), due - self.now)
        self.commands.append(StartTimer(due, timer))

    def next_try(self, task_run: TaskRun, task: Task, failed_at: datetime) -> datetime | None:
        """When a failed task run is tried again; None: not any more."""
        retry = self.retry_of(task_run, task)
        if retry is None:
            return None
        first_start = task_run.attempts[0].state.start
        return next_attempt(retry, len(task_run.attempts), first_start, failed_at, self.run.random)

    def retry(self, task_run: TaskRun) -> None:
        """Begin the next attempt of a task run that waited for it."""
        self.change(task_run, StateType.CREATED)
        self.enter(StateType.RUNNING)
        self.dispatch(task_run)

    def enter(self, state: StateType) -> None:
        """The execution waits for a next try, or no longer does. One that has ended stays so: `afterExecution` runs."""
        if not self.run.execution.current.is_terminal:
            self.emit(ExecutionStateChanged(self.now, state))

    def retry_of(self, task_run: TaskRun, task: Task) -> Retry | None:
        """The task's own `retry`, else that of the nearest flowable around it, else the flow's."""
        while task.retry is None and task_run.parent_id is not None:
            task_run = self.run.execution.task_runs[task_run.parent_id]
            task = self.run.task(task_run)
        return task.retry or self.run.flow.retry

    def end_attempt(
        self, task_run: TaskRun, attempt: StateType, state: StateType, outputs: Mapping[str, Any] | None
    ) -> None:
        self.emit(AttemptEnded(self.now, task_run.id, attempt, state, outputs))
        if state.is_terminal:
            self.touch(task_run)

    def change(self, task_run: TaskRun, state: StateType) -> None:
        self.emit(TaskRunStateChanged(self.now, task_run.id, state))
        if state.is_terminal:
            self.touch(task_run)

    def stop(self, task_run: TaskRun, state: StateType) -> None:
        """End a task run from outside, whatever it is doing."""
        if self.at_work(task_run):
            self.commands.append(CancelBody(task_run.id, len(task_run.attempts)))
        self.emit(TaskRunStateChanged(self.now, task_run.id, state))

    def current_attempt(self, task_run_id: str, attempt: int) -> TaskRun | None:
        """The task run, if this attempt of it is still the one that counts."""
        task_run = self.run.execution.task_runs[task_run_id]
        still = task_run.current is StateType.RUNNING and len(task_run.attempts) == attempt
        return task_run if still else None

    # --- groups

    def open(self, key: str | None, group: Group) -> None:
        self.run.groups[key] = group
        self.touched.append(group)
        for task_run in adopt(group, self.run.earlier.pop(key, ()), self.run.branches):
            self.bring_back(task_run)

    def touch(self, task_run: TaskRun) -> None:
        """A task run ended: its group may go on."""
        if group := self.run.group_of(task_run):
            self.touched.append(group)

    def settle(self) -> None:
        """Advance every touched group until nothing is left to do in this turn."""
        while self.touched:
            group = self.touched.popleft()
            if not group.closed:
                self.advance(group)

    def advance(self, group: Group) -> None:
        """Create what is ready in a group, go over to its next list, or close it (flow reference, 4.2)."""
        existing = group.take_up() if group.earlier else ()
        cut_short = group.branch == TASKS and group.failed
        if cut_short or group.steps.done:
            branch = group.next_branch()
            if branch is None:
                self.close(group)
                return
            group.enter(branch)
        for task_run in self.create(group):
            if task_run.current is StateType.CREATED:
                self.dispatch(task_run)
        for task_run in existing:
            self.bring_back(task_run)

    def close(self, group: Group) -> None:
        """A group is finished: its owner ends in the state that follows, and so does what is still open in it."""
        group.closed = True
        if group.branch == AFTER_EXECUTION:
            self.run.finished = True
        elif group.owner is None or group.task is None:
            self.finish_execution(group.guess())
        else:
            state = group.task.settle(tolerated(group.task, group.guess()))
            self.end_unfinished(group, state)
            self.end_flowable(group.owner, group.task, state)

    def end_flowable(self, task_run: TaskRun, task: FlowableTask, state: StateType) -> None:
        """Compute the outputs once more, as the server does, and end the task run."""
        outputs = self.own_outputs(task, TaskContext(self.variables(task_run), self.run.host))
        if outputs and outputs != task_run.outputs:
            self.emit(TaskRunOutputsSet(self.now, task_run.id, outputs))
        self.run.groups.pop(task_run.id, None)
        self.change(task_run, state)

    def end_unfinished(self, group: Group, state: StateType) -> None:
        """Children that outlive their group are stamped with its state (flow reference, 4.3)."""
        for task_run in list(group.unfinished.values()):
            if inner := self.run.groups.get(task_run.id):
                inner.closed = True
                self.end_unfinished(inner, state)
            self.end_earlier(task_run, state)
            self.stop(task_run, state)

    def end_earlier(self, task_run: TaskRun, state: StateType) -> None:
        """So are the children of a flowable that an earlier process began and this one does not open again."""
        for child in self.run.earlier.pop(task_run.id, ()):
            self.end_earlier(child, state)
            if not child.current.is_terminal:
                self.stop(child, state)

    def own_outputs(self, task: FlowableTask, context: TaskContext) -> Mapping[str, Any] | None:
        """The flowable's own outputs; None where they can't be computed, which `steps` reports."""
        try:
            return task.outputs(context)
        except (TemplateError, Unresolvable):
            return None

    # --- the execution

    def finish_execution(self, state: StateType) -> None:
        """Outputs, terminal state, then `afterExecution` (flow reference, 4.5)."""
        flow = self.run.flow
        if flow.outputs:
            state = self.set_outputs(state)
        if root := self.run.groups.get(None):
            self.end_unfinished(root, state)
        self.end_execution(state)

    def end_execution(self, state: StateType) -> None:
        """The terminal state; `afterExecution` is all that can still come."""
        flow = self.run.flow
        self.emit(ExecutionStateChanged(self.now, state))
        self.open(AFTER_EXECUTION, Group(None, None, InOrder(flow.after_execution), branch=AFTER_EXECUTION))

    def set_outputs(self, state: StateType) -> StateType:
        """Render the flow's outputs; one that can't be rendered fails the execution."""
        try:
            outputs, warnings = render_outputs(
                self.run.flow.outputs or (), execution_variables(self.run), self.run.host
            )
        except FlowrunError as problem:
            self.log(LogLevel.ERROR, f"Failed to render output values: {problem}", None)
            return StateType.FAILED
        for warning in warnings:
            self.log(LogLevel.WARN, warning, None)
        self.emit(ExecutionOutputsSet(self.now, outputs))
        return state

    # --- events

    def variables(self, task_run: TaskRun) -> dict[str, Any]:
        return task_variables(self.run, task_run, self.run.task(task_run))

    def log(self, level: LogLevel, message: str, task_run: TaskRun | None) -> None:
        self.emit(LogWritten(self.run.log_entry(self.now, level, message, task_run)))

    def emit(self, event: Event) -> None:
        evolve(self.run, event)
        self.events.append(event)


ANSWERS: dict[type, Callable[[Turn, Any], None]] = {
    Begin: Turn.begin,
    Restart: Turn.restart,
    SlotGranted: Turn.slot_granted,
    BodySucceeded: Turn.body_succeeded,
    BodyFailed: Turn.body_failed,
    BodyKilled: Turn.body_killed,
    TimerFired: Turn.timer_fired,
    Kill: Turn.kill,
    Abort: Turn.abort,
}
