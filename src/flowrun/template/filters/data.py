"""Filters that write data as text: JSON, YAML, Ion; and jq (spec, 6.1)."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Arguments, Failure, Filter, RenderContext
from flowrun.template.json_text import JsonProblem
from flowrun.template.values import (
    Char,
    Entry,
    cast_text,
    class_name,
    float_text,
    is_map,
    is_number,
    is_text,
    quoted,
    to_json,
    to_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST: Final = 400


def to_json_text(value: Any, _args: Arguments, _ctx: RenderContext) -> str:
    """Compact JSON."""
    return _written(to_json, value)


def to_ion(value: Any, _args: Arguments, _ctx: RenderContext) -> str:
    """Compact Ion text."""
    return _written(ion_written, value)


def to_yaml(value: Any, _args: Arguments, _ctx: RenderContext) -> str:
    """YAML text, as Jackson writes it."""
    if value is None:
        return "null"
    if value == "" and isinstance(value, str):
        return '--- ""\n'
    return _written(lambda data: "".join(_yaml(data, 0)).lstrip("\n"), value)


def _written(write: Callable[[Any], str], value: Any) -> str:
    try:
        return write(value)
    except TypeError as error:
        raise Failure(str(error)) from None
    except RecursionError:
        raise Failure(f"Document nesting depth exceeds the maximum allowed ({DEEPEST})") from None


# --- Ion


ION_WORDS: Final = frozenset({"null", "true", "false", "nan"})


def ion_written(value: Any) -> str:
    """Compact Ion text of a value."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float):
        return _ion_float(value)
    if isinstance(value, str):
        return _ion_text(to_text(value))
    if is_map(value):
        return "{" + ",".join(f"{_ion_name(to_text(key))}:{ion_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Entry):
        return ion_written({value.key: value.value})
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(ion_written, value)) + "]"
    if isinstance(value, Decimal):
        return _ion_decimal(value)
    if isinstance(value, bytes):
        return "{{" + to_json(value)[1:-1] + "}}"
    if isinstance(value, date):
        return _ion_date(value)
    return to_text(value) if is_number(value) else _ion_text(to_text(value))


def _ion_date(value: date) -> str:
    if not isinstance(value, datetime):
        return to_text(value)
    if value.utcoffset():
        timespec = "milliseconds" if value.microsecond % 1000 == 0 and value.microsecond else "auto"
        return f'ZonedDateTime::"{value.isoformat(timespec=timespec)}"'
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"


def _ion_decimal(value: Decimal) -> str:
    """A point, or a `d` before the exponent, tells a decimal from a whole number."""
    sign, digits, exponent = value.as_tuple()
    if exponent == 0:
        return f"{value:f}."
    if -len(digits) - 6 < int(exponent) < 0:
        return f"{value:f}"
    return f"{'-' if sign else ''}{''.join(map(str, digits))}d{exponent}"


def _ion_float(value: float) -> str:
    text = float_text(value)
    if not text[-1].isdigit():
        return {"NaN": "nan", "Infinity": "+inf"}.get(text, "-inf")
    return text.replace("E", "e") if "E" in text else text.removesuffix(".0") + "e0"


def _ion_text(text: str) -> str:
    return '"' + text.translate(ION_ESCAPES) + '"'


ION_ESCAPES: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {
    ord(char): "\\" + letter for char, letter in zip('\0\a\b\t\n\v\f\r"\\', '0abtnvfr"\\', strict=True)
}


def _ion_name(name: str) -> str:
    import re

    if re.fullmatch(r"[A-Za-z_$][\w$]*", name, re.ASCII) and name not in ION_WORDS and not re.fullmatch(r"\$\d+", name):
        return name
    return "'" + quoted(name)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


# --- YAML


YAML_ESCAPES: Final = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {
    ord(char): "\\" + letter
    for char, letter in zip('\0\a\b\t\n\v\f\r\x1b"\\\x85\xa0\u2028\u2029', '0abtnvfre"\\N_LP', strict=True)
}
UNPRINTABLE: Final = r"[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
YAML_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~"})


def double_quoted(text: str) -> str:
    return '"' + text.translate(YAML_ESCAPES) + '"'


def _yaml(value: Any, base: int) -> list[str]:
    """The lines of a value that starts at a line's end; collections begin with a line break."""
    if isinstance(value, Entry):
        value = {value.key: value.value}
    if is_map(value) and value:
        return ["\n", *_yaml_map(value, base)]
    if isinstance(value, list | tuple) and value:
        return ["\n", *_yaml_list(value, base)]
    return [_yaml_scalar(value, base), "\n"]


def _yaml_map(value: Any, base: int) -> list[str]:
    lines: list[str] = []
    for key, item in value.items():
        below = base if isinstance(item, list | tuple) else base + 2
        name = to_text(key)
        margin = " " * base
        simple = name and "\n" not in name
        lines.append(
            f"{margin}{_yaml_key(name) if is_text(key) else name}:"
            if simple
            else f"{margin}? {double_quoted(name)}\n{margin}:"
        )
        lines += _after_mark(item, base if not is_map(item) else below)
    return lines


def _yaml_list(value: Any, base: int) -> list[str]:
    lines: list[str] = []
    for item in value:
        lines.append(" " * (base + 1) + "-")
        lines += _after_mark(item, base + 2 if isinstance(item, list | tuple | Entry) or is_map(item) else base)
    return lines


def _after_mark(item: Any, base: int) -> list[str]:
    lines = _yaml(item, base)
    return lines if lines[0] == "\n" else [" ", *lines]


