"""Runs made by hand: events as the engine would send them, with fixed ids and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flowrun.model.events import ExecutionCreated, LogWritten
from flowrun.model.execution import Attempt, Execution, TaskRun
from flowrun.model.log import LogEntry, LogLevel
from flowrun.model.state import State, StateType

if TYPE_CHECKING:
    from flowrun.model.sink import Sink

START = datetime(2026, 1, 1, 10, 0, 0, 12_000, tzinfo=UTC)


class Story:
    """Builds an execution step by step and tells each step to a sink."""

    def __init__(self, sink: Sink, **about: Any) -> None:
        self.sink = sink
        self.now = START
        self.newest: dict[str, str] = {}
        self.execution = Execution(
            id="4Fq0dPbYkCr9nWm2sXhT7a",
            namespace="tutorial",
            flow_id=about.pop("flow_id", "hello_world"),
            flow_revision=1,
            state=State.created(START),
            **about,
        )
        sink.handle(ExecutionCreated(START, self.execution))
        self.execution.state.change(StateType.RUNNING, START)

    def wait(self, **time: float) -> Story:
        self.now += timedelta(**time)
        return self

    def log(self, task: str | None, message: str, level: LogLevel = LogLevel.INFO) -> Story:
        self.sink.handle(LogWritten(LogEntry(self.now, level, message, task, task and self.run_of(task))))
        return self

    def run_of(self, task: str) -> str:
        """The id of the newest run of a task, or of the one that comes next."""
        return self.newest.get(task) or f"run-{len(self.execution.task_runs)}-{task}"

    def task(
        self,
        task: str,
        state: StateType = StateType.SUCCESS,
        *,
        seconds: float = 0.002,
        attempts: int = 1,
        parent: str | None = None,
        value: str | None = None,
        outputs: dict[str, Any] | None = None,
    ) -> Story:
        run_id = f"run-{len(self.execution.task_runs)}-{task}"
        run = TaskRun(run_id, task, State.created(self.now), parent_id=parent, value=value, outputs=outputs)
        self.execution.task_runs[run_id] = run
        self.newest[task] = run_id
        run.attempts = [Attempt(State.created(self.now)) for _ in range(attempts)]
        self.wait(seconds=seconds)
        run.state.change(state, self.now)
        return self

    def last_id(self) -> str:
        return next(reversed(self.execution.task_runs))

    def end(self, state: StateType, **outputs: Any) -> None:
        self.execution.outputs = outputs
        self.execution.state.change(state, self.now)
        self.sink.close()


def hello(sink: Sink) -> None:
    """The hello world, as it runs."""
    story = Story(sink, inputs={"name": "Ann"})
    story.log("hello", "Hello Ann, welcome to flowrun!", LogLevel.ERROR).task("hello")
    story.task("compose", outputs={"value": "ANN was welcomed by hello_world"})
    story.log("report", "The task before returned: ANN was welcomed by hello_world", LogLevel.ERROR).task("report")
    story.log("nap", "Waiting for PT1S").task("nap", seconds=1)
    story.log("goodbye", "Goodbye, Ann!", LogLevel.ERROR).task("goodbye")
    story.end(StateType.SUCCESS, summary="ANN was welcomed by hello_world")


def troubles(sink: Sink) -> None:
    """Everything that can go wrong at once: nesting, loops, retries, skipped and failed tasks, long and odd messages."""
    story = Story(sink, flow_id="troubles", inputs={"cities": ["Lima", "Oslo"], "since": START})
    story.log(None, "Input x was provided for workflow tutorial.troubles but isn't declared in it", LogLevel.WARN)
    story.task("each", StateType.FAILED, outputs={})
    each = story.last_id()
    for value in ("Lima", "Oslo"):
        story.log("visit", f"Now in {value}\nand a second line").task("visit", parent=each, value=value)
    story.task("inner", StateType.FAILED, parent=each)
    inner = story.last_id()
    story.log("call_the_service", "The service does not answer, and this is a sentence that is too long for a line.")
    story.task("call_the_service", StateType.FAILED, parent=inner, attempts=3, seconds=75)
    story.log(
        "call_the_service", "\x1b[31mred\x1b[0m and wide: 日本語の文章は幅が広いので折り返しが難しい。", LogLevel.ERROR
    )
    story.task("never", StateType.SKIPPED, seconds=0)
    story.task("tolerated", StateType.WARNING, seconds=0.04)
    story.task("cleanup_with_a_name_that_is_far_too_long_for_any_column", seconds=3700)
    story.end(StateType.FAILED)


def long_loop(sink: Sink, size: int = 1000) -> None:
    """A loop of many values that all end well."""
    story = Story(sink, flow_id="long_loop")
    story.task("each")
    each = story.last_id()
    for value in range(size):
        story.task("item", parent=each, value=str(value), seconds=0.001)
    story.end(StateType.SUCCESS)
