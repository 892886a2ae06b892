"""A flow and what its caller gives become an execution, or a refusal."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from flowrun.engine.evolve import evolve, without_nulls
from flowrun.engine.inputs import flatten, resolve
from flowrun.engine.run import Run
from flowrun.engine.scope import flow_variables, nested
from flowrun.errors import StartRefused
from flowrun.model.events import Event, ExecutionCreated, LogWritten
from flowrun.model.execution import ENCRYPTED, Execution
from flowrun.model.inputs import SecretInput
from flowrun.model.log import LogLevel
from flowrun.model.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from flowrun.model.flow import Flow


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
    virtual_time: bool = False,
) -> tuple[Run, list[Event]]:
    """A run whose execution is CREATED, and the events that say so.

    `seal` encrypts what must not be kept as it is: the values of SECRET inputs. Raises `StartRefused` with Kestra's sentence: a disabled flow, a missing or invalid input.
    """
    inputs, defaults = resolve_inputs(flow, raw_inputs)
    secret = secret_inputs(flow, {**defaults, **inputs})
    sealed = {name: {"value": seal(value), "type": ENCRYPTED} for name, value in secret.items()}
    execution_id = new_id()
    execution = Execution(
        id=execution_id,
        namespace=flow.namespace,
        flow_id=flow.id,
        flow_revision=flow.revision or 1,
        state=State.created(now),
        inputs=nested({name: sealed.get(name, value) for name, value in inputs.items()}),
        labels=execution_labels(flow, labels, execution_id),
        variables=without_nulls(flow.variables or {}),
        virtual_time=virtual_time,
        hidden_inputs=nested({name: sealed.get(name, value) for name, value in defaults.items()}),
    )
    seen = nested({**defaults, **inputs})
    run = Run(flow, execution, new_id, random, envs=envs, inputs=seen, secrets=shown_forms(secret.values()))
    events: list[Event] = [ExecutionCreated(now, execution)]
    events += [LogWritten(run.log_entry(now, LogLevel.WARN, text)) for text in undeclared(flow, raw_inputs, inputs)]
    for event in events:
        evolve(run, event)
    return run, events


def resolve_inputs(flow: Flow, raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The typed inputs of a start by id, and the defaults of those that are switched off. Raises `StartRefused`."""
    if flow.disabled:
        raise StartRefused("Requested Flow is disabled.", hint="remove `disabled: true` from the flow")
    variables = {"flow": flow_variables(flow, flow.revision or 1), "vars": flow.variables or {}}
    return resolve(flow.inputs or (), raw, variables)


def secret_inputs(flow: Flow, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The values of the SECRET inputs that have one."""
    declared = flatten(flow.inputs or ())
    return {one.id: inputs[one.id] for one in declared if isinstance(one, SecretInput) and inputs.get(one.id)}


def shown_forms(secrets: Iterable[str]) -> tuple[str, ...]:
    """The secrets as they could stand in a log, in Base64 too; the longest first, as one may hold another."""
    plain = list(secrets)
    forms = {*plain, *(b64encode(text.encode()).decode() for text in plain)}
    return tuple(sorted(forms, key=len, reverse=True))


def execution_labels(flow: Flow, given: Mapping[str, str], execution_id: str) -> dict[str, str]:
    """The flow's labels, those of the start over them, and the correlation id (flow reference, 1.2)."""
    own = {key: value for key, value in flow.labels.items() if not key.startswith("system.")}
    return {"system.correlationId": execution_id, **own, **given}


def undeclared(flow: Flow, raw: Mapping[str, Any], resolved: Mapping[str, Any]) -> list[str]:
    """A warning for each value that was given and not used: no such input, or one that is switched off."""
    declared = {one.id for one in flatten(flow.inputs or ())}
    return [
        f"Input {name} was provided for workflow {flow.namespace}.{flow.id} but isn't declared in the workflow inputs"
        for name in raw
        if name not in declared or name not in resolved
    ]
