"""Secrets from end to end: found, listed without their values, and masked in all that a run shows and logs."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.command import flowrun as call
from tests.cli.schemas import problems_with

if TYPE_CHECKING:
    from pathlib import Path

CORE = "io.kestra.plugin.core"
PASSWORD, TOKEN = "p@ss w/rd>>", "t0k en/1"
FORMS = (PASSWORD, "cEBzcyB3L3JkPj4=", "cEBzcyB3L3JkPj4", "p%40ss%20w", "p%40ss+w", TOKEN, "t0k%20en", "t0k+en")
"""What must not be seen: the two, in Base64 and URL-encoded."""

CHILD = f"""\
id: child
namespace: tests
inputs: [{{id: given, type: STRING}}]
tasks:
  - {{id: say, type: {CORE}.log.Log, message: "{{{{ inputs.given }}}} {{{{ secret('pass') }}}}"}}
outputs: [{{id: out, type: STRING, value: "{{{{ inputs.given }}}}"}}]
"""
PARENT = f"""\
id: parent
namespace: tests
inputs: [{{id: token, type: SECRET}}]
tasks:
  - id: call
    type: {CORE}.flow.Subflow
    namespace: tests
    flowId: child
    inputs: {{given: "{{{{ inputs.token }}}}"}}
  - id: value
    type: {CORE}.debug.Return
    format: "{{{{ secret('PASS') }}}} {{{{ secret('PASS') | base64encode }}}} {{{{ inputs.token | urlencode }}}}"
  - id: each
    type: {CORE}.flow.ForEach
    values: ["{{{{ secret('PASS') }}}}", other]
    tasks:
      - {{id: log, type: {CORE}.log.Log, message: "{{{{ taskrun.value }}}} {{{{ outputs.value.value }}}}"}}
  - id: later
    type: {CORE}.execution.Assert
    conditions: ["{{{{ outputs.value.value == '{PASSWORD} cEBzcyB3L3JkPj4= t0k+en%2F1' }}}}"]
  - {{id: fail, type: {CORE}.execution.Fail, errorMessage: "no way: {{{{ secret('PASS') | urlencode }}}}"}}
outputs: [{{id: out, type: JSON, value: '{{"a": ["{{{{ outputs.value.value }}}}"]}}'}}]
"""
CHECKED = f"""\
id: checked
namespace: tests
variables: {{user: "{{{{ secret('DB_USER') }}}}"}}
tasks:
  - id: log
    type: {CORE}.log.Log
    message: |
      hello
        {{{{ secret('pass') }}}} {{{{ secret('CONF', subkey='a') }}}} {{{{ secret('CONF', subkey='b') }}}}
      {{{{ secret(inputs.name) }}}}
  - {{id: call, type: {CORE}.flow.Subflow, namespace: tests, flowId: child, inputs: {{given: x}}}}
