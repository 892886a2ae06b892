"""`flowrun validate` as a process."""

from __future__ import annotations

import json

import pytest
from tests.cli.command import flowrun
from tests.cli.schemas import problems_with

GOOD = "id: good\nnamespace: test\ntasks:\n  - id: a\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"
BAD = GOOD.replace("message", "mesage").replace("id: good", "id: -bad")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "bad.yml").write_text(BAD)
    return tmp_path


def test_the_samples_are_valid():
    done = flowrun("validate", "flows", "--strict")
    assert done.returncode == 0
    assert done.stdout.endswith("files checked, all valid\n")


def test_every_problem_is_drawn_in_one_pass_with_its_place(folder):
    done = flowrun("validate", ".", cwd=folder)
    assert done.returncode == 3
    assert " --> deep/bad.yml:1:5" in done.stdout
    assert " --> deep/bad.yml:6:5" in done.stdout
    assert "did you mean `message`?" in done.stdout
    assert done.stdout.endswith("\n2 files checked, 1 invalid: 2 errors\n")
    assert done.stderr == ""


def test_a_file_named_twice_is_checked_once(folder):
    assert flowrun("validate", "good.yaml", "good.yaml", cwd=folder).stdout == "1 file checked, valid\n"


def test_the_report_as_json_keeps_its_schema(folder):
    done = flowrun("validate", ".", "--format", "json", cwd=folder)
    assert done.returncode == 3
    document = json.loads(done.stdout)
    assert not problems_with("validate", document)
    assert [(file["file"], file["valid"]) for file in document["files"]] == [
        ("deep/bad.yml", False),
        ("good.yaml", True),
    ]
    assert (document["files"][0]["diagnostics"][0]["line"], document["files"][0]["diagnostics"][0]["column"]) == (1, 5)


def test_the_standard_input_can_be_checked():
    assert flowrun("validate", "-", stdin=GOOD).stdout == "1 file checked, valid\n"
    assert "<stdin>:6:5" in flowrun("validate", "-", stdin=BAD).stdout


def test_a_folder_without_flows_is_a_usage_error(tmp_path):
    done = flowrun("validate", str(tmp_path))
    assert done.returncode == 2
    assert "there are no flow files" in done.stderr


def test_a_file_that_is_not_there_is_a_usage_error_as_json_too(tmp_path):
    done = flowrun("validate", "nowhere.yaml", "--format", "json", cwd=tmp_path)
    assert done.returncode == 2
    assert not problems_with("error", json.loads(done.stdout))


def test_colour_only_where_it_is_asked_for(folder):
    assert "\x1b[" not in flowrun("validate", ".", cwd=folder).stdout
    assert "\x1b[" in flowrun("validate", ".", "--color", "always", cwd=folder).stdout


CALL = """\
id: parent
namespace: test
tasks:
  - id: call
    type: io.kestra.plugin.core.flow.Subflow
    namespace: test
    flowId: FLOW
"""


def test_a_folder_is_checked_as_a_whole(folder):
    (folder / "deep" / "bad.yml").unlink()
    (folder / "parent.yaml").write_text(CALL.replace("FLOW", "goood"))
    done = flowrun("validate", ".", cwd=folder)
    assert done.returncode == 0
    assert "warning[unknown-subflow]: no file that is checked here has the flow `test.goood`" in done.stdout
    assert "did you mean `test.good`?" in done.stdout


def test_a_file_alone_may_call_what_is_elsewhere(folder):
    (folder / "parent.yaml").write_text(CALL.replace("FLOW", "goood"))
    assert flowrun("validate", "parent.yaml", cwd=folder).stdout == "1 file checked, valid\n"


def test_settings_and_comments_choose_the_findings(folder):
    (folder / "flowrun.toml").write_text('[rules]\nunknown-variable = "warning"\n')
    (folder / "a.yaml").write_text(GOOD.replace("message: hi", 'message: "{{ nope }}"'))
    assert flowrun("validate", "a.yaml", cwd=folder).stdout.endswith("1 file checked, valid: 1 warning\n")
    text = (folder / "a.yaml").read_text().replace('nope }}"', 'nope }}" # flowrun: ignore[unknown-variable]')
    (folder / "a.yaml").write_text(text)
    assert flowrun("validate", "a.yaml", cwd=folder).stdout == "1 file checked, valid\n"


def test_wrong_settings_are_a_usage_error(folder):
    (folder / "flowrun.toml").write_text("[rulse]\n")
    done = flowrun("validate", "good.yaml", cwd=folder)
    assert done.returncode == 2
    assert "there is no setting `rulse`" in done.stderr
    assert "did you mean `rules`?" in done.stderr


def test_a_secret_in_plain_text_is_shown_by_no_report(folder):
    (folder / "a.yaml").write_text(
        "id: a\nnamespace: test\ninputs: [{id: token, type: SECRET, defaults: hush-hush}]\n"
        "tasks: [{id: q, type: io.kestra.plugin.jdbc.mysql.Query, password: tr0ub4dor}]\n"
    )
    for report in ("text", "json", "github", "sarif", "junit"):
        done = flowrun("validate", "a.yaml", "--format", report, cwd=folder)
        assert "plain-text-secret" in done.stdout or report == "junit"
        assert "hush-hush" not in done.stdout + done.stderr
        assert "tr0ub4dor" not in done.stdout + done.stderr
