"""Java's regular expressions on Python's `re` (spec, appendix E)."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from flowrun.template.callables import Failure
from flowrun.template.limits import LONGEST_REGEX_TIME, LimitReached, bounded

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
NESTED: Final = re.compile(r"[*+}|][^()]*\)(?:[*+{])|\)[*+{][^()]*\)[*+{]")
"""A repeated group with repetition or alternatives in it: time grows exponentially with the text."""

REPETITION: Final = re.compile(r"[*+]|,\}")
MOST_STEPS: Final = 10**8
"""Steps that a pattern may take unwatched: each repetition in it multiplies them by the length of the text."""

POSIX: Final = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": "\\x00-\\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": "!-/:-@\\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": " \\t",
    "Cntrl": "\\x00-\\x1f\\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": " \\t\\n\\x0b\\f\\r",
}
PROPERTIES: Final[dict[str, Callable[[str], bool]]] = {
    "IsAlphabetic": str.isalpha,
    "IsLetter": str.isalpha,
    "javaLetter": str.isalpha,
    "IsUppercase": str.isupper,
    "javaUpperCase": str.isupper,
    "IsLowercase": str.islower,
    "javaLowerCase": str.islower,
    "IsDigit": str.isdecimal,
    "javaDigit": str.isdecimal,
    "IsWhite_Space": str.isspace,
    "IsWhiteSpace": str.isspace,
    "javaWhitespace": str.isspace,
    "InCombiningDiacriticalMarks": lambda char: "\u0300" <= char <= "\u036f",
}
LINE_ENDS: Final = "\\n\\r\\x85\\u2028\\u2029"
LINE_START: Final = f"(?:\\A|(?<=[{LINE_ENDS}])(?!(?<=\\r)\\n)(?!\\Z))"
LINE_END: Final = f"(?!(?<=\\r)\\n)(?=[{LINE_ENDS}]|\\Z)"
OPENING: Final = re.compile(
    r"\(\?(?P<on>[idmsuxU]*)(?P<off>-[idmsuxU]+)?(?P<end>[:)])|\(\?<(?P<name>(?=[A-Za-z]))|\(\?(?:<[=!]|[=!>])|\("
)


class JavaPattern(NamedTuple):
    """A compiled pattern, and how its time grows: as a power of the length of the text, or worse (`nested`)."""

    compiled: re.Pattern[str]
    power: int
    nested: bool

    def is_quick(self, length: int) -> bool:
        """Whether a text of this length can't take long."""
        return not self.nested and length**self.power <= MOST_STEPS


