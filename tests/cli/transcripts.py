"""Transcripts kept under `golden/`, and what changes from run to run made equal.

Refresh them with `make golden`, then read the difference before you commit it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"

START = r"(?:(?<=\x1b\[2m)|\b)"
"""Where a word starts; after the escape sequence of dim text too, which ends with a letter."""

CHANGING = [
    (re.compile(START + r"\d\d:\d\d:\d\d\.\d{3}\b"), "00:00:00.000"),
    (re.compile(r" +\d+(?:\.\d)? m?s\b"), "  0 ms"),
    (re.compile(START + r"(?=\w*[a-z])(?=\w*[A-Z])[0-9A-Za-z]{22}\b"), "<id>"),
]


def normalised(text: str) -> str:
    """The text without its times, durations and ids, and with the line ends of a file."""
    text = text.replace("\r\n", "\n")
    for pattern, instead in CHANGING:
        text = pattern.sub(instead, text)
    return text


def hold(name: str, text: str) -> None:
    """Assert that a text is the one in `golden/NAME.txt`; with FLOWRUN_UPDATE_GOLDEN set, write it instead."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("FLOWRUN_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path} differs; `make golden` writes it anew"
