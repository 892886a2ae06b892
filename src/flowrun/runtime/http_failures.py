"""What goes wrong on the way to an HTTP answer, in the words of the server's client."""

from __future__ import annotations

import errno
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import httpx

from flowrun.errors import TaskFailed

if TYPE_CHECKING:
    from collections.abc import Iterator


class ExchangeFailed(TaskFailed):
    """No answer, or not all of it. The server logs the first line of the message on its own before."""


class NotReached(ExchangeFailed):
    """Nobody was there to take the request."""


def protocol_failure(text: str) -> ExchangeFailed:
    """The server's client wraps such a failure in another one, and names both."""
    return ExchangeFailed(f"{text}\n{text}")


@contextmanager
def told(uri: str, response: httpx.Response | None = None) -> Iterator[None]:
    """Tell what fails in the block in the server's words. `response`: the head of the answer, when there is one already."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as problem:
        raise failure_of(problem, urlsplit(uri), response) from problem


def failure_of(problem: Exception, uri: SplitResult, response: httpx.Response | None) -> TaskFailed:
    """A failure of the client as the task's."""
    origin = f"{uri.scheme}://{uri.netloc}"
    match problem:
        case httpx.ConnectTimeout():
            return ExchangeFailed(f"Connect to {origin} failed: Connect timed out")
        case httpx.TimeoutException():
            return ExchangeFailed("Read timed out")
        case httpx.ProxyError():
            return NotReached(f"The proxy refused to connect to {origin}: {problem}")
        case httpx.ConnectError():
            return not_connected(problem, uri.hostname or "", origin)
        case httpx.RemoteProtocolError():
            return ExchangeFailed(cut_short(response) if response else f"{uri.netloc} failed to respond")
        case httpx.NetworkError():
            return ExchangeFailed("Connection reset")
        case httpx.DecodingError():
            return ExchangeFailed(f"The response is not what its Content-Encoding says: {problem}")
    return protocol_failure(str(problem) or type(problem).__name__)


def not_connected(problem: Exception, host: str, origin: str) -> ExchangeFailed:
    """There is no such host, it does not listen, or it is not who it should be."""
    for cause in causes(problem):
        if isinstance(cause, socket.gaierror):
            return ExchangeFailed(f"{host}: {cause.strerror}")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return NotReached(
                f"Connect to {origin} failed: {cause.verify_message} (options.ssl trusts any certificate)"
            )
        if isinstance(cause, ssl.SSLError):
            return ExchangeFailed("Unsupported or unrecognized SSL message")
        if isinstance(cause, ConnectionResetError):
            return ExchangeFailed("Connection reset")
        if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
            return NotReached(f"Connect to {origin} failed: Connection refused")
    return NotReached(f"Connect to {origin} failed: {problem}")


def causes(problem: BaseException) -> Iterator[BaseException]:
    """What lies behind an exception, at every depth."""
    inner = problem.__cause__ or problem.__context__
    for cause in inner.exceptions if isinstance(inner, BaseExceptionGroup) else [inner]:
        if cause is not None:
            yield cause
            yield from causes(cause)


def cut_short(response: httpx.Response) -> str:
    """What is missing of an answer."""
    expected = response.headers.get("Content-Length")
    if expected is None:
        return "Premature end of chunk coded message body: closing chunk expected"
    received = response.num_bytes_downloaded
    return f"Premature end of Content-Length delimited message body (expected: {expected}; received: {received})"
