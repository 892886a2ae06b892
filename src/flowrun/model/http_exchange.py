"""One HTTP request that is ready to be sent, and what came back: what tasks and `runtime` tell each other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from flowrun.errors import TaskFailed
from flowrun.model.http_request import HttpOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_IN_MEMORY = 50_000_000
"""Bytes of an answer that is kept in memory, decompressed. As many as the text of a template may have."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a multipart form; a file when it has a `file_name`."""

    name: str
    content: bytes | BinaryIO
    file_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """A request. `content` and `parts` exclude each other; `content_type` is that of the content, complete.

    Headers of the flow go before what follows from the content; `options` are rendered.
    """

    uri: str
    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    content: bytes | None = None
    content_type: str | None = None
    parts: Sequence[Part] | None = None
    options: HttpOptions = field(default_factory=HttpOptions)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The head of an answer, after all redirections. `length`: bytes of its body, decompressed; None: it had none.

    Names of headers are in lower case and in order.
    """

    code: int
    reason: str
    headers: dict[str, list[str]]
    length: int | None


def encoded(text: str, charset: str) -> bytes:
    """The text in a charset, with `?` for what that does not have. Raises `TaskFailed` when there is no such charset."""
    try:
        return text.encode(charset, errors="replace")
    except LookupError as problem:
        raise TaskFailed(f"There is no charset '{charset}'") from problem


def is_failure(code: int, options: HttpOptions, *, failures_allowed: bool) -> bool:
    """Whether a code fails: any that `allowedResponseCodes` leaves out; without it, 400 and above unless they are allowed."""
    codes = [str(one) for one in options.allowed_response_codes or ()]
    return str(code) not in codes if codes else code >= 400 and not failures_allowed


def content_type_of(kind: str, charset: str) -> str:
    """The header `Content-Type` for a text. Raises `TaskFailed` for a kind that has parameters already."""
    if re.search('[",;]', kind):
        raise TaskFailed("MIME type may not contain reserved characters")
    return f"{kind}; charset={charset}"
