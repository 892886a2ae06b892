"""Durations as Kestra reads and writes them: ISO-8601 (`PT1H30M`, `P1D`) or a plain number of seconds."""

from __future__ import annotations

import re
from datetime import timedelta

ISO = re.compile(
    r"([+-]?)P(?:([+-]?\d+)D)?(?:T(?=.)(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+)(?:[.,](\d{0,9}))?S)?)?",
    re.IGNORECASE,
)
SECONDS = re.compile(r"[+-]?\d+(?:\.\d+)?")


def parse_duration(text: str) -> timedelta:
    """The duration that a text names, to the microsecond. Raises `ValueError`."""
    if SECONDS.fullmatch(text):
        return timedelta(seconds=float(text))
    found = ISO.fullmatch(text)
    if not found or text.upper().lstrip("+-") in ("P", "PT"):
        raise ValueError(f"not a duration: {text!r}")
    sign, days, hours, minutes, seconds, fraction = found.groups()
    whole = timedelta(days=int(days or 0), hours=int(hours or 0), minutes=int(minutes or 0), seconds=int(seconds or 0))
    part = timedelta(microseconds=int((fraction or "0").ljust(6, "0")[:6]))
    total = whole - part if (seconds or "").startswith("-") else whole + part
    return -total if sign == "-" else total


def format_duration(duration: timedelta) -> str:
    """The duration in Java's shortest ISO form: `PT1H30M`, `PT0.25S`, `PT0S`."""
    micros = round(duration.total_seconds() * 1_000_000)
    sign = "-" if micros < 0 else ""
    seconds, micros = divmod(abs(micros), 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{sign}{hours}H" if hours else "", f"{sign}{minutes}M" if minutes else ""]
    if seconds or micros:
        parts.append(f"{sign}{seconds}{f'.{micros:06}'.rstrip('0') if micros else ''}S")
    return f"PT{''.join(parts) or '0S'}"


def format_clock(duration: timedelta) -> str:
    """Hours, minutes, seconds and milliseconds, as in `Timeout after 00:00:05.000`."""
    millis = duration // timedelta(milliseconds=1)
    seconds, millis = divmod(millis, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{millis:03}"
