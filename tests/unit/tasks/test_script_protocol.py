"""What scripts tell on their output. The verdicts are those of a Kestra 1.3.31."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flowrun.model.log import LogLevel
from flowrun.tasks.scripts.protocol import OutputReader


class Log:
    """The part of a `RunContext` that the reader needs."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def log(self, level: LogLevel, message: str) -> None:
        self.lines.append((level.value, message))

    def log_lines(self, level: LogLevel, messages: list[str]) -> None:
        self.lines.extend((level.value, one) for one in messages)


def told(*lines: str, is_error: bool = False) -> tuple[dict, list[tuple[str, str]]]:
    log = Log()
    reader = OutputReader(log)  # type: ignore[arg-type]
    reader.take(list(lines), is_error)
    return reader.outputs, log.lines


def test_plain_lines_are_logged_by_their_stream():
    assert told("hi", "") == ({}, [("INFO", "hi"), ("INFO", "")])
    assert told("hi", is_error=True) == ({}, [("ERROR", "hi")])


def test_later_outputs_win_key_by_key_and_null_is_none():
    outputs, lines = told('::{"outputs":{"a":{"x":1},"b":1,"n":null}}::', '::{"outputs":{"a":{"y":2}}}::')
    assert outputs == {"a": {"y": 2}, "b": 1}
    assert lines == []


def test_stderr_may_hold_instructions_too():
    assert told('::{"outputs":{"a":1}}::', is_error=True) == ({"a": 1}, [])


@pytest.mark.parametrize(
    "line", [' ::{"outputs":{"a":1}}::', '::{"outputs":{"a":1}}:: ', 'not ::{"outputs":{"a":1}}:: at the start']
)
def test_an_instruction_is_the_whole_line(line):
    assert told(line) == ({}, [("INFO", line)])


@pytest.mark.parametrize(
    "line", ['::{"outputs":{"a":1}}::::{"outputs":{"b":1}}::', '::{"outputs":{"a":1}} trailing}::']
)
def test_what_stands_behind_the_first_value_is_not_read(line):
    assert told(line) == ({"a": 1}, [])


@pytest.mark.parametrize(
    "line",
    [
        '::{"outputs":{"a":}}::',
        "::{outputs}::",
        '::{"outputs":[1]}::',
        '::{"logs":[{"level":"warn","message":"careful"}]}::',
        '::{"logs":[{"level":"INFO","message":{"a":1}}]}::',
        '::{"logs":{"level":"INFO"}}::',
        '::{"metrics":[{"name":"rows","type":"hm","value":2}]}::',
        '::{"metrics":[{"name":"rows","value":2}]}::',
        '::{"metrics":[{"name":"rows","type":"counter","value":"x"}]}::',
        '::{"outputs":{"a":1},"metrics":[{"name":"rows","type":"hm"}]}::',
        "::{" + '"a":{' * 100_000 + "}::",
    ],
)
def test_an_instruction_that_cannot_be_read_is_a_warning_and_does_nothing(line):
    outputs, ((level, message),) = told(line)
    assert outputs == {}
    assert level == "WARN"
    assert message.startswith("Invalid outputs '")


def test_log_lines_have_the_level_they_name():
    line = '::{"logs":[{"level":"DEBUG","message":"d"},{"level":"WARN","message":5},{"level":"INFO"}]}::'
    assert told(line) == ({}, [("DEBUG", "d"), ("WARN", "5")])


def test_a_log_line_without_level_is_a_warning():
    assert told('::{"logs":[{"message":"careful"}]}::') == (
        {},
        [("WARN", """Invalid log '{"logs":[{"message":"careful"}]}'""")],
    )


@pytest.mark.parametrize(
    "metric",
    [
        '{"name":"rows","type":"counter","value":12}',
        '{"name":"rows","type":"counter","value":12,"tags":{"a":1},"more":1}',
        '{"name":"rows","type":"timer","value":"PT1S","tags":null}',
        '{"name":"rows","type":"gauge","value":2.5}',
    ],
)
def test_metrics_are_taken_and_show_nowhere(metric):
    assert told(f'::{{"metrics":[{metric}],"unknown":1}}::') == ({}, [])


def test_an_instruction_among_lines_keeps_its_place():
    lines = ["before", '::{"logs":[{"level":"WARN","message":"told"}]}::', "::{ no instruction", "after"]
    said = [("INFO", "before"), ("WARN", "told"), ("INFO", "::{ no instruction"), ("INFO", "after")]
    assert told(*lines) == ({}, said)
