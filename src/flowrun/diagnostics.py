"""Problems with a place: what is wrong, where it stands in the text, and what to try."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Severity(StrEnum):
    """`ERROR` refuses the flow, `WARNING` is sure or likely to surprise, `NOTE` only informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text: lines and columns count from 1 and in characters; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `path` is the place in the flow (`tasks[0].message`).

    `kestra` is the server's own sentence for it, empty where the server has none (it accepts the
    flow, and the problem shows only when it runs). `secret`: what stands at `span` must not be shown.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    path: str = ""
    hint: str | None = None
    notes: tuple[str, ...] = ()
    kestra: str = ""
    secret: bool = False

    def at(self, span: Span) -> Diagnostic:
        """The same problem, placed at `span`."""
        return replace(self, span=span)

    def at_most(self, severity: Severity) -> Diagnostic:
        """The same problem, an error made into this severity."""
        return replace(self, severity=severity) if self.severity is Severity.ERROR else self


MAX_LINE = 160
"""Characters of a source line that are shown; of a longer one, the part around the problem."""


def draw(diagnostic: Diagnostic, file_name: str, text: str, paint: Callable[[str, str], str]) -> str:
    """A problem with the line that it is about, as a block of text without a line break at its end.

    `paint(style, text)` dresses a piece; the styles are `error`, `warning` and `note` (the severity, the
    carets), `title`, `frame` (arrow, numbers, bars) and `hint`. Control characters of the file are not
    passed on: they could change the terminal.
    """
    head = paint(diagnostic.severity.value, f"{diagnostic.severity.value}[{diagnostic.code}]")
    lines = [f"{head}{paint('title', ': ' + printable(diagnostic.message))}"]
    span, margin = diagnostic.span, " "
    if span is None:
        lines.append(f"{paint('frame', ' -->')} {printable(file_name)}")
    else:
        margin = " " * len(str(span.line))
        lines.append(f"{paint('frame', margin + '-->')} {printable(file_name)}:{span.line}:{span.column}")
        lines.extend(_excerpt(diagnostic, span, text, paint))
    # Where a sentence of the server is not known, it was made of ours.
    kestra = "" if diagnostic.message in diagnostic.kestra else diagnostic.kestra
    notes = [*diagnostic.notes, kestra_says(kestra)]
    for label, words in [*(("note", note) for note in notes), ("hint", diagnostic.hint)]:
        if words:
            lines.append(f"{paint('frame', margin + ' =')} {paint('hint', label + ':')} {printable(words)}")
    return "\n".join(lines)


def _excerpt(diagnostic: Diagnostic, span: Span, text: str, paint: Callable[[str, str], str]) -> Iterator[str]:
    """The first line of a span and the carets below it; nothing where the text has no such line."""
    source = text.split("\n")
    if span.line > len(source):
        return
    line = source[span.line - 1].removesuffix("\r")
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    first = max(0, start - MAX_LINE // 2) if len(line) > MAX_LINE else 0
    shown = printable(line[first : first + MAX_LINE])
    before = printable(line[first:start])
    marked = printable(line[start : max(min(end, first + MAX_LINE), start + 1)])
    margin = " " * len(str(span.line))
    blank = "".join("\t" if character == "\t" else " " * cells(character) for character in before)
    carets = "^" * max(1, sum(cells(character) for character in marked))
    yield f"{paint('frame', f'{span.line} |')} {shown}"
    yield f"{paint('frame', f'{margin} |')} {blank}{paint(diagnostic.severity.value, carets)}"


def kestra_says(sentence: str) -> str:
    """The server's words, as people search for them: without the list of all properties that there are."""
    words = sentence.strip().removeprefix(": ").split("\n")[0].split(" known properties: ")[0]
    words = re.sub(r" \(\d+$", "", words)
    return f"Kestra says: {words}" if words else ""


def without_secrets(text: str, diagnostics: Iterable[Diagnostic]) -> str:
    """A file's text with asterisks in place of what must not be shown, to draw all of its problems with."""
    hidden = [one.span for one in diagnostics if one.secret and one.span is not None]
    if not hidden:
        return text
    lines = text.split("\n")
    for span in hidden:
        for number in range(span.line, min(span.end_line, len(lines)) + 1):
            line = lines[number - 1]
            start = span.column - 1 if number == span.line else 0
            end = span.end_column - 1 if number == span.end_line else len(line)
            lines[number - 1] = line[:start] + "*" * len(line[start:end]) + line[end:]
    return "\n".join(lines)


def printable(text: str) -> str:
    """Text without control characters (a tab stays), each replaced by `\ufffd`; a line break becomes a blank."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\t" else " " if character == "\n" else "\ufffd"
        for character in text
    )


def cells(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if character.isascii():
        return 1
    from unicodedata import combining, east_asian_width

    return 0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1


LOOKED_AT = 2000
LONGEST_WORD = 80
"""Bounds of the search for a similar word: data may have any number of keys, of any length."""


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest of the known words; None when none is near."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one, whatever the case of its letters; None when none is near."""
    if len(word) > LONGEST_WORD:
        return None
    from difflib import get_close_matches

    by_lower = {one.lower(): one for one in islice(known, LOOKED_AT) if len(one) <= LONGEST_WORD}
    near = get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else None
