"""`flowrun flow` as a process: saved flows and their revisions."""

from __future__ import annotations

import json

import pytest
from tests.cli.command import flowrun as call
from tests.cli.schemas import problems_with

FLOW = (
    "id: hello\nnamespace: team.data\ntasks:\n  - id: say\n    type: io.kestra.plugin.core.log.Log\n    message: one\n"
)
NAME = "team.data.hello"


@pytest.fixture
def flowrun(tmp_path):
    """The command with a store and a folder of its own."""

    def run(*arguments, stdin=""):
        return call(*arguments, cwd=tmp_path, stdin=stdin, env={"FLOWRUN_HOME": str(tmp_path / "home")})

    return run


def saved(flowrun, text=FLOW):
    done = flowrun("flow", "save", "-", stdin=text)
    assert done.returncode == 0, done.stderr
    return done.stdout


def revisions(flowrun, name=NAME):
    found = json.loads(flowrun("flow", "revisions", name, "--format", "json").stdout)["flows"]
    return [(one["revision"], one["deleted"]) for one in found]


def test_the_first_save_is_revision_1_and_only_a_change_makes_another(flowrun):
    assert saved(flowrun) == f"{NAME}  revision 1  saved\n"
    assert saved(flowrun) == f"{NAME}  revision 1  unchanged\n"
    assert saved(flowrun, FLOW + "# a comment\n") == f"{NAME}  revision 2  saved\n"


def test_deleting_is_a_revision_and_saving_again_goes_on_counting(flowrun):
    saved(flowrun)
    assert flowrun("flow", "delete", NAME).stdout == f"{NAME}  deleted\n"
    saved(flowrun)
    assert revisions(flowrun) == [(1, False), (2, True), (3, False)]


@pytest.mark.parametrize("change", ["\r\n", "BOM", "end"])
def test_the_source_survives_byte_for_byte(flowrun, change):
    data = FLOW.encode()
    data = {"\r\n": data.replace(b"\n", b"\r\n"), "BOM": b"\xef\xbb\xbf" + data, "end": data.rstrip()}[change]
    saved(flowrun, data)
    assert flowrun("flow", "get", NAME).stdout.encode() == data


def test_a_revision_in_the_file_is_cut_out_and_the_store_counts(flowrun):
    saved(flowrun, "revision: 7\n" + FLOW)
    assert flowrun("flow", "get", f"{NAME}@1").stdout == FLOW


def test_a_saved_flow_runs_by_its_name_and_the_execution_knows_its_revision(flowrun):
    saved(flowrun)
    saved(flowrun, FLOW.replace("one", "two {{ flow.revision }}"))
    newest = json.loads(flowrun("run", NAME, "--output", "json").stdout)
    older = json.loads(flowrun("run", f"{NAME}@1", "--output", "json").stdout)
    assert (newest["flowRevision"], newest["logs"][0]["message"]) == (2, "two 2")
    assert (older["flowRevision"], older["logs"][0]["message"]) == (1, "one")
    assert f"{NAME}@2" in flowrun("history").stdout


def test_a_file_goes_before_a_saved_flow_of_the_same_name(flowrun, tmp_path):
    saved(flowrun)
    (tmp_path / NAME).write_text(FLOW.replace("one", "from the file"))
    assert "from the file" in flowrun("run", NAME).stdout


@pytest.mark.parametrize(("old", "new"), [("id: hello", "id: other"), ("namespace: team.data", "namespace: team")])
def test_id_and_namespace_of_a_saved_flow_never_change(flowrun, tmp_path, old, new):
    saved(flowrun)
    (tmp_path / "new.yaml").write_text(FLOW.replace(old, new))
    done = flowrun("flow", "save", "--update", NAME, "new.yaml")
    assert done.returncode == 3
    assert "error[immutable]" in done.stderr
    assert " --> new.yaml:" in done.stderr
    assert revisions(flowrun) == [(1, False)]


