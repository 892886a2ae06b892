"""What others build on flowrun with: the GitHub action, the hook for pre-commit, the examples of docs/ci.md."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML
from tests.cli.command import ROOT, environment, flowrun
from tests.cli.test_docs import blocks

from flowrun.cli.commands.validate import ReportFormat, app

GOOD = "id: good\nnamespace: test\ntasks:\n  - id: a\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"
BAD = GOOD.replace("message", "mesage")
YAML_BLOCKS = blocks("ci.md", "yaml")


def read(text: str):
    return YAML(typ="safe", pure=True).load(text)


ACTION = read((ROOT / "action.yml").read_text())
INSTALL, CHECK = (step for step in ACTION["runs"]["steps"] if "run" in step)
(HOOK,) = read((ROOT / ".pre-commit-hooks.yaml").read_text())


@pytest.fixture
def place(tmp_path):
    """A repository with flows, and the place where the action has installed flowrun."""
    (tmp_path / "temp folder").mkdir()
    (tmp_path / "temp folder" / "flowrun").symlink_to(Path(sys.prefix))
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "good.yaml").write_text(GOOD)
    return tmp_path


def run_step(step, place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The lines of a step as a runner executes them, with these variables."""
    script = place / "step.sh"
    script.write_text(step["run"])
    given = environment(RUNNER_TEMP=str(place / "temp folder"), GITHUB_WORKSPACE=str(place), **variables)
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    return subprocess.run(command, cwd=place, env=given, capture_output=True, text=True, timeout=60, check=False)


def check_step(place: Path, paths: str, *, form: str = "github", report: str = "", strict: str = "false"):
    variables = {"FLOW_PATHS": paths, "FLOWRUN_FORMAT": form, "REPORT": report, "FLOWRUN_STRICT": strict}
    assert set(CHECK["env"]) == set(variables)
    return run_step(CHECK, place, **variables)


# --- the action


def test_what_a_caller_gives_never_stands_in_the_lines_of_a_shell():
    for step in (INSTALL, CHECK):
        assert "${{" not in step["run"]
        assert all(re.fullmatch(r"\$\{\{ [\w.-]+ \}\}", value) for value in step["env"].values())


def test_every_input_of_the_action_is_used_and_every_one_used_is_declared():
    used = {value[3:-2].strip().removeprefix("inputs.") for value in CHECK["env"].values()}
    assert used == set(ACTION["inputs"])


def test_the_action_names_every_format():
    description = ACTION["inputs"]["format"]["description"]
    assert all(form.value in description for form in ReportFormat)
    assert ACTION["inputs"]["format"]["default"] in set(ReportFormat)


def test_the_variables_of_the_action_are_those_of_options():
    variables = {one.envvar for one in typer.main.get_command(app).params}
    assert {name for name in CHECK["env"] if name.startswith("FLOWRUN_")} <= variables


def test_the_action_succeeds_on_valid_flows_and_annotates_bad_ones(place):
    assert check_step(place, "flows").stdout == "1 file checked, valid\n"
    (place / "flows" / "bad.yaml").write_text(BAD)
    done = check_step(place, "flows")
    assert done.returncode == 3
    assert done.stdout.startswith("::error file=flows/bad.yaml,line=6,")


def test_the_action_takes_a_path_a_line_with_blanks_and_patterns(place):
    (place / "my flows").mkdir()
    (place / "my flows" / "one more.yaml").write_text(GOOD)
    done = check_step(place, "\n  flows/*.yaml\nmy flows\n\n")
    assert (done.returncode, done.stdout) == (0, "2 files checked, all valid\n")


@pytest.mark.parametrize("paths", ["$(touch pwned)", "`touch pwned`", "; touch pwned", '"; touch pwned; "', "--help"])
def test_a_path_of_the_action_is_never_a_command_nor_an_option(place, paths):
    done = check_step(place, paths)
    assert done.returncode == 2
    assert f"there is no flow file `{paths}`" in done.stderr
    assert not (place / "pwned").exists()


