"""Encrypt what an execution must not hold in the clear: the values of SECRET inputs."""

from __future__ import annotations

import os
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING

from flowrun.errors import StoreError
from flowrun.template.encryption import decrypted, encrypted

if TYPE_CHECKING:
    from pathlib import Path


class Seal:
    """AES-GCM with the key of a file, which is made when it is first needed (readable by its owner only).

    Without a file: with a key of this process, so that nobody can read it back.
    """

    def __init__(self, key_file: Path | None = None) -> None:
        self.key_file = key_file
        self.key = ""

    def __call__(self, text: str) -> str:
        """The sealed text, in Base64. Raises `StoreError` when the file holds no key."""
        self.key = self.key or self._read_or_make_key()
        try:
            return encrypted(self.key, text) or ""
        except Exception as problem:
            raise StoreError(
                f"`{self.key_file}` is no key of flowrun",
                hint="move it away; SECRET inputs that were sealed with it cannot be opened any more",
            ) from problem

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises `StoreError` when the key is not the one that sealed it."""
        self.key = self.key or self._read_or_make_key()
        try:
            return decrypted(self.key, sealed) or ""
        except Exception as problem:
            raise StoreError(
                f"the secrets of this execution cannot be opened with the key in `{self.key_file}`",
                hint="run the flow again and give the inputs anew",
            ) from problem

    def _read_or_make_key(self) -> str:
        """That of the file; where it can neither be read nor made, one that nobody will know any more."""
        if self.key_file is None:
            return new_key()
        try:
            if not self.key_file.exists():
                self._make_key(self.key_file)
            return self.key_file.read_text(encoding="ascii", errors="replace")
        except OSError:
            return new_key()

    def _make_key(self, key_file: Path) -> None:
        """Never half there: two processes at once agree on one key."""
        made = key_file.with_suffix(f".{os.urandom(8).hex()}")  # process numbers come again, in containers at once
        descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key())
        with suppress(FileExistsError):
            os.link(made, key_file)
        made.unlink()


def new_key() -> str:
    """256 random bits, in Base64."""
    return b64encode(os.urandom(32)).decode()
