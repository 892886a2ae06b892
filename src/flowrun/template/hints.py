"""What to try when a template fails: found in the text around the place. Loaded only when an error is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final

from flowrun.diagnostics import LONGEST_WORD, LOOKED_AT, did_you_mean
from flowrun.errors import TemplateError
from flowrun.template.callables import Failure, Missing

NAME: Final = r"[^\W\d]\w*"
PATH: Final = re.compile(rf"{NAME}(?:\.\w+(?:-\w+)*(?:\([^()]*\))?|\[[^\[\]]*\])*")
"""A variable and what is read of it, as it is written; dashes may be meant as a part of a key."""
DASHED: Final = re.compile(r"\.(\w+(?:-\w+)+)")
TAG: Final = re.compile(r"\{%-?\s*(\w+)")
MANY: Final = 6
"""Names that a hint lists at most."""
NEARBY: Final = 200
"""Characters on each side of a place, and of a message, that are looked at."""


def listed(names: Iterable[str]) -> str:
    """`a`, `b` and so on: a few names."""
    some = list(islice(names, MANY + 1))
    return ", ".join(f"`{one[:LONGEST_WORD]}`" for one in some[:MANY]) + (", …" if len(some) > MANY else "")


# --- places in the text


def path_at(source: str, offset: int) -> tuple[int, str]:
    """The whole path that an offset is in, and where it begins; the offset and nothing where there is none."""
    for found in PATH.finditer(source):
        if found.start() <= offset < found.end():
            return found.start(), found.group()
    return offset, ""


def with_brackets(source: str, offset: int) -> str | None:
    """The path at an offset that is in a dashed key, with brackets around such keys."""
    start, path = path_at(source, offset)
    if any(found.start(1) <= offset - start < found.end(1) for found in DASHED.finditer(path)):
        return DASHED.sub(r"['\1']", path)
    return None


def open_tags(source: str, until: int) -> list[tuple[str, int]]:
    """The tags that are begun and not ended before an offset, with theirs; the innermost last."""
    stack: list[tuple[str, int]] = []
    for found in TAG.finditer(source, 0, until):
        name = found[1]
        if name in ENDED:
            stack.append((name, found.start()))
        elif stack and name == f"end{stack[-1][0]}":
            stack.pop()
    return stack


def opening_before(source: str, offset: int) -> int:
    """Where the print or tag around an offset begins."""
    return max(source.rfind("{{", 0, offset), source.rfind("{%", 0, offset), 0)


def opened(source: str, message: str, start: int) -> int:
    """Where an error of syntax is shown: at the tag or delimiter that nothing closes, else at `start`."""
    if "Pebble was looking for" in message:
        return open_tags(source, len(source))[-1][1] if open_tags(source, len(source)) else start
    return opening_before(source, start) if "type EOF" in message else start


def plain_words(source: str, message: str, start: int) -> str:
    """An error of syntax without the parser's own words for kinds of tokens."""
    if "type EOF" in message:
        opening = opening_before(source, start)
        return f"Unclosed `{source[opening : opening + 2]}`"
    token = re.match(r'Unexpected token (?:of value "(.*)" and type|"[A-Z_]+" of value "(.*)"$)', message, re.DOTALL)
    return f"Unexpected `{token[1] or token[2]}`" if token else message


def beginning(source: str, offset: int) -> int:
    """Where the path begins that ends or goes on at an offset, if it is in the same line."""
    start, _ = path_at(source, offset)
    return offset if "\n" in source[start:offset] else start


ENDED: Final = ("if", "for", "macro", "filter", "block", "verbatim")
TAGS: Final = (*ENDED, "set", "elseif", "else", *(f"end{name}" for name in ENDED))
TAKEN_OUT: Final = ("include", "import", "from", "extends", "embed", "autoescape", "cache", "flush", "parallel")


# --- syntax


