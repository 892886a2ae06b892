"""Everything that can go wrong on purpose, and the exit codes.

FlowrunError
├── UsageError          the call is wrong: unknown flow, unknown input, bad option
├── FlowInvalid         the flow file is refused; carries its diagnostics
├── TypesMissing        every type is real, but one can't be run here
├── StartRefused        inputs missing or invalid, or a disabled flow: no execution exists
├── StoreError          what is kept of earlier runs cannot be read or written
├── TemplateError       an expression cannot be parsed or evaluated
└── TaskFailed          the body of a task ended badly
    └── TaskTimeout     … because it took longer than its `timeout`

Anything else that escapes is our own bug (exit code 70).
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowrun.diagnostics import Diagnostic, Span


class ExitCode(IntEnum):
    """What the process ends with; the table stands in `docs/reference.md`."""

    SUCCESS = 0
    FAILED = 1
    USAGE = 2
    INVALID_FLOW = 3
    TYPES_MISSING = 4
    PAUSED = 5
    INTERNAL = 70
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class FlowrunError(Exception):
    """Root of the tree. `hint` says what to try."""

    exit_code = ExitCode.USAGE
    code = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class UsageError(FlowrunError):
    """The command was called with something that does not exist or does not fit."""

    code = "usage"


class FlowInvalid(FlowrunError):
    """The server would refuse this file. `message` is Kestra's sentence for the first problem."""

    exit_code = ExitCode.INVALID_FLOW
    code = "invalid-flow"

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


class TypesMissing(FlowrunError):
    """The flow is valid, but uses types that flowrun knows of and cannot run."""

    exit_code = ExitCode.TYPES_MISSING
    code = "types-missing"

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = (), *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.diagnostics = tuple(diagnostics)


class StartRefused(FlowrunError):
    """No execution was created: a bad or missing input, or a disabled flow. The message is Kestra's."""

    code = "start-refused"

    def __init__(self, message: str, *, input_id: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.input_id = input_id

    def masked(self, mask: Callable[[str], str]) -> StartRefused:
        """The same refusal without what `mask` takes out of texts."""
        hint = None if self.hint is None else mask(self.hint)
        return StartRefused(mask(self.message), input_id=self.input_id, hint=hint)


class FlowMissing(FlowrunError):
    """A flow that another one calls cannot be called at all: there is none, or it is disabled or invalid."""

    code = "flow-missing"


class StoreError(FlowrunError):
    """The store cannot be used: from a newer version, damaged, not ours, or its folder is out of reach."""

    code = "store"


class NewerStore(StoreError):
    """A newer flowrun wrote the store. Unlike other troubles it stops a run: its limits could not be kept."""


class TemplateError(FlowrunError):
    """An expression cannot be parsed or evaluated.

    `message` carries Kestra's words; `summary` leaves out the template that they repeat, for where an
    excerpt is drawn. `span` is relative to the template's own text (line and
    column from 1); whoever knows where that text stands in a file moves it there. `kind` is one of
    `syntax`, `missing` (a variable or attribute that does not exist: what `??` catches),
    `evaluation` and `limit`.
    """

    code = "template"

    def __init__(
        self,
        message: str,
        *,
        kind: str = "evaluation",
        span: Span | None = None,
        hint: str | None = None,
        summary: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.span = span
        self.summary = summary or message


class TaskFailed(FlowrunError):
    """The body of a task ended badly. `outputs` are kept although it failed; the message is logged at ERROR."""

    exit_code = ExitCode.FAILED
    code = "task-failed"

    def __init__(self, message: str, *, outputs: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.outputs = outputs


class TaskTimeout(TaskFailed):
    """The body took longer than the task's `timeout`."""

    code = "task-timeout"
