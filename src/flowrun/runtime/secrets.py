"""Secrets: where `secret()` finds them, and that no log line shows one that was read (reference of the flow file, 11.1)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from threading import Lock
from typing import TYPE_CHECKING, Any

from flowrun.errors import TemplateError
from flowrun.template import to_json, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.model.masking import Masking

PREFIX = "SECRET_"


class Secrets:
    """Values by key, in whatever case it is written. Each text that was read is masked by whoever asked for it."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = {key.upper(): value for key, value in (values or {}).items()}
        self._read: dict[str, None] = {}
        self._maskings: dict[Masking, None] = {}
        self._lock = Lock()

    def hide_with(self, masking: Masking) -> None:
        """Have every secret masked that was read, or will be."""
        with self._lock:
            self._maskings[masking] = None
            masking.hide(self._read)

    def find(self, key: str, subkey: str | None = None) -> str:
        """A secret, or the value under a key of one that is a map in JSON. Raises `TemplateError`."""
        value = self.values.get(key.upper())
        if value is None:
            raise TemplateError(f"Cannot find secret for key '{key}'.")
        self._hidden(value)
        if subkey is None:
            return value
        found = field_of(value, key, subkey)
        self._hidden(found)
        return found

    def _hidden(self, text: str) -> None:
        with self._lock:
            if text not in self._read:
                self._read[text] = None
                for masking in self._maskings:
                    masking.hide([text])


def field_of(value: str, key: str, subkey: str) -> str:
    """What a secret that is a map holds under a key. Raises `TemplateError`."""
    from flowrun.template.json_text import JsonProblem, read_first

    try:
        fields: Any = read_first(value)
    except JsonProblem as problem:
        message = f"Failed to read secret sub-key '{subkey}' from secret '{key}'. Ensure the secret contains valid JSON value."
        raise TemplateError(message) from problem
    if not isinstance(fields, dict) or subkey not in fields:
        raise TemplateError(f"Cannot find secret sub-key '{subkey}' in secret '{key}'.")
    found = fields[subkey]
    return to_json(found) if isinstance(found, dict | list) else to_text(found)


def secrets_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets in the environment: `SECRET_KEY`, in Base64. What is no Base64 is none."""
    found = {}
    for name, coded in environment.items():
        if name.startswith(PREFIX):
            try:
                found[name.removeprefix(PREFIX)] = b64decode("".join(coded.split()), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                continue
    return found
