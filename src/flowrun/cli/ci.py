"""Whose job we run in, if any, and what it calls our files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.sinks.ci import CiSystem


def in_repository(path: str, environment: Mapping[str, str]) -> str | None:
    """The path from the root of the repository, which annotations are about; None for a file that is not in it."""
    roots = (environment.get(name) for name in ("GITHUB_WORKSPACE", "BUILD_SOURCESDIRECTORY"))
    relative = os.path.relpath(path, next((root for root in roots if root), "."))
    return None if relative.startswith("..") or not os.path.exists(path) else relative  # noqa: PTH110


def ci_system_of(environment: Mapping[str, str]) -> CiSystem | None:
    """The CI system, looked for only where its module is worth importing."""
    if not any(name in environment for name in ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD")):
        return None
    from flowrun.sinks.ci import ci_system

    return ci_system(environment)
