"""Send an HTTP request, as the server's client does; see `flowrun.model.http_exchange`.

The exchange runs in an event loop of its own, so that it can be cancelled wherever it is: while it connects, waits or reads.
What it does when something answers with a redirection or is busy was read off recorded answers of a Kestra server.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import httpx

from flowrun import __version__
from flowrun.engine.http_uris import syntax_problem, target_problem
from flowrun.errors import TaskFailed
from flowrun.model.http_exchange import HttpAnswer, HttpCall
from flowrun.model.http_request import (
    BasicAuth,
    BearerAuth,
    DigestAuth,
    HttpOptions,
    LoggedPart,
    Proxy,
    ProxyType,
    Timeouts,
)
from flowrun.model.log import MASK, LogLevel
from flowrun.runtime.http_failures import protocol_failure, told

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine

LOOK_EVERY = 0.05
"""Seconds after which an exchange looks whether it is still wanted."""

CONNECT_TIMEOUT = 180.0
"""Seconds to wait for a connection, unless the flow says otherwise."""

MOST_REDIRECTS = 50
REDIRECTS = (301, 302, 303, 307, 308)
BUSY = (429, 503)
"""Codes after which the request is sent once more, `Retry-After` or a second later."""

SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie", "set-cookie")
OF_CONTENT = ("content-encoding", "content-length", "content-md5")
"""Headers that are not true any more when the content has been decompressed."""

LOGGED_BYTES = 100_000
"""Bytes of a body that are written to the log, where a flow asks for that."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an exchange needs to know of whoever asked: where the body goes, how long it may be, where lines are logged."""

    into: BinaryIO
    limit: int | None
    log: Callable[[LogLevel, str], None]


def send(
    call: HttpCall,
    into: BinaryIO,
    *,
    limit: int | None,
    log: Callable[[LogLevel, str], None],
    cancelled: Callable[[], bool] = lambda: False,
) -> HttpAnswer:
    """The answer, of whatever code; its body is written to `into`, at most `limit` bytes.

    Raises `TaskFailed`; its subclass `ExchangeFailed` when the request was good and something went wrong on the way.
    """
    if problem := syntax_problem(call.uri):
        raise TaskFailed(problem)
    if problem := target_problem(call.uri):
        raise protocol_failure(problem)
    return asyncio.run(while_wanted(exchange(call, Wanted(into, limit, log)), cancelled))


async def while_wanted(work: Coroutine[Any, Any, HttpAnswer], cancelled: Callable[[], bool]) -> HttpAnswer:
    """Do the work, unless it is cancelled meanwhile."""
    task = asyncio.create_task(work)
    while not (await asyncio.wait([task], timeout=LOOK_EVERY))[0]:
        if cancelled():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            raise TaskFailed("The request was given up: the task was told to end")
    return task.result()


async def exchange(call: HttpCall, wanted: Wanted) -> HttpAnswer:
    """Follow redirections, and ask once more whoever is busy."""
    seen = {call.uri}
    jars: defaultdict[object, httpx.Cookies] = defaultdict(httpx.Cookies)
    asked_again = False
    while True:
        asked, cookies = spoken_to(call), jars[origin_of(call.uri)]
        with told(asked):
            client, request = client_for(call, wanted), request_of(call)
        cookies.set_cookie_header(request)
        async with client:
            with told(asked):
                response = await client.send(request, stream=True, auth=auth_of(call.options))
            cookies.extract_cookies(response)
            try:
                pause = None if asked_again else pause_before_retry(response, call.options)
                following = redirected(call, response)
                if pause is None and following is None:
                    with told(asked, response):
                        return await answer_of(response, call.options, wanted)
            finally:
                await response.aclose()
        if pause is not None:
            asked_again = True
            await asyncio.sleep(pause)
        elif following is not None:
            call = following
            if call.uri in seen:
                raise protocol_failure(f"Circular redirect to '{call.uri}'")
            if len(seen) > MOST_REDIRECTS:
                raise protocol_failure(f"Maximum redirects ({MOST_REDIRECTS}) exceeded")
            seen.add(call.uri)


# --- the request


def client_for(call: HttpCall, wanted: Wanted) -> httpx.AsyncClient:
    """A client for one request. Neither proxies nor passwords come from the environment or files: the server's do not."""

    async def on_request(request: httpx.Request) -> None:
        log_request(request, call, wanted.log)

    async def on_response(response: httpx.Response) -> None:
        log_response(response, call, wanted.log)

    return httpx.AsyncClient(
        verify=certificates(call),
        proxy=proxy_of(call.options),
        timeout=timeout_of(call.options),
        trust_env=False,
        event_hooks={"request": [on_request], "response": [on_response]},
    )


