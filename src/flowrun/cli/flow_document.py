"""`flowrun show FLOW --format json`, and how both formats see a flow: which tasks hang on which, what is set."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from flowrun.cli.inputs import declared_inputs, variable_name
from flowrun.loading.plan import camel_case
from flowrun.model.durations import format_duration
from flowrun.model.inputs import SecretInput, ValueType
from flowrun.model.log import MASK
from flowrun.model.task import FlowableTask, Task
from flowrun.sinks.values import json_ready
from flowrun.tasks.flow.dag import DagTask
from flowrun.tasks.flow.subflow import Subflow
from flowrun.triggers.dates import DatesUnknown, next_dates
from flowrun.triggers.schedule import Schedule
from flowrun.triggers.schedule_on_dates import ScheduleOnDates

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from flowrun.loading.needs import Need
    from flowrun.model.flow import Flow
    from flowrun.model.inputs import Input
    from flowrun.model.trigger import Trigger

TASK_LISTS = ("tasks", "errors", "finally_", "after_execution")
OF_EVERY_TASK = {"disabled", "run_if", "allow_failure", "allow_warning", "retry", "timeout"}
OF_A_FLOWABLE = {
    *("condition", "value", "values", "items", "concurrent", "concurrency_limit", "pause_duration"),
    *("namespace", "flow_id"),
}
OF_A_TRIGGER = {
    *("description", "disabled", "conditions", "states", "preconditions"),
    *("cron", "with_seconds", "timezone", "schedule_conditions", "dates"),
}

HANDLERS = ("errors", "finally")
LABELS = {"tasks": "", "defaults": "default"}


# --- what hangs on a task


class Member(NamedTuple):
    """A task in its place; `after`: the ids of those that it waits for in a Dag."""

    task: Task
    after: Sequence[str] = ()


class Branch(NamedTuple):
    """Tasks of a flowable. `name`: where they stand in the file; `label`: what they are for, empty where that is plain."""

    name: str
    label: str
    members: Sequence[Member]


def branches(task: Task) -> list[Branch]:
    """Every list of tasks that a task of whatever type holds, in the order of its class, `errors` and `finally` last."""
    found = [branch for name, value in vars(task).items() for branch in branches_in(camel_case(name), value)]
    return sorted(found, key=lambda branch: branch.name in HANDLERS)


def branches_in(name: str, value: Any) -> Iterator[Branch]:
    """The lists of tasks in a property: one, or one for each key of a map."""
    if isinstance(value, dict):
        for key, tasks in value.items():
            for branch in branches_in(f"{name}.{key}", tasks):
                yield branch._replace(label=f"case {key}")
        return
    members = [member for item in (value if isinstance(value, list) else [value]) if (member := member_of(item))]
    if members:
        yield Branch(name, LABELS.get(name, name), members)


def member_of(item: Any) -> Member | None:
    """The task that an item of a property is, if it is one."""
    if isinstance(item, DagTask):
        return Member(item.task, item.depends_on or ())
    return Member(item) if isinstance(item, Task) else None


# --- what is set


def task_properties(task: Task) -> dict[str, Any]:
    """The properties that say whether, when and how often a task runs, as far as they are set."""
    orders = isinstance(task, FlowableTask | Subflow)
    return set_properties(task, OF_EVERY_TASK | OF_A_FLOWABLE if orders else OF_EVERY_TASK)


def set_properties(thing: Any, names: Collection[str] | None = None) -> dict[str, Any]:
    """Those of the named properties, or of all, that differ from their default. The keys are those of the file."""
    return {
        camel_case(one.name): value
        for one in fields(thing)
        if (names is None or one.name in names) and (value := getattr(thing, one.name)) != one.default
    }


def is_secret(one: Input) -> bool:
    """Whether what is given for an input must not be seen."""
    return isinstance(one, SecretInput) or getattr(one, "item_type", None) is ValueType.SECRET


def as_document(value: Any) -> Any:
    """A part of a flow in types that `json` writes; durations as they stand in a flow file."""
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, list | tuple):
        return [as_document(item) for item in value]
    if isinstance(value, dict):
        return {str(key): as_document(item) for key, item in value.items()}
    if is_dataclass(value):
        return as_document(set_properties(value))
    return json_ready(value)


# --- the document


def flow_document(
    flow: Flow, now: datetime, zone: tzinfo | None = None, *, needs: Iterable[Need] = ()
) -> dict[str, Any]:
    """The whole flow as `docs/schemas/flow.json` describes it. What is not set is left out.

    `zone`: that of triggers without `timezone`; None is the machine's.
    """
    document = {
        "namespace": flow.namespace,
        "id": flow.id,
        "revision": flow.revision,
        "description": flow.description,
        "labels": [{"key": key, "value": value} for key, value in flow.labels.items()],
        "disabled": flow.disabled,
        "concurrency": flow.concurrency and {"limit": flow.concurrency.limit, "behavior": flow.concurrency.behavior},
        "retry": as_document(flow.retry),
        "sla": as_document(flow.sla),
        "inputs": [input_document(one) for one in declared_inputs(flow).values()],
        **{
            camel_case(name): [task_document(Member(task)) for task in getattr(flow, name) or ()] for name in TASK_LISTS
        },
        "outputs": as_document(flow.outputs),
        "triggers": [trigger_document(one, flow, now, zone) for one in flow.triggers or ()],
        "needs": [need_document(one) for one in needs],
    }
    return filled(document)


def filled(document: dict[str, Any]) -> dict[str, Any]:
    """The document without what holds nothing."""
    return {name: value for name, value in document.items() if value}


def input_document(one: Input) -> dict[str, Any]:
    """An input with all that is set; nothing of a secret."""
    document = {
        "id": one.id,
        "type": one.type,
        "required": one.required,
        "variable": variable_name(one.id),
        **as_document(one),
    }
    masked = {name: MASK for name in ("defaults", "prefill") if name in document} if is_secret(one) else {}
    return document | masked


def task_document(member: Member, branch: str = "") -> dict[str, Any]:
    """A task and those below it. `branch`: the property of its parent that it stands in."""
    task = member.task
    children = [task_document(child, found.name) for found in branches(task) for child in found.members]
    return {
        **filled({"id": task.id, "type": task.type, "branch": branch, "description": task.description}),
        **filled({"dependsOn": list(member.after)}),
        **as_document(task_properties(task)),
        **filled({"children": children}),
    }


def trigger_document(trigger: Trigger, flow: Flow, now: datetime, zone: tzinfo | None) -> dict[str, Any]:
    """A trigger, and its next dates unless it or the flow is disabled."""
    document = {"id": trigger.id, "type": trigger.type, **as_document(set_properties(trigger, OF_A_TRIGGER))}
    if trigger.disabled or flow.disabled or not isinstance(trigger, Schedule | ScheduleOnDates):
        return document
    try:
        return {**document, "nextDates": [date.isoformat() for date in next_dates(trigger, now, zone=zone)]}
    except DatesUnknown as problem:
        return {**document, "problem": str(problem)}


def need_document(need: Need) -> dict[str, Any]:
    """Something that the flow needs from outside; without `name` where a template computes it."""
    named = filled({"kind": need.kind, "name": need.name, "namespace": need.namespace})
    return {**named, "uses": [{"path": path, "line": line, "by": by} for path, line, by in need.places]}
