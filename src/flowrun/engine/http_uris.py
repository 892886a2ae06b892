"""What the server's HTTP client says of a URI that it cannot ask."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from flowrun.engine.uris import problem_of_parts, uri_problem

NO_HOST: Final = "Target host is not specified"


def syntax_problem(uri: str) -> str | None:
    """Why a text is no URI; one without a scheme is one."""
    relative = re.match(r"[^/?#:]*:", uri) is None
    problem = problem_of_parts(uri, 0) if relative else uri_problem(uri)
    if problem is None and re.match(r"https?://(/|$)", uri, re.IGNORECASE):
        return f"http/https URI cannot have an empty host identifier: {uri.partition(':')[0]}"
    return problem or problem_of_port(uri)


def problem_of_port(uri: str) -> str | None:
    """A port that no host has."""
    found = re.match(r"[^/?#:]*://[^/?#]*:(\d+)(?:[/?#]|$)", uri)
    if found and int(found[1]) > 65535:
        return f"Port number(Use -1 to specify the scheme default port): {found[1]} is out of range [-1, 65535]"
    return None


def target_problem(uri: str) -> str | None:
    """Why nobody can be asked for a URI, though it is one."""
    parts = urlsplit(uri)
    if not parts.hostname:
        return NO_HOST
    if parts.scheme.lower() not in ("http", "https"):
        return f"Unroutable protocol scheme: {parts.scheme}://{parts.netloc}"
    if "@" in parts.netloc:
        return "Request URI authority contains deprecated userinfo component"
    return None
