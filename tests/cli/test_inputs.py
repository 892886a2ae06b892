"""Inputs on the command line: files, and what stays hidden."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.cli.command import flowrun

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """
id: My_Flow
namespace: a.b
inputs:
  - {id: data, type: FILE}
tasks:
  - id: show
    type: io.kestra.plugin.core.debug.Return
    format: "{{ read(inputs.data) }}{{ fileSize(inputs.data) }}"
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "flow.yaml").write_text(FLOW)
    (tmp_path / "data.csv").write_text("a,b\n")
    return tmp_path


def run(place: Path, *arguments: str, stdin: str = "", command: str = "run") -> tuple[int, dict]:
    home = {"FLOWRUN_HOME": str(place / "home")}
    done = flowrun(command, *arguments, "--output", "json", cwd=place, stdin=stdin, env=home)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("value", ["data.csv", "@data.csv", "./data.csv"])
def test_a_file_is_copied_into_storage_and_its_uri_is_the_value(place: Path, value: str) -> None:
    code, document = run(place, "flow.yaml", "--input", f"data={value}")
    assert code == 0
    inside = f"a/b/my-flow/executions/{document['id']}/inputs/data/data.csv"
    assert document["inputs"] == {"data": f"kestra:///{inside}"}
    assert document["taskRunList"][0]["outputs"] == {"value": "a,b\n4"}
    assert (place / "home" / "storage" / inside).read_text() == "a,b\n"


def test_the_standard_input_may_be_a_file(place: Path) -> None:
    code, document = run(place, "flow.yaml", "--input", "data=-", stdin="from a pipe\n")
    assert code == 0
    assert document["taskRunList"][0]["outputs"] == {"value": "from a pipe\n12"}


def test_the_file_is_still_there_for_expressions_afterwards(place: Path) -> None:
    run(place, "flow.yaml", "--input", "data=data.csv")
    done = flowrun("render", "{{ read(inputs.data) }}", "--last", cwd=place, env={"FLOWRUN_HOME": str(place / "home")})
    assert done.stdout == "a,b\n\n"


def test_a_restart_reads_the_file_again(place: Path) -> None:
    failing = FLOW.replace("}}{{ fileSize", "}}{{ nope }}{{ fileSize")
    (place / "flow.yaml").write_text(failing)
    code, document = run(place, "flow.yaml", "--input", "data=data.csv")
    assert code == 1
    (place / "data.csv").unlink()
    code, again = run(place, document["id"], command="restart")
    assert code == 1
    errors = [line["message"] for line in again["logs"] if line["level"] == "ERROR"]
    assert len(errors) == 2
    assert "Unable to find `nope`" in errors[-1]
    assert again["inputs"] == document["inputs"]


def test_prune_removes_the_file(place: Path) -> None:
    run(place, "flow.yaml", "--input", "data=data.csv")
    flowrun("history", "prune", "--keep", "0s", cwd=place, env={"FLOWRUN_HOME": str(place / "home")})
    assert list((place / "home" / "storage").iterdir()) == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nope.csv", "nope.csv (No such file or directory)"),
        ("folder", "folder (Is a directory)"),
        ("data.csv/x", "data.csv/x (Not a directory)"),
    ],
)
def test_what_is_no_file_is_refused_in_the_servers_words(place: Path, value: str, reason: str) -> None:
    (place / "folder").mkdir()
    code, document = run(place, "flow.yaml", "--input", f"data={value}")
    assert code == 2
    assert document["error"]["message"] == f" errors:\n```\n{reason}\n```"
    assert not (place / "home" / "storage").exists()


def test_a_path_that_cannot_be_one_is_refused(place: Path) -> None:
    (place / "in.json").write_text('{"data": "fol\\u0000der/data.csv"}')
    code, document = run(place, "flow.yaml", "--inputs-file", "in.json")
    assert code == 2
    assert "(Invalid argument)" in document["error"]["message"]


def test_a_name_that_is_no_part_of_a_uri_is_refused(place: Path) -> None:
    (place / "my data.csv").write_text("")
    code, document = run(place, "flow.yaml", "--input", "data=my data.csv")
    assert code == 2
    assert "URISyntaxException: Illegal character in path at index" in document["error"]["message"]


