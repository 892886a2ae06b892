"""Reading JSON as Kestra does: the first value only, of duplicate keys the last, decimals as doubles."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import Any, NoReturn

SPACE = " \t\r\n"
WORD = re.compile(r"[^\W\d]\w*")


class JsonProblem(Exception):
    """The text does not begin with a JSON value."""


def no_constant(name: str) -> NoReturn:
    """`NaN` and `Infinity` are none of JSON."""
    raise JsonProblem(f"Non-standard token '{name}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow")


DECODER = JSONDecoder(parse_constant=no_constant)


def read_first(text: str) -> Any:
    """The first JSON value of a text. Raises `JsonProblem`."""
    stripped = text.lstrip(SPACE)
    if not stripped:
        raise JsonProblem("No content to map due to end-of-input")
    try:
        value, end = DECODER.raw_decode(stripped)
    except (JSONDecodeError, RecursionError, ValueError) as problem:
        raise JsonProblem(refusal(stripped, problem)) from problem
    rest = stripped[end : end + 1]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if (is_number and rest and rest not in SPACE) or (
        (value is None or isinstance(value, bool)) and (rest.isalnum() or rest == "_")
    ):
        raise JsonProblem(f"Unrecognized token '{stripped.split()[0]}'")
    return value


def refusal(text: str, problem: Exception) -> str:
    """The words for a text that is no JSON."""
    if text[0] == "/":
        return (
            "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since "
            "Feature 'ALLOW_COMMENTS' not enabled for parser)"
        )
    token = WORD.match(text)
    if token and token.group() not in ("true", "false", "null"):
        return f"Unrecognized token '{token.group()}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    if isinstance(problem, JSONDecodeError) and problem.pos < len(text):
        char = text[problem.pos]
        return f"Unexpected character ('{char}' (code {ord(char)})): {problem.msg}"
    return str(problem)
