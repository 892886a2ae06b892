"""Tasks that change the execution itself: its labels, its variables, its end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.support.driver import Driver, body, flow

from flowrun.engine.changes import changed_variables, merged, without
from flowrun.engine.messages import BodySucceeded
from flowrun.model.state import StateType
from flowrun.model.task import ExecutionChange
from flowrun.tasks.flow.parallel import Parallel
from flowrun.tasks.flow.sequential import Sequential

GROUP = {"type": "test.Group"}
values = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6
)
maps = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


def answer(run: Driver, key: str, change: ExecutionChange) -> None:
    command = run.running.pop(key)
    run.send(BodySucceeded(command.task_run_id, command.attempt, change=change))


@given(maps, maps)
def test_what_is_merged_has_all_of_the_upper_map_and_changes_neither(below: dict, above: dict) -> None:
    before = repr((below, above))
    found = merged(below, above)
    assert merged(found, above) == found
    assert found.keys() == below.keys() | above.keys()
    assert repr((below, above)) == before


@given(maps, st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
def test_what_was_removed_is_not_there_and_nothing_else_is_lost(variables: dict, path: list[str]) -> None:
    found = without(variables, path)
    holder = found
    for key in path[:-1]:
        holder = holder.get(key, {}) if isinstance(holder, dict) else {}
    assert not isinstance(holder, dict) or path[-1] not in holder
    assert {key: value for key, value in found.items() if key != path[0]} == {
        key: value for key, value in variables.items() if key != path[0]
    }


def test_variables_are_laid_over_the_others_and_removed_ones_go() -> None:
    change = ExecutionChange(variables={"db": {"port": 2}, "list": [3]}, removed=[["db", "host"], ["gone"]])
    assert changed_variables({"db": {"host": "a", "port": 1}, "list": [1, 2], "gone": 1}, change) == {
        "db": {"port": 2},
        "list": [3],
    }


def test_two_changes_side_by_side_both_count() -> None:
    run = Driver(flow(Parallel(id="fan", tasks=[body("a"), body("b")], **GROUP), variables={"x": 0}))
    answer(run, "a", ExecutionChange(variables={"a": 1}, labels={"one": "1"}))
    answer(run, "b", ExecutionChange(variables={"b": 2}, labels={"two": "2"}))
    assert run.run.execution.variables == {"x": 0, "a": 1, "b": 2}
    assert {"one": "1", "two": "2"}.items() <= run.run.execution.labels.items()


def test_an_end_skips_what_is_left_and_gives_the_tasks_around_its_state() -> None:
    inner = Sequential(id="inner", tasks=[body("stop"), body("never")], **GROUP)
    run = Driver(flow(inner, body("late"), finally_=[body("sweep")], after_execution=[body("report")]))
    answer(run, "stop", ExecutionChange(end=StateType.WARNING))
    assert run.states() == {"inner": "WARNING", "stop": "WARNING", "report": "RUNNING"}
    assert run.state == "WARNING"


def test_an_end_in_failure_has_its_handlers() -> None:
    run = Driver(flow(body("stop"), body("never"), errors=[body("handler")]))
    answer(run, "stop", ExecutionChange(end=StateType.FAILED))
    assert "handler" in run.running
    run.succeed("handler")
    assert run.state == "FAILED"


def test_an_end_by_kill_tells_the_bodies_at_work() -> None:
    run = Driver(flow(Parallel(id="fan", tasks=[body("stop"), body("busy")], **GROUP)))
    answer(run, "stop", ExecutionChange(end=StateType.KILLED))
    assert run.state == "KILLING"
    run.gone("busy")
    assert run.states() == {"fan": "KILLED", "stop": "KILLED", "busy": "KILLED"}
    assert run.state == "KILLED"


def test_templates_see_tasks_at_work_and_the_empty_outputs_of_their_groups() -> None:
    run = Driver(flow(Sequential(id="group", tasks=[body("first"), body("second")], **GROUP)))
    assert run.run.states == {"group": {"state": "RUNNING"}, "first": {"state": "RUNNING"}}
    assert run.run.outputs == {"group": {}}
    run.succeed("first", {"x": 1})
    assert run.run.states["first"] == {"state": "SUCCESS"}
    assert run.run.outputs == {"group": {}, "first": {"x": 1}}
