"""Any declaration and anything that is given for it: a value of the type, or a refusal that names the input."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.engine.inputs import Resolution
from flowrun.errors import StartRefused
from flowrun.model.inputs import INPUT_TYPES, Input, ValueType

NATIVE: dict[str, type | tuple[type, ...]] = {
    "INT": int,
    "FLOAT": (float, str),
    "BOOL": bool,
    "BOOLEAN": bool,
    "DURATION": float,
    "ARRAY": list,
    "MULTISELECT": list,
}
"""Types whose values are no text."""

NEEDED: dict[str, dict[str, Any]] = {
    "ENUM": {"values": ["a", "b"]},
    "ARRAY": {"item_type": ValueType.DATE},
    "DURATION": {"min": timedelta(seconds=1), "max": timedelta(days=1)},
    "DATETIME": {"after": "2024-05-01T00:00:00.5Z"},
    "FLOAT": {"min": 0.1, "max": 1e30},
}

types = st.sampled_from([name for name in INPUT_TYPES if name != "FORM"])
near_misses = st.from_regex(
    r"[+-]?(P?T?[0-9]{1,5}[-:.HMSDxe]?){1,6}[ZzfT]?|-?[0-9]{1,400}|\[.{0,5}\]?|\{.{0,9}|[a-z]{0,9}:/{0,3}.{0,9}|NaN|-Infinity",
    fullmatch=True,
)
texts = st.one_of(
    near_misses, st.text(max_size=20), st.sampled_from(["[" * 9999, "9" * 9999, "0x1p99999", "1e999", "&a [*a]"])
)
values = st.one_of(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=5,
    ),
)


def declared(kind: str, **more: Any) -> Input:
    return INPUT_TYPES[kind](id="x", type=kind, **{**NEEDED.get(kind, {}), **more})


def outcome(one: Input, raw: dict[str, Any]) -> Any:
    """The value, or the refusal."""
    try:
        return Resolution([one], raw, {}).resolve_all()[0]["x"]
    except StartRefused as refused:
        return refused


def check(kind: str, value: Any) -> None:
    if isinstance(value, StartRefused):
        assert value.input_id == "x"
        assert value.message
    elif value is not None and kind not in ("JSON", "YAML"):
        assert isinstance(value, NATIVE.get(kind, str))
        json.dumps(value)


@settings(max_examples=600, derandomize=True, deadline=None)
@given(types, values)
def test_a_given_value_is_taken_or_refused(kind: str, value: Any) -> None:
    check(kind, outcome(declared(kind), {"x": value}))


@settings(max_examples=400, derandomize=True, deadline=None)
@given(types, values)
def test_a_default_is_taken_or_refused(kind: str, value: Any) -> None:
    check(kind, outcome(declared(kind, defaults=value), {}))


@settings(max_examples=200, derandomize=True, deadline=None)
@given(types, values)
def test_a_value_that_was_taken_is_taken_again_as_the_same(kind: str, value: Any) -> None:
    one = declared(kind)
    taken = outcome(one, {"x": value})
    if not isinstance(taken, StartRefused) and kind not in ("JSON", "YAML", "DURATION"):
        assert outcome(one, {"x": taken}) == taken


@settings(max_examples=150, derandomize=True, deadline=None)
@given(types, values)
def test_whoever_depends_on_an_input_sees_any_value_of_it(kind: str, value: Any) -> None:
    from flowrun.model.inputs import DependsOn, StringInput

    after = StringInput(id="y", type="STRING", defaults="{{ inputs.x }}", depends_on=DependsOn(["x"], "{{ true }}"))
    try:
        found, _ = Resolution([declared(kind, required=False), after], {"x": value}, {}).resolve_all()
    except StartRefused:
        return
    assert isinstance(found["y"], str)
