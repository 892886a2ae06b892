"""A flow with types that flowrun can't run: where they stand, and how it runs without them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.cli.command import flowrun
from tests.cli.schemas import problems_with

from flowrun.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """\
id: types
namespace: tests
tasks:
  - id: load
    type: io.kestra.plugin.aws.s3.Download
    from: s3://bucket/key
  - id: group
    type: io.kestra.plugin.core.flow.Sequential
    tasks:
      - id: query
        type: io.kestra.plugin.jdbc.postgresql.Query
        sql: select 1
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ outputs.load.uri }}"
"""


@pytest.fixture
def flow(tmp_path: Path) -> str:
    path = tmp_path / "types.yaml"
    path.write_text(FLOW)
    return str(path)


def test_every_type_is_named_with_its_place_and_what_to_do(flow: str):
    done = flowrun("run", flow)
    assert (done.returncode, done.stdout) == (ExitCode.TYPES_MISSING, "")
    assert f"--> {flow}:5:11\n" in done.stderr
    assert f"--> {flow}:11:15\n" in done.stderr
    assert "`--mock query=OUTPUTS` has it end well without running it" in done.stderr
    assert done.stderr.endswith(
        "error: flowrun can't run these types yet: "
        "io.kestra.plugin.aws.s3.Download, io.kestra.plugin.jdbc.postgresql.Query\n"
        "  hint: go on without them: --mock load={} --mock query={}\n"
    )


def test_programs_get_the_places_too(flow: str):
    done = flowrun("run", flow, "--output", "json")
    assert done.returncode == ExitCode.TYPES_MISSING
    error = json.loads(done.stdout)["error"]
    assert problems_with("error", {"error": error}) == []
    assert [(one["code"], one["line"], one["column"]) for one in error["diagnostics"]] == [
        ("types-missing", 5, 11),
        ("types-missing", 11, 15),
    ]


@pytest.mark.parametrize("second", ["query=", "group="])
def test_a_flow_runs_when_each_of_them_is_mocked_or_stands_in_what_is(flow: str, second: str):
    done = flowrun("run", flow, "--mock", "load={uri: abc}", "--mock", second)
    assert done.returncode == ExitCode.SUCCESS
    assert "say    abc\n" in done.stdout
    again = flowrun("replay", "--last")
    assert again.returncode == ExitCode.SUCCESS, again.stderr


def test_what_is_not_mocked_is_still_refused(flow: str):
    done = flowrun("run", flow, "--mock", "load={uri: abc}")
    assert done.returncode == ExitCode.TYPES_MISSING
    assert "aws.s3" not in done.stderr
    assert done.stderr.endswith("  hint: go on without it: --mock query={}\n")
