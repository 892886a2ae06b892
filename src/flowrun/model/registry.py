"""What `loading` and `runtime` ask about types; `tasks.registry` answers, `app` hands it over."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class TypeKind(Enum):
    """What a `type:` in a flow file may name."""

    TASK = "task"
    TRIGGER = "trigger"
    CONDITION = "condition"


class Standing(Enum):
    """What is known of a type name."""

    RUNS = "runs"
    """A class of ours: its properties are checked, and it can be run."""
    DECLARED = "declared"
    """Its properties are checked; flowrun can't run it (exit code 4)."""
    PLUGIN = "plugin"
    """In a package of a Kestra plugin: it may exist; the common properties are checked, with a note."""
    UNKNOWN = "unknown"
    """No such type."""


class TypeRegistry(Protocol):
    """Type names and the classes behind them; classes are imported when they are asked for."""

    def canonical(self, name: str) -> str:
        """The present name of a type: old names are aliases (reference of the flow file, chapter 12)."""
        ...

    def standing(self, name: str, kind: TypeKind) -> Standing:
        """What is known of this name, without importing its class."""
        ...

    def find(self, name: str, kind: TypeKind) -> type | None:
        """The class whose dataclass fields are the properties; None unless RUNS or DECLARED."""
        ...

    def names(self, kind: TypeKind) -> Sequence[str]:
        """All names that are known, for suggestions."""
        ...
