"""The report as SARIF 2.1.0, for GitHub's code scanning, Azure DevOps and editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowrun import __version__
from flowrun.cli.ci import in_repository
from flowrun.diagnostics import Severity
from flowrun.loading.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flowrun.cli.checked import Checked
    from flowrun.diagnostics import Diagnostic, Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def report(checked: Iterable[Checked]) -> Iterator[str]:
    """One document, with one run."""
    files = list(checked)
    codes = sorted({found.code for one in files for found in one.diagnostics})
    driver = {"name": "flowrun", "version": __version__, "rules": [rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [result(found, one.source.name, codes) for one in files for found in one.diagnostics],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    yield json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def rule(code: str) -> dict[str, Any]:
    """What a code stands for; `helpUri` where the package names the repository that holds the page."""
    page = rules_page()
    described = {"id": code, "shortDescription": {"text": RULES.get(code, f"{code.replace('-', ' ').capitalize()}.")}}
    return {**described, "helpUri": f"{page}#{code}"} if page else described


@cache
def rules_page() -> str | None:
    """`docs/rules.md` in the repository that the installed package names as its own; None while it names none."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        named = metadata("flowrun").get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    urls = {label.lower(): url for label, _, url in (one.partition(", ") for one in named)}
    repository = urls.get("repository")
    return f"{repository.rstrip('/')}/blob/main/docs/rules.md" if repository else None


def result(found: Diagnostic, name: str, codes: Sequence[str]) -> dict[str, Any]:
    """A problem in its place. `codes`: the rules of the run, in their order."""
    hint = f"\nhint: {found.hint}" if found.hint else ""
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(name)}}
    if found.span:
        physical["region"] = region(found.span)
    location: dict[str, Any] = {"physicalLocation": physical}
    if found.path:
        location["logicalLocations"] = [{"fullyQualifiedName": found.path}]
    return {
        "ruleId": found.code,
        "ruleIndex": codes.index(found.code),
        "level": LEVELS[found.severity],
        "message": {"text": found.message + hint},
        "locations": [location],
    }


def uri(name: str) -> str:
    """Relative to the root of the repository; absolute for a file that is not in it."""
    relative = in_repository(name, os.environ)
    if relative is not None:
        return quote(relative)
    return Path(name).absolute().as_uri() if os.path.exists(name) else quote(name)  # noqa: PTH110


def region(span: Span) -> dict[str, int]:
    """As ours: from 1, the end column exclusive."""
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
