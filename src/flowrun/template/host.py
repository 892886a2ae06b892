"""What a template may ask of the world, and the little that there is without anybody to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from flowrun.errors import TemplateError

if TYPE_CHECKING:
    from datetime import datetime


ONLY_IN_A_RUN: Final = "only a run can answer this; `??` does not help, a value in its place does"


class Host(Protocol):
    """Made by whoever runs templates. Methods refuse with a `TemplateError` of the engine's words.

    Optional arguments are passed only where the template gives them. Subclass `NoHost` to answer only some.
    """

    def now(self) -> datetime:
        """The present moment, aware."""
        ...

    def random(self) -> float:
        """A number in [0, 1)."""
        ...

    def secret(self, key: str, **options: Any) -> Any:
        """A secret. Options: `namespace`, `subkey`, `full`."""
        ...

    def kv(self, key: str, **options: Any) -> Any:
        """A value of the key-value store, with its type. Options: `namespace`, `error_on_missing`."""
        ...

    def read(self, path: str, **options: Any) -> str:
        """The text of a namespace file or of a stored file. Options here and below: `namespace`, `revision`."""
        ...

    def file_size(self, path: str, **options: Any) -> int:
        """Bytes of a file."""
        ...

    def file_exists(self, path: str, **options: Any) -> bool:
        """Whether there is such a file."""
        ...

    def is_file_empty(self, path: str, **options: Any) -> bool:
        """Whether a file has no bytes."""
        ...

    def error_logs(self) -> list[Any]:
        """The ERROR log entries of the execution."""
        ...

    def subflow(self, namespace: str, id: str, **options: Any) -> Any:  # noqa: A002 - the argument's name in templates
        """Run a flow and give its outputs. Options: `revision`, `inputs`, `labels`, `timeout`."""
        ...

    def http(self, uri: str, **options: Any) -> Any:
        """The parsed body of a response. Options: `method`, `query`, `body`, `content_type`, `headers`, `options`, `accept`."""
        ...


class NoHost:
    """The system's clock and random numbers; everything else is refused."""

    def now(self) -> datetime:
        from datetime import UTC, datetime

        return datetime.now(UTC)

    def random(self) -> float:
        import random

        return random.random()

    def secret(self, key: str, **_options: Any) -> Any:
        raise TemplateError(f"Cannot find secret for key '{key}'.", hint=ONLY_IN_A_RUN)

    def kv(self, key: str, **_options: Any) -> Any:
        raise needs_execution("kv", key)

    def read(self, path: str, **_options: Any) -> str:
        raise needs_execution("read", path)

    def file_size(self, path: str, **_options: Any) -> int:
        raise needs_execution("fileSize", path)

    def file_exists(self, path: str, **_options: Any) -> bool:
        raise needs_execution("fileExists", path)

    def is_file_empty(self, path: str, **_options: Any) -> bool:
        raise needs_execution("isFileEmpty", path)

    def error_logs(self) -> list[Any]:
        return []

    def subflow(self, namespace: str, id: str, **_options: Any) -> Any:  # noqa: A002, ARG002 - as in `Host`
        raise TemplateError("The 'subflow' function can only be used at flow-input render time.")

    def http(self, uri: str, **_options: Any) -> Any:
        raise needs_execution("http", uri)


def needs_execution(function: str, argument: str) -> TemplateError:
    """The error of a function that has nobody to ask."""
    return TemplateError(
        f"The '{function}' function needs a running execution: '{argument}' is not known here.", hint=ONLY_IN_A_RUN
    )
