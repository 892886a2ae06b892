"""Ids of executions and task runs: 22 characters, base 62, as Kestra makes them."""

from __future__ import annotations

import os

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 22


def new_id() -> str:
    """A random id of 128 bits."""
    number = int.from_bytes(os.urandom(16))
    digits = []
    for _ in range(LENGTH):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
