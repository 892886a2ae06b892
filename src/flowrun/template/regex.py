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
UNICODE: Final = {
    # Categories for which Python's `re` has a near equivalent; letters as word characters without digits and `_`.
    "L": "[^\\W\\d_]",
    "IsAlphabetic": "[^\\W\\d_]",
    "IsL": "[^\\W\\d_]",
    "N": "\\d",
    "Nd": "\\d",
    "IsDigit": "\\d",
}


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


class Translator:
    """Reads a Java pattern once from the left."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.out: list[str] = []

    def translated(self) -> str:
        while self.position < len(self.source):
            self.out.append(self.piece())
        return "".join(self.out)

    def piece(self) -> str:
        char = self.source[self.position]
        if char == "\\":
            return self.escape(in_class=False)
        if char == "[":
            return self.char_class()
        if (
            self.source.startswith("(?<", self.position)
            and self.source[self.position + 3 : self.position + 4].isalpha()
        ):
            self.position += 3
            return "(?P<"
        self.position += 1
        if char == ".":
            return "[^\\n\\r\\x85\\u2028\\u2029]"
        if char == "$":
            return "(?=(?:\\r\\n|[\\n\\r\\x85\\u2028\\u2029])?\\Z)"
        return char

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

    def property(self, letter: str, *, in_class: bool) -> str:
        r"""`\p{Alpha}`, `\\p{L}`, `\\P{…}`."""
        if self.source[self.position : self.position + 1] == "{":
            end = self.source.index("}", self.position)
            name = self.source[self.position + 1 : end]
            self.position = end + 1
        else:
            name = self.source[self.position : self.position + 1]
            self.position += 1
        if name in POSIX:
            inner = POSIX[name]
            if in_class and letter == "p":
                return inner
            return f"[{'^' if letter == 'P' else ''}{inner}]"
        if name in ("Lu", "IsUppercase", "javaUpperCase"):
            inner = upper_letters()
        elif name in ("Ll", "IsLowercase", "javaLowerCase"):
            inner = lower_letters()
        elif name in UNICODE:
            inner = letters() if "\\W" in UNICODE[name] else "0-9" if not in_class else "\\d"
        elif name in ("Punctuation", "IsPunctuation", "P"):
            inner = "!-#%-*,-/:;?@\\[-\\]_{}\u00a1\u00a7\u00ab\u00b6\u00b7\u00bb\u00bf\u2010-\u2027\u2030-\u205e"
        elif name in ("M", "Mn", "InCombiningDiacriticalMarks", "IsM"):
            inner = "\u0300-\u036f"
        elif name in ("Z", "Zs", "IsWhite_Space", "IsWhitespace", "javaWhitespace"):
            inner = "\\s"
        elif name in ("S", "Sc"):
            inner = "$+<=>^`|~\u00a2-\u00a9\u00ac\u00ae-\u00b1\u00b4\u00d7\u00f7\u20a0-\u20cf"
        else:
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


@lru_cache(maxsize=1)
def letters() -> str:
    return ranges(str.isalpha)


@lru_cache(maxsize=1)
def upper_letters() -> str:
    return ranges(str.isupper)


@lru_cache(maxsize=1)
def lower_letters() -> str:
    return ranges(str.islower)


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
    "b": "\\b",
    "B": "\\B",
    "h": f"[{IN_CLASS['h']}]",
    "H": f"[^{IN_CLASS['h']}]",
    "v": "[\\n\\x0b\\f\\r\\x85\\u2028\\u2029]",
    "R": "(?:\\r\\n|[\\n\\x0b\\f\\r\\x85\\u2028\\u2029])",
    "z": "\\Z",
    "Z": "(?=(?:\\r\\n|[\\n\\r\\x85\\u2028\\u2029])?\\Z)",
    "G": "\\A",
    "e": "\\x1b",
}


def java_replacement(source: str) -> Callable[[re.Match[str]], str]:
    r"""A replacement with `$1`, `${name}` and `\$`, as a function of the match. Raises `Failure`."""
    pieces: list[str | int | tuple[str]] = []
    position = 0
    while position < len(source):
        char = source[position]
        position += 1
        if char == "\\":
            if position == len(source):
                raise Failure("character to be escaped is missing")
            pieces.append(source[position])
            position += 1
        elif char == "$":
            piece, position = group_reference(source, position)
            pieces.append(piece)
        else:
            pieces.append(char)

    def replacement(found: re.Match[str]) -> str:
        return "".join([piece if isinstance(piece, str) else group_text(found, piece) for piece in pieces])

    return replacement


def group_reference(source: str, position: int) -> tuple[int | tuple[str], int]:
    """What follows a `$`, and where it ends."""
    named = re.compile(r"\{([A-Za-z][A-Za-z0-9]*)\}").match(source, position)
    if named:
        return (named.group(1),), named.end()
    if not source[position : position + 1].isdigit():
        raise Failure("Illegal group reference")
    end = position
    while source[end : end + 1].isdigit():
        end += 1
    return int(source[position:end]), end


def group_text(found: re.Match[str], group: int | tuple[str]) -> str:
    """A group's text; surplus digits of a number are text, as in Java."""
    if isinstance(group, tuple):
        if group[0] not in found.re.groupindex:
            raise Failure(f"No group with name {{{group[0]}}}")
        return found.group(group[0]) or ""
    digits = str(group)
    for length in range(len(digits), 0, -1):
        if int(digits[:length]) <= found.re.groups:
            return (found.group(int(digits[:length])) or "") + digits[length:]
    raise Failure(f"No group {digits[0]}")


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
