"""Which file a FLOW on the command line means."""

from __future__ import annotations

from pathlib import Path

from flowrun.diagnostics import did_you_mean
from flowrun.errors import UsageError
from flowrun.loading.source import Source, read_source

FLOWS = Path("flows")
SUFFIXES = ("", ".yaml", ".yml")


def find_flow_file(name: str) -> str:
    """The path that `name` means: itself when it exists or is `-`, else a file in `./flows/`. Raises `UsageError`."""
    if name == "-" or Path(name).exists():
        return name
    for suffix in SUFFIXES:
        candidate = FLOWS / f"{name}{suffix}"
        if candidate.is_file():
            return str(candidate)
    raise UsageError(f"there is no flow file `{name}`, neither here nor in `{FLOWS}/`", hint=nearest(name))


def flow_source(name: str) -> Source:
    """The source of a FLOW: of a file, or of a saved flow when there is no such file. Raises `UsageError`."""
    try:
        return read_source(find_flow_file(name))
    except UsageError:
        from flowrun.app import saved

        kept = saved.find(name) if "." in name or "/" in name else None
        if kept is None:
            raise
        return saved.source_of(kept)


def nearest(name: str) -> str | None:
    """A hint at a flow file whose name is like this one."""
    known = [path.name for folder in (Path(), FLOWS) for path in flow_files(folder)]
    return did_you_mean(Path(name).name, known) or did_you_mean(f"{Path(name).stem}.yaml", known)


def flow_files(folder: Path, *, deep: bool = False) -> list[Path]:
    """The flow files of a folder (`.yaml`, `.yml`), sorted; with `deep` those of its folders too, hidden ones left out."""
    found = folder.rglob("*") if deep else folder.glob("*")
    return sorted(
        path
        for path in found
        if path.suffix in SUFFIXES[1:]
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
