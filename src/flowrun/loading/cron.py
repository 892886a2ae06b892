"""Which cron expressions the server accepts (flow reference, 9.2)."""

from __future__ import annotations

NICKNAMES = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
DAYS = {name: number for number, name in enumerate(["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], 1)}

SECONDS: tuple[int, int, dict[str, int]] = (0, 59, {})
FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, MONTHS),
    (0, 7, DAYS),
)
"""Smallest value, largest value and names of minute, hour, day of the month, month and day of the week."""


class BadCron(Exception):
    """Why an expression is refused, in the server's words. `offset`: where in the expression."""

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


def check_cron(expression: str, *, with_seconds: bool = False) -> None:
    """Raise `BadCron` unless this is five fields, six with seconds first, or a nickname."""
    if expression in NICKNAMES:
        return
    fields = (SECONDS, *FIELDS) if with_seconds else FIELDS
    parts = expression.split()
    if len(parts) != len(fields):
        raise BadCron(f"Cron expression contains {len(parts)} parts but we expect one of [{len(fields)}]")
    offset = 0
    for part, (low, high, names) in zip(parts, fields, strict=True):
        offset = expression.index(part, offset)
        for item in part.split(","):
            try:
                _check_item(item, low, high, names)
            except ValueError as problem:
                raise BadCron(f"Failed to parse cron expression. {problem}", offset) from problem
            offset += len(item) + 1
        offset -= 1


DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def never_fires(expression: str) -> bool:
    """Whether a valid expression has no date: `0 0 30 2 *`. With a day of the week too, it has."""
    parts = expression.split()
    if len(parts) < len(FIELDS):
        return False  # a nickname
    days, months, weekdays = parts[-3:]
    if days.startswith("*") or weekdays != "*":
        return False
    first = min(_values(days, 1, 31, {}))
    return all(first > DAYS_IN_MONTH[month - 1] for month in _values(months, 1, 12, MONTHS))


def _values(field: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    """The numbers that a field of a valid expression stands for."""
    found: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        start = low if span == "*" else _number(first, names)
        end = high if span == "*" or (step and not dash) else _number(last or first, names)
        found.update(range(start, end + 1, int(step or 1)))
    return found


def _check_item(item: str, low: int, high: int, names: dict[str, int]) -> None:
    """One of `*`, `a`, `a-b`, each with `/step` or without. Raises `ValueError`."""
    span, slash, step = item.partition("/")
    if slash and not 0 < _number(step, {}) <= high:
        raise ValueError(f"Period {step} not in range [1, {high}]")
    if span == "*":
        return
    first, dash, last = span.partition("-")
    ends = [_number(end, names) for end in ((first, last) if dash else (first,))]
    for end in ends:
        if not low <= end <= high:
            raise ValueError(f"Value {end} not in range [{low}, {high}]")
    if ends[0] > ends[-1]:
        raise ValueError(f"Invalid range! [{ends[0]},{ends[-1]}]")


def _number(text: str, names: dict[str, int]) -> int:
    if text.upper() in names:
        return names[text.upper()]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"Invalid chars in expression! Expression: {text or '(empty)'}")
    return int(text)
