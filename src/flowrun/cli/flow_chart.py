"""`flowrun show FLOW --format mermaid`: the flow as a flowchart, as GitHub draws it in Markdown."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from flowrun.cli.flow_document import HANDLERS, Branch, Member, branches, task_properties
from flowrun.cli.flow_view import NOTE_LENGTH, occasion, property_text, short_type
from flowrun.loading.plan import camel_case
from flowrun.sinks.summary import short
from flowrun.tasks.flow.dag import Dag
from flowrun.tasks.flow.parallel import Parallel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowrun.model.flow import Flow
    from flowrun.model.task import Task
    from flowrun.model.trigger import Trigger

HANDLER_LISTS = ("errors", "finally_", "after_execution")
STYLES = ("classDef handler stroke-dasharray: 5 5", "classDef disabled opacity: 0.5")
LOOPED_OVER = ("values", "value", "items")
ASKED = ("condition", "value")
SPECIAL = re.compile(r"[^\w .,:()\[\]=/+*@!?|'-]")
"""Characters that may mean something to Mermaid, to Markdown or to HTML."""

brief = partial(short, length=NOTE_LENGTH)


def flow_chart(flow: Flow) -> str:
    """The whole flow, a line each."""
    chart = Chart()
    last = chart.chain(list(map(Member, flow.tasks)), 1)
    first = chart.heads[0]
    for name in HANDLER_LISTS:
        chart.handler(camel_case(name), list(map(Member, getattr(flow, name) or ())), last, 1)
    for trigger in flow.triggers or ():
        chart.trigger(trigger, first, disabled=flow.disabled)
    return "\n".join(["flowchart TD", *chart.lines, *chart.styles()]) + "\n"


class Chart:
    """Lines of a flowchart. Nodes have names of its own (`n1`): ids of tasks may be words of Mermaid's.

    `heads` are the names of the first task of each list, in the order in which the lists were begun.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.heads: list[str] = []
        self.classes: dict[str, list[str]] = {}
        self.count = 0

    def styles(self) -> list[str]:
        """How what is dashed or dimmed is drawn; nothing where nothing is."""
        used = [f"  {line}" for line in STYLES if line.split()[1] in self.classes]
        return used + [f"  class {','.join(names)} {style}" for style, names in self.classes.items()]

    def name(self, *styles: str) -> str:
        """A new name, of a node in these styles."""
        self.count += 1
        name = f"n{self.count}"
        for style in styles:
            self.classes.setdefault(style, []).append(name)
        return name

    def add(self, level: int, line: str) -> None:
        self.lines.append("  " * level + line)

    # --- lists of tasks

    def chain(self, members: Sequence[Member], level: int, *styles: str) -> str:
        """Tasks that run one after the other. The name of the last."""
        names = [
            self.task(one, level, *styles) if place else self.head(one, level, *styles)
            for place, one in enumerate(members)
        ]
        for before, after in pairwise(names):
            self.add(level, f"{before} --> {after}")
        return names[-1]

    def head(self, member: Member, level: int, *styles: str) -> str:
        """The first task of a list."""
        place = len(self.heads)
        self.heads.append("")
        self.heads[place] = self.task(member, level, *styles)
        return self.heads[place]

    def graph(self, members: Sequence[Member], level: int) -> str:
        """Tasks that run as soon as those are done that they wait for; without any, side by side. The name of the last."""
        names = {one.task.id: self.task(one, level) for one in members}
        for one in members:
            for before in one.after:
                if before in names:
                    self.add(level, f"{names[before]} --> {names[one.task.id]}")
        return names[members[-1].task.id]

    def handler(self, label: str, members: Sequence[Member], source: str, level: int) -> None:
        """Tasks that run when others have failed or ended, behind a dashed arrow."""
        if members:
            place = len(self.heads)
            self.chain(members, level, "handler")
            self.add(level, f'{source} -.->|"{escaped(label)}"| {self.heads[place]}')

    # --- tasks

    def task(self, member: Member, level: int, *styles: str) -> str:
        """A task: a node, or with tasks in it a frame round them."""
        task, found = member.task, branches(member.task)
        name = self.name(*styles, *(["disabled"] if task.disabled else []))
        if not found:
            self.add(level, f'{name}["{title(task, "<br/>")}"]')
            return name
        self.add(level, f'subgraph {name}["{title(task, ": ")}"]')
        last = self.main(task, [one for one in found if one.name not in HANDLERS], level + 1)
        for one in found:
            if one.name in HANDLERS:
                self.handler(one.label, one.members, last, level + 1)
        self.add(level, "end")
        return name

    def main(self, task: Task, found: Sequence[Branch], level: int) -> str:
        """The branches of a flowable that are no handlers. The name of what handlers hang on."""
        if not found or any(one.label for one in found):
            return self.fork(task, found, level)
        members = [member for one in found for member in one.members]
        return self.graph(members, level) if isinstance(task, Dag | Parallel) else self.chain(members, level)

    def fork(self, task: Task, found: Sequence[Branch], level: int) -> str:
        """A question and an arrow for each answer. The name of the question."""
        name = self.name()
        properties = task_properties(task)
        asked = next((brief(properties[one]) for one in ASKED if one in properties), short_type(task.type))
        self.add(level, f'{name}{{"{escaped(asked)}"}}')
        for one in found:
            place = len(self.heads)
            self.chain(one.members, level)
            self.add(level, f'{name} -->|"{escaped(brief(one.label or one.name))}"| {self.heads[place]}')
        return name

    def trigger(self, trigger: Trigger, first: str, *, disabled: bool) -> None:
        """What starts the flow."""
        name = self.name(*(["disabled"] if disabled or trigger.disabled else []))
        words = [trigger.id, short_type(trigger.type), *map(brief, occasion(trigger))]
        self.add(1, f'{name}(["{joined(words, "<br/>")}"]) --> {first}')


def title(task: Task, between: str) -> str:
    """The id and type of a task, what it loops over, and what changes its course."""
    properties = task_properties(task)
    looped = next((brief(properties.pop(one)) for one in LOOPED_OVER if one in properties), "")
    loop = f"loop over {looped}" if looped and "Each" in short_type(task.type) else ""
    if short_type(task.type) == "LoopUntil":
        loop = f"loop until {brief(properties.get('condition', ''))}"
    notes = [property_text(name, value, brief) for name, value in properties.items() if name not in ASKED]
    kind = joined([short_type(task.type), loop], ", ")
    return joined_escaped([f"{escaped(task.id)}{between}{kind}", joined(notes, "<br/>")], "<br/>")


def joined(words: Iterable[str], between: str) -> str:
    """Words, each escaped; empty ones left out."""
    return joined_escaped(map(escaped, words), between)


def joined_escaped(words: Iterable[str], between: str) -> str:
    return between.join(filter(None, words))


def escaped(text: str) -> str:
    """A text for a label in quotes: what could mean something is written as its number."""
    return SPECIAL.sub(lambda found: f"#{ord(found[0])};", text)