def syntax_hint(source: str, message: str, start: int) -> str | None:
    """What to try where a template cannot be parsed."""
    if message.startswith("Unclosed comment"):
        return "close `{#` with `#}`"
    if message.startswith("Unclosed verbatim"):
        return "end it with `{% endverbatim %}`"
    if message.startswith("Can not assign"):
        return "this word is a constant: choose another name"
    if message.startswith("More than one macro"):
        return "give one of them another name"
    tag = re.match(r'Unexpected tag name "(\w+)"', message)
    if tag:
        return tag_hint(source, tag[1], start)
    wanted = re.search(r'Pebble was looking for the "end(\w+)" tag', message)
    if wanted:
        return f"end it with `{{% end{wanted[1]} %}}`"
    opening = opening_before(source, start)
    closing = "%}" if source.startswith("{%", opening) else "}}"
    rest, before = source[start : start + NEARBY], source[max(opening + 2, start - NEARBY) : start].rstrip()
    if "type EOF" in message or (message == 'Unexpected "}"' and (closing == "%}" or not rest.startswith("}}"))):
        return f"close `{source[opening : opening + 2]}` with `{closing}`"
    unclosed = re.match(r'Unclosed "(.)"', message)
    if unclosed:
        return unclosed_hint(unclosed[1], rest)
    if before == "" and rest.startswith(closing):
        return "write an expression between the braces"
    if re.search(r"\{\{\s*$", source[max(opening - NEARBY, 0) : opening]) or (before == "" and rest.startswith("{")):
        return "inside of braces there are no further braces: write the expression alone"
    return written_otherwise(before, rest) or missing_part(before, rest, closing)


def tag_hint(source: str, name: str, start: int) -> str:
    """What to try instead of a tag that cannot be here."""
    inner = open_tags(source, start)
    if name in ("elif", "elsif"):
        return "write `elseif`"
    if name in ("raw", "endraw"):
        return "`{% raw %}…{% endraw %}` stands in one line; `{% verbatim %}…{% endverbatim %}` may take several"
    if name in TAKEN_OUT:
        return f"flows have no `{name}`; the tags are {', '.join(('set', *ENDED))}"
    if name == "endset":
        return "write the value into the tag: `{% set name = value %}`"
    if name in TAGS and inner:
        return f"`{{% {inner[-1][0]} %}}` is still open: `{{% end{inner[-1][0]} %}}` comes first"
    if name in TAGS:
        return f"no tag is open here that `{{% {name} %}}` could belong to"
    if name == "end" and inner:
        return f"write `end{inner[-1][0]}`"
    return did_you_mean(name, TAGS) or f"the tags are {', '.join(('set', *ENDED))}"


def unclosed_hint(mark: str, rest: str) -> str:
    """How to close a string or bracket."""
    if mark in "'\"":
        return f"close the text with {mark}; inside of it, write \\{mark}"
    closer = {"(": ")", "[": "]", "{": "}"}.get(rest[:1], mark)
    return f"close `{rest[:1]}` with `{closer}`"


OTHERWISE: Final = (
    (r".*", r"&&", "write `and`"),
    (r".*", r"\|\|", "write `or`"),
    (r".*\|$", r"\|", "write `or`"),
    (r".*", r"!(?!=)", "write `not`"),
    (r".*", r"\$", "variables have no `$`"),
    (r".*", "[“”‘’«»]", "write straight quotes: ' or \""),
    (r".*", r"`", "write straight quotes: ' or \""),
    (r".*", r";", "one expression stands in the braces, without `;`"),
    (r".*\bset\s+\w+$", r"%\}", "write the value into the tag: `{% set name = value %}`"),
    (r".*=$", r"=", "write `==`"),
    (r".*", r"=", "write `==` to compare, `:` in a map; `{% set name = value %}` sets a variable"),
    (r".*\bnot$", r"in\b", "write `not (value isIn list)`"),
    (r".*\bfor\s+\w+$", r",", "one name only: `{% for entry in map %}` has `entry.key` and `entry.value`"),
    (r".*", r"in\b", "write `isIn`"),
    (r".*", r"if\b", "write `condition ? value : other`"),
    (r".*", r"(equals|eq|ne|gt|lt|ge|le)\b", "write `==`, `!=`, `<` or `>`"),
    (r".*-$", r">", "write `.`"),
    (r".*\?$", r"\.", "write `.`, and `?? 'default'` behind it for a value that may be absent"),
    (
        r".*\.$",
        r"(is|or|and|not|contains|equals|isIn)\b",
        "this word is an operator: as a key it stands in brackets, `['…']`",
    ),
    (r"(.*\W)?$", r"\.\d", "write the zero: `0.5`"),
    (r".*\d$", r"[eE_]\w*", "numbers have neither exponent nor `_`"),
    (r".*[\]}]$", r"[.\[]", "put the literal in brackets: `([1, 2])[0]`"),
    (r".*\|\s*\w+$", r"['\"\w]", "arguments stand in brackets: `name('x')`"),
    (r".*['\"]$", r"['\"\w]", "join texts with `~`"),
)
"""What comes before, what stands at the place, and what to write."""


