"""The types of script tasks: what a flow may say of them."""

from __future__ import annotations

import pytest

from flowrun.diagnostics import Severity
from flowrun.loading import Source, load
from flowrun.tasks.registry import REGISTRY
from flowrun.tasks.scripts.languages import LANGUAGES
from flowrun.tasks.scripts.types import LANGUAGE_NAMES

EVERYTHING = """
    taskRunner: {type: io.kestra.plugin.core.runner.Process, anything: goes}
    containerImage: "{{ vars.image }}"
    runner: DOCKER
    docker: {image: ubuntu, volumes: [a:b]}
    beforeCommands: [echo a]
    interpreter: [/bin/bash, -c]
    failFast: false
    env: {A: "{{ inputs.a }}", B: 1}
    inputFiles: {a.txt: text}
    outputFiles: ["*.csv"]
    namespaceFiles: {enabled: true}
    outputDirectory: true
    warningOnStdErr: false
    targetOS: LINUX
"""
PACKAGES = """
    dependencies: [pandas]
    pythonVersion: "3.13"
    dependencyCacheEnabled: false
    packageManager: UV
"""


def problems(type_name: str, body: str) -> list[tuple[str, str]]:
    head = f"id: a\nnamespace: b\ntasks:\n  - id: t\n    type: io.kestra.plugin.scripts.{type_name}\n"
    found = load(Source(f"{head}    {body.strip()}\n", "flow.yaml"), REGISTRY).diagnostics
    return [(each.code, each.path) for each in found if each.severity is Severity.ERROR and each.kestra]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_takes_a_script_or_commands(language: str) -> None:
    assert problems(f"{language}.Script", "script: x" + EVERYTHING) == []
    assert problems(f"{language}.Commands", "commands: [x]" + EVERYTHING) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_to_be_run_must_be_there(language: str) -> None:
    assert problems(f"{language}.Script", "failFast: true") == [("missing-field", "tasks[0].script")]
    assert problems(f"{language}.Commands", "failFast: true") == [("missing-field", "tasks[0].commands")]


def test_a_script_task_takes_no_commands_and_the_other_way_round() -> None:
    assert ("unknown-field", "tasks[0].commands") in problems("shell.Script", "script: x\n    commands: [x]")
    assert ("unknown-field", "tasks[0].script") in problems("shell.Commands", "script: x\n    commands: [x]")


def test_only_python_installs_packages() -> None:
    assert problems("python.Script", "script: x" + PACKAGES) == []
    assert problems("python.Commands", "commands: [x]" + PACKAGES) == []
    assert problems("shell.Script", "script: x\n    dependencies: [pandas]") == [
        ("unknown-field", "tasks[0].dependencies")
    ]


def test_the_runner_is_one_of_two() -> None:
    assert problems("shell.Script", "script: x\n    runner: LOCAL") == [("wrong-type", "tasks[0].runner")]


def test_the_system_has_the_spelling_of_the_server() -> None:
    assert problems("shell.Script", "script: x\n    targetOs: LINUX") == [("unknown-field", "tasks[0].targetOs")]


def test_a_misspelt_property_is_found() -> None:
    assert problems("node.Commands", "commands: [x]\n    beforeComands: [y]") == [
        ("unknown-field", "tasks[0].beforeComands")
    ]


def test_every_language_has_its_line_in_the_table() -> None:
    assert tuple(LANGUAGES) == LANGUAGE_NAMES
