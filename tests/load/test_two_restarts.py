"""Two processes want to go on with one execution: one does, the other is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.load.place import wait_until

if TYPE_CHECKING:
    from tests.load.place import Place

FLOW = """
id: wanted
namespace: load
tasks:
  - {id: first, type: load.Effect}
  - {id: second, type: load.Command, command: "echo $$ >> $ENV_READY; sleep 0.7"}
"""


def test_of_two_restarts_one_goes_on_and_the_other_is_told(place: Place):
    run = place.start("run", place.flow(FLOW))
    wait_until(place.is_ready)
    run.kill()
    restarts = [place.start("restart", "--last") for _ in range(2)]
    ended = sorted([call.end() for call in restarts], key=lambda one: one.code)
    assert [one.code for one in ended] == [0, 2]
    execution = place.stored().execution
    assert ended[1].stderr.startswith(f"error: execution {execution.id} is running in another process\n")
    assert ended[1].stdout == ""
    assert [one.word for one in place.effects() if one.task == "first"] == ["start", "end"]
    assert len((place.folder / "ready").read_text().splitlines()) == 2
    assert [one["state"]["current"] for one in place.history()] == ["SUCCESS"]


def test_what_runs_cannot_be_restarted(place: Place):
    run = place.start("run", place.flow(FLOW))
    wait_until(place.is_ready)
    refused = place.call("restart", "--last")
    assert refused.code == 2
    assert "is running in another process" in refused.stderr
    assert run.end().code == 0
