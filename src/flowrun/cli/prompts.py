"""Asking for inputs on a terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from flowrun.app import flows
from flowrun.cli.inputs import declared_inputs
from flowrun.errors import StartRefused, UsageError
from flowrun.model.durations import format_duration
from flowrun.model.inputs import (
    FORMS,
    ArrayInput,
    DateInput,
    DurationInput,
    FileInput,
    FloatInput,
    Input,
    IntInput,
    MultiselectInput,
    SecretInput,
    SelectInput,
    StringInput,
)
from flowrun.model.log import MASK
from flowrun.sinks.summary import short, short_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowrun.cli.look import Paint
    from flowrun.engine.inputs import Offer, Resolution
    from flowrun.model.flow import Flow
    from flowrun.model.workplace import Workplace

    Look = Callable[[Mapping[str, Any]], Resolution]

MOST_CHOICES = 40
"""Values that a question lists; a longer list says how many there are."""

YES_AND_NO = {"y": "true", "yes": "true", "true": "true", "n": "false", "no": "false", "false": "false"}

WITHOUT_BLANKS = frozenset({"INT", "FLOAT", "BOOL", "BOOLEAN", "DATE", "DATETIME", "TIME", "DURATION"})
"""Types whose values have no blanks around them: those that slip into an answer mean nothing."""

FENCED = re.compile(r"errors:\n```\n(.*?)\n", re.DOTALL)


def can_ask(environment: Mapping[str, str]) -> bool:
    """Only when somebody sits there: both ends are terminals, and this is no CI job."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not environment.get("CI")