"""


@pytest.fixture
def flowrun(tmp_path: Path):
    """The command in a folder with three flows, and with a store of its own."""
    for name, text in (("child", CHILD), ("parent", PARENT), ("checked", CHECKED)):
        (tmp_path / f"{name}.yaml").write_text(text)

    def run(*arguments: str, **env: str):
        return call(*arguments, cwd=tmp_path, env={"FLOWRUN_HOME": str(tmp_path / "home"), **env})

    return run


# --- found


@pytest.fixture
def below(tmp_path: Path) -> Path:
    """A folder whose flow tells the length of a secret."""
    folder = tmp_path / "below"
    folder.mkdir()
    task = f"{{id: say, type: {CORE}.log.Log, message: \"{{{{ secret('PASS') | length }}}}\"}}"
    (folder / "length.yaml").write_text(f"id: length\nnamespace: tests\ntasks: [{task}]\n")
    return folder


def test_the_file_beside_the_flow_is_read_and_a_note_says_so(flowrun: Any, below: Path, tmp_path: Path):
    (below / ".secrets").write_text("PASS=beside\n")
    (tmp_path / ".secrets").write_text("PASS=here\n")
    done = flowrun("run", "below/length.yaml", SECRET_PASS="ZW52")
    assert "say  6\n" in done.stdout
    assert done.stderr == "note: secrets are taken from below/.secrets\n"


def test_the_file_of_the_current_folder_stands_in_for_it_and_an_option_goes_over_it(
    flowrun: Any, below: Path, tmp_path: Path
):
    assert below.is_dir()
    (tmp_path / ".secrets").write_text("PASS=here\n")
    (tmp_path / "other.env").write_text("PASS=by option\n")
    option = ("--secrets-file", "other.env")
    assert "say  4\n" in flowrun("run", "below/length.yaml").stdout
    assert "say  9\n" in flowrun("run", "below/length.yaml", *option).stdout
    assert "say  4\n" in flowrun("replay", "--last").stdout
    assert "say  9\n" in flowrun("replay", "--last", *option).stdout


def test_a_bad_line_is_named_and_not_shown(flowrun: Any, tmp_path: Path):
    (tmp_path / ".secrets").write_text("PASS=x\nhunter2\n")
    done = flowrun("run", "child.yaml", "-i", "given=x")
    assert done.returncode == 2
    assert ".secrets:2: not of the form NAME=value" in done.stderr
    assert "hunter2" not in done.stderr


# --- listed


HINT = "write DB_USER=VALUE into .secrets or a --secrets-file, or set SECRET_DB_USER=$(printf %s VALUE | base64)"


def test_check_lists_all_secrets_with_their_places_and_what_to_do(flowrun: Any, tmp_path: Path):
    (tmp_path / ".secrets").write_text('CONF={"a": "inner"}\n')
    done = flowrun("secrets", "check", "checked.yaml", SECRET_PASS="cGFzc3dvcmQ=")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "there    CONF[a]     checked.yaml:9:33",
        "missing  CONF[b]     checked.yaml:9:66",
        "                     = problem: Cannot find secret sub-key 'b' in secret 'CONF'.",
        "                     = hint: its value has to be a map in JSON, with the key `b`",
        "missing  DB_USER     checked.yaml:3:23",
        "                     = problem: Cannot find secret for key 'DB_USER'.",
        f"                     = hint: {HINT}",
        "there    PASS        checked.yaml:9:12",
        "                     child.yaml:5:84",
        "unknown  (computed)  checked.yaml:10:10",
        "                     = not known before the run",
        "5 secrets, 2 missing",
    ]
    assert "password" not in done.stdout + done.stderr
    assert "inner" not in done.stdout + done.stderr


def test_check_is_content_when_all_are_there(flowrun: Any):
    done = flowrun("secrets", "check", "child.yaml", SECRET_PASS="cGFzcw==")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "there    PASS  child.yaml:5:84\n1 secret, 0 missing\n"


def test_check_knows_a_variable_that_is_no_base64(flowrun: Any):
    done = flowrun("secrets", "check", "child.yaml", SECRET_PASS="p@ss")
    assert done.returncode == 1
    assert "SECRET_PASS is set, but not in Base64" in done.stdout
    assert "p@ss" not in done.stdout


def test_check_tells_of_a_flow_that_it_cannot_look_into(flowrun: Any, tmp_path: Path):
    (tmp_path / "child.yaml").unlink()
    done = flowrun("secrets", "check", "parent.yaml", SECRET_PASS="cGFzcw==")
    assert done.returncode == 0
    assert done.stderr == "warning: flow `tests.child` is not found: its secrets are not listed\n"


def test_check_finds_called_flows_below_a_folder(flowrun: Any, tmp_path: Path):
    (tmp_path / "lib" / "deep").mkdir(parents=True)
    (tmp_path / "child.yaml").rename(tmp_path / "lib" / "deep" / "child.yaml")
    done = flowrun("secrets", "check", "parent.yaml", "--flows", "lib", SECRET_PASS="cGFzcw==")
    assert "lib/deep/child.yaml:5:84" in done.stdout


def test_check_as_json_fits_its_schema(flowrun: Any):
    done = flowrun("secrets", "check", "checked.yaml", "--format", "json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert problems_with("secrets", document) == []
    states = {(one["key"], one["subkey"]): one["state"] for one in document["secrets"]}
    assert states == {
        ("CONF", "a"): "missing",
        ("CONF", "b"): "missing",
        ("DB_USER", None): "missing",
        ("PASS", None): "missing",
        (None, None): "unknown",
    }


def test_check_refuses_what_is_no_flow(flowrun: Any, tmp_path: Path):
    (tmp_path / "broken.yaml").write_text("id: x\n")
    assert flowrun("secrets", "check", "broken.yaml").returncode == 3


# --- masked


def assert_masked(text: str) -> None:
    """Nothing of it shows a secret in any form."""
    assert "******" in text
    assert [form for form in FORMS if form in text] == []


@pytest.mark.parametrize("output", ["text", "jsonl"])
def test_a_run_shows_no_secret_in_any_form(flowrun: Any, tmp_path: Path, output: str):
    (tmp_path / ".secrets").write_text(f"PASS={PASSWORD}\n")
    done = flowrun("run", "parent.yaml", "-i", f"token={TOKEN}", "--output", output, "--report", "page.html")
    assert done.returncode == 1
    assert_masked(done.stdout + done.stderr)
    assert_masked((tmp_path / "page.html").read_text())
    assert "no way: ******" in done.stdout
    assert "later" in done.stdout  # the Assert before `fail` saw the outputs as they are
    assert "ERROR  later" not in done.stdout + done.stderr


def test_a_document_for_programs_has_outputs_as_they_are_and_no_secret_in_its_log(flowrun: Any, tmp_path: Path):
    (tmp_path / ".secrets").write_text(f"PASS={PASSWORD}\n")
    done = flowrun("run", "parent.yaml", "-i", f"token={TOKEN}", "--output", "json")
    document = json.loads(done.stdout)
    assert_masked(json.dumps(document.pop("logs")) + done.stderr)
    assert PASSWORD in json.dumps(document["taskRunList"])
    assert TOKEN not in json.dumps(document["inputs"])


def test_the_log_in_the_store_holds_no_secret(flowrun: Any, tmp_path: Path):
    (tmp_path / ".secrets").write_text(f"PASS={PASSWORD}\n")
    flowrun("run", "parent.yaml", "-i", f"token={TOKEN}")
    database = sqlite3.connect(tmp_path / "home" / "flowrun.db")
    assert_masked("\n".join(message for (message,) in database.execute("SELECT message FROM logs")))
    database.close()


def test_a_refused_start_does_not_tell_a_secret(flowrun: Any, tmp_path: Path):
    text = CHILD.replace("type: STRING}]", "type: INT, defaults: \"{{ secret('PASS') }}\"}]")
    (tmp_path / "child.yaml").write_text(text)
    (tmp_path / ".secrets").write_text("PASS=hunter2\n")
    done = flowrun("run", "child.yaml", "--no-input")
    assert done.returncode == 2
    assert "Unrecognized token '******'" in done.stderr
    assert "hunter2" not in done.stderr


RESTARTED = f"""\
id: restarted
namespace: tests
variables: {{plain: text}}
tasks:
  - id: set
    type: {CORE}.execution.SetVariables
    variables: {{word: "v {{{{ secret('PASS') }}}}"}}
  - {{id: value, type: {CORE}.output.OutputValues, values: {{a: ["x {{{{ secret('PASS') }}}}"], b: other}}}}
  - {{id: wait, type: {CORE}.flow.Pause}}
  - {{id: log, type: {CORE}.log.Log, message: "{{{{ outputs.value['values'].a[0] }}}} {{{{ vars.word }}}} {{{{ vars.plain }}}}"}}
  - id: same
    type: {CORE}.execution.Assert
    conditions: ["{{{{ outputs.value['values'].a[0] == 'x {PASSWORD}' and vars.word == 'v {PASSWORD}' }}}}"]