def written_otherwise(before: str, rest: str) -> str | None:
    """What another language's notation is called in this one."""
    for left, right, hint in OTHERWISE:
        if re.match(right, rest) and re.fullmatch(left, before, re.DOTALL):
            return hint
    if rest[:1].isdigit():
        return "a whole number has at most 64 bits; `number('BIGDECIMAL')` makes a larger one of a text"
    return None


def missing_part(before: str, rest: str, closing: str) -> str | None:
    """What is not there."""
    last = re.search(r"(\|\||[^\w\s]+|\b(?:and|or|not|is|is not|contains|equals|isIn))$", before)
    if last and last[1].endswith("|"):
        return "the name of a filter follows `|`"
    if last and rest.startswith((closing, ")", "]", "}", ",", ":")) and last[1][-1] not in "'\")]}":
        return f"a value is missing after `{last[1]}`"
    if "?" in before and rest.startswith(closing):
        return "write both values: `condition ? value : other`"
    if re.match(r"[\w'\"(\[{]", rest):
        return "an operator is missing before this: `~` joins texts"
    if rest.startswith(")"):
        return "there is no `(` for it"
    return None


# --- missing variables


def missing_hint(source: str, missing: Missing) -> str:
    """A dashed key wants brackets; else the nearest name there is; else how to do without."""
    bracketed = with_brackets(source, missing.start)
    if bracketed:
        return f"write `{bracketed}` for a key with a dash"
    start, path = path_at(source, missing.start)
    absent = f"write `{path or missing.name} ?? 'default'` for a value that may be absent"
    if start == missing.start or not path:
        return root_hint(source, missing, absent)
    return attribute_hint(missing, path[: missing.start - start].rstrip(".["), path, absent)


CONSTANTS: Final = {
    "true": "true",
    "false": "false",
    "none": "null",
    "nil": "null",
    "null": "null",
    "undefined": "null",
}
KNOWN_WHERE: Final = {
    "loop": "`loop` is known inside of `{% for %}`",
    "taskrun": "`taskrun` is known in the properties of a task",
    "task": "`task` is known in the properties of a task",
    "parent": "`parent` is known in a task inside of a loop",
    "parents": "`parents` is known in the properties of a task",
    "trigger": "`trigger` is known where a trigger started the execution",
    "error": "`error` is known in `errors`",
}


def root_hint(source: str, missing: Missing, absent: str) -> str:
    """What to try instead of a variable that is not there."""
    name = missing.name
    known = missing.holder if isinstance(missing.holder, Mapping) else {}
    if name.lower() in CONSTANTS:
        return f"did you mean `{CONSTANTS[name.lower()]}`?"
    if any(tag == "macro" for tag, _ in open_tags(source, missing.start)):
        return "a macro sees its own parameters only: pass the value to it"
    owners = [key for key, value in known.items() if isinstance(value, Mapping) and name in value]
    near = did_you_mean(name, map(str, known))
    if owners and not any(str(key).lower() == name.lower() for key in known):
        return f"did you mean `{owners[0]}.{name}`?"
    if near:
        return near
    if is_function(name):
        return f"did you mean `{name}()`?"
    if name in KNOWN_WHERE:
        return f"{KNOWN_WHERE[name]}; {absent}"
    return f"the variables are {listed(map(str, known))}; {absent}" if known else absent


