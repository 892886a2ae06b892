"""Reading JSON as Kestra does: the first value only, of duplicate keys the last, decimals as doubles."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final, NoReturn

from flowrun.errors import TaskFailed

SPACE = " \t\r\n"
WORD = re.compile(r"[^\W\d]\w*")
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[][{}]', re.DOTALL)


class JsonProblem(Exception):
    """The text does not begin with a JSON value. `source` is the place where it stops being one, as the server names it."""

    def __init__(self, message: str, source: str) -> None:
        super().__init__(message)
        self.source = source


VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
EXPECTED: Final = {
    "Expecting value": f"expected a valid value {VALUE}",
    "Expecting property name enclosed in double quotes": "was expecting double-quote to start field name",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
    "Illegal trailing comma before end of object": "was expecting double-quote to start field name",
}
"""What Python expects, in the words of Kestra's parser."""


def no_constant(name: str) -> NoReturn:
    """`NaN` and `Infinity` are none of JSON."""
    message = f"Non-standard token '{name}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
    raise JsonProblem(message, source_at(name, len(name)))


DECODER = JSONDecoder(parse_constant=no_constant)


def read_first(text: str) -> Any:
    """The first JSON value of a text. Raises `JsonProblem`."""
    start = len(text) - len(text.lstrip(SPACE))
    if start == len(text):
        line = source_at(text, start).partition(", column")[0]  # for nothing at all the server names no column
        raise JsonProblem("No content to map due to end-of-input", f"{line}]")
    try:
        value, end = DECODER.raw_decode(text, start)
    except (JSONDecodeError, RecursionError, ValueError) as problem:
        message, at = refusal(text, problem) if isinstance(problem, JSONDecodeError) else (str(problem), start)
        raise JsonProblem(message, source_at(text, at)) from problem
    rest = text[end : end + 1]
    if isinstance(value, int | float) and not isinstance(value, bool) and rest and rest not in SPACE:
        message = f"{unexpected(rest)}: Expected space separating root-level values"
        raise JsonProblem(message, source_at(text, end))
    if (value is None or isinstance(value, bool)) and (rest.isalnum() or rest == "_"):
        raise JsonProblem(
            f"Unrecognized token '{text.split(maxsplit=1)[0]}': was expecting {VALUE}", source_at(text, start)
        )
    return value


def read_property(text: str) -> Any:
    """A property that is given as JSON text. Raises `TaskFailed`."""
    try:
        return read_first(text)
    except JsonProblem as problem:
        raise TaskFailed(f"{problem}\n at {problem.source}") from problem


def source_at(text: str, at: int) -> str:
    """A place in the text as the server names it; it hides the text itself."""
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return (
        f"[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: {column}]"
    )


def refusal(text: str, problem: JSONDecodeError) -> tuple[str, int]:
    """The words for a text that is no JSON, and the place from which on it is none."""
    at = problem.pos
    if text.startswith("/", at):
        return (
            "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since "
            "Feature 'ALLOW_COMMENTS' not enabled for parser)"
        ), at
    if problem.msg.startswith("Unterminated string"):
        return "Unexpected end-of-input: was expecting closing quote for a string value", len(text)
    token = WORD.match(text, at) if problem.msg == "Expecting value" else None
    if token and token.group() not in ("true", "false", "null"):
        return f"Unrecognized token '{token.group()}': was expecting {VALUE}", at
    kind, opened = innermost(text, at)
    if at >= len(text):
        wanted = f": expected close marker for {kind} (start marker at {source_at(text, opened)})" if kind else ""
        return f"Unexpected end-of-input{wanted}", at
    if problem.msg != "Expecting ',' delimiter":
        return f"{unexpected(text[at])}: {EXPECTED.get(problem.msg, problem.msg)}", at
    if text[at] in "]}":
        closing = "]" if kind == "Array" else "}"
        wanted = f"expected '{closing}' (for {kind} starting at {source_at(text, opened)})"
        return f"Unexpected close marker '{text[at]}': {wanted}", at
    return f"{unexpected(text[at])}: was expecting comma to separate {kind} entries", at


def innermost(text: str, at: int) -> tuple[str, int]:
    """The list or map that is open at a place, and where it begins; `""` when there is none."""
    opened: list[int] = []
    for token in TOKEN.finditer(text, 0, at):
        if token[0] in "[{":
            opened.append(token.start())
        elif token[0] in "]}" and opened:
            opened.pop()
    if not opened:
        return "", 0
    return "Array" if text[opened[-1]] == "[" else "Object", opened[-1]


def unexpected(char: str) -> str:
    """The words for a character at the wrong place."""
    return f"Unexpected character ('{char}' (code {ord(char)}))"
