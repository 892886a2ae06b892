"""Dates, states and levels that tasks about executions are given; each function raises `TaskFailed` in the server's words."""

from __future__ import annotations

import re
from datetime import datetime

from flowrun.errors import TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType

DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?")
ZONE_NAME = re.compile(r"\[[^\]]*\]$")


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
    """A date with its time and zone. What is none is told with the place up to which it was understood."""
    understood = DATE.match(text)
    if understood:
        try:
            found = datetime.fromisoformat(ZONE_NAME.sub("", text))
        except ValueError:
            found = None
        if found is not None and found.tzinfo is not None:
            return found
    index = understood.end() if understood else 0
    raise TaskFailed(f"Text '{text}' could not be parsed at index {index}")
