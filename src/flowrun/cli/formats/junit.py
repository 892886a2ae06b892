"""The report for whatever reads JUnit's XML: a file is a test case, which fails with its problems.

What does not make a file invalid stands in its `system-out`. The dialect is that of Jenkins, GitLab and Azure alike:
https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from flowrun.cli.look import painter
from flowrun.cli.problems import draw_all, plural
from flowrun.diagnostics import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrun.cli.checked import Checked

SUITE = "flowrun validate"


def report(checked: Iterable[Checked]) -> Iterator[str]:
    """One document."""
    results = list(checked)
    numbers = {"tests": str(len(results)), "failures": str(sum(not one.valid for one in results)), "errors": "0"}
    root = Element("testsuites", {"name": SUITE, **numbers})
    suite = SubElement(root, "testsuite", {"name": SUITE, **numbers})
    for one in results:
        add_case(suite, one)
    indent(root)
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def add_case(suite: Element, checked: Checked) -> None:
    """The test case of a file. `printable` and `draw_all` leave no character that XML does not allow."""
    name = printable(checked.source.name)
    case = SubElement(suite, "testcase", {"name": name, "classname": SUITE, "file": name})
    paint = painter(color=False)
    if fatal := checked.fatal:
        more = f" (and {plural(len(fatal) - 1, 'more problem')})" if len(fatal) > 1 else ""
        message = printable(fatal[0].message) + more
        failure = SubElement(case, "failure", {"message": message, "type": fatal[0].code})
        failure.text = draw_all(fatal, checked.source, paint).rstrip()
    if others := [one for one in checked.diagnostics if one not in fatal]:
        SubElement(case, "system-out").text = draw_all(others, checked.source, paint).rstrip()
