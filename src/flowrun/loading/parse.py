"""YAML text → tree. Reads the first document, as the server does, and reports what is broken with its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from flowrun.diagnostics import Diagnostic, Severity, Span
from flowrun.loading.scalars import resolve
from flowrun.loading.tree import Entry, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrun.loading.tree import Node, Place

    Places = Callable[[Any, Any], Place]

MAX_DEPTH = 450
"""How deep lists and maps may be nested: flowable tasks, which are two levels each, 200 deep and more."""

FRAMES = 4000
"""Calls in each other that Python has to allow: what walks the tree or the flow takes up to seven a level."""

MAX_SECOND_READING = 500_000
"""Characters of a file that is worth a second reading, at about a megabyte in eight seconds."""

MAX_OPEN = 150
"""Brackets that may be open at once in such a file: the slow parser takes time with the square of that."""

ODD_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")

SERVER_WORDS = "yaml: YAML parsing error: "


@dataclass(slots=True)
class Parsed:
    """The first document of a file. `root` is None when there is none, or when it is broken."""

    root: Node | None
    diagnostics: list[Diagnostic] = field(default_factory=list)


class Broken(Exception):
    """The text is no YAML that can be read any further."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def parse(text: str, *, pure: bool = False) -> Parsed:
    """The tree of a text. Raises nothing: problems are in `diagnostics`. `pure`: without the compiled parser."""
    place = OddLines(text).place if ODD_BREAK.search(text) else place_of
    reader = TreeReader(events(text, place, pure=pure), place)
    try:
        root = reader.read()
    except Broken as problem:
        # The compiled parser is an old libyaml, which refuses `{uri: http://x}`. The other one reads like the
        # server's, and names the same places; but it is slow.
        if not pure and problem.diagnostic.code == "yaml" and is_worth_a_second_reading(text):
            return parse(text, pure=True)
        return Parsed(None, [*reader.diagnostics, problem.diagnostic])
    return Parsed(root, reader.diagnostics)


def is_worth_a_second_reading(text: str) -> bool:
    """The slow parser takes time with the square of the brackets that are open at once."""
    depth = deepest = 0
    if len(text) <= MAX_SECOND_READING:
        for found in re.finditer(r"[\[{]+|[\]}]+", text):
            depth = depth + len(found[0]) if found[0][0] in "[{" else max(0, depth - len(found[0]))
            deepest = max(deepest, depth)
    return len(text) <= MAX_SECOND_READING and deepest <= MAX_OPEN


@dataclass(slots=True)
class Open:
    """A list or map whose end has not been seen yet, with the key that waits for its value."""

    node: Sequence | Mapping
    key: Scalar | None = None


class TreeReader:
    """Builds nodes from parser events with a stack of its own, so that depth is bounded by `MAX_DEPTH` alone."""

    def __init__(self, stream: Iterator[Any], place: Places) -> None:
        self.stream = stream
        self.place = place
        self.diagnostics: list[Diagnostic] = []
        self.stack: list[Open] = []
        self.root: Node | None = None

    def read(self) -> Node | None:
        """The root of the first document. Raises `Broken`."""
        for event in self.stream:
            name = type(event).__name__
            if name == "ScalarEvent":
                self._add(self._scalar(event))
            elif name in ("MappingStartEvent", "SequenceStartEvent"):
                self._open(event, name)
            elif name in ("MappingEndEvent", "SequenceEndEvent"):
                self._close(event)
            elif name == "AliasEvent":
                self._add(self._alias(event))
            elif name == "DocumentEndEvent":
                break
        self._look_behind()
        return self.root

    def _look_behind(self) -> None:
        """Say so when more documents follow; what is wrong in them is nobody's business."""
        try:
            event = next(self.stream, None)
        except Broken:
            return
        if event is not None and type(event).__name__ == "DocumentStartEvent":
            message = "only the first document of a file is read; this is another one"
            where = Span(*self.place(event.start_mark, event.end_mark))
            self.diagnostics.append(Diagnostic("more-documents", Severity.WARNING, message, where))

    def _scalar(self, event: Any) -> Scalar:
        style = event.style or ""
        raw = event.value
        tag = event.tag
        # A plain scalar is resolved; a quoted one is text, unless it carries a tag.
        value = resolve(raw, tag) if tag is not None or event.implicit[0] else raw
        start, end = event.start_mark, event.end_mark
        if type(value) is float and not isfinite(value):
            message = f"`{raw}` is a number that the server cannot read"
            hint = f'write "{raw}" for the text'
            kestra = f"Malformed numeric value '{raw}'"
            self.diagnostics.append(error("yaml", message, self.place(start, end), hint=hint, kestra=kestra))
        return Scalar(value, raw, self.place(start, end), style, start.index, end.index)

    def _alias(self, event: Any) -> Scalar:
        if self._expects_key():
            raise Broken(self._no_key(event))
        start, end = event.start_mark, event.end_mark
        where = self.place(start, end)
        message = f"an alias is not expanded: `*{event.anchor}` is the text `{event.anchor}`"
        self.diagnostics.append(Diagnostic("alias-as-text", Severity.WARNING, message, Span(*where)))
        return Scalar(event.anchor, event.anchor, where, "*", start.index, end.index)

    def _open(self, event: Any, name: str) -> None:
        if self._expects_key():
            raise Broken(self._no_key(event))
        where = self.place(event.start_mark, event.end_mark)
        if len(self.stack) >= MAX_DEPTH:
            raise Broken(error("nesting", f"lists and maps are nested more than {MAX_DEPTH} deep", where))
        node: Sequence | Mapping = Mapping(where) if name == "MappingStartEvent" else Sequence([], where)
        self._add(node)
        self.stack.append(Open(node))

    def _close(self, event: Any) -> None:
        node = self.stack.pop().node
        node.place = (*node.place[:2], *self.place(event.end_mark, event.end_mark)[2:])

    def _expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].node, Mapping) and self.stack[-1].key is None

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node, Sequence):
            top.node.items.append(node)
        elif top.key is None:
            assert isinstance(node, Scalar)
            top.key = node
        else:
            self._put(top.node, top.key, node)
            top.key = None

    def _put(self, mapping: Mapping, key: Scalar, value: Node) -> None:
        name = key.raw
        if name in mapping.entries:
            first = mapping.entries[name].key_place[0]
            message = f"the key `{name}` is given twice (first in line {first})"
            self.diagnostics.append(error("duplicate-key", message, key.place, kestra=f"Duplicate field '{name}'"))
        else:
            mapping.entries[name] = Entry(name, key.place, value)

    def _no_key(self, event: Any) -> Diagnostic:
        where = self.place(event.start_mark, event.end_mark)
        return error("yaml", "a key must be a simple text, not a list, a map or an alias", where)


