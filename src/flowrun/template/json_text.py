"""Reading JSON as Kestra does: the first value only, of duplicate keys the last, decimals as doubles."""

from __future__ import annotations

from json import JSONDecodeError, JSONDecoder
from typing import Any, Final

DECODER: Final = JSONDecoder()
SPACE: Final = " \t\r\n"


class JsonProblem(Exception):
    """The text does not begin with a JSON value."""


def read_first(text: str) -> Any:
    """The first JSON value of a text. Raises `JsonProblem`."""
    stripped = text.lstrip(SPACE)
    if stripped[:1] in ("N", "I") or stripped[:2] == "-I":
        raise JsonProblem(f"Unrecognized token '{stripped[:9]}'")
    try:
        return DECODER.raw_decode(stripped)[0]
    except (JSONDecodeError, RecursionError, ValueError) as problem:
        raise JsonProblem(str(problem)) from problem
