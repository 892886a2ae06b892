"""`io.kestra.plugin.core.kv.PurgeKV`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.key_values import KeyValue, checked_namespace
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.kv.values import chosen_namespaces, moment, own_namespace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class PurgeKV(RunnableTask):
    """Deletes expired keys, or old versions of keys. Namespaces: those listed, those that match, or all.

    `behavior`: `{type: key, expiredOnly}` or `{type: version, before, keepAmount}`.
    """

    output_fields: ClassVar[dict[str, str]] = {"size": "integer"}

    namespaces: Templated[list[str] | None] = None
    namespace_pattern: Templated[str | None] = None
    key_pattern: Templated[str | None] = None
    behavior: Templated[dict[str, Any] | None] = None
    include_child_namespaces: Templated[bool] = True
    expired_only: Templated[bool | None] = None

    def run(self, ctx: RunContext) -> dict[str, int]:
        chosen = chosen_namespaces(
            ctx, self.namespaces, self.namespace_pattern, with_children=self.include_child_namespaces
        )
        size = 0
        if {"before", "keepAmount"} <= {key for key, value in (self.behavior or {}).items() if value is not None}:
            raise TaskFailed("behavior: Cannot set both 'before' and 'keepAmount' properties")
        for namespace in chosen:
            place = checked_namespace(ctx.kv, namespace, own_namespace(ctx))
            doomed = [one for versions in self.matching(ctx, place) for one in self.doomed(versions, ctx.now())]
            ctx.kv.forget(doomed)
            size += len(doomed)
        ctx.log(LogLevel.INFO, f"purged {size} keys")
        return {"size": size}

    def matching(self, ctx: RunContext, namespace: str) -> list[list[KeyValue]]:
        """The versions of each key that matches, oldest first."""
        groups = groupby(ctx.kv.versions(namespace), key=lambda one: one.key)
        return [list(versions) for key, versions in groups if fnmatchcase(key, self.key_pattern or "*")]

    def doomed(self, versions: Sequence[KeyValue], now: datetime) -> Sequence[KeyValue]:
        """Those of a key's versions that are to go. Raises `TaskFailed`."""
        behavior = {"type": "key", "expiredOnly": self.expired_only is not False, **(self.behavior or {})}
        if behavior["type"] == "version":
            return old_versions(versions, behavior)
        if behavior["type"] != "key":
            raise TaskFailed(
                f"com.fasterxml.jackson.databind.exc.InvalidTypeIdException: there is no behavior `{behavior['type']}`"
            )
        return versions if not truthy(behavior["expiredOnly"]) or versions[-1].expired(now) else []


def old_versions(versions: Sequence[KeyValue], behavior: dict[str, Any]) -> Sequence[KeyValue]:
    """All but the `keepAmount` newest, or all that are older than `before` but the newest; with neither, all."""
    if (before := behavior.get("before")) is not None:
        end = moment(str(before))
        return [one for one in versions[:-1] if one.updated_at < end]
    return versions[: max(len(versions) - int(behavior.get("keepAmount") or 0), 0)]


def truthy(value: Any) -> bool:
    return str(value).lower() == "true"
