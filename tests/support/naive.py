"""The rules of an execution once more, written from the flow reference alone and without any cleverness.

It reads the flow as the map that stands in the file, keeps nothing but the list of task runs, and looks through all of
it at every step. Whoever drives it says which body ended how, in any order; the engine, told the same, must have the
same task runs in the same states. Chapters in comments are those of the flow reference.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
Place = tuple[Document, str | None, int | None]
"""A task run that there may be: the task, the value and the number of the value."""

MAIN, ERRORS, FINALLY, AFTER = "tasks", "errors", "finally", "afterExecution"
TERMINAL = {"SUCCESS", "WARNING", "FAILED", "KILLED", "SKIPPED"}
FLOWABLES = {
    *("Sequential", "Parallel", "Dag", "If", "Switch"),
    *("ForEach", "EachSequential", "EachParallel", "AllowFailure"),
}
FALSE = {"", "false", "0", "-0"}


class Unrenderable(Exception):
    """A template that cannot be rendered."""


class NoBranch(Exception):
    """A Switch that has no tasks for its value."""


@dataclass(eq=False)
class Made:
    """A task run. `attempts` holds the state of each; the last one is RUNNING as long as the run is at work."""

    task: Document
    value: str | None
    iteration: int | None
    parent: Made | None
    branch: str
    state: str = "CREATED"
    attempts: list[str] = field(default_factory=list)

    @property
    def path(self) -> tuple[tuple[str, str | None], ...]:
        """Ids and values from the outside in: no other task run has the same."""
        return (*(self.parent.path if self.parent else ()), (self.task["id"], self.value))

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL

    def end(self, state: str, attempt: str | None = None) -> None:
        if self.attempts and self.attempts[-1] == "RUNNING":
            self.attempts[-1] = attempt or state
        self.state = state


class Naive:
    """One execution of a flow."""

    def __init__(self, flow: Document) -> None:
        self.flow = flow
        self.runs: list[Made] = []
        self.state = "RUNNING"
        self.finished = False
        self.stopping = False
        self.go_on()

    # --- what happens to it

    def succeed(self, run: Made) -> None:
        retry = run.task.get("retry", {})  # only its own says `warningOnRetry`
        state = "WARNING" if len(run.attempts) > 1 and retry.get("warningOnRetry") else "SUCCESS"
        run.end(tolerated(run.task, state), state)
        self.go_on()

    def fail(self, run: Made) -> None:
        """3.3: tried again while there are tries left, by its own `retry` or one around it; else 3.5."""
        retry = self.retry_of(run)
        if retry and len(run.attempts) < retry["maxAttempts"] and not self.stopping:
            run.end("RETRYING", "FAILED")
            self.enter("RETRYING")
        else:
            run.end(tolerated(run.task, "FAILED"), "FAILED")
        self.go_on()

    def try_again(self, run: Made) -> None:
        run.state = "CREATED"
        self.enter("RUNNING")
        self.go_on()

    def kill(self) -> None:
        """10.6: bodies that are at work are told, and end when they end; nothing else begins."""
        self.stopping = True
        for run in self.runs:
            if run.state in ("CREATED", "RETRYING"):
                run.end("KILLED")
        self.go_on()

    def killed(self, run: Made) -> None:
        run.end("KILLED")
        self.go_on()

    def enter(self, state: str) -> None:
        if self.state not in TERMINAL:
            self.state = state

    def retry_of(self, run: Made) -> Document | None:
        around: Made | None = run
        while around:
            if "retry" in around.task:
                return around.task["retry"]
            around = around.parent
        return self.flow.get("retry")

    # --- the order of work (4.6)

    def go_on(self) -> None:
        """Steps until one changes nothing."""
        while self.step():
            pass

    def step(self) -> bool:
        before = self.picture()
        if self.stopping:
            self.end_kill()
        elif not self.finished:
            self.end_execution()
            for owner in [None, *self.running_flowables()]:
                self.create(owner)
            for run in list(self.runs):
                if run.state == "CREATED":
                    self.dispatch(run)
            for run in self.running_flowables():
                if run.state == "RUNNING" and self.is_over(run):
                    self.settle(run, self.outcome(run))
        return self.picture() != before

    def picture(self) -> Any:
        """All that there is to see."""
        runs = [(run.path, run.iteration, run.branch, run.state, tuple(run.attempts)) for run in self.runs]
        return self.state, self.finished, runs

    def end_kill(self) -> None:
        if any(run.state == "RUNNING" and not is_flowable(run.task) for run in self.runs):
            self.state = self.state if self.state in TERMINAL else "KILLING"
            return
        for run in self.runs:
            if not run.ended:
                run.end("KILLED")
        if self.state in TERMINAL:
            self.finished = True
        else:
            self.stopping = False
            self.state = "KILLED"

    def end_execution(self) -> None:
        """4.5: the state, then `afterExecution`, then it is over."""
        if self.state not in TERMINAL and self.is_over(None):
            self.state = self.guess(None)
            for run in self.runs:
                if not run.ended:
                    run.end(self.state)
        elif self.state in TERMINAL and self.all_ended(None, AFTER):
            self.finished = True

    def create(self, owner: Made | None) -> None:
        for task, value, iteration in self.nexts(owner):
            branch = self.current(owner) or MAIN
            self.runs.append(Made(task, value, iteration, owner, branch))

    def dispatch(self, run: Made) -> None:
        try:
            wanted = rendered(run.task.get("runIf", "true"), run) not in FALSE
        except Unrenderable:
            run.state = "FAILED"
            return
        if not run.attempts or not is_flowable(run.task):
            run.attempts.append("RUNNING")
        if not wanted:
            run.end("SKIPPED")
            return
        run.state = "RUNNING"
        if is_flowable(run.task):
            try:
                self.planned(run, MAIN)
            except Unrenderable:
                run.end("FAILED")
            except NoBranch:  # its errors and finally do not run; with a finally nothing is tolerated
                run.end("FAILED" if "finally" in run.task else tolerated(run.task, "FAILED"))

    def settle(self, run: Made, state: str) -> None:
        """4.3: flowables that are unfinished in it are stamped with its state; bodies go on."""
        run.end(state)
        for child in self.children(run):
            if not child.ended and (is_flowable(child.task) or child.state not in ("RUNNING", "RETRYING")):
                self.settle(child, state)

    def running_flowables(self) -> list[Made]:
        return [run for run in self.runs if run.state == "RUNNING" and is_flowable(run.task)]

    # --- lists of tasks (4.2); the owner None is the flow

    def children(self, owner: Made | None, branch: str | None = None) -> list[Made]:
        return [run for run in self.runs if run.parent is owner and branch in (None, run.branch)]

    def tasks(self, owner: Made | None, branch: str) -> list[Document]:
        """The enabled tasks of a list that is no main list."""
        around = owner.task if owner else self.flow
        return enabled(around.get(branch))

    def current(self, owner: Made | None) -> str | None:
        """The list that is to go on; None: there is none any more."""
        if owner is None and self.state in TERMINAL:
            return AFTER
        if self.children(owner, FINALLY):
            return FINALLY
        failed = any(run.state == "FAILED" for run in self.children(owner, MAIN))
        has_errors, has_finally = bool(self.tasks(owner, ERRORS)), bool(self.tasks(owner, FINALLY))
        if failed and has_errors and not (has_finally and self.all_ended(owner, ERRORS)):
            return ERRORS
        if has_finally and (failed or self.all_ended(owner, MAIN)):
            return FINALLY
        return None if failed else MAIN

    def is_over(self, owner: Made | None) -> bool:
        """4.3: the current list is completely terminal, or there is none and no child waits for its next attempt."""
        current = self.current(owner)
        if current is None:
            return not any(run.state == "RETRYING" for run in self.children(owner, MAIN))
        return self.all_ended(owner, current)

    def all_ended(self, owner: Made | None, branch: str) -> bool:
        ended = [(run.task["id"], run.value) for run in self.children(owner, branch) if run.ended]
        return all((task["id"], value) in ended for task, value, _ in self.planned(owner, branch))

    def guess(self, owner: Made | None) -> str:
        """4.3: the gravest state of the main list."""
        states = {run.state for run in self.children(owner, MAIN)}
        return next((state for state in ("KILLED", "FAILED", "WARNING") if state in states), "SUCCESS")

    def outcome(self, run: Made) -> str:
        state = tolerated(run.task, self.guess(run))
        return "WARNING" if kind(run.task) == "AllowFailure" and state == "FAILED" else state

    # --- which come next (chapter 5)

    def planned(self, owner: Made | None, branch: str) -> list[Place]:
        """All that a list comes to when nothing goes wrong."""
        if owner is None or branch != MAIN:
            return plain(self.tasks(owner, branch))
        task = owner.task
        match kind(task):
            case "If":
                holds = rendered(task.get("condition", ""), owner) not in FALSE
                return plain(enabled(task.get("then" if holds else "else")))
            case "Switch":
                return plain(enabled(case_of(task, rendered(task["value"], owner))))
            case "Dag":
                return plain(enabled([member["task"] for member in task["tasks"]]))
            case "ForEach" | "EachSequential" | "EachParallel":
                values = loop_values(task, owner)
                return [(one, value, number) for number, value in enumerate(values) for one in enabled(task["tasks"])]
        return plain(enabled(task["tasks"]))

    def nexts(self, owner: Made | None) -> list[Place]:
        branch = self.current(owner)
        if branch is None:
            return []
        planned, children = self.planned(owner, branch), self.children(owner, branch)
        if owner is None or branch != MAIN:
            return in_order(planned, children)
        task = owner.task
        match kind(task):
            case "Parallel" | "EachParallel":
                return at_once(planned, children, task.get("concurrent", 0))
            case "Dag":
                ended = {run.task["id"] for run in children if run.ended}
                before = {member["task"]["id"]: set(member.get("dependsOn", ())) for member in task["tasks"]}
                free = [one for one in planned if before[one[0]["id"]] <= ended]
                return at_once(free, children, task.get("concurrent", 0))
            case "ForEach":
                return value_by_value(planned, children, task.get("concurrencyLimit", 1))
            case "EachSequential":
                return value_by_value(planned, children, 1)
        return in_order(planned, children)


def in_order(planned: list[Place], children: list[Made]) -> list[Place]:
    """The one after those that have ended, when none is unfinished."""
    if any(not run.ended for run in children):
        return []
    return planned[len(children) : len(children) + 1]


def at_once(planned: list[Place], children: list[Made], limit: int) -> list[Place]:
    """All that have no task run yet, as many as may be at work beside those that are."""
    made = [(run.task["id"], run.value) for run in children]
    missing = [one for one in planned if (one[0]["id"], one[1]) not in made]
    unfinished = sum(not run.ended for run in children)
    return missing[: max(0, limit - unfinished)] if limit else missing


def value_by_value(planned: list[Place], children: list[Made], limit: int) -> list[Place]:
    """The next task of each value that is at work, and of so many further values as may be."""
    nexts: list[Place] = []
    at_work = 0
    for value in dict.fromkeys(value for _, value, _ in planned):
        its_plan = [one for one in planned if one[1] == value]
        its_runs = [run for run in children if run.value == value]
        if len(its_runs) == len(its_plan) and all(run.ended for run in its_runs):
            continue
        at_work += 1
        if not limit or at_work <= limit:
            nexts += in_order(its_plan, its_runs)
    return nexts


def plain(tasks: list[Document]) -> list[Place]:
    return [(task, None, None) for task in tasks]


def enabled(tasks: list[Document] | None) -> list[Document]:
    return [task for task in tasks or () if not task.get("disabled")]


def kind(task: Document) -> str:
    return str(task["type"]).rpartition(".")[2]


def is_flowable(task: Document) -> bool:
    return kind(task) in FLOWABLES


def tolerated(task: Document, state: str) -> str:
    """3.5."""
    if state == "FAILED" and task.get("allowFailure"):
        state = "WARNING"
    return "SUCCESS" if state == "WARNING" and task.get("allowWarning") else state


def case_of(task: Document, value: str) -> list[Document]:
    """5.6: the tasks for a value."""
    tasks = task["cases"].get(value, task.get("defaults"))
    if not tasks:
        raise NoBranch
    return list(tasks)


def loop_values(task: Document, owner: Made) -> list[str]:
    """5.7: each once."""
    values = task["values"] if kind(task) == "ForEach" else task["value"]
    if isinstance(values, str):
        values = json.loads(rendered(values, owner))
    return list(dict.fromkeys(rendered(value, owner) for value in values))


def rendered(template: str, run: Made) -> str:
    """The few templates that flows of the tests have."""
    if "{{" not in template:
        return template
    if "taskrun.value" not in template or run.value is None:
        raise Unrenderable
    if template == "{{ taskrun.value }}":
        return run.value
    wanted = template.split("'")[1]
    return "true" if run.value == wanted else "false"