def attribute_hint(missing: Missing, owner: str, path: str, absent: str) -> str:
    """What to try instead of a key or member that is not there."""
    name, holder = missing.name, missing.holder
    if holder is None:
        return f"`{owner}` is null; {absent}"
    if isinstance(holder, Mapping):
        known = [str(key) for key in islice(holder, LOOKED_AT)]
        has = f"`{owner}` has {listed(known)}" if known else f"`{owner}` is empty"
        return did_you_mean(name, known) or f"{has}; {absent}"
    called = path.endswith(")") or is_member(holder, name)
    if called and is_member(holder, name):
        return f"`{name}` takes other arguments; a whole number in a template is a long, which fits no `int`"
    if is_filter(name):
        return f"`{name}` is a filter: write `{owner} | {name}`"
    if isinstance(holder, list):
        first = f"`{owner}` has {len(holder)} elements, the first is `[0]`" if holder else f"`{owner}` is an empty list"
        return f"{first}; {absent}"
    from flowrun.template.values import class_name

    return f"`{owner}` is {described(class_name(holder))}, which has no `{name}`; {absent}"


def is_filter(name: str) -> bool:
    from flowrun.template.filters import GROUP_OF

    return name in GROUP_OF


def is_function(name: str) -> bool:
    from flowrun.template.functions import FUNCTIONS

    return name in FUNCTIONS


def is_member(value: Any, name: str) -> bool:
    """Whether values like this have such a method, whatever its arguments."""
    from flowrun.template.attributes import MEMBERS

    return any(applies(value) and any(one == name.lower() for one, _ in members) for applies, members in MEMBERS)


# --- failures


def failure_hint(source: str, failure: BaseException, start: int, end: int) -> str | None:
    """What to try where a filter, function, test or operator refuses: its own hint, or that of what caused it.

    `start` and `end` are where it stands in the text.
    """
    callee = source[start:end] if end - start <= LONGEST_WORD else ""
    is_filter_name = source[max(start - NEARBY, 0) : start].rstrip().endswith("|")
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, Missing):
            return f"`{cause.name}` is missing; {missing_hint(source, cause)}"
        found = message_hint(str(cause)[:NEARBY], callee, is_filter=is_filter_name)
        if found is None and isinstance(cause, Failure | TemplateError):
            found = cause.hint
        if found:
            return found
        if "subtraction" in str(cause) and (bracketed := with_brackets(source, start)):
            return f"write `{bracketed}` for a key with a dash"
        cause = cause.__cause__
    return None


def message_hint(message: str, callee: str, *, is_filter: bool) -> str | None:
    """What to try after a message; `callee` is the filter or function that it is about, if it is."""
    for pattern, answer in ANSWERS:
        found = re.search(pattern, message, re.DOTALL)
        if found:
            hint = answer if isinstance(answer, str) else answer(found)
            return hint.replace("CALLEE", callee) if hint else None
    if re.search("named argument|argument at position|expects .*argument|is required|missing .* parameter", message):
        named = re.search(r"argument does not exist: (\w+)", message)
        return signature_hint(callee, named and named[1], is_filter=is_filter)
    if callee in TAKE_REGEX and re.search("regex|index|group|class|escape|Dangling|quantifier", message):
        return r"this argument is a regular expression: a character with a meaning of its own is written `\(`"
    return None


TAKE_REGEX: Final = ("split", "replace", "matches", "replaceAll", "replaceFirst")


