"""Template text to segments of text, prints and tags, and these to tokens (spec, chapter 1)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from flowrun.template.failures import SyntaxProblem

LINE_BREAK: Final = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")
OPENING: Final = re.compile(r"\{[{%#]")
CLOSING: Final = {"{{": "}}", "{%": "%}", "{#": "#}"}
JAVA_SPACE: Final = " \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\u1680\u2028\u2029\u205f\u3000" + "".join(
    chr(code) for code in range(0x2000, 0x200B) if code != 0x2007
)
JAVA_SPACE_SET: Final = frozenset(JAVA_SPACE)
TOKEN: Final = re.compile(
    r"(?:(?P<op>(?:is not|is|and|or|not|contains|equals|isIn)(?![A-Za-z0-9_])|\?\?\?|\?\?|\.\.|==|!=|>=|<=|[><+\-*/%|~])"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<long>\d+L)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<punct>[()\[\]{}?:.,=]))"
    r"[ \n]*"
    r"|(?P<quote>[\"'])"
)
"""A token with the usual white space after it; of a string, where it begins."""
PAIRS: Final = {")": "(", "]": "[", "}": "{"}
CLOSERS: Final = {opening: closing for closing, opening in PAIRS.items()}
VERBATIM_END: Final = re.compile(r"\{%(-?)\s*endverbatim\s*(-?)%\}")
VERBATIM_START: Final = re.compile(r"\{%-?\s*verbatim\s*-?%\}")
DEEPEST_STRING: Final = 40


class Token(NamedTuple):
    """`kind`: op, name, long, number, punct, string, parts (an interpolated string), end or eof. `start` is an offset."""

    kind: str
    value: str
    start: int
    end: int
    parts: tuple[str | list[Token], ...] = ()


class Segment(NamedTuple):
    """`kind`: text, print or tag. Text that `{{-` emptied stays: a typed rendering is text then."""

    kind: str
    text: str
    tokens: list[Token]
    start: int
    end: int


def split(source: str) -> list[Segment]:
    """The segments of a template, white space trimmed as `{{-` and `-}}` ask for. Raises `SyntaxProblem`."""
    return Splitter(source).segments


class Splitter:
    """Walks over a template once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.segments: list[Segment] = []
        self.trim_next = False
        position = 0
        while (found := OPENING.search(source, position)) is not None:
            inside = found.end()
            # Only a dash that white space follows trims: `{{-5}}` is minus five.
            trims = source.startswith("-", inside) and source[inside + 1 : inside + 2] in JAVA_SPACE_SET
            self.add_text(position, found.start(), trim_end=trims)
            position = self.enclosed(found.group(), found.start(), inside + trims)
        self.add_text(position, len(source), trim_end=False)

    def add_text(self, start: int, end: int, *, trim_end: bool) -> None:
        text = self.source[start:end]
        if self.trim_next:
            text = text.lstrip(JAVA_SPACE)
        self.trim_next = False
        if text:
            self.segments.append(Segment("text", text.rstrip(JAVA_SPACE) if trim_end else text, [], start, end))

    def enclosed(self, opening: str, start: int, position: int) -> int:
        """One comment, print or tag; where the text goes on after it."""
        if opening == "{#":
            return self.comment(start, position)
        if opening == "{%" and (verbatim := VERBATIM_START.match(self.source, start)):
            return self.verbatim(start, verbatim.end())
        tokens, position = tokenize(self.source, position, CLOSING[opening])
        if tokens[-1].kind == "end" and self.source.startswith("-", position):
            self.trim_next = True
            position += 1
        position += 2
        self.segments.append(Segment("print" if opening == "{{" else "tag", "", tokens, start, position))
        return position

    def comment(self, start: int, position: int) -> int:
        end = self.source.find("#}", position)
        if end < 0 and position < len(self.source):
            raise SyntaxProblem("Unclosed comment.", start)
        if end < 0:
            return position
        if self.source[position - 1] == "-":
            position = skip_space(self.source, position)
        # Only a dash after white space trims at this end, white space that the opening has not taken.
        inside = self.source[position:end]
        self.trim_next = inside[-1:] == "-" and inside[-2:-1] in JAVA_SPACE_SET
        return end + 2

    def verbatim(self, start: int, position: int) -> int:
        """The body is copied as it stands, but for its leading white space."""
        end = VERBATIM_END.search(self.source, position)
        if end is None:
            raise SyntaxProblem("Unclosed verbatim tag.", start)
        body = self.source[position : end.start()].lstrip(JAVA_SPACE)
        if end.group(1):
            body = body.rstrip(JAVA_SPACE)
        if body:
            self.segments.append(Segment("text", body, [], position, end.start()))
        self.trim_next = bool(end.group(2))
        return end.end()


