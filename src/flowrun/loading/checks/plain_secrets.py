"""Passwords, tokens and keys that stand in the flow for everyone to read."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity
from flowrun.loading.tree import Mapping, Scalar, Sequence, child_path
from flowrun.model.inputs import SecretInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Span
    from flowrun.loading.checks import Checked
    from flowrun.loading.tree import Node

NAME_SIGNS = ("pass", "secret", "token", "credential", "key")
TOKEN_SIGNS = ("AKIA", "ASIA", "gh", "glpat-", "xox", "sk-", "AIza", "-----BEGIN", "eyJ", "://")
"""What is looked for first: hardly any value has one of them, and the patterns take half a millisecond to compile."""


@cache
def names() -> re.Pattern[str]:
    """Keys, in snake case and small letters, whose value is nobody else's business."""
    return re.compile(
        r"(?:^|[_.-])(?:password|passwd|passphrase|secret|token|credentials?|"
        r"(?:api|access|secret|private|auth|encryption)[_-]?key|"
        r"(?:access|auth|api|bearer|refresh)[_-]?token|client[_-]?secret)$"
    )


@cache
def tokens() -> re.Pattern[str]:
    """What tokens of well-known services, private keys, JSON web tokens and URLs with a password look like."""
    return re.compile(
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
        r"|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_\w{30,}\b|\bglpat-[\w-]{20,}\b|\bxox[abprs]-[\w-]{10,}\b"
        r"|\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}\b|\bAIza[\w-]{35}\b"
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
        r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
        r"|\b[a-z][a-z0-9+.-]*://[^\s/:@{}]+:[^\s/:@{}]{3,}@[\w.-]+"
    )


HINT = "write `{{ secret('NAME') }}` and give the value as SECRET_NAME"


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Values behind keys that say what they are, and values that show it themselves. The value is never repeated."""
    yield from below(checked.root, "", "")
    for each in checked.objects:
        defaults = each.entry("defaults") if issubclass(each.cls, SecretInput) else None
        if defaults is not None and isinstance(defaults.value, Scalar) and plain(defaults.value):
            message = "the default of a SECRET input stands here for everyone to read"
            yield found(message, defaults.value.span, child_path(each.path, "defaults"))


def found(message: str, span: Span, path: str) -> Diagnostic:
    """A finding whose text is not to be shown again."""
    return Diagnostic("plain-text-secret", Severity.WARNING, message, span, path, hint=HINT, secret=True)


def below(node: Node, key: str, path: str) -> Iterator[Diagnostic]:
    """The findings in a value; `key` is what it stands behind."""
    if isinstance(node, Mapping):
        for name, entry in node.entries.items():
            yield from below(entry.value, name, child_path(path, name))
    elif isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            yield from below(item, key, f"{path}[{number}]")
    elif isinstance(node.value, str):
        if any(sign in key.lower() for sign in NAME_SIGNS) and names().search(snake_case(key)) and plain(node):
            message = f"`{key}` stands here for everyone to read"
        elif any(sign in node.raw for sign in TOKEN_SIGNS) and tokens().search(node.raw):
            message = "this looks like a token, a key or a password, for everyone to read"
        else:
            return
        yield found(message, node.span, path)


@cache
def placeholder() -> re.Pattern[str]:
    """Values that stand for one that is to come."""
    return re.compile(
        r"(?i)^$|^[<\[].*[>\]]$|^(?:x+|\*+|none|null|true|false|changeme|change-me|todo|your[-_ ].*|\d{1,3})$"
    )


def plain(node: Scalar) -> bool:
    """Whether a value is written down: no template, no placeholder."""
    return isinstance(node.value, str) and "{{" not in node.raw and not placeholder().search(node.raw.strip())


def snake_case(name: str) -> str:
    """`apiKey` → `api_key`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
