"""The documentation, held to what the command does."""

from __future__ import annotations

import importlib
import re

import pytest
import typer
from tests.cli.command import ROOT, flowrun

from flowrun.cli.application import COMMANDS
from flowrun.errors import ExitCode

DOCS = ROOT / "docs"


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page, in one language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    return [text for written_in, text in found if written_in == language]


def options(command: str) -> dict[str, str | None]:
    """The long options of a command and of those below it, with their variables."""
    top = typer.main.get_command(importlib.import_module(f"flowrun.cli.commands.{command}").app)
    called = [top, *getattr(top, "commands", {}).values()]
    parameters = [one for each in called for one in each.params if one.opts[0].startswith("-")]
    return {max(one.opts, key=len): one.envvar for one in parameters}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_reference_names_every_option_and_its_variable(command):
    section = (DOCS / "reference.md").read_text().partition(f"\n## flowrun {command}\n")[2].partition("\n## ")[0]
    for option, variable in options(command).items():
        assert option in section
        assert variable is None or f"`{variable}`" in section


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_its_variable(command):
    """Those that are given in pairs have none: their variables are `FLOWRUN_INPUT_<ID>`, or there is a file for them."""
    for option, variable in options(command).items():
        assert variable == f"FLOWRUN_{option.strip('-').replace('-', '_').upper()}" or option in ("--input", "--var")


def test_the_reference_names_every_exit_code():
    section = (DOCS / "reference.md").read_text().partition("## Exit codes")[2].partition("\n## ")[0]
    named = {int(number) for row in re.findall(r"^\| ([\d, ]+) \|", section, re.MULTILINE) for number in row.split(",")}
    assert named == {*map(int, ExitCode), 141}


def test_the_worked_task_type_runs_through_its_entry_point(tmp_path):
    (code,), (flow,), (toml,) = (blocks("adding-a-task-type.md", one) for one in ("python", "yaml", "toml"))
    (tmp_path / "word_tasks.py").write_text(code)
    name, target = re.search(r'"(com.*)" = "(.*)"', toml).groups()
    info = tmp_path / "word_tasks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: word-tasks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[flowrun.tasks]\n{name} = {target}\n")
    done = flowrun("run", "-", stdin=flow, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr + done.stdout
    assert "3 words" in done.stdout
    assert "There are 3" in done.stdout
    broken = flowrun("validate", "-", stdin=flow.replace("atLeast", "atLest"), env={"PYTHONPATH": str(tmp_path)})
    assert "did you mean `atLeast`?" in broken.stdout


def test_the_tutorial_shows_what_validate_says(tmp_path):
    (flow,) = blocks("tutorial.md", "yaml")
    (tmp_path / "mine.yaml").write_text(flow)
    shown = next(block for block in blocks("tutorial.md", "") if block.startswith("error["))
    assert flowrun("validate", "mine.yaml", cwd=tmp_path).stdout == shown


def test_the_flow_of_the_tutorial_runs_once_it_is_repaired(tmp_path):
    (flow,) = blocks("tutorial.md", "yaml")
    first, second = flow.replace("mesage", "message").rsplit("id: say", 1)
    (tmp_path / "mine.yaml").write_text(f"{first}id: finish{second}")
    done = flowrun("run", "mine.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert "Number three" in done.stdout


@pytest.mark.parametrize(
    "page", ["../README.md", "../CONTRIBUTING.md", *sorted(path.name for path in DOCS.glob("*.md"))]
)
def test_every_link_leads_somewhere(page):
    path = DOCS / page
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
        assert target.startswith("https://") or (path.parent / target).exists(), target


def test_every_promise_of_security_has_its_test():
    page = (DOCS / "security.md").read_text()
    promises = [one for one in re.split(r"\n(?=\* |\n)", page) if one.startswith("* ")]
    assert len(promises) > 20
    for promise in promises:
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", promise)
        assert named or promise.startswith("* Not promised"), promise
        for file, name in named:
            assert f"def {name}(" in (ROOT / "tests" / file).read_text()
