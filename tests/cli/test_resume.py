"""A run that waits for somebody's word: exit code 5, `flowrun resume`, the question at the terminal."""

from __future__ import annotations

import json

import pytest
from tests.cli.command import flowrun as call
from tests.cli.command import on_terminal
from tests.cli.schemas import problems_with

from flowrun.store.locks import ExecutionLock

CORE = "io.kestra.plugin.core"
PAUSED = 5

APPROVAL = f"""
id: approval
namespace: acme
tasks:
  - id: hold
    type: {CORE}.flow.Pause
    onResume:
      - {{id: count, type: INT, max: 9}}
      - {{id: reason, type: STRING, required: false}}
  - {{id: show, type: {CORE}.log.Log, message: "count {{{{ outputs.hold.onResume.count }}}}"}}
"""
PLAIN = f"""
id: plain
namespace: acme
tasks:
  - {{id: hold, type: {CORE}.flow.Pause}}
  - {{id: show, type: {CORE}.log.Log, message: went on}}
"""
CALLER = f"""
id: caller
namespace: acme
tasks:
  - {{id: call, type: {CORE}.flow.Subflow, namespace: acme, flowId: plain}}
  - {{id: show, type: {CORE}.log.Log, message: all done}}
"""


@pytest.fixture
def home(tmp_path):
    """A folder with the flows, for a store beside them."""
    for name, text in {"approval": APPROVAL, "plain": PLAIN, "caller": CALLER}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


@pytest.fixture
def flowrun(home):
    return lambda *arguments: call(*arguments, cwd=home, env={"FLOWRUN_HOME": str(home / "home")})


@pytest.fixture
def typing(home):
    """The command on a terminal; what it waits for and what is typed then."""

    def run(*arguments, answers=()):
        env = {"FLOWRUN_HOME": str(home / "home")}
        return on_terminal(*arguments, "--color", "never", answers=answers, cwd=home, env=env)

    return run


def ids(flowrun):
    shown = json.loads(flowrun("history", "--format", "json").stdout)["executions"]
    return {one["flowId"]: (one["id"], one["state"]["current"]) for one in shown}


def test_a_paused_run_ends_with_5_and_says_how_it_goes_on(flowrun):
    done = flowrun("run", "plain.yaml")
    execution, state = ids(flowrun)["plain"]
    assert (done.returncode, state) == (PAUSED, "PAUSED")
    assert done.stderr == f"note: `flowrun resume {execution}` goes on with it\n"


def test_the_document_of_a_paused_run_keeps_its_schema(flowrun):
    done = flowrun("run", "plain.yaml", "--output", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, problems_with("run", document)) == (PAUSED, [])
    assert document["state"]["current"] == "PAUSED"


def test_the_commands_that_are_told_bring_a_caller_to_its_end(flowrun):
    done = flowrun("run", "caller.yaml")
    assert done.returncode == PAUSED
    told = [line.split("`")[1].split() for line in done.stderr.splitlines()]
    assert [one[:2] for one in told] == [["flowrun", "resume"], ["flowrun", "restart"]]
    ends = [flowrun(*one[1:]) for one in told]
    assert [one.returncode for one in ends] == [0, 0]
    assert "went on" in ends[0].stdout
    assert "all done" in ends[1].stdout
    assert {name: state for name, (_, state) in ids(flowrun).items()} == {"plain": "SUCCESS", "caller": "SUCCESS"}


