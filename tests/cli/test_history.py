"""`history`, `history prune`, `logs`, `restart` and `kill` as processes, each test with a store of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.cli.command import COMMAND, environment, flowrun
from tests.cli.schemas import problems_with
from tests.support.stored import an_execution, keep

from flowrun.store.database import FILE, VERSION, open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Call = Callable[..., subprocess.CompletedProcess[str]]

LOG = "io.kestra.plugin.core.log.Log"
FAIL = "io.kestra.plugin.core.execution.Fail"
SLEEP = "io.kestra.plugin.core.flow.Sleep"


def flow_text(*tasks: str, name: str = "small", more: str = "") -> str:
    """A flow of `test`; each task is the inside of a YAML flow map."""
    return f"id: {name}\nnamespace: test\n{more}tasks:\n" + "".join(f"  - {{{task}}}\n" for task in tasks)


HI = flow_text(f"id: hi, type: {LOG}, message: hi")
BAD = flow_text(f"id: bad, type: {FAIL}", name="broken")
REPAIRABLE = flow_text(
    f"id: before, type: {LOG}, message: before",
    f"""id: check, type: {FAIL}, condition: "{{{{ envs.x == 'bad' }}}}", errorMessage: it is bad""",
    f"id: after, type: {LOG}, message: after",
    more="errors: [{id: handler, type: io.kestra.plugin.core.log.Log, message: handled}]\n",
)
WHY = "Fail on a condition"
BROKEN, REPAIRED = {"ENV_X": "bad"}, {"ENV_X": "good"}
SLOW = flow_text(f"id: first, type: {LOG}, message: hi", f"id: nap, type: {SLEEP}, duration: PT60S")


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


def listed(call: Call, *options: str) -> list[dict]:
    """The executions of a history, as documents."""
    return json.loads(call("history", "--format", "json", *options).stdout)["executions"]


def run_json(call: Call, text: str, *options: str, env: dict[str, str] | None = None) -> dict:
    return json.loads(call("run", "-", "--output", "json", *options, stdin=text, env=env).stdout)


# --- history


def test_a_pipe_gets_a_line_for_each_execution_the_newest_first(call: Call):
    first = run_json(call, HI, "-l", "team=red")
    second = run_json(call, BAD)
    done = call("history")
    lines = [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +[\d.]+ \w+", "WHEN", line) for line in done.stdout.splitlines()]
    assert lines == [
        f"✗ FAILED   {second['id']}  test.broken  WHEN",
        f"✓ SUCCESS  {first['id']}  test.small   WHEN  team=red",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_the_document_of_a_history_keeps_its_schema(call: Call):
    started = run_json(call, HI, "--virtual-time", "-l", "team=red")
    done = call("history", "--format", "json")
    document = json.loads(done.stdout)
    assert not problems_with("history", document)
    (one,) = document["executions"]
    assert one == {key: started[key] for key in one} | {"state": one["state"]}
    assert one["virtualTime"]
    assert {key: started["state"][key] for key in one["state"]} == one["state"]


def test_filters_can_be_put_together(call: Call):
    call("run", "-", "-l", "team=red", stdin=HI)
    call("run", "-", "-l", "team=red", stdin=BAD)
    assert [one["flowId"] for one in listed(call, "--state", "failed", "--label", "team=red")] == ["broken"]
    assert [one["flowId"] for one in listed(call, "--flow", "test.small", "--since", "1h")] == ["small"]
    assert listed(call, "--until", "1h") == []
    assert len(listed(call, "--limit", "1")) == 1
    assert len(listed(call, "--limit", "0")) == 2


def test_what_fits_nothing_is_told_beside_the_output(call: Call):
    call("run", "-", stdin=HI)
    done = call("history", "--state", "RUNNING")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no execution fits\n")


def test_a_list_that_was_cut_says_so(call: Call):
    for _ in range(2):
        call("run", "-", stdin=HI)
    assert call("history", "-n", "1").stderr == "the newest 1; --limit 0 shows all\n"


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (("--state", "FALED"), "--state: there is no state `FALED`", "did you mean `FAILED`?"),
        (("--since", "yesterday"), "--since: `yesterday` is not a moment", "write 2h, 3d, 2026-01-31"),
        (("--label", "red"), "--label", "="),
        (("prune", "--keep", "nonsense"), "--keep: `nonsense` is not a period", "write 12h, 30d"),
        (("prune", "--keep", "-30d"), "--keep: `-30d` is not a period", "write 12h, 30d"),
        (("prune", "--keep", "999999w"), "--keep: `999999w` is longer than there are dates", "write 30d"),
    ],
)
def test_a_wrong_option_is_told(call: Call, options: tuple[str, ...], message: str, hint: str):
    done = call("history", *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert hint in done.stderr


def test_a_tree_shows_what_an_execution_started_below_it(call: Call, home: Path):
    with closing(open_database(home)) as database:
        keep(database, an_execution("a" * 22))
        keep(database, an_execution("b" * 22, trigger={"id": "t", "type": "x", "variables": {"executionId": "a" * 22}}))
        keep(database, an_execution("c" * 22))
    lines = call("history", "--tree").stdout.splitlines()
    assert [line.partition("  test.flow")[0] for line in lines] == [
        f"✓ SUCCESS     {'c' * 22}",
        f"✓ SUCCESS     {'a' * 22}",
        f"└─ ✓ SUCCESS  {'b' * 22}",
    ]
    assert call("history", "--tree", "-n", "1").stderr == "the newest 1; --limit 0 shows all\n"
    document = json.loads(call("history", "--tree", "--format", "json").stdout)
    assert [one.get("parentId") for one in document["executions"]] == [None, "a" * 22, None]
    assert not problems_with("history", document)


def test_prune_deletes_what_ended_before(call: Call):
    call("run", "-", stdin=HI)
    assert call("history", "prune", "--keep", "1h").stdout == "deleted 0 executions\n"
    assert call("history", "prune", "--keep", "0s").stdout == "deleted 1 execution\n"
    assert listed(call) == []


# --- no store, and stores that are none


def test_without_a_store_the_history_is_empty(call: Call, home: Path):
    done = call("history")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no run was kept yet\n")
    assert listed(call) == []
    assert call("history", "prune", "--keep", "0d").stdout == "deleted 0 executions\n"
    assert not home.exists()


@pytest.mark.parametrize("command", ["logs", "restart", "kill"])
def test_without_a_store_there_is_nothing_to_work_on(call: Call, home: Path, command: str):
    done = call(command, "--last")
    assert done.returncode == 2
    assert f"error: no run was kept yet in `{home}`" in done.stderr
    assert "hint: `flowrun run FLOW`" in done.stderr
    assert not home.exists()


@pytest.mark.parametrize("command", ["logs", "restart", "kill"])
@pytest.mark.parametrize("wanted", [(), ("abc", "--last")])
def test_one_execution_must_be_named(call: Call, command: str, wanted: tuple[str, ...]):
    done = call(command, *wanted)
    assert done.returncode == 2
    assert "name one execution: its id, or --last" in done.stderr


@pytest.mark.parametrize("command", ["logs", "restart", "kill"])
@pytest.mark.parametrize("wanted", ["nobody", "\udcff"])
def test_an_unknown_id_is_told(call: Call, command: str, wanted: str):
    call("run", "-", stdin=HI)
    done = call(command, wanted)
    assert done.returncode == 2
    assert f"there is no execution `{wanted.replace(chr(0xDCFF), '?')}`" in done.stderr


def cut_in_half(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def test_a_truncated_store_costs_a_run_one_warning_and_the_history_says_so(call: Call, home: Path):
    for _ in range(3):
        call("run", "-", stdin=HI)
    cut_in_half(home / FILE)
    done = call("run", "-", stdin=HI)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("✓ SUCCESS")
    assert len(done.stderr.splitlines()) == 1
    assert "warning: " in done.stderr
    done = call("history")
    assert done.returncode == 2
    assert f"error: `{home / FILE}` is damaged or no database" in done.stderr
    assert "hint: move it away" in done.stderr


def test_a_store_of_a_newer_flowrun_is_refused(call: Call, home: Path):
    with closing(open_database(home)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    for command in (("run", "-"), ("history",), ("logs", "--last")):
        done = call(*command, stdin=HI)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"has version {VERSION + 1}, and this flowrun knows versions up to {VERSION}" in done.stderr


@pytest.mark.parametrize("place", ["/proc/x", "/dev/null", "~nobody-here/x", f"/tmp/{'long' * 100}"])
def test_a_place_where_nothing_can_be_kept_costs_a_run_one_warning(call: Call, place: str):
    done = call("run", "-", stdin=HI, env={"FLOWRUN_HOME": place})
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("✓ SUCCESS")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.endswith("; this run is not kept\n")
    assert call("logs", "--last", env={"FLOWRUN_HOME": place}).returncode == 2


# --- logs


def test_the_log_can_be_narrowed_down(call: Call):
    levels = [("a", "INFO"), ("b", "DEBUG"), ("c", "ERROR")]
    text = flow_text(*(f"id: {name}, type: {LOG}, message: from {name}, level: {level}" for name, level in levels))
    call("run", "-", stdin=text)
    assert messages(call("logs", "--last")) == ["from a", "from c"]
    assert messages(call("logs", "--last", "--log-level", "DEBUG")) == ["from a", "from b", "from c"]
    assert messages(call("logs", "--last", "--log-level", "debug", "--task", "b", "--task", "c")) == [
        "from b",
        "from c",
    ]


def messages(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"from \w", done.stdout)


def test_a_line_of_the_log_keeps_its_schema_and_is_that_of_the_run(call: Call):
    document = run_json(call, BAD)
    done = call("logs", document["id"][:6], "--format", "json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines == document["logs"]
    assert [problems_with("log", line) for line in lines] == [[]]


# --- show

LOOP = flow_text(
    f"""id: skipped, type: {LOG}, message: hi, runIf: "{{{{ false }}}}\"""",
    f"""id: each, type: io.kestra.plugin.core.flow.ForEach, values: "{{{{ range(1, 40) }}}}", tasks:
      [{{id: item, type: {LOG}, level: DEBUG, message: x}}]""",
    f"id: bad, type: {FAIL}, errorMessage: it is bad",
)


