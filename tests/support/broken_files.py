"""Flow files with something broken in them, by chance: bytes, lines, values, nesting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

ROOT = Path(__file__).parents[2]
VALUES = (
    b"", b"~", b"{}", b"[]", b"[[]]", b"{a: {b: [c]}}", b"true", b"no", b"-1", b"1e400", b"0x1F", b"99999999999999999999", b".inf",
    b"'", b'"', b"|", b">-", b"&a", b"*a", b"!!python/object:os.system", b"!!binary x", b"<<", b"{{", b"{{ a }}", b"{% if %}",
    b"'{{ inputs.x | nope(1, b=2) }}'", b"\"{{ outputs['\\u00e9'] }}\"", b"2024-01-01", b"PT1H", b"\xff\xfe", b"\0", b"\xc3\xa9", b"\xe2\x80\xa8",
    b"io.kestra.plugin.core.flow.If", b"io.kestra.plugin.core.flow.Dag", b"io.kestra.plugin.core.trigger.Schedule", b"SELECT", b"SECRET",
)  # fmt: skip
KEYS = (
    b"id", b"type", b"tasks", b"then", b"else", b"cases", b"values", b"inputs", b"outputs", b"errors", b"finally", b"triggers", b"labels",
    b"dependsOn", b"condition", b"retry", b"pluginDefaults", b"defaults", b"concurrency", b"runIf", b"conditions", b"sla", b"checks", b"timeout", b"message", b"cron",
)  # fmt: skip


def corpus() -> list[bytes]:
    """Recorded flows, good and bad, and the samples."""
    data = ROOT / "tests" / "conformance" / "data"
    files = sorted(
        [*data.glob("flows/*/*/flow.yaml"), *data.glob("validation/*/flow.yaml"), *(ROOT / "flows").glob("*.yaml")]
    )
    return [file.read_bytes() for file in files]


def broken(random: Random, files: list[bytes]) -> bytes:
    """A file with up to four changes."""
    data = random.choice(files)
    for _ in range(random.randint(1, 4)):
        data = random.choice(CHANGES)(random, data)
    return data


def flip_byte(random: Random, data: bytes) -> bytes:
    if not data:
        return data
    place = random.randrange(len(data))
    return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]


def cut_bytes(random: Random, data: bytes) -> bytes:
    start = random.randint(0, len(data))
    return data[:start] + data[random.randint(start, min(len(data), start + 60)) :]


def insert_value(random: Random, data: bytes) -> bytes:
    place = random.randint(0, len(data))
    return data[:place] + random.choice(VALUES) + data[place:]


def change_line(random: Random, data: bytes) -> bytes:
    """Drop a line, write it twice, move it, or indent it otherwise."""
    lines = data.split(b"\n")
    place = random.randrange(len(lines))
    line = lines.pop(place)
    for _ in range(random.choice((0, 1, 1, 2, 2, 3))):
        blanks = b" " * random.choice((0, 0, 1, 2, 4))
        lines.insert(random.randint(0, len(lines)), blanks + line if random.random() < 0.5 else line.lstrip())
    return b"\n".join(lines)


def change_value(random: Random, data: bytes) -> bytes:
    """Another value behind a key."""
    lines = data.split(b"\n")
    keyed = [number for number, line in enumerate(lines) if b": " in line]
    if keyed:
        place = random.choice(keyed)
        lines[place] = lines[place].split(b": ")[0] + b": " + random.choice(VALUES)
    return b"\n".join(lines)


def change_key(random: Random, data: bytes) -> bytes:
    """Another key before a value."""
    lines = data.split(b"\n")
    keyed = [number for number, line in enumerate(lines) if b":" in line]
    if keyed:
        place = random.choice(keyed)
        before, _, after = lines[place].partition(b":")
        lines[place] = before[: len(before) - len(before.lstrip(b" -"))] + random.choice(KEYS) + b":" + after
    return b"\n".join(lines)


def nest(random: Random, data: bytes) -> bytes:
    """Deep nesting somewhere."""
    depth = random.choice((3, 60, 2000))
    opened, closed = random.choice(((b"[", b"]"), (b"{a: ", b"}"), (b"- ", b""), (b"{{ (", b") }}")))
    return insert_value(random, data + b"\nx: " + opened * depth + b"1" + closed * depth)


def alias_bomb(random: Random, data: bytes) -> bytes:
    """References to references."""
    rows = b"".join(b"k%d: &k%d [%s]\n" % (one, one, b", ".join([b"*k%d" % (one - 1)] * 9)) for one in range(1, 12))
    return b"k0: &k0 [x]\n" + rows + data if random.random() < 0.5 else data + b"\n" + rows


CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    flip_byte, cut_bytes, insert_value, change_line, change_value, change_value, change_value, change_key, change_key, nest, alias_bomb,
)  # fmt: skip
