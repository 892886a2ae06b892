"""`flowrun run` with flows that call others: where they are found, what is shown of them, what cannot be called."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from tests.cli.command import flowrun as call
from tests.cli.schemas import problems_with

CORE = "io.kestra.plugin.core"


def flow(name, *tasks, more=""):
    lines = "".join(f"  - {task}\n" for task in tasks)
    return f"id: {name}\nnamespace: acme\n{more}tasks:\n{lines}"


def log(name, message):
    return f"{{id: {name}, type: {CORE}.log.Log, message: '{message}'}}"


def subflow(name, flow_id="child", more=""):
    return f"{{id: {name}, type: {CORE}.flow.Subflow, namespace: acme, flowId: '{flow_id}'{more}}}"


CHILD = flow("child", log("say", "hi {{ inputs.who }}"), more="inputs: [{id: who, type: STRING, defaults: you}]\n")
PARENT = flow("parent", subflow("call"), log("last", "done"))


@pytest.fixture
def flowrun(tmp_path):
    """The command with a store and a folder of its own."""

    def run(*arguments, stdin="", **env):
        return call(*arguments, cwd=tmp_path, stdin=stdin, env={"FLOWRUN_HOME": str(tmp_path / "home"), **env})

    return run


@pytest.fixture
def write(tmp_path):
    """Write a flow to a file, with the folders around it."""

    def put(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    return put


def lines(done):
    """The log lines that were shown, without their time: level, task, message."""
    shown = (line.split(maxsplit=3) for line in done.stdout.splitlines() if line[2:3] == ":")
    return [(level, task, message) for _, level, task, message in shown]


def states(done):
    return {one["taskId"]: one["state"]["current"] for one in json.loads(done.stdout)["taskRunList"]}


def started(flowrun):
    shown = json.loads(flowrun("history", "--limit", "0", "--format", "json").stdout)["executions"]
    return Counter((one["flowId"], one["flowRevision"], one["state"]["current"]) for one in shown)


# --- where flows are found


def test_a_flow_is_found_beside_the_file_whatever_its_file_is_called(flowrun, write):
    write("here/some name.yml", CHILD)
    write("here/parent.yaml", PARENT)
    done = flowrun("run", "here/parent.yaml")
    assert done.returncode == 0
    created, *rest = lines(done)
    assert created[:2] == ("INFO", "call")
    assert created[2].startswith("Created new execution [[link execution=")
    assert rest == [("INFO", "child/say", "hi you"), ("INFO", "last", "done")]


def test_flows_are_found_in_a_given_folder_however_deep(flowrun, write):
    write("parent.yaml", PARENT)
    write("flows/team/deep/child.yaml", CHILD)
    assert flowrun("run", "parent.yaml").returncode == 1
    assert flowrun("run", "parent.yaml", "--flows", "flows").returncode == 0
    assert flowrun("run", "parent.yaml", FLOWRUN_FLOWS="flows").returncode == 0


@pytest.mark.parametrize("command", ["restart", "replay"])
def test_what_goes_on_finds_flows_in_the_given_folder(flowrun, write, command):
    write("flows/child.yaml", CHILD)
    write("parent.yaml", PARENT)
    assert flowrun("run", "parent.yaml").returncode == 1
    assert flowrun(command, "--last", "--flows", "flows").returncode == 0


def test_a_saved_flow_is_found_and_its_revision_can_be_asked_for(flowrun, write):
    for who in ("one", "two"):
        write("saved.yaml", CHILD.replace("you", who))
        assert flowrun("flow", "save", "saved.yaml").returncode == 0
    write("here/parent.yaml", flow("parent", subflow("newest"), subflow("first", more=", revision: 1")))
    done = flowrun("run", "here/parent.yaml")
    assert done.returncode == 0, done
    assert [message for _, task, message in lines(done) if task == "child/say"] == ["hi two", "hi one"]
    assert started(flowrun)["child", 1, "SUCCESS"] == started(flowrun)["child", 2, "SUCCESS"] == 1


def test_a_file_goes_over_a_saved_flow(flowrun, write):
    write("saved.yaml", CHILD.replace("you", "saved"))
    flowrun("flow", "save", "saved.yaml")
    write("here/child.yaml", CHILD.replace("you", "file"))
    write("here/parent.yaml", PARENT)
    assert ("INFO", "child/say", "hi file") in lines(flowrun("run", "here/parent.yaml"))


# --- what cannot be called


@pytest.mark.parametrize(
    ("child", "said"),
    [
        (None, "Unable to find flow 'acme'.'child' with revision '0'"),
        (CHILD + "disabled: true\n", "Cannot execute a flow which is disabled"),
    ],
)
def test_what_cannot_be_called_fails_the_caller_with_the_servers_sentence(flowrun, write, child, said):
    if child:
        write("child.yaml", child)
    write("parent.yaml", PARENT)
    done = flowrun("run", "parent.yaml")
    assert done.returncode == 1
    assert ("ERROR", "call", said) in lines(done)
    assert started(flowrun) == {("parent", 1, "FAILED"): 1}


def test_an_invalid_flow_is_not_called_and_says_what_is_wrong(flowrun, write):
    write("child.yaml", CHILD.replace("message", "mesage"))
    write("parent.yaml", PARENT)
    done = flowrun("run", "parent.yaml")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert "mesage" in done.stdout + done.stderr
    assert started(flowrun) == {("parent", 1, "FAILED"): 1}


def test_a_missing_input_fails_the_caller(flowrun, write):
    write("child.yaml", CHILD.replace(", defaults: you", ""))
    write("parent.yaml", PARENT)
    done = flowrun("run", "parent.yaml")
    assert done.returncode == 1
    assert "who" in done.stdout
    assert started(flowrun) == {("parent", 1, "FAILED"): 1}


def test_a_flow_that_calls_itself_for_ever_is_ended(flowrun, write):
    write("parent.yaml", flow("parent", subflow("call", "{{ flow.id }}")))
    done = flowrun("run", "parent.yaml", "--output", "json")
    assert done.returncode == 1
    assert started(flowrun) == {("parent", 1, "FAILED"): 101}


def test_flows_that_call_each_other_so_many_times_as_asked_end(flowrun, write):
    text = flow(
        "down",
        subflow("call", "{{ flow.id }}", ', runIf: "{{ inputs.left > 0 }}", inputs: {left: "{{ inputs.left - 1 }}"}'),
        more="inputs: [{id: left, type: INT}]\n",
    )
    write("down.yaml", text)
    assert flowrun("run", "down.yaml", "--input", "left=20").returncode == 0
    assert started(flowrun) == {("down", 1, "SUCCESS"): 21}


# --- what is passed on, and shown


def test_inputs_and_labels_are_passed_on(flowrun, write):
    write("child.yaml", CHILD)
    more = ", inputs: {who: Ann}, labels: {kind: called}, inheritLabels: true"
    write("parent.yaml", flow("parent", subflow("call", more=more)))
    done = flowrun("run", "parent.yaml", "--label", "team=core")
    assert ("INFO", "child/say", "hi Ann") in lines(done)
    shown = json.loads(flowrun("history", "--format", "json").stdout)["executions"]
    (child,) = [one for one in shown if one["flowId"] == "child"]
    labels = {one["key"]: one["value"] for one in child["labels"]}
    assert (labels["kind"], labels["team"]) == ("called", "core")


@pytest.mark.parametrize("options", [(), ("--output", "json")])
def test_the_log_lines_of_a_called_flow_stand_in_the_column_of_the_others(flowrun, write, options):
    write("child.yaml", CHILD)
    write("parent.yaml", flow("parent", subflow("a"), log("b", "hi there")))
    done = flowrun("run", "parent.yaml", *options)
    shown = (done.stderr if options else done.stdout).splitlines()
    messages = ["Created new", "hi you", "hi there"]
    assert len({line.index(one) for one in messages for line in shown if one in line}) == 1


def test_as_json_only_the_caller_is_shown(flowrun, write):
    write("child.yaml", CHILD)
    write("parent.yaml", PARENT)
    document = json.loads(flowrun("run", "parent.yaml", "--output", "json").stdout)
    assert problems_with("run", document) == []
    assert document["flowId"] == "parent"
    assert {one["taskId"] for one in document["taskRunList"]} == {"call", "last"}
    assert {one.get("taskId") for one in document["logs"]} == {"call", "last"}


def test_json_lines_hold_the_events_of_all_executions(flowrun, write):
    write("child.yaml", CHILD)
    write("parent.yaml", PARENT)
    events = [json.loads(line) for line in flowrun("run", "parent.yaml", "--output", "jsonl").stdout.splitlines()]
    assert [problems_with("event", one) for one in events] == [[]] * len(events)
    of = Counter(one["executionId"] for one in events)
    assert len(of) == 2
    created = [one["executionId"] for one in events if one["event"] == "ExecutionCreated"]
    assert sorted(of) == sorted(created)


def test_quietly_no_line_of_a_called_flow_is_shown(flowrun, write):
    write("child.yaml", CHILD)
    write("parent.yaml", PARENT)
    done = flowrun("run", "parent.yaml", "--quiet")
    assert "hi you" not in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


# --- where a called flow failed


BAD = flow("child", f"{{id: boom, type: {CORE}.execution.Fail, errorMessage: it is bad}}")


def failed_at(done):
    """What a run failed at, without the ids of executions."""
    first = next((at for at, line in enumerate(done.stdout.splitlines()) if line.startswith("  failed")), None)
    return re.sub(r"\b\w{22}\b", "ID", "\n".join(done.stdout.splitlines()[first:])).splitlines() if first else []


@pytest.mark.parametrize("options", [(), ("--quiet",)])
def test_the_summary_says_which_execution_failed_and_at_which_task(flowrun, write, options):
    write("child.yaml", BAD)
    write("middle.yaml", flow("middle", subflow("call")))
    write("parent.yaml", flow("parent", subflow("first", "middle"), log("never", "no")))
    assert failed_at(flowrun("run", "parent.yaml", *options)) == [
        "  failed at  first  parent.yaml:4  Subflow execution acme.middle ID ends in FAILED state",
        "  failed at  middle/call  middle.yaml:4  Subflow execution acme.child ID ends in FAILED state",
        "  failed at  child/boom  child.yaml:4  it is bad",
    ]


def test_the_summary_names_an_execution_that_failed_among_many(flowrun, write):
    write("batch.yaml", BATCH)
    write("items.yaml", items(6))
    assert failed_at(flowrun("run", "items.yaml")) == [
        "  failed at  each_items  items.yaml  acme.batch ID ends in FAILED state",
        "  failed at  batch/check  batch.yaml:7  Fail on a condition",
    ]


def test_of_calls_that_go_deep_the_summary_shows_the_first_and_the_last(flowrun, write):
    write("parent.yaml", flow("parent", subflow("call", "{{ flow.id }}")))
    shown = failed_at(flowrun("run", "parent.yaml"))
    assert len(shown) == 9
    assert shown[0].startswith("  failed at  call  parent.yaml:4")
    assert shown[4] == "  …"
    assert shown[-1] == "  failed at  parent/call  parent.yaml:4  Flows call each other more than 100 deep"


def test_the_sla_of_a_called_flow_is_not_taken_for_one_of_the_caller(flowrun, write):
    promise = "sla: [{id: quick, type: MAX_DURATION, duration: PT1S, behavior: FAIL}]\n"
    nap = f"{{id: nap, type: {CORE}.flow.Sleep, duration: PT5S}}"
    write("child.yaml", flow("child", nap, more=promise))
    write("parent.yaml", PARENT)
    first, second = failed_at(flowrun("run", "parent.yaml", "--virtual-time"))
    assert first == "  failed at  call  parent.yaml:4  Subflow execution acme.child ID ends in FAILED state"
    assert second.startswith("  failed  child  SLA 'quick' violated: ")


def test_a_call_whose_failure_is_allowed_is_not_told_of(flowrun, write):
    write("child.yaml", BAD)
    tolerant = subflow("call", more=", allowFailure: true")
    write("parent.yaml", flow("parent", tolerant, log("last", "done")))
    done = flowrun("run", "parent.yaml")
    assert (done.returncode, failed_at(done)) == (0, [])


# --- many calls


BATCH = flow(
    "batch",
    f"{{id: text, type: {CORE}.debug.Return, format: '{{{{ read(inputs.rows) | trim }}}}'}}",
    "{id: check, type: io.kestra.plugin.core.execution.Fail, condition: \"{{ outputs.text.value == 'r3' }}\"}",
    more="inputs: [{id: rows, type: FILE}]\noutputs: [{id: text, type: STRING, value: '{{ outputs.text.value }}'}]\n",
)


def items(rows, more=""):
    content = "".join(f"r{number}\\n" for number in range(rows))
    return flow(
        "items",
        f'{{id: lines, type: {CORE}.storage.Write, content: "{content}"}}',
        f"{{id: each, type: {CORE}.flow.ForEachItem, items: '{{{{ outputs.lines.uri }}}}', namespace: acme, "
        f"flowId: batch, inputs: {{rows: '{{{{ taskrun.items }}}}'}}{more}}}",
        f"{{id: show, type: {CORE}.debug.Return, format: '{{{{ read(outputs.each_merge.subflowOutputs) }}}}'}}",
    )


def test_five_hundred_rows_are_handled_and_their_outputs_are_in_order(flowrun, write):
    write("batch.yaml", BATCH.replace("'r3'", "'none'"))
    write("items.yaml", items(500))
    done = flowrun("run", "items.yaml", "--output", "json")
    assert done.returncode == 0, done
    document = json.loads(done.stdout)
    (show,) = [one for one in document["taskRunList"] if one["taskId"] == "show"]
    assert show["outputs"]["value"].split() == [f'{{text:"r{number}"}}' for number in range(500)]
    assert started(flowrun)["batch", 1, "SUCCESS"] == 500


def test_outputs_of_batches_are_collected_as_written_and_in_the_order_of_the_server(flowrun, write):
    declared = """inputs: [{id: number, type: INT, defaults: 7}, {id: rows, type: FILE}]
