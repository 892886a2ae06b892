"""Amazon Ion text: read for the function `fromIon`, written for files of items."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from flowrun.template.callables import Failure
from flowrun.template.operators import unsigned_zero
from flowrun.template.values import FixedList

SKIPPED: Final = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
NUMBER: Final = re.compile(
    r"-?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|(?:0(?!\d)|[1-9][\d_]*)(?:\.[\d_]*)?(?:[eEdD][+-]?\d+)?)(?=[\s,\]})/]|$)"
)
TIMESTAMP: Final = re.compile(
    r"\d{4}(?:T|-\d\d(?:T|-\d\d(?:T(?:\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?))(?=[\s,\]})]|$)"
)
OPERATOR: Final = re.compile(r"(?:[!#%&*./;<=>?@^`|~]|[-+](?![\d]|inf))+")
SYMBOL: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
NULL: Final = re.compile(r"null(?:\.[a-z]+)?(?![A-Za-z0-9_$])")
WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "nan": float("nan")}
ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(\r\n|.))", re.DOTALL)
DEEPEST: Final = 200


def to_ion(value: Any) -> str:
    """A value as Ion text on one line: `{name:"Ann",at:2024-05-01T10:00:00.000Z}`."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Mapping():
            return "{" + ",".join(f"{ion_name(str(key))}:{to_ion(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(to_ion, value)) + "]"
        case datetime():
            utc = value.astimezone(UTC) if value.tzinfo else value
            return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
        case float():
            return repr(value) if "e" in repr(value) else f"{value!r}e0"
        case int() | Decimal():
            return str(value)
    return json.dumps(str(value), ensure_ascii=False)


def ion_name(name: str) -> str:
    """The name of a field; quoted where it would be no symbol."""
    if SYMBOL.fullmatch(name) and name not in WORDS and name != "null":
        return name
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def read(text: str, *, all_rows: bool) -> Any:
    """The first value of an Ion text, or a list of all its values. Raises `Failure`."""
    reader = Reader(text)
    try:
        values = reader.rows(all_rows=all_rows)
    except (ValueError, IndexError, ArithmeticError) as problem:
        raise Failure(f"Invalid ion: {problem}") from problem
    if None in values:
        raise Failure("Invalid ion: t is null in sink.next(t)")
    return FixedList(values) if all_rows else values[0] if values else None


