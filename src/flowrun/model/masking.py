"""The one place that masks: what is secret in an execution, and how it is kept out of what people see.

Values stay as they are where tasks pass them on. Whoever makes a line of the log, or shows a value, asks here first.
"""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from threading import Lock
from typing import TYPE_CHECKING, Any

from flowrun.model.log import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHORTEST = 4
"""Characters of a form that the server does not mask: shorter ones stand in many a harmless word."""

HIDING = Lock()
"""One for all: a secret becomes known now and then only, and what holds a lock cannot be copied."""


class Masking:
    """The secrets that an execution and those around it have come to know; from any thread.

    `texts`: every form of them, the longest first, as one may hold another.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.texts: tuple[str, ...] = ()
        self._pattern: re.Pattern[str] | None = None
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """From here on these are masked, in all their forms."""
        found = {form for secret in secrets for form in forms(secret)}
        with HIDING:
            if not found.issubset(self.texts):
                self.texts = tuple(sorted(found.union(self.texts), key=len, reverse=True))
                self._pattern = re.compile("|".join(map(re.escape, self.texts)))

    def text(self, text: str) -> str:
        """The text with `MASK` in the place of each secret."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def value(self, value: Any) -> Any:
        """A value with all texts in it masked, keys too, at any depth. Numbers and dates stay."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(item) for key, item in value.items()}
        return [self.value(item) for item in value] if isinstance(value, list | tuple | set | frozenset) else value


def forms(secret: str) -> Iterator[str]:
    """A secret as it could stand in a text: as it is and in Base64, as on a server; in Base64 for URLs, unpadded, URL-encoded.

    An empty one has no form.
    """
    if not secret:
        return
    from urllib.parse import quote, quote_plus

    data = secret.encode("utf-8", "replace")
    coded, for_urls = b64encode(data).decode(), urlsafe_b64encode(data).decode()
    yield from (secret, coded)
    more = (for_urls, coded.rstrip("="), for_urls.rstrip("="), quote(data), quote(data, safe=""), quote_plus(data))
    yield from (form for form in more if len(form) >= SHORTEST)
