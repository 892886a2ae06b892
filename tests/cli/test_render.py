"""`flowrun render` as a process."""

from __future__ import annotations

import json

from tests.cli.command import flowrun


def test_an_expression_is_rendered():
    assert flowrun("render", "{{ 'Ann' | upper }} and {{ 1 + 1 }}").stdout == "ANN and 2\n"


def test_variables_come_from_options_and_files(tmp_path):
    (tmp_path / "vars.yaml").write_text("who: {name: Ann}\nn: 3\n")
    done = flowrun("render", "{{ who.name }} {{ n }} {{ x }}", "--vars-file", "vars.yaml", "--var", "x=y", cwd=tmp_path)
    assert done.stdout == "Ann 3 y\n"


def test_a_flow_gives_its_variables_and_inputs():
    done = flowrun("render", "{{ render(vars.welcome_message) }}", "--flow", "01_hello_world", "-i", "name=Ann")
    assert done.stdout == "Hello Ann, welcome to flowrun!\n"


def test_a_typed_value_is_printed_as_json():
    assert json.loads(flowrun("render", "{{ [1, 'a', null] }}", "--typed").stdout) == [1, "a", None]


def test_an_expression_can_come_from_the_standard_input():
    assert flowrun("render", "-", stdin="{{ 2 * 3 }}").stdout == "6\n"


def test_a_bad_expression_ends_with_2_and_one_message():
    done = flowrun("render", "{{ nothing.here }}")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_inputs_without_a_flow_are_refused():
    assert "add --flow FILE" in flowrun("render", "x", "-i", "a=b").stderr
