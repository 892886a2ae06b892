"""`flowrun run` as a process."""

from __future__ import annotations

import json
import subprocess

import pytest
from tests.cli.command import COMMAND, ROOT, environment, flowrun
from tests.cli.schemas import problems_with

HELLO = "01_hello_world.yaml"
LOG = "io.kestra.plugin.core.log.Log"


def flow_text(*lines: str, inputs: str = "") -> str:
    tasks = "\n".join(f"  {line}" for line in lines)
    return f"id: small\nnamespace: test\n{inputs}tasks:\n{tasks}\n"


ONE_LOG = flow_text("- id: hi", f"  type: {LOG}", "  message: hi")
FAILS = flow_text("- id: bad", "  type: io.kestra.plugin.core.execution.Fail")


def messages(stdout: str) -> list[str]:
    return [entry["message"] for entry in json.loads(stdout)["logs"]]


def test_hello_world_is_found_in_the_flows_folder_and_a_note_says_so():
    done = flowrun("run", HELLO, "--virtual-time", "--input", "name=Ann")
    assert done.returncode == 0
    assert "Hello Ann, welcome to flowrun!" in done.stdout
    assert done.stderr == f"note: running flows/{HELLO}\n"


def test_the_document_of_a_run_keeps_its_schema_and_stdout_holds_nothing_else():
    done = flowrun("run", HELLO, "--virtual-time", "--output", "json")
    document = json.loads(done.stdout)
    assert not problems_with("run", document)
    assert document["outputs"] == {"summary": "WORLD was welcomed by hello_world"}
    assert "Goodbye, World!" in done.stderr


def test_the_five_tasks_of_the_hello_world_run_in_order():
    done = flowrun("run", HELLO, "--virtual-time", "--output", "json")
    document = json.loads(done.stdout)
    assert [run["taskId"] for run in document["taskRunList"]] == ["hello", "compose", "report", "nap", "goodbye"]
    logs = [entry for entry in document["logs"] if entry.get("taskId") in ("hello", "report", "goodbye")]
    assert [entry["level"] for entry in logs] == ["ERROR"] * 3


def test_a_flow_can_come_from_the_standard_input():
    assert "hi" in flowrun("run", "-", stdin=ONE_LOG).stdout


def test_an_input_can_come_from_the_standard_input():
    done = flowrun("run", HELLO, "--virtual-time", "-i", "name=-", stdin="Zoe")
    assert "Hello Zoe, welcome" in done.stdout


def test_flow_and_input_cannot_both_be_the_standard_input():
    done = flowrun("run", "-", "-i", "name=-", stdin=ONE_LOG)
    assert done.returncode == 2
    assert "only one of FLOW and --input name=- can be the standard input" in done.stderr


def test_an_input_of_the_environment_and_an_option_of_the_environment():
    done = flowrun(
        "run", HELLO, env={"FLOWRUN_INPUT_NAME": "Eve", "FLOWRUN_VIRTUAL_TIME": "1", "FLOWRUN_OUTPUT": "json"}
    )
    assert json.loads(done.stdout)["inputs"] == {"name": "Eve"}


def test_an_undeclared_input_from_a_file_is_warned_of_and_the_run_goes_on(tmp_path):
    path = tmp_path / "in.yaml"
    path.write_text("nobody: 1\n")
    done = flowrun("run", "-", "--inputs-file", str(path), "--output", "json", stdin=ONE_LOG)
    assert done.returncode == 0
    assert messages(done.stdout)[0] == (
        "Input nobody was provided for workflow test.small but isn't declared in the workflow inputs"
    )


def test_an_undeclared_input_on_the_command_line_is_refused():
    done = flowrun("run", HELLO, "--input", "nme=Ann")
    assert done.returncode == 2
    assert done.stderr.endswith("error: the flow has no input `nme`\n  hint: did you mean `name`?\n")
    assert done.stdout == ""


def test_labels_are_added_to_those_of_the_flow():
    done = flowrun("run", HELLO, "--virtual-time", "--output", "json", "-l", "run=nightly", "--label", "owner=me")
    labels = {label["key"]: label["value"] for label in json.loads(done.stdout)["labels"]}
    assert (labels["run"], labels["owner"], labels["level"]) == ("nightly", "me", "first-steps")


def test_dry_run_runs_nothing_and_marks_what_it_cannot_know():
    done = flowrun("run", HELLO, "--dry-run", "-i", "name=Ann")
    assert done.returncode == 0
    assert "message: Hello Ann, welcome to flowrun!" in done.stdout
    assert "message: … The task before returned: {{ outputs.compose.value }}" in done.stdout


def test_dry_run_names_properties_as_the_file_does(tmp_path):
    task = "{id: stop, type: io.kestra.plugin.core.execution.Fail, errorMessage: '{{ outputs }}', condition: 'false'}"
    (tmp_path / "flow.yaml").write_text(f"id: x\nnamespace: test\ntasks:\n  - {task}\n")
    assert "  errorMessage: … {{ outputs }}" in flowrun("run", "flow.yaml", "--dry-run", cwd=tmp_path).stdout
    done = flowrun("run", "flow.yaml", "--dry-run", "--output", "json", cwd=tmp_path)
    (planned,) = json.loads(done.stdout)["plan"]["tasks"]
    assert planned["properties"] == {"errorMessage": "{{ outputs }}", "condition": "false"}
    assert planned["pending"] == ["errorMessage"]