@lru_cache(maxsize=256)
def java_pattern(source: str) -> JavaPattern:
    """A compiled pattern. Raises `Failure` for one that Java would not take."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(Translator(source).translated())
    except (re.error, OverflowError, RecursionError, IndexError, ValueError) as problem:
        raise Failure(f"Invalid regex '{source}': {problem}") from problem
    return JavaPattern(compiled, len(REPETITION.findall(source)) + 1, NESTED.search(source) is not None)


def search(source: str, text: str, run: Callable[[Any, dict[str, float]], T]) -> T:
    """`run` a pattern on a text, by the clock where it could take too long. Raises `Failure`, `LimitReached`.

    `run` gets the pattern and the arguments for its methods. Python's own `re` can't be stopped; the package
    `regex` can, so that does what is risky.
    """
    pattern = java_pattern(source)
    if pattern.is_quick(len(text)):
        return run(pattern.compiled, {})
    try:
        from importlib import import_module

        regex = import_module("regex")
    except ImportError as problem:
        raise LimitReached(f"The regular expression '{source}' may take too long on this text") from problem
    try:
        return run(regex.compile(pattern.compiled.pattern), {"timeout": LONGEST_REGEX_TIME})
    except TimeoutError as problem:
        raise LimitReached(f"The regular expression '{source}' takes more than {LONGEST_REGEX_TIME} s") from problem


class Flags(NamedTuple):
    """What `(?…)` switches on: letters of Java's flags, and whether a group of Python's stands for them here."""

    on: frozenset[str] = frozenset()
    opened: str = ""


class Translator:
    """Reads a Java pattern once from the left."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.out: list[str] = []
        self.flags = Flags()
        self.outer: list[Flags] = []
        self.repeatable = False

    def translated(self) -> str:
        while self.position < len(self.source):
            self.out.append(self.piece())
        return "".join(self.out) + (")" if self.flags.opened else "")

    def piece(self) -> str:
        char = self.source[self.position]
        if char in "(|)":
            self.repeatable = char == ")"
            return self.group() if char == "(" else self.bar() if char == "|" else self.group_end()
        if "x" in self.flags.on and (char.isspace() or char == "#"):
            found = re.compile(r"#[^\n]*|\s+").match(self.source, self.position)
            assert found is not None
            self.position = found.end()
            return ""
        if char == "{":
            return self.repetition()
        self.repeatable = True
        if char == "\\":
            return self.escape(in_class=False)
        if char == "[":
            return self.char_class()
        self.position += 1
        if char == ".":
            return "[\\s\\S]" if "s" in self.flags.on else "[^\\n]" if "d" in self.flags.on else f"[^{LINE_ENDS}]"
        if char == "^":
            return LINE_START if "m" in self.flags.on else "\\A"
        if char == "$":
            return LINE_END if "m" in self.flags.on else OUTSIDE["Z"]
        return char

    def group(self) -> str:
        """What opens a group; flags that hold from here on are no group of their own."""
        found = OPENING.match(self.source, self.position)
        assert found is not None
        self.position = found.end()
        on, off = found.group("on") or "", (found.group("off") or "").lstrip("-")
        if found.group("end") == ")":
            before = ")" if self.flags.opened else ""
            on_now = self.flags.on | set(on) - set(off)
            opened = scope(on_now - set(off), self.outer[-1].on if self.outer else frozenset())
            self.flags = Flags(frozenset(on_now - set(off)), opened)
            return before + opened
        self.outer.append(self.flags)
        if found.group("end") == ":" and (on or off):
            inside = frozenset((self.flags.on | set(on)) - set(off))
            opening = scope(inside, self.flags.on) or "(?:"
            self.flags = Flags(inside)
            return opening
        self.flags = Flags(self.flags.on)
        return found.group() if found.group("name") is None else "(?P<"

    def bar(self) -> str:
        self.position += 1
        return f")|{self.flags.opened}" if self.flags.opened else "|"

    def group_end(self) -> str:
        self.position += 1
        closed = "))" if self.flags.opened else ")"
        if not self.outer:
            raise Failure(f"Unmatched closing ')' near index {self.position - 2}\n{self.source}")
        self.flags = self.outer.pop()
        return closed

    def repetition(self) -> str:
        if not self.repeatable:
            raise Failure(f"Illegal repetition near index {self.position}\n{self.source}")
        found = re.compile(r"\{\d+(,\d*)?\}").match(self.source, self.position)
        if found is None:
            raise Failure(f"Unclosed counted closure near index {len(self.source)}\n{self.source}")
        self.position = found.end()
        return found.group()

    def escape(self, *, in_class: bool) -> str:
        """What a backslash and the letters after it stand for."""
        letter = self.source[self.position + 1 : self.position + 2]
        self.position += 2
        if letter == "Q":
            end = self.source.find("\\E", self.position)
            end = len(self.source) if end < 0 else end
            text = self.source[self.position : end]
            self.position = end + 2
            return re.escape(text)
        if letter in "pP" and letter:
            return self.property(letter, in_class=in_class)
        if letter == "k" and not in_class:
            end = self.source.index(">", self.position)
            name = self.source[self.position + 1 : end]
            self.position = end + 1
            return f"(?P={name})"
        if letter == "c" and self.position < len(self.source):
            self.position += 1
            return re.escape(chr(ord(self.source[self.position - 1]) ^ 64))
        if letter == "0":
            return self.octal()
        if "U" in self.flags.on and letter in "wWdDsSbB":
            return "\\" + letter
        replacement = (IN_CLASS if in_class else OUTSIDE).get(letter)
        if replacement is not None:
            return replacement
        if letter == "x" and self.source[self.position : self.position + 1] == "{":
            end = self.source.index("}", self.position)
            code = int(self.source[self.position + 1 : end], 16)
            self.position = end + 1
            return re.escape(chr(code))
        if not letter:
            raise Failure(f"Unexpected internal error near index {len(self.source)}")
        if letter.isalpha() and letter not in "tnrfaxubBAdDsSwW":
            raise Failure(f"Illegal/unsupported escape sequence near index {self.position - 1}\n{self.source}")
        return "\\" + letter

    def octal(self) -> str:
        found = re.compile("[0-3]?[0-7]{1,2}").match(self.source, self.position)
        if found is None:
            raise Failure(f"Illegal octal escape sequence near index {self.position}\n{self.source}")
        self.position = found.end()
        return re.escape(chr(int(found.group(), 8)))

    def property(self, letter: str, *, in_class: bool) -> str:
        r"""`\p{Alpha}`, `\p{L}`, `\pL`, `\P{…}`."""
        if self.source[self.position : self.position + 1] == "{":
            end = self.source.index("}", self.position)
            name = self.source[self.position + 1 : end]
            self.position = end + 1
        else:
            name = self.source[self.position : self.position + 1]
            self.position += 1
        inner = characters(name)
        if inner is None:
            raise Failure(f"Unknown character property name {{{name}}} near index {self.position - 1}\n{self.source}")
        return inner if in_class and letter == "p" else f"[{'^' if letter == 'P' else ''}{inner}]"

    def char_class(self) -> str:
        """`[…]` with nested classes and `&&`, which become look-aheads."""
        self.position += 1
        negated = self.source.startswith("^", self.position)
        self.position += negated
        parts: list[str] = []
        unions: list[str] = []
        tests: list[str] = []
        first = True
        while True:
            if self.position >= len(self.source):
                raise Failure(f"Unclosed character class near index {len(self.source) - 1}\n{self.source}")
            char = self.source[self.position]
            if char == "]" and not first:
                self.position += 1
                break
            first = False
            if self.source.startswith("&&", self.position):
                self.position += 2
                tests.append(self.alternatives(parts, unions))
                parts, unions = [], []
            elif char == "[":
                unions.append(self.char_class())
            elif char == "\\":
                parts.append(self.escape(in_class=True))
            else:
                self.position += 1
                parts.append("\\" + char if char in "[]&~|" else char)
        last = self.alternatives(parts, unions)
        if not tests and not unions:
            return f"[{'^' if negated else ''}{''.join(parts)}]"
        every = "".join(f"(?={test})" for test in tests) + last
        return f"(?:(?!{every})[\\s\\S])" if negated else f"(?:{every})"

    def alternatives(self, parts: list[str], unions: list[str]) -> str:
        own = [f"[{''.join(parts)}]"] if parts else []
        return "(?:" + "|".join(own + unions) + ")"


