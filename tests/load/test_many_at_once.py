"""Many processes on one store: limits hold, the order is kept, nothing fails and no row is lost."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest
from tests.load.place import wait_until

from flowrun.model.state import StateType

if TYPE_CHECKING:
    from tests.load.place import Call, Effect, Ended, Place

FIFTY = 50
HUNDRED = 100
LIMIT = 2
SECONDS = 60.0
"""For all of them; on a busy machine each start takes its time."""

OVERTAKING = 5
"""Places that an execution may gain between its turn and the first line of its task: processes are not equally fast."""

SLOTS = "SELECT position, execution_id, held FROM slots ORDER BY position"

SMALL = """
id: small
namespace: load
tasks:
  - {id: one, type: io.kestra.plugin.core.log.Log, message: "one of {{ execution.id }}"}
  - {id: two, type: io.kestra.plugin.core.log.Log, message: [two, three]}
"""


BATCHES = """
id: batches
namespace: load
tasks:
  - id: lines
    type: io.kestra.plugin.core.storage.Write
    content: "{% for number in range(1, 200) %}{{ number }}\\n{% endfor %}"
  - {id: each, type: io.kestra.plugin.core.flow.ForEachItem, items: "{{ outputs.lines.uri }}", namespace: load, flowId: limited}
"""


def limited(behavior: str, *, limit: int = LIMIT, seconds: float = 0.05) -> str:
    return f"""
id: limited
namespace: load
concurrency: {{limit: {limit}, behavior: {behavior}}}
tasks:
  - {{id: work, type: load.Effect, seconds: {seconds}}}
"""


def test_fifty_at_once_queue_up_and_keep_their_order(place: Place):
    calls = start(place, FIFTY, limited("QUEUE"))
    positions, waited = watch_queue(place, calls)
    assert [one.code for one in ends_of(calls)] == [0] * FIFTY
    effects = place.effects()
    assert most_at_once(effects) == LIMIT
    assert Counter(one["state"]["current"] for one in place.history()) == {"SUCCESS": FIFTY}
    started = [one.execution for one in effects if one.word == "start" and one.execution in waited]
    assert len(started) > LIMIT  # on a busy machine many have begun before the first look
    in_order = sorted(started, key=positions.__getitem__)
    late = {one: started.index(one) - in_order.index(one) for one in started}
    assert max(late.values()) <= OVERTAKING, f"{late} and {started}"


def watch_queue(place: Place, calls: list[Call]) -> tuple[dict[str, int], set[str]]:
    """Look at the slots until every process has ended: at each moment those that run are those that asked first.

    Returns the places of all executions that were seen, and those that were seen to wait.
    """
    positions: dict[str, int] = {}
    waited: set[str] = set()

    def all_have_ended() -> bool:
        slots = place.rows(SLOTS)
        running = [one for _, one, held in slots if held]
        assert len(running) <= LIMIT
        assert [one for _, one, _ in takewhile(lambda slot: slot[2], slots)] == running
        positions.update((one, position) for position, one, _ in slots)
        waited.update(one for _, one, held in slots if not held)
        return all(call.has_ended for call in calls)

    wait_until(all_have_ended, SECONDS, every=0.02)
    return positions, waited


@pytest.mark.parametrize(
    ("behavior", "state", "said"),
    [
        ("FAIL", "FAILED", ["Execution is FAILED due to concurrency limit exceeded"]),
        ("CANCEL", "CANCELLED", []),
    ],
)
def test_fifty_at_once_are_refused_above_the_limit(place: Place, behavior, state, said):
    calls = start(place, FIFTY, limited(behavior, seconds=0.2))
    codes = Counter(one.code for one in ends_of(calls))
    effects = place.effects()
    assert most_at_once(effects) == LIMIT
    ran = {one.execution for one in effects}
    states = {one["id"]: one["state"]["current"] for one in place.history()}
    refused = {one for one in states if states[one] == state}
    assert codes == {0: len(ran), 1: len(refused)}
    assert len(ran) + len(refused) == FIFTY
    assert not ran & refused
    assert {states[one] for one in ran} == {"SUCCESS"}
    for one in refused:
        assert [entry.message for entry in place.logs(one)] == said
        assert place.stored(one).execution.task_runs == {}


@pytest.mark.parametrize("behavior", ["QUEUE", "FAIL"])
def test_the_slot_of_a_killed_process_is_free_at_once(place: Place, behavior):
    holder = place.start("run", place.flow(limited("QUEUE", limit=1, seconds=30)))
    wait_until(place.effects)
    next_one = place.flow(limited(behavior, limit=1, seconds=0))
    if behavior == "QUEUE":
        waiting = place.start("run", next_one)
        wait_until(lambda: len(place.rows(SLOTS)) == 2)
        holder.kill()
    else:
        holder.kill()
        waiting = place.start("run", next_one)
    ended = waiting.end()
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.seconds < 15  # of the 30 that the holder would have taken


def test_a_hundred_at_once_make_one_store_and_lose_nothing(place: Place):
    calls = start(place, HUNDRED, SMALL)
    assert [one.code for one in ends_of(calls)] == [0] * HUNDRED
    shown = place.history()
    assert len({one["id"] for one in shown}) == HUNDRED
    assert {one["state"]["current"] for one in shown} == {"SUCCESS"}
    for one in shown:
        runs = place.stored(one["id"]).execution.task_runs.values()
        assert [(run.task_id, run.current) for run in runs] == [("one", StateType.SUCCESS), ("two", StateType.SUCCESS)]
        assert [entry.message for entry in place.logs(one["id"])] == [f"one of {one['id']}", "two", "three"]


def test_two_hundred_batches_share_the_slots_of_the_flow_that_they_call(place: Place):
    place.flow(limited("QUEUE", limit=5, seconds=0.001))
    ended = place.call("run", "--quiet", place.flow(BATCHES))
    assert (ended.code, ended.stderr) == (0, "")
    effects = place.effects()
    assert 1 < most_at_once(effects) <= 5
    assert len({one.execution for one in effects}) == 200
    assert place.rows(SLOTS) == []


def start(place: Place, number: int, text: str) -> list[Call]:
    flow = place.flow(text)
    return [place.start("run", flow) for _ in range(number)]


def ends_of(calls: list[Call]) -> list[Ended]:
    """How each ended: nobody complains of the others."""
    ended = [call.end(SECONDS) for call in calls]
    assert {one.stderr for one in ended} == {""}
    return ended


def most_at_once(effects: list[Effect]) -> int:
    """How many were between their start and their end at the same time."""
    most = now = 0
    for one in effects:
        now += 1 if one.word == "start" else -1
        most = max(most, now)
    assert now == 0
    return most