outputs: [{{id: out, type: STRING, value: "{{{{ outputs.value['values'].a[0] }}}}"}}]
"""


def test_the_store_holds_no_secret_and_a_later_process_goes_on_with_its_value(flowrun: Any, tmp_path: Path):
    (tmp_path / "flow.yaml").write_text(RESTARTED)
    (tmp_path / ".secrets").write_text(f"PASS={PASSWORD}\n")
    assert flowrun("run", "flow.yaml", "--no-input").returncode == 5
    kept = everything_kept(tmp_path)
    assert "other" in kept
    assert PASSWORD not in kept
    (tmp_path / ".secrets").unlink()
    for shown in (
        ("show", "--last"),
        ("show", "--last", "--format", "json"),
        ("history", "report", "--last", "--out", "-"),
    ):
        assert_masked(flowrun(*shown).stdout.partition("<h2>Flow</h2>")[0])
    done = flowrun("resume", "--last")
    assert done.returncode == 0, done.stdout
    assert "log    ****** ****** text\n" in done.stdout
    assert_masked(done.stdout)
    again = flowrun("run", "flow.yaml", "--from", "log", "--no-input")
    assert again.returncode == 0, again.stdout
    assert_masked(again.stdout)


ASKING = f"""\
id: asking
namespace: tests
tasks:
  - {{id: wait, type: {CORE}.flow.Pause, onResume: [{{id: db.pin, type: SECRET}}]}}
  - {{id: log, type: {CORE}.log.Log, message: "pin {{{{ outputs.wait.onResume.db.pin }}}}"}}
"""


def test_a_secret_that_a_pause_asks_for_is_masked_and_kept_encrypted(flowrun: Any, tmp_path: Path):
    (tmp_path / "asking.yaml").write_text(ASKING)
    assert flowrun("run", "asking.yaml", "--no-input").returncode == 5
    done = flowrun("resume", "--last", "-i", f"db.pin={TOKEN}")
    assert "log   pin ******\n" in done.stdout, done.stderr
    assert_masked(done.stdout)
    assert TOKEN not in everything_kept(tmp_path)


def everything_kept(folder: Path) -> str:
    """All values of all rows of the store, the texts of flows left out."""
    database = sqlite3.connect(folder / "home" / "flowrun.db")
    rows = [*database.execute("SELECT * FROM executions"), *database.execute("SELECT * FROM task_runs")]
    rows += database.execute("SELECT * FROM logs")
    database.close()
    return "\n".join(str(row) for row in rows)
