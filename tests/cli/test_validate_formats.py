"""The reports of `flowrun validate` for CI systems and programs.

`data/sarif-2.1.0.json` is the official schema of the format.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from tests.cli.command import COMMAND, ROOT, environment, flowrun

from flowrun.loading.rules import RULES

GOOD = "id: good\nnamespace: test\ntasks:\n  - id: a\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"
BAD = GOOD.replace("message", "mesage").replace("id: good", "id: -bad")
WARNED = GOOD + "---\nid: second\n"
HOSTILE = 'id: "a\\u0000\\u001b[31m]]>&<\'\\u2028\\r::error::x"\nnamespace: test\ntasks: []\n'
SARIF = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0.json").read_text())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "warned.yaml").write_text(WARNED)
    (tmp_path / "deep here").mkdir()
    (tmp_path / "deep here" / "bad,1%.yml").write_text(BAD)
    return tmp_path


# --- github


def test_github_gets_a_workflow_command_for_each_problem_and_a_last_line(folder):
    done = flowrun("validate", "deep here", "warned.yaml", "--format", "github", cwd=folder)
    assert done.returncode == 3
    first, second, third, last = done.stdout.splitlines()
    assert first.startswith("::error file=deep here/bad%2C1%25.yml,line=1,endLine=1,col=5,endColumn=9,title=pattern::")
    assert second.endswith("::unknown field `mesage` in task `a`%0Ahint: did you mean `message`?")
    assert third.startswith("::warning file=warned.yaml,line=7,")
    assert last == "2 files checked, 1 invalid: 2 errors, 1 warning"


def test_github_finds_files_from_the_root_of_its_workspace(folder):
    done = flowrun(
        "validate", ".", "--format", "github", cwd=folder / "deep here", env={"GITHUB_WORKSPACE": str(folder)}
    )
    assert "::error file=deep here/bad%2C1%25.yml," in done.stdout


def test_all_problems_are_written_though_a_step_shows_ten(tmp_path):
    tasks = "".join(f"  - id: t{number}\n    type: io.kestra.plugin.core.no.Type\n" for number in range(15))
    (tmp_path / "many.yaml").write_text(f"id: many\nnamespace: test\ntasks:\n{tasks}")
    assert flowrun("validate", "many.yaml", "--format", "github", cwd=tmp_path).stdout.count("::error ") == 15


def test_no_text_of_a_flow_becomes_a_command_of_its_own():
    done = flowrun("validate", "-", "--format", "github", stdin=HOSTILE)
    assert [line[:8] for line in done.stdout.splitlines()] == ["::error ", "::error ", "1 file c"]


# --- SARIF


def sarif(*arguments: str, **options):
    done = flowrun("validate", *arguments, "--format", "sarif", **options)
    document = json.loads(done.stdout)
    jsonschema.Draft4Validator(SARIF).validate(document)
    return done, document["runs"][0]


def test_sarif_names_rule_level_file_and_place(folder):
    done, run = sarif(".", cwd=folder)
    assert done.returncode == 3
    results = run["results"]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("pattern", "error"),
        ("unknown-field", "error"),
        ("more-documents", "warning"),
    ]
    assert results[1]["message"]["text"] == "unknown field `mesage` in task `a`\nhint: did you mean `message`?"
    (place,) = results[1]["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "deep%20here/bad%2C1%25.yml"},
        "region": {"startLine": 6, "startColumn": 5, "endLine": 6, "endColumn": 11},
    }
    assert place["logicalLocations"] == [{"fullyQualifiedName": "tasks[0].mesage"}]


def test_sarif_counts_columns_in_characters(tmp_path):
    line = "  - {id: a, type: io.kestra.plugin.core.log.Log, message: \U0001f600\U0001f600, nope: 1}"
    (tmp_path / "flow.yaml").write_text(f"id: good\nnamespace: test\ntasks:\n{line}\n")
    _, run = sarif("flow.yaml", cwd=tmp_path)
    assert run["columnKind"] == "unicodeCodePoints"
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startColumn"] == line.index("nope") + 1


def test_each_rule_of_a_run_is_described_once_and_found_by_its_index(folder):
    _, run = sarif(".", cwd=folder)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["more-documents", "pattern", "unknown-field"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert rules[2]["shortDescription"]["text"] == RULES["unknown-field"]


def test_a_rule_links_to_its_page_where_the_package_names_its_repository(folder):
    info = folder / "flowrun-9.dist-info"
    info.mkdir()
    urls = "Project-URL: Repository, https://example.org/flowrun/\n"
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: flowrun\nVersion: 9\n{urls}")
    _, run = sarif(".", cwd=folder, env={"PYTHONPATH": str(folder)})
    page = "https://example.org/flowrun/blob/main/docs/rules.md"
    assert run["tool"]["driver"]["rules"][1]["helpUri"] == f"{page}#pattern"


@pytest.mark.parametrize(("arguments", "results"), [(["good.yaml"], 0), (["-"], 2)])
def test_sarif_is_valid_without_problems_and_without_a_file(folder, arguments, results):
    _, run = sarif(*arguments, cwd=folder, stdin=BAD)
    assert len(run["results"]) == results


def test_a_file_that_cannot_be_read_has_no_region(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(b"\0\1")
    _, run = sarif("binary.yaml", cwd=tmp_path)
    assert run["results"][0]["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "binary.yaml"}}}]


# --- the rules


def codes_in_the_code() -> set[str]:
    """Every code that a diagnostic of `loading` or of `validate` itself is made with."""
    makers = {"violation", "invalid_flow", "unreadable", "warning", "error", "Finding", "Diagnostic"}
    files = (ROOT / "src" / "flowrun" / "loading").rglob("*.py")
    calls = [one for file in files for one in ast.walk(ast.parse(file.read_text())) if isinstance(one, ast.Call)]
    made = [one for one in calls if isinstance(one.func, ast.Name) and one.func.id in makers]
    return {one.args[0].value for one in made if isinstance(one.args[0], ast.Constant)}


def test_every_code_is_described():
    assert {"unknown-field", "dag-cycle"} <= codes_in_the_code()
    assert codes_in_the_code() <= set(RULES)


# --- JUnit


def junit(*arguments: str, **options):
    done = flowrun("validate", *arguments, "--format", "junit", **options)
    return done, ET.fromstring(done.stdout)


def test_junit_has_a_case_for_each_file_that_fails_with_its_problems(folder):
    done, root = junit(".", cwd=folder)
    assert done.returncode == 3
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    bad, good, warned = root.iter("testcase")
    assert bad.get("name") == "deep here/bad,1%.yml"
    (failure,) = bad
    assert failure.get("type") == "pattern"
    assert failure.get("message").endswith("(and 1 more problem)")
    assert " --> deep here/bad,1%.yml:6:5\n6 |     mesage: hi\n  |     ^^^^^^\n" in failure.text
    assert len(good) == 0
    assert [one.tag for one in warned] == ["system-out"]
    assert warned[0].text.startswith("warning[more-documents]")


def test_a_warning_fails_its_case_when_it_makes_the_file_invalid(folder):
    _, root = junit("warned.yaml", "--strict", cwd=folder)
    assert [one.tag for one in root.find(".//testcase")] == ["failure"]


def test_junit_is_xml_whatever_a_flow_holds(tmp_path):
    done, root = junit("-", stdin=HOSTILE)
    assert done.returncode == 3
    assert "]]>&<'" in root.find(".//failure").text
    name = 'a\x01\x1b<&>".yaml'
    (tmp_path / name).write_text(BAD)
    _, root = junit(".", cwd=tmp_path)
    assert root.find(".//testcase").get("name") == 'a\ufffd\ufffd<&>".yaml'


def test_documents_are_utf8_whatever_the_locale_says(tmp_path):
    (tmp_path / "fl\u00f6w.yaml").write_text(GOOD)
    done = flowrun("validate", ".", "--format", "junit", cwd=tmp_path, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert 'name="fl\u00f6w.yaml"' in done.stdout


# --- which files


def names(*arguments: str, **options) -> list[str]:
    done = flowrun("validate", *arguments, "--format", "json", **options)
    return [one["file"] for one in json.loads(done.stdout)["files"]]


def test_a_quoted_pattern_means_what_a_shell_would_give(folder):
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "no.yml").write_text(BAD)
    assert names("**/*.y*ml", cwd=folder) == ["deep here/bad,1%.yml", "good.yaml", "warned.yaml"]
    assert names("d*", cwd=folder) == ["deep here/bad,1%.yml"]


def test_a_pattern_that_matches_nothing_is_a_usage_error(folder):
    done = flowrun("validate", "flows/*.yaml", cwd=folder)
    assert (done.returncode, done.stderr) == (2, "error: no file matches `flows/*.yaml`\n")


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder):
    (folder / "[g]ood.yaml").write_text(BAD)
    assert names("[g]ood.yaml", cwd=folder) == ["[g]ood.yaml"]


def test_each_file_is_checked_once_however_it_is_named(folder):
    found = names("good.yaml", ".", "./good.yaml", str(folder / "good.yaml"), "g*.yaml", cwd=folder)
    assert sorted(found) == ["deep here/bad,1%.yml", "good.yaml", "warned.yaml"]


OTHERS = {"compose.yaml": "name: shop\nservices: {}\n", "list.yml": "- a\n", "empty.yml": "", "text.yaml": "words\n"}


def test_what_is_no_flow_is_passed_over_in_a_folder_with_a_note(folder):
    for name, text in OTHERS.items():
        (folder / name).write_text(text)
    done = flowrun("validate", ".", cwd=folder)
    assert done.stdout.endswith("3 files checked, 1 invalid: 2 errors, 1 warning\n")
    assert done.stderr.splitlines() == [
        f"note: `{name}` is no flow (no `id`, `namespace` or `tasks`)" for name in sorted(OTHERS)
    ]


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_flow_is_invalid_when_it_is_named(tmp_path, name):
    (tmp_path / name).write_text(OTHERS[name])
    assert flowrun("validate", name, cwd=tmp_path).returncode == 3


@pytest.mark.parametrize("text", ["id: x\n", "tasks: []\n", "a: [1\n", "namespace: x\nother: 1\n"])
def test_a_file_that_may_be_a_flow_is_not_passed_over(tmp_path, text):
    (tmp_path / "flow.yaml").write_text(text)
    assert flowrun("validate", ".", cwd=tmp_path).returncode == 3


def test_a_file_that_cannot_be_read_is_not_passed_over(tmp_path):
    (tmp_path / "flow.yaml").write_bytes(b"\0")
    assert flowrun("validate", ".", cwd=tmp_path).returncode == 3


@pytest.mark.parametrize("report", ["text", "json", "github", "sarif", "junit"])
def test_a_folder_without_any_flow_proves_nothing(tmp_path, report):
    (tmp_path / "compose.yaml").write_text(OTHERS["compose.yaml"])
    done = flowrun("validate", ".", "--format", report, cwd=tmp_path)
    assert done.returncode == 2
    assert "none of these files is a flow" in done.stdout + done.stderr


def test_a_thousand_files_take_less_than_ten_milliseconds_each(tmp_path):
    for number in range(1000):
        (tmp_path / f"{number:03}.yaml").write_text(GOOD)
    done = subprocess.run(
        [*COMMAND, "validate", "."], cwd=tmp_path, env=environment(), capture_output=True, timeout=10, check=True
    )
    assert done.stdout == b"1000 files checked, all valid\n"


@pytest.mark.parametrize("report", ["text", "github"])
def test_a_file_is_reported_before_the_next_one_is_read(folder, report):
    pipe = folder / "late.yaml"
    os.mkfifo(pipe)
    command = [*COMMAND, "validate", "deep here/bad,1%.yml", "late.yaml", "--format", report]
    with subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE) as process:
        assert b"pattern" in process.stdout.readline()
        pipe.write_text(GOOD)
        assert process.stdout.read().endswith(b"2 files checked, 1 invalid: 2 errors\n")
