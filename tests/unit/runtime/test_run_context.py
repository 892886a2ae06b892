"""What the body of a task is given."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from flowrun.model.execution import Execution, TaskRun
from flowrun.model.state import State
from flowrun.runtime.files import ExecutionFiles
from flowrun.runtime.run_context import TaskRunContext
from flowrun.store.storage import FolderStorage

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path) -> TaskRunContext:
    execution = Execution("e1", "acme.data", "my_flow", 1, State.created(NOW))
    task_run = TaskRun("r1", "make_it", State.created(NOW))
    files = ExecutionFiles(FolderStorage(tmp_path / "storage"), execution)
    return TaskRunContext(task_run, {}, None, lambda *_line: None, files)


def test_the_working_folder_is_one_and_goes_when_it_is_cleared(context: TaskRunContext) -> None:
    folder = context.working_dir
    (folder / "a.txt").write_text("hi")
    assert context.working_dir == folder
    context.clear()
    assert not folder.exists()


def test_an_output_file_is_kept_under_its_task_run(context: TaskRunContext) -> None:
    uri = context.put_file(BytesIO(b"hi"), "a.txt")
    assert uri == "kestra:///acme/data/my-flow/executions/e1/tasks/make-it/r1/a.txt"
    with context.storage.open(uri) as file:
        assert file.read() == b"hi"


def test_a_given_working_folder_is_used_and_left_alone(context: TaskRunContext, tmp_path: Path) -> None:
    shared = TaskRunContext(context.task_run, {}, None, lambda *_line: None, context.files, folder=tmp_path)
    assert shared.working_dir == tmp_path
    shared.clear()
    assert tmp_path.is_dir()
