"""How an execution goes on: what is ready is created and dispatched, what is done is closed (flow reference, 4.2 to 4.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.engine.attempts import PLANNED_FAILURE, await_retry, next_try, plan_of, start_attempt
from flowrun.engine.conditions import holds
from flowrun.engine.group import AFTER_EXECUTION, Group
from flowrun.engine.messages import EnterFolder, FolderEntered, FolderLeft, LeaveFolder
from flowrun.engine.outputs import render_outputs
from flowrun.engine.recall import adopt
from flowrun.engine.retry import tolerated
from flowrun.engine.scope import execution_variables
from flowrun.engine.steps import InOrder
from flowrun.engine.turn import TaskContext, Turn
from flowrun.engine.waiting import another_pass, stop
from flowrun.errors import FlowrunError, TemplateError
from flowrun.model.events import (
    AttemptWithdrawn,
    ExecutionOutputsSet,
    ExecutionStateChanged,
    TaskRunCreated,
    TaskRunOutputsSet,
)
from flowrun.model.execution import Mock, TaskRun
from flowrun.model.log import LogLevel
from flowrun.model.state import State, StateType
from flowrun.model.task import TASKS, FlowableTask, FolderTask, NoBranch, StoppingTask, Task, Unresolvable
from flowrun.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowrun.engine.run import Run
    from flowrun.model.execution import Execution, PlannedFailure


def settle(turn: Turn) -> None:
    """Advance every touched group until nothing is left to do in this turn. None is while the execution is PAUSED."""
    run = turn.run
    while run.loose or (run.touched and run.execution.current is not StateType.PAUSED):
        if run.loose:
            dispatch(turn, run.loose.popleft())
            continue
        group = run.touched.popleft()
        if not group.closed:
            advance_group(turn, group)


def advance_group(turn: Turn, group: Group) -> None:
    """Create what is ready in a group, go over to its next list, or close it (flow reference, 4.2)."""
    existing = group.take_up() if group.earlier else ()
    over = turn.run.over.get(group.key) == group.branch
    if over:
        group.steps.ready.clear()
    if group.cut_short or group.steps.done or (over and not group.unfinished):
        if not over and another_pass(turn, group):
            return
        branch = None if group.verdict else group.next_branch()
        if branch is None and group.branch == TASKS and group.retrying:
            return  # a failed group without handlers waits until the next attempt begins
        if branch is None:
            close_group(turn, group)
            return
        group.enter(branch)
    for task_run in create_ready(turn, group):
        if task_run.current is StateType.CREATED:
            dispatch(turn, task_run)
    for task_run in existing:
        bring_back(turn, task_run)


def create_ready(turn: Turn, group: Group) -> list[TaskRun]:
    """Create a task run for everything that is ready in the group."""
    created = []
    ready = group.steps.ready
    parent_id = group.owner.id if group.owner else None
    while ready:
        planned = ready.popleft()
        task_run = TaskRun(
            turn.run.new_id(),
            planned.task.id,
            State.created(turn.now),
            parent_id,
            planned.value,
            planned.iteration,
        )
        turn.emit(TaskRunCreated(turn.now, task_run, group.branch))
        created.append(task_run)
    return created


def dispatch(turn: Turn, task_run: TaskRun) -> None:
    """Skip a created task run, open its group, or have its body run."""
    task = turn.run.task(task_run)
    if isinstance(task, FlowableTask):
        dispatch_flowable(turn, task_run, task)
    elif task.run_if is None or may_run(turn, task_run, task, task.run_if):
        start_attempt(turn, task_run, task, plan_of(turn, task_run))


def may_run(turn: Turn, task_run: TaskRun, task: Task, source: str) -> bool:
    """Whether `runIf` holds; if not, the task run is over: SKIPPED, or FAILED when it can't be rendered."""
    try:
        wanted = holds(render(source, turn.variables(task_run), turn.run.host))
    except TemplateError as problem:
        cause = f"Failed to evaluate the runIf condition for task {task.id}. Cause: {problem}"
        turn.log(LogLevel.ERROR, cause, task_run)
        turn.change(task_run, StateType.FAILED)
        return False
    if not wanted:
        turn.change(task_run, StateType.SKIPPED)
    return wanted


