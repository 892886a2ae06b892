"""`flowrun run` with somebody at the terminal."""

from __future__ import annotations

import json
import re

import pytest
from tests.cli.command import on_terminal

HELLO = ("run", "01_hello_world.yaml", "--virtual-time", "--color", "never")

TYPED = """
id: typed
namespace: test
inputs:
  - {id: age, type: INT, min: 18, description: In years}
  - {id: size, type: SELECT, values: [small, large]}
  - {id: extra, type: STRING, dependsOn: {inputs: [size], condition: "{{ inputs.size == 'small' }}"}}
tasks:
  - id: show
    type: io.kestra.plugin.core.log.Log
    message: "age {{ inputs.age }}, size {{ inputs.size }}{{ inputs.extra ?? '' }}"
"""


@pytest.fixture
def typed(tmp_path):
    (tmp_path / "typed.yaml").write_text(TYPED)
    return tmp_path


def test_the_default_is_offered_and_taken_with_return():
    code, shown = on_terminal(*HELLO, answers=(("[World] > ", "\n"),))
    assert code == 0
    assert "name STRING · Whom to welcome" in shown
    assert "Hello World, welcome to flowrun!" in shown


def test_an_answer_is_taken():
    assert "Hello Ann, welcome" in on_terminal(*HELLO, answers=(("[World] > ", "Ann\n"),))[1]


@pytest.mark.parametrize(
    ("options", "env"), [(("--no-input",), {}), ((), {"CI": "true"}), (("--input", "name=Ann"), {})]
)
def test_nobody_is_asked_who_need_not_be(options, env):
    code, shown = on_terminal(*HELLO, *options, env=env)
    assert code == 0
    assert " > " not in shown


def test_a_bad_answer_is_asked_for_again_and_a_switched_off_input_never(typed):
    answers = (("> ", "12\n"), ("> ", "40\n"), ("> ", "2\n"))
    code, shown = on_terminal("run", "typed.yaml", "--color", "never", cwd=typed, answers=answers)
    assert code == 0
    assert "age INT · In years" in shown
    assert "it must be more than `18`" in shown
    assert "  2) large" in shown
    assert "extra STRING" not in shown
    assert "age 40, size large" in shown


ORDER = """
id: order
namespace: test
inputs:
  - {id: late, type: STRING, dependsOn: {inputs: [go], condition: "{{ inputs.go }}"}}
  - {id: go, type: BOOL}
  - {id: people, type: ARRAY, itemType: STRING}
  - {id: who, type: SELECT, expression: "{{ inputs.people }}", dependsOn: {inputs: [people]}}
  - {id: note, type: STRING, prefill: as usual}
  - {id: free, type: INT, required: false}
tasks:
  - {id: show, type: io.kestra.plugin.core.log.Log, message: "{{ inputs }}"}
"""


def test_what_others_depend_on_is_asked_for_first_and_shapes_what_is_asked_then(tmp_path):
    (tmp_path / "order.yaml").write_text(ORDER)
    answers = (
        ("y or n\r\n  > ", "maybe\n"),
        ("answer y or n\r\n  > ", "y\n"),
        ("late STRING\r\n  > ", "\n"),
        ("a value is needed\r\n  > ", "here\n"),
        ("or JSON\r\n  > ", "ann, bob\n"),
        ("  2) bob\r\n  a number or a value\r\n  > ", "2\n"),
        ("[as usual] > ", "\n"),
        ("may be left out\r\n  > ", "\n"),
    )
    code, shown = on_terminal("run", "order.yaml", "--color", "never", cwd=tmp_path, answers=answers, width=200)
    assert code == 0
    assert '{"late":"here","go":true,"people":["ann","bob"],"who":"bob","note":"as usual"}' in shown


def test_an_input_is_not_asked_for_when_an_answer_switches_it_off(tmp_path):
    (tmp_path / "order.yaml").write_text(ORDER)
    given = ("--input", 'people=["x"]', "--input", "who=x", "--input", "note=", "--input", "free=1")
    code, shown = on_terminal("run", "order.yaml", *given, cwd=tmp_path, answers=(("> ", "n\n"),))
    assert code == 0
    assert "late" not in shown


def test_a_bad_given_input_is_refused_before_anything_is_asked(tmp_path):
    (tmp_path / "order.yaml").write_text(ORDER)
    code, shown = on_terminal("run", "order.yaml", "--input", "free=x", cwd=tmp_path)
    assert code == 2
    assert "Invalid value for input `free`" in shown
    assert " > " not in shown


def test_blanks_around_an_answer_count_in_a_text_only(tmp_path):
    text = """
id: blanks
namespace: test
inputs:
  - {id: count, type: INT}
  - {id: ratio, type: FLOAT}
  - {id: sure, type: BOOL}
  - {id: day, type: DATE}
  - {id: left, type: INT, defaults: 3}
  - {id: name, type: STRING}
tasks:
  - {id: show, type: io.kestra.plugin.core.log.Log, message: "{{ inputs }}"}
"""
    (tmp_path / "blanks.yaml").write_text(text)
    answers = tuple(("> ", typed) for typed in (" 4\n", "1.5 \n", " y \n", " 2026-01-31 \n", "  \n", " Ann \n"))
    code, shown = on_terminal("run", "blanks.yaml", "--color", "never", cwd=tmp_path, answers=answers, width=200)
    assert code == 0, shown
    assert '{"count":4,"ratio":1.5,"sure":true,"day":"2026-01-31","left":3,"name":" Ann "}' in shown


