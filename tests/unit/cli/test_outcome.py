"""How a call ends."""

from __future__ import annotations

import json

import pytest

from flowrun.cli.outcome import asks_for_json, confess, stop_code
from flowrun.cli.signals import Terminated, TimeIsUp


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "f", "--output", "json"], True),
        (["run", "f", "--output=json"], True),
        (["validate", "f", "--format", "json"], True),
        (["run", "f", "--output", "text"], False),
        (["run", "f", "--output"], False),
        (["run", "json"], False),
    ],
)
def test_whether_json_is_wanted_is_known_even_when_the_call_is_wrong(arguments, expected):
    assert asks_for_json(arguments) is expected


@pytest.mark.parametrize(("command", "expected"), [("run", False), ("validate", True)])
def test_a_variable_counts_for_the_command_that_it_belongs_to(command, expected, monkeypatch):
    monkeypatch.setenv("FLOWRUN_FORMAT", "json")
    assert asks_for_json([command, "f"]) is expected


def test_a_bug_of_ours_says_so_and_how_to_report_it(capsys):
    assert confess(ValueError("oops"), wants_json=False) == 70
    shown = capsys.readouterr().err
    assert "internal error: ValueError: oops" in shown
    assert "FLOWRUN_DEBUG=1" in shown
    assert "Traceback" not in shown


def test_the_traceback_of_a_bug_is_shown_on_demand(capsys, monkeypatch):
    monkeypatch.setenv("FLOWRUN_DEBUG", "1")
    confess(ValueError("oops"), wants_json=False)
    assert "ValueError: oops\n" in capsys.readouterr().err.partition("error:")[0]


def test_a_bug_is_told_as_json_where_json_was_asked_for(capsys):
    confess(ValueError("oops"), wants_json=True)
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "internal"


@pytest.mark.parametrize(("cause", "code"), [(KeyboardInterrupt(), 130), (Terminated(), 143), (TimeIsUp(), 1)])
def test_each_way_of_being_stopped_has_its_exit_code(cause, code):
    assert stop_code(cause) == code