def ask_for_inputs(
    flow: Flow, given: Mapping[str, Any], paint: Paint, workplace: Workplace, seen: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The given inputs and an answer for each other one that the flow wants; those that others depend on come first.

    `seen`: what their templates see of an execution that asks. Raises `StartRefused` for a given input that is bad,
    `UsageError` at the end of input.
    """
    answers = dict(given)
    look = partial(flows.preview, flow, workplace=workplace, seen=seen)
    declared = declared_inputs(flow)
    for name, one in declared.items():
        if name in given and one.depends_on is None:
            look(answers).resolve(name)
    for name in in_order(declared):
        if name in given:
            look(answers).resolve(name)
        elif (offer := look(answers).offer(name)) is not None:
            ask_until_valid(look, answers, declared[name], offer, paint)
    return answers


def in_order(declared: Mapping[str, Input]) -> list[str]:
    """The ids as declared, but each behind those that its input depends on."""
    order: dict[str, None] = {}

    def add(name: str) -> None:
        depends = declared[name].depends_on
        for other in (depends.inputs if depends else None) or ():
            if other in declared and other not in order:
                add(other)
        order[name] = None

    for name in declared:
        add(name)
    return list(order)


def ask_until_valid(look: Look, answers: dict[str, Any], one: Input, offer: Offer, paint: Paint) -> None:
    """Ask for one input until the flow takes the answer."""
    start = one.prefill if offer.default is None else offer.default
    sys.stderr.write(question(one, offer.choices, paint))
    while True:
        answer = read_answer(one, prompt_text(one, start, paint))
        if not answer and offer.default is not None:
            return
        try:
            value = meant(one, answer, offer.choices) if answer else one.prefill
        except ValueError as problem:
            complain(str(problem), paint)
            continue
        if value is None and not one.required:
            return
        if value is None:
            complain("a value is needed", paint)
            continue
        try:
            look({**answers, one.id: value}).resolve(one.id)
        except StartRefused as refused:
            complain(reason(one, refused), paint)
        else:
            answers[one.id] = value
            return


def complain(problem: str, paint: Paint) -> None:
    """Say why an answer will not do."""
    sys.stderr.write(f"  {paint('error', short_text(problem, 200, '…'))}\n")


def reason(one: Input, refused: StartRefused) -> str:
    """The part of a refusal that says why; of what a parser says only what it would have taken."""
    if fenced := FENCED.search(refused.message):
        return fenced[1] if isinstance(one, FileInput) or not refused.hint else refused.hint
    cause = refused.message.partition("Cause: ")[2] or refused.message
    return cause.removeprefix(f"{one.id}: ")


def question(one: Input, choices: Sequence[str] | None, paint: Paint) -> str:
    """What is asked for: id, type, description, what may be answered."""
    about = " · ".join(text for text in (one.display_name, one.description) if text)
    lines = [f"{paint('title', one.id)} {paint('dim', one.type)}" + (f" · {about}" if about else "")]
    if choices:
        lines += [f"  {number}) {value}" for number, value in enumerate(choices[:MOST_CHOICES], 1)]
        if len(choices) > MOST_CHOICES:
            lines.append(f"  … and {len(choices) - MOST_CHOICES} more")
    if wanted := ", ".join(wishes(one, choices)):
        lines.append(f"  {paint('dim', wanted)}")
    return "\n".join(lines) + "\n"


def wishes(one: Input, choices: Sequence[str] | None) -> list[str]:
    """How an answer is written, its limits, and whether there need be one."""
    match one:
        case MultiselectInput() if choices:
            wanted = ["numbers or values, with commas between them"]
        case ArrayInput():
            wanted = [f"a list of {one.item_type}: values with commas between them, or JSON"]
        case Input(type="BOOL" | "BOOLEAN"):
            wanted = ["y or n"]
        case _ if choices:
            wanted = ["a number or a value"]
        case _:
            wanted = [FORMS[one.type]] if one.type in FORMS else []
    if isinstance(one, SelectInput | MultiselectInput) and one.allow_custom_value:
        wanted.append("others may be given too")
    wanted += limits(one)
    return wanted if one.required else [*wanted, "may be left out"]


def limits(one: Input) -> list[str]:
    """The bounds of an input, in words."""
    low: Any
    high: Any
    above, below = "or more", "or less"
    match one:
        case IntInput() | FloatInput():
            low, high = one.min, one.max
        case DurationInput():
            low, high = (None if limit is None else format_duration(limit) for limit in (one.min, one.max))
        case DateInput():
            low, high, above, below = one.after, one.before, "or later", "or earlier"
        case StringInput(validator=str(pattern)):
            return [f"matching {pattern}"]
        case _:
            return []
    if low is not None and high is not None:
        return [f"from {low} to {high}"]
    bounds = ((low, above), (high, below))
    return [f"{limit} {words}" for limit, words in bounds if limit is not None]


def meant(one: Input, answer: str, choices: Sequence[str] | None) -> Any:
    """The value that an answer stands for. Raises `ValueError` when it stands for none."""
    match one:
        case MultiselectInput() | ArrayInput():
            if answer.startswith("["):
                return answer
            parts = [part.strip() for part in answer.split(",")]
            return json.dumps([chosen(part, choices) for part in parts if part], ensure_ascii=False)
        case Input(type="BOOL" | "BOOLEAN"):
            if answer.lower() not in YES_AND_NO:
                raise ValueError("answer y or n")
            return YES_AND_NO[answer.lower()]
        case FileInput():
            return os.path.expanduser(answer.strip())  # noqa: PTH111 - as a shell would
    return chosen(answer, choices)


def chosen(answer: str, choices: Sequence[str] | None) -> str:
    """The answer, or the listed value whose number was given."""
    if not choices or answer in choices or not answer.isdecimal():
        return answer
    return choices[int(answer) - 1] if len(answer) < 10 and 0 < int(answer) <= len(choices) else answer


def prompt_text(one: Input, start: Any, paint: Paint) -> str:
    """`  [World] > `"""
    if start is None or start == "":
        return "  > "
    if isinstance(one, SecretInput):
        offered = MASK
    elif one.type in ("BOOL", "BOOLEAN"):
        offered = "y" if start is True or start == "true" else "n"
    elif isinstance(start, list) and all(isinstance(item, str) for item in start):
        offered = short(", ".join(start))
    else:
        offered = short(start)
    return f"  {paint('hint', f'[{offered}]')} > "


def read_answer(one: Input, prompt: str) -> str:
    """One line from the terminal; a secret is not shown. The prompt goes to stderr: stdout is the product's.

    Raises `UsageError` at the end of input.
    """
    try:
        if isinstance(one, SecretInput):
            from getpass import getpass

            return getpass(prompt, sys.stderr)
        answer = read_line(prompt)
        return answer.strip() if one.type in WITHOUT_BLANKS else answer
    except EOFError:
        sys.stderr.write("\n")
        raise UsageError(f"no answer for the input `{one.id}`", hint=f"give it with --input {one.id}=…") from None


def read_line(prompt: str) -> str:
    """A line without its end. Raises `EOFError`.

    Not `input`: where readline is at work, a Ctrl-C that comes with the prompt is heard only at the next key.
    """
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")
