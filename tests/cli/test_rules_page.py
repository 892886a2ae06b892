"""docs/rules.md: every rule has an example that it is reported for, and one that it is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowrun.app import flows
from flowrun.loading.rules import RULES
from flowrun.loading.source import Source

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
SEVERAL_FILES = {"disabled-subflow", "subflow-cycle", "subflow-input", "unknown-subflow"}
"""Rules between flows: tests/unit/loading/test_subflows.py has their examples."""
NO_EXAMPLE = {"nesting", "no-flow", "unreadable"} | SEVERAL_FILES
TASKS = "\ntasks:\n  - id: hello\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"


def example(code: str, kind: str) -> str:
    """An example as a whole flow."""
    (text,) = re.findall(rf"```yaml {kind}\n(.*?)\n```", SECTIONS[code], re.DOTALL)
    keys = re.findall(r"^(\w+):", text, re.MULTILINE)
    head = "".join(
        f"{key}: {value}\n" for key, value in (("id", "example"), ("namespace", "company.team")) if key not in keys
    )
    return head + text + ("" if "tasks" in keys else TASKS)


def reported(text: str) -> dict[str, tuple[str, str]]:
    return {
        one.code: (one.severity.value, "server" if one.kestra else "flowrun") for one in flows.check(Source(text, "f"))
    }


def test_the_page_has_a_section_for_each_rule_with_its_sentence() -> None:
    assert list(SECTIONS) == sorted(RULES)
    assert {code: text.strip().split("\n")[0] for code, text in SECTIONS.items()} == RULES


@pytest.mark.parametrize("code", sorted(set(RULES) - NO_EXAMPLE))
def test_the_failing_example_fails_and_the_other_passes(code: str) -> None:
    index = re.search(rf"^\| \[{code}\]\(#{code}\) \| (\w+) \| (\w+) \|$", PAGE, re.MULTILINE)
    assert index is not None
    assert reported(example(code, "fails")).get(code) == index.groups()
    assert code not in reported(example(code, "passes"))


@pytest.mark.parametrize("code", sorted(set(RULES) - NO_EXAMPLE))
def test_the_passing_example_has_no_other_error(code: str) -> None:
    assert "error" not in {severity for severity, _ in reported(example(code, "passes")).values()}