def test_a_dry_run_looks_at_the_file_and_copies_nothing(place: Path) -> None:
    assert run(place, "flow.yaml", "--input", "data=data.csv", "--dry-run")[0] == 0
    assert run(place, "flow.yaml", "--input", "data=nope.csv", "--dry-run")[0] == 2
    assert not (place / "home" / "storage").exists()


@pytest.mark.parametrize("uri", ["kestra:///other/f/executions/1/x", "kestra:///a/b/../../../etc/passwd"])
def test_no_file_of_another_execution_is_read(place: Path, uri: str) -> None:
    code, document = run(place, "flow.yaml", "--input", f"data={uri}")
    assert code == 1
    assert any("as it is not an execution file" in line["message"] for line in document["logs"])


def test_a_run_without_a_store_reads_its_files_and_leaves_none(place: Path) -> None:
    (place / "home").write_text("no folder")
    (place / "tmp").mkdir()
    done = flowrun(
        "run",
        "flow.yaml",
        "--input",
        "data=data.csv",
        cwd=place,
        env={"FLOWRUN_HOME": str(place / "home"), "TMPDIR": str(place / "tmp")},
    )
    assert done.returncode == 0
    assert "a,b" in done.stdout
    assert list((place / "tmp").iterdir()) == []


SECRET = """
id: hidden
namespace: a
inputs:
  - {id: token, type: SECRET, defaults: hush-hush}
  - {id: twice, type: STRING, dependsOn: {inputs: [token]}, defaults: "{{ inputs.token }}!"}
tasks:
  - {id: tell, type: io.kestra.plugin.core.log.Log, message: "token {{ inputs.token }}, twice {{ inputs.twice }}"}
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "flow.yaml"),
        ("run", "flow.yaml", "--dry-run"),
        ("run", "flow.yaml", "--dry-run", "--output", "json"),
        ("render", "{{ inputs }} {{ inputs.token }}", "--flow", "flow.yaml"),
    ],
    ids=["run", "dry run", "dry run as JSON", "render"],
)
def test_a_secret_is_never_shown(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "flow.yaml").write_text(SECRET)
    done = flowrun(*arguments, cwd=tmp_path)
    assert done.returncode == 0
    assert "hush-hush" not in done.stdout + done.stderr
    assert "******" in done.stdout


TWO = """
id: two
namespace: a
inputs:
  - {id: day, type: DATE}
  - {id: db.host, type: STRING, defaults: localhost}
tasks:
  - {id: tell, type: io.kestra.plugin.core.log.Log, message: "{{ inputs.day }} {{ inputs.db.host }}"}
"""


def test_a_refusal_names_the_input_and_what_it_takes(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(TWO)
    done = flowrun("run", "flow.yaml", "--input", "day=2024-5-1", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "error: errors:\n```\nText '2024-5-1' could not be parsed at index 5\n```\n"
        "  hint: the input `day` takes a date such as 2024-05-01\n"
    )


def test_a_missing_input_is_refused_with_the_option_that_gives_it(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(TWO)
    done = flowrun("run", "flow.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "error: Missing required input:day\n  hint: give it with --input day=…\n"


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (("--inputs-file", "a.yaml", "--inputs-file", "b.json"), {}),
        ((), {"FLOWRUN_INPUTS_FILE": "a.yaml:b.json"}),
        (("--inputs-file", "a.yaml", "--input", "db.host=here"), {}),
        (("--inputs-file", "a.yaml", "--inputs-file", "-"), {}),
        (("--inputs-file", "b.json"), {"FLOWRUN_INPUT_DAY": "2024-05-01", "FLOWRUN_INPUT_DB_HOST": "env"}),
    ],
)
def test_inputs_come_from_files_options_and_variables(
    tmp_path: Path, options: tuple[str, ...], variables: dict[str, str]
) -> None:
    (tmp_path / "flow.yaml").write_text(TWO)
    (tmp_path / "a.yaml").write_text("day: 2024-05-01\ndb.host: base\n")
    (tmp_path / "b.json").write_text('{"db": {"host": "here"}}')
    done = flowrun("run", "flow.yaml", *options, cwd=tmp_path, env=variables, stdin="db: {host: here}")
    assert done.returncode == 0
    assert "2024-05-01 here" in done.stdout


def test_the_standard_input_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(TWO)
    done = flowrun("run", "flow.yaml", "--input", "day=-", "--inputs-file", "-", cwd=tmp_path)
    assert done.returncode == 2
    assert "only one of --input day=- and --inputs-file - can be the standard input" in done.stderr