def dispatch_flowable(turn: Turn, task_run: TaskRun, task: FlowableTask) -> None:
    """Compute the flowable's own outputs, look at `runIf`, and open its group."""
    context = TaskContext(turn, task_run)
    plan = plan_of(turn, task_run)
    if plan is None and (outputs := own_outputs(task, context)):
        turn.emit(TaskRunOutputsSet(turn.now, task_run.id, outputs))
    if task.run_if is not None and not may_run(turn, task_run, task, task.run_if):
        return
    turn.change(task_run, StateType.RUNNING)
    if plan is not None:
        end_as_planned(turn, task_run, task, plan)
    elif isinstance(task, FolderTask):
        turn.commands.append(EnterFolder(task_run.id))
    elif not isinstance(task, StoppingTask):
        open_flowable(turn, task_run, task, context)
    elif not stop(turn, task_run, task):
        fail_to_open(turn, task_run)


def end_as_planned(turn: Turn, task_run: TaskRun, task: FlowableTask, plan: PlannedFailure | Mock) -> None:
    """A flowable ends before any child of it exists, on purpose."""
    if isinstance(plan, Mock):
        turn.emit(TaskRunOutputsSet(turn.now, task_run.id, plan.outputs))
        turn.change(task_run, StateType.SUCCESS)
    else:
        turn.log(LogLevel.ERROR, PLANNED_FAILURE, task_run)
        fail_to_open(turn, task_run, tolerated(task, StateType.FAILED))


def open_flowable(turn: Turn, task_run: TaskRun, task: FlowableTask, context: TaskContext) -> None:
    """Open the group of a running flowable; one that cannot say what comes next has failed."""
    try:
        steps = task.steps(context)
    except NoBranch:
        execution = turn.run.execution
        flow = f"flow '{execution.namespace}.{execution.flow_id}'"
        message = f"No task found on {flow}, task '{task.id}', execution '{execution.id}'"
        turn.log(LogLevel.WARN, message, task_run)
        # What the server makes of a group that is over before it has begun.
        fail_to_open(turn, task_run, StateType.FAILED if task.finally_ else tolerated(task, StateType.FAILED))
        return
    except (TemplateError, Unresolvable) as error:
        turn.log(LogLevel.ERROR, f"Unable to resolve state from the Flowable task: {error}", task_run)
        fail_to_open(turn, task_run)
        return
    open_group(turn, task_run.id, Group(task_run, task, steps, errors=task.errors, finally_=task.finally_))


def open_errors(turn: Turn, task_run: TaskRun, task: FlowableTask) -> None:
    """Only the handlers of a flowable run, as for one that has failed already."""
    group = Group(task_run, task, InOrder(()), errors=task.errors, finally_=task.finally_)
    group.counts[StateType.FAILED] = 1
    open_group(turn, task_run.id, group)


def fail_to_open(turn: Turn, task_run: TaskRun, state: StateType = StateType.FAILED) -> None:
    """A flowable ends before any child of it exists; those of an earlier process end with it."""
    turn.end_earlier(task_run, state)
    turn.change(task_run, state)


def open_group(turn: Turn, key: str | None, group: Group) -> None:
    turn.run.groups[key] = group
    turn.run.touched.append(group)
    for task_run in adopt(group, turn.run.earlier.pop(key, ()), turn.run.branches):
        bring_back(turn, task_run)


def bring_back(turn: Turn, task_run: TaskRun) -> None:
    """Take up one task run where an earlier process left it."""
    task = turn.run.task(task_run)
    match task_run.current:
        case StateType.CREATED | StateType.RESTARTED:
            dispatch(turn, task_run)
        case StateType.RETRYING:
            failed_at = task_run.state.histories[-1][1]
            await_retry(turn, task_run, next_try(turn, task_run, task, failed_at) or failed_at)
        case StateType.RUNNING if isinstance(task, FlowableTask) and task_run.id not in turn.run.groups:
            open_flowable(turn, task_run, task, TaskContext(turn, task_run))


def close_group(turn: Turn, group: Group) -> None:
    """A group is finished: its owner ends in the state that follows, and so does what is still open in it."""
    group.closed = True
    if group.branch == AFTER_EXECUTION:
        turn.run.finished = True
    elif group.owner is None or group.task is None:
        finish_execution(turn, group.guess())
    else:
        state = group.verdict or group.task.settle(tolerated(group.task, group.guess()))
        turn.end_flowables(group, state)
        if isinstance(group.task, FolderTask):
            group.verdict = state
            turn.commands.append(LeaveFolder(group.owner.id))
        else:
            end_flowable(turn, group.owner, group.task, state)


