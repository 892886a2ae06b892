"""The rows of the task tree: which task runs share one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.unit.sinks import runs

from flowrun.model.events import ExecutionCreated
from flowrun.model.state import StateType
from flowrun.sinks.lines import UNICODE
from flowrun.sinks.summary import tree
from flowrun.sinks.tree import HANDFUL, rows

if TYPE_CHECKING:
    from flowrun.model.execution import Execution

S = StateType


class Kept:
    """A sink that keeps the execution."""

    execution: Execution

    def handle(self, event):
        if isinstance(event, ExecutionCreated):
            self.execution = event.execution

    def close(self):
        pass


def a_story() -> runs.Story:
    return runs.Story(Kept())


def shown(story: runs.Story) -> list[tuple[str, str, str]]:
    """Each row: its depth as blanks, its task, how many; and its state."""
    return [
        (f"{' ' * (len(row.guide) // 3)}{row.task_id}", row.count or str(row.runs[0].value), row.state.value)
        for row in rows(story.execution, UNICODE)
    ]


def a_loop(story: runs.Story, states: list[S], task: str = "item", parent: str | None = None) -> None:
    story.task("each", parent=parent)
    each = story.last_id()
    for number, state in enumerate(states):
        story.task(task, state, parent=each, value=str(number))


def test_a_handful_of_values_keeps_its_rows():
    story = a_story()
    a_loop(story, [S.SUCCESS] * HANDFUL)
    assert [count for _, count, _ in shown(story)] == ["None", "0", "1", "2", "3", "4"]


def test_what_failed_stands_beside_the_number_of_what_went_well():
    story = a_story()
    a_loop(story, [*[S.SUCCESS] * 600, S.FAILED, *[S.SUCCESS] * 400, S.WARNING])
    assert shown(story)[1:] == [
        (" item", "× 1,000", "SUCCESS"),
        (" item", "600", "FAILED"),
        (" item", "1001", "WARNING"),
    ]


def test_of_many_that_failed_the_first_keep_their_rows():
    story = a_story()
    a_loop(story, [S.SKIPPED] * 20 + [S.FAILED] * 100)
    failed = [(" item", str(number), "FAILED") for number in range(20, 20 + HANDFUL)]
    assert shown(story)[1:] == [(" item", "× 20", "SKIPPED"), *failed, (" item", "× 95 more", "FAILED")]


def test_a_loop_of_two_tasks_is_two_rows():
    story = a_story().task("each")
    each = story.last_id()
    for number in range(10):
        story.task("a", parent=each, value=str(number)).task("b", parent=each, value=str(number))
    assert shown(story)[1:] == [(" a", "× 10", "SUCCESS"), (" b", "× 10", "SUCCESS")]


def test_what_hangs_below_a_folded_row_is_put_together():
    story = a_story().task("outer")
    outer = story.last_id()
    for number in range(10):
        story.task("inner", parent=outer, value=str(number))
        inner = story.last_id()
        for value in range(3):
            story.task("leaf", S.SKIPPED if value else S.SUCCESS, parent=inner, value=str(value))
    assert shown(story)[1:] == [
        (" inner", "× 10", "SUCCESS"),
        ("  leaf", "× 10", "SUCCESS"),
        ("  leaf", "× 20", "SKIPPED"),
    ]


def test_tasks_of_the_file_are_never_folded():
    story = a_story()
    for number in range(200):
        story.task(f"t{number}")
    assert len(shown(story)) == 200


def test_a_folded_row_takes_from_the_first_start_to_the_last_end():
    story = a_story()
    a_loop(story, [S.SUCCESS] * 500)
    assert [took for *_, took in [line for line, _ in tree(story.execution, UNICODE)]][1].text.strip() == "1.0 s"


def test_a_folded_row_says_how_many_were_tried_again():
    story = a_story().task("each")
    each = story.last_id()
    for number in range(20):
        story.task("item", parent=each, value=str(number), attempts=1 + (number < 3))
    assert tree(story.execution, UNICODE)[1][1] == "3 took several attempts"


def test_the_number_of_a_folded_row_is_never_cut():
    story = a_story()
    a_loop(story, [S.SUCCESS] * 1000, task="a_task_with_a_name_that_is_far_too_long_for_any_column")
    (_, (line, _)) = tree(story.execution, UNICODE, 40)
    text = "".join(piece.text for piece in line)
    assert "… × 1,000" in text
    assert len(text) <= 40


def test_a_hundred_thousand_task_runs_are_three_rows_in_seconds():
    """Time that grew with their square would be minutes."""
    story = a_story().task("each")
    each = story.last_id()
    for number in range(50_000):
        story.task("item", parent=each, value=str(number))
        story.task("leaf", parent=story.last_id())
    begun = time.perf_counter()
    assert len(tree(story.execution, UNICODE)) == 3
    assert time.perf_counter() - begun < 10
