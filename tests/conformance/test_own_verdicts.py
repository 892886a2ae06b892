"""What a real Kestra 1.3.31 said of flows with one unusual value in them: each property of each core type was tried.

`own-verdicts.jsonl`: the flow (a map, or its text), the verdict, and the violations as `path: sentence`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from flowrun.diagnostics import Severity
from flowrun.loading import Source, load
from flowrun.tasks.registry import REGISTRY

LINES = (Path(__file__).parent / "data" / "own-verdicts.jsonl").read_text(encoding="utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
PLACED = re.compile(r"(?:tasks|triggers)\[\d+\][\w.\[\]]*: ")
"""A violation of a rule, at its path; what the parser refuses has only the names of Java classes."""


def refused_for(case: dict[str, Any]) -> list[str]:
    text = case["source"] if isinstance(case["source"], str) else json.dumps(case["source"])
    found = load(Source(text, "flow.yaml"), REGISTRY).diagnostics
    return [one.kestra for one in found if one.severity is Severity.ERROR and one.kestra]


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case["source"])[:120])
def test_the_verdict_is_the_server_s_and_so_are_the_rules(case: dict[str, Any]) -> None:
    refused = refused_for(case)
    assert (not refused) == case["valid"], refused
    for violation in case["violations"]:
        if PLACED.match(violation):
            assert violation.strip() in refused
