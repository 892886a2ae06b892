"""Dates, states and levels that tasks about executions are given; each function raises `TaskFailed` in the server's words."""

from __future__ import annotations

from datetime import datetime

from flowrun.engine.input_values import CLOCK, DAY, FRACTION, Unparsable, check_day, check_time, parts_of, zone
from flowrun.errors import TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType

ZONED = (*DAY, "[Tt]", *CLOCK, rf"(?::(\d\d){FRACTION})?", r"(Z|z|[+-]\d\d(?::\d\d(?::\d\d)?)?)", r"(?:\[[^\]]+\])?")
"""The parts of a date with its time and zone. A zone's name behind the offset changes nothing."""


def state_type(name: str) -> StateType:
    """A state by its name."""
    try:
        return StateType(name)
    except ValueError as problem:
        raise unrecognized(name) from problem


def log_level(name: str) -> LogLevel:
    """A level by its name."""
    try:
        return LogLevel(name)
    except ValueError as problem:
        raise unrecognized(name) from problem


def unrecognized(name: str) -> TaskFailed:
    """What the server's parser says of a word that it does not know."""
    return TaskFailed(f"com.fasterxml.jackson.core.JsonParseException: Unrecognized token '{name}'")


def moment(text: str) -> datetime:
    """A date with its time and zone."""
    try:
        *numbers, fraction, offset = parts_of(text, ZONED)
        year, month, day, hour, minute, second = (int(one or 0) for one in numbers)
        check_day(text, year, month, day)
        check_time(text, hour, minute, second)
    except Unparsable as problem:
        raise TaskFailed(str(problem)) from problem
    try:
        return datetime(year, month, day, hour, minute, second, int(f"{fraction[:6]:0<6}"), zone(offset))
    except ValueError as problem:
        raise TaskFailed(f"Text '{text}' could not be parsed at index 0") from problem
