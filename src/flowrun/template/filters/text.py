"""Filters of text (spec, 6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Arguments, Failure, Filter, RenderContext
from flowrun.template.hash_order import hash_ordered
from flowrun.template.values import (
    Array,
    Char,
    Collection,
    Float32,
    class_name,
    is_int,
    is_list,
    is_long,
    is_map,
    is_number,
    is_text,
    to_text,
    units,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

BLANKS: Final = "".join(map(chr, range(33)))


# --- what Java's casts allow; used by the other groups as well


def cast_failure(value: Any, target: str) -> Failure:
    """The refusal of a Java cast."""
    return Failure(f"class {class_name(value)} cannot be cast to class {target}")


def cast_text(value: Any) -> str:
    """A Java String."""
    if not is_text(value):
        raise cast_failure(value, "java.lang.String")
    return str(value)


def cast_long(value: Any) -> int:
    """A Java Long: no Integer."""
    if not is_long(value):
        raise cast_failure(value, "java.lang.Long")
    return int(value)


def cut(text: str, start: int, end: int | None = None) -> str:
    """The part of a text between two positions that count UTF-16 units."""
    if units(text) == len(text):
        return text[start:end]
    data = text.encode("utf-16-le", "surrogatepass")
    return data[2 * start : None if end is None else 2 * end].decode("utf-16-le", "surrogatepass")


# --- case and shape


def abbreviate(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Cut a text that reaches the limit and end it with dots."""
    if value is None:
        return None
    text = cast_text(value)
    if args.get("length") is None:
        raise Failure('Cannot invoke "java.lang.Long.intValue()" because the argument "length" is null')
    limit = cast_long(args["length"])
    if limit < 0:
        raise Failure("Invalid argument to abbreviate filter; must be greater than zero")
    length = units(text)
    if length < limit or length <= 3:
        return text
    return cut(text, 0, limit) if limit <= 3 else cut(text, 0, limit - 3) + "..."


