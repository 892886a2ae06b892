"""What is asked for an input."""

from __future__ import annotations

from flowrun.cli.look import painter
from flowrun.cli.prompts import chosen, prompt_text, question
from flowrun.model.inputs import MultiselectInput, SelectInput, StringInput

PLAIN = painter(color=False)
SIZE = SelectInput(id="size", type="SELECT", values=["S", "M", "10"], description="How big")


def test_a_question_shows_type_description_and_values():
    assert question("size", SIZE, PLAIN) == "size SELECT · How big\n  1) S\n  2) M\n  3) 10\n"


def test_a_question_without_description_is_one_line():
    assert question("name", StringInput(id="name", type="STRING"), PLAIN) == "name STRING\n"


def test_the_default_is_offered():
    assert prompt_text("World", PLAIN) == "  [World] > "
    assert prompt_text(["a", True], PLAIN) == '  [["a", true]] > '
    assert prompt_text(None, PLAIN) == "  > "


def test_a_listed_value_is_chosen_by_its_number_unless_the_number_is_a_value():
    assert chosen(SIZE, "2") == "M"
    assert chosen(SIZE, "10") == "10"
    assert chosen(SIZE, "4") == "4"
    assert chosen(SIZE, "M") == "M"


def test_several_values_are_given_as_a_list_not_as_a_number():
    days = MultiselectInput(id="days", type="MULTISELECT", values=["mon", "tue"])
    assert chosen(days, "1") == "1"
