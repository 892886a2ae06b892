"""Java's regular expressions in Python's (spec, appendix E)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from flowrun.template.callables import Failure

if TYPE_CHECKING:
    import re

LONGEST_INPUT: Final = 100_000
"""Longer texts are not searched: a pattern may need far more steps than the text has characters."""

POSIX: Final = {
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Upper": "A-Z",
    "Lower": "a-z",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r" \t\n\x0b\f\r",
    "Blank": r" \t",
    "XDigit": "0-9a-fA-F",
    "Cntrl": r"\x00-\x1f\x7f",
    "Graph": "!-~",
    "Print": " -~",
    "ASCII": r"\x00-\x7f",
    "L": r"a-zA-Z\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\u02c1\u0370-\u03ff\u0400-\u052f\u0531-\u0556\u05d0-\u05ea\u0620-\u064a\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3",
    "Lu": r"A-Z\xc0-\xd6\xd8-\xde\u0391-\u03a9\u0410-\u042f",
    "Ll": r"a-z\xdf-\xf6\xf8-\xff\u03b1-\u03c9\u0430-\u044f",
    "N": "0-9",
    "Nd": "0-9",
    "IsDigit": "0-9",
}
NOT_A_BREAK: Final = r"[^\n\r\x85\u2028\u2029]"
SAME_ESCAPES: Final = "dDwWsSbBtnrfxu0"


@lru_cache(maxsize=256)
def java_pattern(source: str) -> re.Pattern[str]:
    """Compile a Java pattern; a `Failure` where Java refuses it or where it could run without end."""
    import re
    import warnings

    translation = _Translation(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(translation.run(), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise Failure(f"Invalid regular expression '{source}': {error}") from None


def bounded(text: str) -> str:
    """The text, if it is short enough to be searched."""
    if len(text) > LONGEST_INPUT:
        raise Failure(f"Regular expressions take texts of up to {LONGEST_INPUT} characters, this one has {len(text)}.")
    return text


def java_replacement(text: str) -> str:
    """Java's replacement text (`$1`, `${name}`, backslash escapes) as Python's."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == "\\":
            if position == len(text):
                raise Failure("character to be escaped is missing")
            parts.append(_literal(text[position]))
            position += 1
        elif char == "$":
            group, position = _group_reference(text, position)
            parts.append(rf"\g<{group}>")
        else:
            parts.append(_literal(char))
    return "".join(parts)


def java_replace(pattern: re.Pattern[str], replacement: str, text: str) -> str:
    """`replaceAll`: groups that took no part give nothing."""
    import re

    try:
        return pattern.sub(java_replacement(replacement), bounded(text))
    except (re.error, IndexError) as error:
        raise Failure(_reference_error(str(error))) from None


def java_split(pattern: re.Pattern[str], text: str, limit: int = 0) -> list[str]:
    """`String.split`: no empty part before a match without width; limit 0 drops empty parts at the end."""
    parts: list[str] = []
    start = 0
    for found in pattern.finditer(bounded(text)):
        if 0 < limit <= len(parts) + 1:
            break
        if found.end() == 0:
            continue
        parts.append(text[start : found.start()])
        start = found.end()
    if start == 0 and not parts:
        return [text]
    parts.append(text[start:])
    while limit == 0 and parts and not parts[-1]:
        parts.pop()
    return parts


def _literal(char: str) -> str:
    return r"\\" if char == "\\" else char


def _group_reference(text: str, position: int) -> tuple[str, int]:
    if text[position : position + 1] == "{":
        end = text.find("}", position)
        name = text[position + 1 : end]
        if end < 0 or not (name.isascii() and name.isalnum() and name[0].isalpha()):
            raise Failure("named capturing group is missing trailing '}'")
        return name, end + 1
    digit = text[position : position + 1]
    if not (digit.isascii() and digit.isdigit()):
        raise Failure("Illegal group reference" if digit else "Illegal group reference: group index is missing")
    return digit, position + 1


def _reference_error(message: str) -> str:
    if "invalid group reference" in message:
        return f"No group {message.split('reference ')[1].split(' ')[0]}"
    return message


class _Group:
    """What is known about an open group: whether it repeats something without bound."""

    __slots__ = ("unbounded",)

    def __init__(self) -> None:
        self.unbounded = False


