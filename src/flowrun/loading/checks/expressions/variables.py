"""Does a variable exist where a template reads it? One method for each variable of the context (flow reference, 11.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from flowrun.diagnostics import Severity, did_you_mean
from flowrun.loading.checks.expressions.order import BRANCHES, FLOW, REPEATING, Order, Place, order
from flowrun.loading.signature import called
from flowrun.loading.tree import Mapping, Scalar, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flowrun.loading.build import Built
    from flowrun.loading.checks.expressions.names import Names
    from flowrun.template import Reference

Path = tuple[str | int | None, ...]

FIELDS: Final[dict[str, frozenset[str]]] = {
    "flow": frozenset({"id", "namespace", "revision", "tenantId"}),
    "execution": frozenset({"id", "startDate", "originalId", "state", "outputs"}),
    "task": frozenset({"id", "type"}),
    "taskrun": frozenset({"id", "startDate", "attemptsCount", "parentId", "value", "iteration", "items"}),
}
ELSEWHERE: Final = frozenset(
    {"labels", "envs", "globals", "kestra", "files", "workingDir", "outputDir", "secrets", "schedule", "namespace"}
)
"""Variables of which nothing can be said beforehand."""
ROOTS: Final = frozenset({*FIELDS, *ELSEWHERE, "inputs", "vars", "outputs", "tasks", "trigger", "parent", "parents"})
MANY: Final = 8
"""Names that a hint lists at most."""
OF_A_TASK: Final = frozenset({"task", "taskrun", "parent", "parents"})
OUTPUTS_AT_WORK: Final = frozenset(FLOW + name for name in ("If", "Switch", "LoopUntil"))
"""Flowables that have outputs while they are at work."""


class Finding(NamedTuple):
    """What is wrong with one reading of a variable."""

    code: str
    severity: Severity
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A template's surroundings. `user` is the task that it belongs to, None in the flow's outputs.

    `after_children`: it is rendered when the task's own children have run. `open_ended`: it may see more variables
    than the context has.
    """

    names: Names
    user: Place | None
    after_children: bool = False
    open_ended: bool = False

    def check(self, reference: Reference) -> Iterator[Finding]:
        """What is wrong with this reading, if anything."""
        root = str(reference.path[0])
        if reference.guarded:
            yield from self.never_there(root, reference.path)
        elif root not in ROOTS:
            if self.open_ended:
                return
            hint = self.meant(root) or did_you_mean(root, ROOTS)
            yield error("unknown-variable", f"there is no variable `{root}`", hint)
        elif root in RULES:
            yield from RULES[root](self, reference.path)
        elif root in FIELDS:
            yield from self.field_of(root, reference.path)

    def meant(self, root: str) -> str | None:
        """Where a name without its place may belong."""
        if (root,) in self.names.inputs:
            return f"write `inputs.{root}`"
        if root in (self.names.variables or {}):
            return f"write `vars.{root}`"
        return f"write `outputs.{root}`" if root in self.names.tasks else None

    def never_there(self, root: str, path: Path) -> Iterator[Finding]:
        """A reading with a fallback, of something that does not exist: the fallback is all there ever is."""
        found: Iterator[Finding] = iter(())
        if root == "inputs" and len(path) > 1:
            found = self.inputs(path)
        elif root in ("outputs", "tasks") and len(path) > 1 and self.unknown_task(path[1]):
            found = self.of_task(root, path)
        for each in found:
            if each.severity is Severity.ERROR:
                yield each._replace(severity=Severity.WARNING)

    # --- flow, execution, task, taskrun

    def field_of(self, root: str, path: Path) -> Iterator[Finding]:
        name = path[1] if len(path) > 1 else None
        if root in OF_A_TASK and self.user is None:
            yield error("unknown-variable", f"there is no `{root}` here: the flow's outputs belong to no task")
        elif isinstance(name, str) and name not in FIELDS[root]:
            hint = did_you_mean(name, FIELDS[root]) or f"it has {listed(FIELDS[root])}"
            yield error("unknown-variable", f"`{root}` has no `{name}`", hint)
        elif root == "taskrun" and name == "value" and self.user is not None:
            yield from self.loop_value(self.user)
        elif root == "taskrun" and name == "iteration" and self.user is not None and not repeats(self.user):
            yield error("no-loop-value", "`taskrun.iteration` exists in loops only, and this task is in none")

    def loop_value(self, user: Place) -> Iterator[Finding]:
        """Only a direct child of a loop has a value (flow reference, 5.1)."""
        if user.in_loop or in_working_directory(user):
            return
        if not user.loops:
            yield error("no-loop-value", "`taskrun.value` exists in loops only, and this task is in none")
            return
        around = parents_of(user)
        steps = next(number for number, one in enumerate(around) if one.in_loop)
        message = f"only direct children of a loop have a `taskrun.value`: here `{around[steps].id}` has it"
        yield error("no-loop-value", message, f"write `{value_of_parent(steps)}`")

    def parent(self, path: Path) -> Iterator[Finding]:
        """`parent` is the nearest ancestor that has a value or outputs."""
        return self.ancestor(0, "parent", path[1:])

    def parents(self, path: Path) -> Iterator[Finding]:
        """`parents[N]`: the list is there in every task, and may be empty."""
        if self.user is None or (len(path) > 1 and isinstance(path[1], int)):
            number = path[1] if len(path) > 1 and isinstance(path[1], int) else 0
            yield from self.ancestor(number, "parents" if self.user is None else f"parents[{number}]", path[2:])

    def ancestor(self, number: int, written: str, rest: Path) -> Iterator[Finding]:
        """One of the tasks around this one that have a value or outputs; 0 is the nearest."""
        if self.user is None:
            yield error("unknown-variable", f"there is no `{written}` here: the flow's outputs belong to no task")
            return
        around = parents_of(self.user)
        if in_working_directory(self.user):
            return
        if number >= len(around):
            many = "no task" if not around else f"only {len(around)}"
            yield error("no-loop-value", f"there is no `{written}`: {many} around this one has a value or outputs")
        elif rest[:2] == ("taskrun", "value") and not around[number].in_loop:
            steps = next((place for place, one in enumerate(around) if one.in_loop), None)
            hint = None if steps is None else f"write `{value_of_parent(steps)}`"
            message = f"`{written}` is `{around[number].id}`, which is no direct child of a loop and has no value"
            yield error("no-loop-value", message, hint)

    # --- inputs and variables

    def inputs(self, path: Path) -> Iterator[Finding]:
        steps = path[1:]
        if not steps or steps[0] is None:
            if not self.names.inputs and not steps:
                yield error("undeclared-input", "this flow has no inputs, so `inputs` does not exist")
            return
        declared = self.names.inputs
        for length in range(1, len(steps) + 1):
            known = tuple(str(step) for step in steps[:length])
            if steps[length - 1] is None or known in declared:
                if (found := declared.get(known)) and may_be_absent(found):
                    name = ".".join(known)
                    message = f"`inputs.{name}` is absent when its `dependsOn` does not hold"
                    yield warning("input-may-be-missing", message, f"write `inputs.{name} ?? …`")
                return
            if not any(one[:length] == known for one in declared):
                name = ".".join(known)
                ids = [".".join(one) for one in declared]
                hint = suggestion("inputs", name, ids) or (f"the inputs are {listed(ids)}" if ids else None)
                yield error("undeclared-input", f"the flow declares no input `{name}`", hint)
                return

    def variables(self, path: Path) -> Iterator[Finding]:
        level = self.names.variables
        for number, step in enumerate(path[1:], 1):
            if level is None or not isinstance(step, str):
                return
            if step not in level:
                name = ".".join(str(one) for one in path[1 : number + 1])
                hint = did_you_mean(step, level) or (f"there are {listed(level)}" if level else None)
                yield error("undeclared-variable", f"the flow declares no variable `{name}`", hint)
                return
            level = level[step]

    def trigger(self, path: Path) -> Iterator[Finding]:
        known, name = self.names.trigger, path[1] if len(path) > 1 else None
        if known is not None and isinstance(name, str) and name not in known:
            hint = did_you_mean(name, known) or f"they give {listed(known)}"
            yield error("unknown-trigger-variable", f"no trigger of this flow gives `trigger.{name}`", hint)

    # --- outputs and states of tasks

    def unknown_task(self, name: object) -> bool:
        return isinstance(name, str) and name not in self.names.tasks and name not in self.names.made_ids

    def of_task(self, root: str, path: Path) -> Iterator[Finding]:
        name = path[1] if len(path) > 1 else None
        if not isinstance(name, str) or name in self.names.made_ids:
            return
        target = self.names.tasks.get(name)
        if target is None:
            hint = suggestion(root, name, self.names.tasks)
            yield error("unknown-task", f"there is no task `{name}`", hint)
            return
        late = list(self.too_early(root, target))
        yield from late
        if not any(one.severity is Severity.ERROR for one in late):
            yield from self.fields(target, path[2:]) if root == "outputs" else self.state(target, path[2:])

    def state(self, target: Place, rest: Path) -> Iterator[Finding]:
        """`tasks.ID.state`; of a direct child of a loop `tasks.ID[value].state`, whatever loops are around that one."""
        if target.in_loop and target.parent is not None and rest:
            key, values = rest[0], target.parent.values
            if isinstance(key, str) and values is not None and key not in values:
                hint = f"write `tasks.{target.id}[taskrun.value].state`"
                message = f"`{target.id}` is in the loop `{target.parent.id}`: it has a state for each value"
                yield error("loop-key", f"{message}, and `{key}` is none of them", hint)
                return
            rest = rest[1:]
        elif not target.in_loop and rest and rest[0] is None:
            yield error(
                "loop-key",
                f"`{target.id}` is no direct child of a loop: it has one state",
                f"write `tasks.{target.id}.state`",
            )
            return
        if rest and isinstance(rest[0], str) and rest[0] != "state":
            yield error("unknown-output", f"all that `tasks` has of a task is its `state`, not `{rest[0]}`")

    def too_early(self, root: str, target: Place) -> Iterator[Finding]:
        """Whether the task has run at all when this is read."""
        where, shared = order(target, self.user) if self.user is not None else (Order.BEFORE, 0)
        name = target.id
        if where is Order.ENCLOSING or (root == "tasks" and target is self.user):
            return
        if self.after_children and (where is Order.INSIDE or target is self.user):
            return
        again = any(one.type in REPEATING for one in target.chain[:shared])
        if where in (Order.AFTER, Order.INSIDE, Order.EXCLUDED):
            words = {
                Order.AFTER: "itself" if target is self.user else f"`{name}`, which runs later",
                Order.INSIDE: f"`{name}`, which it has yet to start",
                Order.EXCLUDED: f"`{name}`, which is in another branch",
            }
            message = f"a task cannot read the {root} of {words[where]}"
            if again:
                yield warning("output-not-yet", f"{message}: there are none in the first round of the loop")
            else:
                yield error("output-not-yet", message, self.order_hint(target, where))
            return
        yield from self.perhaps_not(root, target, where, shared)

    def order_hint(self, target: Place, where: Order) -> str | None:
        if where is Order.AFTER and target.parent is not None and target.parent.type == FLOW + "Dag":
            return f"add `dependsOn: [{target.id}]`"
        return None

    def perhaps_not(self, root: str, target: Place, where: Order, shared: int) -> Iterator[Finding]:
        """What can keep a task from running although its turn comes first."""
        name, below = target.id, target.chain[shared:]
        fallback = f"write `{root}.{name} ?? …`, or `({root}.{name}.… ) ?? …`"
        off = next((one for one in below if always(one, "disabled")), None)
        if off is not None:
            what = f"`{name}` is disabled" if off is target else f"`{name}` is in `{off.id}`, which is disabled"
            yield error("output-of-disabled", f"{what} and never has {root}", fallback)
            return
        if root == "tasks":
            return
        if where is Order.SIDE_BY_SIDE:
            hint = f"add `dependsOn: [{name}]`" if target.chain[shared - 1].type == FLOW + "Dag" else fallback
            yield warning("output-may-be-missing", f"`{name}` runs at the same time: it may not have ended", hint)
            return
        reason = next(iter(self.reasons(below)), None)
        if reason is not None:
            yield warning("output-may-be-missing", f"`{name}` may not have run: {reason}", fallback)

    def reasons(self, below: tuple[Place, ...]) -> Iterator[str]:
        """Why a task may be passed over, given the ancestors that it does not share with the reader."""
        own = [text_of(one.built.node.get("runIf")) for one in self.user.chain] if self.user is not None else []
        for number, one in enumerate(below):
            condition = one.built.node.get("runIf")
            if isinstance(condition, Scalar) and condition.text != "true" and condition.text not in own:
                yield f"`{one.id}` has a `runIf`"
            if number > 0 and one.slot in BRANCHES and one.parent is not None:
                yield f"it is in a branch of `{one.parent.id}`"
            if one.slot == "errors":
                yield "it is an error handler"

    def fields(self, target: Place, rest: Path) -> Iterator[Finding]:
        """The outputs themselves: one key for each loop around the task, then a field of its type."""
        for loop in target.loops:
            if not rest:
                return
            yield from self.loop_key(target, loop, rest)
            rest = rest[1:]
        known: dict[str, str] | None = getattr(target.built.cls, "output_fields", None)
        if not rest or known is None:
            return
        name, kind = rest[0], target.type.rpartition(".")[2]
        if not known:
            yield error("unknown-output", f"a {kind} task has no outputs")
        elif name is None and len(rest) > 1 and rest[1] in known:
            message = f"`{target.id}` has one key for each loop around it ({len(target.loops)}): here is one too many"
            hint = None if target.loops else f"write `outputs.{target.id}.{rest[1]}`"
            flat = not {"any", "object"} & set(known.values())
            yield Finding("loop-key", Severity.ERROR if flat else Severity.WARNING, message, hint)
        elif isinstance(name, str) and name not in known:
            hint = did_you_mean(name, known) or f"it has {listed(known)}"
            yield error("unknown-output", f"a {kind} task has no output `{name}`", hint)
        elif kind == "Subflow" and name == "outputs" and len(rest) > 1:
            yield from self.subflow_output(target, rest[1])

    def subflow_output(self, target: Place, name: object) -> Iterator[Finding]:
        """An output of the flow that a Subflow task calls, where that flow is known."""
        called_flow = (self.names.flows or {}).get(called(target.built.node))
        if called_flow is None or not isinstance(name, str) or target.built.node.get("outputs") is not None:
            return
        if name not in called_flow.outputs:
            hint = suggestion("outputs", name, called_flow.outputs)
            yield error("unknown-output", f"the flow `{'.'.join(called_flow.name)}` has no output `{name}`", hint)

    def loop_key(self, target: Place, loop: Place, rest: Path) -> Iterator[Finding]:
        """The key of a loop's value stands before the field."""
        key, values = rest[0], loop.values
        if not isinstance(key, str) or (values is not None and key in values):
            return
        fields: dict[str, str] | None = getattr(target.built.cls, "output_fields", None)
        inside = self.user is not None and loop in self.user.chain
        index = "taskrun.value" if self.user is not None and self.user.in_loop else "parent.taskrun.value"
        hint = (
            f"write `outputs.{target.id}[{index}].{key}`" if inside else f"write `outputs.{target.id}['VALUE'].{key}`"
        )
        message = f"`{target.id}` is in the loop `{loop.id}`: its outputs have a key for each value"
        if values is not None:
            yield error("loop-key", f"{message}, and `{key}` is none of them", hint)
        elif fields and key in fields:
            yield warning("loop-key", message, hint)