def test_a_kept_execution_is_shown_as_it_was_when_it_ended(call: Call):
    ran = call("run", "-", stdin=LOOP).stdout.splitlines()
    lines = call("show", "--last").stdout.splitlines()
    at = next(place for place, line in enumerate(ran) if "  ERROR  " in line)
    assert lines == ran[:at] + ran[at + 2 :], "the log line and the blank line below it are left out"
    assert any(re.fullmatch(r"└─ ✓ item × 40 +SUCCESS +[\d.]+ m?s", line) for line in lines)
    assert any(line.endswith("runIf: {{ false }}") for line in lines)
    assert lines[-1] == "  failed at  bad  <stdin>:7  it is bad"


def test_what_failed_before_a_restart_is_still_known_after_it(call: Call):
    call("run", "-", stdin=BAD)
    assert call("restart", "--last").stdout.splitlines()[-1] == "  failed at  bad  <stdin>:4  Task failure"


# --- restart


def test_a_restart_runs_only_what_failed(call: Call):
    failed = run_json(call, REPAIRABLE, env=BROKEN)
    assert failed["state"]["current"] == "FAILED"
    done = call("restart", "--last", "--output", "json", env=REPAIRED)
    document = json.loads(done.stdout)
    assert (done.returncode, document["id"], document["state"]["current"]) == (0, failed["id"], "SUCCESS")
    assert not problems_with("run", document)
    runs = {run["taskId"]: run for run in document["taskRunList"]}
    assert list(runs) == ["before", "check", "after"]
    assert runs["before"] == failed["taskRunList"][0]
    assert [entry["message"] for entry in document["logs"]] == ["before", "it is bad", WHY, "handled", "after"]
    assert [one["state"]["current"] for one in listed(call)] == ["SUCCESS"]