def place_of(start: Any, end: Any) -> Place:
    """Two marks, which count from 0, as a place that counts from 1."""
    return (start.line + 1, start.column + 1, end.line + 1, end.column + 1)


class OddLines:
    """Places in a text where YAML sees line breaks that editors do not: a lone carriage return and the like."""

    def __init__(self, text: str) -> None:
        self.begins = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, start: Any, end: Any) -> Place:
        """As `place_of`."""
        return (*self.position(start.index), *self.position(end.index))

    def position(self, index: int) -> tuple[int, int]:
        """Line and column of a character."""
        line = bisect_right(self.begins, index)
        return line, index - self.begins[line - 1] + 1


def error(code: str, message: str, where: Place, *, hint: str | None = None, kestra: str = "") -> Diagnostic:
    """A problem that the server reports as one of parsing."""
    sentence = f"{SERVER_WORDS}{kestra or message}\n (at line {where[0]})"
    return Diagnostic(code, Severity.ERROR, message, Span(*where), hint=hint, kestra=sentence)


def events(text: str, place: Places, *, pure: bool) -> Iterator[Any]:
    """The parser's events. Raises `Broken` where the text is no YAML."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        parser = _pure_parser(text) if pure else _parser(text)
        while parser.check_event():
            yield parser.get_event()
    except MarkedYAMLError as problem:
        raise Broken(_syntax(problem, text, place)) from problem
    except (YAMLError, UnicodeEncodeError) as problem:
        raise Broken(_unreadable(text, problem)) from problem


def _parser(text: str) -> Any:
    try:
        from _ruamel_yaml import CParser  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return _pure_parser(text)
    return CParser(text)


def _pure_parser(text: str) -> Any:
    """Eight times slower; used where no compiled one is installed."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)
    return yaml.get_constructor_parser(text)[1]


def _syntax(problem: Any, text: str, place: Places) -> Diagnostic:
    mark = problem.problem_mark
    # What is never closed is noticed behind the last line: then the place where it was opened says more.
    if problem.context_mark is not None and (mark is None or mark.index >= len(text.rstrip())):
        mark = problem.context_mark
    line, column = (1, 1) if mark is None else place(mark, mark)[:2]
    where = (line, column, line, column + 1)
    words = ", ".join(part for part in (problem.context, problem.problem) if part)
    hint = "indent with blanks, not tabs; quote texts that begin with `@`, `%` or a backtick"
    return error("yaml", f"not valid YAML: {words}", where, hint=hint if "cannot start any token" in words else None)


UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _unreadable(text: str, problem: Exception) -> Diagnostic:
    """A character that YAML does not allow; the parser does not say where it stands."""
    found = UNPRINTABLE.search(text)
    if not found:
        return error("yaml", f"not valid YAML: {str(problem).splitlines()[0]}", (1, 1, 1, 1))
    index = found.start()
    line, column = text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
    return error("yaml", f"the character {found[0]!a} is not allowed in YAML", (line, column, line, column + 1))
