"""The expression language of flow files: `{{ … }}`, `{% … %}` and `{# … #}`.

    template = compile("Hello {{ inputs.name ?? 'World' }}")
    template.render({"inputs": {}})  # Hello World

Values behave as Java's do in Kestra. All that goes wrong is a `TemplateError`. The language is told in
`docs/expressions.md`; sections that comments name (`spec, 2.2`) are those of Kestra's behaviour as recorded in the
conformance vectors.
"""

from __future__ import annotations

from flowrun.errors import TemplateError
from flowrun.template.analysis import Analysis, Problem, analyse
from flowrun.template.api import Reference, Template, compile, evaluate, render  # noqa: A004 - the name that users know
from flowrun.template.function_calls import Call, calls
from flowrun.template.host import Host, NoHost
from flowrun.template.values import to_json, to_text

__all__ = [
    "Analysis",
    "Call",
    "Host",
    "NoHost",
    "Problem",
    "Reference",
    "Template",
    "TemplateError",
    "analyse",
    "calls",
    "compile",
    "evaluate",
    "render",
    "to_json",
    "to_text",
]
