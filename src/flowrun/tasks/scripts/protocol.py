"""What a script tells the task on its output: `::{"outputs": …, "metrics": …, "logs": …}::` (flow reference, 7.4)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from flowrun.model.log import LogLevel

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext

INSTRUCTION = re.compile(r"::(\{.*})::", re.DOTALL)
MARK = "::{"
"""What every instruction begins with."""

METRIC_TYPES = ("counter", "gauge", "timer")


class OutputReader:
    """Takes the lines of a process: instructions are followed, all else is logged.

    `outputs` is what the instructions gave so far: later ones win, key by key.
    """

    def __init__(self, ctx: RunContext) -> None:
        self.ctx = ctx
        self.outputs: dict[str, Any] = {}

    def take(self, lines: list[str], is_error: bool) -> None:  # noqa: FBT001 - the shape of `RunContext.run_process`
        """Lines, without their ends."""
        level = LogLevel.ERROR if is_error else LogLevel.INFO
        if MARK not in "\n".join(lines):
            self.ctx.log_lines(level, lines)
            return
        for line in lines:
            if found := INSTRUCTION.fullmatch(line):
                self._follow(found[1])
            else:
                self.ctx.log(level, line)

    def _follow(self, text: str) -> None:
        """Do what an instruction says; one that cannot be read is told in the log, and does nothing."""
        try:
            # As on the server: what stands behind the first value is not looked at.
            message, _ = json.JSONDecoder().raw_decode(text)
            outputs = checked_map(message.get("outputs"), "outputs")
            check_metrics(checked_list(message.get("metrics"), "metrics"))
            logs = [log_line(one) for one in checked_list(message.get("logs"), "logs")]
        except (ValueError, RecursionError) as problem:
            self.ctx.log(LogLevel.WARN, f"Invalid outputs '{problem}'")
            return
        self.outputs |= {key: value for key, value in outputs.items() if value is not None}
        for level, line in logs:
            if level is None:
                self.ctx.log(LogLevel.WARN, f"Invalid log '{text}'")
            elif line is not None:
                self.ctx.log(level, line)


def checked_map(value: Any, what: str) -> dict[str, Any]:
    """A map, empty when there is none. Raises `ValueError`."""
    if not isinstance(value, dict | None):
        raise unreadable(what, "a map", value)
    return value or {}


def checked_list(value: Any, what: str) -> list[dict[str, Any]]:
    """A list of maps, empty when there is none. Raises `ValueError`."""
    if not isinstance(value, list | None) or not all(isinstance(one, dict) for one in value or ()):
        raise unreadable(what, "a list of maps", value)
    return value or []


def check_metrics(metrics: list[dict[str, Any]]) -> None:
    """Whether these are metrics: nobody collects them here. Raises `ValueError`."""
    for metric in metrics:
        if metric.get("type") not in METRIC_TYPES:
            raise unreadable("`type` of a metric", f"one of {', '.join(METRIC_TYPES)}", metric.get("type"))
        if metric["type"] != "timer" and not isinstance(metric.get("value"), int | float | None):
            raise unreadable("`value` of a metric", "a number", metric["value"])


def log_line(entry: dict[str, Any]) -> tuple[LogLevel | None, str | None]:
    """The level and the text of a log line, None where it has none. Raises `ValueError`."""
    level, message = entry.get("level"), entry.get("message")
    if level is not None and level not in LogLevel.__members__:
        raise unreadable("`level` of a log line", f"one of {', '.join(LogLevel)}", level)
    if isinstance(message, dict | list):
        raise unreadable("`message` of a log line", "a text", message)
    text = message if isinstance(message, str | None) else json.dumps(message)
    return level and LogLevel(level), text


def unreadable(what: str, wanted: str, value: Any) -> ValueError:
    """What is wrong with a part of an instruction."""
    return ValueError(f"{what}: {wanted} is wanted, not {json.dumps(value)[:100]}")
