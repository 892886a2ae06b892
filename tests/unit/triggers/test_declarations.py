"""The properties of triggers and conditions (flow reference, chapter 9)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowrun.loading import Loaded, Source, load
from flowrun.model.registry import TypeKind
from flowrun.model.state import StateType
from flowrun.tasks.registry import DECLARED, REGISTRY
from flowrun.triggers.flow import FlowTrigger, WindowType
from flowrun.triggers.schedule import Schedule

CORE = "io.kestra.plugin.core."
HEAD = f"id: a\nnamespace: b\ntasks: [{{id: t, type: {CORE}log.Log, message: hi}}]\ntriggers:\n"


def loaded(trigger: str) -> Loaded:
    return load(Source(f"{HEAD}  - {trigger}\n", "f"), REGISTRY)


def built(trigger: str) -> object:
    found = loaded(trigger)
    assert found.flow is not None, [each.message for each in found.diagnostics]
    return found.flow.triggers[0]


def test_a_schedule_is_built() -> None:
    schedule = built(
        f"{{id: s, type: {CORE}trigger.Schedule, cron: '@daily', lateMaximumDelay: PT1H, stopAfter: [FAILED], "
        f"conditions: [{{type: {CORE}condition.Not, conditions: [{{type: {CORE}condition.Weekend}}]}}]}}"
    )
    assert isinstance(schedule, Schedule)
    assert (schedule.cron, schedule.late_maximum_delay) == ("@daily", timedelta(hours=1))
    assert schedule.stop_after == [StateType.FAILED]
    assert type(schedule.conditions[0].conditions[0]).__name__ == "Weekend"


def test_preconditions_are_built() -> None:
    trigger = built(
        f"{{id: x, type: {CORE}trigger.Flow, preconditions: {{id: p, flows: [{{namespace: n, states: [SUCCESS]}}], "
        "timeWindow: {type: SLIDING_WINDOW, window: PT2H}}}"
    )
    assert isinstance(trigger, FlowTrigger)
    assert trigger.preconditions is not None
    assert trigger.preconditions.time_window.type is WindowType.SLIDING_WINDOW
    assert trigger.preconditions.flows[0].states == [StateType.SUCCESS]


@pytest.mark.parametrize("name", DECLARED[TypeKind.CONDITION])
def test_every_condition_refuses_what_it_does_not_have(name: str) -> None:
    found = loaded(f"{{id: x, type: {CORE}trigger.Webhook, key: k, conditions: [{{type: {name}, nope: 1}}]}}")
    assert ("unknown-field", "triggers[0].conditions[0].nope") in [(each.code, each.path) for each in found.diagnostics]


@pytest.mark.parametrize(
    ("condition", "missing"),
    [
        ("DayWeek", ["dayOfWeek"]),
        ("DayWeekInMonth", ["dayOfWeek", "dayInMonth"]),
        ("Expression", ["expression"]),
        ("ExecutionFlow", ["namespace", "flowId"]),
        ("Or", ["conditions"]),
        ("Weekend", []),
        ("ExecutionStatus", []),
    ],
)
def test_a_condition_needs_its_properties(condition: str, missing: list[str]) -> None:
    name = f"{CORE}condition.{condition}"
    found = loaded(f"{{id: x, type: {CORE}trigger.Webhook, key: k, conditions: [{{type: {name}}}]}}")
    assert [each.path.rpartition(".")[2] for each in found.diagnostics] == missing


def test_both_names_of_a_condition_mean_the_same() -> None:
    old = "io.kestra.core.models.conditions.types.WeekendCondition"
    trigger = built(f"{{id: x, type: {CORE}trigger.Webhook, key: k, conditions: [{{type: {old}}}]}}")
    assert type(trigger.conditions[0]).__name__ == "Weekend"