def test_a_format_that_does_not_exist_is_refused(place):
    done = check_step(place, "flows", form="$(touch pwned)")
    assert done.returncode == 2
    assert "'sarif'" in done.stderr
    assert not (place / "pwned").exists()


def test_the_action_writes_the_report_to_a_file_and_keeps_the_exit_code(place):
    (place / "flows" / "bad.yaml").write_text(BAD)
    done = check_step(place, "flows", form="sarif", report="the report.sarif")
    assert (done.returncode, done.stdout) == (3, "")
    assert '"uri": "flows/bad.yaml"' in (place / "the report.sarif").read_text()


def test_strict_makes_warnings_fail_in_the_action(place):
    (place / "flows" / "good.yaml").write_text(f"{GOOD}---\nid: second\n")
    assert check_step(place, "flows").returncode == 0
    assert check_step(place, "flows", strict="true").returncode == 3


def test_the_action_installs_what_it_was_checked_out_with(place):
    """The Python of the runner is stood in for by one that writes down what it is asked for."""
    python = place / "python"
    python.write_text('#!/bin/sh\nmkdir -p "$3/bin"\ncp "$0" "$3/bin/python"\nprintf "%s|" "$@" >> "$CALLS"\n')
    python.chmod(0o755)
    (place / "temp folder" / "flowrun").unlink()
    done = run_step(INSTALL, place, PYTHON=str(python), GITHUB_ACTION_PATH="/the action", CALLS=str(place / "calls"))
    assert done.returncode == 0, done.stderr
    venv, _, install = (place / "calls").read_text().partition("|-m|pip|")
    assert venv == f"-m|venv|{place}/temp folder/flowrun"
    assert install == "install|--quiet|--disable-pip-version-check|/the action|"


# --- the hook


def test_the_hook_checks_the_files_that_it_is_given(place):
    entry, *arguments = shlex.split(HOOK["entry"])
    assert entry == "flowrun"
    (place / "flows" / "bad.yaml").write_text(BAD)
    done = flowrun(*arguments, "flows/good.yaml", "flows/bad.yaml", cwd=place)
    assert done.returncode == 3
    assert "flows/bad.yaml:6:5" in done.stdout
    assert flowrun(*arguments, "--strict", "flows/good.yaml", cwd=place).returncode == 0


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        ("flows/a.yaml", True),
        ("src/_flows/deep/a.yml", True),
        (".github/workflows/ci.yml", False),
        ("workflows/a.yaml", False),
        ("flows.yaml", False),
    ],
)
def test_the_hook_chooses_the_files_of_folders_named_flows(path, chosen):
    assert bool(re.search(HOOK["files"], path)) == chosen


# --- the examples


@pytest.mark.parametrize("number", range(len(YAML_BLOCKS)))
def test_the_example_is_yaml_and_its_calls_name_real_options(number):
    read(YAML_BLOCKS[number])
    calls = re.findall(r"(?:- |script: )flowrun (.*)$", YAML_BLOCKS[number], re.MULTILINE)
    for call in calls:
        name, *arguments = shlex.split(call.partition(" > ")[0])
        assert name == "validate"
        typer.main.get_command(app).make_context("validate", arguments)  # raises for an unknown option


def test_the_examples_of_the_action_give_inputs_that_it_has():
    steps = [step for text in YAML_BLOCKS if "jobs" in read(text) for step in read(text)["jobs"]["flows"]["steps"]]
    given = [step["with"] for step in steps if step["uses"].startswith("OWNER/flowrun@")]
    assert len(given) == 2
    assert all(set(one) <= set(ACTION["inputs"]) for one in given)


def test_the_example_of_the_hook_names_it():
    (repo,) = next(read(text) for text in YAML_BLOCKS if "repos" in read(text))["repos"]
    (hook,) = repo["hooks"]
    assert hook["id"] == HOOK["id"]
    assert flowrun("validate", *hook["args"], str(ROOT / "flows" / "01_hello_world.yaml")).returncode == 0


def test_the_lines_for_a_shell_run(place):
    (lines,) = blocks("ci.md", "sh")
    first, second, _ = lines.splitlines()
    for line in (first, second):
        path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", line], cwd=place, env=environment(PATH=path), capture_output=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
