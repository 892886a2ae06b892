"""The orders that flowables are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowrun.engine.steps import AfterDependencies, AtOnce, ForEachValue, InOrder
from flowrun.model.execution import TaskRun
from flowrun.model.state import State
from flowrun.model.task import Planned, Task

if TYPE_CHECKING:
    from flowrun.model.task import Steps

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def task(name: str, *, disabled: bool = False) -> Task:
    return Task(id=name, type="test", disabled=disabled)


def take(steps: Steps) -> list[str]:
    """Everything that is ready now, as the engine takes it."""
    taken = []
    while steps.ready:
        planned = steps.ready.popleft()
        taken.append(planned.task.id + (f"[{planned.value}]" if planned.value is not None else ""))
    return taken


def end(steps: Steps, name: str, value: str | None = None) -> None:
    steps.ended(TaskRun("id", name, State.created(NOW), value=value))


def test_in_order_gives_one_task_at_a_time() -> None:
    steps = InOrder([task("a"), task("b")])
    assert take(steps) == ["a"]
    assert take(steps) == []
    end(steps, "a")
    assert take(steps) == ["b"]
    assert not steps.done
    end(steps, "b")
    assert steps.done


def test_disabled_tasks_never_come() -> None:
    steps = InOrder([task("a", disabled=True), task("b")])
    assert take(steps) == ["b"]


def test_in_order_of_nothing_is_done() -> None:
    assert InOrder([task("a", disabled=True)]).done


def test_at_once_keeps_the_limit() -> None:
    steps = AtOnce([Planned(task(name)) for name in "abc"], limit=2)
    assert take(steps) == ["a", "b"]
    end(steps, "b")
    assert take(steps) == ["c"]


def test_at_once_without_a_limit_gives_all() -> None:
    assert take(AtOnce([Planned(task(name)) for name in "abc"], limit=0)) == ["a", "b", "c"]


def test_dependants_wait_for_all_of_their_dependencies() -> None:
    steps = AfterDependencies([task("a"), task("b"), task("c")], {"c": ["a", "b"]}, limit=0)
    assert take(steps) == ["a", "b"]
    end(steps, "a")
    assert take(steps) == []
    end(steps, "b")
    assert take(steps) == ["c"]


def test_dependants_of_a_disabled_member_never_come() -> None:
    steps = AfterDependencies([task("a", disabled=True), task("b")], {"b": ["a"]}, limit=0)
    assert take(steps) == []
    assert not steps.done


def test_each_value_runs_the_whole_list_before_the_next_value() -> None:
    steps = ForEachValue(["x", "y"], [task("a"), task("b")], limit=1)
    assert take(steps) == ["a[x]"]
    end(steps, "a", "x")
    assert take(steps) == ["b[x]"]
    end(steps, "b", "x")
    assert take(steps) == ["a[y]"]


def test_values_run_side_by_side_up_to_the_limit() -> None:
    steps = ForEachValue(["x", "y", "z"], [task("a")], limit=2)
    assert take(steps) == ["a[x]", "a[y]"]
    end(steps, "a", "y")
    assert take(steps) == ["a[z]"]
