"""What the tasks of this package share: how a request is made of its properties, and which answers fail."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, unquote

from flowrun.errors import TaskFailed
from flowrun.model.http_exchange import HttpAnswer, HttpCall, content_type_of, encoded, is_failure
from flowrun.model.http_request import HttpOptions, HttpProperties
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.http.forms import multipart, urlencoded
from flowrun.template.values import class_name

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext

FORM = "application/x-www-form-urlencoded"
FORM_CHARSET = "ISO-8859-1"
MULTIPART = "multipart/form-data"

LONGEST_ERROR = 1_000_000
"""Characters of a body that an error message shows."""


@dataclass(frozen=True, kw_only=True)
class HttpTask(HttpProperties, RunnableTask):
    """What all of them have. `sslOptions` has no effect, as on the server: `options.ssl` has."""

    allow_failed: Templated[bool | None] = None

    def exchange(self, ctx: RunContext, into: BinaryIO, *, limit: int | None = None) -> tuple[str, HttpAnswer]:
        """Send the request, and write the body of the answer to `into`. The URI that was asked for, and the answer."""
        with ExitStack() as files:
            call = self.call(ctx, files)
            return call.uri, ctx.send(call, into, limit=limit)

    def call(self, ctx: RunContext, files: ExitStack) -> HttpCall:
        """The request. `files` closes what it has opened."""
        options = self.options or HttpOptions()
        headers = texts(self.headers or {})
        content, content_type, parts = None, None, None
        if self.form_data and self.content_type == MULTIPART:
            parts = multipart(self.form_data, ctx.storage, files)
        elif self.form_data:
            content, content_type = urlencoded(self.form_data, FORM_CHARSET), content_type_of(FORM, FORM_CHARSET)
        elif self.body is not None:
            content = encoded(self.body, options.default_charset)
            content_type = content_type_of(self.content_type, options.default_charset)
        elif not headers:  # the server says it of nothing, too
            content_type = self.content_type
        return HttpCall(
            uri=with_params(self.asked_uri, self.params or {}),
            method=self.method,
            headers=headers,
            content=content,
            content_type=content_type,
            parts=parts,
            options=options,
        )

    @property
    def asked_uri(self) -> str:
        """The URI as it is given."""
        return self.uri or ""

    @property
    def failures_allowed(self) -> bool:
        """Whether a code of 400 and above is an answer as any other."""
        return bool(self.allow_failed or (self.options and self.options.allow_failed))

    def check(self, answer: HttpAnswer, body: bytes) -> None:
        """Raises `TaskFailed` for a code that is none of the allowed ones."""
        if is_failure(answer.code, self.options or HttpOptions(), failures_allowed=self.failures_allowed):
            text = body.decode(errors="replace")[:LONGEST_ERROR]
            raise TaskFailed(cleaned(f"Failed http request with response code '{answer.code}' and body:\n{text}"))


def cleaned(message: str) -> str:
    """The server's client takes control characters out of messages, and puts in their place where they stood."""
    return "".join(f"[0x{place:x}]" if char < " " else char for place, char in enumerate(message))


def texts(headers: dict[str, Any]) -> list[tuple[str, str]]:
    """Headers; one that is null is none."""
    for name, value in headers.items():
        if isinstance(value, list | dict):
            kind = "Array value (token `JsonToken.START_ARRAY`)" if isinstance(value, list) else "Object value"
            raise TaskFailed(f"Cannot deserialize value of type `java.lang.String` from {kind}: header `{name}`")
    return [(name, plain(value)) for name, value in headers.items() if value is not None]


def plain(value: Any) -> str:
    """A scalar as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def with_params(uri: str, params: dict[str, Any]) -> str:
    """The URI with more behind its `?`. What it has already is written anew, as the server does."""
    if not params:
        return uri
    rest, hash_, fragment = uri.partition("#")
    path, _, query = rest.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    given = [f"{percent(unquote(name))}{mark}{percent(unquote(value))}" for name, mark, value in pairs]
    more = [f"{percent(name)}={percent(text)}" for name, value in params.items() for text in param_texts(value)]
    query = "&".join(given + more)
    return f"{path}{'?' if query else ''}{query}{hash_}{fragment}"


def param_texts(value: Any) -> list[str]:
    """The values of one parameter."""
    if value is None:
        return []
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return [value]
    raise TaskFailed(f"Unsupported param type: class {class_name(value)}")


def percent(text: str) -> str:
    return quote(text, safe="")
