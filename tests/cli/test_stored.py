"""`flowrun kv`, `flowrun files`, and what a run finds of them and of secrets."""

from __future__ import annotations

import json
import sqlite3

import pytest
from tests.cli.command import flowrun as call
from tests.cli.schemas import problems_with

CORE = "io.kestra.plugin.core"


@pytest.fixture
def flowrun(tmp_path):
    """The command with a store and a folder of its own."""

    def run(*arguments, stdin="", **env):
        return call(*arguments, cwd=tmp_path, stdin=stdin, env={"FLOWRUN_HOME": str(tmp_path / "home"), **env})

    return run


def flow(*expressions):
    tasks = "".join(
        f'  - id: r{number}\n    type: {CORE}.debug.Return\n    format: "{{{{ {expression} }}}}"\n'
        for number, expression in enumerate(expressions)
    )
    return f"id: f\nnamespace: acme.team\ntasks:\n{tasks}"


def values(flowrun, *expressions, options=(), **env):
    done = flowrun("run", "-", "--output", "json", *options, stdin=flow(*expressions), **env)
    return [one.get("outputs", {}).get("value") for one in json.loads(done.stdout)["taskRunList"]]


def test_a_run_reads_pairs_of_the_store_and_its_own_are_kept(flowrun):
    assert flowrun("kv", "set", "acme", "n", "41", "--type", "number").returncode == 0
    assert values(flowrun, "kv('n') + 1") == ["42"]
    task = f"tasks:\n  - id: s\n    type: {CORE}.kv.Set\n    key: k\n    value: '{{{{ [1] }}}}'\n"
    flowrun("run", "-", stdin=f"id: f\nnamespace: acme.team\n{task}")
    assert flowrun("kv", "get", "acme.team", "k").stdout == "[1]\n"


def test_pairs_are_listed_and_deleted(flowrun):
    flowrun("kv", "set", "acme", "a", "-", stdin="hello\nworld")
    flowrun("kv", "set", "acme", "long.key", "PT90S", "--type", "duration", "--description", "how long")
    assert flowrun("kv", "list", "acme").stdout == "a         hello\nlong.key  PT1M30S\n"
    document = json.loads(flowrun("kv", "list", "acme", "--format", "json").stdout)
    assert problems_with("pairs", document) == []
    assert [pair["value"] for pair in document["pairs"]] == ["hello\nworld", 90.0]
    assert flowrun("kv", "delete", "acme", "a").stdout == "a  deleted\n"
    assert flowrun("kv", "get", "acme", "a").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("set", "acme", "bad key", "x"), "Key must start with"),
        (("set", "acme", "k", "x", "--type", "number"), "Unrecognized token 'x'"),
        (("set", "acme", "k", "x", "--ttl", "soon"), "--ttl: `soon` is not a duration"),
        (("set", "acme", "there", "x", "--no-overwrite"), "is there already"),
        (("get", "acme", "ther"), "did you mean `there`?"),
        (("delete", "acme", "nope"), "there is no key `nope`"),
    ],
)
def test_what_cannot_be_done_with_pairs_is_said(flowrun, arguments, message):
    flowrun("kv", "set", "acme", "there", "x")
    done = flowrun("kv", *arguments)
    assert (done.returncode, message in done.stderr) == (2, True)


def test_files_are_stored_and_read(flowrun, tmp_path):
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/a.txt").write_bytes(b"a\r\n")
    (tmp_path / "in/deep/b.txt").write_text("b")
    assert flowrun("files", "put", "acme.team", "in").stdout == "a.txt\ndeep/b.txt\n"
    assert flowrun("files", "put", "acme.team", "in/a.txt", "d/c.txt").stdout == "d/c.txt\n"
    assert flowrun("files", "list", "acme.team").stdout == "a.txt       3\nd/c.txt     3\ndeep/b.txt  1\n"
    assert problems_with("files", json.loads(flowrun("files", "list", "acme.team", "--format", "json").stdout)) == []
    assert flowrun("files", "get", "acme.team", "a.txt").stdout == "a\r\n"
    assert values(flowrun, "read('deep/b.txt')") == ["b"]
    assert flowrun("files", "delete", "acme.team", "a.txt", "nope").returncode == 2
    assert flowrun("files", "delete", "acme.team", "a.txt", "/d/c.txt").returncode == 0
    assert flowrun("files", "list", "acme.team").stdout == "deep/b.txt  1\n"


