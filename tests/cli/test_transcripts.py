"""Whole transcripts of real runs: piped, in CI, on terminals. `make golden` writes them anew."""

from __future__ import annotations

import re

import pytest
from tests.cli.command import flowrun, on_terminal
from tests.cli.transcripts import hold, normalised

SLOW = re.compile(r"\b\d{3} ms")
RUN = ("run", "01_hello_world.yaml", "--virtual-time")


@pytest.mark.parametrize(("name", "env"), [("piped", {}), ("ci", {"CI": "true"})])
def test_a_pipe_gets_exactly_the_transcript(name, env):
    done = flowrun(*RUN, "--input", "name=Ann", env=env)
    hold(f"run-{name}", normalised(done.stdout))


def test_a_failing_run_in_a_pipe_is_exactly_the_transcript():
    done = flowrun("run", "12_when_things_fail.yaml", "--virtual-time", "-i", "reachable=false")
    hold("run-failing", normalised(done.stdout))


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("color", ["always", "never"])
def test_a_terminal_gets_exactly_the_transcript(width, color):
    code, shown = quick_run("--color", color, width=width)
    assert code == 0
    hold(f"run-terminal-{width}{'-color' if color == 'always' else ''}", normalised(shown))


def quick_run(*options: str, width: int) -> tuple[int, str]:
    """A run whose tasks took less than 100 ms each: a longer time needs a wider column, which moves everything."""
    for _ in range(10):
        code, shown = on_terminal(*RUN, "--input", "name=Ann", *options, width=width)
        if not SLOW.search(shown):
            break
    return code, shown


def test_problems_are_drawn_exactly_so():
    text = (
        "id: -broken\nnamespace: test\ntasks:\n"
        "  - id: greet\n    type: io.kestra.plugin.core.log.Log\n    mesage: hi\n"
        "  - id: greet\n    type: io.kestra.plugin.core.log.Lgo\n"
    )
    hold("validate", flowrun("validate", "-", stdin=text).stdout)
    hold("validate-color", flowrun("validate", "-", "--color", "always", stdin=text).stdout)