def tokenize(source: str, position: int, closing: str, depth: int = 0) -> tuple[list[Token], int]:
    """The tokens up to `closing` (or the dash before it), which counts only outside of brackets."""
    tokens: list[Token] = []
    brackets: list[tuple[str, int]] = []
    opened = position
    closings = (closing,) if closing == "}" else (closing, "-" + closing)
    position = skip_space(source, position)
    while True:
        if not brackets and source.startswith(closings, position):
            tokens.append(Token("end", closing, position, position + len(closing)))
            return tokens, position
        found = TOKEN.match(source, position)
        if found is None:
            if source[position : position + 1] in JAVA_SPACE_SET:
                position = skip_space(source, position)
                continue
            if position >= len(source) and not brackets and not depth:
                tokens.append(Token("eof", "null", opened, opened + 1))
                return tokens, position
            raise unexpected(source, position, opened, brackets)
        kind = found.lastgroup or ""
        if kind == "quote":
            token = string(source, position, depth)
            if tokens and tokens[-1].kind in STRINGS:
                tokens[-1:] = joined(tokens[-1], token)
            else:
                tokens.append(token)
            position = token.end
            continue
        text = found[kind]
        if kind == "punct":
            balance(text, position, brackets)
        tokens.append(Token(kind, text, position, position + len(text)))
        position = found.end()


def skip_space(source: str, position: int) -> int:
    """The next offset that holds no white space."""
    while position < len(source) and source[position] in JAVA_SPACE_SET:
        position += 1
    return position


def balance(text: str, position: int, brackets: list[tuple[str, int]]) -> None:
    """Keep track of open brackets. Raises `SyntaxProblem` for one that closes none."""
    if text in "([{":
        brackets.append((text, position))
    elif text in PAIRS:
        if not brackets:
            raise SyntaxProblem(f'Unexpected "{text}"', position)
        opening, at = brackets.pop()
        if opening != PAIRS[text]:
            raise SyntaxProblem(f'Unclosed "{CLOSERS[opening]}"', at)


def unexpected(source: str, position: int, opened: int, brackets: list[tuple[str, int]]) -> SyntaxProblem:
    """What is wrong where no token begins."""
    if position < len(source):
        return SyntaxProblem(f"Unexpected character [{source[position]}]", position)
    if brackets:
        return SyntaxProblem(f'Unclosed "{brackets[-1][0]}"', brackets[-1][1])
    return SyntaxProblem("Unexpected end of template: a delimiter is never closed", opened)


def string(source: str, start: int, depth: int) -> Token:
    """A string literal: no escapes but that of its own quote; `#{…}` in double quotes."""
    quote = source[start]
    position = start + 1
    if quote == '"' and depth < DEEPEST_STRING:
        end = closing_quote(source, start, quote)
        if "#" in source[position:end] or "#{" in source[position:end]:
            return interpolated(source, start, depth)
    end = closing_quote(source, start, quote)
    text = source[position:end].replace("\\" + quote, quote)
    return Token("string", text, start, end + 1)


def closing_quote(source: str, start: int, quote: str) -> int:
    """Where a string ends; a backslash and what follows it belong together."""
    found = STRING_END[quote].match(source, start + 1)
    if found is None:
        raise SyntaxProblem(f'Unclosed "{quote}"', start)
    return found.end() - 1


def joined(first: Token, second: Token) -> list[Token]:
    """Two strings side by side are one where they meet at an interpolation."""
    before, after = (one.parts or (one.value,) for one in (first, second))
    if isinstance(before[-1], str) and isinstance(after[0], str):
        return [first, second]
    return [Token("parts", first.value, first.start, second.end, before + after)]


STRINGS: Final = ("string", "parts")
STRING_END: Final = {quote: re.compile(rf"(?:[^{quote}\\]|\\.)*+{quote}", re.DOTALL) for quote in "'\""}


def interpolated(source: str, start: int, depth: int) -> Token:
    """A double-quoted string that holds a `#`: pieces of text and of expressions, no backslash removed."""
    parts: list[str | list[Token]] = []
    text: list[str] = []
    position = start + 1
    while True:
        if position >= len(source):
            raise SyntaxProblem('Unclosed """', start)
        if source.startswith("#{", position):
            parts.append("".join(text))
            text = []
            tokens, position = tokenize(source, position + 2, "}", depth + 1)
            parts.append(tokens)
            position += 1
        elif source[position] == '"':
            parts.append("".join(text))
            pieces = tuple(part for part in parts if part)
            value = next((piece for piece in pieces[:1] if isinstance(piece, str)), "")
            return Token("parts", value, start, position + 1, pieces)
        else:
            length = 2 if source[position] == "\\" else 1
            text.append(source[position : position + length])
            position += length