class Reader:
    """Reads a text once from the left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    def rows(self, *, all_rows: bool) -> list[Any]:
        values: list[Any] = []
        while not self.at_end():
            if self.take("$ion_1_0"):
                continue
            values.append(self.value())
            if not all_rows:
                break
        return values

    def at_end(self) -> bool:
        self.skip()
        return self.position >= len(self.text)

    def skip(self) -> None:
        found = SKIPPED.match(self.text, self.position)
        self.position = found.end() if found else self.position

    def take(self, mark: str) -> bool:
        self.skip()
        if self.text.startswith(mark, self.position):
            self.position += len(mark)
            return True
        return False

    def value(self) -> Any:
        """One value with its annotations, which turn it into their text before its own."""
        annotations = []
        while (name := self.annotation()) is not None:
            annotations.append(name)
        value = self.bare()
        if not annotations:
            return value
        from flowrun.template.filters.data import ion_written

        return "".join(f"{name}::" for name in annotations) + ion_written(value)

    def annotation(self) -> str | None:
        self.skip()
        before = self.position
        quoted = self.text.startswith("'", before) and not self.text.startswith("'''", before)
        symbol = SYMBOL.match(self.text, before)
        if quoted:
            name = self.quoted("'")
        elif symbol:
            name, self.position = symbol.group(), symbol.end()
        else:
            return None
        if self.take("::"):
            return name
        self.position = before
        return None

    def bare(self) -> Any:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Failure(f"Invalid ion: nested more than {DEEPEST} deep")
        try:
            return self.unguarded()
        finally:
            self.depth -= 1

    def unguarded(self) -> Any:
        self.skip()
        char = self.text[self.position : self.position + 1]
        if self.text.startswith("{{", self.position):
            return self.lob()
        if char == "{":
            return self.struct()
        if char in ("[", "("):
            return self.sequence("]" if char == "[" else ")")
        if char == '"':
            return self.quoted('"')
        if char == "'":
            return self.long_text() if self.text.startswith("'''", self.position) else self.quoted("'")
        return self.word()

    def word(self) -> Any:
        """A timestamp, number, null, boolean or symbol."""
        if self.take("+inf"):
            return float("inf")
        if self.take("-inf"):
            return float("-inf")
        for pattern, read_word in ((TIMESTAMP, timestamp), (NUMBER, number), (NULL, lambda _text: None)):
            found = pattern.match(self.text, self.position)
            if found:
                self.position = found.end()
                return read_word(found.group())
        found = SYMBOL.match(self.text, self.position)
        if found is None:
            raise ValueError(f"unexpected text at offset {self.position}")
        self.position = found.end()
        return WORDS.get(found.group(), found.group())

    def struct(self) -> dict[str, Any]:
        self.take("{")
        result: dict[str, Any] = {}
        while not self.take("}"):
            self.skip()
            key = self.key()
            if not self.take(":"):
                raise ValueError(f"a colon is missing at offset {self.position}")
            result[key] = self.value()
            if not self.take(",") and not self.text.startswith("}", self.position):
                raise ValueError(f"a comma is missing at offset {self.position}")
        return result

    def key(self) -> str:
        char = self.text[self.position : self.position + 1]
        if self.text.startswith("'''", self.position):
            return self.long_text()
        if char in ("'", '"'):
            return self.quoted(char)
        found = SYMBOL.match(self.text, self.position)
        if found is None:
            raise ValueError(f"a field name is missing at offset {self.position}")
        self.position = found.end()
        return found.group()

    def sequence(self, end: str) -> list[Any]:
        self.position += 1
        items: list[Any] = []
        while not self.take(end):
            operator = OPERATOR.match(self.text, self.position) if end == ")" else None
            if operator:
                items.append(operator.group())
                self.position = operator.end()
                continue
            items.append(self.value())
            if end == "]" and not self.take(",") and not self.text.startswith("]", self.position):
                raise ValueError(f"a comma is missing at offset {self.position}")
        return items

    def quoted(self, quote: str) -> str:
        end = self.position + 1
        while self.text[end] != quote:
            end += 2 if self.text[end] == "\\" else 1
        text = self.text[self.position + 1 : end]
        self.position = end + 1
        return unescaped(text)

    def long_text(self) -> str:
        """Adjacent `'''…'''` are one text."""
        parts = []
        while self.take("'''"):
            end = self.text.index("'''", self.position)
            parts.append(unescaped(self.text[self.position : end]))
            self.position = end + 3
        return "".join(parts)

    def lob(self) -> bytes:
        from base64 import b64decode

        end = self.text.index("}}", self.position)
        text = self.text[self.position + 2 : end].strip()
        self.position = end + 2
        if text.startswith('"'):
            return unescaped(text.strip('"')).encode("latin-1")
        return b64decode(re.sub(r"\s", "", text), validate=True)


def unescaped(text: str) -> str:
    def replace(found: re.Match[str]) -> str:
        code = found.group(1) or found.group(2) or found.group(3)
        if code:
            return chr(int(code, 16))
        letter = found.group(4)
        return "" if letter in ("\n", "\r\n") else ESCAPES.get(letter, letter)

    return ESCAPE.sub(replace, text)


def number(text: str) -> Any:
    """Integers stay, `2.5` and `1d3` are decimals, `1e3` is a double."""
    text = text.replace("_", "")
    digits = text.lstrip("-").lower()
    if digits[:2] in ("0x", "0b"):
        return int(digits, 0) * (-1 if text.startswith("-") else 1)
    if "e" in digits:
        return float(text)
    if "d" in digits or "." in digits:
        return unsigned_zero(Decimal(text.lower().replace("d", "e")))
    return int(text)


def timestamp(text: str) -> Any:
    """With a time it is a moment, without one a day: the first where month or day are missing."""
    from datetime import date, datetime

    if text.rstrip("T").count(":") == 0:
        year, month, day, *_ = [*text.rstrip("T").split("-"), "1", "1"]
        return date(int(year), int(month), int(day))
    return datetime.fromisoformat(text)
