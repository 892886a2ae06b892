"""What is paused outlives its process: killed while it waits, resumed by several at once, its slot kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.load.place import wait_until

from flowrun.model.state import StateType
from flowrun.store.executions import LAST, find_id, request_resume

if TYPE_CHECKING:
    from tests.load.place import Ended, Place

PAUSED = 5
"""The exit code of a run that waits for a word that nobody could give."""

PAUSE = """
id: patient
namespace: load
CONCURRENCY
tasks:
  - {id: first, type: load.Effect}
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: work, type: load.Effect, seconds: SECONDS}
      - {id: hold, type: io.kestra.plugin.core.flow.Pause, onResume: [{id: word, type: STRING}]}
  - {id: last, type: io.kestra.plugin.core.log.Log, message: "{{ outputs.hold.onResume.word }}"}
"""
TWO_PAUSES = """
id: twice
namespace: load
tasks:
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: work, type: load.Effect, seconds: SECONDS}
      - {id: one, type: io.kestra.plugin.core.flow.Pause}
  - {id: two, type: io.kestra.plugin.core.flow.Pause}
"""
CALLER = """
id: caller
namespace: load
tasks:
  - {id: first, type: load.Effect}
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: load, flowId: patient}
      - {id: hold, type: io.kestra.plugin.core.flow.Pause}
  - {id: last, type: load.Effect}
"""


def patient(seconds: float = 0, concurrency: str = "") -> str:
    """A flow that pauses, with a task of so many seconds beside it."""
    return PAUSE.replace("SECONDS", str(seconds)).replace("CONCURRENCY", concurrency)


def test_what_was_killed_while_it_waited_is_resumed_with_all_that_was_at_work(place: Place):
    run = place.start("run", place.flow(patient(1)))
    wait_until(lambda: "work" in [one.task for one in place.effects()])
    run.kill()
    assert place.call("resume", "--last", "--input", "word=go").code == 0
    stored = place.stored()
    assert stored.execution.current is StateType.SUCCESS
    assert [(one.word, one.task) for one in place.effects()] == [
        ("start", "first"),
        ("end", "first"),
        ("start", "work"),
        ("start", "work"),
        ("end", "work"),
    ]
    assert [one.message for one in place.logs(stored.execution.id) if one.task_id == "last"] == ["go"]


def test_of_two_resumes_one_goes_on_and_the_other_is_told(place: Place):
    assert place.call("run", place.flow(patient())).code == PAUSED
    execution = place.stored().execution
    resumes = [place.start("resume", execution.id, "--input", f"word=word{number}") for number in range(2)]
    check_one_word(place, execution.id, [one.end() for one in resumes])


def test_of_two_resumes_of_an_execution_that_waits_in_its_process_one_is_heard(place: Place):
    run = place.start("run", place.flow(patient(3)))
    wait_until(lambda: place.rows("SELECT 1 FROM executions WHERE state = 'PAUSED'"))
    execution = place.stored().execution
    resumes = [place.start("resume", execution.id, "--input", f"word=word{number}") for number in range(2)]
    ended = [one.end() for one in resumes]
    assert run.end().code == 0
    check_one_word(place, execution.id, ended)
    assert f"{execution.id} resumed\n" in {one.stdout for one in ended}


def check_one_word(place: Place, execution_id: str, ended: list[Ended]) -> None:
    assert sorted(one.code for one in ended) == [0, 2]
    (heard,) = [number for number, one in enumerate(ended) if one.code == 0]
    assert execution_id in ended[1 - heard].stderr
    assert "Traceback" not in ended[1 - heard].stderr
    assert place.stored(execution_id).execution.current is StateType.SUCCESS
    said = [one.message for one in place.logs(execution_id) if one.task_id == "last"]
    assert said == [f"word{heard}"]


def test_a_word_that_a_dead_process_did_not_hear_ends_no_other_pause(place: Place):
    run = place.start("run", place.flow(TWO_PAUSES.replace("SECONDS", "1")))
    wait_until(lambda: place.rows("SELECT 1 FROM executions WHERE state = 'PAUSED'"))
    one = next(one for one in place.stored().execution.task_runs.values() if one.task_id == "one")
    run.kill()
    assert place.look(lambda database: request_resume(database, find_id(database, LAST), one.id, {}))
    assert place.call("resume", "--last").code == PAUSED
    assert {one.task_id: one.current.value for one in place.stored().execution.task_runs.values()} == {
        "beside": "SUCCESS",
        "work": "SUCCESS",
        "one": "SUCCESS",
        "two": "PAUSED",
    }


def test_a_paused_caller_goes_on_with_the_paused_execution_that_it_called(place: Place):
    place.flow(patient())
    assert place.call("run", place.flow(CALLER)).code == PAUSED
    ids = {one["flowId"]: one["id"] for one in place.history()}
    assert place.call("resume", ids["caller"]).code == PAUSED
    assert place.call("resume", ids["patient"], "--input", "word=go").code == 0
    assert place.call("restart", ids["caller"]).code == 0
    assert {one["id"]: one["state"]["current"] for one in place.history()} == dict.fromkeys(ids.values(), "SUCCESS")
    assert [one.task for one in place.effects() if one.word == "end"] == ["first", "first", "work", "last"]


@pytest.mark.parametrize(("behavior", "code"), [("FAIL", 1), ("CANCEL", 1)])
def test_what_is_paused_keeps_its_slot_until_it_has_ended(place: Place, behavior, code):
    flow = place.flow(patient(concurrency=f"concurrency: {{limit: 1, behavior: {behavior}}}"))
    assert place.call("run", flow).code == PAUSED
    paused = place.stored().execution.id
    assert place.call("run", flow).code == code
    assert place.call("resume", paused, "--input", "word=go").code == 0
    assert place.call("run", flow).code == PAUSED


def test_who_waits_for_the_slot_of_a_paused_execution_gets_it_when_that_is_killed(place: Place):
    flow = place.flow(patient(concurrency="concurrency: {limit: 1, behavior: QUEUE}"))
    assert place.call("run", flow).code == PAUSED
    paused = place.stored().execution.id
    waiting = place.start("run", flow)
    wait_until(lambda: place.rows("SELECT 1 FROM executions WHERE state = 'QUEUED'"))
    assert place.call("kill", paused).code == 0
    assert waiting.end().code == PAUSED
    assert place.stored(paused).execution.current is StateType.KILLED