def request_of(call: HttpCall) -> httpx.Request:
    """The request with all its headers; files are sent from their beginning."""
    headers = {"Accept-Encoding": "gzip, deflate", "User-Agent": f"flowrun/{__version__}"}
    given = {name.lower() for name, _ in call.headers}
    for name in ("Content-Length", "Transfer-encoding"):
        if name.lower() in given:
            raise protocol_failure(f"{name} header already present")
    if call.content_type and "content-type" not in given:
        headers["Content-Type"] = call.content_type
    lines = [(name.encode(), header_value(value)) for name, value in headers.items() if name.lower() not in given]
    lines += [(name.encode(errors="replace"), header_value(value)) for name, value in call.headers]
    files = [(part.name, (part.file_name, part.content, kind_of(part.file_name))) for part in call.parts or ()]
    for part in call.parts or ():
        if not isinstance(part.content, bytes):
            part.content.seek(0)
    return httpx.Request(call.method, call.uri, headers=lines, content=call.content, files=files or None)


def header_value(value: str) -> bytes:
    """In the one charset that headers have; a line break cannot begin another header."""
    return value.replace("\r", " ").replace("\n", " ").encode("iso-8859-1", "replace")


def kind_of(file_name: str | None) -> str:
    return "text/plain" if file_name is None else "application/octet-stream"


def auth_of(options: HttpOptions) -> httpx.Auth | None:
    """How to say who asks. What is missing is sent as `null`, as by the server."""
    auth = options.auth
    if auth is None and options.basic_auth_user:
        auth = BasicAuth(type="BASIC", username=options.basic_auth_user, password=options.basic_auth_password)
    match auth:
        case BasicAuth(username=name, password=password):
            pair = f"{name or 'null'}:{password or 'null'}"
            return Header(f"Basic {b64encode(pair.encode()).decode()}")
        case BearerAuth(token=token):
            return Header(f"Bearer {token or 'null'}")
        case DigestAuth(username=name, password=password):
            return httpx.DigestAuth(name or "null", password or "null")
    return None


class Header(httpx.Auth):
    """A header `Authorization`, in place of one that the flow gives."""

    def __init__(self, value: str) -> None:
        self.value = value

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = self.value
        yield request