outputs:
  - {id: opt, type: STRING, required: false, value: "{{ nope }}"}
  - {id: zulu, type: INT, value: "{{ inputs.number }}"}
  - {id: share, type: FLOAT, required: false, value: "1.50"}
  - {id: raw, type: INT, value: 5}
  - {id: list, type: ARRAY, value: "[1, 2]"}
  - {id: real_list, type: ARRAY, value: ["{{ inputs.number }}", 3, "{{ null }}"]}
"""
    write("batch.yaml", flow("batch", log("say", "hi"), more=declared))
    write("items.yaml", items(1))
    document = json.loads(flowrun("run", "items.yaml", "--output", "json").stdout)
    (show,) = [one for one in document["taskRunList"] if one["taskId"] == "show"]
    required = 'raw:5,real_list:["7",3,null],list:"[1, 2]",zulu:"7"'
    assert show["outputs"]["value"] == f'{{{required},opt:null,share:"1.50"}}\n'
    warned = [
        line["message"] for line in document["logs"] if line.get("taskId") == "each_items" and line["level"] == "WARN"
    ]
    assert warned == ["Failed to render optional flow output 'opt'. Output is ignored."]


@pytest.mark.parametrize(("more", "code", "state"), [("", 1, "FAILED"), (", transmitFailed: false", 0, "SUCCESS")])
def test_a_batch_that_fails_keeps_no_other_from_its_end(flowrun, write, more, code, state):
    write("batch.yaml", BATCH)
    write("items.yaml", items(6, more))
    done = flowrun("run", "items.yaml", "--output", "json")
    assert done.returncode == code
    assert states(done)["each_items"] == state
    (each,) = [one for one in json.loads(done.stdout)["taskRunList"] if one["taskId"] == "each_items"]
    assert {key: count for key, count in each["outputs"]["iterations"].items() if count} == {"FAILED": 1, "SUCCESS": 5}
    assert started(flowrun)["batch", 1, "SUCCESS"] == 5


def test_the_tree_of_the_history_shows_calls_within_calls(flowrun, write):
    write("child.yaml", CHILD)
    write("middle.yaml", flow("middle", subflow("call")))
    write("parent.yaml", flow("parent", subflow("call", "middle"), subflow("again", "middle")))
    assert flowrun("run", "parent.yaml").returncode == 0
    shown = json.loads(flowrun("history", "--tree", "--format", "json").stdout)["executions"]
    by_id = {one["id"]: one for one in shown}
    above = Counter((one["flowId"], by_id[one["parentId"]]["flowId"]) for one in shown if "parentId" in one)
    assert above == {("middle", "parent"): 2, ("child", "middle"): 2}
    lines = flowrun("history", "--tree", "--ascii").stdout.splitlines()
    assert [line.partition(" + ")[0].partition("+ ")[0] for line in lines] == ["", "|-", "|  `-", "`-", "   `-"]


# --- an execution that takes the place of another


AGAIN = flow(
    "again",
    f"{{id: seen, type: {CORE}.debug.Return, format: \"{{{{ kv('seen', errorOnMissing=false) }}}}\"}}",
    f"{{id: remember, type: {CORE}.kv.Set, key: seen, value: before}}",
    f"{{id: shaky, type: {CORE}.execution.Fail, condition: \"{{{{ outputs.seen.value != 'before' }}}}\"}}",
    more="retry: {type: constant, interval: PT1S, maxAttempts: 3, behavior: CREATE_NEW_EXECUTION}\n",
)
"""Succeeds when it runs for the second time."""


def executions(document):
    """An execution, and those that took its place one after the other."""
    found = [document]
    while "next" in found[-1]:
        found.append(found[-1]["next"])
    return found


@pytest.mark.parametrize(
    ("text", "code", "states"),
    [
        (AGAIN, 0, ["RETRIED", "SUCCESS"]),
        (AGAIN.replace("!= 'before'", "!= 'never'"), 1, ["RETRIED", "RETRIED", "FAILED"]),
    ],
)
def test_a_run_that_is_tried_again_ends_as_its_last_execution(flowrun, write, text, code, states):
    write("again.yaml", text)
    done = flowrun("run", "again.yaml", "--output", "json", "--virtual-time")
    assert done.returncode == code, done
    document = json.loads(done.stdout)
    assert problems_with("run", document) == []
    assert [one["state"]["current"] for one in executions(document)] == states
    assert len({one["id"] for one in executions(document)}) == len(states)
    assert started(flowrun) == Counter(("again", 1, state) for state in states)


def test_the_text_of_a_run_that_is_tried_again_shows_each_result(flowrun, write):
    write("again.yaml", AGAIN)
    done = flowrun("run", "again.yaml", "--virtual-time")
    results = [line.split()[1:3] for line in done.stdout.splitlines() if line.split()[2:3] == ["again"]]
    assert (done.returncode, results) == (0, [["RETRIED", "again"], ["SUCCESS", "again"]])
    shown = done.stdout.splitlines()
    assert [shown[at - 1] for at, line in enumerate(shown) if at and line.startswith("▶")] == [""]
