"""What is asked for an input, and what answers mean."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowrun.cli.look import painter
from flowrun.cli.prompts import meant, prompt_text, question
from flowrun.model.inputs import (
    ArrayInput,
    DateInput,
    DurationInput,
    FileInput,
    Input,
    IntInput,
    MultiselectInput,
    SecretInput,
    SelectInput,
    StringInput,
    ValueType,
)

PLAIN = painter(color=False)
SIZES = ["S", "M", "10"]
SIZE = SelectInput(id="size", type="SELECT", description="How big")
DAYS = MultiselectInput(id="days", type="MULTISELECT")
NAME = StringInput(id="name", type="STRING")
GO = Input(id="go", type="BOOL")


def test_a_question_shows_type_description_and_values():
    assert question(SIZE, SIZES, PLAIN) == ("size SELECT · How big\n  1) S\n  2) M\n  3) 10\n  a number or a value\n")


def test_a_question_with_nothing_more_to_say_is_one_line():
    assert question(NAME, None, PLAIN) == "name STRING\n"


def test_a_long_list_is_cut():
    shown = question(SIZE, [str(number) for number in range(100, 150)], PLAIN)
    assert "  40) 139\n  … and 10 more\n" in shown


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (IntInput(id="x", type="INT", min=2, max=8), "a whole number, from 2 to 8"),
        (IntInput(id="x", type="INT", min=0, required=False), "a whole number, 0 or more, may be left out"),
        (DateInput(id="x", type="DATE", after="2024-01-01"), "a date such as 2024-05-01, 2024-01-01 or later"),
        (DateInput(id="x", type="TIME", before="12:00"), "a time such as 09:30:00, 12:00 or earlier"),
        (
            DurationInput(id="x", type="DURATION", max=timedelta(hours=1)),
            "a duration such as PT1H30M, PT1H or less",
        ),
        (GO, "y or n"),
        (SecretInput(id="x", type="SECRET", validator="[a-z]+"), "matching [a-z]+"),
        (
            ArrayInput(id="x", type="ARRAY", item_type=ValueType.INT),
            "a list of INT: values with commas between them, or JSON",
        ),
    ],
)
def test_a_question_says_how_an_answer_is_written_and_its_limits(one: Input, wanted: str):
    assert question(one, None, PLAIN) == f"x {one.type}\n  {wanted}\n".replace("x BOOL", "go BOOL")


def test_values_that_are_not_listed_may_be_allowed():
    one = SelectInput(id="x", type="SELECT", allow_custom_value=True)
    assert "a number or a value, others may be given too\n" in question(one, ["a"], PLAIN)


@pytest.mark.parametrize(
    ("one", "start", "shown"),
    [
        (NAME, "World", "  [World] > "),
        (NAME, None, "  > "),
        (NAME, "", "  > "),
        (DAYS, ["mon", "tue"], "  [mon, tue] > "),
        (NAME, ["a", True], '  [["a", true]] > '),
        (GO, False, "  [n] > "),
        (GO, True, "  [y] > "),
        (SecretInput(id="x", type="SECRET"), "hush", "  [******] > "),
    ],
)
def test_the_default_is_offered(one: Input, start: object, shown: str):
    assert prompt_text(one, start, PLAIN) == shown


@pytest.mark.parametrize(
    ("answer", "value"), [("2", "M"), ("10", "10"), ("4", "4"), ("M", "M"), ("9" * 5000, "9" * 5000)]
)
def test_a_listed_value_is_chosen_by_its_number_unless_the_number_is_a_value(answer: str, value: str):
    assert meant(SIZE, answer, SIZES) == value


@pytest.mark.parametrize(
    ("answer", "value"),
    [("1", '["S"]'), ("2, 10,", '["M", "10"]'), ('["S"]', '["S"]'), ("Ü", '["Ü"]'), ("[]", "[]")],
)
def test_several_values_are_given_with_commas_or_as_json(answer: str, value: str):
    assert meant(DAYS, answer, SIZES) == value


def test_items_of_a_list_are_not_numbers_of_anything():
    assert meant(ArrayInput(id="x", type="ARRAY", item_type=ValueType.INT), "1,2", None) == '["1", "2"]'


@pytest.mark.parametrize(("answer", "value"), [("y", "true"), ("No", "false"), ("TRUE", "true")])
def test_yes_and_no_have_many_words(answer: str, value: str):
    assert meant(GO, answer, None) == value


def test_the_tilde_of_a_path_is_the_home_folder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/ann")
    assert meant(FileInput(id="x", type="FILE"), "~/data.csv ", None) == "/home/ann/data.csv"


def test_what_is_neither_yes_nor_no_is_asked_again():
    with pytest.raises(ValueError, match="answer y or n"):
        meant(GO, "maybe", None)