def test_ids_of_tasks_may_change(flowrun, tmp_path):
    saved(flowrun)
    (tmp_path / "new.yaml").write_text(FLOW.replace("id: say", "id: tell"))
    assert flowrun("flow", "save", "--update", NAME, "new.yaml").returncode == 0
    assert revisions(flowrun) == [(1, False), (2, False)]


def test_an_update_needs_something_to_update(flowrun, tmp_path):
    saved(flowrun)
    (tmp_path / "new.yaml").write_text(FLOW)
    done = flowrun("flow", "save", "--update", "team.data.helo", "new.yaml")
    assert done.returncode == 2
    assert "did you mean `team.data.hello`?" in done.stderr


def test_of_several_files_none_is_saved_when_one_is_invalid(flowrun, tmp_path):
    (tmp_path / "good.yaml").write_text(FLOW)
    (tmp_path / "bad.yaml").write_text(FLOW.replace("message", "mesage"))
    done = flowrun("flow", "save", "good.yaml", "bad.yaml")
    assert done.returncode == 3
    assert "did you mean `message`?" in done.stderr
    assert flowrun("flow", "list").stdout == ""


def test_a_deleted_flow_is_not_run_and_the_way_back_is_shown(flowrun):
    saved(flowrun)
    flowrun("flow", "delete", NAME)
    done = flowrun("run", NAME)
    assert done.returncode == 2
    assert f"the flow `{NAME}` was deleted" in done.stderr
    assert f"flowrun flow get {NAME}@1" in done.stderr


def test_a_name_that_may_mean_two_flows_names_both(flowrun):
    saved(flowrun)
    saved(flowrun, FLOW.replace("id: hello", "id: data.hello").replace("team.data", "team"))
    done = flowrun("flow", "get", NAME)
    assert done.returncode == 2
    assert "`data.hello` in `team` and `hello` in `team.data`" in done.stderr
    assert "write `team/data.hello`" in done.stderr
    assert flowrun("flow", "get", "team.data/hello").stdout == FLOW


def test_two_files_with_the_same_flow_are_refused(flowrun, tmp_path):
    (tmp_path / "a.yaml").write_text(FLOW)
    (tmp_path / "b.yaml").write_text(FLOW.replace("one", "two"))
    done = flowrun("flow", "save", "a.yaml", "b.yaml")
    assert done.returncode == 2
    assert "`a.yaml` and `b.yaml` both hold the flow `team.data.hello`" in done.stderr


def test_differences_between_revisions_and_to_a_file(flowrun, tmp_path):
    saved(flowrun)
    saved(flowrun, FLOW.replace("one", "two"))
    assert f"--- {NAME}@1\n+++ {NAME}@2\n" in flowrun("flow", "diff", NAME).stdout
    (tmp_path / "new.yaml").write_text(FLOW.replace("one", "three"))
    shown = flowrun("flow", "diff", NAME, "new.yaml").stdout
    assert f"--- {NAME}@2\n+++ new.yaml\n" in shown
    assert "-    message: two\n+    message: three\n" in shown


def test_the_documents_keep_their_schema(flowrun):
    first = json.loads(flowrun("flow", "save", "-", "--format", "json", stdin=FLOW).stdout)
    assert first["flows"][0]["changed"] is True
    assert problems_with("flows", first) == []
    assert problems_with("flows", json.loads(flowrun("flow", "list", "--format", "json").stdout)) == []
    assert flowrun("flow", "list", "--namespace", "tea").stdout == ""
    assert NAME in flowrun("flow", "list", "--namespace", "team").stdout


def test_show_and_render_take_saved_flows(flowrun):
    saved(flowrun)
    assert flowrun("show", NAME).returncode == 0
    assert flowrun("render", "{{ flow.revision }}", "--flow", NAME).stdout == "1\n"


def test_without_a_store_there_is_nothing_saved(flowrun):
    done = flowrun("flow", "get", NAME)
    assert done.returncode == 2
    assert "no flow is saved yet" in done.stderr


def test_the_command_line_is_checked(flowrun):
    assert flowrun("flow").returncode == 2
    assert flowrun("flow", "get", "nodots").returncode == 2
