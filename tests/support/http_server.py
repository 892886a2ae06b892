"""A small HTTP server on the loopback interface that answers as the path says; the port is free, the thread a daemon."""

from __future__ import annotations

import gzip
import json
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

BASIC = "Basic YW5uOnBhc3M="  # ann:pass
NONCE = "abc123"
UNTOLD = ("host", "user-agent", "accept-encoding", "connection")
"""Headers that each client has in its own way."""


class Server(ThreadingHTTPServer):
    """`seen` holds each request as text, `contents` its type and bytes.

    `waiting` is set when a request is kept waiting, `stop` lets go of it.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[str] = []
        self.contents: list[tuple[str, bytes]] = []
        self.stop = threading.Event()
        self.waiting = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no trouble."""


class Handler(BaseHTTPRequestHandler):
    """`/NAME/REST` is answered by `do_NAME(REST)`."""

    protocol_version = "HTTP/1.1"
    server: Server

    def version_string(self) -> str:
        return "test"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Always the same."""
        return "Thu, 01 Jan 2026 00:00:00 GMT"

    def log_message(self, *_args: object) -> None:
        """Nothing."""

    def answer(self, code: int, body: bytes = b"", *headers: tuple[str, str], length: int | None = None) -> None:
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.read_chunks() if self.headers.get("Transfer-Encoding") else self.rfile.read(length)
        told = sorted(f"{name.lower()}: {value}" for name, value in self.headers.items() if name.lower() not in UNTOLD)
        lines = [f"{self.command} {self.path}", *told, "", self.body.decode("utf-8", "backslashreplace")]
        self.text = "\n".join(lines)
        self.server.seen.append(self.text)
        self.server.contents.append((self.headers.get("Content-Type", ""), self.body))
        name, _, rest = urlsplit(self.path).path.removeprefix("/").partition("/")
        with suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, f"to_{name}", self.to_missing)(rest)

    def __getattr__(self, name: str) -> object:
        """Every method is answered alike."""
        if name.startswith("do_"):
            return self.respond
        raise AttributeError(name)

    def read_chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def to_missing(self, _rest: str) -> None:
        self.answer(404, b"no such page", ("Content-Type", "text/plain"))

    def to_echo(self, _rest: str) -> None:
        self.answer(200, self.text.encode(), ("Content-Type", "text/plain"))

    def to_told(self, _rest: str) -> None:
        """The request as JSON."""
        self.answer(200, json.dumps(self.text.split("\n")).encode(), ("Content-Type", "application/json"))

    def to_json(self, _rest: str) -> None:
        self.answer(200, b'{"a": 1, "b": [true, null]}', ("Content-Type", "application/json"))

    def to_status(self, code: str) -> None:
        self.answer(int(code), b'{"status": ' + code.encode() + b"}", ("Content-Type", "application/json"))

    def to_bare(self, code: str) -> None:
        self.answer(int(code))

    def to_headers(self, _rest: str) -> None:
        self.answer(200, b"hi", ("X-Two", "1"), ("X-Two", "2"), ("x-LOW", "v"), ("Set-Cookie", "a=b"))

    def to_redirect(self, target: str) -> None:
        code, _, path = target.partition("/")
        self.answer(int(code), b"moved", ("Location", f"/{path}"))

    def to_loop(self, _rest: str) -> None:
        self.answer(302, b"", ("Location", "/loop"))

    def to_away(self, target: str) -> None:
        """To another host: `/away/PORT/PATH`."""
        port, _, path = target.partition("/")
        self.answer(302, b"", ("Location", f"http://localhost:{port}/{path}"))

    def to_elsewhere(self, _rest: str) -> None:
        """To the URI behind the `?`."""
        self.answer(302, b"", ("Location", urlsplit(self.path).query))

    def to_login(self, _rest: str) -> None:
        """A cookie, and on to the URI behind the `?`."""
        target = urlsplit(self.path).query or "/echo"
        self.answer(302, b"", ("Location", target), ("Set-Cookie", "session=s1; Path=/"))

    def to_basic(self, _rest: str) -> None:
        if self.headers.get("Authorization") == BASIC:
            self.answer(200, b"welcome")
        else:
            self.answer(401, b"who are you?", ("WWW-Authenticate", 'Basic realm="here"'))

    def to_digest(self, _rest: str) -> None:
        if (self.headers.get("Authorization") or "").startswith("Digest "):
            self.answer(200, b"welcome")
        else:
            asked = f'Digest realm="here", nonce="{NONCE}", qop="auth", algorithm=MD5'
            self.answer(401, b"who are you?", ("WWW-Authenticate", asked))

    def to_chunked(self, count: str) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(int(count or 3)):
            piece = f"piece {number}\n".encode()
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def to_big(self, size: str) -> None:
        """So many bytes, in a stream without a length."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        piece = b"x" * 65536
        for _ in range(int(size) // len(piece)):
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def to_slow(self, _rest: str) -> None:
        """Nothing, until `stop`."""
        self.server.waiting.set()
        self.server.stop.wait(60)
        self.close_connection = True

    def to_drip(self, _rest: str) -> None:
        """The head and one piece, then nothing until `stop`."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\nabc\r\n")
        self.wfile.flush()
        self.server.waiting.set()
        self.server.stop.wait(60)
        self.close_connection = True

    def to_short(self, _rest: str) -> None:
        """Fewer bytes than promised."""
        self.answer(200, b"abc", length=10)
        self.close_connection = True

    def to_broken(self, _rest: str) -> None:
        """A stream that ends in the middle."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\nabc\r\n")
        self.close_connection = True

    def to_nothing(self, _rest: str) -> None:
        """No answer at all."""
        self.close_connection = True

    def to_garbage(self, _rest: str) -> None:
        self.wfile.write(b"what?\r\n\r\n")
        self.close_connection = True

    def to_hops(self, left: str) -> None:
        """So many redirections."""
        target = f"/hops/{int(left) - 1}" if int(left) else "/json"
        self.answer(302, b"", ("Location", target))

    def to_busy(self, _rest: str) -> None:
        """503 once, then 200."""
        if len(self.server.seen) % 2:
            self.answer(503, b"later", ("Retry-After", "0"))
        else:
            self.answer(200, b"now")

    def to_file(self, name: str) -> None:
        disposition = self.headers.get("X-Disposition") or f'attachment; filename="{name}"'
        self.answer(200, b"a,b\n1,2\n", ("Content-Disposition", disposition), ("Content-Type", "text/csv"))

    def to_gzip(self, times: str) -> None:
        """Packed once, or `twice`."""
        packed = gzip.compress(b"zipped " * 10, mtime=0)
        if times == "twice":
            self.answer(200, gzip.compress(packed, mtime=0), ("Content-Encoding", "gzip, gzip"))
        else:
            self.answer(200, packed, ("Content-Encoding", "gzip"))

    def to_text(self, rest: str) -> None:
        """`/text/CHARSET/HEX`: those bytes; without a charset when it is `none`."""
        charset, _, digits = rest.partition("/")
        kind = "text/plain" if charset == "none" else f"text/plain; charset={charset}"
        self.answer(200, bytes.fromhex(digits), ("Content-Type", kind))

    def to_type(self, rest: str) -> None:
        """`/type/MAIN/SUB`: what the request holds, as that type."""
        self.answer(200, self.body, ("Content-Type", rest))

    def to_sse(self, _rest: str) -> None:
        events = [
            ': hello\n\nevent: a\nid: 1\ndata: {"x": "one "}\n\n',
            'data: {"x": "two"}\ndata: \n\n',
            "data: plain\n\nretry: 5\n\ndata: cut",
        ]
        self.answer(200, "".join(events).encode(), ("Content-Type", "text/event-stream"))


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that runs as long as the block; with TLS when there is a `context`."""
    server = Server()
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()