def test_a_file_that_is_not_there_is_asked_for_again(tmp_path):
    (tmp_path / "flow.yaml").write_text(
        "id: file\nnamespace: test\ninputs: [{id: data, type: FILE}]\n"
        "tasks: [{id: a, type: io.kestra.plugin.core.log.Log, message: '{{ read(inputs.data) }}'}]\n"
    )
    (tmp_path / "data.csv").write_text("what the file holds")
    answers = (("> ", "nope\n"), ("nope (No such file or directory)\r\n  > ", "data.csv\n"))
    code, shown = on_terminal("run", "flow.yaml", "--color", "never", cwd=tmp_path, answers=answers)
    assert code == 0
    assert "what the file holds" in shown


def test_lines_are_asked_for_on_stderr_when_stdout_goes_elsewhere(typed):
    arguments = ["run", "typed.yaml", "--output", "json", "--color", "never"]
    code, shown = on_terminal(*arguments, cwd=typed, answers=(("> ", "40\n"), ("> ", "large\n")), stdout=typed / "out")
    assert code == 0
    assert "age INT · In years" in shown
    assert json.loads((typed / "out").read_text())["inputs"] == {"age": 40, "size": "large"}


def test_the_end_of_input_is_a_message_that_names_the_flag(typed):
    code, shown = on_terminal("run", "typed.yaml", "--color", "never", cwd=typed, answers=(("> ", "\x04"),))
    assert code == 2
    assert "give it with --input age=…" in shown


def test_a_secret_is_shown_neither_as_default_nor_while_it_is_typed(tmp_path):
    (tmp_path / "secret.yaml").write_text(
        "id: secret\nnamespace: test\ninputs: [{id: token, type: SECRET, defaults: hush}]\n"
        "tasks: [{id: a, type: io.kestra.plugin.core.log.Log, message: done}]\n"
    )
    arguments = ("run", "secret.yaml", "--color", "never", "--quiet")
    code, shown = on_terminal(*arguments, cwd=tmp_path, answers=(("[******] > ", "tell-nobody\n"),))
    assert code == 0
    assert "hush" not in shown
    assert "tell-nobody" not in shown


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 2)])
def test_a_hidden_question_ends_cleanly_too(tmp_path, key, code):
    (tmp_path / "secret.yaml").write_text(
        "id: secret\nnamespace: test\ninputs: [{id: token, type: SECRET}]\n"
        "tasks: [{id: a, type: io.kestra.plugin.core.log.Log, message: done}]\n"
    )
    ended, shown = on_terminal("run", "secret.yaml", cwd=tmp_path, answers=(("> ", key),))
    assert ended == code
    assert "internal error" not in shown
    assert "Traceback" not in shown


def test_ctrl_c_at_a_question_ends_with_130(typed):
    code, shown = on_terminal("run", "typed.yaml", cwd=typed, answers=(("> ", "\x03"),))
    assert code == 130
    assert "Traceback" not in shown


def test_ctrl_c_in_a_run_kills_it_and_shows_the_result(tmp_path):
    (tmp_path / "long.yaml").write_text(
        "id: long\nnamespace: test\ntasks:\n"
        "  - {id: nap, type: io.kestra.plugin.core.flow.Sleep, duration: PT1H}\n"
        "  - {id: never, type: io.kestra.plugin.core.log.Log, message: never}\n"
    )
    code, shown = on_terminal("run", "long.yaml", "--color", "never", cwd=tmp_path, answers=(("Waiting for", "\x03"),))
    assert code == 130
    assert "■ KILLED" in shown
    assert "never" not in shown


def test_all_that_runs_at_the_same_time_is_shown_live(tmp_path):
    sleep = "type: io.kestra.plugin.core.flow.Sleep, duration: PT0.5S"
    (tmp_path / "both.yaml").write_text(
        "id: both\nnamespace: test\ntasks:\n"
        "  - id: side_by_side\n    type: io.kestra.plugin.core.flow.Parallel\n"
        f"    tasks: [{{id: left, {sleep}}}, {{id: right, {sleep}}}]\n"
        "  - id: each\n    type: io.kestra.plugin.core.flow.ForEach\n    values: [Lima, Oslo]\n    concurrencyLimit: 2\n"
        f"    tasks: [{{id: visit, {sleep}}}]\n"
    )
    code, shown = on_terminal("run", "both.yaml", "--color", "never", cwd=tmp_path)
    assert code == 0
    assert re.search(r"2 running · [^\n]*\n  left   0\.\d s   right  0\.\d s", shown.replace("\r", ""))
    assert re.search(
        r"2 done · 2 running · [^\n]*\n  visit \[Lima\]  0\.\d s   visit \[Oslo\]  0\.\d s", shown.replace("\r", "")
    )
