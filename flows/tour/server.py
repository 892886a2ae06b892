"""The small service that the flows of the tour talk to: data, a flaky address, a protected one, a place for uploads.

Run it:   python3 flows/tour/server.py [--port 8000]

It listens on this machine only, needs nothing but Python, and forgets everything when it ends (Ctrl-C).

| address | answers |
|---|---|
| `GET /orders.csv` | the orders of a week: id, day, region, customer, product, quantity, price |
| `GET /regions` | the names of the regions, as a JSON list |
| `GET /regions/NAME.csv` | the orders of one region, with the same columns |
| `GET /customers/NAME` | one customer with his orders, as JSON; 404 for a stranger |
| `GET /events?since=ID` | the next five events after this id, oldest first, as a JSON list; there are twelve |
| `GET /flaky/NAME?failures=N` | 500 for the first N calls of this NAME, then exchange rates as JSON |
| `GET /account` | the balance, for `Authorization: Bearer tour-token`; 401 for everybody else |
| `PUT /uploads/NAME` | keeps the body: 201, or 200 when it replaces another |
| `GET /uploads/NAME`, `DELETE /uploads/NAME` | gives it back, forgets it; 404 when there is none |
| `GET /uploads` | the names of all that is kept, as a JSON list |
"""

from __future__ import annotations

import argparse
import csv
import json
import threading
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "tour-token"  # noqa: S105 - everybody may know it
EVENTS_AT_A_TIME = 5
LARGEST_UPLOAD_BYTES = 10_000_000
COLUMNS = ("id", "day", "region", "customer", "product", "quantity", "price")
ORDERS = (
    (1, "2026-03-02", "north", "ann", "tea", 3, "4.50"),
    (2, "2026-03-02", "south", "bob", "coffee", 2, "7.00"),
    (3, "2026-03-03", "north", "eve", "tea", 1, "4.50"),
    (4, "2026-03-03", "west", "ann", "cocoa", 5, "3.20"),
    (5, "2026-03-04", "south", "eve", "coffee", 4, "7.00"),
    (6, "2026-03-04", "north", "bob", "cocoa", 2, "3.20"),
    (7, "2026-03-05", "west", "bob", "tea", 6, "4.50"),
    (8, "2026-03-05", "south", "ann", "coffee", 1, "7.00"),
    (9, "2026-03-06", "west", "eve", "coffee", 3, "7.00"),
    (10, "2026-03-06", "north", "ann", "tea", 2, "4.50"),
)
EVENTS = [{"id": number, "kind": ("click", "view", "order")[number % 3]} for number in range(1, 13)]
RATES = {"EUR": 1.0, "USD": 1.08, "GBP": 0.86}


class Answer(NamedTuple):
    """What goes back to the caller."""

    code: HTTPStatus
    body: bytes = b""
    type: str = "application/json"


def as_json(value: object, code: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(code, json.dumps(value).encode())


def refusal(code: HTTPStatus, why: str) -> Answer:
    return as_json({"error": why}, code)


class Service:
    """The answers, and what has to be remembered for them. Threads may share it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.uploads: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()

    def get(self, path: str, query: dict[str, list[str]], authorization: str) -> Answer:
        """What a GET of this path gives."""
        collection, _, name = path.strip("/").partition("/")
        match collection, name:
            case "orders.csv", "":
                return orders_as_csv()
            case "regions", "":
                return as_json(sorted({order[2] for order in ORDERS}))
            case "regions", _:
                return orders_as_csv(name.removesuffix(".csv"))
            case "customers", _:
                return customer(name)
            case "events", "":
                since = number_in(query, "since")
                return as_json([event for event in EVENTS if event["id"] > since][:EVENTS_AT_A_TIME])
            case "flaky", _:
                return self.flaky(name, number_in(query, "failures"))
            case "account", "":
                return account(authorization)
            case "uploads", "":
                return as_json(sorted(self.uploads))
            case "uploads", _ if name in self.uploads:
                return Answer(HTTPStatus.OK, self.uploads[name], "application/octet-stream")
        return refusal(HTTPStatus.NOT_FOUND, f"there is no {path}")

    def flaky(self, name: str, failures: int) -> Answer:
        """Fails the first times that it is asked under a name."""
        with self.lock:
            self.calls[name] += 1
            call = self.calls[name]
        if call <= failures:
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"call {call} fails")
        return as_json({"call": call, "rates": RATES})

    def put(self, path: str, body: bytes) -> Answer:
        """Keep an upload."""
        name = path.removeprefix("/uploads/")
        if not name or name == path:
            return refusal(HTTPStatus.NOT_FOUND, "uploads go to /uploads/NAME")
        with self.lock:
            code = HTTPStatus.OK if name in self.uploads else HTTPStatus.CREATED
            self.uploads[name] = body
        return as_json({"name": name, "bytes": len(body)}, code)

    def delete(self, path: str) -> Answer:
        """Forget an upload."""
        with self.lock:
            found = self.uploads.pop(path.removeprefix("/uploads/"), None)
        if found is None:
            return refusal(HTTPStatus.NOT_FOUND, f"there is no {path}")
        return as_json({"deleted": path})


def orders_as_csv(region: str | None = None) -> Answer:
    """The orders, of one region or of all."""
    rows = [order for order in ORDERS if region in (None, order[2])]
    if not rows:
        return refusal(HTTPStatus.NOT_FOUND, f"there is no region {region}")
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    return Answer(HTTPStatus.OK, text.getvalue().encode(), "text/csv")


def customer(name: str) -> Answer:
    """A customer with his orders."""
    orders = [dict(zip(COLUMNS, order, strict=True)) for order in ORDERS if order[3] == name]
    if not orders:
        return refusal(HTTPStatus.NOT_FOUND, f"there is no customer {name}")
    return as_json({"name": name, "orders": orders})


def account(authorization: str) -> Answer:
    """The balance, for who has the token."""
    if authorization != f"Bearer {TOKEN}":
        return refusal(HTTPStatus.UNAUTHORIZED, "a token is needed")
    return as_json({"owner": "tour", "balance": 1250.75})


def number_in(query: dict[str, list[str]], name: str) -> int:
    """A number of the query; 0 when it is none."""
    value = query.get(name, ["0"])[0]
    return int(value) if value.isdecimal() else 0


class Handler(BaseHTTPRequestHandler):
    """Between HTTP and the service."""

    protocol_version = "HTTP/1.1"
    service: Service

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        authorization = self.headers.get("Authorization", "")
        self.send(self.service.get(unquote(address.path), parse_qs(address.query), authorization))

    def do_PUT(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_UPLOAD_BYTES:
            self.close_connection = True  # the body is left unread
            self.send(refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "a Content-Length of at most 10 MB is needed"))
            return
        self.send(self.service.put(unquote(urlsplit(self.path).path), self.rfile.read(int(length))))

    def do_DELETE(self) -> None:
        self.send(self.service.delete(unquote(urlsplit(self.path).path)))

    def send(self, answer: Answer) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(answer.code)
            self.send_header("Content-Type", answer.type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)


def main() -> None:
    """Listen until Ctrl-C."""
    parser = argparse.ArgumentParser(description="The small service that the flows of the tour talk to.")
    parser.add_argument("--port", type=int, default=8000, help="0: one that is free (8000)")
    Handler.service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler)
    server.daemon_threads = True
    print(f"listening on http://localhost:{server.server_port}", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
