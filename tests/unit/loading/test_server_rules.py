"""Rules that a real Kestra 1.3 was seen to apply, each with its sentence."""

from __future__ import annotations

import pytest

from flowrun.diagnostics import Severity
from flowrun.loading import Source, load
from flowrun.tasks.registry import REGISTRY

HEAD = "id: a\nnamespace: b\n"
TASK = "{id: t, type: io.kestra.plugin.core.log.Log, message: hi%s}"
TASKS = f"tasks: [{TASK % ''}]\n"
PREFILL = "inputs[0]: Inputs with a default value cannot also have a prefill."
REQUIRED = "inputs[0]: Inputs with a default value must be required, since the default is always applied."


def sentences(text: str) -> list[str]:
    found = load(Source(text, "flow.yaml"), REGISTRY).diagnostics
    return [each.kestra for each in found if each.severity is Severity.ERROR and each.kestra]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("type: STRING, defaults: x, prefill: y", [PREFILL]),
        ("type: STRING, defaults: '', prefill: y", [PREFILL]),
        ("type: STRING, defaults: ~, prefill: y", []),
        ("type: INT, defaults: 1, prefill: 2, required: false", [REQUIRED]),
        ("type: MULTISELECT, itemType: ARRAY, values: [a]", ["inputs[0]: `itemType` cannot be ARRAY"]),
        (f"type: STRING, displayName: {'x' * 300}", []),
    ],
)
def test_an_input_is_judged_as_the_server_judges_it(declared: str, expected: list[str]) -> None:
    assert sentences(HEAD + TASKS + f"inputs: [{{id: i, {declared}}}]\n") == expected


@pytest.mark.parametrize("cache", ["{}", "{ttl: PT1S}"])
def test_a_cache_says_whether_it_is_enabled(cache: str) -> None:
    found = sentences(HEAD + f"tasks: [{TASK % f', taskCache: {cache}'}]\n")
    assert found == ["tasks[0].taskCache.enabled: must not be null"]


@pytest.mark.parametrize("key", ["aB", "a.", "a-b_c.d1", "é", "x" * 300])
def test_a_key_of_a_label_may_have_other_characters_behind_its_first(key: str) -> None:
    assert sentences(HEAD + TASKS + f"labels: {{{key}: v}}\n") == []


@pytest.mark.parametrize("key", ["A", "1", "-a", "_a", ".a", "a b", "a/b", "'a:b'"])
def test_a_key_of_a_label_begins_with_a_lowercase_letter(key: str) -> None:
    (found,) = sentences(HEAD + TASKS + f"labels: {{{key}: v}}\n")
    assert found.startswith("labels[0].key: Invalid label key.")


def test_the_keys_of_a_triggers_labels_are_free() -> None:
    trigger = "triggers: [{id: w, type: io.kestra.plugin.core.trigger.Webhook, key: k, labels: {A: v}}]\n"
    assert sentences(HEAD + TASKS + trigger) == []


@pytest.mark.parametrize("tenant", ["A", "a b", "-a"])
def test_a_tenant_id_is_not_looked_at(tenant: str) -> None:
    assert sentences(HEAD + f"tenantId: {tenant}\n" + TASKS) == []