def test_a_resume_takes_inputs(flowrun):
    flowrun("run", "approval.yaml")
    done = flowrun("resume", "--last", "--input", "count=3", "--output", "json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert problems_with("run", document) == []
    assert [one["message"] for one in document["logs"]] == ["count 3"]


def test_the_default_of_an_input_may_read_what_the_execution_has_done(flowrun, home):
    text = APPROVAL.replace("type: INT, max: 9", "type: INT, defaults: '{{ outputs.first.value }}'")
    first = f"  - {{id: first, type: {CORE}.debug.Return, format: 7}}\n"
    (home / "approval.yaml").write_text(text.replace("tasks:\n", f"tasks:\n{first}"))
    flowrun("run", "approval.yaml")
    assert "count 7" in flowrun("resume", "--last").stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "count"),
        (("--input", "count=many"), "count"),
        (("--input", "count=10"), "9"),
        (("--input", "count=1", "--input", "other=1"), "other"),
    ],
)
def test_wrong_inputs_are_refused_and_the_execution_stays_paused(flowrun, options, said):
    flowrun("run", "approval.yaml")
    done = flowrun("resume", "--last", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert ids(flowrun)["approval"][1] == "PAUSED"
    assert flowrun("resume", "--last", "--input", "count=1").returncode == 0


def test_what_was_resumed_cannot_be_resumed_again(flowrun):
    flowrun("run", "plain.yaml")
    assert flowrun("resume", "--last").returncode == 0
    done = flowrun("resume", "--last")
    execution, _ = ids(flowrun)["plain"]
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Execution '{execution}' is not paused, can't resume it" in done.stderr
    assert "SUCCESS" in done.stderr


def test_a_refused_resume_is_told_as_json_where_json_was_asked_for(flowrun):
    flowrun("run", "approval.yaml")
    done = flowrun("resume", "--last", "--output", "json", "--input", "count=many")
    assert done.returncode == 2
    assert problems_with("error", json.loads(done.stdout)) == []


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_a_resume_that_another_process_hears_is_told_as_json(flowrun, home, output):
    flowrun("run", "plain.yaml")
    execution_id, _ = ids(flowrun)["plain"]
    lock = ExecutionLock(home / "home", execution_id)  # this process stands for the other one
    assert lock.acquire()
    done = flowrun("resume", execution_id, "--output", output)
    lock.release()
    document = json.loads(done.stdout)
    assert (done.returncode, problems_with("resumed", document)) == (0, [])
    assert document == {"resumed": {"id": execution_id, "namespace": "acme", "flowId": "plain"}}
    assert output == "json" or done.stdout.count("\n") == 1


def test_there_must_be_an_execution_to_resume(flowrun):
    assert flowrun("resume", "--last").returncode == 2
    flowrun("run", "plain.yaml")
    done = flowrun("resume", "nothing")
    assert done.returncode == 2
    assert "there is no execution `nothing`" in done.stderr


# --- at the terminal


def test_return_goes_on(typing):
    code, shown = typing("run", "plain.yaml", answers=(("q leaves it paused > ", "\n"),))
    assert code == 0
    assert "paused at hold" in shown
    assert "went on" in shown


def test_q_leaves_it_paused(typing, flowrun):
    code, shown = typing("run", "plain.yaml", answers=(("q leaves it paused > ", "q\n"),))
    assert code == PAUSED
    assert f"`flowrun resume {ids(flowrun)['plain'][0]}` goes on with it" in " ".join(shown.split())
    assert ids(flowrun)["plain"][1] == "PAUSED"


@pytest.mark.parametrize("answers", [(("paused > ", "\x04"),), (("paused > ", "\n"), ("count INT", "\x04"))])
def test_the_end_of_input_leaves_it_paused(typing, flowrun, answers):
    code, shown = typing("run", "approval.yaml", answers=answers)
    assert code == PAUSED, shown
    assert "Traceback" not in shown
    assert ids(flowrun)["approval"][1] == "PAUSED"


def test_inputs_are_asked_for_until_they_fit(typing):
    answers = (
        ("q leaves it paused > ", "\n"),
        ("count INT", "many\n"),
        ("> ", "10\n"),
        ("> ", "7\n"),
        ("reason STRING", "\n"),
    )
    code, shown = typing("run", "approval.yaml", answers=answers)
    assert code == 0, shown
    assert "count 7" in shown


def test_resume_asks_for_inputs_too(typing, flowrun):
    flowrun("run", "approval.yaml")
    code, shown = typing("resume", "--last", answers=(("count INT", "4\n"), ("reason STRING", "\n")))
    assert code == 0, shown
    assert "count 4" in shown


def test_who_does_not_want_to_be_asked_is_not(typing):
    code, shown = typing("run", "plain.yaml", "--no-input")
    assert code == PAUSED
    assert "leaves it paused" not in shown


def test_the_pause_of_a_called_flow_is_asked_about(typing, flowrun):
    code, shown = typing("run", "caller.yaml", answers=(("q leaves it paused > ", "\n"),))
    assert code == 0, shown
    assert "all done" in shown
    assert {state for _, state in ids(flowrun).values()} == {"SUCCESS"}


@pytest.mark.parametrize("answers", [(("paused > ", "\x03"),), (("paused > ", "\n"), ("count INT", "\x03"))])
def test_ctrl_c_at_a_question_kills_the_run(typing, flowrun, answers):
    code, shown = typing("run", "approval.yaml", answers=answers)
    assert code == 130, shown
    assert "Traceback" not in shown
    assert "■ KILLED  approval" in shown
    assert ids(flowrun)["approval"][1] == "KILLED"


def test_the_time_limit_ends_a_run_that_asks(typing, flowrun):
    code, shown = typing("run", "caller.yaml", "--timeout", "1")
    assert code == 1, shown
    assert "it took longer than --timeout" in shown
    assert {state for _, state in ids(flowrun).values()} == {"KILLED"}
