"""jq programs run in a process of their own, which can be killed."""

from __future__ import annotations

from contextlib import closing

import pytest

from flowrun.template.jq import Engine
from flowrun.template.limits import LimitReached


@pytest.fixture
def engine():
    with closing(Engine()) as made:
        yield made


def test_one_process_answers_one_program_after_the_other(engine):
    assert engine.run(".[]", "[1, 2]") == [1, 2]
    first = engine.process
    assert engine.run(".a", '{"a": "é\\u2028"}') == ["é\u2028"]
    assert engine.process is first


@pytest.mark.parametrize("program", ["def f: f; f", "[repeat(1)]"])
def test_a_program_without_end_is_ended_and_the_next_one_runs(engine, program):
    engine.seconds = 0.3
    with pytest.raises(LimitReached, match=r"more than 0\.3 seconds"):
        engine.run(program, "1")
    engine.seconds = 5
    assert engine.run(".", "1") == [1]


def test_a_program_that_makes_too_much_is_refused(engine):
    with pytest.raises((LimitReached, ValueError)):
        engine.run('"a" * 1e9 | [., ., ., .]', "1")


def test_a_bad_program_is_a_value_error(engine):
    with pytest.raises(ValueError, match="no program"):
        engine.run("][", "1")


def test_nothing_of_the_environment_is_seen(engine, monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    assert "TOKEN" not in engine.run("$ENV", "1")[0]
