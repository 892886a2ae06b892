"""Texts that Java takes for URIs, and what it says of the others (recorded from a real Kestra 1.3)."""

from __future__ import annotations

import pytest

from flowrun.engine.uris import uri_problem


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8080",
        "HTTP://a.com",
        "http://user:pw@a.com/x?y=[1]#z",
        "http://a.com:port",
        "http://[::1]/",
        "http:///",
        "mailto:a@b.c",
        "urn:isbn:1",
        "jdbc:postgresql://a.com:5432/db",
        "http://ü.com/ü?ü#ü",
        "kestra:///a/b",
        "a:b",
    ],
)
def test_a_uri_has_no_problem(text: str) -> None:
    assert uri_problem(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a.com", "Invalid URI format."),
        ("//a.com", "Invalid URI format."),
        ("a/b:c", "Invalid URI format."),
        (":", "Expected scheme name at index 0: :"),
        ("http:", "Expected scheme-specific part at index 5: http:"),
        ("http://", "Expected authority at index 7: http://"),
        ("1http://a.com", "Illegal character in scheme name at index 0: 1http://a.com"),
        ("a b:c", "Illegal character in scheme name at index 1: a b:c"),
        ("http://a .com", "Illegal character in authority at index 8: http://a .com"),
        ("http://a.com/[x]", "Illegal character in path at index 13: http://a.com/[x]"),
        ("http://a.com/\u00a0", "Illegal character in path at index 13: http://a.com/\u00a0"),
        ("ab c", "Illegal character in path at index 2: ab c"),
        ("http://a.com?q=a b", "Illegal character in query at index 16: http://a.com?q=a b"),
        ("http://a.com#a#b", "Illegal character in fragment at index 14: http://a.com#a#b"),
        ("mailto:a b", "Illegal character in opaque part at index 8: mailto:a b"),
        ("http://a.com/%zz", "Malformed escape pair at index 13: http://a.com/%zz"),
        ("http://%zz", "Malformed escape pair at index 7: http://%zz"),
    ],
)
def test_what_is_no_uri_is_told_in_javas_words(text: str, problem: str) -> None:
    assert uri_problem(text) == problem
