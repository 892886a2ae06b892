"""Filters for text (spec, 6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowrun.template import regex
from flowrun.template.callables import Arguments, Failure, Filter
from flowrun.template.hash_order import hash_ordered
from flowrun.template.lexer import JAVA_SPACE_SET
from flowrun.template.limits import bounded, check_length
from flowrun.template.values import (
    Array,
    cast_text,
    class_name,
    is_collection,
    is_list,
    is_long,
    is_map,
    is_number,
    is_text,
    substring,
    to_text,
    units,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrun.template.callables import RenderContext

CONTROLS: Final = "".join(map(chr, range(33)))
"""What Java's `trim` takes away: characters up to U+0020."""


def of_text(change: Callable[[str], Any]) -> Filter:
    """A filter for text only; null stays null."""

    def apply(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
        return None if value is None else change(cast_text(value))

    return Filter(apply)


def of_any(change: Callable[[str], Any]) -> Filter:
    """A filter for the text of any value; null stays null."""

    def apply(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
        return None if value is None else change(to_text(value))

    return Filter(apply)


def abbreviate(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    text, length = cast_text(value), arguments.get("length")
    if not is_long(length):
        raise Failure(f"class {class_name(length)} cannot be cast to class java.lang.Long")
    assert isinstance(length, int)
    if length < 0:
        raise Failure("Invalid argument to abbreviate filter; must be greater than zero")
    if units(text) < length or units(text) <= 3:
        return text
    return substring(text, 0, length) if length <= 3 else substring(text, 0, length - 3) + "..."


def capitalized(text: str) -> str:
    for place, char in enumerate(text):
        if char not in JAVA_SPACE_SET:
            return text[:place] + char.title()[:1] + text[place + 1 :] if len(char.title()) == 1 else text
    return text


def titled(text: str) -> str:
    out, begins = [], True
    for char in text:
        out.append(char.title() if begins and len(char.title()) == 1 else char)
        begins = char in JAVA_SPACE_SET
    return "".join(out)


def replace(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    pairs = arguments.get("replace_pairs")
    if pairs is None:
        raise Failure("The argument 'replace_pairs' is required.")
    if not is_map(pairs):
        raise Failure(f"class {class_name(pairs)} cannot be cast to class java.util.Map")
    by_regex = arguments.get("regexp", False)
    if not isinstance(by_regex, bool):
        raise Failure(f"class {class_name(by_regex)} cannot be cast to class java.lang.Boolean")

    def replaced(text: str) -> str:
        for key, item in pairs.items():
            if item is None or key is None:
                raise Failure("A replacement can't be null")
            old, new = to_text(key), to_text(item)
            if not by_regex and old:
                check_length(len(text) + text.count(old) * (len(new) - len(old)))
            text = regex.replace_all(text, old, new) if by_regex else text.replace(old, new)
        return bounded(text)

    return deep(value, replaced)


def deep(value: Any, change: Callable[[str], str]) -> Any:
    """Every leaf of lists and maps changed as text; maps come out in hash order."""
    if is_map(value):
        return hash_ordered([(cast_text(key), deep(item, change)) for key, item in value.items()])
    if is_list(value):
        return [deep(item, change) for item in value]
    if value is None:
        raise Failure('Cannot invoke "Object.toString()" because value is null')
    return change(to_text(value))


def split(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    delimiter = arguments.get("delimiter")
    if delimiter is None:
        raise Failure("missing delimiter parameter in split filter")
    text = cast_text(value)
    limit = arguments.get("limit")
    if limit is not None and not is_number(limit):
        raise Failure(f"class {class_name(limit)} cannot be cast to class java.lang.Number")
    return Array(regex.split(text, cast_text(delimiter), int(limit or 0)))


def join(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_collection(value) and not isinstance(value, Array):
        raise Failure("The 'join' filter expects that the input is either a collection or an array.")
    separator = arguments.get("separator")
    return bounded(("" if separator is None else cast_text(separator)).join(map(to_text, value)))


def around(name: str, cut: Callable[[str, str], str]) -> Filter:
    """One of the `substring…` filters."""

    def apply(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
        if value is None:
            return None
        if "separator" not in arguments:
            raise Failure(f"The '{name}' filter expects an argument 'separator'.")
        separator = arguments["separator"]
        return cut(to_text(value), "\0absent" if separator is None else cast_text(separator))

    return Filter(apply, ("separator",), required=1)


def before(text: str, separator: str) -> str:
    return text.partition(separator)[0] if separator else ""


def before_last(text: str, separator: str) -> str:
    return text.rpartition(separator)[0] if separator and separator in text else text


def after(text: str, separator: str) -> str:
    return text.partition(separator)[2] if separator else text


def after_last(text: str, separator: str) -> str:
    return text.rpartition(separator)[2] if separator and separator in text else ""


def edge(holds: Callable[[str, str], bool]) -> Filter:
    """`startsWith` and `endsWith`."""

    def apply(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
        if value is None:
            return False
        wanted = arguments.get("value")
        if wanted is None:
            raise Failure("The argument 'value' is required.")
        return holds(to_text(value), to_text(wanted))

    return Filter(apply, ("value",), required=1)


def slugified(text: str) -> str:
    import re
    from unicodedata import normalize

    text = "".join("-" if char in " \t\n\x0b\f\r" else char for char in text)
    text = re.sub(r"[^A-Za-z0-9_-]", "", normalize("NFD", text)).replace("_", "-")
    text = re.sub(r"-{2,}", "-", text)
    return text.removeprefix("-").removesuffix("-").lower()


def url_encoded(text: str) -> str:
    from urllib.parse import quote_plus

    return quote_plus(text, safe="*", errors="replace").replace("~", "%7E")


def url_decoded(text: str) -> str:
    import re
    from urllib.parse import unquote_plus

    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise Failure("URLDecoder: Illegal hex characters in escape (%) pattern")
    return unquote_plus(text)


def base64_encoded(text: str) -> str:
    from base64 import b64encode

    return b64encode(text.encode("utf-8", "replace")).decode()


def base64_decode(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_text(value):
        raise Failure("This filter applies to String")
    import re
    from base64 import b64decode

    bare = value.rstrip("=")
    padded = len(value) % 4 == 0 or value == bare
    if not padded or len(bare) % 4 == 1 or len(value) - len(bare) > 2 or re.search(r"[^A-Za-z0-9+/]", bare):
        raise Failure("Please provide a correctly Base64 encoded string containing an UTF-8 string")
    return b64decode(bare + "=" * (-len(bare) % 4)).decode("utf-8", "replace")


def digest(algorithm: str) -> Filter:
    """A hash of the text's UTF-8 in lower-case hex."""

    def apply(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
        if value is None:
            return None
        if not is_text(value):
            raise Failure("Need a string to hash")
        import hashlib

        return hashlib.new(algorithm, value.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    return Filter(apply)


def escape_char(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None

    def escaped(text: str) -> str:
        if "type" not in arguments:
            raise Failure("The 'escapeChar' filter expects an argument 'type'.")
        kind = arguments["type"]
        pair = ESCAPES.get("" if kind is None else cast_text(kind).lower())
        if pair is None:
            expected = "either 'single', 'double', or 'shell'"
            raise Failure(f"The 'escapeChar' filter expects the value of 'type' to be {expected}.")
        return text.replace(*pair)

    return deep(value, escaped)


ESCAPES: Final = {"single": ("'", "\\'"), "double": ('"', '\\"'), "shell": ("'", "'\\''")}


def indentation(name: str, *, on_new_line: bool) -> Filter:
    """`indent` and `nindent`."""

    def apply(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
        if value is None or to_text(value) == "":
            return None if value is None else ""
        amount = arguments.get("amount")
        if amount is None:
            raise Failure(f"The '{name}' filter expects an integer as argument 'amount'.")
        if not is_long(amount):
            raise Failure(f"class {class_name(amount)} cannot be cast to class java.lang.Long")
        if amount < 0:
            raise Failure(f"The '{name}' filter expects a positive integer >=0 as argument 'amount'.")
        text, margin = to_text(value), cast_text(arguments.get("prefix", " "))
        line_break = line_break_of(text)
        check_length((text.count(line_break) + 1) * amount * len(margin))
        margin *= amount
        indented = text.replace(line_break, line_break + margin)
        return line_break + margin + indented if on_new_line else indented

    return Filter(apply, ("amount", "prefix"), required=1)


def line_break_of(text: str) -> str:
    """The line break that a text uses; a plain line feed where it has none."""
    return next((kind for kind in ("\r\n", "\n\r", "\n", "\r") if kind in text), "\n")


def format_text(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    from flowrun.template.formatting import java_format

    return java_format(to_text(value), [arguments[key] for key in arguments])


def default(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    """A missing input arrives here as null."""
    from flowrun.template.tests import is_empty

    return arguments.get("default") if is_empty(value) else value


FILTERS: Final[dict[str, Filter]] = {
    "default": Filter(default, ("default",)),
    "abbreviate": Filter(abbreviate, ("length",), required=1),
    "capitalize": of_text(capitalized),
    "title": of_text(titled),
    "upper": of_any(str.upper),
    "lower": of_any(str.lower),
    "trim": of_text(lambda text: text.strip(CONTROLS)),
    "replace": Filter(replace, ("replace_pairs", "regexp"), required=1),
    "split": Filter(split, ("delimiter", "limit"), required=1),
    "join": Filter(join, ("separator",)),
    "substringBefore": around("substringBefore", before),
    "substringBeforeLast": around("substringBeforeLast", before_last),
    "substringAfter": around("substringAfter", after),
    "substringAfterLast": around("substringAfterLast", after_last),
    "startsWith": edge(str.startswith),
    "endsWith": edge(str.endswith),
    "slugify": of_any(slugified),
    "urlencode": of_text(url_encoded),
    "urldecode": of_text(url_decoded),
    "base64encode": of_any(base64_encoded),
    "base64decode": Filter(base64_decode),
    "sha256": digest("sha256"),
    "sha1": digest("sha1"),
    "sha512": digest("sha512"),
    "md5": digest("md5"),
    "escapeChar": Filter(escape_char, ("type",), required=1),
    "indent": indentation("indent", on_new_line=False),
    "nindent": indentation("nindent", on_new_line=True),
    "string": of_any(str),
    "nl2br": of_text(lambda text: text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br />")),
    "format": Filter(format_text),
}
