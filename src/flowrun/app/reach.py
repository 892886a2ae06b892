"""What runs find stored, and store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flowrun.model.storage import namespace_uri
from flowrun.runtime.files import ExecutionFiles, FlowFiles
from flowrun.runtime.secrets import Secrets, secrets_of
from flowrun.store.key_values import kept_pairs, passing_pairs
from flowrun.store.storage import FOLDER as STORAGE
from flowrun.store.storage import FolderStorage, MountedStorage, PassingStorage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowrun.app.flow_finder import FlowFinder
    from flowrun.engine.run import Run
    from flowrun.model.storage import Storage
    from flowrun.store.database import Database


class Reach:
    """Files and key-value pairs, which without a database are gone in the end; and secrets.

    `finder`: whose flows make namespaces exist. `secrets` by key go over those of the environment. `folders`: those that stand for the files of namespaces,
    which are no part of `own_storage`.
    """

    def __init__(
        self,
        database: Database | None,
        finder: FlowFinder,
        *,
        secrets: Mapping[str, str] | None = None,
        folders: Mapping[str, Path] | None = None,
    ) -> None:
        self.passing = PassingStorage()
        self.own_storage = FolderStorage(database.folder / STORAGE) if database else self.passing
        self.storage: Storage = self.own_storage
        for namespace, folder in (folders or {}).items():
            self.storage = MountedStorage(self.storage, FolderStorage(folder, namespace_uri(namespace)))
        more = lambda: finder.namespaces  # noqa: E731 - looked for when somebody asks
        self.pairs = kept_pairs(database.folder, more) if database else passing_pairs(more)
        self.secrets = Secrets({**secrets_of(os.environ), **(secrets or {})})

    def before(self, namespace: str) -> FlowFiles:
        """For the templates of a flow that are rendered before there is an execution."""
        return FlowFiles(self.storage, namespace, self.pairs, self.secrets)

    def of(self, run: Run) -> ExecutionFiles:
        """For those of an execution, of which nobody sees a secret from here on."""
        self.secrets.hide_with(run.execution.masking)
        return ExecutionFiles(self.storage, run.execution, self.pairs, self.secrets)

    def close(self) -> None:
        """Give back what is open; what is not kept is gone."""
        self.pairs.close()
        self.passing.close()
