"""Kestra's expression language: `{{ … }}` prints, `{% … %}` is a tag, `{# … #}` a comment.

    >>> render("Hello {{ name | upper }}", {"name": "Ann"})
    'Hello ANN'
    >>> evaluate("{{ [1, 2] }}", {})
    [1, 2]

Text → `lexer` → tokens → `parser` → `nodes` → `compiler` → closures over a `Frame`. This package
knows nothing of flows; what it needs of the world comes in through a `Host`.
"""

from flowrun.errors import TemplateError
from flowrun.template.callables import Failure
from flowrun.template.host import Host
from flowrun.template.template import Template, compile, evaluate, render  # noqa: A004
from flowrun.template.values import to_json, to_text

__all__ = ["Failure", "Host", "Template", "TemplateError", "compile", "evaluate", "render", "to_json", "to_text"]
