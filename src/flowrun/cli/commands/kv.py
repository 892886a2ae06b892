"""`flowrun kv`: key-value pairs of namespaces, in the store."""

import json
import sys
from datetime import timedelta
from typing import Annotated, Any

import typer

from flowrun.app import pairs
from flowrun.cli.inputs import bounded
from flowrun.cli.options import Format, TextOrJson, duration_option
from flowrun.errors import ExitCode, UsageError
from flowrun.model.durations import format_duration
from flowrun.model.key_values import KeyValue, KVType
from flowrun.sinks.values import instant, json_ready
from flowrun.template import to_json, to_text

app = typer.Typer(add_completion=False)
HELP = {"help_option_names": ["-h", "--help"]}
Namespace = Annotated[str, typer.Argument(metavar="NAMESPACE", show_default=False, help="A namespace.")]
Key = Annotated[str, typer.Argument(metavar="KEY", show_default=False, help="A key of it.")]


@app.callback(context_settings=HELP)
def kv() -> None:
    """Write and read key-value pairs, which flows see with `kv()`."""


@app.command("set", context_settings=HELP)
def set_pair(
    namespace: Namespace,
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", show_default=False, help="Its value, - for stdin.")],
    *,
    type: Annotated[  # noqa: A002 - the name of the option
        KVType, typer.Option("--type", envvar="FLOWRUN_TYPE", case_sensitive=False, help="What the value is read as.")
    ] = KVType.STRING,
    ttl: Annotated[
        str | None,
        typer.Option(
            "--ttl", metavar="DURATION", envvar="FLOWRUN_TTL", help="It is gone after this time: PT1H, or seconds."
        ),
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", envvar="FLOWRUN_DESCRIPTION", help="What it is for.")
    ] = None,
    no_overwrite: Annotated[
        bool, typer.Option("--no-overwrite", envvar="FLOWRUN_NO_OVERWRITE", help="Refuse a key that is there.")
    ] = False,
) -> int:
    """Write the value of a key."""
    text = bounded(sys.stdin, "the standard input") if value == "-" else value
    lasts = duration_option(ttl, "--ttl")
    pairs.put(namespace, key, text, type, ttl=lasts, description=description, overwrite=not no_overwrite)
    return ExitCode.SUCCESS


@app.command(context_settings=HELP)
def get(namespace: Namespace, key: Key) -> int:
    """Print the value of a key: text as it is, what has parts as JSON."""
    value = pairs.get(namespace, key).value
    sys.stdout.write(f"{shown(value)}\n")
    return ExitCode.SUCCESS


@app.command("list", context_settings=HELP)
def list_pairs(namespace: Namespace, *, format: Format = TextOrJson.TEXT) -> int:  # noqa: A002
    """List the keys of a namespace with their values."""
    found = pairs.listing(namespace)
    if format is TextOrJson.JSON:
        document = {"pairs": [as_json(pair) for pair in found]}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        return ExitCode.SUCCESS
    width = max((len(pair.key) for pair in found), default=0)
    for pair in found:
        first = (shown(pair.value).splitlines() or [""])[0]
        sys.stdout.write(f"{pair.key:<{width}}  {first}\n")
    if not found:
        sys.stderr.write(f"no key is set in {namespace}\n")
    return ExitCode.SUCCESS


@app.command(context_settings=HELP)
def delete(
    namespace: Namespace,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", show_default=False, help="Keys of it.")],
) -> int:
    """Delete keys."""
    gone = pairs.delete(namespace, keys)
    for key in gone:
        sys.stdout.write(f"{key}  deleted\n")
    if missing := [key for key in keys if key not in gone]:
        raise UsageError(f"there is no key {', '.join(f'`{key}`' for key in missing)} in namespace `{namespace}`")
    return ExitCode.SUCCESS


def shown(value: Any) -> str:
    """A value in one text."""
    if isinstance(value, dict | list):
        return to_json(value)
    return format_duration(value) if isinstance(value, timedelta) else to_text(value)


def as_json(pair: KeyValue) -> dict[str, Any]:
    """One pair of `docs/schemas/pairs.json`."""
    return {
        "key": pair.key,
        "value": json_ready(pair.value),
        "version": pair.version,
        "description": pair.description,
        "updateDate": instant(pair.updated_at),
        "expirationDate": instant(pair.expires_at) if pair.expires_at else None,
    }