RULES: Final[dict[str, Callable[[Reading, Path], Iterator[Finding]]]] = {
    "inputs": Reading.inputs,
    "vars": Reading.variables,
    "trigger": Reading.trigger,
    "parent": Reading.parent,
    "parents": Reading.parents,
    "outputs": lambda reading, path: reading.of_task("outputs", path),
    "tasks": lambda reading, path: reading.of_task("tasks", path),
}


def parents_of(user: Place) -> list[Place]:
    """What `parents` lists: the tasks around one that have a value or outputs, nearest first."""
    return [one for one in reversed(user.chain[:-1]) if one.in_loop or one.type in OUTPUTS_AT_WORK]


def value_of_parent(steps: int) -> str:
    """How the value of an ancestor is written; 0 is the nearest that has a value or outputs."""
    return "parent.taskrun.value" if steps == 0 else f"parents[{steps}].taskrun.value"


def in_working_directory(user: Place) -> bool:
    """Whether a task is run by a WorkingDirectory, which hands down what it likes."""
    return any(one.type == FLOW + "WorkingDirectory" for one in user.chain[:-1])


def repeats(user: Place) -> bool:
    """Whether a task is in a loop of any kind, or one itself."""
    return any(one.type in REPEATING or one.type == FLOW + "ForEachItem" for one in user.chain)


