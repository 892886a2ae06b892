"""Diagnostics of building and checking, each with the server's sentence for it (flow reference, chapter 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from flowrun.diagnostics import Span


def violation(
    code: str,
    message: str,
    span: Span | None,
    path: str,
    kestra: str,
    *,
    at: str | None = None,
    hint: str | None = None,
) -> Diagnostic:
    """A broken constraint. The server names it `PATH: SENTENCE`; `at` is its path where it is another than ours."""
    sentence = f"{path if at is None else at}: {kestra}"
    return Diagnostic(code, Severity.ERROR, message, span, path, hint=hint, kestra=sentence)


def invalid_flow(
    code: str, message: str, span: Span | None, path: str, kestra: str, *, hint: str | None = None
) -> Diagnostic:
    """A rule of the flow as a whole."""
    sentence = f": Invalid Flow: {kestra}"
    return Diagnostic(code, Severity.ERROR, message, span, path, hint=hint, kestra=sentence)


def unreadable(
    code: str, message: str, span: Span | None, path: str, kestra: str, *, hint: str | None = None
) -> Diagnostic:
    """A value that the server's parser cannot turn into what the property wants."""
    sentence = f"yaml: YAML parsing error: {kestra}"
    return Diagnostic(code, Severity.ERROR, message, span, path, hint=hint, kestra=sentence)


def warning(code: str, message: str, span: Span | None, path: str, *, hint: str | None = None) -> Diagnostic:
    """Accepted by the server, and likely to surprise."""
    return Diagnostic(code, Severity.WARNING, message, span, path, hint=hint)
