"""How much one template may ask for. A template is data from a file: it may fail, but not hang or fill the memory."""

from __future__ import annotations

from typing import Final

LONGEST_TEMPLATE: Final = 4_000_000
"""Characters of a template's text."""

LONGEST_TEXT: Final = 50_000_000
"""Characters of one value, and of all output."""

LONGEST_LIST: Final = 5_000_000
"""Elements of a range and of a list that operators make (Kestra 2.0 stops at a million)."""

MOST_STEPS: Final = 10_000_000
"""Passes through loops of one rendering, all loops together."""

DEEPEST_RENDER: Final = 16
"""`render()` inside of what `render()` renders."""

LONGEST_REGEX_TIME: Final = 1.0
"""Seconds that one regular expression may search."""


class LimitReached(Exception):
    """A limit was hit; no operator turns it into its own failure, and `??` does not catch it."""


def bounded(text: str) -> str:
    """`text`, if it is not too long."""
    if len(text) > LONGEST_TEXT:
        raise LimitReached(f"The text has more than {LONGEST_TEXT} characters")
    return text


def check_length(length: int) -> None:
    """Refuse a text before it is made."""
    if length > LONGEST_TEXT:
        raise LimitReached(f"The text has more than {LONGEST_TEXT} characters")


def check_elements(count: int) -> None:
    """Refuse a list before it is made."""
    if count > LONGEST_LIST:
        raise LimitReached(f"The list has more than {LONGEST_LIST} elements")