def test_a_restart_that_fails_again_can_be_repeated(call: Call):
    call("run", "-", stdin=REPAIRABLE, env=BROKEN)
    for _ in range(2):
        assert call("restart", "--last", env=BROKEN).returncode == 1
    assert call("restart", "--last", env=REPAIRED).returncode == 0
    assert messages_of_log(call) == ["before", *["it is bad", WHY, "handled"] * 3, "after"]


def messages_of_log(call: Call) -> list[str]:
    return [json.loads(line)["message"] for line in call("logs", "--last", "--format", "json").stdout.splitlines()]


def test_there_must_be_something_to_restart(call: Call):
    call("run", "-", stdin=HI)
    done = call("restart", "--last")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: No task found to restart execution from!" in done.stderr
    document = json.loads(call("restart", "--last", "--output", "json").stdout)
    assert not problems_with("error", document)
    assert document["error"]["message"] == "No task found to restart execution from!"


SECRET = flow_text(
    f'id: say, type: {LOG}, message: "it is {{{{ inputs.token }}}}"',
    f"""id: check, type: {FAIL}, condition: "{{{{ envs.x == 'bad' }}}}", errorMessage: "not {{{{ inputs.token }}}}" """,
    f'id: again, type: {LOG}, message: "still {{{{ inputs.token }}}} of {{{{ inputs.token | length }}}}"',
    more="inputs: [{id: token, type: SECRET}]\n",
)


