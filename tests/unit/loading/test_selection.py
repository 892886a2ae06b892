"""Which findings are reported: comments in the file, severities from the settings."""

from __future__ import annotations

from flowrun.diagnostics import Severity
from flowrun.loading import Source, load
from flowrun.tasks.registry import REGISTRY

FLOW = """\
id: a
namespace: b
tasks:
  - id: one
    type: io.kestra.plugin.core.log.Log
    message: "{{ nope }}"
"""


def found(text: str, rules: dict[str, Severity | None] | None = None) -> list[tuple[str, str]]:
    diagnostics = load(Source(text, "f"), REGISTRY, rules or {}).diagnostics
    return [(one.severity.value, one.code) for one in diagnostics]


def test_a_comment_silences_its_code_on_its_line() -> None:
    assert found(FLOW) == [("error", "unknown-variable")]
    assert found(FLOW.replace('nope }}"', 'nope }}" # flowrun: ignore[unknown-variable]')) == []


def test_a_comment_on_a_line_of_its_own_silences_the_next() -> None:
    assert found(FLOW.replace("    message", "    # flowrun: ignore[unknown-variable]\n    message")) == []


def test_several_codes_stand_in_one_comment() -> None:
    twice = FLOW.replace('nope }}"', 'nope }} {{ 1 | no }}" # flowrun: ignore[unknown-variable, unknown-function]')
    assert found(twice) == []


def test_a_comment_that_silences_nothing_is_reported_at_its_code() -> None:
    text = FLOW.replace("id: one", "id: one # flowrun: ignore[unknown-variable]")
    first, _ = load(Source(text, "f"), REGISTRY).diagnostics
    assert first.code == "unused-ignore"
    assert first.span is not None
    assert (
        text.split("\n")[first.span.line - 1][first.span.column - 1 : first.span.end_column - 1] == "unknown-variable"
    )


def test_what_the_server_refuses_cannot_be_ignored() -> None:
    text = FLOW.replace("message:", "mesage:").replace('nope }}"', 'nope }}" # flowrun: ignore[unknown-field]')
    assert ("error", "unknown-field") in found(text)


def test_the_settings_change_severities_or_switch_a_rule_off() -> None:
    assert found(FLOW, {"unknown-variable": Severity.NOTE}) == [("note", "unknown-variable")]
    assert found(FLOW, {"unknown-variable": None}) == []


def test_the_settings_do_not_touch_what_the_server_refuses() -> None:
    assert ("error", "unknown-field") in found(FLOW.replace("message:", "mesage:"), {"unknown-field": None})