@pytest.mark.parametrize("path", ["../x", "a/../../x", "."])
def test_no_file_is_stored_elsewhere(flowrun, tmp_path, path):
    (tmp_path / "a.txt").write_text("a")
    done = flowrun("files", "put", "acme", "a.txt", path)
    assert (done.returncode, "cannot be the path of a stored file" in done.stderr) == (2, True)


def test_a_folder_stands_for_the_files_of_the_namespace(flowrun, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.txt").write_text("mine")
    assert values(flowrun, "read('a.txt')", options=("--namespace-files", "mine")) == ["mine"]
    assert values(flowrun, "fileExists('a.txt')") == ["false"]
    assert flowrun("run", "-", "--namespace-files", "nope", stdin=flow("1")).returncode == 2


def test_secrets_come_from_the_environment_and_go_over_by_a_file(flowrun, tmp_path):
    (tmp_path / "secrets.env").write_text("TOKEN=from file\n")
    expressions = ("secret('TOKEN') == 'from env'", "secret('TOKEN') == 'from file'", "secret('OTHER') == 'other'")
    environment = {"SECRET_TOKEN": "ZnJvbSBlbnY=", "SECRET_OTHER": "b3RoZXI="}
    assert values(flowrun, *expressions, **environment) == ["true", "false", "true"]
    assert values(flowrun, *expressions, options=("--secrets-file", "secrets.env"), **environment) == [
        "false",
        "true",
        "true",
    ]


def test_envs_come_from_a_file(flowrun, tmp_path):
    (tmp_path / "vars.env").write_text("CITY=Oslo\n")
    assert values(flowrun, "envs.city", "envs.land", options=("--env-file", "vars.env"), ENV_LAND="NO") == [
        "Oslo",
        "NO",
    ]


LOG = f"""id: f
namespace: acme.team
tasks:
  - id: say
    type: {CORE}.log.Log
    message: "it is {{{{ secret('TOKEN') }}}}, {{{{ secret('TOKEN') | base64encode }}}}"
  - id: bad
    type: {CORE}.execution.Fail
    errorMessage: "not hunter22"
"""


def test_a_secret_is_in_no_line_of_the_log_neither_shown_nor_kept(flowrun, tmp_path):
    (tmp_path / "s.env").write_text("TOKEN=hunter22\n")
    done = flowrun("run", "-", "--secrets-file", "s.env", stdin=LOG)
    assert "it is ******, ******" in done.stdout
    assert "not ******" in done.stdout
    assert "hunter22" not in done.stdout + done.stderr
    with sqlite3.connect(tmp_path / "home/flowrun.db") as database:
        messages = [message for (message,) in database.execute("SELECT message FROM logs")]
    assert messages
    assert not [message for message in messages if "hunter22" in message or "aHVudGVyMjI=" in message]


def test_a_restart_takes_secrets_too(flowrun, tmp_path):
    (tmp_path / "s.env").write_text("TOKEN=hunter22\n")
    assert flowrun("run", "-", stdin=flow("secret('TOKEN')")).returncode == 1
    assert flowrun("restart", "--last", "--secrets-file", "s.env").returncode == 0


def test_a_flow_beside_makes_its_namespace_exist(flowrun, tmp_path):
    other = "id: g\nnamespace: other.deep\ntasks:\n  - id: a\n    type: io.kestra.plugin.core.log.Log\n    message: x\n"
    (tmp_path / "f.yaml").write_text(flow("kv('k', 'other', false)"))
    assert flowrun("run", "f.yaml").returncode == 1
    (tmp_path / "g.yaml").write_text(other)
    assert flowrun("run", "f.yaml").returncode == 0