class _Translation:
    """One pass over a Java pattern."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.parts: list[str] = []
        self.groups = [_Group()]
        self.closed: _Group | None = None
        """The group that ended just before, if one did."""

    def run(self) -> str:
        while self.position < len(self.source):
            char = self.source[self.position]
            if char in "*+?{":
                self.quantifier(char)
                continue
            self.closed = None
            if char == "\\":
                self.parts.append(self.escape())
            elif char == "[":
                self.parts.append(self.char_class())
            elif char == "(":
                self.open_group()
            elif char == ")":
                self.close_group()
            elif char == ".":
                self.take(NOT_A_BREAK)
            elif char == "$":
                self.take(r"(?=(?:\r\n|[\n\r\x85\u2028\u2029])?\Z)")
            else:
                self.take(char)
        return "".join(self.parts)

    def take(self, translated: str) -> None:
        self.parts.append(translated)
        self.position += 1

    def open_group(self) -> None:
        self.groups.append(_Group())
        rest = self.source[self.position : self.position + 4]
        if rest.startswith("(?<") and rest[3:4] not in ("=", "!"):
            self.parts.append("(?P<")
            self.position += 3
        elif rest.startswith("(?"):
            self.parts.append("(?")
            self.position += 2
            if self.source[self.position : self.position + 1] in tuple(":=!>"):
                self.take(self.source[self.position])
            elif rest.startswith("(?<"):
                self.parts.append(self.source[self.position : self.position + 2])
                self.position += 2
        else:
            self.take("(")

    def close_group(self) -> None:
        self.take(")")
        if len(self.groups) == 1:
            return
        self.closed = self.groups.pop()
        self.groups[-1].unbounded |= self.closed.unbounded

    def quantifier(self, char: str) -> None:
        start = self.position
        end = self.source.find("}", start) if char == "{" else start
        if end < 0:
            raise Failure(f"Unclosed counted closure near index {len(self.source)}")
        text = self.source[start : end + 1]
        possessive = self.source[end + 1 : end + 2] == "+"
        if _repeats_much(text):
            if self.closed is not None and self.closed.unbounded and not possessive:
                raise Failure(
                    f"The regular expression '{self.source}' repeats a group that itself repeats without bound; "
                    "such a pattern may never come to an end. Make the inner repetition possessive (`++`, `*+`)."
                )
            self.groups[-1].unbounded |= not possessive
        self.position = end + 1
        if self.source[self.position : self.position + 1] in ("+", "?"):
            text += self.source[self.position]
            self.position += 1
        self.parts.append(text)
        self.closed = None

    def escape(self) -> str:
        import re

        kind = self.source[self.position + 1 : self.position + 2]
        self.position += 2
        if not kind:
            raise Failure("Unexpected internal error near index 1")
        if kind == "Q":
            end = self.source.find(r"\E", self.position)
            quoted = self.source[self.position : end if end >= 0 else None]
            self.position = end + 2 if end >= 0 else len(self.source)
            return re.escape(quoted)
        if kind in "pP":
            members = self.property()
            return f"[{'^' if kind == 'P' else ''}{members}]"
        return self.simple_escape(kind)

    def simple_escape(self, kind: str) -> str:
        special = {
            "h": r"[ \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]",
            "R": r"(?:\r\n|[\n\x0b\f\r\x85\u2028\u2029])",
            "v": r"[\n\x0b\f\r\x85\u2028\u2029]",
            "z": r"\Z",
            "Z": r"(?=(?:\r\n|[\n\r\x85\u2028\u2029])?\Z)",
            "A": r"\A",
            "e": r"\x1b",
            "a": r"\x07",
        }
        if kind in special:
            return special[kind]
        if kind == "k":
            end = self.source.find(">", self.position)
            name = self.source[self.position + 1 : end]
            self.position = end + 1
            return f"(?P={name})"
        if kind in SAME_ESCAPES or kind.isdigit() or not (kind.isascii() and kind.isalpha()):
            return "\\" + kind
        raise Failure(f"Illegal/unsupported escape sequence near index {self.position - 1}")

    def property(self) -> str:
        if self.source[self.position : self.position + 1] == "{":
            end = self.source.find("}", self.position)
            name = self.source[self.position + 1 : end]
            self.position = end + 1
        else:
            name = self.source[self.position : self.position + 1]
            self.position += 1
        name = {"IsAlphabetic": "L", "IsLetter": "L"}.get(name, name)
        if name not in POSIX:
            raise Failure(f"Unknown character property name {{{name}}} near index {self.position - 1}")
        return POSIX[name]

    def char_class(self) -> str:
        """A class; unions are flattened, intersections become look-aheads."""
        self.position += 1
        negated = self.source[self.position : self.position + 1] == "^"
        self.position += negated
        sides: list[list[str]] = [[]]
        nested: list[list[str]] = [[]]
        first = True
        while True:
            char = self.source[self.position : self.position + 1]
            if not char:
                raise Failure(f"Unclosed character class near index {len(self.source) - 1}")
            if char == "]" and not first:
                self.position += 1
                break
            first = False
            if self.source.startswith("&&", self.position):
                self.position += 2
                sides.append([])
                nested.append([])
            elif char == "[":
                nested[-1].append(self.char_class())
            else:
                sides[-1].append(self.class_member(char))
        choices = [_union("".join(own), inner) for own, inner in zip(sides, nested, strict=True)]
        if len(choices) == 1 and not nested[0]:
            return f"[{'^' if negated else ''}{''.join(sides[0])}]"
        both = "".join(f"(?={choice})" for choice in choices)
        return f"(?:(?!{both})[\\s\\S])" if negated else f"(?:{both}[\\s\\S])"

    def class_member(self, char: str) -> str:
        if char != "\\":
            self.position += 1
            return "\\" + char if char == "]" else char
        kind = self.source[self.position + 1 : self.position + 2]
        if kind == "p":
            self.position += 2
            return self.property()
        translated = self.escape()
        return translated[1:-1] if translated[0] == "[" else translated


def _union(own: str, inner: list[str]) -> str:
    choices = ([f"[{own}]"] if own else []) + inner
    return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"


def _repeats_much(quantifier: str) -> bool:
    if quantifier[0] != "{":
        return quantifier != "?"
    bounds = quantifier[1:-1].split(",")
    return len(bounds) == 2 and (not bounds[1].strip().isdigit() or int(bounds[1]) > 20)
