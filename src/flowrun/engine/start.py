"""A flow and what its caller gives become an execution, or a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowrun.engine.conditions import holds
from flowrun.engine.evolve import evolve, without_nulls
from flowrun.engine.inputs import Resolution, flatten
from flowrun.engine.run import Run
from flowrun.engine.scope import execution_variables, nested, start_variables
from flowrun.engine.uris import uri_problem
from flowrun.errors import StartRefused, TemplateError
from flowrun.model.events import Event, ExecutionCreated, LogWritten
from flowrun.model.execution import ENCRYPTED, Execution
from flowrun.model.flow import Check, CheckBehavior
from flowrun.model.inputs import SecretInput
from flowrun.model.log import LogLevel
from flowrun.model.masking import Masking
from flowrun.model.state import State
from flowrun.model.storage import SCHEME, execution_uri, input_uri
from flowrun.template import render, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from flowrun.model.execution import Mock, PlannedFailure
    from flowrun.model.flow import Flow
    from flowrun.template import Host

    Upload = Callable[[str, str], None]
    """Told the URI that the file of an input is to have, and its path. Raises `OSError` when it cannot be read."""


def start(
    flow: Flow,
    raw_inputs: Mapping[str, Any],
    labels: Mapping[str, str],
    *,
    now: datetime,
    new_id: Callable[[], str],
    random: Callable[[], float],
    envs: Mapping[str, str],
    seal: Callable[[str], str],
    host: Host | None = None,
    upload: Upload | None = None,
    virtual_time: bool = False,
    trigger: Mapping[str, Any] | None = None,
    planned: Mapping[str, PlannedFailure | Mock] | None = None,
    until: str | None = None,
    masking: Masking | None = None,
) -> tuple[Run, list[Event]]:
    """A run whose execution is CREATED, and the events that say so. `trigger`, `planned`, `until`: see `Execution`.

    `seal` encrypts what must not be kept as it is: the values of SECRET inputs. `host` is whom the templates of inputs
    may ask; without `upload` no file is taken; `masking` learns the SECRET inputs. Raises `StartRefused` with Kestra's sentence: a disabled flow, a missing
    or invalid input, a check that forbids the start (only of what somebody starts: a caller is not asked).
    """
    execution = new_execution(flow, labels, new_id(), now)
    execution.virtual_time = virtual_time
    execution.trigger = dict(trigger) if trigger else None
    execution.planned, execution.until = dict(planned or {}), until
    execution.masking = masking or Masking()
    execution.masking.hide(map(to_text, secret_inputs(flow, raw_inputs).values()))
    inputs, defaults = resolution(flow, raw_inputs, execution, envs, host=host, upload=upload).resolve_all()
    secret = secret_inputs(flow, {**defaults, **inputs})
    sealed = {name: {"value": seal(value), "type": ENCRYPTED} for name, value in secret.items()}
    execution.inputs = nested({name: sealed.get(name, value) for name, value in inputs.items()})
    execution.hidden_inputs = nested({name: sealed.get(name, value) for name, value in defaults.items()})
    seen = nested({**defaults, **inputs})
    execution.masking.hide(secret.values())
    run = Run(flow, execution, new_id, random, envs=envs, inputs=seen)
    run.host = host
    if trigger is None:
        run.failed_checks = failed_checks(run)
    events: list[Event] = [ExecutionCreated(now, execution)]
    if execution.caller_id is None:
        about = f"for workflow {flow.namespace}.{flow.id} but isn't declared in the workflow inputs"
        warnings = [f"Input {name} was provided {about}" for name in unused(run, raw_inputs)]
        events += [LogWritten(run.log_entry(now, LogLevel.WARN, text)) for text in warnings]
    for event in events:
        evolve(run, event)
    return run, events


def failed_checks(run: Run) -> list[Check]:
    """The checks of a flow that do not hold (flow reference, 10.8). Raises `StartRefused` when one of them forbids the start."""
    failed = [one for one in run.flow.checks or () if not passes(one, run)]
    if any(one.behavior is CheckBehavior.BLOCK_EXECUTION for one in failed):
        messages = ", ".join(one.message for one in failed)
        raise StartRefused(
            f"Flow execution blocked: one or more condition checks evaluated to false.\nFailed checks: {messages}"
        )
    return failed


def passes(check: Check, run: Run) -> bool:
    """Whether a check holds. Raises `StartRefused` when that cannot be told."""
    try:
        return holds(render(check.condition, execution_variables(run), run.host))
    except TemplateError as problem:
        raise StartRefused(f"Failed to evaluate check condition. Cause: {problem}") from problem


def new_execution(flow: Flow, labels: Mapping[str, str], execution_id: str, now: datetime) -> Execution:
    """A CREATED execution that has no inputs yet."""
    return Execution(
        id=execution_id,
        namespace=flow.namespace,
        flow_id=flow.id,
        flow_revision=flow.revision or 1,
        state=State.created(now),
        labels=execution_labels(flow, labels, execution_id),
        variables=without_nulls(flow.variables or {}),
    )


def resolution(
    flow: Flow,
    raw: Mapping[str, Any],
    execution: Execution,
    envs: Mapping[str, str],
    *,
    host: Host | None = None,
    upload: Upload | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Resolution:
    """What gives the inputs of a start their values. Raises `StartRefused` for a disabled flow.

    `seen`: what their templates see of an execution that runs already; the inputs that are asked for go over its own.
    """
    if flow.disabled:
        raise StartRefused("Requested Flow is disabled.", hint="remove `disabled: true` from the flow")
    variables = {**(seen or start_variables(flow, execution, envs)), "globals": {}, "kestra": {}}
    folder = execution_uri(flow.namespace, flow.id, execution.id)

    def uploaded(input_id: str, path: str) -> str:
        uri = input_uri(folder, input_id, path)
        if problem := uri_problem(uri):
            cause = problem.replace(SCHEME, "//", 1)
            hint = f"give `{path}` another name"
            raise StartRefused(f"java.net.URISyntaxException: {cause}", input_id=input_id, hint=hint)
        if upload is not None:
            upload(uri, path)
        return uri

    return Resolution(flow.inputs or (), raw, variables, host=host, upload=uploaded)


def secret_inputs(flow: Flow, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the SECRET inputs that have one."""
    declared = flatten(flow.inputs or ())
    found = ((one.id, inputs.get(one.id)) for one in declared if isinstance(one, SecretInput))
    return {name: value for name, value in found if value is not None}


