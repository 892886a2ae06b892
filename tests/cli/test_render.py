"""`flowrun render` as a process."""

from __future__ import annotations

import json
import re

import pytest
from tests.cli.command import ROOT, flowrun
from tests.cli.schemas import problems_with

FLOW = """
id: demo
namespace: team.data
inputs:
  - {id: name, type: STRING, defaults: Ann}
  - {id: token, type: SECRET, defaults: hush-hush}
tasks:
  - {id: my-task, type: io.kestra.plugin.core.debug.Return, format: "{{ inputs.name }}!"}
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [a, b]
    tasks:
      - {id: inner, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}-{{ inputs.token }}"}
  - {id: never, type: io.kestra.plugin.core.execution.Fail, runIf: "{{ false }}"}
"""
VARIABLES = """
inputs: {name: Ann, count: 3}
outputs: {my-task: {value: 1}, load: {uri: x}}
vars: {nothing: null, list: [1, 2], when: "2025-01-01 10:00:00"}
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A store that has one execution of `FLOW`; gives what a call needs to find it."""
    folder = tmp_path_factory.mktemp("kept")
    env = {"FLOWRUN_HOME": str(folder / "home")}
    (folder / "demo.yaml").write_text(FLOW)
    (folder / "variables.yaml").write_text(VARIABLES)
    done = flowrun("run", "demo.yaml", "--output", "json", cwd=folder, env=env)
    assert done.returncode == 0, done.stderr + done.stdout
    return {"cwd": folder, "env": env, "id": json.loads(done.stdout)["id"]}


def render(kept, *arguments: str):
    return flowrun("render", *arguments, cwd=kept["cwd"], env=kept["env"])


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


def test_as_json_the_text_is_a_json_string():
    assert json.loads(flowrun("render", "{{ [1] }}\n", "--format", "json").stdout) == "[1]\n"


def test_an_expression_can_come_from_the_standard_input():
    assert flowrun("render", "-", stdin="{{ 2 * 3 }}").stdout == "6\n"


def test_inputs_without_a_flow_are_refused():
    assert "add --flow FILE" in flowrun("render", "x", "-i", "a=b").stderr


# --- against an execution


def test_an_execution_gives_all_that_it_had_at_its_end(kept):
    source = "{{ inputs.name }} {{ outputs['my-task'].value }} {{ outputs.inner.b.value | slice(0, 1) }} {{ tasks.inner.a.state }}"
    # A text that holds a secret is kept encrypted as a whole, and no filter brings a part of it to light.
    assert render(kept, source, "--execution", kept["id"][:8]).stdout == "Ann Ann! * SUCCESS\n"
    assert render(kept, "{{ execution.id }} {{ execution.state }}", "--last").stdout == f"{kept['id']} SUCCESS\n"


def test_in_a_task_an_expression_sees_its_latest_run(kept):
    source = "{{ task.id }} {{ taskrun.value }} {{ currentEachOutput(outputs.inner).value }}"
    assert render(kept, source, "--last", "--task", "inner").stdout == "inner b ******\n"
    assert render(kept, "{{ taskrun is defined }}", "--last").stdout == "false\n"


def test_options_go_over_what_the_execution_has(kept):
    assert render(kept, "{{ inputs }}", "--last", "--var", "inputs=mine").stdout == "mine\n"


def test_a_secret_input_stays_closed_whatever_is_done_with_it(kept):
    assert render(kept, "{{ inputs.token }} {{ inputs.token | length }}", "--last").stdout == "****** 6\n"


