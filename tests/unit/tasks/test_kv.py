"""Tasks over key-value pairs. What is expected was asked of a Kestra 1.3 server."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flowrun.errors import TaskFailed, TemplateError
from flowrun.tasks.kv.delete import Delete
from flowrun.tasks.kv.get import Get
from flowrun.tasks.kv.get_keys import GetKeys
from flowrun.tasks.kv.purge_kv import PurgeKV
from flowrun.tasks.kv.put import Put
from flowrun.tasks.kv.set_ import Set

if TYPE_CHECKING:
    from tests.support.contexts import Bench

SECOND = timedelta(seconds=1)


def kept(bench: Bench, value: Any, kind: str | None = None) -> tuple[Any, str]:
    """A value as `kv.Get` and as `kv()` read it back."""
    bench.run(Set, key="k", value=value, kv_type=kind)
    return bench.run(Get, key="k").get("value"), bench.context().render("{{ kv('k', errorOnMissing=false) }}")


@pytest.mark.parametrize(
    ("value", "kind", "output", "printed"),
    [
        ("{{ [1, 2] }}", None, [1, 2], "[1,2]"),
        ("{{ 40 + 2 }}", None, 42, "42"),
        ("12", None, "12", "12"),
        ({"a": 1, "b": "{{ flow.id }}"}, None, '{"a":1,"b":"flow"}', '{"a":1,"b":"flow"}'),
        ("{{ null }}", None, None, ""),
        ("PT1H", None, 3600.0, "PT1H"),
        ("{{ 12 }}", "STRING", "12", "12"),
        ("1.5", "NUMBER", 1.5, "1.5"),
        ("1e3", "NUMBER", 1000.0, "1000.0"),
        ("TRUE", "BOOLEAN", True, "true"),
        ("yes", "BOOLEAN", False, "false"),
        ("2024-05-01T10:00:00+02:00", "DATETIME", "2024-05-01T08:00:00Z", "2024-05-01T08:00:00Z"),
        ("2024-05-01T10:00:00.123456Z", "DATETIME", "2024-05-01T10:00:00.123Z", "2024-05-01T10:00:00.123Z"),
        ("2024-05-01T00:00:00Z", "DATETIME", "2024-05-01", "2024-05-01"),
        ("2024-05-01T00:00:00Z", "DATE", "2024-05-01", "2024-05-01"),
        ("P1D", "DURATION", 86400.0, "PT24H"),
        ("PT0.5S", "DURATION", "PT0.5S", "PT0.5S"),
        ('{"a": [1, null]}', "JSON", {"a": [1, None]}, '{"a":[1,null]}'),
        ("null", "JSON", None, ""),
    ],
)
def test_a_value_reads_back_as_its_type(bench: Bench, value: Any, kind: str | None, output: Any, printed: str) -> None:
    assert kept(bench, value, kind) == (output, printed)


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ("x", "NUMBER", "Unrecognized token 'x'"),
        ("true", "NUMBER", "Cannot deserialize value of type"),
        ("2024-05-01", "DATE", "Text '2024-05-01' could not be parsed at index 10"),
        ("x", "DATETIME", "Text 'x' could not be parsed at index 0"),
        ("", "NUMBER", r"No content to map due to end-of-input\n at \[Source: REDACTED .* disabled\); line: 1\]$"),
        ("90", "DURATION", "Text cannot be parsed to a Duration"),
        ("{a: 1}", "JSON", "was expecting double-quote to start field name"),
    ],
)
def test_a_text_that_does_not_fit_its_type_is_refused(bench: Bench, value: str, kind: str, message: str) -> None:
    with pytest.raises(TaskFailed, match=message):
        bench.run(Set, key="k", value=value, kv_type=kind)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "Key cannot be null or empty"),
        ("a b", "Key must start with"),
        ("-a", "Key must start with"),
        ("é", "Key must"),
    ],
)
def test_what_can_be_no_key_is_refused_everywhere(bench: Bench, key: str, message: str) -> None:
    for task, more in ((Set, {"value": "x"}), (Get, {}), (Delete, {}), (Put, {"value": "x"})):
        with pytest.raises(TaskFailed, match=message):
            bench.run(task, key=key, **more)
    with pytest.raises(TemplateError, match=message):
        bench.context().render(f"{{{{ kv('{key}') }}}}")


def test_a_key_that_is_there_is_not_overwritten_unless_it_may_be(bench: Bench) -> None:
    bench.run(Set, key="k", value="a")
    with pytest.raises(TaskFailed, match=r"Cannot set value for key .k"):
        bench.run(Set, key="k", value="b", overwrite=False)
    bench.run(Set, key="k", value="c")
    assert bench.run(Get, key="k") == {"value": "c"}


def test_a_missing_key_is_null_or_a_failure(bench: Bench) -> None:
    assert bench.run(Get, key="k") == {}
    assert bench.run(Delete, key="k") == {"deleted": False}
    message = "No value found for key 'k' in namespace 'acme.team' and `errorOnMissing` is set to true"
    for task, more in ((Get, {}), (Delete, {}), (Put, {"value": "x"})):
        with pytest.raises(TaskFailed, match=message):
            bench.run(task, key="k", error_on_missing=True, **more)
    with pytest.raises(TemplateError, match=r"The key 'k' does not exist in the namespace 'acme.team'"):
        bench.context().render("{{ kv('k') }}")


def test_an_expired_pair_says_so_once_and_is_gone_then(bench: Bench) -> None:
    bench.run(Set, key="k", value="a", ttl=SECOND)
    bench.wait(0.5)
    assert bench.run(Get, key="k") == {"value": "a"}
    bench.wait(0.5)
    assert bench.run(GetKeys) == {"keys": []}
    with pytest.raises(TaskFailed, match="Cannot set value"):
        bench.run(Set, key="k", value="b", overwrite=False)
    with pytest.raises(TaskFailed, match="The requested value has expired"):
        bench.run(Get, key="k")
    assert bench.run(Get, key="k") == {}


def test_the_function_takes_an_expired_pair_for_a_missing_one_if_it_may(bench: Bench) -> None:
    bench.run(Set, key="k", value="a", ttl=SECOND)
    bench.wait(2)
    assert bench.context().render("[{{ kv('k', errorOnMissing=false) }}]") == "[]"
    bench.run(Set, key="k", value="a", ttl=SECOND)
    bench.wait(2)
    with pytest.raises(TemplateError, match="The requested value has expired"):
        bench.context().render("{{ kv('k') }}")


def test_a_new_value_has_the_time_of_its_own(bench: Bench) -> None:
    bench.run(Set, key="k", value="a", ttl=SECOND)
    bench.run(Set, key="k", value="b")
    bench.wait(2)
    assert bench.run(Get, key="k") == {"value": "b"}


def test_a_time_to_live_is_not_negative(bench: Bench) -> None:
    with pytest.raises(TaskFailed, match="ttl cannot be negative"):
        bench.run(Set, key="k", value="a", ttl=-SECOND)


def test_the_namespaces_around_are_looked_through_when_none_is_named(bench: Bench) -> None:
    bench.run(Set, key="k", value="above", namespace="acme")
    assert bench.run(Get, key="k") == {"value": "above"}
    assert bench.context().render("{{ kv('k') }}{{ kv('k', 'acme') }}") == "aboveabove"
    with pytest.raises(TemplateError, match=r"does not exist in the namespace 'acme.team'"):
        bench.context().render("{{ kv('k', 'acme.team') }}")
    assert bench.run(Delete, key="k") == {"deleted": False}
    bench.run(Set, key="k", value="own")
    assert bench.run(Get, key="k") == {"value": "own"}


def test_a_namespace_that_nobody_knows_does_not_exist(bench: Bench) -> None:
    message = "Cannot access the KV store. The namespace 'other' does not exist."
    with pytest.raises(TaskFailed, match=message):
        bench.run(Set, key="k", value="a", namespace="other")
    with pytest.raises(TemplateError, match=message):
        bench.context().render("{{ kv('k', 'other') }}")


def test_keys_are_listed_by_their_beginning(bench: Bench) -> None:
    for key in ("ab", "b", "aa"):
        bench.run(Set, key=key, value="x")
    assert bench.run(GetKeys) == {"keys": ["aa", "ab", "b"]}
    assert bench.run(GetKeys, prefix="a") == {"keys": ["aa", "ab"]}
    assert bench.run(GetKeys, prefix="z") == {"keys": []}


def test_put_keeps_texts(bench: Bench) -> None:
    bench.run(Put, key="m", value={"a": 1})
    assert bench.run(Get, key="m") == {"value": '{"a":1}'}


def test_a_purge_takes_what_has_expired(bench: Bench) -> None:
    bench.run(Set, key="a", value="x", ttl=SECOND)
    bench.run(Set, key="b", value="x")
    bench.wait(2)
    assert bench.run(PurgeKV) == {"size": 1}
    assert bench.logs == ["purging 1 namespaces: [acme.team]", "purged 1 keys"]
    assert bench.run(PurgeKV) == {"size": 0}
    assert bench.run(PurgeKV, expired_only=False, key_pattern="?") == {"size": 1}
    assert bench.run(GetKeys) == {"keys": []}


def test_a_purge_of_versions_keeps_the_newest(bench: Bench) -> None:
    for value in "abc":
        bench.run(Set, key="k", value=value)
    assert bench.run(PurgeKV, behavior={"type": "version", "before": "2000-01-01T00:00:00Z"}) == {"size": 0}
    assert bench.run(PurgeKV, behavior={"type": "version", "keepAmount": 2}) == {"size": 1}
    assert bench.run(PurgeKV, behavior={"type": "version", "before": "2100-01-01T00:00:00Z"}) == {"size": 1}
    assert bench.run(Get, key="k") == {"value": "c"}
    assert bench.run(PurgeKV, behavior={"type": "version"}) == {"size": 1}
    assert bench.run(Get, key="k") == {}


@pytest.mark.parametrize(
    "properties",
    [
        {"namespaces": ["acme.team"], "namespace_pattern": "acme.*"},
        {"namespaces": ["nope"]},
        {"behavior": {"type": "nope"}},
        {"behavior": {"type": "version", "keepAmount": 1, "before": "2100-01-01T00:00:00Z"}},
    ],
)
def test_a_purge_that_makes_no_sense_is_refused(bench: Bench, properties: dict[str, Any]) -> None:
    bench.run(Set, key="k", value="x")
    with pytest.raises(TaskFailed):
        bench.run(PurgeKV, **properties)


def test_a_purge_takes_the_namespaces_below_too(bench: Bench) -> None:
    bench.run(Set, key="k", value="x")
    bench.run(Set, key="k", value="x", namespace="acme")
    assert bench.run(PurgeKV, namespaces=["acme"], include_child_namespaces=False, expired_only=False) == {"size": 1}
    assert bench.run(PurgeKV, namespaces=["acme"], expired_only=False) == {"size": 1}