def capitalize(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Title-case the first character that is no blank."""
    if value is None:
        return None
    text = cast_text(value)
    start = len(text) - len(text.lstrip())
    return text[:start] + _title_case(text[start : start + 1]) + text[start + 1 :]


def title(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Title-case the first character of each word."""
    if value is None:
        return None
    text = cast_text(value)
    starts = [
        char if number and not text[number - 1].isspace() else _title_case(char) for number, char in enumerate(text)
    ]
    return "".join(starts)


def _title_case(char: str) -> str:
    cased = char.title()
    return cased if len(cased) == 1 else char


def upper(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Upper-case the value's text."""
    return None if value is None else to_text(value).upper()


def lower(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Lower-case the value's text."""
    return None if value is None else to_text(value).lower()


def trim(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Strip blanks and control characters at both ends."""
    return None if value is None else cast_text(value).strip(BLANKS)


def string(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The value's Java text."""
    return None if value is None else to_text(value)


def slugify(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Make a text fit for addresses."""
    if value is None:
        return None
    import re
    from unicodedata import normalize

    text = normalize("NFD", re.sub(r"\s", "-", cast_text(value), flags=re.ASCII))
    text = re.sub(r"[^\w-]", "", text, flags=re.ASCII).replace("_", "-")
    text = re.sub("-{2,}", "-", text)
    return text.removeprefix("-").removesuffix("-").lower()


def nl2br(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Replace line breaks by `<br />`."""
    if value is None:
        return None
    text = cast_text(value)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br />")


# --- replacing and splitting


def replace(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Replace the keys of a map by its values, one pair after the other."""
    if args.get("replace_pairs") is None:
        raise Failure("The argument 'replace_pairs' is required.")
    pairs = args["replace_pairs"]
    if not is_map(pairs):
        raise cast_failure(pairs, "java.util.Map")
    expressions = args.get("regexp")
    if expressions is not None and not isinstance(expressions, bool):
        raise cast_failure(expressions, "java.lang.Boolean")
    change = _replace_expressions if expressions else _replace_texts
    return _each_text(value, lambda text: change(text, pairs))


def _each_text(value: Any, change: Callable[[str], str], *, null_fails: bool = False) -> Any:
    if value is None:
        if null_fails:
            raise Failure('Cannot invoke "Object.toString()" because "input" is null')
        return None
    if is_list(value):
        return [_each_text(item, change, null_fails=True) for item in value]
    if is_map(value):
        changed = [(key, _each_text(item, change, null_fails=True)) for key, item in value.items()]
        return hash_ordered(changed)
    return change(to_text(value))


def _pairs(pairs: Any) -> list[tuple[str, str]]:
    if any(key is None or item is None for key, item in pairs.items()):
        raise Failure('Cannot invoke "Object.toString()" because the return value of "java.util.Map$Entry" is null')
    return [(to_text(key), to_text(item)) for key, item in pairs.items()]


def _replace_texts(text: str, pairs: Any) -> str:
    for old, new in _pairs(pairs):
        text = text.replace(old, new)
    return text


def _replace_expressions(text: str, pairs: Any) -> str:
    from flowrun.template.regex import java_pattern, java_replace

    for old, new in _pairs(pairs):
        text = java_replace(java_pattern(old), new, text)
    return text


def split(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Split a text at a regular expression."""
    if value is None:
        return None
    from flowrun.template.regex import java_pattern, java_split

    delimiter = args.get("delimiter")
    if delimiter is None:
        raise Failure("missing delimiter parameter in split filter")
    limit = args.get("limit")
    if limit is not None and not is_number(limit):
        raise cast_failure(limit, "java.lang.Number")
    text = cast_text(value)
    if not text:
        return Array([""])
    return Array(java_split(java_pattern(cast_text(delimiter)), text, int(limit or 0)))


def join(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Join the texts of a list's elements."""
    if value is None:
        return None
    if not isinstance(value, list | Collection):
        raise Failure("The 'join' filter expects that the input is either a collection or an array.")
    separator = args.get("separator")
    return ("" if separator is None else cast_text(separator)).join([to_text(item) for item in value])


def _separated(name: str, cut_at: Callable[[str, str], str]) -> Filter:
    def apply(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
        if "separator" not in args:
            raise Failure(f"The '{name}' filter expects an argument 'separator'.")
        if value is None:
            return None
        separator = args["separator"]
        return (
            cut_at(to_text(value), "" if separator is None else cast_text(separator))
            if separator is not None
            else (to_text(value) if name.startswith("substringBefore") else "")
        )

    return Filter(apply, ("separator",))


def _before(text: str, separator: str) -> str:
    return text.partition(separator)[0] if separator else ""


def _before_last(text: str, separator: str) -> str:
    return text.rpartition(separator)[0] if separator and separator in text else text


def _after(text: str, separator: str) -> str:
    return text.partition(separator)[2] if separator else text


def _after_last(text: str, separator: str) -> str:
    return text.rpartition(separator)[2] if separator and separator in text else ""


def _compared(compare: Callable[[str, str], bool]) -> Filter:
    def apply(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
        if args.get("value") is None:
            raise Failure("The argument 'value' is required.")
        return value is not None and compare(to_text(value), to_text(args["value"]))

    return Filter(apply, ("value",))


# --- encodings


def urlencode(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Encode a text as in a form."""
    if value is None:
        return None
    from urllib.parse import quote_plus

    return quote_plus(cast_text(value), safe="*", errors="replace").replace("~", "%7E")


def urldecode(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Decode a text of a form."""
    if value is None:
        return None
    import re
    from urllib.parse import unquote_plus

    text = cast_text(value)
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise Failure("URLDecoder: Illegal hex characters in escape (%) pattern")
    return unquote_plus(text)


def base64encode(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Encode the value's text in base 64."""
    if value is None:
        return None
    from base64 import b64encode

    return b64encode(to_text(value).encode("utf-8", "replace")).decode()


def base64decode(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """Decode a text in base 64; padding may be missing."""
    if value is None:
        return None
    from base64 import b64decode

    if not is_text(value):
        raise Failure("This filter applies to String")
    text = value if "=" in value else value + "=" * (-len(value) % 4)
    try:
        return b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError:
        raise Failure("Please provide a correctly Base64 encoded string containing an UTF-8 string") from None


def _hashed(algorithm: str) -> Filter:
    def apply(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
        if value is None:
            return None
        import hashlib

        if not is_text(value):
            raise Failure("Need a string to hash")
        return hashlib.new(algorithm, value.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    return Filter(apply)


ESCAPES: Final = {"single": ("'", "\\'"), "double": ('"', '\\"'), "shell": ("'", "'\\''")}


def escape_char(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Escape quotes, in lists and maps too."""
    if value is None:
        return None
    if "type" not in args:
        raise Failure("The 'escapeChar' filter expects an argument 'type'.")
    kind = args["type"]
    if kind is not None and not is_text(kind):
        raise cast_failure(kind, "java.lang.String")
    if kind is None or kind.lower() not in ESCAPES:
        raise Failure(
            "The 'escapeChar' filter expects the value of 'type' to be either 'single', 'double', or 'shell'."
        )
    quote, escaped = ESCAPES[kind.lower()]
    return _each_text(value, lambda text: text.replace(quote, escaped))


# --- indentation


def indent(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Indent all lines but the first."""
    indented = _indented("indent", value, args)
    return indented and indented[1]


def nindent(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Put a line break before the text and indent all lines."""
    indented = _indented("nindent", value, args)
    return indented and "".join(indented)


def _indented(name: str, value: Any, args: Arguments) -> Any:
    """The line break with the indentation, and the indented text; null or empty as it is."""
    if value is None:
        return None
    amount = args.get("amount")
    if amount is None:
        raise Failure(f"The '{name}' filter expects an integer as argument 'amount'.")
    count = cast_long(amount)
    if count < 0:
        raise Failure(f"The '{name}' filter expects a positive integer >=0 as argument 'amount'.")
    prefix = cast_text(args.get("prefix", " ")) * count
    text = to_text(value)
    line_break = next((mark for mark in ("\r\n", "\n\r", "\n", "\r") if mark in text), "\n")
    return text and (line_break + prefix, text.replace(line_break, line_break + prefix))


# --- String.format


def format_text(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Java's `String.format`."""
    if value is None:
        return None
    import re

    values = [args[str(number)] for number in range(len(args)) if str(number) in args]
    state = {"next": 0, "last": -1}

    def replaced(found: re.Match[str]) -> str:
        if not found["kind"]:
            raise Failure(f"Conversion = '{found[0][-1:]}'")
        return _formatted(found, values, state)

    specifier = (
        r"%(?P<index>\d+\$|<)?(?P<flags>[-#+ 0,(]*)(?P<width>[1-9]\d*)?(?:\.(?P<precision>\d+))?(?P<kind>[a-zA-Z%])?"
    )
    return re.sub(specifier, replaced, to_text(value))


def _formatted(found: Any, values: list[Any], state: dict[str, int]) -> str:
    kind = found["kind"]
    width = int(found["width"] or 0)
    if width > 10_000 or int(found["precision"] or 0) > 10_000:
        raise Failure(f"Format specifier '{found[0]}'")
    if kind in "n%":
        return "\n" if kind == "n" else _padded("%", found["flags"], width)
    if kind not in "bBhHsScCdoxXeEfgG":
        raise Failure(f"Conversion = '{kind}'")
    index = found["index"]
    if index is None:
        state["last"] = state["next"]
        state["next"] += 1
    elif index != "<":
        state["last"] = int(index[:-1]) - 1
    if not 0 <= state["last"] < len(values):
        raise Failure(f"Format specifier '{found[0]}'")
    text = _converted(kind, values[state["last"]], found["flags"], width, found["precision"])
    return text.upper() if kind.isupper() else text


def _padded(text: str, flags: str, width: int) -> str:
    return text.ljust(width) if "-" in flags else text.rjust(width)


def _converted(kind: str, value: Any, flags: str, width: int, precision: str | None) -> str:
    lowered = kind.lower()
    if lowered in "bs" or value is None:
        text = to_text(value) if lowered != "b" or isinstance(value, bool) else str(value is not None).lower()
        return _padded(text if precision is None else text[: int(precision)], flags, width)
    if lowered == "c" and (isinstance(value, Char) or is_int(value)):
        return _padded(value if isinstance(value, str) else chr(value), flags, width)
    if lowered == "h":
        from flowrun.template.hash_order import java_hash

        return _padded(f"{java_hash(value):x}", flags, width)
    if lowered in "dox" and isinstance(value, int) and not isinstance(value, bool):
        return _signed(*_integer_digits(lowered, value, flags), flags, width)
    if lowered in "efg" and is_number(value) and not isinstance(value, int):
        return _float(lowered, value, flags, width, 6 if precision is None else int(precision))
    raise Failure(f"{kind} != {class_name(value)}")


def _integer_digits(kind: str, value: int, flags: str) -> tuple[bool, str]:
    if kind == "d":
        return value < 0, f"{abs(value):,}" if "," in flags else str(abs(value))
    if value < 0:
        value += 2**32 if is_int(value) else 2**64
    mark = {"x": "0x", "o": "0"}[kind] if "#" in flags else ""
    return False, mark + format(value, kind)


def _float(kind: str, value: Any, flags: str, width: int, precision: int) -> str:
    from decimal import Decimal

    from flowrun.template.values import float_text

    if isinstance(value, float):
        text = float_text(value)
        if not text[-1].isdigit():
            return _signed(value < 0, text.removeprefix("-"), flags.replace("0", ""), width)
        number = Decimal(text if isinstance(value, Float32) else repr(float(value)))
    else:
        number = value
    return _signed(number.is_signed(), _float_digits(kind, abs(number), flags, precision), flags, width)


def _float_digits(kind: str, number: Decimal, flags: str, precision: int) -> str:
    from decimal import ROUND_HALF_UP, localcontext

    with localcontext(prec=11_000, rounding=ROUND_HALF_UP):
        if kind == "g":
            precision = max(precision, 1)
            plain = not number or 1e-4 <= number < 10**precision
            kind, precision = ("f", precision - 1 - number.adjusted()) if plain else ("e", precision - 1)
        if kind == "f":
            return format(number, f"{',' if ',' in flags else ''}.{max(precision, 0)}f")
        mantissa, _, exponent = format(number, f".{precision}e").partition("e")
        return f"{mantissa}e{exponent[0]}{exponent[1:].rjust(2, '0')}"


def _signed(negative: bool, digits: str, flags: str, width: int) -> str:  # noqa: FBT001
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    end = ""
    if negative and "(" in flags:
        sign, end = "(", ")"
    if "0" in flags:
        digits = digits.rjust(width - len(sign) - len(end), "0")
    return _padded(sign + digits + end, flags, width)


FILTERS: dict[str, Filter] = {
    "abbreviate": Filter(abbreviate, ("length",)),
    "capitalize": Filter(capitalize),
    "title": Filter(title),
    "upper": Filter(upper),
    "lower": Filter(lower),
    "trim": Filter(trim),
    "replace": Filter(replace, ("replace_pairs", "regexp")),
    "split": Filter(split, ("delimiter", "limit")),
    "join": Filter(join, ("separator",)),
    "substringBefore": _separated("substringBefore", _before),
    "substringBeforeLast": _separated("substringBeforeLast", _before_last),
    "substringAfter": _separated("substringAfter", _after),
    "substringAfterLast": _separated("substringAfterLast", _after_last),
    "startsWith": _compared(str.startswith),
    "endsWith": _compared(str.endswith),
    "slugify": Filter(slugify),
    "urlencode": Filter(urlencode),
    "urldecode": Filter(urldecode),
    "base64encode": Filter(base64encode),
    "base64decode": Filter(base64decode),
    "sha256": _hashed("sha256"),
    "sha1": _hashed("sha1"),
    "sha512": _hashed("sha512"),
    "md5": _hashed("md5"),
    "escapeChar": Filter(escape_char, ("type",)),
    "indent": Filter(indent, ("amount", "prefix")),
    "nindent": Filter(nindent, ("amount", "prefix")),
    "string": Filter(string),
    "nl2br": Filter(nl2br),
    "format": Filter(format_text),
}
