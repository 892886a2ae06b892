"""What a real Kestra 1.3.31 said when it checked these files, and where a careful tool reports their problems.

`data/validation/CASE/`: `flow.yaml` and `expected.json` (the recorded verdict). `positions.yaml` holds the places,
which are ours: the server names few lines and fewer columns.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from flowrun.diagnostics import Severity
from flowrun.loading import Loaded, Source, load
from flowrun.tasks.registry import REGISTRY

DATA = Path(__file__).parent / "data" / "validation"
CASES = sorted(path.parent.name for path in DATA.glob("*/expected.json"))
POSITIONS = YAML(typ="safe", pure=True).load(DATA / "positions.yaml")


def loaded(case: str) -> Loaded:
    return load(Source((DATA / case / "flow.yaml").read_text(), "flow.yaml"), REGISTRY)


def expected(case: str) -> dict[str, object]:
    return json.loads((DATA / case / "expected.json").read_text())


def refused_for(case: str) -> list[str]:
    return [each.kestra for each in loaded(case).diagnostics if each.severity is Severity.ERROR and each.kestra]


REFUSED = [case for case in CASES if not expected(case)["valid"]]


@pytest.mark.parametrize("case", CASES)
def test_verdict_is_that_of_the_server(case: str) -> None:
    assert (not refused_for(case)) == expected(case)["valid"], refused_for(case)


@pytest.mark.parametrize("case", CASES)
def test_there_is_a_flow_exactly_when_the_server_accepts(case: str) -> None:
    assert (loaded(case).flow is not None) == expected(case)["valid"]


@pytest.mark.parametrize("case", REFUSED)
def test_every_problem_is_reported_in_its_place(case: str) -> None:
    errors = [each for each in loaded(case).diagnostics if each.severity is Severity.ERROR]
    starts = {(each.span.line, each.span.column) for each in errors if each.span}
    entries = POSITIONS[case] if isinstance(POSITIONS[case], list) else [POSITIONS[case]]
    for entry in entries:
        places = [(line, column) for line, column in entry["at"]] if entry["at"] != "any" else starts
        lines = {line for line, column in places if column == 0}
        assert starts & set(places) or lines & {line for line, _ in starts}, (entry, sorted(starts))


@pytest.mark.parametrize("case", REFUSED)
def test_no_further_places_are_reported(case: str) -> None:
    errors = [each for each in loaded(case).diagnostics if each.severity is Severity.ERROR]
    entries = POSITIONS[case] if isinstance(POSITIONS[case], list) else [POSITIONS[case]]
    assert len(errors) <= max(len(entries), len(expected(case)["violations"])), [each.message for each in errors]