def scope(on: frozenset[str], outside: frozenset[str]) -> str:
    """The opening of a group for ignoring case, or for not doing so, where that changes; else nothing."""
    if "i" not in on:
        return "(?-i:" if "i" in outside else ""
    return "(?i:" if {"u", "U"} & on else "(?ai:"


@lru_cache(maxsize=64)
def characters(name: str) -> str | None:
    """The characters that have a property, as the inside of a class; None for an unknown one."""
    from unicodedata import category
    from unicodedata import name as name_of

    if name in POSIX:
        return POSIX[name]
    general = re.fullmatch("(?:Is|gc=|general_category=)?(?:([CLMNPSZ][a-z]?)|Punctuation)", name)
    if general:
        wanted = general.group(1) or "P"
        return ranges(lambda char: category(char).startswith(wanted))
    if name in PROPERTIES:
        return ranges(PROPERTIES[name])
    script = re.fullmatch("Is(Latin|Greek|Cyrillic|Arabic|Hebrew|Hiragana|Katakana|Hangul|Thai|Han)", name)
    if script:
        prefix = "CJK" if script.group(1) == "Han" else script.group(1).upper()
        return ranges(lambda char: name_of(char, "").startswith(prefix) and char.isalpha())
    return None


def ranges(holds: Callable[[str], bool]) -> str:
    """The characters of the basic plane for which something holds, as the inside of a class."""
    found: list[str] = []
    start: int | None = None
    for code in range(0x10001):
        fits = code < 0x10000 and holds(chr(code))
        if fits and start is None:
            start = code
        elif not fits and start is not None:
            found.append(f"\\u{start:04x}-\\u{code - 1:04x}")
            start = None
    return "".join(found)


