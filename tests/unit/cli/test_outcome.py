"""How a call ends."""

from __future__ import annotations

import json

import pytest

from flowrun.cli.outcome import confess, output_format, refuse, stop_code
from flowrun.cli.signals import HungUp, Terminated, TimeIsUp
from flowrun.errors import UsageError


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "f", "--output", "json"], "json"),
        (["run", "f", "--output=jsonl"], "jsonl"),
        (["validate", "f", "--format", "json"], "json"),
        (["run", "f", "--output", "text"], "text"),
        (["run", "f", "--output"], ""),
        (["run", "json"], ""),
    ],
)
def test_the_format_is_known_even_when_the_call_is_wrong(arguments, expected):
    assert output_format(arguments) == expected


@pytest.mark.parametrize(("command", "expected"), [("run", ""), ("validate", "json")])
def test_a_variable_counts_for_the_command_that_it_belongs_to(command, expected, monkeypatch):
    monkeypatch.setenv("FLOWRUN_FORMAT", "json")
    assert output_format([command, "f"]) == expected


@pytest.mark.parametrize("command", ["run", "restart", "replay", "resume"])
def test_the_format_of_a_run_may_come_from_its_variable(command, monkeypatch):
    monkeypatch.setenv("FLOWRUN_OUTPUT", "jsonl")
    assert output_format([command, "f"]) == "jsonl"


def test_a_bug_of_ours_says_so_and_how_to_report_it(capsys):
    assert confess(ValueError("oops"), "text") == 70
    shown = capsys.readouterr().err
    assert "internal error: ValueError: oops" in shown
    assert "FLOWRUN_DEBUG=1" in shown
    assert "Traceback" not in shown


def test_the_traceback_of_a_bug_is_shown_on_demand(capsys, monkeypatch):
    monkeypatch.setenv("FLOWRUN_DEBUG", "1")
    confess(ValueError("oops"), "text")
    assert "ValueError: oops\n" in capsys.readouterr().err.partition("error:")[0]


def test_a_bug_is_told_as_json_where_json_was_asked_for(capsys):
    confess(ValueError("oops"), "json")
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "internal"


def test_where_events_are_lines_a_refusal_is_one_too(capsys):
    refuse(UsageError("no"), "jsonl")
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    ("cause", "code"), [(KeyboardInterrupt(), 130), (Terminated(), 143), (HungUp(), 129), (TimeIsUp(), 1)]
)
def test_each_way_of_being_stopped_has_its_exit_code(cause, code):
    assert stop_code(cause) == code