def signature_hint(callee: str, wrong: str | None, *, is_filter: bool) -> str | None:
    """The arguments of a filter or function, the nearest to a wrong one first."""
    from flowrun.template.filters import find
    from flowrun.template.functions import FUNCTIONS

    found = find(callee) if is_filter else FUNCTIONS.get(callee)
    if found is None or found.parameters is None:
        return None
    if not found.parameters:
        return f"`{callee}` takes no arguments"
    near = did_you_mean(wrong, found.parameters) if wrong else None
    return near or f"its arguments: `{callee}({', '.join(found.parameters)})`"


ELSEWHERE: Final = {
    "escape": "nothing is escaped here: leave it out",
    "e": "nothing is escaped here: leave it out",
    "safe": "nothing is escaped here: leave it out",
    "count": "did you mean `length`?",
    "size": "did you mean `length`?",
    "len": "did you mean `length`?",
    "int": "write `| number('INT')`",
    "toInt": "write `| number('INT')`",
    "float": "write `| number('FLOAT')`",
    "round": "write `| numberFormat('0.00')`",
    "strftime": "write `| date('yyyy-MM-dd')`",
    "items": "`{% for entry in map %}` has `entry.key` and `entry.value`",
    "unique": "did you mean `distinct`?",
    "toLowerCase": "did you mean `lower`?",
    "toUpperCase": "did you mean `upper`?",
    "in": "write `isIn`",
}
"""What filters of Jinja, Twig and Liquid are here."""


def filter_hint(found: re.Match[str]) -> str:
    """What to try instead of an unknown filter."""
    from flowrun.template.filters import GROUP_OF

    name = found[1]
    near = ELSEWHERE.get(name) or did_you_mean(name, GROUP_OF)
    if near:
        return near
    if is_function(name):
        return f"`{name}` is a function: write `{name}(…)`"
    if is_member("", name):
        return f"`{name}` is a method of texts: write `value.{name}(…)`"
    return "docs/expressions.md lists the filters"


def function_hint(found: re.Match[str]) -> str | None:
    """What to try instead of an unknown function."""
    from flowrun.template.functions import FUNCTIONS

    name = found[1]
    if is_filter(name):
        return f"`{name}` is a filter: write `value | {name}`"
    if name == "env":
        return "write `envs.name`"
    return did_you_mean(name, FUNCTIONS) or "docs/expressions.md lists the functions"


def test_hint(found: re.Match[str]) -> str:
    """What to try instead of an unknown test."""
    from flowrun.template.tests import TESTS

    if found[1].lower() in ("equalto", "sameas", "eq"):
        return "write `==`"
    return did_you_mean(found[1], [*TESTS, "defined"]) or f"the tests are {', '.join(['defined', *TESTS])}"


def zone_hint(found: re.Match[str]) -> str:
    """What to try instead of an unknown time zone."""
    from zoneinfo import available_timezones

    return did_you_mean(found[1], sorted(available_timezones())) or "write `Europe/Paris`, `UTC` or `+02:00`"


def unit_hint(found: re.Match[str]) -> str:
    """What to try instead of an unknown unit of time."""
    units = ("NANOS", "MICROS", "MILLIS", "SECONDS", "MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS")
    return did_you_mean(found[1].upper(), units) or f"the units are {', '.join(units)}"


KINDS: Final = (
    ("Integer", "a 32-bit number"),
    ("Long", "a whole number"),
    ("Double|Float|BigDecimal", "a decimal number"),
    ("Number|BigInteger", "a number"),
    ("String|CharSequence", "a text"),
    ("Character", "a single character"),
    ("Boolean", "true or false"),
    (r"\[L.*", "an array"),
    ("Entry", "an entry of a map"),
    (r"\w*Map\w*", "a map"),
    (r"\w*(List|Collection|Set)\w*", "a list"),
    ("Comparable", "something that has an order"),
    ("Object", "null"),
)


def described(java_class: str) -> str:
    """A Java class in plain words."""
    name = java_class.rstrip(";)").rpartition(".")[2].rpartition("$")[2]
    for pattern, words in KINDS:
        if re.fullmatch(pattern, java_class if java_class.startswith("[") else name):
            return words
    return f"a {name}"