def test_a_task_that_did_not_run_is_refused_with_those_that_did(kept):
    done = render(kept, "x", "--last", "--task", "iner")
    assert done.returncode == 2
    assert "no task `iner` ran" in done.stderr
    assert "my-task, each, inner" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--last", "--flow", "demo.yaml"), "an execution has its own flow"),
        (("--last", "--input", "name=x"), "an execution has its own flow"),
        (("--task", "inner"), "--task needs the execution"),
        (("--execution", "abc", "--last"), "name one execution"),
        (("--execution", "nope"), "there is no execution `nope`"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(kept, arguments, message):
    done = render(kept, "x", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


# --- what is wrong


def test_a_bad_expression_is_drawn_with_its_place_and_a_hint(kept):
    done = render(kept, "one\n  {{ inputs.nmae | upper }}", "--vars-file", "variables.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error[template-missing]: Unable to find `nmae`\n"
        " --> <expression>:2:13\n"
        "2 |   {{ inputs.nmae | upper }}\n"
        "  |             ^^^^\n"
        "  = hint: did you mean `name`?\n"
        "\n"
    )


def test_the_error_of_the_reference_is_what_is_shown(kept):
    page = (ROOT / "docs" / "reference.md").read_text()
    source, shown = re.search(r'\$ flowrun render "(.*)" --last\n(.*?)```', page, re.DOTALL).groups()
    assert render(kept, source, "--last").stderr.rstrip() == shown.rstrip()


def test_where_there_are_no_variables_it_says_how_to_give_some():
    assert "= note: there are no variables here: --flow FILE" in flowrun("render", "{{ inputs.name }}").stderr
    assert "= note:" not in flowrun("render", "{{ 1 / 0 }}").stderr


def test_as_json_a_bad_expression_is_an_error_document():
    done = flowrun("render", "{{ 'a' | uper }}", "--format", "json")
    assert done.returncode == 2
    document = json.loads(done.stdout)
    assert problems_with("error", document) == []
    assert document["error"]["message"] == "Filter [uper] does not exist. ({{ 'a' | uper }}:1)"
    (problem,) = document["error"]["diagnostics"]
    assert (problem["line"], problem["column"], problem["hint"]) == (1, 10, "did you mean `upper`?")


WRONG = [
    # what somebody may write, what is marked, a part of what is said, a part of the hint
    ("{{ inputs.name | uper }}", "uper", "Filter [uper]", "did you mean `upper`?"),
    ("{{ nwo() }}", "nwo", "Function or Macro [nwo]", "did you mean `now`?"),
    ("{{ inputs.name is deffined }}", "inputs.name is deffined", "Test [deffined]", "did you mean `defined`?"),
    ("{{ input.name }}", "input", "Unable to find `input`", "did you mean `inputs`?"),
    ("{{ name }}", "name", "Unable to find `name`", "did you mean `inputs.name`?"),
    ("{{ inputs.name }", "}", 'Unexpected "}"', "close `{{` with `}}`"),
    ("{{ inputs.name", "{{", "Unclosed `{{`", "close `{{` with `}}`"),
    ("{% if inputs.name }}x{% endif %}", "}}", 'Unexpected "}"', "close `{%` with `%}`"),
    ("{{ 'abc }}", "'", 'Unclosed "\'"', "close the text with '"),
    ("{{ (1 + 2 }}", "(", 'Unclosed ")"', "close `(` with `)`"),
    ("{{ 1 + 2) }}", ")", 'Unexpected ")"', "there is no `(` for it"),
    ("{{ {{ inputs.name }} }}", "}}", "Unexpected `}`", "no further braces"),
    ("{{ outputs.my-task.value }}", "outputs.my-task.value", "subtraction", "write `outputs['my-task'].value`"),
    ("{{ outputs.gone.value }}", "gone", "Unable to find `gone`", "`outputs` has `my-task`, `load`; write `outputs.gone.value ?? 'default'`"),
    ("{{ vars.nothing.x }}", "x", "Unable to find `x`", "`vars.nothing` is null"),
    ("{{ vars.list[2] }}", "2", "Unable to find `2`", "has 2 elements"),
    ("{{ vars.nothing + 1 }}", "vars.nothing + 1", "addition: Cannot convert to Number", "one side is null"),
    ("{{ vars.gone + 1 }}", "vars.gone + 1", "addition: Unable to find `gone`", "write `vars.gone ?? 'default'`"),
    ("{{ inputs.name * 2 }}", "inputs.name * 2", 'For input string: "Ann"', "is no number"),
    ("{{ 1 / 0 }}", "1 / 0", "division: / by zero", "the right side is 0"),
    ("{{ not vars.nothing }}", "not vars.nothing", "null value given to not()", "write `(value ?? false)`"),
    ("{% if vars.list %}x{% endif %}", "vars.list", "conditional expression", "ask `is empty`"),
    ("{{ inputs.name | abbreviate('x') }}", "abbreviate", "cannot be cast", "this is a text, where a whole number is wanted"),
    ("{{ inputs.name | replace('a', 'b') }}", "replace", "cannot be cast", "write a map: `replace({'old': 'new'})`"),
    ("{{ now(fromat='yyyy') }}", "now", "named argument does not exist: fromat", "did you mean `format`?"),
    ("{{ 'a.b' | substringBefore }}", "substringBefore", "expects an argument 'separator'", "`substringBefore(separator)`"),
    ("{{ now('yyyy-MM-ddTHH:mm') }}", "now", "Unknown pattern letter: T", "stand in quotes"),
    ("{{ vars.when | date('yyyy') }}", "date", "could not be parsed", "existingFormat="),
    ("{{ now(timeZone='Europe/Pari') }}", "now", "Unknown time-zone ID", "did you mean `Europe/Paris`?"),
    ("{{ now() | dateAdd(1, 'DAY') }}", "dateAdd", "ChronoUnit.DAY", "did you mean `DAYS`?"),
    ("{{ 'a(b' | split('(') }}", "split", "", "a regular expression"),
    ("{{ 'abc' | slice(0, 9) }}", "slice", "toIndex", "at most the length"),
    ("{{ inputs.name.upper() }}", "upper", "Unable to find `upper`", "write `inputs.name | upper`"),
    ("{{ range(1, 99999999) }}", "{{ range(1, 99999999) }}", "The list has more than", "make the list or range smaller"),
    ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", None, "nested too deep", "a macro that calls itself needs an end"),
    ("{{ secret('KEY') }}", "secret", "Cannot find secret for key 'KEY'", "only a run"),
    ("{% fro x in [1] %}{% endfor %}", "{% fro x in [1] %}", 'Unexpected tag name "fro"', "did you mean `for`?"),
    ("{% if true %}a{% elif b %}c{% endif %}", "{% elif b %}", 'Unexpected tag name "elif"', "write `elseif`"),
    ("{% for x in [1] %}{{ x }}", "{% for x in [1] %}", '"endfor"', "end it with `{% endfor %}`"),
    ("{% for x in [1] %}{% endif %}", "{% endif %}", '"endif"', "`{% for %}` is still open: `{% endfor %}` comes first"),
    ("{% endif %}", "{% endif %}", '"endif"', "no tag is open"),
    ("{% set x %}1{% endset %}", "%}", "Unexpected `%}`", "`{% set name = value %}`"),
    ("{{ inputs.name && true }}", "&", "Unexpected character [&]", "write `and`"),
    ("{{ !inputs.name }}", "!", "Unexpected character [!]", "write `not`"),
    ("{{ inputs.name = 'Ann' }}", "=", "Unexpected `=`", "write `==` to compare"),
    ("{{ 1 in [1] }}", "in", "Unexpected `in`", "write `isIn`"),
    ("{{ 'a' if true else 'b' }}", "if", "Unexpected `if`", "write `condition ? value : other`"),
    ("{{ inputs.name ? 'a' }}", "}}", "Unexpected `}}`", "write both values"),
    ("{{ 'a' 'b' }}", "'", "Unexpected `b`", "join texts with `~`"),
    ("{{ 1 + }}", "}}", "Unexpected `}}`", "a value is missing after `+`"),
    ("{{ inputs.name | }}", "}}", "Unexpected `}}`", "the name of a filter follows `|`"),
    ("{{ inputs.name | default 'x' }}", "'", "Unexpected `x`", "arguments stand in brackets"),
    ("{{ }}", "}}", "Unexpected `}}`", "write an expression"),
    ("{{ True }}", "True", "Unable to find `True`", "did you mean `true`?"),
    ("{{ “Ann” }}", "“", "Unexpected character [“]", "write straight quotes"),
    ("{{ inputs?.name }}", ".", "Unexpected `.`", "`?? 'default'` behind it"),
    ("{{ 99999999999999999999 }}", "99999999999999999999", "For input string", "64 bits"),
    ("{# open", "{", "Unclosed comment", "close `{#` with `#}`"),
]  # fmt: skip


@pytest.fixture(scope="module")
def variables():
    from flowrun.loading.parse import parse
    from flowrun.loading.tree import plain

    return plain(parse(VARIABLES).root)


@pytest.mark.parametrize(("source", "marked", "said", "hint"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_expression_is_told_what_is_wrong_where_and_what_to_try(variables, source, marked, said, hint):
    from flowrun.template import TemplateError, render

    with pytest.raises(TemplateError) as caught:
        render(source, variables)
    error = caught.value
    assert said in error.summary
    assert hint in (error.hint or "")
    assert marked in (None, source[error.span.column - 1 : error.span.end_column - 1])
