"""`flowrun init`: write the sample flows."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import flowrun
from flowrun.errors import ExitCode, UsageError

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write them.")] = Path("flows"),
    *,
    force: Annotated[
        bool, typer.Option("--force", envvar="FLOWRUN_FORCE", help="Replace files that are different.")
    ] = False,
) -> int:
    """Write the sample flows into a folder. Files that are there already stay as they are."""
    samples = {path.name: path.read_text(encoding="utf-8") for path in sorted(samples_folder().glob("*.yaml"))}
    different = [name for name, text in samples.items() if is_different(folder / name, text)]
    if different and not force:
        raise UsageError(
            f"`{folder}` holds other files of these names: {', '.join(different)}", hint="--force replaces them"
        )
    for name, text in samples.items():
        write(folder / name, text)
    sys.stdout.write(f"wrote {len(samples)} flows to {folder}/\n\n  flowrun run {folder / next(iter(samples))}\n")
    return ExitCode.SUCCESS


def samples_folder() -> Path:
    """Where the samples are: inside the package when it was installed, beside it in a checkout."""
    package = Path(flowrun.__file__).parent
    inside = package / "samples"
    return inside if inside.is_dir() else package.parents[1] / "flows"


def is_different(path: Path, text: str) -> bool:
    """Whether something else is there."""
    try:
        return path.read_text(encoding="utf-8") != text
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError):
        return True


def write(path: Path, text: str) -> None:
    """Write one file. Raises `UsageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"cannot write `{path}`: {problem.strerror}") from problem
