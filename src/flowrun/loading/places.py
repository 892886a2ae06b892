"""From a character of a scalar's value back to its line and column in the file.

The parser gives the value only, with folding, indentation and escapes undone; here the written form is
read once more, keeping where each character came from. It is done only when something is reported.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from flowrun.diagnostics import Span
from flowrun.template.failures import offset_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.loading.tree import Scalar

Origins = list[tuple[str, int]]
"""The characters of a value, each with its index in the file."""


def span_within(text: str, scalar: Scalar, start: int, end: int) -> Span:
    """The span in the file of `scalar.raw[start:end]`; that of the whole scalar when it cannot be told."""
    origins = origins_of(text, scalar)
    if "".join(character for character, _ in origins) != scalar.raw or not 0 <= start <= len(origins):
        return scalar.span
    indexes = [index for _, index in origins]
    indexes.append(indexes[-1] + 1 if indexes else scalar.start)
    line, column = line_and_column(text, indexes[start])
    last = indexes[min(max(end, start + 1), len(origins)) - 1] if origins else indexes[0]
    end_line, end_column = line_and_column(text, last)
    return Span(line, column, end_line, end_column + 1)


def span_in_file(text: str, scalar: Scalar, span: Span) -> Span:
    """The span in the file of one within the scalar's value, as a `TemplateError` or a template's reference has it."""
    start = offset_of(scalar.raw, span.line, span.column)
    return span_within(text, scalar, start, offset_of(scalar.raw, span.end_line, span.end_column))


def line_and_column(text: str, index: int) -> tuple[int, int]:
    """Both from 1."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def origins_of(text: str, scalar: Scalar) -> Origins:
    """Where each character of a scalar's value comes from."""
    written = text[scalar.start : scalar.end]
    if scalar.style == "'":
        return list(_folded(_single_quoted(written, scalar.start)))
    if scalar.style == '"':
        return list(_folded(_double_quoted(written, scalar.start)))
    if scalar.style in ("|", ">") and scalar.style:
        return _block(text, scalar)
    return list(_folded(_characters(written, scalar.start)))


Marked = tuple[str, int, bool]
"""A character, its index, and whether it was written as an escape: folding leaves those alone."""


def _characters(written: str, start: int) -> Iterator[Marked]:
    return ((character, start + number, False) for number, character in enumerate(written))


def _single_quoted(written: str, start: int) -> Iterator[Marked]:
    for found in re.finditer(r"''|[^']", written[1:-1], re.DOTALL):
        yield found[0][0], start + 1 + found.start(), False


ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|\r?\n[ \t]*|.)|[^\\]", re.DOTALL)
ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip


def _double_quoted(written: str, start: int) -> Iterator[Marked]:
    for found in ESCAPE.finditer(written[1:-1]):
        token, index = found[0], start + 1 + found.start()
        if token[0] != "\\":
            yield token, index, False
        elif digits := found[1] or found[2] or found[3]:
            yield chr(min(int(digits, 16), sys.maxunicode)), index, True
        elif token[1] not in "\r\n":
            yield ESCAPES.get(token[1], token[1]), index, True


def _folded(characters: Iterator[Marked]) -> Iterator[tuple[str, int]]:
    """Flow scalars: a line break is a blank, n + 1 of them are n line breaks; blanks around them are dropped."""
    blanks: Origins = []
    breaks: Origins = []
    for character, index, escaped in characters:
        if escaped or character not in " \t\r\n":
            if breaks:
                yield from [(" ", breaks[0][1])] if len(breaks) == 1 else breaks[1:]
            else:
                yield from blanks
            blanks, breaks = [], []
            yield character, index
        elif character == "\n":
            breaks.append(("\n", index))
        elif character != "\r" and not breaks:
            blanks.append((character, index))
    if breaks:
        yield from [(" ", breaks[0][1])] if len(breaks) == 1 else breaks[1:]
    else:
        yield from blanks


def _block(text: str, scalar: Scalar) -> Origins:
    """Block scalars: the header decides indentation and chomping."""
    header = re.match(r"[|>][-+1-9]{0,2}[^\n]*\n", text[scalar.start : scalar.end])
    if not header:
        return []
    lines = list(_lines(text[: scalar.end], scalar.start + header.end()))
    indent = _indentation(lines, scalar.raw)
    content = [(line[indent:], at + indent, at + len(line)) for at, line in lines]
    origins = _literal(content) if scalar.style == "|" else _folded_block(content)
    return _chomped(origins, scalar.raw)


def _lines(text: str, at: int) -> Iterator[tuple[int, str]]:
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield at, text[at:end].removesuffix("\r")
        at = end + 1


def _indentation(lines: list[tuple[int, str]], value: str) -> int:
    """How many blanks each line lost: the first line that says something shows it."""
    written = next((line for _, line in lines if line.strip(" ")), None)
    if written is None:
        return max((len(line) for _, line in lines), default=0)
    kept = next((line for line in value.split("\n") if line.strip(" ")), "")
    return leading_blanks(written) - leading_blanks(kept)


def leading_blanks(line: str) -> int:
    """The number of blanks at the beginning."""
    return len(line) - len(line.lstrip(" "))


def _literal(content: list[tuple[str, int, int]]) -> Origins:
    origins: Origins = []
    for line, at, end in content:
        origins.extend((character, at + number) for number, character in enumerate(line))
        origins.append(("\n", end))
    return origins


def _folded_block(content: list[tuple[str, int, int]]) -> Origins:
    """Line breaks between two lines of the same indentation fold as in flow scalars; more indented lines keep theirs."""
    origins: Origins = []
    pending: Origins = []
    before = ""
    for line, at, end in content:
        if not line:
            pending.append(("\n", end))
            continue
        spaced = line[0] in " \t" or before[:1] in (" ", "\t")
        if before and not spaced:
            origins.extend([(" ", pending[0][1])] if len(pending) == 1 else pending[1:])
        else:
            origins.extend(pending)
        origins.extend((character, at + number) for number, character in enumerate(line))
        pending, before = [("\n", end)], line
    return origins + pending


def _chomped(origins: Origins, value: str) -> Origins:
    """Trailing line breaks as the value has them: none, one or all."""
    wanted = len(value) - len(value.rstrip("\n"))
    body = len(origins)
    while body and origins[body - 1][0] == "\n":
        body -= 1
    return origins[: body + wanted]
