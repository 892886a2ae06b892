"""Start-up is a feature: which modules a command may load."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.cli.command import ROOT, environment

LIST_MODULES = """
import sys
sys.argv = ["flowrun", *{arguments!r}]
from flowrun.__main__ import main
try:
    main()
except SystemExit:
    pass
sys.stderr.write("\\n".join(["MODULES", *sys.modules]))
"""


def loaded_by(*arguments: str) -> set[str]:
    code = LIST_MODULES.format(arguments=list(arguments))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return set(done.stderr.partition("MODULES\n")[2].split("\n"))


NEVER = ("rich", "pydantic", "asyncio", "croniter", "httpx", "multiprocessing")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "flows/01_hello_world.yaml", "--virtual-time"),
        ("run", "flows/01_hello_world.yaml", "--virtual-time", "--output", "json"),
        ("validate", "flows/01_hello_world.yaml"),
        ("render", "{{ 1 }}"),
    ],
    ids=["run", "run as JSON", "validate", "render"],
)
def test_a_command_in_a_pipe_loads_nothing_slow(arguments):
    assert not loaded_by(*arguments) & set(NEVER)


def test_only_a_run_opens_the_store():
    assert "sqlite3" in loaded_by("run", "flows/01_hello_world.yaml", "--virtual-time")
    assert "sqlite3" not in loaded_by("validate", "flows/01_hello_world.yaml")
    assert "sqlite3" not in loaded_by("render", "{{ 1 }}")


def test_the_version_loads_nothing_of_the_application():
    loaded = loaded_by("--version")
    assert {name for name in loaded if name.startswith("flowrun")} == {"flowrun", "flowrun.__main__"}
    assert not loaded & {*NEVER, "typer", "click", "ruamel.yaml"}


def test_validate_does_not_load_what_runs_flows():
    assert not loaded_by("validate", "flows/01_hello_world.yaml") & {"flowrun.runtime.loop", "flowrun.sinks.text"}


def test_a_run_without_scripts_loads_nothing_of_them():
    loaded = loaded_by("run", "flows/01_hello_world.yaml", "--virtual-time")
    ours = {name for name in loaded if name.startswith("flowrun.tasks.scripts.")}
    assert ours == {"flowrun.tasks.scripts.types"}
    assert not loaded & {"flowrun.app.places", "flowrun.runtime.task_files", "tempfile", "flowrun.runtime.process"}
