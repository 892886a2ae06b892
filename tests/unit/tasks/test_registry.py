from __future__ import annotations

from dataclasses import is_dataclass

import pytest

from flowrun.model.registry import Standing, TypeKind
from flowrun.model.task import Task
from flowrun.model.trigger import Trigger
from flowrun.tasks.aliases import ALIASES
from flowrun.tasks.registry import DECLARED, REGISTRY, RUNS


@pytest.mark.parametrize("name", [*RUNS, *DECLARED[TypeKind.TASK]])
def test_every_task_type_has_a_class(name: str) -> None:
    cls = REGISTRY.find(name, TypeKind.TASK)
    assert cls is not None
    assert is_dataclass(cls)
    assert issubclass(cls, Task)


def test_every_task_of_the_core_runs_but_the_one_that_a_server_refuses() -> None:
    assert list(DECLARED[TypeKind.TASK]) == ["io.kestra.plugin.core.flow.Template"]


@pytest.mark.parametrize("name", DECLARED[TypeKind.TRIGGER])
def test_every_trigger_type_has_a_class(name: str) -> None:
    cls = REGISTRY.find(name, TypeKind.TRIGGER)
    assert cls is not None
    assert issubclass(cls, Trigger)


@pytest.mark.parametrize("old", ALIASES)
def test_every_old_name_leads_to_a_type_that_is_known(old: str) -> None:
    assert any(REGISTRY.standing(old, kind) is not Standing.UNKNOWN for kind in TypeKind)


@pytest.mark.parametrize(
    ("name", "kind", "standing"),
    [
        ("io.kestra.plugin.core.log.Log", TypeKind.TASK, Standing.RUNS),
        ("io.kestra.core.tasks.log.Log", TypeKind.TASK, Standing.RUNS),
        ("io.kestra.plugin.core.log.Log", TypeKind.TRIGGER, Standing.UNKNOWN),
        ("io.kestra.plugin.core.flow.Subflow", TypeKind.TASK, Standing.RUNS),
        ("io.kestra.plugin.core.flow.Template", TypeKind.TASK, Standing.DECLARED),
        ("io.kestra.plugin.core.trigger.Togglet", TypeKind.TASK, Standing.UNKNOWN),
        ("io.kestra.plugin.scripts.python.Script", TypeKind.TASK, Standing.RUNS),
        ("io.kestra.plugin.scripts.python.ScriptTrigger", TypeKind.TASK, Standing.PLUGIN),
        ("io.kestra.plugin.scriptsx.Script", TypeKind.TASK, Standing.UNKNOWN),
        ("io.kestra.plugin.core.condition.WeekendCondition", TypeKind.CONDITION, Standing.DECLARED),
        ("com.example.Task", TypeKind.TASK, Standing.UNKNOWN),
    ],
)
def test_what_is_known_of_a_name(name: str, kind: TypeKind, standing: Standing) -> None:
    assert REGISTRY.standing(name, kind) is standing
    assert (REGISTRY.find(name, kind) is not None) == (standing in (Standing.RUNS, Standing.DECLARED))


def test_the_names_of_a_kind_are_for_suggestions() -> None:
    assert "io.kestra.plugin.core.log.Log" in REGISTRY.names(TypeKind.TASK)
    assert "io.kestra.plugin.core.trigger.Schedule" in REGISTRY.names(TypeKind.TRIGGER)
