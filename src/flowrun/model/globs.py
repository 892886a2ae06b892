"""Patterns for paths, as Java's `glob:` and `regex:` read them: `*` stays in a folder, `**` does not."""

from __future__ import annotations

import re
from functools import lru_cache

from flowrun.errors import TaskFailed


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """What a whole path has to match. Raises `TaskFailed` for a pattern that Java would not take."""
    kind, _, rest = pattern.partition(":")
    try:
        return re.compile(rest if kind == "regex" else translated(rest if kind == "glob" else pattern), re.DOTALL)
    except re.error as problem:
        raise TaskFailed(f"Invalid pattern `{pattern}`: {problem}") from problem


def translated(pattern: str) -> str:
    """The regular expression of a glob: `*`, `**`, `?`, `[a-z]`, `[!a]`, `{a,b}`, and a backslash before any of them."""
    parts, depth, place = [], 0, 0
    while place < len(pattern):
        char = pattern[place]
        if char == "*":
            double = pattern.startswith("**", place)
            parts.append(".*" if double else "[^/]*")
            place += double
        elif char == "[":
            end = pattern.find("]", place + 2)
            if end < 0 or "/" in pattern[place:end]:
                raise TaskFailed(f"Missing '] near index {len(pattern) - 1}\n{pattern}")
            inner = pattern[place + 1 : end]
            negated = inner.startswith(("!", "^"))
            parts.append(f"(?!/)[{'^' * negated}{re.escape(inner[negated:]).replace(chr(92) + '-', '-')}]")
            place = end
        elif char == "\\" and place + 1 < len(pattern):
            place += 1
            parts.append(re.escape(pattern[place]))
        elif char == "{" or (depth and char in ",}"):
            parts.append({"{": "(?:(?:", ",": ")|(?:", "}": "))"}[char])
            depth += {"{": 1, ",": 0, "}": -1}[char]
        else:
            parts.append("[^/]" if char == "?" else re.escape(char))
        place += 1
    return "".join(parts)


def has_kind(pattern: str) -> bool:
    """Whether a pattern says itself how it is to be read."""
    return pattern.startswith(("glob:", "regex:"))
