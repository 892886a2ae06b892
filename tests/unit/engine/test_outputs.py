"""The outputs of a flow: what becomes of templates inside of lists and maps. Each row is an answer of a Kestra 1.3 server."""

from __future__ import annotations

import pytest

from flowrun.engine.outputs import render_outputs
from flowrun.model.flow import Output

VARIABLES = {"inputs": {"number": 7}}


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("INT", "{{ inputs.number }}", 7),
        ("JSON", "{{ [1] }}", [1]),
        ("ARRAY", ["{{ inputs.number }}", 3, ["{{ true }}"]], ["7", 3, ["true"]]),
        ("ARRAY", ["{{ 1.5 }}", "{{ {'a': 1} }}", "{{ [1] }}"], ["1.5", '{"a":1}', "[1]"]),
        ("ARRAY", ["{{ null }}", "{# nothing #}", "{{ '' }}", "", "{{ null }}b"], [None, None, "", "", "b"]),
        ("JSON", {"z": "{{ inputs.number }}", "a": 2, "l": [True]}, {"z": "7", "a": 2, "l": [True]}),
        ("YAML", {"{{ inputs.number }}": "{{ true }}"}, {"7": "true"}),
        ("STRING", {"z": "{{ inputs.number }}"}, "{z=7}"),
    ],
)
def test_a_template_inside_of_a_value_becomes_text(type_, value, expected):
    assert render_outputs([Output(id="out", type=type_, value=value)], VARIABLES, None) == ({"out": expected}, [])
