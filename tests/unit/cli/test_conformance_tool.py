"""The comparison with recorded answers: which failures are known."""

from __future__ import annotations

from tools.conformance import cases_of, judge, patterns_of


def test_a_failure_that_no_list_names_is_a_surprise():
    verdict = judge({"basics/hello": "x", "scripts/a": "y", "loops/a": None}, ["scripts/*"], [])
    assert verdict.surprises == ["basics/hello"]
    assert verdict.excused == ["scripts/a"]


def test_a_difference_from_the_server_is_excused():
    assert judge({"basics/hello": "x"}, [], ["basics/hello"]).surprises == []


def test_a_case_that_passes_though_it_is_listed_is_reported():
    verdict = judge({"scripts/a": "x", "scripts/b": None, "loops/a": "y"}, ["scripts/*", "loops/*"], [])
    assert verdict.done == {"scripts/*": ["scripts/b"]}


def test_patterns_come_with_reasons():
    text = "# what is left\n\nscripts/*   # files\nloops/one # later\n"
    assert patterns_of(text) == ["scripts/*", "loops/one"]


def test_cases_are_named_in_backticks():
    assert cases_of("See `basics/hello` and `expr/lex.*`, not `this` or basics/other.") == [
        "basics/hello",
        "expr/lex.*",
    ]
