"""What Java's `URI` says of a text (RFC 2396 with its additions), as far as inputs need it."""

from __future__ import annotations

import re
from typing import Final

ESCAPE: Final = re.compile(r"%(?![0-9a-fA-F]{2})")
SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")

NEVER: Final = r"\s\x00-\x1f\x7f-\x9f\"<>\\^`{|}"
ILLEGAL: Final = {
    "authority": re.compile(f"[{NEVER}]"),
    "path": re.compile(rf"[{NEVER}\[\]]"),
    "opaque part": re.compile(f"[{NEVER}]"),
    "query": re.compile(f"[{NEVER}]"),
    "fragment": re.compile(f"[{NEVER}#]"),
}
"""A character that a part of a URI cannot hold."""


def uri_problem(text: str) -> str | None:
    """Why a text is no URI with a scheme, in the server's words; None when it is one."""
    colon = re.match(r"[^/?#:]*:", text)
    if colon is None:
        return problem_of_parts(text, 0) or "Invalid URI format."
    name = text[: colon.end() - 1]
    if not name:
        return f"Expected scheme name at index 0: {text}"
    scheme = SCHEME.match(name)
    if scheme is None or scheme.end() < len(name):
        return f"Illegal character in scheme name at index {scheme.end() if scheme else 0}: {text}"
    return problem_of_parts(text, colon.end())


def problem_of_parts(text: str, start: int) -> str | None:
    """The first thing that is wrong behind the scheme."""
    rest, hash_, _ = text[start:].partition("#")
    end = start + len(rest)
    fragment = [("fragment", end + 1, len(text))] if hash_ else []
    if start and (rest == "" or (rest == "//" and not hash_)):
        wanted = "authority" if rest else "scheme-specific part"
        return f"Expected {wanted} at index {end}: {text}"
    if start and not rest.startswith("/"):
        return first_problem(text, [("opaque part", start, end), *fragment])
    above, mark, _ = rest.partition("?")
    query = [("query", start + len(above) + 1, end)] if mark else []
    slash = above.find("/", 2) if above.startswith("//") else 0
    path = start + (len(above) if slash < 0 else slash)
    authority = [("authority", start + 2, path)] if path > start else []
    if problem := first_problem(text, authority) or problem_of_brackets(text, start + 2, path):
        return problem
    return first_problem(text, [("path", path, start + len(above)), *query, *fragment])


def problem_of_brackets(text: str, start: int, end: int) -> str | None:
    """Brackets of an authority hold an IPv6 address, with a port behind it at the most."""
    host = max(start, text.rfind("@", start, end) + 1)
    if not text.startswith("[", host, end):
        stray = re.compile(r"[\[\]]").search(text, host, end)
        return f"Illegal character in hostname at index {stray.start()}: {text}" if stray else None
    closing = text.find("]", host, end)
    if closing < 0:
        return f"Expected closing bracket for IPv6 address at index {end}: {text}"
    behind = re.compile(r":?[0-9]*").match(text, closing + 1, end)
    if behind and behind.end() < end:
        return f"Illegal character in port number at index {behind.end()}: {text}"
    return None


def first_problem(text: str, parts: list[tuple[str, int, int]]) -> str | None:
    """The first illegal character or escape. `parts`: name, start and end of each."""
    for name, start, end in parts:
        illegal = ILLEGAL[name].search(text, start, end)
        escape = ESCAPE.search(text, start, end)
        if escape and (illegal is None or escape.start() < illegal.start()):
            return f"Malformed escape pair at index {escape.start()}: {text}"
        if illegal:
            return f"Illegal character in {name} at index {illegal.start()}: {text}"
    return None
