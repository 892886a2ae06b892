"""Executions as rows of the tables; that all of them read back the same is in `tests/property/test_store.py`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support.stored import a_line, a_task_run, an_execution, keep, state

from flowrun.model.execution import Attempt
from flowrun.model.state import StateType
from flowrun.store.executions import read_logs, read_stored
from flowrun.store.rows import read_state, read_task_run, state_text, storable, task_run_row

if TYPE_CHECKING:
    from flowrun.store.database import Database


def test_a_state_is_one_line_of_text() -> None:
    text = state_text(state(StateType.RUNNING, StateType.FAILED, took=timedelta(microseconds=1)))
    assert text == (
        "CREATED 2026-01-01T12:00:00+00:00 RUNNING 2026-01-01T12:00:00.000001+00:00 "
        "FAILED 2026-01-01T12:00:00.000002+00:00"
    )
    assert read_state(text).current is StateType.FAILED


def test_a_task_run_keeps_its_attempts_in_order() -> None:
    attempts = [Attempt(state(StateType.RUNNING, end)) for end in (StateType.FAILED, StateType.SUCCESS)]
    run = a_task_run("a", StateType.SUCCESS, attempts=attempts)
    assert read_task_run(task_run_row(run)).attempts == attempts


@pytest.mark.parametrize("outputs", [None, {}])
def test_no_outputs_are_not_empty_outputs(outputs: dict[str, str] | None) -> None:
    run = a_task_run("a", outputs=outputs)
    assert read_task_run(task_run_row(run)).outputs == outputs


@pytest.mark.parametrize("text", ["", "a\x00b", "two\nlines\r\n", "é😀", "x" * 15_000])
def test_any_text_comes_back_from_the_log(database: Database, text: str) -> None:
    keep(database, an_execution(), [a_line(text)])
    assert read_logs(database, "one") == [a_line(text)]


def test_half_a_surrogate_pair_becomes_a_question_mark(database: Database) -> None:
    run = a_task_run("a", value="\ud83d!")
    keep(database, an_execution(task_runs={run.id: run}), [a_line("<\udcff>")], source="id: \ud800")
    stored = read_stored(database, "one")
    assert (stored.source, stored.execution.task_runs["a"].value) == ("id: ?", "?!")
    assert read_logs(database, "one") == [a_line("<?>")]


def test_text_that_can_be_kept_is_not_touched() -> None:
    assert storable("é😀") == "é😀"
