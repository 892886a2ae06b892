"""`flowrun run` with a WorkingDirectory: what goes into it, what is kept of it, what stays of it."""

from __future__ import annotations

import json

import pytest
from tests.cli.command import flowrun as call

CORE = "io.kestra.plugin.core"

FLOW = f"""
id: shared
namespace: acme
tasks:
  - {{id: lines, type: {CORE}.storage.Write, content: "1\\n2\\n"}}
  - id: folder
    type: {CORE}.flow.WorkingDirectory
    inputFiles: {{in.txt: "{{{{ outputs.lines.uri }}}}", sub/hello.txt: "hello {{{{ flow.id }}}}"}}
    outputFiles: ["*.out", "sub/*.out"]
    namespaceFiles: {{enabled: true}}
    cache: {{patterns: ["cached/**"], ttl: PT1H}}
    tasks:
      - id: make
        type: io.kestra.plugin.scripts.shell.Commands
        taskRunner: {{type: {CORE}.runner.Process}}
        commands:
          - cat in.txt sub/hello.txt ns.txt > all.out
          - mkdir -p cached; echo x >> cached/count; cp cached/count sub/count.out
      - id: tell
        type: io.kestra.plugin.scripts.shell.Script
        taskRunner: {{type: {CORE}.runner.Process}}
        script: pwd; LAST
  - {{id: all, type: {CORE}.debug.Return, format: "{{{{ read(outputs.folder.outputFiles['all.out']) }}}}"}}
  - {{id: count, type: {CORE}.debug.Return, format: "{{{{ read(outputs.folder.outputFiles['sub/count.out']) }}}}"}}
"""


@pytest.fixture
def run(tmp_path):
    """Run the flow, its last command being this one, with a file of the namespace; the document of the execution.

    `tmp_path / "tmp"` is where temporary folders are made.
    """
    for name in ("ns", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "ns" / "ns.txt").write_text("from the namespace")
    env = {"FLOWRUN_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}

    def with_last(command="exit 0"):
        (tmp_path / "shared.yaml").write_text(FLOW.replace("LAST", command))
        done = call("run", "shared.yaml", "--namespace-files", "ns", "--output", "json", cwd=tmp_path, env=env)
        return json.loads(done.stdout)

    return with_last


def outputs(document, task):
    (found,) = [one for one in document["taskRunList"] if one["taskId"] == task]
    return found.get("outputs", {})


def test_tasks_share_a_folder_with_all_that_was_put_into_it(run):
    document = run()
    assert document["state"]["current"] == "SUCCESS"
    assert outputs(document, "all")["value"] == "1\n2\nhello sharedfrom the namespace"
    assert sorted(outputs(document, "folder")["outputFiles"]) == ["all.out", "sub/count.out"]


def test_the_next_run_finds_what_was_cached(run):
    assert [outputs(run(), "count")["value"] for _ in range(3)] == ["x\n", "x\nx\n", "x\nx\nx\n"]


@pytest.mark.parametrize(("command", "state"), [("exit 0", "SUCCESS"), ("exit 3", "FAILED")])
def test_no_folder_is_left_behind(run, tmp_path, command, state):
    assert run(command)["state"]["current"] == state
    assert list((tmp_path / "tmp").iterdir()) == []


def test_nothing_follows_a_failed_one(run):
    document = run("exit 3")
    assert {one["taskId"]: one["state"]["current"] for one in document["taskRunList"]} == {
        "lines": "SUCCESS",
        "folder": "FAILED",
        "make": "SUCCESS",
        "tell": "FAILED",
    }
