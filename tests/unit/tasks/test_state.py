"""State tasks. What is expected was asked of a Kestra 1.3 server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowrun.errors import TaskFailed
from flowrun.tasks.state.delete import Delete
from flowrun.tasks.state.get import Get
from flowrun.tasks.state.murmur3 import murmur3
from flowrun.tasks.state.set_ import Set

if TYPE_CHECKING:
    from tests.support.contexts import Bench


def test_data_is_merged_deep_and_without_nulls(bench: Bench) -> None:
    key = "flow_states_tasks-states_default"
    assert bench.run(Set, data={"a": 1, "b": {"c": [1]}, "n": None}) == {"count": 2, "key": key}
    assert bench.run(Set, data={"b": {"d": "{{ flow.id }}"}}) == {"count": 2, "key": key}
    assert bench.run(Get) == {"count": 2, "data": {"a": 1, "b": {"c": [1], "d": "flow"}}}


def test_a_missing_state_is_empty_or_a_failure(bench: Bench) -> None:
    assert bench.run(Get, name="s") == {"count": 0, "data": {}}
    assert bench.run(Delete, name="s") == {"deleted": False}
    with pytest.raises(TaskFailed, match="State flow_states_tasks-states_s not found"):
        bench.run(Get, name="s", error_on_missing=True)
    with pytest.raises(TaskFailed, match="Unable to find the state file 's'"):
        bench.run(Delete, name="s", error_on_missing=True)


def test_a_state_is_that_of_the_flow_the_namespace_or_the_value_of_a_loop(bench: Bench) -> None:
    keys = [
        bench.run(Set, data={"a": 1}, namespace=True)["key"],
        bench.run(Set, data={"a": 2}, loop_value="a")["key"],
        bench.run(Set, data={"a": 3}, loop_value="a", taskrun_value=False)["key"],
    ]
    assert keys == [
        "states_tasks-states_default",
        "flow_states_tasks-states_default_897859f6655555855a890e51483ab5e6",
        "flow_states_tasks-states_default",
    ]
    assert bench.run(Get, loop_value="a")["data"] == {"a": 2}


def test_a_deleted_state_is_gone(bench: Bench) -> None:
    bench.run(Set, data={"a": 1})
    assert bench.run(Delete) == {"deleted": True}
    assert bench.run(Get)["count"] == 0


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("", "0" * 32),
        ("b c", "5d34063f3a3e6f827db55d151a18cd97"),
        ("The quick brown fox jumps over the lazy dog", "6c1b07bc7bbc4be347939ac4a93c437a"),
    ],
)
def test_values_are_hashed_by_murmur3(text: str, digest: str) -> None:
    assert murmur3(text) == digest
