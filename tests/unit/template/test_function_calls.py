"""Which functions a template calls, found without rendering it."""

from __future__ import annotations

import pytest

from flowrun.template import TemplateError, calls


def found(source: str) -> list[tuple[str, dict[str, object], set[str]]]:
    return [(one.name, dict(one.constants), set(one.computed)) for one in calls(source)]


def test_arguments_go_by_the_name_of_their_parameter() -> None:
    assert found("{{ secret('A', namespace='b') }}") == [("secret", {"key": "A", "namespace": "b"}, set())]


def test_an_argument_that_is_no_constant_is_computed() -> None:
    assert found("{{ kv('A' ~ vars.x, 'ns', true) }}") == [("kv", {"namespace": "ns", "errorOnMissing": True}, {"key"})]


@pytest.mark.parametrize(
    "source",
    [
        "{{ a ?? secret('A') }}",
        "{{ x ? y : secret('A') }}",
        "{{ [secret('A')] }}",
        "{{ {'k': secret('A')} }}",
        "{{ max(secret('A'), 1) | upper }}",
        "{{ x[secret('A')] }}",
        "{{ x | default(secret('A')) }}",
        "{{ \"#{secret('A')}\" }}",
        "{% if secret('A') == 'b' %}{% endif %}",
        "{% if x %}{% else %}{{ secret('A') }}{% endif %}",
        "{% for one in [1] %}{{ secret('A') }}{% endfor %}",
        "{% set x = secret('A') %}",
        "{% macro m() %}{{ secret('A') }}{% endmacro %}",
        "{% block b %}{{ secret('A') }}{% endblock %}",
        "{% filter upper %}{{ secret('A') }}{% endfilter %}",
    ],
)
def test_every_place_of_a_template_is_looked_at(source: str) -> None:
    assert ("secret", {"key": "A"}, set()) in found(source)


def test_a_call_knows_the_variables_that_its_arguments_read() -> None:
    (call,) = calls("{{ a ~ read(path=outputs.x[vars.y] ~ 'b') }}")
    assert call.variables == {"outputs", "vars"}


def test_a_call_knows_its_place() -> None:
    (call,) = calls("first line\n{{ 'x' ~ secret('A') }}")
    assert (call.span.line, call.span.column, call.span.end_column) == (2, 10, 16)


def test_calls_come_in_the_order_of_the_text() -> None:
    assert [one.constants["key"] for one in calls("{{ secret('A') ~ secret('B') }}{{ secret('C') }}")] == [
        "A",
        "B",
        "C",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "secret('A')",
        "{# secret('A') #}",
        "{{ 'secret(1)' }}",
        "{% raw %}{{ secret('A') }}{% endraw %}",
        "{{ secrets('A') }}",
        "{{ secret('A', 'b', 'c', true, 'too many') }}",
        "{% macro secret(key) %}{% endmacro %}{{ secret('A') }}",
    ],
)
def test_what_is_no_call_of_a_function_is_left_out(source: str) -> None:
    assert calls(source) == []


def test_bad_syntax_is_refused() -> None:
    with pytest.raises(TemplateError):
        calls("{{ secret('A' }}")
