"""Asking for inputs on a terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowrun.app import flows
from flowrun.cli.inputs import declared_inputs
from flowrun.errors import StartRefused, UsageError
from flowrun.model.inputs import EnumInput, Input, MultiselectInput, SecretInput, SelectInput
from flowrun.sinks.summary import short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.cli.look import Paint
    from flowrun.model.flow import Flow

NOTHING = object()
HIDDEN = "********"


def can_ask(environment: Mapping[str, str]) -> bool:
    """Only when somebody sits there: both ends are terminals, and this is no CI job."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not environment.get("CI")


def ask_for_inputs(flow: Flow, given: Mapping[str, Any], paint: Paint) -> dict[str, Any]:
    """The given inputs and an answer for each other one that the flow wants. Raises `UsageError` at the end of input."""
    answers = dict(given)
    for place, top in enumerate(flow.inputs or ()):
        so_far = replace(flow, inputs=(flow.inputs or [])[: place + 1])
        for input_id, one in declared_inputs(replace(flow, inputs=[top])).items():
            if input_id not in answers:
                ask_until_valid(so_far, answers, input_id, one, paint)
    return answers


def ask_until_valid(flow: Flow, answers: dict[str, Any], input_id: str, one: Input, paint: Paint) -> None:
    """Ask for one input until the flow takes the answer; `flow` ends with it, so that later ones cannot interfere."""
    default = default_of(flow, answers, input_id)
    if default is NOTHING:
        return
    offered = HIDDEN if default and isinstance(one, SecretInput) else default
    sys.stderr.write(question(input_id, one, paint))
    while True:
        answer = read_answer(one, prompt_text(offered, paint))
        if not answer and (default is not None or not one.required):
            return
        try:
            flows.resolve_inputs(flow, {**answers, input_id: chosen(one, answer)})
        except StartRefused as refused:
            if refused.input_id in (None, input_id):
                sys.stderr.write(f"  {paint('error', refused.message.strip())}\n")
                continue
        answers[input_id] = chosen(one, answer)
        return


def default_of(flow: Flow, answers: Mapping[str, Any], input_id: str) -> Any:
    """What the flow takes when nothing is given: None for nothing, NOTHING when the input is switched off."""
    try:
        return flows.resolve_inputs(flow, answers).get(input_id, NOTHING)
    except StartRefused:
        return None


def question(input_id: str, one: Input, paint: Paint) -> str:
    """What is asked for: id, type, description, allowed values."""
    about = " · ".join(text for text in (one.display_name, one.description) if text)
    lines = [f"{paint('title', input_id)} {paint('dim', one.type)}" + (f" · {about}" if about else "")]
    lines += [f"  {number}) {value}" for number, value in enumerate(values_of(one), 1)]
    return "\n".join(lines) + "\n"


def values_of(one: Input) -> list[str]:
    """The values to choose from, where the flow lists them."""
    return (one.values or []) if isinstance(one, EnumInput | SelectInput | MultiselectInput) else []


def chosen(one: Input, answer: str) -> str:
    """The answer, or the listed value whose number was given."""
    values = values_of(one)
    if isinstance(one, MultiselectInput) or answer in values or not answer.isdecimal():
        return answer
    return values[int(answer) - 1] if 0 < int(answer) <= len(values) else answer


def prompt_text(default: Any, paint: Paint) -> str:
    """`  [World] > `"""
    offer = "" if default is None else paint("hint", f"[{short(default)}]") + " "
    return f"  {offer}> "


def read_answer(one: Input, prompt: str) -> str:
    """One line from the terminal; a secret is not shown. The prompt goes to stderr: stdout is the product's."""
    if isinstance(one, SecretInput):
        from getpass import getpass

        return getpass(prompt, sys.stderr)
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        raise UsageError(f"no answer for the input `{one.id}`", hint=f"give it with --input {one.id}=…")
    return line.rstrip("\r\n")
