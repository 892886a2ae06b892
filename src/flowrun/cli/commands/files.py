"""`flowrun files`: files of namespaces, in the store."""

import json
import sys
from pathlib import Path
from shutil import copyfileobj
from typing import Annotated

import typer

from flowrun.app import namespace_files
from flowrun.cli.options import Format, TextOrJson
from flowrun.errors import ExitCode

app = typer.Typer(add_completion=False)
HELP = {"help_option_names": ["-h", "--help"]}
Namespace = Annotated[str, typer.Argument(metavar="NAMESPACE", show_default=False, help="A namespace.")]


@app.callback(context_settings=HELP)
def files() -> None:
    """Store and read files of namespaces, which flows see with `read()` and `namespaceFiles`."""


@app.command(context_settings=HELP)
def put(
    namespace: Namespace,
    source: Annotated[Path, typer.Argument(metavar="SOURCE", show_default=False, help="A file, or a folder.")],
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", show_default=False, help="Its path in the namespace; its name.")
    ] = None,
) -> int:
    """Store a file, or all files of a folder."""
    for name in namespace_files.put(namespace, source, path):
        sys.stdout.write(f"{name}\n")
    return ExitCode.SUCCESS


@app.command(context_settings=HELP)
def get(
    namespace: Namespace,
    path: Annotated[str, typer.Argument(metavar="PATH", show_default=False, help="The path of a file.")],
) -> int:
    """Print a file, byte for byte."""
    sys.stdout.flush()
    with namespace_files.reading(namespace, path) as file:
        copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    return ExitCode.SUCCESS


@app.command("list", context_settings=HELP)
def list_files(namespace: Namespace, *, format: Format = TextOrJson.TEXT) -> int:  # noqa: A002
    """List the files of a namespace with their sizes in bytes."""
    found = namespace_files.listing(namespace)
    if format is TextOrJson.JSON:
        document = {"files": [{"path": path, "size": size} for path, size in found]}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        return ExitCode.SUCCESS
    width = max((len(path) for path, _ in found), default=0)
    for path, size in found:
        sys.stdout.write(f"{path:<{width}}  {size}\n")
    if not found:
        sys.stderr.write(f"no file is stored in {namespace}\n")
    return ExitCode.SUCCESS


@app.command(context_settings=HELP)
def delete(
    namespace: Namespace,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", show_default=False, help="Paths of files.")],
) -> int:
    """Delete files, all of them or none."""
    namespace_files.delete(namespace, paths)
    for path in paths:
        sys.stdout.write(f"{path}  deleted\n")
    return ExitCode.SUCCESS
