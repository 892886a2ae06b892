"""`flowrun run` with somebody at the terminal."""

from __future__ import annotations

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
    code, shown = on_terminal(*arguments, cwd=tmp_path, answers=(("[********] > ", "tell-nobody\n"),))
    assert code == 0
    assert "hush" not in shown
    assert "tell-nobody" not in shown


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
