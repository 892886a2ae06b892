"""`io.kestra.plugin.core.storage.PurgeStorage`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.storage import SCHEME, execution_uri
from flowrun.model.task import RunnableTask
from flowrun.tasks.execution.given import moment
from flowrun.template.values import zoned_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from flowrun.model.run_context import RunContext
    from flowrun.model.storage import Storage

EXECUTIONS = "executions"
"""The folder of a flow that holds a folder for each execution."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which a file was written last, to the millisecond."""

    start: datetime | None
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        begun = self.start is None or milliseconds(self.start) <= milliseconds(at)
        return begun and milliseconds(at) <= milliseconds(self.end)

    def __str__(self) -> str:
        """As the server writes it."""
        return ", ".join(
            shown(zoned_text(one) if one else None).replace("+00:00", "Z") for one in (self.start, self.end)
        )


@dataclass(frozen=True, kw_only=True)
class PurgeStorage(RunnableTask):
    """Deletes files of executions by their age, also of executions that are gone; without `dryRun: false` only counts.

    The files of its own execution go as well; those of another one that has not ended stay.
    """

    looks_around: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {
        "scannedCount": "integer",
        "purgedCount": "integer",
        "deletedFilesCount": "integer",
    }

    namespace: Templated[str | None] = None
    flow_id: Templated[str | None] = None
    start_date: Templated[str | None] = None
    end_date: Templated[str]
    dry_run: Templated[bool] = True

    def run(self, ctx: RunContext) -> dict[str, int]:
        window = Window(moment(self.start_date) if self.start_date else None, moment(self.end_date))
        if self.flow_id is not None and self.namespace is None:
            raise TaskFailed("'namespace' is required when 'flowId' is set.")
        run = f"(dryRun={str(self.dry_run).lower()})"
        scope = f"[namespace={shown(self.namespace)}, flowId={shown(self.flow_id)}]"
        ctx.log(LogLevel.INFO, f"Starting PurgeStorage {run} scope={scope} window=[{window}]")
        scanned = purged = deleted = 0
        for folder in self.folders(ctx.storage):
            if ctx.cancelled:
                break
            old = self.purge(ctx, folder, window)
            scanned, purged = scanned + 1, purged + bool(old)
            deleted += 0 if self.dry_run else old
        found = f"scanned={scanned}, purged={purged}, deletedFiles={deleted}"
        ctx.log(LogLevel.INFO, f"PurgeStorage complete {run}: {found}")
        return {"scannedCount": scanned, "purgedCount": purged, "deletedFilesCount": deleted}

    def folders(self, storage: Storage) -> Iterator[str]:
        """The folders of the executions that are meant."""
        if self.namespace is None:
            return executions_below(storage, SCHEME)
        if self.flow_id is None:
            return executions_below(storage, f"{SCHEME}/{self.namespace.replace('.', '/')}")
        return storage.folders(execution_uri(self.namespace, self.flow_id, "").rstrip("/"))

    def purge(self, ctx: RunContext, folder: str, window: Window) -> int:
        """Delete the old files of an execution, unless this is a dry run. How many there were."""
        old = list(old_files(ctx.storage, folder, window))
        if old and folder != ctx.execution_folder:
            with ctx.executions.holding(folder.rpartition("/")[2]) as held:
                return self.delete(ctx.storage, old) if held else 0
        return self.delete(ctx.storage, old)

    def delete(self, storage: Storage, files: list[str]) -> int:
        """Delete files, unless this is a dry run. How many they are."""
        for uri in files if not self.dry_run else ():
            storage.delete(uri)
        return len(files)


def executions_below(storage: Storage, folder: str) -> Iterator[str]:
    """The folders of the executions of all flows in a namespace, and in those below it.

    The folder of a flow may be that of a namespace too. A flow with the id `executions` is passed over, as on the server: its executions look like one.
    """
    for inner in storage.folders(folder):
        name = inner.rpartition("/")[2]
        if name != EXECUTIONS and not name.startswith("_"):
            found = storage.folders(f"{inner}/{EXECUTIONS}")
            yield from (one for one in found if not one.endswith(f"/{EXECUTIONS}"))
            yield from executions_below(storage, inner)


def old_files(storage: Storage, folder: str, window: Window) -> Iterator[str]:
    """The files below a folder that were written last in a window; what others delete meanwhile is none."""
    for uri in storage.files(folder):
        with suppress(FileNotFoundError):
            if window.holds(storage.modified(uri)):
                yield uri


def milliseconds(moment: datetime) -> int:
    """Since 1970."""
    return int(moment.timestamp() * 1000)


def shown(text: str | None) -> str:
    """As the server writes it into lines."""
    return "null" if text is None else text
