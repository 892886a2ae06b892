"""`io.kestra.plugin.core.storage.Reverse`."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.storage.batches import lines
from flowrun.tasks.storage.stored import extension_of, keep_file, stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrun.model.run_context import RunContext

PIECE = 16 << 20
"""Bytes of lines that are held at a time, roughly."""

LINE_COSTS = 64


@dataclass(frozen=True, kw_only=True)
class Reverse(RunnableTask):
    """Turns the lines of a file round."""

    output_fields: ClassVar[dict[str, str]] = {"uri": "string"}

    from_: Templated[str]
    separator: Templated[str] = "\n"
    charset: Templated[str] = "UTF-8"

    def run(self, ctx: RunContext) -> dict[str, str]:
        charset, separator = self.python_charset(), self.separator
        with stored(ctx, self.from_) as file, TemporaryDirectory(prefix="flowrun-") as folder:
            pieces: list[Path] = []
            for piece in in_pieces(lines(file, charset)):
                pieces.append(Path(folder, str(len(pieces))))
                pieces[-1].write_bytes("".join(line + separator for line in reversed(piece)).encode(charset, "replace"))
            turned = Path(folder, "turned")
            join(reversed(pieces), turned)
            return {"uri": keep_file(ctx, turned, extension_of(self.from_))}

    def python_charset(self) -> str:
        """The character set, if there is such a one. Raises `TaskFailed`."""
        try:
            return codecs.lookup(self.charset).name
        except LookupError as problem:
            raise TaskFailed(self.charset) from problem


def in_pieces(texts: Iterable[str]) -> Iterator[list[str]]:
    """The lines, some at a time, so that a file of any size takes no more memory."""
    piece: list[str] = []
    size = 0
    for text in texts:
        piece.append(text)
        size += len(text) + LINE_COSTS
        if size > PIECE:
            yield piece
            piece, size = [], 0
    yield piece


def join(files: Iterable[Path], target: Path) -> None:
    """Write files one after the other."""
    with target.open("wb") as joined:
        for path in files:
            with path.open("rb") as file:
                copyfileobj(file, joined)
