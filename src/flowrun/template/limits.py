"""How much one template may ask for. A template is data from a file: it may fail, but not hang or fill the memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LONGEST_TEMPLATE: Final = 4_000_000
"""Characters of a template's text."""

LONGEST_TEXT: Final = 50_000_000
"""Characters of one value, and of all output."""

LONGEST_LIST: Final = 2_500_000
"""Elements of a range and of a list that operators make (Kestra 2.0 stops at a million)."""

MOST_STEPS: Final = 10_000_000
"""Passes through loops of one rendering, all loops together."""

HEAVIEST: Final = 5_000_000
"""Elements at all depths of a list or map that is made of others."""

CONTAINERS: Final = (list, tuple, Mapping)

DEEPEST_RENDER: Final = 16
"""`render()` inside of what `render()` renders."""

LONGEST_REGEX_TIME: Final = 1.0
"""Seconds that one regular expression may search."""


LARGE: Final = 100
LARGE_MAP: Final = 10
"""Elements or characters of what a filter is given, or a variable, that count as one pass through a loop."""

COST_OF_RENDER: Final = 200
COST_OF_CALL: Final = 50
"""Passes through a loop that a `render()`, and that a macro or block, counts as."""


LONGEST_JQ_TIME: Final = 5.0
"""Seconds that one jq program may take."""

MOST_JQ_MEMORY: Final = 1 << 30
"""Bytes of memory that jq programs may take."""


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


def weight_of(made: Any, known: dict[int, int] | None = None) -> int:
    """The elements of a list or map at every depth, counted as often as they would be written. Raises `LimitReached`.

    Cheap to make and impossible to write: a list that holds another twice, which holds another twice, and so on.
    """
    known = {} if known is None else known
    if id(made) not in known:
        known[id(made)] = HEAVIEST  # for whoever asks before the weight is known: a list that holds itself
        weight = len(made)
        for item in made.values() if isinstance(made, Mapping) else made:
            if isinstance(item, CONTAINERS):
                weight += weight_of(item, known)
        if weight > HEAVIEST:
            raise LimitReached(f"The list has more than {HEAVIEST} elements")
        known[id(made)] = weight
    return known[id(made)]


def check_elements(count: int) -> None:
    """Refuse a list before it is made."""
    if count > LONGEST_LIST:
        raise LimitReached(f"The list has more than {LONGEST_LIST} elements")