ASCII_WORD: Final = "a-zA-Z0-9_"
ASCII_SPACE: Final = " \\t\\n\\x0b\\f\\r"
IN_CLASS: Final = {
    "d": "0-9",
    "w": ASCII_WORD,
    "s": ASCII_SPACE,
    "h": " \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000",
    "e": "\\x1b",
    "D": "\\x00-/:-\\U0010ffff",
    "W": "\\x00-/:-@\\[-\\^`{-\\U0010ffff",
    "S": "\\x00-\\x08\\x0e-\\x1f!-\\U0010ffff",
}
OUTSIDE: Final = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": f"[{ASCII_WORD}]",
    "W": f"[^{ASCII_WORD}]",
    "s": f"[{ASCII_SPACE}]",
    "S": f"[^{ASCII_SPACE}]",
    "b": "(?a:\\b)",
    "B": "(?a:\\B)",
    "X": "(?:\\r\\n|[\\s\\S][\\u0300-\\u036f\\u200d\\ufe0f]*)",
    "h": f"[{IN_CLASS['h']}]",
    "H": f"[^{IN_CLASS['h']}]",
    "v": "[\\n\\x0b\\f\\r\\x85\\u2028\\u2029]",
    "R": "(?:\\r\\n|[\\n\\x0b\\f\\r\\x85\\u2028\\u2029])",
    "z": "\\Z",
    "Z": "(?!(?<=\\r)\\n)(?=(?:\\r\\n|[\\n\\r\\x85\\u2028\\u2029])?\\Z)",
    "G": "\\A",
    "e": "\\x1b",
}


def java_replacement(source: str) -> Callable[[re.Match[str]], str]:
    r"""A replacement with `$1`, `${name}` and `\$`, as a function of the match; read when there is one."""

    def replacement(found: re.Match[str]) -> str:
        pieces: list[str] = []
        position = 0
        while position < len(source):
            char = source[position]
            position += 1
            if char == "$":
                piece, position = group_text(found, source, position)
                pieces.append(piece)
                continue
            if char == "\\":
                if position == len(source):
                    raise Failure("character to be escaped is missing")
                char = source[position]
                position += 1
            pieces.append(char)
        return "".join(pieces)

    return replacement


def group_text(found: re.Match[str], source: str, position: int) -> tuple[str, int]:
    """The group that a `$` stands for, and where its name ends: further digits count as long as there is such a group."""
    named = re.compile(r"\{([A-Za-z][A-Za-z0-9]*)\}").match(source, position)
    if named:
        if named.group(1) not in found.re.groupindex:
            raise Failure(f"No group with name {{{named.group(1)}}}")
        return found.group(named.group(1)) or "", named.end()
    if source[position : position + 1] not in DIGITS:
        raise Failure("Illegal group reference")
    number = int(source[position])
    position += 1
    if number > found.re.groups:
        raise Failure(f"No group {number}")
    while source[position : position + 1] in DIGITS and number * 10 + int(source[position]) <= found.re.groups:
        number = number * 10 + int(source[position])
        position += 1
    return found.group(number) or "", position


DIGITS: Final = frozenset("0123456789")


def replace_all(text: str, pattern: str, replacement: str, most: int = 0) -> str:
    """`String.replaceAll`, or the first `most` only."""
    by = java_replacement(replacement)
    return bounded(search(pattern, text, lambda compiled, clock: str(compiled.sub(by, text, most, **clock))))


def split(text: str, pattern: str, limit: int) -> list[str]:
    """`String.split`: 0 drops trailing empty parts, a positive limit caps their number, a negative keeps all."""
    if not pattern and max(text, default="") > "\uffff":
        # Between any two UTF-16 code units, so within a character too.
        text = "".join(map(chr, unpacked(text)))
    parts: list[str] = []
    begin = 0
    for found in search(pattern, text, lambda compiled, clock: list(compiled.finditer(text, **clock))):
        if limit > 0 and len(parts) == limit - 1:
            break
        # A match of nothing at the very beginning makes no empty first part.
        if found.end() == 0:
            continue
        parts.append(text[begin : found.start()])
        begin = found.end()
    if not parts and begin == 0:
        return [text]
    parts.append(text[begin:])
    while limit == 0 and parts and not parts[-1]:
        parts.pop()
    return parts


def unpacked(text: str) -> tuple[int, ...]:
    """The UTF-16 code units of a text."""
    from struct import unpack

    data = text.encode("utf-16-le", "surrogatepass")
    return unpack(f"<{len(data) // 2}H", data)


def fullmatch(text: str, pattern: str) -> Any:
    """`String.matches`."""
    return search(pattern, text, lambda compiled, clock: compiled.fullmatch(text, **clock))