def test_dry_run_as_json_keeps_its_schema():
    done = flowrun("run", HELLO, "--dry-run", "--output", "json")
    document = json.loads(done.stdout)
    assert not problems_with("plan", document)
    assert [task["id"] for task in document["plan"]["tasks"]] == ["hello", "compose", "report", "nap", "goodbye"]


def test_quiet_shows_outputs_and_result_only():
    done = flowrun("run", HELLO, "--virtual-time", "--quiet")
    assert [line.split()[0] for line in done.stdout.splitlines() if line] == ["outputs", "summary:", "✓"]
    assert done.stderr == ""


def test_log_level_hides_lines_from_people_and_not_from_the_document():
    done = flowrun("run", HELLO, "--virtual-time", "--output", "json", "--log-level", "error")
    assert "Waiting for PT1S" not in done.stderr
    assert "Waiting for PT1S" in messages(done.stdout)


def test_a_failed_flow_ends_with_1():
    done = flowrun("run", "-", stdin=FAILS)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2].startswith("✗ FAILED  small")


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--exit-code-on-warning", "9"), 9)])
def test_a_warning_is_a_success_unless_somebody_says_otherwise(options, code):
    assert flowrun("run", "-", *options, stdin=FAILS + "    allowFailure: true\n").returncode == code


def test_a_missing_input_is_refused_with_the_servers_sentence():
    text = flow_text("- id: hi", f"  type: {LOG}", "  message: hi", inputs="inputs: [{id: who, type: STRING}]\n")
    done = flowrun("run", "-", "--output", "json", stdin=text)
    assert done.returncode == 2
    document = json.loads(done.stdout)
    assert not problems_with("error", document)
    assert document["error"]["message"] == "Missing required input:who"


def test_an_invalid_flow_ends_with_3_and_shows_the_place():
    done = flowrun("run", "-", stdin=ONE_LOG.replace("message", "mesage"))
    assert done.returncode == 3
    assert " --> <stdin>:6:5" in done.stderr
    assert "did you mean `message`?" in done.stderr
    assert done.stdout == ""


def test_an_invalid_flow_as_json_carries_its_diagnostics():
    done = flowrun("run", "-", "--output", "json", stdin=ONE_LOG.replace("message", "mesage"))
    assert done.returncode == 3
    document = json.loads(done.stdout)
    assert not problems_with("error", document)
    assert document["error"]["code"] == "invalid-flow"
    assert document["error"]["diagnostics"][0]["line"] == 6


def test_a_type_that_flowrun_cannot_run_ends_with_4_before_anything_ran():
    text = f"{ONE_LOG}  - {{id: upload, type: io.kestra.plugin.aws.s3.Upload}}\n"
    done = flowrun("run", "-", stdin=text)
    assert (done.returncode, done.stdout) == (4, "")
    assert "io.kestra.plugin.aws.s3.Upload" in done.stderr


def test_a_disabled_flow_ends_with_2():
    done = flowrun("run", "-", stdin="disabled: true\n" + ONE_LOG)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: Requested Flow is disabled.")


def test_the_time_limit_kills_the_run():
    text = flow_text("- id: nap", "  type: io.kestra.plugin.core.flow.Sleep", "  duration: PT1H")
    done = flowrun("run", "-", "--timeout", "0.3", stdin=text)
    assert done.returncode == 1
    assert "■ KILLED" in done.stdout
    assert "took longer than --timeout" in done.stderr


def test_sigterm_kills_the_run_and_ends_with_143():
    process = subprocess.Popen(
        [*COMMAND, "run", "-"], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdin.write(flow_text("- id: nap", "  type: io.kestra.plugin.core.flow.Sleep", "  duration: PT1H"))
    process.stdin.close()
    while "Waiting for" not in process.stdout.readline():
        pass
    process.terminate()
    assert "■ KILLED" in process.stdout.read()
    process.stdout.close()
    assert process.wait(30) == 143


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "Missing argument 'FLOW'"),
        (["run", HELLO, "--colour", "never"], "No such option: --colour Did you mean --color?"),
        (["run", HELLO, "--color", "pink"], "Invalid value for '--color'"),
        (["run", HELLO, "--timeout", "soon"], "`soon` is not a duration"),
        (["run", HELLO, "--flows", "nowhere"], "there is no folder `nowhere`"),
        (["run", HELLO, "--label", "x"], "`--label x` is not of the form KEY=VALUE"),
        (["rnu", HELLO], "there is no command `rnu`"),
    ],
)
def test_a_wrong_call_ends_with_2_and_one_message(arguments, message):
    done = flowrun(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_call_is_told_as_json_where_json_was_asked_for():
    done = flowrun("run", "nowhere.yaml", "--output=json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"


@pytest.mark.parametrize("path", sorted(path.name for path in (ROOT / "flows").glob("*.yaml")))
def test_every_sample_flow_succeeds(path):
    assert flowrun("run", path, "--virtual-time", "--no-input").returncode == 0


def test_the_failing_way_of_the_sample_fails_after_its_error_tasks():
    done = flowrun("run", "12_when_things_fail.yaml", "--virtual-time", "--input", "reachable=false")
    assert done.returncode == 1
    assert "3 attempts" in done.stdout
    assert "Giving up." in done.stdout
    assert "Runs in any case." in done.stdout