def always(place: Place, name: str) -> bool:
    """Whether a property of a task is written as plain `true`."""
    return text_of(place.built.node.get(name)) == "true"


def may_be_absent(declared: Built) -> bool:
    """Whether an input is left out when its condition does not hold, and has no default that stands in."""
    depends = declared.node.get("dependsOn")
    conditional = isinstance(depends, Mapping) and depends.get("condition") is not None
    return conditional and declared.node.get("defaults") is None


def suggestion(root: str, name: str, known: Iterable[str]) -> str | None:
    """What an unknown key of `inputs`, `outputs` or `tasks` may mean; behind a dot, a dash ends it."""
    known = list(known)
    dashed = next((one for one in known if one.startswith(f"{name}-")), None)
    return f"write `{root}['{dashed}']`" if dashed else did_you_mean(name, known)


def listed(names: Iterable[str]) -> str:
    """A few names, in order."""
    some = sorted(names)
    return ", ".join(f"`{one}`" for one in some[:MANY]) + (", …" if len(some) > MANY else "")


def error(code: str, message: str, hint: str | None = None) -> Finding:
    """Sure to fail."""
    return Finding(code, Severity.ERROR, message, hint)


def warning(code: str, message: str, hint: str | None = None) -> Finding:
    """May fail."""
    return Finding(code, Severity.WARNING, message, hint)