def _yaml_scalar(value: Any, base: int) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float):
        return float_text(value)
    if is_map(value) or isinstance(value, list | tuple):
        return "{}" if is_map(value) else "[]"
    text = to_text(value)
    return _yaml_text(text, base) if isinstance(value, str) else text if text[-1:].isdigit() else double_quoted(text)


def _yaml_key(key: str) -> str:
    """Double quotes where a key reads as a word or number, single ones where YAML needs them."""
    import re

    if key.lower() in YAML_WORDS or re.match(r"[-+.0-9]", key) or re.search(UNPRINTABLE, key):
        return double_quoted(key)
    if key != key.strip(" ") or re.match(r"[#\[\]{},@*&!%'\"|>`]|[?:](\s|$)", key) or re.search(r":(\s|$)|\s#", key):
        return "'" + key.replace("'", "''") + "'"
    return key


def _yaml_text(text: str, base: int) -> str:
    import re

    if not text or text.lower() in YAML_WORDS or re.search(r":(\s|$)|(^|\s)#|[\[\]{},]|\t", text):
        return double_quoted(text) if "\n" not in text else _yaml_block(text, base)
    if re.search(UNPRINTABLE, text) or " \n" in text:
        return double_quoted(text)
    if "\n" in text:
        return _yaml_block(text, base)
    if text != text.strip(" ") or re.match(r"[@*&!%'\"|>`]|[-?:](\s|$)|0[0-9]+$|---|\.\.\.", text):
        return "'" + text.replace("'", "''") + "'"
    return text


def _yaml_block(text: str, base: int) -> str:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    mark = "|-" if not ends else "|" if ends == 1 and body else "|+"
    if text[0] in " \n":
        mark = f"|2{mark[1:]}"
    margin = " " * (base + 2)
    lines = (body + "\n" * max(ends - 1, 0)).split("\n")
    return mark + "\n" + "\n".join(margin + line if line else "" for line in lines)


# --- jq


def jq(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """All outputs of a jq program."""
    if value is None:
        return None
    if args.get("expression") is None:
        raise Failure("The 'jq' filter expects an argument 'expression'.")
    program = cast_text(args["expression"])
    from flowrun.template.jq import ENGINE

    try:
        given = _jq_input(value)
        results = ENGINE.run(PRELUDE + program, _jq_text(given))
    except (ValueError, TypeError, JsonProblem):
        raise Failure(f"Unable to parse jq value '{to_text(value)}' with type '{class_name(value)}'") from None
    originals: dict[float, Any] = {}
    _collect(given, originals)
    for literal in NUMBER.findall(program):
        originals.pop(float(literal), None)
    return _restored(results, originals)


PRELUDE: Final = "".join(
    f"def {name}: error;"
    for name in [
        "env",
        "input",
        "inputs",
        "debug",
        "stderr",
        "input_filename",
        "input_line_number",
        "halt",
        "halt_error",
        "pick(f)",
        "abs",
        "toarray",
        "trim",
        "ltrim",
        "rtrim",
        "have_literal_numbers",
        "significand",
        "isempty(f)",
        "fromstream(f)",
        "tostream",
        "bsearch(f)",
        "gmtime",
        "mktime",
        "todate",
        "strftime(f)",
        "add(f)",
    ]
) + (
    "def leaf_paths: paths(scalars);"
    'def ltrimstr($left): if type == "string" and ($left | type) == "string" and startswith($left)'
    " then .[$left | length:] else . end;"
    'def rtrimstr($right): if type == "string" and ($right | type) == "string" and $right != "" and endswith($right)'
    " then .[:length - ($right | length)] else . end;"
)
"""What the engine's jq, version 1.6 in Java, has not or has otherwise; nothing may look at the process around."""


def _jq_input(value: Any) -> Any:
    """Text is read as JSON, of which the first value counts; anything else is passed through Kestra's own JSON."""
    from flowrun.template.json_text import read_first

    if not isinstance(value, str) or isinstance(value, Char):
        return _without_null_entries(value)
    return read_first(value) if value.strip() else None


def _without_null_entries(value: Any) -> Any:
    if is_map(value):
        return {to_text(key): _without_null_entries(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_null_entries(item) for item in value]
    return float(value) if isinstance(value, float) else value


def _collect(value: Any, found: dict[float, Any]) -> None:
    """The numbers of the input by what jq makes of them, a double; None where several classes come to the same."""
    if is_map(value):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            _collect(item, found)
    elif is_number(value) and abs(value) < LARGEST_DOUBLE:
        key = float(value)
        known = found.get(key, value)
        found[key] = value if class_name(known) == class_name(value) else None


def _restored(value: Any, originals: dict[float, Any]) -> Any:
    """jq passes numbers on with their class, which its doubles have lost."""
    if isinstance(value, list):
        return [_restored(item, originals) for item in value]
    if isinstance(value, dict):
        return {key: _restored(item, originals) for key, item in value.items()}
    if is_number(value) and abs(value) < LARGEST_DOUBLE:
        original = originals.get(float(value))
        return value if original is None else original
    return value


LARGEST_DOUBLE: Final = 10**308
LARGEST_PLAIN: Final = 1e17
NUMBER: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def _jq_text(value: Any) -> str:
    """JSON for jq, which writes whole doubles without a point."""
    if is_map(value):
        return "{" + ",".join(f"{quoted(to_text(key))}:{_jq_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_jq_text, value)) + "]"
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_PLAIN:
        return str(int(value))
    return _written(to_json, value)


FILTERS: dict[str, Filter] = {
    "toJson": Filter(to_json_text),
    "json": Filter(to_json_text),
    "toIon": Filter(to_ion),
    "yaml": Filter(to_yaml),
    "jq": Filter(jq, ("expression",), required=1),
}
