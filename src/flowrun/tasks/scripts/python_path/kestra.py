"""What `from kestra import Kestra` finds in a Python task: the package `kestra`, or this where it is not installed.

It has the part that talks to the task's log: outputs, metrics, log lines. It runs in the Python of the flow, whatever
its version, and needs nothing but its standard library.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))


class Kestra:
    """Prints the lines that a script task understands: `::{JSON}::`."""

    _logger: logging.Logger | None = None

    @staticmethod
    def format(map_: dict[str, Any]) -> str:
        """The line for a message."""
        return "::" + json.dumps(map_) + "::"

    @staticmethod
    def _send(map_: dict[str, Any]) -> None:
        print(Kestra.format(map_), flush=True)

    @staticmethod
    def outputs(map_: dict[str, Any]) -> None:
        """Give outputs: `vars` of the task."""
        Kestra._send({"outputs": map_})

    @staticmethod
    def counter(name: str, value: float, tags: dict[str, str] | None = None) -> None:
        """Count something."""
        Kestra._metric("counter", name, value, tags)

    @staticmethod
    def gauge(name: str, value: float, tags: dict[str, str] | None = None) -> None:
        """Tell the present value of something."""
        Kestra._metric("gauge", name, value, tags)

    @staticmethod
    def timer(name: str, duration: float | Callable[[], Any], tags: dict[str, str] | None = None) -> None:
        """Tell how long something took: seconds, or a function to be called and timed."""
        if callable(duration):
            start = time.monotonic()
            duration()
            duration = time.monotonic() - start
        Kestra._metric("timer", name, duration, tags)

    @staticmethod
    def _metric(type_: str, name: str, value: float, tags: dict[str, str] | None) -> None:
        metric = {"name": name, "type": type_, "value": value, "tags": tags or {}}
        Kestra._send({"metrics": [metric]})

    @staticmethod
    def logger() -> logging.Logger:
        """A logger of the standard library whose lines keep their level."""
        if Kestra._logger is None:
            handler = logging.StreamHandler(sys.stdout)
            handler.setFormatter(_LogLine())
            Kestra._logger = logging.getLogger("Kestra")
            Kestra._logger.setLevel(logging.DEBUG)
            Kestra._logger.addHandler(handler)
            Kestra._logger.propagate = False
        return Kestra._logger


class _LogLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"level": _level(record.levelno), "message": super().format(record)}
        return Kestra.format({"logs": [line]})


def _level(number: int) -> str:
    if number >= logging.ERROR:
        return "ERROR"
    if number >= logging.WARNING:
        return "WARN"
    if number >= logging.INFO:
        return "INFO"
    return "DEBUG" if number >= logging.DEBUG else "TRACE"


def _give_way() -> None:
    """Put the installed package in this module's place, if there is one."""
    others = [folder for folder in sys.path if os.path.abspath(folder) != HERE]
    spec = PathFinder.find_spec("kestra", others)
    if spec is not None and spec.loader is not None:
        sys.modules[__name__] = module = module_from_spec(spec)
        spec.loader.exec_module(module)


if __name__ == "kestra":
    _give_way()