def enter_folder(turn: Turn, message: FolderEntered) -> None:
    """The children of a task run may begin, now that their directory is ready."""
    task_run = turn.run.execution.task_runs.get(message.task_run_id)
    if task_run is None or task_run.current is not StateType.RUNNING or turn.run.stopping is not None:
        return
    task = turn.run.task(task_run)
    assert isinstance(task, FolderTask)
    if message.problem is None:
        open_flowable(turn, task_run, task, TaskContext(turn, task_run))
    else:
        turn.log(LogLevel.ERROR, f"Failed preExecuteTasks on WorkingDirectory: {message.problem}", task_run)
        turn.emit(AttemptWithdrawn(turn.now, task_run.id))
        fail_to_open(turn, task_run, tolerated(task, StateType.FAILED))


def leave_folder(turn: Turn, message: FolderLeft) -> None:
    """A task run ends, now that nobody needs its directory any more."""
    group = turn.run.groups.get(message.task_run_id)
    if group is None or group.owner is None or group.owner.current is not StateType.RUNNING:
        return
    task, state = group.task, group.verdict or StateType.SUCCESS
    assert task is not None
    if message.problem is not None:
        turn.log(LogLevel.ERROR, message.problem, group.owner)
        state = tolerated(task, StateType.FAILED)
    elif message.outputs:
        turn.emit(TaskRunOutputsSet(turn.now, group.owner.id, message.outputs))
    end_flowable(turn, group.owner, task, state)


def end_flowable(turn: Turn, task_run: TaskRun, task: FlowableTask, state: StateType) -> None:
    """Compute the outputs once more, as the server does, and end the task run."""
    outputs = own_outputs(task, TaskContext(turn, task_run))
    if outputs and outputs != task_run.outputs:
        turn.emit(TaskRunOutputsSet(turn.now, task_run.id, outputs))
    turn.run.groups.pop(task_run.id, None)
    turn.change(task_run, state)


def own_outputs(task: FlowableTask, context: TaskContext) -> Mapping[str, Any] | None:
    """The flowable's own outputs; None where they can't be computed, which `steps` reports."""
    try:
        return task.outputs(context)
    except (TemplateError, Unresolvable):
        return None


def finish_execution(turn: Turn, state: StateType) -> None:
    """Outputs, terminal state, then `afterExecution` (flow reference, 4.5)."""
    flow = turn.run.flow
    if flow.outputs and state is not StateType.RETRIED:
        state = set_outputs(turn, state)
    turn.end_unfinished(state)
    end_execution(turn, state)


def end_execution(turn: Turn, state: StateType) -> None:
    """The terminal state; what listens to it and `afterExecution` are all that can still come."""
    flow = turn.run.flow
    turn.emit(ExecutionStateChanged(turn.now, state))
    tasks = [*listening(turn), *(flow.after_execution or ())]
    open_group(turn, AFTER_EXECUTION, Group(None, None, InOrder(tasks), branch=AFTER_EXECUTION))


def listening(turn: Turn) -> Iterator[Task]:
    """The tasks of the listeners whose conditions hold."""
    run = turn.run
    for listener in run.flow.listeners or ():
        try:
            wanted = all(one.holds(Ended(run)) for one in listener.conditions or ())
        except (TemplateError, Unresolvable) as problem:
            turn.log(LogLevel.WARN, f"Unable to evaluate the conditions of a listener. Cause: {problem}", None)
            continue
        if wanted:
            yield from listener.tasks


class Ended:
    """See `flowrun.model.trigger.ConditionContext`."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @property
    def execution(self) -> Execution:
        return self.run.execution

    def render(self, source: str) -> str:
        return render(source, execution_variables(self.run), self.run.host)


def set_outputs(turn: Turn, state: StateType) -> StateType:
    """Render the flow's outputs; one that can't be rendered fails the execution."""
    try:
        outputs, warnings = render_outputs(turn.run.flow.outputs or (), execution_variables(turn.run), turn.run.host)
    except FlowrunError as problem:
        turn.log(LogLevel.ERROR, f"Failed to render output values: {problem}", None)
        return StateType.FAILED
    for warning in warnings:
        turn.log(LogLevel.WARN, warning, None)
    turn.emit(ExecutionOutputsSet(turn.now, outputs))
    return state
