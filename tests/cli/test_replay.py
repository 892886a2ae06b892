"""`replay`, `restart --task-run-state`, and `run` with a part of a flow or not for real; each test with a store of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.cli.command import flowrun
from tests.cli.schemas import problems_with
from tests.support.stored import an_execution, keep

from flowrun.model.state import StateType
from flowrun.store.database import open_database

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Call = Callable[..., subprocess.CompletedProcess[str]]

RETURN = "io.kestra.plugin.core.debug.Return"
FAIL = "io.kestra.plugin.core.execution.Fail"

STEPS = f"""\
id: steps
namespace: test
inputs: [{{id: name, type: STRING, defaults: Ann}}, {{id: pin, type: SECRET, required: false}}]
tasks:
  - {{id: first, type: {RETURN}, format: "{{{{ execution.id }}}}"}}
  - id: group
    type: io.kestra.plugin.core.flow.Sequential
    tasks:
      - {{id: second, type: {RETURN}, format: "{{{{ outputs.first.value }}}} {{{{ inputs.name }}}}"}}
      - {{id: third, type: {RETURN}, format: "{{{{ execution.id }}}}"}}
  - {{id: last, type: {RETURN}, format: "{{{{ outputs.second.value }}}}"}}
"""
CHECKED = f"""\
id: checked
namespace: test
tasks:
  - {{id: check, type: {FAIL}}}
  - {{id: after, type: {RETURN}, format: done}}
errors:
  - {{id: handler, type: {RETURN}, format: handled}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def call(home: Path) -> Call:
    """`flowrun` on the store of this test."""

    def calling(
        *arguments: str, stdin: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return flowrun(*arguments, stdin=stdin, env={"FLOWRUN_HOME": str(home), **(env or {})})

    return calling


def document(call: Call, *arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> dict:
    """The JSON of a run, which keeps its schema."""
    done = call(*arguments, "--output", "json", stdin=stdin, env=env)
    found = json.loads(done.stdout)
    assert not problems_with("run", found), found
    return found


def values(run: dict) -> dict[str, str]:
    return {one["taskId"]: one["outputs"]["value"] for one in run["taskRunList"] if one.get("outputs")}


def states(run: dict) -> dict[str, str]:
    return {one["taskId"]: one["state"]["current"] for one in run["taskRunList"]}


# --- replay


def test_a_replay_from_scratch_is_a_new_execution_with_the_same_inputs(call: Call):
    old = document(call, "run", "-", "-i", "name=Bob", "-i", "pin=1234", stdin=STEPS)
    new = document(call, "replay", "--last")
    assert new["id"] != old["id"]
    assert (new["parentId"], new["originalId"]) == (old["id"], old["id"])
    assert {"key": "system.replay", "value": "true"} in new["labels"]
    assert new["inputs"] == old["inputs"]
    assert values(new)["first"] == new["id"]
    assert [one["state"] for one in new["state"]["histories"]] == ["CREATED", "RUNNING", "SUCCESS"]


@pytest.mark.parametrize("by_task_run", [False, True])
def test_a_replay_from_a_task_keeps_what_stood_before_it(call: Call, by_task_run: bool):
    old = document(call, "run", "-", stdin=STEPS)
    third = next(one for one in old["taskRunList"] if one["taskId"] == "third")
    new = document(call, "replay", old["id"][:12], "--task", third["id"] if by_task_run else "third")
    assert values(new) == {**values(old), "third": new["id"]}
    assert [one["state"] for one in new["state"]["histories"]] == ["CREATED", "RESTARTED", "RUNNING", "SUCCESS"]
    shown = call("show", "--last").stdout
    assert "(copied)  value" in shown
    assert json.loads(call("history", "--format", "json").stdout)["executions"][0]["id"] == new["id"]


def test_what_was_copied_is_in_the_store_too(call: Call):
    document(call, "run", "-", stdin=STEPS)
    new = document(call, "replay", "--last", "--task", "third")
    assert call("render", "{{ outputs.first.value }}", "--last").stdout.strip() == new["originalId"]
    again = document(call, "replay", "--last", "--task", "last")
    assert values(again) == values(new)


def test_a_replay_tells_its_events_by_their_schema(call: Call):
    document(call, "run", "-", stdin=STEPS)
    lines = [
        json.loads(one) for one in call("replay", "--last", "--task", "third", "--output", "jsonl").stdout.splitlines()
    ]
    assert not [problem for one in lines for problem in problems_with("event", one)]
    created, *_ = lines
    assert created["event"] == "ExecutionCreated"
    assert states({"taskRunList": created["execution"]["taskRunList"]})["third"] in ("RESTARTED", "SUCCESS")


def test_a_replay_reads_the_files_of_the_first_execution(call: Call, tmp_path: Path):
    (tmp_path / "data.txt").write_text("from the file")
    reads = (
        "id: reads\nnamespace: test\ninputs: [{id: data, type: FILE}]\n"
        f'tasks: [{{id: text, type: {RETURN}, format: "{{{{ read(inputs.data) }}}}"}}]\n'
    )
    document(call, "run", "-", "-i", f"data={tmp_path / 'data.txt'}", stdin=reads)
    document(call, "replay", "--last")
    assert values(document(call, "replay", "--last")) == {"text": "from the file"}


def test_dates_go_on_behind_those_of_a_virtual_clock(call: Call):
    nap = "id: nap\nnamespace: test\ntasks: [{id: nap, type: io.kestra.plugin.core.flow.Sleep, duration: PT9H}]\n"
    old = document(call, "run", "-", "--virtual-time", stdin=nap)
    new = document(call, "replay", "--last")
    assert new["virtualTime"]
    assert new["state"]["startDate"] > old["state"]["endDate"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("replay", "--last", "--task", "thrid"), "No task found to restart execution from!"),
        (("replay", "nothing"), "there is no execution `nothing`"),
        (("replay",), "name one execution: its id, or --last"),
    ],
)
def test_what_cannot_be_replayed_is_told(call: Call, arguments: tuple[str, ...], message: str):
    call("run", "-", "-q", stdin=STEPS)
    done = call(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    if "thrid" in arguments:
        assert "did you mean `third`?" in done.stderr


def test_only_what_has_ended_is_replayed(call: Call, home: Path):
    database = open_database(home)
    keep(database, an_execution("a" * 22, StateType.RUNNING), source=STEPS)
    database.close()
    done = call("replay", "--last")
    assert done.returncode == 2
    assert "Execution must be terminated to be replayed, current state is 'RUNNING' !" in done.stderr
    assert f"`flowrun restart {'a' * 22}` goes on" in done.stderr


# --- restart --task-run-state


def test_a_restart_goes_on_behind_a_task_that_is_declared_well(call: Call):
    old = document(call, "run", "-", stdin=CHECKED)
    new = document(call, "restart", "--last", "--task-run-state", "check=success")
    assert new["id"] == old["id"]
    assert (new["state"]["current"], states(new)) == ("SUCCESS", {"check": "SUCCESS", "after": "SUCCESS"})
    assert new["taskRunList"][0]["attempts"][0]["state"]["current"] == "SUCCESS"


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ("check=SUCESS", "there is no state `SUCESS`", "did you mean `SUCCESS`?"),
        ("check=RUNNING", "nothing goes on from `RUNNING`", "SUCCESS, WARNING, FAILED"),
        ("chek=SUCCESS", "No task found to restart execution from!", "did you mean `check`?"),
        ("check", "is not of the form KEY=VALUE", ""),
        ("handler=SUCCESS", "No task found to restart execution from!", "run anew with a restart"),
    ],
)
def test_a_state_that_cannot_be_set_is_told(call: Call, given: str, message: str, hint: str):
    call("run", "-", "-q", stdin=CHECKED)
    done = call("restart", "--last", "--task-run-state", given)
    assert done.returncode == 2
    assert message in done.stderr
    assert hint in done.stderr


