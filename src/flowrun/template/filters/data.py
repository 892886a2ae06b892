"""Filters that write data as text: JSON, YAML, Ion; and jq (spec, 6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Arguments, Failure, Filter, RenderContext
from flowrun.template.filters.text import cast_text
from flowrun.template.values import Entry, Long, class_name, float_text, is_map, quoted, to_json, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST: Final = 400


def to_json_text(value: Any, _args: Arguments, _ctx: RenderContext) -> str:
    """Compact JSON."""
    return _written(to_json, value)


def to_ion(value: Any, _args: Arguments, _ctx: RenderContext) -> str:
    """Compact Ion text."""
    return _written(_ion, value)


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


def _ion(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float):
        return _ion_float(value)
    if isinstance(value, str):
        return _ion_text(to_text(value))
    if is_map(value):
        return "{" + ",".join(f"{_ion_name(to_text(key))}:{_ion(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Entry):
        return _ion({value.key: value.value})
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_ion, value)) + "]"
    kind = class_name(value)
    return to_text(value) if "Integer" in kind or "Long" in kind or "Big" in kind else _ion_text(to_text(value))


def _ion_float(value: float) -> str:
    text = float_text(value)
    if not text[-1].isdigit():
        return {"NaN": "nan", "Infinity": "+inf"}.get(text, "-inf")
    return text.replace("E", "e") if "E" in text else text.removesuffix(".0") + "e0"


def _ion_text(text: str) -> str:
    return quoted(text).replace("\\u00", "\\x")


def _ion_name(name: str) -> str:
    import re

    if re.fullmatch(r"[A-Za-z_$][\w$]*", name, re.ASCII) and name not in ION_WORDS and not re.fullmatch(r"\$\d+", name):
        return name
    return "'" + quoted(name)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


# --- YAML


UNPRINTABLE: Final = r"[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
YAML_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~"})


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
        lines.append(f"{margin}{_yaml_key(name)}:" if simple else f"{margin}? {quoted(name)}\n{margin}:")
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
        text = float_text(value)
        return {"NaN": ".NaN", "Infinity": ".inf", "-Infinity": "-.inf"}.get(text, text)
    if is_map(value) or isinstance(value, list | tuple):
        return "{}" if is_map(value) else "[]"
    text = to_text(value)
    return _yaml_text(text, base) if isinstance(value, str) else text if text[-1:].isdigit() else quoted(text)


def _yaml_key(key: str) -> str:
    """Double quotes where a key reads as a word or number, single ones where YAML needs them."""
    import re

    if key.lower() in YAML_WORDS or re.match(r"[-+.0-9]", key) or re.search(UNPRINTABLE, key):
        return quoted(key)
    if key != key.strip(" ") or re.match(r"[#\[\]{},@*&!%'\"|>`]|[?:](\s|$)", key) or re.search(r":(\s|$)|\s#", key):
        return "'" + key.replace("'", "''") + "'"
    return key


def _yaml_text(text: str, base: int) -> str:
    import re

    if not text or text.lower() in YAML_WORDS or re.search(r":(\s|$)|(^|\s)#|[\[\]{},]|\t", text):
        return quoted(text) if "\n" not in text else _yaml_block(text, base)
    if re.search(UNPRINTABLE, text) or " \n" in text:
        return quoted(text)
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
    try:
        from importlib import import_module

        engine = import_module("jq")
    except ImportError:
        raise Failure("The 'jq' filter needs the package jq: pip install 'flowrun[jq]'") from None
    source = (value.strip() or "null") if isinstance(value, str) else _json_with_nulls(value)
    try:
        results = list(engine.compile(program).input_text(source).all())
    except (ValueError, TypeError):
        raise Failure(f"Unable to parse jq value '{to_text(value)}' with type '{class_name(value)}'") from None
    return _with_longs(results, longs) if (longs := _longs(value)) else results


def _longs(value: Any) -> frozenset[int]:
    """The Longs of a value that would be Integers by their size alone: jq passes numbers on with their class."""
    if isinstance(value, Long):
        return frozenset({int(value)})
    if is_map(value):
        return frozenset().union(*map(_longs, value.values()))
    return frozenset().union(*map(_longs, value)) if isinstance(value, list | tuple) else frozenset()


def _with_longs(value: Any, longs: frozenset[int]) -> Any:
    if isinstance(value, list):
        return [_with_longs(item, longs) for item in value]
    if isinstance(value, dict):
        return {key: _with_longs(item, longs) for key, item in value.items()}
    return Long(value) if type(value) is int and value in longs else value


def _json_with_nulls(value: Any) -> str:
    if is_map(value):
        return "{" + ",".join(f"{quoted(to_text(key))}:{_json_with_nulls(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json_with_nulls, value)) + "]"
    return _written(to_json, value)


FILTERS: dict[str, Filter] = {
    "toJson": Filter(to_json_text),
    "json": Filter(to_json_text),
    "toIon": Filter(to_ion),
    "yaml": Filter(to_yaml),
    "jq": Filter(jq, ("expression",)),
}
