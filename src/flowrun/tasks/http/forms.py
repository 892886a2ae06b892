"""The contents of forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from flowrun.errors import TaskFailed
from flowrun.model.http_exchange import Part
from flowrun.model.storage import SCHEME
from flowrun.template import to_json, to_text

if TYPE_CHECKING:
    from contextlib import ExitStack
    from typing import BinaryIO

    from flowrun.model.storage import Storage


def urlencoded(form: dict[str, Any], charset: str) -> bytes:
    """The fields in one line; one that is null is left out."""

    def encoded(value: Any) -> str:
        return quote_plus(to_text(value), encoding=charset, errors="replace")

    pairs = (f"{encoded(name)}={encoded(value)}" for name, value in form.items() if value is not None)
    return "&".join(pairs).encode("ascii")


def multipart(form: dict[str, Any], storage: Storage, files: ExitStack) -> list[Part]:
    """A part for each field. A URI of the internal storage, and a map of `name` and `content`, which is one, are files."""
    return [part_of(name, value, storage, files) for name, value in form.items() if value is not None]


def part_of(name: str, value: Any, storage: Storage, files: ExitStack) -> Part:
    if isinstance(value, str) and value.startswith(SCHEME):
        return Part(name, opened(value, storage, files), value.rpartition("/")[2])
    if isinstance(value, dict) and "name" in value and "content" in value:
        return Part(name, opened(str(value["content"]), storage, files), str(value["name"]))
    text = to_json(value) if isinstance(value, list | dict) else to_text(value)
    return Part(name, text.encode())


def opened(uri: str, storage: Storage, files: ExitStack) -> BinaryIO:
    """A stored file, for as long as `files` lasts."""
    if not uri.startswith(SCHEME):
        raise TaskFailed(f"Invalid internal storage uri, got uri '{uri}'")
    try:
        return files.enter_context(storage.open(uri))
    except OSError as problem:
        raise TaskFailed(f"{uri} ({problem.strerror})") from problem
