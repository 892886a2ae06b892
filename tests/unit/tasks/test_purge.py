"""Tasks that purge, beside what other processes do with the same store; what they say is recorded in `conformance/`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.runner import CORE, Runner, outputs

from flowrun.store.database import open_database
from flowrun.store.history import Filter, history
from flowrun.store.locks import ExecutionLock

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "tasks: [{id: w, type: $CORE.storage.Write, content: hi}, {id: l, type: $CORE.log.Log, message: hi}]"
PAUSED = "tasks: [{id: w, type: $CORE.storage.Write, content: hi}, {id: hold, type: $CORE.flow.Pause}]"
LATE = 'endDate: "2100-01-01T00:00:00Z"'
EXECUTIONS = "{id: p, type: $CORE.execution.PurgeExecutions, %s}"
LOGS = "{id: p, type: $CORE.log.PurgeLogs, %s}"
STORAGE = "{id: p, type: $CORE.storage.PurgeStorage, dryRun: false, %s}"
NOTHING = {"executionsCount": 0, "logsCount": 0, "storagesCount": 0, "metricsCount": 0}
CHILD = f"id: child\nnamespace: a.b\ntasks: [{{id: w, type: {CORE}storage.Write, content: hi}}]\nafterExecution: [{{id: nap, type: {CORE}flow.Sleep, duration: PT1H}}]\n"


@pytest.fixture
def kept(tmp_path: Path) -> Runner:
    (tmp_path / "child.yaml").write_text(CHILD)
    return Runner(tmp_path / "home", tmp_path)


@pytest.fixture(params=["kept", "unkept"])
def runner(request: pytest.FixtureRequest, kept: Runner) -> Runner:
    return kept if request.param == "kept" else Runner(None, kept.folder)


def purged(runner: Runner, task: str, wanted: str = LATE) -> Any:
    """The outputs of a run that only purges."""
    return outputs(runner.run(f"tasks: [{task % wanted}]", "purge"), "p")


def home(runner: Runner) -> Path:
    assert runner.home
    return runner.home


def left(runner: Runner) -> list[str]:
    """The flows of the executions that the store has, newest first; but those that purged."""
    with closing(open_database(home(runner))) as database:
        return [one.flow_id for one in history(database, Filter()) if one.flow_id != "purge"]


def files(runner: Runner) -> list[str]:
    """The flows that have files."""
    found = (home(runner) / "storage").rglob("*.tmp")
    return sorted(path.relative_to(home(runner) / "storage").parts[2] for path in found)


def test_what_has_ended_goes_with_its_log_and_its_files(kept: Runner) -> None:
    kept.run(OTHER, "other")
    assert purged(kept, EXECUTIONS) == {**NOTHING, "executionsCount": 1, "logsCount": 1, "storagesCount": 5}
    assert left(kept) == []
    assert not (home(kept) / "storage").exists() or files(kept) == []
    assert [path.name for path in (home(kept) / "locks").iterdir()] == ["migration.lock"]


def test_what_is_not_to_go_stays(kept: Runner) -> None:
    kept.run(OTHER, "other")
    some = f"{LATE}, purgeExecution: false, purgeStorage: false"
    assert purged(kept, EXECUTIONS, some) == {**NOTHING, "logsCount": 1}
    assert purged(kept, EXECUTIONS, f"{LATE}, states: [FAILED]") == NOTHING
    assert purged(kept, EXECUTIONS, f"{LATE}, states: [RUNNING, PAUSED]") == NOTHING
    assert (left(kept), files(kept)) == (["other"], ["other"])
    whole = f"{LATE}, flowId: other, purgeStorage: false, purgeLog: false"
    assert purged(kept, EXECUTIONS, whole) == {**NOTHING, "executionsCount": 1}
    assert (left(kept), files(kept)) == ([], ["other"])


def test_more_executions_than_a_batch_go(kept: Runner) -> None:
    for _ in range(5):
        kept.run(OTHER, "other")
    assert purged(kept, EXECUTIONS, f"{LATE}, batchSize: 2")["executionsCount"] == 5
    assert left(kept) == []


@pytest.mark.parametrize("task", [EXECUTIONS, STORAGE])
def test_what_waits_for_a_word_keeps_everything(kept: Runner, task: str) -> None:
    kept.run(PAUSED, "paused")
    found = purged(kept, task)
    assert sum(found.values()) == found.get("scannedCount", 0)
    assert (left(kept), files(kept)) == (["paused"], ["paused"])


@pytest.mark.parametrize("task", [EXECUTIONS, STORAGE])
def test_what_another_process_has_taken_up_keeps_everything(kept: Runner, task: str) -> None:
    document = kept.run(OTHER, "other")
    lock = ExecutionLock(home(kept), document["id"])
    assert lock.acquire()
    purged(kept, task)
    assert (left(kept), files(kept)) == (["other"], ["other"])
    lock.release()
    purged(kept, task)
    assert files(kept) == []


def test_what_still_runs_after_its_end_stays(runner: Runner) -> None:
    document = runner.run(f"""
tasks:
  - {{id: sub, type: $CORE.flow.Subflow, namespace: a.b, flowId: child, wait: false}}
  - {{id: nap, type: $CORE.flow.Sleep, duration: PT1M}}
  - {EXECUTIONS % LATE}
  - {{id: longer, type: $CORE.flow.Sleep, duration: PT2H}}
  - {(EXECUTIONS % LATE).replace("id: p", "id: again")}
""")
    assert outputs(document, "p")["executionsCount"] == 0
    assert outputs(document, "again")["executionsCount"] == 1


def test_files_that_no_execution_has_any_more_go(kept: Runner) -> None:
    kept.run(OTHER, "other")
    purged(kept, EXECUTIONS, f"{LATE}, purgeStorage: false")
    assert files(kept) == ["other"]
    assert purged(kept, STORAGE) == {"scannedCount": 1, "purgedCount": 1, "deletedFilesCount": 1}
    assert files(kept) == []


def test_files_of_namespaces_and_other_folders_are_no_files_of_executions(kept: Runner) -> None:
    folder = home(kept) / "storage" / "a" / "b"
    for name in ("_files/executions/x/f.tmp", "flow/task/cache/f.tmp", "executions/x/f.tmp"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("hi")
    (folder.parent / "executions").symlink_to(folder)
    assert purged(kept, STORAGE, f"{LATE}, namespace: a.b")["scannedCount"] == 0
    assert len(list(folder.rglob("f.tmp"))) == 3


def test_lines_of_the_log_go_from_the_execution_that_is_named(kept: Runner) -> None:
    first, second = (kept.run(OTHER, "other")["id"] for _ in range(2))
    assert purged(kept, LOGS, f"{LATE}, executionId: {first}") == {"count": 1}
    assert purged(kept, LOGS, f"{LATE}, executionId: {first}") == {"count": 0}
    assert purged(kept, LOGS, f"{LATE}, executionId: {second}, namespace: a") == {"count": 1}


def test_a_level_that_there_is_not_fails_before_anything_goes(kept: Runner) -> None:
    kept.run(OTHER, "other")
    document = kept.run(f"tasks: [{LOGS % LATE}]".replace("}]", ", logLevels: [NONE]}]"), "purge")
    assert document["state"]["current"] == "FAILED"
    assert purged(kept, LOGS, f"{LATE}, flowId: other") == {"count": 1}
