"""The functions `encrypt` and `decrypt`: AES in GCM mode, as the server stores secrets."""

from __future__ import annotations

from base64 import b64decode, b64encode
from os import urandom
from typing import Any, Final

from flowrun.template.callables import Failure

NONCE: Final = 12


def encrypted(key: str, text: str | None) -> str | None:
    """Base64 of a fresh nonce and the cipher text; empty or no text as it is."""
    if not text:
        return text
    nonce = urandom(NONCE)
    sealed: bytes = cipher(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), None)
    return b64encode(nonce + sealed).decode()


def decrypted(key: str, text: str | None) -> str | None:
    """The text that `encrypted` was given. Raises `Failure` for another key or a damaged text."""
    if not text:
        return text
    try:
        data = b64decode(text, validate=True)
        opened: bytes = cipher(key).decrypt(data[:NONCE], data[NONCE:], None)
        return opened.decode("utf-8", "surrogatepass")
    except Failure:
        raise
    except Exception as problem:
        raise Failure("Tag mismatch") from problem


def cipher(key: str | None) -> Any:
    """The cipher of a base64 key of 16, 24 or 32 bytes."""
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as problem:
        raise Failure("`encrypt` and `decrypt` need the package `cryptography`") from problem
    try:
        return AESGCM(b64decode(key or "", validate=True))
    except ValueError as problem:
        raise Failure(f"Invalid AES key: {problem}") from problem
