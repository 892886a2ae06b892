"""Raw inputs: who may give them, and who wins."""

from __future__ import annotations

import pytest

from flowrun.cli.inputs import from_environment, from_pairs, gather_inputs, read_map, split_pair
from flowrun.errors import UsageError
from flowrun.model.flow import Flow
from flowrun.model.inputs import FileInput, FormInput, StringInput


def text(name: str) -> StringInput:
    return StringInput(id=name, type="STRING")


DECLARED = {name: text(name) for name in ("name", "due-date", "due.date")}


def flow(*inputs) -> Flow:
    return Flow(id="f", namespace="n", tasks=[], inputs=list(inputs))


def test_the_command_line_wins_over_the_file_over_the_environment(tmp_path):
    (tmp_path / "in.yaml").write_text("a: file\nb: file\n")
    environment = {"FLOWRUN_INPUT_A": "env", "FLOWRUN_INPUT_B": "env", "FLOWRUN_INPUT_C": "env"}
    given = gather_inputs(flow(text("a"), text("b"), text("c")), ["a=line"], [tmp_path / "in.yaml"], environment)
    assert given == {"a": "line", "b": "file", "c": "env"}


def test_an_unknown_input_on_the_command_line_is_refused_with_the_nearest_one():
    with pytest.raises(UsageError, match="no input `nme`") as refused:
        from_pairs(["nme=Ann"], DECLARED)
    assert refused.value.hint == "did you mean `name`?"


def test_an_unknown_input_far_from_all_is_answered_with_their_names():
    with pytest.raises(UsageError) as refused:
        from_pairs(["zzz=1"], {"name": text("name")})
    assert refused.value.hint == "its inputs are name"


def test_unknown_inputs_from_elsewhere_are_passed_on(tmp_path):
    (tmp_path / "in.yaml").write_text("other: 1\n")
    given = gather_inputs(flow(text("name")), [], [tmp_path / "in.yaml"], {"FLOWRUN_INPUT_MORE": "2"})
    assert given == {"other": 1, "more": "2"}


def test_a_value_may_hold_equals_signs_and_be_empty():
    assert from_pairs(["name=a=b="], DECLARED) == {"name": "a=b="}
    assert from_pairs(["name="], DECLARED) == {"name": ""}


@pytest.mark.parametrize("pair", ["name", "=Ann", ""])
def test_a_pair_without_key_or_value_is_refused(pair):
    with pytest.raises(UsageError, match="KEY=VALUE"):
        split_pair(pair, "--input")


def test_at_takes_the_text_of_a_file_and_two_of_them_stand_for_one(tmp_path):
    path = tmp_path / "name.txt"
    path.write_text("Ann\n")
    assert from_pairs([f"name=@{path}"], DECLARED) == {"name": "Ann\n"}
    assert from_pairs(["name=@@home"], DECLARED) == {"name": "@home"}


def test_at_gives_a_file_input_its_path():
    assert from_pairs(["data=@x.csv"], {"data": FileInput(id="data", type="FILE")}) == {"data": "x.csv"}


def test_a_file_that_is_not_there_is_a_usage_error():
    with pytest.raises(UsageError, match=r"cannot read `nowhere\.txt`"):
        from_pairs(["name=@nowhere.txt"], DECLARED)


def test_inputs_file_keeps_types_and_dates_as_text(tmp_path):
    path = tmp_path / "in.yaml"
    path.write_text('n: 3\nday: 2024-05-01\nlist: [1, a]\nmap: {k: true}\nquoted: "07"\n')
    assert read_map(path) == {"n": 3, "day": "2024-05-01", "list": [1, "a"], "map": {"k": True}, "quoted": "07"}


def test_inputs_file_may_be_json_or_empty(tmp_path):
    path = tmp_path / "in.json"
    path.write_text('{"name": "Ann", "n": null}')
    assert read_map(path) == {"name": "Ann", "n": None}
    path.write_text("")
    assert read_map(path) == {}


def test_inputs_file_that_holds_a_list_is_refused(tmp_path):
    path = tmp_path / "in.yaml"
    path.write_text("- a\n")
    with pytest.raises(UsageError, match="does not hold a map"):
        read_map(path)


def test_broken_inputs_file_is_refused_with_its_place(tmp_path):
    path = tmp_path / "in.yaml"
    path.write_text("a: [1\n")
    with pytest.raises(UsageError, match=r"in\.yaml:\d+:\d+: "):
        read_map(path)


def test_a_variable_that_could_mean_two_inputs_names_both():
    with pytest.raises(UsageError, match=r"`due-date` and `due\.date`"):
        from_environment(DECLARED, {"FLOWRUN_INPUT_DUE_DATE": "x"})


def test_two_inputs_that_collide_are_no_problem_while_nobody_uses_the_variable():
    assert from_environment(DECLARED, {"FLOWRUN_INPUT_NAME": "Ann"}) == {"name": "Ann"}


def test_inputs_of_a_form_are_given_with_a_dot():
    form = FormInput(id="db", type="FORM", inputs=[text("host")])
    assert gather_inputs(flow(form), ["db.host=x"], [], {"FLOWRUN_INPUT_DB_HOST": "y"}) == {"db.host": "x"}


def test_a_later_file_goes_over_an_earlier_one(tmp_path):
    (tmp_path / "base.yaml").write_text("a: base\nb: base\n")
    (tmp_path / "mine.json").write_text('{"b": "mine"}')
    given = gather_inputs(flow(text("a"), text("b")), [], [tmp_path / "base.yaml", tmp_path / "mine.json"], {})
    assert given == {"a": "base", "b": "mine"}


def test_maps_in_a_file_may_stand_for_dotted_ids_and_forms(tmp_path):
    (tmp_path / "in.yaml").write_text("db: {host: x, user.name: y, more: 1}\nplain: {host: z}\n")
    form = FormInput(id="db", type="FORM", inputs=[text("host"), text("user.name")])
    given = gather_inputs(flow(form, text("plain")), [], [tmp_path / "in.yaml"], {})
    assert given == {"db.host": "x", "db.user.name": "y", "db.more": 1, "plain": {"host": "z"}}


def test_the_standard_input_is_a_file_for_an_input_that_takes_one():
    assert from_pairs(["data=-"], {"data": FileInput(id="data", type="FILE")}) == {"data": "/dev/stdin"}
