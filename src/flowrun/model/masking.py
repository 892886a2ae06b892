"""The one place that masks: what is secret in an execution, and how it is kept out of what people see.

Values stay as they are where tasks pass them on. Whoever makes a line of the log, or shows a value, asks here first.
"""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from flowrun.model.log import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SHORTEST = 4
"""Characters of a form that the server does not mask: shorter ones stand in many a harmless word."""

LONGEST = 10_000
"""Characters of a text around a secret that is looked for as a whole."""

HIDING = Lock()
"""One for all: a secret becomes known now and then only, and what holds a lock cannot be copied."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text that holds a secret, as the store keeps it: encrypted. Whoever shows it shows `MASK`."""

    code: str

    def __str__(self) -> str:
        return MASK


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
        return changed(value, str, self.text) if self._pattern else value

    def sealed(self, value: Any, seal: Callable[[str], str]) -> Any:
        """A value with each text in it encrypted that holds a secret. Keys of maps stay."""
        if self._pattern is None:
            return value
        search = self._pattern.search
        return changed(value, str, lambda text: Sealed(seal(text)) if search(text) else text, keys=False)

    def opened(self, value: Any, unseal: Callable[[str], str]) -> Any:
        """A sealed value as it was; what was sealed is a secret from here on."""

        def opened(one: Sealed) -> str:
            text = unseal(one.code)
            self.hide([text] if len(text) <= LONGEST else [])
            return text

        return changed(value, Sealed, opened, keys=False)


def changed(value: Any, kind: type, change: Callable[[Any], Any], *, keys: bool = True) -> Any:
    """A value in which everything of a kind is changed, at any depth; with `keys` those of maps too."""
    if isinstance(value, kind):
        return change(value)
    if isinstance(value, dict):
        return {
            change(key) if keys and isinstance(key, kind) else key: changed(item, kind, change, keys=keys)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [changed(item, kind, change, keys=keys) for item in value]
    return value


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
