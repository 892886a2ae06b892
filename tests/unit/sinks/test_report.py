"""The HTML page of a run: whole, bounded, and with no way out for what a flow says."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from datetime import UTC
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from tests.unit.sinks import runs

from flowrun.model.execution import ENCRYPTED
from flowrun.model.log import LogLevel
from flowrun.model.state import State, StateType
from flowrun.sinks.origin import Origin
from flowrun.sinks.report import AT_EACH_END, ReportSink

HOSTILE = "</span></pre></style><script>alert(1)</script><img src=x onerror='a()'>\"'&amp;]]>\x1b[31m\x00\ud800\u202e"


def page_of(run, **options) -> str:
    pages: list[str] = []
    run(ReportSink(lambda pieces: pages.append("".join(pieces)), zone=UTC, **options))
    (page,) = pages
    return page


def parsed(page: str) -> ET.Element:
    """The page as XML, which every text that is not escaped would break or bend."""
    return ET.fromstring(page)


def said(element: ET.Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in root.iter() if name in (one.get("class") or "").split()]


def summaries(root: ET.Element) -> list[str]:
    return [said(one) for one in of_class(root, "rows")[0].iter("summary")]


class Elements(HTMLParser):
    """What an HTML parser, which reads as browsers do, finds: elements, and attributes that could act."""

    def __init__(self):
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def elements(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    return found


def hostile(sink):
    """Whatever can be said is said with markup in it."""
    about = {"labels": {HOSTILE: HOSTILE}, "trigger": {"executionId": HOSTILE}, "inputs": {HOSTILE: [HOSTILE]}}
    story = runs.Story(sink, flow_id=HOSTILE, **about)
    story.execution.namespace = HOSTILE
    story.task(HOSTILE, StateType.FAILED, value=HOSTILE, outputs={HOSTILE: {HOSTILE: HOSTILE}}, attempts=2)
    story.log(HOSTILE, HOSTILE, LogLevel.ERROR).task("skipped", StateType.SKIPPED)
    story.end(StateType.FAILED, **{HOSTILE: HOSTILE})


def test_nothing_that_a_flow_says_becomes_markup():
    origin = Origin(HOSTILE, conditions={"skipped": HOSTILE}, find_lines=lambda: {HOSTILE: 1})
    page = page_of(hostile, origin=origin, source=f"{HOSTILE}\n{HOSTILE}")
    known = Origin("x.yaml", find_lines=lambda: {"call_the_service": 1})
    tame = elements(page_of(runs.troubles, source="x", origin=known) + page_of(runs.hello))
    wild = elements(page)
    assert wild.tags <= tame.tags
    assert wild.attributes <= tame.attributes
    assert not wild.tags & {"script", "img", "a", "link", "iframe", "form", "object"}
    assert said(parsed(page)).count("<script>alert(1)</script>") >= 15
    assert not any(char in page for char in "\x1b\x00\ud800\u202e")


@pytest.mark.parametrize("run", [runs.hello, runs.troubles, runs.long_loop, hostile])
def test_a_page_is_well_formed_and_asks_for_nothing(run):
    page = page_of(run)
    root = parsed(page)
    (style,) = [one.text for one in root.iter("style")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [one.get("content") for one in root.iter("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not elements(page).attributes & {"style", "href", "src", "action", "onload", "srcset"}
    assert "url(" not in style
    assert "@import" not in style


def test_a_page_tells_what_the_terminal_tells():
    root = parsed(page_of(runs.hello, source="id: hello_world"))
    assert said(root.find(".//h1")) == "tutorial.hello_world ✓ SUCCESS"
    about = said(root.find(".//dl"))
    assert "Execution 4Fq0dPbYkCr9nWm2sXhT7a" in about
    assert "Flow hello_world, revision 1 Started 2026-01-01 10:00:00 +00:00" in about
    assert "Duration 1.0 s" in about
    assert "virtual" not in about
    assert summaries(root)[1] == "✓ compose SUCCESS 2 ms after 2 ms, for 2 ms"
    everything = said(root)
    assert "Inputs name Ann Outputs summary ANN was welcomed by hello_world" in everything
    assert "value ANN was welcomed by hello_world" in everything
    assert said(of_class(root, "message")[0]) == "Hello Ann, welcome to flowrun!"
    assert "1 id: hello_world" in said(of_class(root, "source")[0])


def test_virtual_time_is_marked():
    root = parsed(page_of(lambda sink: runs.Story(sink, virtual_time=True).end(StateType.SUCCESS)))
    assert "virtual time: the dates are not real" in said(root)


def test_a_failed_run_says_where_and_marks_the_line():
    origin = Origin("flows/x.yaml", find_lines=lambda: {"call_the_service": 2})
    root = parsed(page_of(runs.troubles, origin=origin, source="tasks:\n  - id: call_the_service\n"))
    assert said(of_class(root, "failed")[0]).startswith("Failed at call_the_service flows/x.yaml:2 red and wide")
    assert [said(one) for one in root.iter("mark")] == ["- id: call_the_service"]


@pytest.mark.parametrize("state", [StateType.KILLED, StateType.WARNING, StateType.CANCELLED])
def test_every_end_has_its_page(state):
    root = parsed(page_of(lambda sink: runs.Story(sink).task("a", state).end(state)))
    assert said(root.find(".//h1")).endswith(state.value)
    assert not of_class(root, "failed")


def test_a_run_that_was_cut_short_has_its_page():
    root = parsed(page_of(lambda sink: runs.Story(sink).task("slow", StateType.RUNNING).sink.close()))
    assert "Ended not yet when this was written" in said(root)
    assert summaries(root) == ["▶ slow RUNNING after 0 ms, for 2 ms"]


def test_without_an_execution_there_is_no_page():
    pages = []
    ReportSink(pages.append).close()
    assert pages == []


def test_secrets_are_not_shown_wherever_they_stand():
    sealed = {"type": ENCRYPTED, "value": "c2VhbGVk"}
    page = page_of(lambda sink: runs.Story(sink, inputs={"a": sealed, "b": {"c": sealed}}).end(StateType.SUCCESS))
    assert "c2VhbGVk" not in page
    assert page.count("******") == 2


def test_bars_show_attempts_and_the_waits_between_them():
    def run(sink):
        story = runs.Story(sink).task("try", seconds=10, attempts=2)
        (task_run,) = story.execution.task_runs.values()
        for number, attempt in enumerate(task_run.attempts):
            begun = runs.START.replace(second=4 * number)
            attempt.state = State.created(begun)
            attempt.state.change(
                StateType.FAILED if number == 0 else StateType.SUCCESS, begun.replace(second=4 * number + 2)
            )
        story.end(StateType.SUCCESS)

    root = parsed(page_of(run))
    bars = [(one.get("class"), one.get("x"), one.get("width")) for one in root.iter("rect")]
    assert bars == [("wait", "0.0", "1000.0"), ("FAILED", "0.0", "200.0"), ("SUCCESS", "400.0", "200.0")]
    assert "attempt 1 FAILED 10:00:00.012 2.0 s" in said(of_class(root, "inside")[0])


def test_a_loop_is_one_row_with_its_first_members_inside():
    rows = summaries(parsed(page_of(runs.long_loop)))
    assert rows[1].startswith("└─ ✓ item × 1,000 SUCCESS 1.0 s")
    assert rows[2].startswith("✓ item [0] SUCCESS 1 ms")
    assert len(rows) == 2 + 200
    assert "… 800 more are not shown" in said(parsed(page_of(runs.long_loop)))


def test_more_rows_than_fit_are_counted():
    def run(sink):
        story = runs.Story(sink)
        for number in range(2100):
            story.task(f"t{number}")
        story.end(StateType.SUCCESS)

    root = parsed(page_of(run))
    assert len(summaries(root)) == 2000
    assert "… 100 more task runs are not shown" in said(root)


def test_of_a_long_log_the_ends_and_what_is_grave_are_kept():
    def run(sink):
        story = runs.Story(sink)
        for number in range(3 * AT_EACH_END):
            grave = number == AT_EACH_END + 5
            story.log("t", f"line {number}", LogLevel.ERROR if grave else LogLevel.INFO)
        story.end(StateType.SUCCESS)

    root = parsed(page_of(run))
    messages = [said(one) for one in of_class(root, "message")]
    assert messages[0] == "line 0"
    assert messages[AT_EACH_END] == f"line {AT_EACH_END + 5}"
    assert messages[-1] == f"line {3 * AT_EACH_END - 1}"
    assert len(messages) == 2 * AT_EACH_END + 1
    assert said(of_class(root, "gap")[0]) == f"… {AT_EACH_END - 1:,} lines are not shown"


def test_every_level_can_be_chosen_and_info_is():
    root = parsed(page_of(runs.hello))
    choices = {one.get("id"): one.get("checked") for one in root.iter("input")}
    assert choices == {f"from-{level.value}": "checked" if level is LogLevel.INFO else None for level in LogLevel}
    (style,) = [one.text for one in root.iter("style")]
    for level in list(LogLevel)[1:]:
        (hidden,) = re.findall(rf"#from-{level.value}:checked ~ \.log (?::is\((.*)\)|(\.\w+))[ ,]", style)
        below = {f".{one.value}" for one in LogLevel if one.rank < level.rank}
        assert set("".join(hidden).split(", ")) == below


def test_a_hundred_thousand_task_runs_make_a_bounded_page_in_seconds():
    """Time that grew with their square would be minutes."""

    def run(sink):
        story = runs.Story(sink).task("each")
        each = story.last_id()
        for number in range(50_000):
            story.task("item", parent=each, value=str(number), outputs={"value": "x" * 5000})
            story.task("leaf", StateType.FAILED, parent=story.last_id())
            story.log("item", "y" * 5000)
        nonlocal begun
        begun = time.perf_counter()
        story.end(StateType.FAILED)

    begun = 0.0
    page = page_of(run)
    assert time.perf_counter() - begun < 15
    assert len(page) < 20_000_000