# --- a part of a flow


def test_from_a_task_the_file_counts_as_it_is_now(call: Call):
    old = document(call, "run", "-", "-i", "name=Bob", "-i", "pin=1234", stdin=STEPS)
    changed = STEPS.replace("outputs.second.value", "outputs.second.value | upper")
    new = document(call, "run", "-", "--from", "last", stdin=changed)
    assert values(new)["last"] == f"{old['id']} Bob".upper()
    assert values(new)["third"] == old["id"]
    assert new["inputs"]["name"] == "Bob"
    assert new["parentId"] == old["id"]
    assert document(call, "run", "-", "--from", "second", "-i", "name=Eve", stdin=STEPS)["inputs"]["name"] == "Eve"


def test_inputs_of_every_type_can_be_given_again(call: Call, tmp_path: Path):
    (tmp_path / "data.txt").write_text("text")
    given = {
        "day": ("DATE", "2024-05-01"),
        "at": ("TIME", "10:00:00"),
        "moment": ("DATETIME", "2024-05-01T10:00:00Z"),
        "wait": ("DURATION", "PT5M"),
        "map": ("JSON", '{"a": [1]}'),
        "tree": ("YAML", "a: 1"),
        "flag": ("BOOL", "true"),
        "list": ("ARRAY, itemType: INT", "[1,2]"),
        "some": ("MULTISELECT, values: [a, b]", '["a"]'),
        "db.host": ("STRING", "h"),
        "ratio": ("FLOAT", "1.5"),
        "file": ("FILE", str(tmp_path / "data.txt")),
    }
    declared = "".join(f"  - {{id: {name}, type: {kind}}}\n" for name, (kind, _) in given.items())
    text = f"id: typed\nnamespace: test\ninputs:\n{declared}tasks:\n  - {{id: a, type: {RETURN}, format: x}}\n"
    text += f"  - {{id: b, type: {RETURN}, format: '{{{{ read(inputs.file) }}}}'}}\n"
    pairs = [one for name, (_, value) in given.items() for one in ("-i", f"{name}={value}")]
    old = document(call, "run", "-", *pairs, stdin=text)
    new = document(call, "run", "-", "--from", "b", stdin=text)
    assert new["inputs"] == old["inputs"]
    assert values(new)["b"] == "text"


