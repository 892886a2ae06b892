"""`run --report` and `history report`: the page of a run as a file."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from tests.cli.command import COMMAND, environment, flowrun

if TYPE_CHECKING:
    from pathlib import Path

LOG = "io.kestra.plugin.core.log.Log"
FLOW = f"""\
id: small
namespace: test
inputs:
  - {{id: token, type: SECRET, defaults: "hush-hush"}}
  - id: form
    type: FORM
    inputs:
      - id: key
        type: SECRET
        defaults: |
          another-secret
tasks:
  - {{id: hi, type: {LOG}, message: "<b>{{{{ inputs.token }}}}</b>"}}
  - {{id: bad, type: io.kestra.plugin.core.execution.Fail, errorMessage: it is bad}}
"""


def said(page: str) -> str:
    return " ".join(" ".join(ET.fromstring(page).itertext()).split())


def home(folder: Path) -> dict[str, str]:
    return {"FLOWRUN_HOME": str(folder / "home")}


def test_a_run_and_its_kept_execution_have_the_same_page(tmp_path: Path):
    done = flowrun("run", "-", "--report", "run.html", stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
    assert done.returncode == 1
    page = (tmp_path / "run.html").read_text()
    kept = flowrun("history", "report", "--last", "--out", "-", cwd=tmp_path, env=home(tmp_path))
    assert kept.returncode == 0
    assert kept.stdout == page
    assert "Failed at bad <stdin>:14 it is bad" in said(page)


def test_a_page_holds_no_secret(tmp_path: Path):
    flowrun("run", "-", "--report", "run.html", stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
    page = (tmp_path / "run.html").read_text()
    assert "hush" not in page
    assert "another-secret" not in page
    assert "<b>******</b>" in said(page)
    assert "13 - {id: hi," in said(page)


def test_the_page_of_a_kept_execution_is_named_after_it(tmp_path: Path):
    flowrun("run", "-", stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
    done = flowrun("history", "report", "--last", cwd=tmp_path, env=home(tmp_path))
    (file,) = tmp_path.glob("*.html")
    assert (done.returncode, done.stdout) == (0, f"wrote {file.name}\n")
    assert file.stem in said(file.read_text())


def test_the_page_of_an_execution_whose_flow_is_refused_today_is_written(tmp_path: Path):
    flowrun("run", "-", stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
    (tmp_path / "flowrun.toml").write_text("rules = 3\n")
    done = flowrun("history", "report", "--last", "--out", "x.html", cwd=tmp_path, env=home(tmp_path))
    assert done.returncode == 0
    assert "Failed at bad it is bad" in said((tmp_path / "x.html").read_text())


@pytest.mark.parametrize(
    ("file", "why"), [("no/x.html", "No such file"), (".", "Is a directory"), ("x" * 300, "too long")]
)
def test_a_file_that_cannot_be_written_stops_the_call_before_the_run(tmp_path: Path, file: str, why: str):
    done = flowrun("run", "-", "--report", file, stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--report: `" in done.stderr
    assert why in done.stderr
    assert not (tmp_path / "home").exists()
    flowrun("run", "-", stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
    done = flowrun("history", "report", "--last", "--out", file, cwd=tmp_path, env=home(tmp_path))
    assert done.returncode == 2
    assert "--out: `" in done.stderr


def test_the_page_of_a_run_cannot_go_where_the_run_is_shown(tmp_path: Path):
    done = flowrun("run", "-", "--report", "-", stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--report: the standard output is taken by the run itself" in done.stderr


def test_a_refused_run_leaves_no_file_and_touches_none(tmp_path: Path):
    (tmp_path / "old.html").write_text("old")
    for name in ("old.html", "new.html"):
        done = flowrun("run", "-", "-i", "nothing=1", "--report", name, stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
        assert done.returncode == 2
    assert (tmp_path / "old.html").read_text() == "old"
    assert not (tmp_path / "new.html").exists()


def test_a_page_that_fails_at_the_end_costs_a_warning(tmp_path: Path):
    done = flowrun("run", "-", "--report", "/dev/full", stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
    assert done.returncode == 1
    assert "warning: the report is missing or cut short: `/dev/full` cannot be written: No space left" in done.stderr
    assert "✗ FAILED" in done.stdout


def test_a_run_that_is_killed_has_its_page(tmp_path: Path):
    flow = tmp_path / "nap.yaml"
    flow.write_text(
        "id: nap\nnamespace: test\ntasks: [{id: nap, type: io.kestra.plugin.core.flow.Sleep, duration: PT60S}]\n"
    )
    call = [*COMMAND, "run", str(flow), "--report", str(tmp_path / "x.html")]
    with subprocess.Popen(call, env=environment(**home(tmp_path)), stdout=subprocess.PIPE, text=True) as process:
        while "Waiting for" not in process.stdout.readline():
            pass
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 143
    assert "test.nap ■ KILLED" in said((tmp_path / "x.html").read_text())


def test_a_run_that_nobody_reads_has_its_page(tmp_path: Path):
    call = [*COMMAND, "run", "-", "--report", str(tmp_path / "x.html")]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        call, input=FLOW.encode(), stdout=writer, stderr=subprocess.PIPE, env=environment(**home(tmp_path)), check=False
    )
    os.close(writer)
    assert done.returncode == 141
    assert b"rror" not in done.stderr
    assert "test.small" in said((tmp_path / "x.html").read_text())


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_documents_can_have_a_page_beside_them(tmp_path: Path, output: str):
    done = flowrun("run", "-", "--report", "x.html", "--output", output, stdin=FLOW, cwd=tmp_path, env=home(tmp_path))
    assert done.stdout.startswith("{")
    assert "Failed at bad" in said((tmp_path / "x.html").read_text())
