"""The secrets that a flow asks for, and the flows that it calls; whether they are there. A value never leaves this module."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.app.flow_finder import FlowFinder
from flowrun.app.flows import read_with_needs
from flowrun.errors import FlowInvalid, TemplateError
from flowrun.loading.needs import NeedKind
from flowrun.runtime.secrets import PREFIX, Secrets, secrets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from flowrun.loading.needs import Need
    from flowrun.loading.signature import FlowName
    from flowrun.loading.source import Source

    Warn = Callable[[str], None]
    Place = tuple[str, int, int]
    """File, line, column."""


@dataclass(frozen=True, slots=True)
class WantedSecret:
    """A secret that templates ask for, with all places in the order of the files.

    `key` is None where a template computes it, `subkey` is empty where it computes that. `problem` says why it can't be
    had, `hint` what to do; both are None for one that is there, and for one of which that shows only in a run.
    """

    key: str | None
    subkey: str | None
    places: tuple[Place, ...]
    problem: str | None = None
    hint: str | None = None

    @property
    def state(self) -> str:
        """`there`, `missing`, or `unknown` before the run."""
        if self.problem:
            return "missing"
        return "unknown" if self.key is None or self.subkey == "" else "there"


def wanted_secrets(
    source: Source, given: Mapping[str, str], folder: Path | None, *, deep: bool, warn: Warn
) -> list[WantedSecret]:
    """All secrets of a flow and of those that it calls, by key; what a template computes stands last.

    `given` by key go over those of the environment. `folder`: where called flows are looked for, `deep`: also below it; `warn` hears
    of those that are not looked into. Raises `FlowInvalid`.
    """
    found: dict[tuple[str | None, str | None], list[Place]] = {}
    for name, needs in with_called(source, folder, deep=deep, warn=warn):
        for need in (one for one in needs if one.kind is NeedKind.SECRET):
            for use in need.uses:
                key = need.name and need.name.upper()  # in whatever case it is written, it is the same secret
                found.setdefault((key, use.subkey), []).append((name, use.line, use.column))
    secrets = Secrets({**secrets_of(os.environ), **given})
    wanted = [judged(key, subkey, tuple(places), secrets) for (key, subkey), places in found.items()]
    return sorted(wanted, key=lambda one: (one.key is None, one.key or "", one.subkey or ""))


def with_called(source: Source, folder: Path | None, *, deep: bool, warn: Warn) -> Iterator[tuple[str, list[Need]]]:
    """The name and the needs of a flow file, then those of each flow that is called from there on. Raises `FlowInvalid`."""
    flow, needs = read_with_needs(source)
    finder = FlowFinder((flow, source), folder, None, deep=deep, warn=warn)
    seen, waiting = {(flow.namespace, flow.id)}, deque([(source.name, flow.namespace, needs)])
    while waiting:
        name, namespace, needs = waiting.popleft()
        yield name, needs
        for need in (one for one in needs if one.kind is NeedKind.SUBFLOW):
            if need.name is None:
                warn(
                    f"{name}:{need.uses[0].line} calls a flow that is not known before the run: its secrets are not listed"
                )
            elif (called := (need.namespace or namespace, need.name)) not in seen:
                seen.add(called)
                waiting.extend(looked_into(called, finder, warn))


def looked_into(called: FlowName, finder: FlowFinder, warn: Warn) -> Iterator[tuple[str, str, list[Need]]]:
    """File, namespace and needs of a called flow; nothing, with a warning, for one that can't be read."""
    source = finder.source_in_folder(*called)
    if source is None:
        warn(f"flow `{'.'.join(called)}` is not found: its secrets are not listed")
        return
    try:
        flow, needs = read_with_needs(source)
    except FlowInvalid:
        warn(f"{source.name} is no valid flow: its secrets are not listed")
        return
    yield source.name, flow.namespace, needs


def judged(key: str | None, subkey: str | None, places: tuple[Place, ...], secrets: Secrets) -> WantedSecret:
    """A wanted secret, looked for as a run would."""
    if key is None:
        return WantedSecret(key, subkey, places)
    try:
        secrets.find(key, subkey or None)
    except TemplateError as problem:
        return WantedSecret(key, subkey, places, problem.message, hint_for(key, subkey, secrets))
    return WantedSecret(key, subkey, places)


def hint_for(key: str, subkey: str | None, secrets: Secrets) -> str:
    """What to do about a secret that is missing."""
    if key in secrets.values:
        return f"its value has to be a map in JSON, with the key `{subkey}`"
    if any(name.upper() == PREFIX + key for name in os.environ):
        return f"{PREFIX}{key} is set, but not in Base64: {PREFIX}{key}=$(printf %s VALUE | base64)"
    return f"write {key}=VALUE into .secrets or a --secrets-file, or set {PREFIX}{key}=$(printf %s VALUE | base64)"