def certificates(call: HttpCall) -> ssl.SSLContext | bool:
    """What a certificate must prove. `SSL_CERT_FILE` and `SSL_CERT_DIR` name other authorities than the usual ones."""
    if urlsplit(call.uri).scheme.lower() != "https":
        return False  # there is none to look at, and reading the authorities takes its time
    if call.options.ssl is not None and call.options.ssl.insecure_trust_all_certificates:
        return False
    return authorities(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def authorities(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Who may vouch for a certificate, read once. Raises `TaskFailed` when what the environment names is not there."""
    try:
        return httpx.create_ssl_context()
    except OSError as problem:
        raise TaskFailed(
            f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR name cannot be read: {problem}"
        ) from problem


def timeout_of(options: HttpOptions) -> httpx.Timeout:
    given = options.timeout or Timeouts()
    idle = (options.read_timeout or given.read_idle_timeout or Timeouts().read_idle_timeout).total_seconds()
    connect = options.connect_timeout or given.connect_timeout
    return httpx.Timeout(idle, connect=connect.total_seconds() if connect else CONNECT_TIMEOUT, pool=None)


def proxy_of(options: HttpOptions) -> httpx.Proxy | None:
    """The proxy in between. Raises `TaskFailed` for one that cannot be used."""
    proxy = options.proxy or Proxy(
        type=options.proxy_type or ProxyType.DIRECT,
        address=options.proxy_address,
        port=options.proxy_port,
        username=options.proxy_username,
        password=options.proxy_password,
    )
    if not proxy.address:
        return None
    if proxy.port is None:
        raise TaskFailed("A proxy port is required when a proxy address is set (options.proxy.port).")
    if proxy.type is ProxyType.DIRECT:
        raise TaskFailed(f"type DIRECT is not compatible with address /{proxy.address}:{proxy.port}")
    if proxy.type is ProxyType.SOCKS:
        raise TaskFailed("A SOCKS proxy cannot be used here; use one of type HTTP (options.proxy.type).")
    auth = (proxy.username, proxy.password or "") if proxy.username else None
    try:
        return httpx.Proxy(f"http://{proxy.address}:{proxy.port}", auth=auth)
    except httpx.InvalidURL as problem:
        raise TaskFailed(f"There can be no proxy at {proxy.address}:{proxy.port}: {problem}") from problem


def spoken_to(call: HttpCall) -> str:
    """A URI of whoever is connected to: the proxy, if there is one."""
    proxy = proxy_of(call.options)
    return str(proxy.url) if proxy else call.uri


# --- the next request


def pause_before_retry(response: httpx.Response, options: HttpOptions) -> float | None:
    """Seconds until a busy server is asked once more; None when it is not, or wants more time than an answer may take."""
    if response.status_code not in BUSY:
        return None
    asked = response.headers.get("Retry-After", "")
    pause = 1.0
    if asked.isdecimal():
        pause = float(asked)
    elif asked:
        with suppress(ValueError):
            pause = max(0.0, (parsedate_to_datetime(asked).astimezone(UTC) - datetime.now(UTC)).total_seconds())
    return pause if pause <= (timeout_of(options).read or 0) else None


def redirected(call: HttpCall, response: httpx.Response) -> HttpCall | None:
    """The request that a redirection asks for; None when it is not to be followed.

    What the flow says of who asks is for the scheme, host and port that it names: another one gets no such header of
    `options.auth`, and where they stand in `headers`, it is not asked at all. Cookies are kept apart in the same way.
    """
    location = response.headers.get("Location")
    if response.status_code not in REDIRECTS or not location or call.options.follow_redirects is False:
        return None
    target = target_of(call.uri, location)
    following = replace(call, uri=target)
    if origin_of(target) != origin_of(call.uri):
        if any(name.lower() in SECRET_HEADERS for name, _ in call.headers):
            return None
        following = replace(following, options=replace(call.options, auth=None, basic_auth_user=None))
    return as_get(following) if becomes_get(response.status_code, call.method) else following


def target_of(uri: str, location: str) -> str:
    """The URI that a redirection leads to. Raises `TaskFailed` when it is none, or leads out of HTTP."""
    try:
        target = urljoin(uri, location.replace(" ", "%20"))
    except ValueError as failure:
        raise protocol_failure(f"Invalid redirect URI: {location}") from failure
    if problem := syntax_problem(target) or target_problem(target):
        raise protocol_failure(problem)
    return target


def becomes_get(code: int, method: str) -> bool:
    return (code == 303 and method not in ("GET", "HEAD")) or (code in (301, 302) and method == "POST")


def as_get(call: HttpCall) -> HttpCall:
    """A bare GET: neither content nor headers of the flow."""
    return HttpCall(uri=call.uri, options=call.options)


def origin_of(uri: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(uri)
    return parts.scheme.lower(), parts.hostname, parts.port


# --- the answer


async def answer_of(response: httpx.Response, options: HttpOptions, wanted: Wanted) -> HttpAnswer:
    """Read the body to its end."""
    if len(response.headers.get_list("Content-Encoding", split_commas=True)) > 1:
        # Each is unpacked whole before the next one: a few bytes could fill the memory.
        raise protocol_failure("The response is packed more than once, which is not unpacked here")
    length = 0
    logged = bytearray()
    async for piece in response.aiter_bytes():
        length += len(piece)
        if wanted.limit is not None and length > wanted.limit:
            raise TaskFailed(
                f"The response has more than {wanted.limit} bytes, and would be kept in memory: "
                "use `io.kestra.plugin.core.http.Download`, which writes it to a file"
            )
        wanted.into.write(piece)
        logged += piece[: LOGGED_BYTES - len(logged)]
    if LoggedPart.RESPONSE_BODY in (options.logs or ()):
        wanted.log(LogLevel.TRACE, f"response payload:\n    {logged.decode(errors='replace')}")
    bodiless = response.request.method == "HEAD" or response.status_code in (204, 205, 304)
    return HttpAnswer(response.status_code, response.reason_phrase, headers_of(response), None if bodiless else length)


def headers_of(response: httpx.Response) -> dict[str, list[str]]:
    packed = "content-encoding" in response.headers
    names = sorted({name.lower() for name in response.headers})
    return {name: response.headers.get_list(name) for name in names if not (packed and name in OF_CONTENT)}


# --- the log


def log_request(request: httpx.Request, call: HttpCall, log: Callable[[LogLevel, str], None]) -> None:
    """What `options.logs` asks for."""
    logs = call.options.logs or ()
    if LoggedPart.REQUEST_HEADERS in logs:
        log(LogLevel.DEBUG, f"request:\n    method: {request.method}\n    uri: {request.url}")
        log(LogLevel.DEBUG, f"request headers:{header_lines(request.headers)}")
    if LoggedPart.REQUEST_BODY in logs:
        shown = "null" if call.content is None else call.content[:LOGGED_BYTES].decode(errors="replace")
        log(
            LogLevel.TRACE,
            f"request payload:\n    {shown}" if call.content is not None else f"request payload: {shown}",
        )


def log_response(response: httpx.Response, call: HttpCall, log: Callable[[LogLevel, str], None]) -> None:
    """That there is an answer, and what `options.logs` asks for."""
    if LoggedPart.RESPONSE_HEADERS in (call.options.logs or ()):
        log(LogLevel.DEBUG, f"response:\n    reason: {response.reason_phrase}")
        log(LogLevel.DEBUG, f"response headers:{header_lines(response.headers)}")
    uri = call.uri.partition("#")[0]
    log(LogLevel.DEBUG, f"Request '{uri}' from '{peer_of(response)}' with the response code '{response.status_code}'")


def header_lines(headers: httpx.Headers) -> str:
    """A line for each; those that say who asks are masked."""
    pairs = ((name.decode("ascii"), value.decode("iso-8859-1")) for name, value in headers.raw)
    return "".join(f"\n    {name}: {MASK if name.lower() in SECRET_HEADERS else value}" for name, value in pairs)


def peer_of(response: httpx.Response) -> str:
    """Who answered, as `name/address:port`."""
    address, port, *_ = response.extensions["network_stream"].get_extra_info("server_addr")
    host = response.url.host
    with suppress(ValueError):
        host = "" if ip_address(host) else host
    return f"{host}/{address}:{port}"