def test_a_secret_survives_a_restart_and_is_nowhere_in_the_clear(call: Call, home: Path):
    call("run", "-", "-i", "token=sw0rdf1sh", stdin=SECRET, env=BROKEN)
    assert call("restart", "--last", env=REPAIRED).returncode == 0
    assert messages_of_log(call) == ["it is ******", "not ******", WHY, "still ****** of 9"]
    for path in home.rglob("*"):
        assert path.is_dir() or b"sw0rdf1sh" not in path.read_bytes()


def test_without_its_key_a_secret_is_lost_and_a_damaged_key_is_told(call: Call, home: Path):
    call("run", "-", "-i", "token=sw0rdf1sh", stdin=SECRET, env=BROKEN)
    (home / "key").unlink()
    done = call("restart", "--last")
    assert done.returncode == 2
    assert "the secrets of this execution cannot be opened" in done.stderr
    (home / "key").write_text("junk")
    done = call("run", "-", "-i", "token=sw0rdf1sh", stdin=SECRET)
    assert done.returncode == 2
    assert f"`{home / 'key'}` is no key of flowrun" in done.stderr


def test_a_file_name_that_is_no_text_can_be_kept(call: Call, tmp_path: Path):
    path = tmp_path / "b\udcffd.yaml"
    path.write_text(REPAIRABLE)
    assert call("run", str(path), env=BROKEN).returncode == 1
    assert call("restart", "--last", env=REPAIRED).returncode == 0


# --- kill, and processes that die


@contextmanager
def running(call: Call, home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A process that runs SLOW, and the id of its execution, which the store has already."""
    env = environment(FLOWRUN_HOME=str(home))
    process = subprocess.Popen([*COMMAND, "run", "-"], env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin
    process.stdin.write(SLOW.encode())
    process.stdin.close()
    try:
        yield process, until(lambda: [one["id"] for one in listed(call, "--state", "RUNNING")])[0]
    finally:
        process.kill()
        process.wait()


def until(look: Callable[[], list]) -> list:
    """What a look finds, as soon as there is something."""
    for _ in range(300):
        if found := look():
            return found
    raise AssertionError("it never came")


def test_kill_ends_a_run_in_another_process(call: Call, home: Path):
    with running(call, home) as (process, execution_id):
        done = call("kill", execution_id[:8])
        assert (done.returncode, done.stdout) == (0, f"{execution_id} killed\n")
        assert process.wait() == 1
    assert [one["state"]["current"] for one in listed(call)] == ["KILLED"]
    assert call("kill", "--last").stdout == f"{execution_id} has ended already: KILLED\n"


def test_a_run_whose_process_died_is_interrupted_and_can_be_ended(call: Call, home: Path):
    with running(call, home) as (process, execution_id):
        process.kill()
        process.wait()
        (one,) = listed(call, "--state", "interrupted")
        assert one["interrupted"]
        assert not problems_with("history", {"executions": [one]})
        assert " INTERRUPTED  " in call("history").stdout
        assert call("kill", "--last").stdout == f"{execution_id} killed\n"
    assert [one["state"]["current"] for one in listed(call)] == ["KILLED"]


ASKED = "SELECT id FROM executions WHERE kill_requested"


def test_kill_ends_a_run_whose_process_dies_before_it_hears_of_it(call: Call, home: Path):
    with running(call, home) as (process, execution_id), closing(open_database(home)) as database:
        os.kill(process.pid, signal.SIGSTOP)
        command = [*COMMAND, "kill", execution_id]
        env = environment(FLOWRUN_HOME=str(home))
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as killer:
            until(lambda: listed(call) and database.execute(ASKED).fetchall())
            process.kill()
            process.wait()
            assert killer.communicate()[0] == f"{execution_id} killed\n"
    assert [one["state"]["current"] for one in listed(call)] == ["KILLED"]
