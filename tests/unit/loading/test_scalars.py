"""Unquoted scalars mean what YAML 1.1 says and are printed as Java prints (flow reference, 1.1)."""

from __future__ import annotations

import pytest

from flowrun.loading.scalars import java_text, resolve


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("12", "12"), ("010", "8"), ("0x1F", "31"), ("0b101", "5"), ("1_000", "1000"), ("-7", "-7"), ("+7", "7"),
        ("1.50", "1.5"), ("1e3", "1000.0"), (".5", "0.5"), ("5.", "5.0"), ("1e10", "1.0E10"), ("0.0001", "1.0E-4"),
        ("1234567.5", "1234567.5"), ("12345678.5", "1.23456785E7"), ("1.25e-5", "1.25E-5"), ("-0.0", "-0.0"),
        (".inf", "Infinity"), (".NaN", "NaN"), ("yes", "true"), ("Off", "false"), ("TRUE", "true"), ("y", "y"),
        ("2024-05-01", "2024-05-01"), ("12:30", "12:30"), ("089", "089"), ("0x_", "0x_"), ("1.2.3", "1.2.3"),
        ("-", "-"), ("~", None), ("null", None), ("", None), ("nUll", "nUll"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ],
)  # fmt: skip
def test_a_plain_scalar_is_printed_as_the_server_prints_it(written: str, printed: str | None) -> None:
    assert java_text(resolve(written)) == printed


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("int", "8", 8),
        ("str", "8", "8"),
        ("bool", "yes", True),
        ("bool", "x", "x"),
        ("null", "x", None),
        ("mine", "1", "1"),
    ],
)
def test_a_standard_tag_decides(tag: str, text: str, value: object) -> None:
    assert resolve(text, f"tag:yaml.org,2002:{tag}") == value
