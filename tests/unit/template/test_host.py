"""What templates ask of the world goes to the host, and is refused without one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flowrun.template import NoHost, TemplateError, render


class Shelf(NoHost):
    """A host with a fixed clock, fixed chance, one secret and one file."""

    def now(self) -> datetime:
        return datetime(2025, 6, 15, 7, 8, 9, tzinfo=UTC)

    def random(self) -> float:
        return 0.5

    def secret(self, key: str, **options: Any) -> Any:
        if key != "TOKEN":
            raise TemplateError(f"Cannot find secret for key '{key}'.")
        return f"{key}-{options.get('namespace', 'own')}"

    def kv(self, key: str, **options: Any) -> Any:
        return [key, options]


def test_the_clock_is_the_hosts() -> None:
    assert render("{{ now('yyyy-MM-dd') }}", {}, Shelf()) == "2025-06-15"


def test_chance_is_the_hosts() -> None:
    assert render("{{ randomInt(0, 10) }}", {}, Shelf()) == "5"


def test_arguments_reach_the_host_in_snake_case() -> None:
    assert render("{{ kv('k', errorOnMissing=false) }}", {}, Shelf()) == '["k",{"error_on_missing":false}]'


def test_arguments_that_are_not_given_are_not_passed() -> None:
    assert render("{{ secret('TOKEN') }}", {}, Shelf()) == "TOKEN-own"


def test_a_refusal_of_the_host_gets_its_place() -> None:
    with pytest.raises(TemplateError, match=r"Cannot find secret for key 'X'\.") as caught:
        render("a\n{{ secret('X') }}", {}, Shelf())
    assert caught.value.span is not None
    assert caught.value.span.line == 2


@pytest.mark.parametrize("call", ["kv('a')", "read('a')", "fileSize('a')", "http('http://x')", "secret('a')"])
def test_without_a_host_what_needs_an_execution_is_refused(call: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render("{{ " + call + " }}", {})
    assert "only a run can answer this" in (caught.value.hint or "")
