"""Flows that others call, found by namespace and id: in a folder, then among the saved ones."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flowrun.errors import FlowInvalid, FlowMissing, TypesMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrun.loading.source import Source
    from flowrun.model.flow import Flow
    from flowrun.store.database import Database

SUFFIXES = (".yaml", ".yml")


class FlowFinder:
    """Looks for flows in `folder` (with those below it if `deep`; None: in none), then in the store.

    `caller`: the flow that runs, which may be found too, wherever it came from.
    """

    def __init__(
        self,
        caller: tuple[Flow, Source],
        folder: Path | None,
        database: Database | None,
        *,
        deep: bool = False,
        warn: Callable[[str], None],
    ) -> None:
        self.folder = folder
        self.deep = deep
        self.database = database
        self.warn = warn
        flow, _ = caller
        self.known: dict[tuple[str, str, int | None], tuple[Flow, Source]] = {(flow.namespace, flow.id, None): caller}

    def find(self, namespace: str, flow_id: str, revision: int | None) -> tuple[Flow, Source]:
        """The flow and its source. Raises `FlowMissing` in the server's words when it cannot be called."""
        flow, source = self.look_up(namespace, flow_id, revision)
        if flow.disabled:
            raise FlowMissing("Cannot execute a flow which is disabled")
        return flow, source

    def look_up(self, namespace: str, flow_id: str, revision: int | None) -> tuple[Flow, Source]:
        """As `find`, for a flow that is not called: it may be disabled."""
        key = (namespace, flow_id, revision)
        if key not in self.known:
            found = self.in_folder(*key) or self.saved(*key)
            if found is None:
                raise FlowMissing(f"Unable to find flow '{namespace}'.'{flow_id}' with revision '{revision or 0}'")
            self.known[key] = found
        return self.known[key]

    def with_database(self, database: Database | None) -> FlowFinder:
        """The same search for another thread, with a connection of its own."""
        other = copy(self)
        other.database = database
        return other

    def in_folder(self, namespace: str, flow_id: str, revision: int | None) -> tuple[Flow, Source] | None:
        """The flow of this name in the folder."""
        from flowrun.loading.signature import signature_of
        from flowrun.tasks.registry import REGISTRY

        for source in self.sources(flow_id):
            signature = signature_of(source.text, REGISTRY)
            if signature is not None and signature.name == (namespace, flow_id):
                flow = loaded(source)
                if revision in (None, flow.revision or 1):
                    return flow, source
        return None

    def source_in_folder(self, namespace: str, flow_id: str) -> Source | None:
        """The file of the folder that holds the flow of this name, whether it can be run or not."""
        from flowrun.loading.signature import signature_of
        from flowrun.tasks.registry import REGISTRY

        for source in self.sources(flow_id):
            signature = signature_of(source.text, REGISTRY)
            if signature is not None and signature.name == (namespace, flow_id):
                return source
        return None

    def sources(self, flow_id: str) -> Iterator[Source]:
        """The files of the folder that may hold a flow with this id: its letters stand in them."""
        from flowrun.loading.source import read_source

        for path in sorted(self.paths()):
            try:
                source = read_source(str(path))
            except UsageError as problem:
                self.warn(f"{problem.message}; it is not among the flows that can be called")
                continue
            if flow_id in source.text:
                yield source

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Those of the flows in the folder."""
        from flowrun.loading.signature import signature_of
        from flowrun.tasks.registry import REGISTRY

        signatures = (signature_of(source.text, REGISTRY) for source in self.sources(""))
        return frozenset(one.name[0] for one in signatures if one is not None)

    def paths(self) -> Iterator[Path]:
        """The flow files of the folder."""
        if self.folder is None:
            return
        for path in self.folder.rglob("*") if self.deep else self.folder.iterdir():
            if path.suffix in SUFFIXES and path.is_file():
                yield path

    def saved(self, namespace: str, flow_id: str, revision: int | None) -> tuple[Flow, Source] | None:
        """The saved flow of this name."""
        from flowrun.loading.source import Source, decode
        from flowrun.store.flows import revisions

        if self.database is None:
            return None
        kept = revisions(self.database, namespace, flow_id)
        wanted = next((one for one in reversed(kept) if revision in (None, one.revision)), None)
        if wanted is None or wanted.deleted:
            return None
        name = f"{wanted.name}@{wanted.revision}"
        source = Source(decode(wanted.source, name), name, wanted.revision)
        return replace(loaded(source), revision=wanted.revision), source


def folder_of(source: Source) -> Path | None:
    """The folder of a flow file, where the flows that it calls are looked for first; None for a source that was no file, or is none any more."""
    path = Path(source.name)
    return path.parent if path.is_file() else None


def loaded(source: Source) -> Flow:
    """The flow of a source. Raises `FlowMissing` when it cannot be run."""
    from flowrun.app.flows import load

    try:
        flow, _ = load(source)
    except (FlowInvalid, TypesMissing) as problem:
        raise FlowMissing(f"Cannot execute an invalid flow: {problem.message}") from problem
    return flow
