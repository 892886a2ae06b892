"""Which of flowrun's own findings are reported: `# flowrun: ignore[code]` in the file, severities by code.

What a server refuses is always reported: no comment makes it accept the flow.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

IGNORE = re.compile(r"#\s*flowrun:\s*ignore\[([^\]\n]*)\]")


def selected(
    diagnostics: Iterable[Diagnostic], text: str, rules: Mapping[str, Severity | None]
) -> Iterator[Diagnostic]:
    """The diagnostics that are left, with the severities asked for.

    A comment silences its own line, or the next one when it stands alone. One that silences nothing is reported.
    """
    ignored = dict(ignores(text)) if "flowrun:" in text else {}
    used: set[tuple[int, str]] = set()
    for one in diagnostics:
        key = (one.span.line, one.code) if one.span else None
        if one.kestra:
            yield one
        elif key in ignored:
            used.add(key)
        else:
            severity = rules.get(one.code, one.severity)
            if severity is not None:
                yield one if severity is one.severity else replace(one, severity=severity)
    for key, span in ignored.items():
        if key not in used and rules.get("unused-ignore", Severity.WARNING) is not None:
            message = f"there is no `{key[1]}` on this line to ignore"
            severity = rules.get("unused-ignore") or Severity.WARNING
            yield Diagnostic("unused-ignore", severity, message, span, hint="what a server refuses cannot be ignored")


def ignores(text: str) -> Iterator[tuple[tuple[int, str], Span]]:
    """Line and code of what is to be ignored, and where the code is written."""
    for number, line in enumerate(text.split("\n"), 1):
        found = IGNORE.search(line)
        if found is None:
            continue
        alone = not line[: found.start()].strip()
        for code in re.finditer(r"[^\s,]+", found[1]):
            start = found.start(1) + code.start() + 1
            yield (number + alone, code[0]), Span(number, start, number, start + len(code[0]))