def execution_labels(flow: Flow, given: Mapping[str, str], execution_id: str) -> dict[str, str]:
    """The flow's labels, those of the start over them, and the correlation id (flow reference, 1.2)."""
    own = {key: value for key, value in flow.labels.items() if not key.startswith("system.")}
    return {"system.correlationId": execution_id, **own, **given}


def unused(run: Run, raw: Mapping[str, Any]) -> list[str]:
    """The values that were given and not used, by name: there is no such input, or it is switched off."""
    declared = {one.id for one in flatten(run.flow.inputs or ())}
    return [name for name in raw if name not in declared or not is_there(run.execution.inputs, name)]


def is_there(inputs: Any, name: str) -> bool:
    """Whether nested inputs hold one with a dotted name."""
    for part in name.split("."):
        if not isinstance(inputs, dict) or part not in inputs:
            return False
        inputs = inputs[part]
    return True


def replay(flow: Flow, old: Run, *, now: datetime, attempt: int, host: Host | None = None) -> tuple[Run, list[Event]]:
    """A CREATED execution of the same flow with the inputs, labels and variables of another (flow reference, 10.5).

    `attempt`: its place in a row of retries; 1 begins a new one.
    """
    before = old.execution
    execution = replace(
        before,
        id=old.new_id(),
        state=State.created(now),
        task_runs={},
        outputs={},
        original_start=(before.original_start or before.start) if attempt > 1 else None,
        attempt=attempt,
    )
    comes_after(execution, before)
    run = Run(
        flow,
        execution,
        old.new_id,
        old.random,
        host=host,
        envs=old.envs,
        inputs=old.inputs,
    )
    event = ExecutionCreated(now, execution)
    evolve(run, event)
    return run, [event]


def comes_after(execution: Execution, before: Execution) -> None:
    """Have a CREATED execution say that it replays another."""
    execution.parent_id = before.id
    execution.original_id = before.original_id or before.id
    execution.labels = {**execution.labels, "system.replay": "true"}