def cast_hint(found: re.Match[str]) -> str:
    """What a value is and what it would have to be."""
    given, wanted = described(found[1]), described(found[2])
    if (given, wanted) == ("a 32-bit number", "a whole number"):
        return "write `(value + 0)`: that makes a 64-bit number of it"
    if wanted == "true or false":
        return f"this is {given}: compare it, or ask `is empty`"
    if given == "a single character":
        return f"this is a single character, where {wanted} is wanted: `~ ''` makes a text of it"
    return f"this is {given}, where {wanted} is wanted"


Answer = str | Callable[[re.Match[str]], str | None]
NULL_SIDE: Final = "one side is null: write `(value ?? 0)` where that may be"
ANSWERS: Final[tuple[tuple[str, Answer], ...]] = (
    (r"^Filter \[(\w+)\] does not exist", filter_hint),
    (r"^Function or Macro \[(\w+)\] does not exist", function_hint),
    (r"^Test \[(\w+)\] does not exist", test_hint),
    (r"^Cannot convert to Number: (null)?$", NULL_SIDE),
    (r"^Cannot convert to Number: ", "one side is no number"),
    (r"^/ by zero", "the right side is 0; `divisor == 0 ? 0 : value / divisor` copes with that"),
    (r"^null value (used in|given to)", "null is neither true nor false: write `(value ?? false)`, or ask `is null`"),
    (r"^Unsupported value type (\w+)\. Expected Boolean", "ask `is empty` of a list or map"),
    (r"String cannot be cast to class java.util.Map", "write a map: `CALLEE({'old': 'new'})`"),
    (r"^class (\S+) cannot be cast to class (\S+)", cast_hint),
    (r"^class (\S+) cannot be compared with class (\S+)", "only numbers are smaller or greater: `| number` makes one of a text"),
    (r"Actual type(?: was)?: (\S+)", lambda found: f"this is {described(found[1])}"),
    (r"^Unknown pattern letter: (.)", lambda found: f"a pattern's plain letters stand in quotes: \"yyyy-MM-dd'{found[1]}'HH:mm\""),
    (r"^Unknown time-zone ID: (.*)", zone_hint),
    (r"^No enum constant java\.time\.temporal\.ChronoUnit\.(.*)", unit_hint),
    (r"^Text '.*' could not be parsed", "say how the date is written: `CALLEE(…, existingFormat='yyyy-MM-dd HH:mm:ss')`"),
    (r'^For input string: "', "this text is no number that fits"),
    (r"^toIndex must be smaller", "the end is at most the length: `slice(0, value | length)`"),
    (r"has to be a number\.$|does require as input a number", "`| number` makes a number of a text"),
    (r"^Arguments of range", "write two numbers, or two letters: `range('a', 'e')`"),
    (r"^Invalid json", "JSON has double quotes around keys and texts"),
    (r"^Invalid AES key", "the key is Base64 of 16, 24 or 32 bytes"),
    (r"^Unable to parse jq|^jq: ", "`CALLEE` takes a jq program, such as `jq('.key')`"),
    (r"^Not an iterable object", "`for` walks over lists and maps; `range(1, 3)` makes a list"),
    (r"^The object being filtered is not a Map", "both sides have to be lists, or maps"),
)  # fmt: skip
"""What a message means to whoever wrote the template; the first that fits counts."""

LIMITS: Final = (
    (r"list has more", "make the list or range smaller"),
    (r"loops more", "walk over less, or do it in a task"),
    (r"render\(\)", "a text that `render()` renders must not render itself again"),
    (r"nested too deep or too large", "a macro that calls itself needs an end; data must not nest thousands deep"),
    (r"characters", "keep large data in a file"),
    (r"regular expression", "nested repetitions such as `(a+)+` take for ever: write `a+`"),
    (r"nested", "take the template apart with `{% set %}`"),
)


def limit_hint(message: str) -> str | None:
    """What to try where a limit was hit."""
    return next((hint for pattern, hint in LIMITS if re.search(pattern, message)), None)