def test_until_and_only_leave_out_what_stands_behind(call: Call):
    until = document(call, "run", "-", "--until", "second", stdin=STEPS)
    assert (until["until"], list(values(until))) == ("second", ["first", "second"])
    only = document(call, "run", "-", stdin=STEPS, env={"FLOWRUN_ONLY": "third"})
    assert values(only) == {**values(until), "third": only["id"]}
    assert call("show", "--last").stdout.splitlines()[-1].endswith("  (until: third)")
    assert call("history", "-n", "1").stdout.rstrip().endswith("  (until: third)")


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (("--from", "last"), "the store has no execution of `test.steps` to begin from", "run the whole flow first"),
        (("--from", "lst"), "--from: the flow has no task `lst`", "did you mean `last`?"),
        (("--until", "nowhere"), "--until: the flow has no task `nowhere`", "its tasks are first, group, second"),
        (("--only", "last", "--until", "last"), "--only says where to begin and to end", ""),
        (("--fail", "frist"), "--fail: the flow has no task `frist`", "did you mean `first`?"),
        (("--fail", "first:attempt=0"), "is not of the form TASK:attempt=1,2", "count from 1"),
        (("--fail", "first:attempts=1"), "is not of the form TASK:attempt=1,2", ""),
        (("--fail", "first:attempt=1,x"), "is not of the form TASK:attempt=1,2", ""),
        (("--mock", "frist={}"), "--mock: the flow has no task `frist`", "did you mean `first`?"),
        (("--mock", "first"), "`--mock first` is not of the form KEY=VALUE", ""),
        (("--mock", "first=text"), "`--mock first` does not hold a map", ""),
        (("--mock", "first={a: ["), "--mock first:1:", ""),
        (("--mock", "first=@nothing.yaml"), "cannot read `nothing.yaml`", ""),
        (("--mock", "first=", "--fail", "first"), "`first` can either fail or be mocked", ""),
    ],
)
def test_a_wrong_option_is_told(call: Call, options: tuple[str, ...], message: str, hint: str):
    done = call("run", "-", *options, stdin=STEPS)
    assert done.returncode == 2
    assert message in done.stderr
    assert hint in done.stderr
    assert done.stdout == ""


def test_a_last_run_that_never_came_there_is_told(call: Call):
    call("run", "-", "-q", "--until", "first", stdin=STEPS)
    done = call("run", "-", "--from", "last", stdin=STEPS)
    assert done.returncode == 2
    assert "`group` did not run in execution" in done.stderr


# --- not for real


def test_what_is_mocked_is_not_run_and_marked_everywhere(call: Call, tmp_path: Path):
    (tmp_path / "outputs.yaml").write_text("value: from a file\n")
    options = ("--mock", f"second=@{tmp_path / 'outputs.yaml'}", "--mock", 'first={"value": 1}', "--fail", "third")
    done = call("run", "-", *options, "--report", str(tmp_path / "page.html"), stdin=STEPS)
    assert done.returncode == 1
    assert "second  SUCCESS" in done.stdout
    assert "(mock)  value: from a file" in done.stdout
    assert "(planned failure)" in done.stdout
    result = next(line for line in done.stdout.splitlines() if "FAILED  steps" in line)
    assert result.endswith("  (mock: second, first; planned failure: third)")
    page = (tmp_path / "page.html").read_text()
    assert "mock: second, first; planned failure: third" in page
    assert '<span class="faint">(mock)</span>' in page
    assert "(mock: second, first; planned failure: third)" in call("show", "--last").stdout
    found = document(call, "run", "-", *options, stdin=STEPS)
    assert found["planned"] == {"third": "fail", "second": "mock", "first": "mock"}
    listed = json.loads(call("history", "--format", "json").stdout)
    assert not problems_with("history", listed)
    assert listed["executions"][0]["planned"] == found["planned"]
    assert "planned failure (--fail)" in [one["message"] for one in found["logs"]]


def test_a_mocked_subflow_is_not_called(call: Call):
    calling = (
        "id: calling\nnamespace: test\n"
        "tasks:\n  - {id: sub, type: io.kestra.plugin.core.flow.Subflow, namespace: test, flowId: nowhere}\n"
        f'  - {{id: then, type: {RETURN}, format: "{{{{ outputs.sub.outputs.total }}}}"}}\n'
    )
    found = document(call, "run", "-", "--mock", "sub={outputs: {total: 3}}", stdin=calling)
    assert values({"taskRunList": found["taskRunList"][1:]}) == {"then": "3"}


def test_a_restart_runs_for_real_what_failed_in_one_attempt_only(call: Call):
    call("run", "-", "-q", "--fail", "second:attempt=1", stdin=STEPS)
    found = document(call, "restart", "--last")
    assert found["state"]["current"] == "SUCCESS"
    assert found["planned"] == {"second": "fail"}
