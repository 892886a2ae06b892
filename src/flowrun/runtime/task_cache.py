"""Bodies that need not run again: outputs that are kept (flow reference, 3.6)."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from flowrun.engine.messages import BodyFailed, BodySucceeded
from flowrun.engine.retry import tolerated
from flowrun.errors import FlowrunError
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.model.task import CallingTask
from flowrun.model.task_cache import cache_uri
from flowrun.runtime.properties import render_deep
from flowrun.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.model.task import RunnableTask
    from flowrun.model.task_cache import TaskCaches
    from flowrun.runtime.bodies import Answer
    from flowrun.runtime.run_context import TaskRunContext

FOLDER = {"workingDir": "workingDir"}
"""Stands for the working folder, which is another one each time."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """Where the outputs of a task run are kept, whether there are any or not."""

    uri: str
    task: RunnableTask
    context: TaskRunContext
    caches: TaskCaches

    def outputs(self) -> Mapping[str, Any] | None:
        """The kept outputs, unless they are too old."""
        found = self.caches.find(self.uri)
        if found is None:
            return None
        at, outputs = found
        ttl = self.task.task_cache.ttl if self.task.task_cache else None
        if ttl is not None and self.context.now() >= at + ttl:
            return None
        text = f"Skipping task execution for task '{self.task.id}' as there is an existing cache entry for it"
        self.context.log(LogLevel.INFO, text)
        return outputs

    def keep(self, answer: Answer, attempt: int) -> None:
        """Keep what the body ended with, if that is to be kept. What cannot be kept fails nobody."""
        if not is_final(answer, self.task, attempt):
            return
        assert isinstance(answer, BodySucceeded | BodyFailed)
        self.context.log(LogLevel.INFO, f"Uploading a cache entry for task '{self.task.id}'")
        try:
            self.caches.keep(self.uri, self.context.now(), answer.outputs or {})
        except (OSError, TypeError, ValueError, RecursionError) as problem:  # the outputs may be anybody's
            reason = getattr(problem, "strerror", None) or problem
            self.context.log(LogLevel.ERROR, f"Unable to upload the cache entry for task '{self.task.id}': {reason}")


def entry_of(task: RunnableTask, context: TaskRunContext) -> CacheEntry | None:
    """The entry of a task run; None when its task keeps none, or when nobody can tell which one it would be."""
    cache = task.task_cache
    if cache is None or not cache.enabled or context.provided is None:
        return None
    if isinstance(task, CallingTask) or task.edits_execution:  # the server runs these without a worker
        return None
    context.log(LogLevel.DEBUG, f"Task output caching is enabled for task '{task.id}''")
    try:
        key = key_of(task, context)
    except FlowrunError:
        context.log(LogLevel.ERROR, f"Unable to create the cache key for the task '{task.id}'")
        return None
    flow = context.variables["flow"]
    return CacheEntry(cache_uri(flow["namespace"], flow["id"], task.id, key), task, context, context.provided.caches)


def key_of(task: RunnableTask, context: TaskRunContext) -> str:
    """SHA-256 over all properties, rendered, and the loop value. Raises `TemplateError`."""
    import hashlib
    import json

    variables = {**context.variables, **FOLDER}
    properties = render_deep(plain(task), lambda text: render(text, variables, context.host))
    text = json.dumps([properties, context.task_run.value], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """Objects with properties as maps of them, those without a value left out."""
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: plain(one) for name, one in found.items() if one is not None}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return value


def is_final(answer: Answer, task: RunnableTask, attempt: int) -> bool:
    """Whether the task run ends with this, in SUCCESS or WARNING: a failed one that is allowed to fail ends, too."""
    if isinstance(answer, BodyFailed):
        retry = task.retry
        last = retry is None or (retry.max_attempts is not None and attempt >= retry.max_attempts)
        return last and tolerated(task, StateType.FAILED) is not StateType.FAILED
    return isinstance(answer, BodySucceeded) and answer.change is None
