"""What goes into the store comes out as it was."""

from __future__ import annotations

import copy
from contextlib import closing, contextmanager
from datetime import UTC, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.driver import Driver
from tests.support.random_flows import flows, step
from tests.support.stored import keep, refuse

from flowrun.errors import StartRefused
from flowrun.model.events import LogWritten
from flowrun.model.execution import Attempt, Execution, Mock, PlannedFailure, TaskRun
from flowrun.model.log import LogEntry, LogLevel
from flowrun.model.state import State, StateType
from flowrun.store.database import Database, open_database
from flowrun.store.executions import read_logs, read_stored
from flowrun.store.recorder import Recorder
from flowrun.store.rows import storable
from flowrun.store.values import dump, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.model.flow import Flow


def paired(text: str) -> str:
    """The text with two halves of a surrogate pair that stand together as the one character that they are."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


texts = st.text(max_size=8) | st.text(st.characters(categories=["Cs", "Cc", "Lu"]), max_size=4).map(paired)
kept_texts = texts.map(storable)
offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
scalars = (
    *(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    *(st.dates(), st.datetimes(), st.datetimes(timezones=offsets), st.times()),
    *(st.timedeltas(), st.decimals(allow_nan=False)),
)
keys = texts | st.sampled_from(["$type", "value"])
values = st.recursive(
    st.one_of(*scalars), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
maps = st.dictionaries(keys, values, max_size=3)
moments = st.datetimes(timezones=st.just(UTC))
names = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,9}", fullmatch=True)


@st.composite
def states(draw: st.DrawFn) -> State:
    later = draw(st.lists(st.tuples(st.sampled_from(StateType), moments), max_size=4))
    histories = [(StateType.CREATED, draw(moments)), *later]
    return State(histories[-1][0], histories)


task_runs = st.builds(
    TaskRun,
    id=names,
    task_id=names,
    state=states(),
    parent_id=st.none() | names,
    value=st.none() | kept_texts,
    iteration=st.none() | st.integers(0, 2**31),
    attempts=st.lists(st.builds(Attempt, states()), max_size=3),
    outputs=st.none() | maps,
)
executions = st.builds(
    Execution,
    id=names,
    namespace=names,
    flow_id=names,
    flow_revision=st.integers(1, 9),
    state=states(),
    task_runs=st.lists(task_runs, max_size=3).map(lambda runs: {one.id: one for one in runs}),
    inputs=maps,
    outputs=maps,
    labels=st.dictionaries(keys, texts, max_size=3),
    variables=maps,
    trigger=st.none() | maps,
    virtual_time=st.booleans(),
    hidden_inputs=maps,
    planned=st.dictionaries(
        names,
        st.builds(Mock, maps) | st.builds(PlannedFailure, st.lists(st.integers(1, 9), max_size=3).map(tuple)),
        max_size=2,
    ),
    until=st.none() | names,
)
lines = st.builds(
    LogEntry, moments, st.sampled_from(LogLevel), kept_texts, task_id=st.none() | names, task_run_id=st.none() | names
)


@contextmanager
def a_store() -> Iterator[Database]:
    with TemporaryDirectory() as folder, closing(open_database(Path(folder))) as database:
        yield database


@settings(max_examples=400, derandomize=True, deadline=None)
@given(values)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert load(dump(value)) == value


@settings(max_examples=60, derandomize=True, deadline=None)
@given(executions, st.lists(lines, max_size=4), kept_texts)
def test_an_execution_comes_back_as_it_was(execution: Execution, log: list[LogEntry], source: str) -> None:
    with a_store() as database:
        keep(database, execution, log, source)
        stored = read_stored(database, execution.id)
        assert stored.execution == execution
        assert list(stored.execution.task_runs) == list(execution.task_runs)
        assert (stored.source, read_logs(database, execution.id)) == (source, log)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_whenever_it_is_flushed_the_store_holds_what_is_true(flow: Flow, data: st.DataObject) -> None:
    with a_store() as database:
        run = Driver(flow)
        record(run, Recorder(database, "id: flow", "flow.yaml", refuse), data.draw)
        known = read_stored(database, run.run.execution.id)
        try:
            again = Driver.restarted(flow, copy.deepcopy(known.execution))
        except StartRefused:
            return
        record(again, Recorder(database, "id: flow", "flow.yaml", refuse, known=known), data.draw)
        assert read_logs(database, known.execution.id) == [*log_of(run), *log_of(again)]


def record(run: Driver, recorder: Recorder, draw: Any) -> None:
    """Play a while, and flush now and then; after each flush, and at last, the store holds the execution as it is."""
    told = 0
    for left in reversed(range(draw(st.integers(1, 12)))):
        for event in run.events[told:]:
            recorder.handle(event)
        told = len(run.events)
        last = not left or run.run.finished
        if last or draw(st.booleans()):
            recorder.flush()
            execution = run.run.execution
            assert read_stored(recorder.database, execution.id).execution == execution
        if last:
            return
        step(run, draw)


def log_of(run: Driver) -> list[LogEntry]:
    return [event.entry for event in run.events if isinstance(event, LogWritten)]
