"""Java's dates: zones, moments, `DateTimeFormatter` patterns in both directions."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flowrun.template.callables import Failure

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

NANOS: Final = 10**9
DAY: Final = 86400
CYCLE: Final = 146097  # days of 400 years, after which the calendar repeats
MODIFIED_JULIAN: Final = 40587  # the day of 1970-01-01 in that count
EPOCH: Final = date(1970, 1, 1).toordinal()


# --- zones


class Zone(NamedTuple):
    """A Java ZoneId: `region` is None for a fixed offset, with or without a name such as `GMT+3`."""

    name: str
    offset: int = 0
    region: ZoneInfo | None = None

    def offset_at(self, second: int) -> int:
        """Seconds east of UTC at an epoch second."""
        if self.region is None:
            return self.offset
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=_within_calendar(second))
        return _seconds(moment.astimezone(self.region))

    def instant(self, local: int) -> int:
        """The epoch second of a local time: in gaps the time after it, in overlaps the earlier one."""
        if self.region is None:
            return local - self.offset
        moment = datetime(1970, 1, 1) + timedelta(seconds=_within_calendar(local))  # noqa: DTZ001
        return local - _seconds(moment.replace(tzinfo=self.region))

    def abbreviation(self, second: int) -> str:
        """The short name, such as `CET`."""
        if self.region is None:
            return self.name
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=_within_calendar(second))
        name = moment.astimezone(self.region).tzname() or self.name
        # A zone without a short name of its own has its offset.
        return name if name[0] not in "+-" else "GMT" + offset_text(self.offset_at(second), "+HH:MM:ss", "")

    @property
    def is_offset(self) -> bool:
        """A Java ZoneOffset."""
        return self.region is None and self.name[:1] in "Z+-"


def _seconds(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _within_calendar(second: int) -> int:
    """The second, or one with the same offset in the years that Python's calendar has."""
    if second < 253_000_000_000:
        return max(second, -62_000_000_000)
    return second % (CYCLE * DAY)


@lru_cache(maxsize=64)
def zone_of(name: str) -> Zone:
    """The zone of a Java zone id; unknown ones are refused."""
    if name in ("Z", "UTC", "GMT", "UT"):
        return Zone(name)
    if name[:1] in ("+", "-"):
        return offset_zone(parsed_offset(name))
    if found := re.fullmatch(r"(UTC|GMT|UT)([+-].+)", name):
        seconds = parsed_offset(found[2])
        return Zone(found[1] + (offset_text(seconds, "+HH:MM:ss", "") if seconds else ""), seconds)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9~/._+-]+", name):
        raise Failure(f"Invalid ID for region-based ZoneId, invalid format: {name}")
    return _region(name)


def _region(name: str) -> Zone:
    from zoneinfo import ZoneInfo

    try:
        if name not in ("EST", "MST", "HST", "Factory", "localtime", "posixrules"):
            return Zone(name, 0, ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        pass
    raise Failure(f"Unknown time-zone ID: {name}")


def offset_zone(seconds: int) -> Zone:
    """The zone of a fixed offset."""
    return Zone(offset_text(seconds, "+HH:MM:ss", "Z"), seconds)


def parsed_offset(text: str) -> int:
    """The seconds of `+h`, `+hh`, `+hh:mm`, `+hhmm`, `+hh:mm:ss`, `+hhmmss`."""
    found = re.fullmatch(r"([+-])(\d{1,2})(?::?(\d\d)(?::?(\d\d))?)?", text, re.ASCII)
    if not found or (len(found[2]) == 1 and found[3]):
        raise Failure(f"Invalid ID for ZoneOffset, invalid format: {text}")
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    if hours > 18 or minutes > 59 or seconds > 59:
        raise Failure(f"Zone offset hours not in valid range: value {hours} is not in the range -18 to 18")
    total = hours * 3600 + minutes * 60 + seconds
    if total > 18 * 3600:
        raise Failure("Zone offset not in valid range: -18:00 to +18:00")
    return -total if found[1] == "-" else total


def offset_text(offset: int, shape: str, zero: str) -> str:
    """An offset in one of Java's shapes: `+HHmm`, `+HHMM`, `+HH:MM`, `+HHMMss`, `+HH:MM:ss`."""
    if not offset:
        return zero
    hours, rest = divmod(abs(offset), 3600)
    minutes, seconds = divmod(rest, 60)
    colon = ":" if ":" in shape else ""
    text = f"{'-' if offset < 0 else '+'}{hours:02}"
    if "MM" in shape or minutes:
        text += f"{colon}{minutes:02}"
    return text + (f"{colon}{seconds:02}" if seconds and "ss" in shape else "")


# --- moments


class Moment(NamedTuple):
    """A ZonedDateTime of any year."""

    second: int
    nano: int
    zone: Zone

    def at(self, zone: Zone) -> Moment:
        """The same instant elsewhere."""
        return self._replace(zone=zone)

    @property
    def local(self) -> int:
        """Seconds of the local clock since 1970."""
        return self.second + self.zone.offset_at(self.second)

    def plus_nanos(self, nanos: int) -> Moment:
        """Elapsed time later."""
        seconds, nano = divmod(self.nano + nanos, NANOS)
        return self._replace(second=self.second + seconds, nano=nano)

    def plus_days(self, days: int) -> Moment:
        """The same local time on another day."""
        return self.with_local(self.local + days * DAY)

    def with_local(self, local: int) -> Moment:
        """Another local time, where there are two of it with the offset that this moment has."""
        offset = self.local - self.second
        kept = self.zone.offset_at(local - offset) == offset
        return self._replace(second=local - offset if kept else self.zone.instant(local))

    def plus_months(self, months: int) -> Moment:
        """The same local time in another month, on its last day if need be."""
        days, clock = divmod(self.local, DAY)
        year, month, day = civil(days)
        year, index = divmod(year * 12 + month - 1 + months, 12)
        day = min(day, month_length(year, index + 1))
        return self.with_local(day_number(year, index + 1, day) * DAY + clock)


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day since 1970."""
    cycles, rest = divmod(days + EPOCH - 1, CYCLE)
    day = date.fromordinal(rest + 1)
    return day.year + 400 * cycles, day.month, day.day


def day_number(year: int, month: int, day: int) -> int:
    """The day since 1970; refuses dates that there are not."""
    cycles, rest = divmod(year - 1, 400)
    return date(rest + 1, month, day).toordinal() + cycles * CYCLE - EPOCH


def week_day_number(year: int, week: int, weekday: int) -> int:
    """The day since 1970 of a day of an ISO week; Monday is 1."""
    fourth = day_number(year, 1, 4)
    return fourth - (fourth + 3) % 7 + (week - 1) * 7 + weekday - 1


def month_length(year: int, month: int) -> int:
    """The number of days of a month."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


# --- names


class Names(NamedTuple):
    """The words of a locale; weeks start on Monday."""

    months: list[str]
    short_months: list[str]
    days: list[str]
    short_days: list[str]


def _names(months: str, short_months: str, days: str, short_days: str) -> Names:
    return Names(months.split(), short_months.split(), days.split(), short_days.split())


_SHORT: Final = ("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "Mon Tue Wed Thu Fri Sat Sun")
ROOT: Final = _names(_SHORT[0], _SHORT[0], _SHORT[1], _SHORT[1])
LOCALES: Final = {
    "en": _names(
        "January February March April May June July August September October November December",
        _SHORT[0],
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        _SHORT[1],
    ),
    "fr": _names(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lun. mar. mer. jeu. ven. sam. dim.",
    ),
    "de": _names(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        "Mo. Di. Mi. Do. Fr. Sa. So.",
    ),
    "es": _names(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago sept oct nov dic",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lun mar mié jue vie sáb dom",
    ),
    "it": _names(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        "lun mar mer gio ven sab dom",
    ),
}


def names_of(locale: str) -> Names:
    """The words of a locale tag; those of Java's root locale if it is unknown."""
    return LOCALES.get(re.split("[-_]", locale)[0], ROOT)


# --- patterns


class Part(NamedTuple):
    """A piece of a pattern: a letter and how often it stands there, literal `text` (letter `'`), or an optional section (`[`).

    Letters of the standard formats only: `f` the fraction with its point, trimmed; `r` a zone in brackets.
    """

    letter: str
    width: int = 0
    text: str = ""
    parts: tuple[Part, ...] = ()


class Pattern(NamedTuple):
    """A compiled formatter. The standard formats are strict about dates and ignore case."""

    parts: tuple[Part, ...]
    standard: bool = False


LIMITS: Final = dict.fromkeys("dHhkKmsw", 2) | dict.fromkeys("MLQqEeGXxZ", 5) | dict.fromkeys("aWF", 1)
LIMITS.update(dict.fromkeys("yuYnNAg", 19), c=5, D=3, S=9, z=4, B=5, O=4, V=2)


def compiled(pattern: str) -> tuple[Part, ...]:
    """The parts of a Java pattern."""
    stack: list[list[Part]] = [[]]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char.isascii() and char.isalpha():
            count = len(pattern[at:]) - len(pattern[at:].lstrip(char))
            _check_letter(char, count)
            stack[-1].append(Part(char, count))
            at += count
        elif char == "'":
            text, at = _quoted(pattern, at)
            stack[-1].append(Part("'", text=text))
        else:
            _symbol(char, stack)
            at += 1
    while len(stack) > 1:
        _close(stack)
    return tuple(stack[0])


def _check_letter(letter: str, count: int) -> None:
    if letter not in LIMITS:
        raise Failure(f"Unknown pattern letter: {letter}")
    if letter == "V" and count != 2:
        raise Failure("Pattern letter count must be 2: V")
    if letter == "O" and count not in (1, 4):
        raise Failure("Pattern letter count must be 1 or 4: O")
    if letter == "B" and count not in (1, 4, 5):
        raise Failure("Wrong number of pattern letters: B")
    if letter == "c" and count == 2:
        raise Failure('Invalid pattern "cc"')
    if count > LIMITS[letter]:
        raise Failure(f"Too many pattern letters: {letter}")


def _quoted(pattern: str, at: int) -> tuple[str, int]:
    found = re.compile(r"'((?:[^']|'')*)'").match(pattern, at)
    if found is None:
        raise Failure(f"Pattern ends with an incomplete string literal: {pattern}")
    return found[1].replace("''", "'") or "'", found.end()


def _symbol(char: str, stack: list[list[Part]]) -> None:
    if char in "{}#":
        raise Failure(f"Pattern includes reserved character: '{char}'")
    if char == "[":
        stack.append([])
    elif char == "]":
        if len(stack) == 1:
            raise Failure("Pattern invalid as it contains ] without previous [")
        _close(stack)
    else:
        stack[-1].append(Part("'", text=char))


def _close(stack: list[list[Part]]) -> None:
    parts = stack.pop()
    stack[-1].append(Part("[", parts=tuple(parts)))


PATTERNS: Final = {
    "iso": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "iso_milli": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "iso_sec": "yyyy-MM-dd'T'HH:mm:ssXXX",
    "sql": "yyyy-MM-dd HH:mm:ss.SSSSSS",
    "sql_milli": "yyyy-MM-dd HH:mm:ss.SSS",
    "sql_sec": "yyyy-MM-dd HH:mm:ss",
    "full": "EEEE, MMMM d, y, h:mm:ss\u202fa zzzz",
    "long": "MMMM d, y, h:mm:ss\u202fa z",
    "medium": "MMM d, y, h:mm:ss\u202fa",
    "short": "M/d/yy, h:mm\u202fa",
}
_OFFSET, _REGION, _FRACTION = Part("X", 5), Part("r"), Part("[", parts=(Part("f"),))
_LOCAL_DATE = compiled("uuuu-MM-dd")
_LOCAL_TIME = (*compiled("HH:mm"), Part("[", parts=(*compiled(":ss"), _FRACTION)))
_LOCAL = (*_LOCAL_DATE, Part("'", text="T"), *_LOCAL_TIME)
_OPTIONAL_OFFSET = Part("[", parts=(_OFFSET,))
STANDARD: Final[dict[str, tuple[Part, ...]]] = {
    "iso_date_time": (*_LOCAL, Part("[", parts=(_OFFSET, Part("[", parts=(_REGION,))))),
    "iso_zoned_date_time": (*_LOCAL, _OFFSET, Part("[", parts=(_REGION,))),
    "iso_local_date_time": _LOCAL,
    "iso_local_date": _LOCAL_DATE,
    "iso_local_time": _LOCAL_TIME,
    "iso_date": (*_LOCAL_DATE, _OPTIONAL_OFFSET),
    "iso_time": (*_LOCAL_TIME, _OPTIONAL_OFFSET),
    "iso_offset_time": (*_LOCAL_TIME, _OFFSET),
    "iso_instant": (*_LOCAL, _OFFSET),
    "iso_ordinal_date": (*compiled("uuuu-DDD"), _OPTIONAL_OFFSET),
    "iso_week_date": (
        Part("i", 4),
        *compiled("-'W'"),
        Part("j", 2),
        Part("'", text="-"),
        Part("E", 6),
        _OPTIONAL_OFFSET,
    ),
    "rfc_1123_date_time": (*compiled("[EEE, ]d MMM uuuu HH:mm[:ss] "), Part("Z", 6)),
}


@lru_cache(maxsize=64)
def pattern_of(name: str) -> Pattern:
    """The formatter of a named format or a pattern."""
    if name in STANDARD:
        return Pattern(STANDARD[name], standard=True)
    return Pattern(compiled(PATTERNS.get(name, name)))


# --- writing


def formatted(moment: Moment, name: str, locale: str = "en") -> str:
    """The text of a moment in a named format or pattern."""
    if name == "iso_instant":
        return _instant(moment.at(Zone("Z")))
    words = LOCALES["en"] if name == "rfc_1123_date_time" else names_of(locale)
    return _write(pattern_of(name).parts, _Writer(moment, words))


def _instant(moment: Moment) -> str:
    digits = 0 if not moment.nano else 3 if moment.nano % 10**6 == 0 else 6 if moment.nano % 1000 == 0 else 9
    return formatted(moment, "uuuu-MM-dd'T'HH:mm:ss" + ("." + "S" * digits if digits else "") + "X")


def _write(parts: tuple[Part, ...], writer: _Writer) -> str:
    return "".join(
        part.text if part.letter == "'" else _write(part.parts, writer) if part.letter == "[" else writer.field(part)
        for part in parts
    )


class _Writer:
    """The fields of one moment."""

    def __init__(self, moment: Moment, words: Names) -> None:
        self.moment, self.words = moment, words
        self.offset = moment.zone.offset_at(moment.second)
        self.days, self.clock = divmod(moment.second + self.offset, DAY)
        self.year, self.month, self.day = civil(self.days)
        self.weekday = (self.days + 3) % 7

    def field(self, part: Part) -> str:
        letter, count = part.letter, part.width
        if letter in "yuYi":
            return _year_text(self.year_field(letter), count)
        if letter in "MLQqEecGaBz":
            return self.words_field(letter, count)
        if letter in "XxZOVr":
            return self.zone_field(letter, count)
        if letter == "f":
            return f".{self.moment.nano:09}".rstrip("0") if self.moment.nano else ""
        if letter == "S":
            return f"{self.moment.nano:09}"[:count]
        return f"{self.number(letter):0{count}}"

    def year_field(self, letter: str) -> int:
        if letter == "y":
            return self.year if self.year > 0 else 1 - self.year
        if letter == "Y":
            return civil(self.days + (5 - self.weekday) % 7)[0]
        return civil(self.days + 3 - self.weekday)[0] if letter == "i" else self.year

    def number(self, letter: str) -> int:
        hour = self.clock // 3600
        saturday = self.days + (5 - self.weekday) % 7
        thursday = self.days + 3 - self.weekday
        match letter:
            case "d":
                return self.day
            case "D":
                return _day_of_year(self.days)
            case "w":
                return (_day_of_year(saturday) - 1) // 7 + 1
            case "j":
                return (_day_of_year(thursday) - 1) // 7 + 1
            case "W":
                return (self.day + (self.weekday + 2 - self.day) % 7 - 1) // 7 + 1
            case "F":
                return (self.day - 1) // 7 + 1
            case "H":
                return hour
            case "k":
                return hour or 24
            case "K":
                return hour % 12
            case "h":
                return hour % 12 or 12
            case "m":
                return self.clock // 60 % 60
            case "s":
                return self.clock % 60
            case "n":
                return self.moment.nano
            case "g":
                return self.days + MODIFIED_JULIAN
            case "A":
                return self.clock * 1000 + self.moment.nano // 10**6
            case _:
                return self.clock * NANOS + self.moment.nano

    def words_field(self, letter: str, count: int) -> str:
        if letter in "ML":
            return _worded(
                self.month, count, self.words.short_months[self.month - 1], self.words.months[self.month - 1]
            )
        if letter in "Qq":
            quarter = (self.month + 2) // 3
            ordinal = ("1st", "2nd", "3rd", "4th")[quarter - 1]
            return str(quarter) if count == 5 else _worded(quarter, count, f"Q{quarter}", f"{ordinal} quarter")
        if letter in "Eec":
            if count == 6:
                return str(self.weekday + 1)
            number = (self.weekday + 1) % 7 + 1
            width = max(count, 3) if letter == "E" else count
            return _worded(number, width, self.words.short_days[self.weekday], self.words.days[self.weekday])
        if letter == "G":
            common = self.year > 0
            return {4: "Anno Domini" if common else "Before Christ", 5: "A" if common else "B"}.get(
                count, "AD" if common else "BC"
            )
        if letter == "B":
            return _day_period(self.clock)
        if letter == "a":
            return "AM" if self.clock < DAY // 2 else "PM"
        short = self.moment.zone.abbreviation(self.moment.second)
        if count < 4:
            return short
        from flowrun.template.zone_names import long_name

        return long_name(self.moment.zone.name, short)

    def zone_field(self, letter: str, count: int) -> str:
        zone = self.moment.zone
        if letter == "V":
            return zone.name
        if letter == "r":
            return "" if zone.is_offset else f"[{zone.name}]"
        if letter == "O" or (letter == "Z" and count == 4):
            return "GMT" + (_short_offset(self.offset) if count == 1 else offset_text(self.offset, "+HH:MM:ss", ""))
        shape, zero = _offset_shape(letter, count)
        return offset_text(self.offset, shape, zero)


def _offset_shape(letter: str, count: int) -> tuple[str, str]:
    """The shape of an offset and its text for zero."""
    if letter == "Z":
        return {5: ("+HH:MM:ss", "Z"), 6: ("+HHMM", "GMT")}.get(count, ("+HHMM", "+0000"))
    shape = ("+HHmm", "+HHMM", "+HH:MM", "+HHMMss", "+HH:MM:ss")[count - 1]
    return shape, "Z" if letter == "X" else ("+00", "+0000", "+00:00", "+0000", "+00:00")[count - 1]


def _short_offset(offset: int) -> str:
    text = offset_text(offset, "+HH:MM:ss", "")
    text = text.removesuffix(":00")
    return text[:1] + text[1:].removeprefix("0")


def _day_of_year(days: int) -> int:
    return days - day_number(civil(days)[0], 1, 1) + 1


def _day_period(clock: int) -> str:
    if clock in (0, DAY // 2):
        return "noon" if clock else "midnight"
    hour = clock // 3600
    if hour >= 21:
        return "at night"
    return "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"


def _worded(number: int, count: int, short: str, full: str) -> str:
    if count < 3:
        return f"{number:0{count}}"
    return short if count == 3 else full if count == 4 else full[0].upper()


def _year_text(year: int, count: int) -> str:
    if count == 2:
        return f"{abs(year) % 100:02}"
    digits = f"{abs(year):0{count}}"
    return ("-" if year < 0 else "+" if count >= 4 and len(digits) > count else "") + digits


# --- reading


class _Unparsed(Exception):
    """The text stops fitting at `index`."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


FIXED: Final = frozenset("MLQqdHhkKmswje")
RANGES: Final = {
    "M": ("MonthOfYear", 1, 12),
    "d": ("DayOfMonth", 1, 31),
    "D": ("DayOfYear", 1, 366),
    "H": ("HourOfDay", 0, 23),
    "h": ("ClockHourOfAmPm", 1, 12),
    "k": ("ClockHourOfDay", 1, 24),
    "K": ("HourOfAmPm", 0, 11),
    "m": ("MinuteOfHour", 0, 59),
    "s": ("SecondOfMinute", 0, 59),
}


def parsed(text: str, name: str | None, zone: Zone, locale: str = "en") -> Moment:
    """The moment of a text: with a zone or offset, else a local date and time, else a date, in `zone`."""
    if name is not None:
        moment = _moment(text, pattern_of(name), zone, names_of(locale))
        if name == "iso_instant":
            raise Failure(f"Text '{text}' could not be parsed: Unable to obtain LocalDate from TemporalAccessor")
        return moment
    for standard in ("iso_zoned_date_time", "iso_local_date_time"):
        try:
            return _moment(text, pattern_of(standard), zone, ROOT)
        except Failure:
            continue
    return _moment(text, pattern_of("iso_local_date"), zone, ROOT)


def _moment(text: str, pattern: Pattern, zone: Zone, words: Names) -> Moment:
    reader = _Reader(text, words, ignore_case=pattern.standard)
    refusal = f"Text '{text}' could not be parsed"
    try:
        end = reader.read(pattern.parts, 0)
    except _Unparsed as error:
        raise Failure(f"{refusal} at index {error.index}") from None
    if end < len(text):
        raise Failure(f"{refusal}, unparsed text found at index {end}")
    try:
        return _resolved(reader.fields, reader.zone, zone, strict=pattern.standard)
    except Failure as error:
        raise Failure(f"{refusal}: {error}") from None


class _Reader:
    """Reads fields from a text, part by part."""

    def __init__(self, text: str, words: Names, *, ignore_case: bool) -> None:
        self.text, self.words, self.ignore_case = text, words, ignore_case
        self.fields: dict[str, int] = {}
        self.zone: Zone | None = None

    def read(self, parts: tuple[Part, ...], at: int) -> int:
        for number, part in enumerate(parts):
            if part.letter == "[":
                at = self.optional(part.parts, at)
            elif part.letter == "'":
                at = self.literal(part.text, at)
            else:
                at = self.field(part, at, _reserved(parts[number + 1 :]))
        return at

    def optional(self, parts: tuple[Part, ...], at: int) -> int:
        before = dict(self.fields), self.zone
        try:
            return self.read(parts, at)
        except _Unparsed:
            self.fields, self.zone = before
            return at

    def literal(self, text: str, at: int) -> int:
        found = self.text[at : at + len(text)]
        if found == text or (self.ignore_case and found.lower() == text.lower()):
            return at + len(text)
        raise _Unparsed(at)

    def field(self, part: Part, at: int, reserved: int) -> int:
        letter, count = part.letter, part.width
        if letter in "XxZOVrz":
            return self.zone_field(part, at)
        if letter == "E" and count == 6:
            return self.digits("E", at, "([1-7])")
        if letter in "EaGB" or (letter in "MLQqec" and count > 2):
            return self.word(part, at)
        if letter == "f":
            return self.digits("S", at, r"\.(\d{1,9})")
        if letter == "S":
            return self.digits("S", at, rf"(\d{{{count}}})")
        if letter in "yuYi":
            return self.year(letter, count, at, reserved)
        key = {"L": "M"}.get(letter, letter)
        if count == 2 and letter in FIXED:
            return self.digits(key, at, r"(\d\d)")
        longest = 3 if letter == "D" else 19
        return self.digits(key, at, rf"(\d{{{count},{longest}}}){_lookahead(reserved)}")

    def digits(self, key: str, at: int, pattern: str) -> int:
        found = re.compile(pattern, re.ASCII).match(self.text, at)
        if found is None:
            raise _Unparsed(at)
        self.fields[key] = int(found[1].ljust(9, "0")) if key == "S" else int(found[1])
        return found.end()

    def year(self, letter: str, count: int, at: int, reserved: int) -> int:
        if count == 2:
            end = self.digits(letter, at, r"(\d\d)")
            self.fields[letter] += 2000
            return end
        ahead = _lookahead(reserved)
        if count < 4:
            return self.digits(letter, at, rf"(-?\d{{{count},19}}){ahead}")
        last = ahead or r"(?!\d)"
        return self.digits(letter, at, rf"(\d{{{count}}}{last}|\+\d{{{count + 1},20}}{ahead}|-\d{{{count},20}}{ahead})")

    def word(self, part: Part, at: int) -> int:
        letter, count = part.letter, part.width
        if letter in "ML":
            choices, key = (self.words.months if count == 4 else self.words.short_months), "M"
        elif letter in "Eec":
            choices, key = (self.words.days if count == 4 else self.words.short_days), "E"
        else:
            choices, key = {"a": ["AM", "PM"], "G": ["BC", "AD"]}.get(letter, []), letter
        for choice in sorted(choices, key=len, reverse=True):
            found = self.text[at : at + len(choice)]
            if found == choice or (self.ignore_case and found.lower() == choice.lower()):
                self.fields[key] = choices.index(choice) + (key in "ME")
                return at + len(choice)
        raise _Unparsed(at)

    def zone_field(self, part: Part, at: int) -> int:
        found = re.compile(_zone_grammar(part.letter, part.width)).match(self.text, at)
        if found is None:
            raise _Unparsed(at)
        name = found[1].upper() if part.letter == "X" else found[1]
        name = re.sub(r"^GMT(?=[+-])", "", name) if part.letter in "OZ" else name
        try:
            zone = zone_of(name)
        except Failure:
            raise _Unparsed(at) from None
        if self.zone is not None and not zone.is_offset:
            self.fields["offset"] = self.zone.offset
        self.zone = zone
        return found.end()


def _zone_grammar(letter: str, count: int) -> str:
    if letter in "Vz":
        return r"([A-Za-z][A-Za-z0-9~/._+-]+|[+-]\d\d(?::\d\d)?|Z)"
    if letter == "r":
        return r"\[([^\]]+)\]"
    if letter == "O" or (letter == "Z" and count == 4):
        return r"(GMT(?:[+-]\d{1,2}(?::\d\d)?)?)"
    if letter == "Z" and count == 6:
        return r"([+-]\d{4}|GMT)"
    shape, zero = _offset_shape(letter, count)
    minutes = {"+HHmm": r"(?:\d\d)?", "+HH:MM": r":\d\d", "+HH:MM:ss": r"(?::\d\d(?::\d\d)?)?"}.get(shape, r"\d\d")
    return rf"([+-]\d\d{minutes}{'|[Zz]' if zero == 'Z' else ''})"


def _reserved(parts: tuple[Part, ...]) -> int:
    """The digits that the fixed-width numbers right after a number need."""
    width = 0
    for part in parts:
        if not (part.letter in FIXED and part.width == 2) and part.letter != "S":
            break
        width += part.width
    return width


def _lookahead(reserved: int) -> str:
    return rf"(?=\d{{{reserved}}})" if reserved else ""


def _resolved(fields: dict[str, int], zone: Zone | None, default: Zone, *, strict: bool) -> Moment:
    midnight = fields.get("H") == 24 and not strict and not any(fields.get(key) for key in "msS")
    if midnight:
        fields["H"] = 0
    for key, (name, low, high) in RANGES.items():
        if key in fields and not low <= fields[key] <= high:
            raise Failure(f"Invalid value for {name} (valid values {low} - {high}): {fields[key]}")
    days, clock = _days(fields, strict=strict), _clock(fields)
    if days is None:
        raise Failure("Unable to obtain LocalDate from TemporalAccessor: {},ISO of type java.time.format.Parsed")
    if clock is None:
        return Moment(default.instant(days * DAY), 0, default)
    where = zone or default
    local = (days + midnight) * DAY + clock
    second = local - fields["offset"] if "offset" in fields else where.instant(local)
    return Moment(second, fields.get("S", fields.get("n", 0)), where)


def _days(fields: dict[str, int], *, strict: bool) -> int | None:
    year = fields.get("u", fields.get("y"))
    if "g" in fields:
        return fields["g"] - MODIFIED_JULIAN
    if "i" in fields and "j" in fields:
        return week_day_number(fields["i"], fields["j"], fields.get("E", 1))
    if year is None:
        return None
    if "u" not in fields and fields.get("G") == 0:
        year = 1 - year
    if "D" in fields:
        return day_number(year, 1, 1) + fields["D"] - 1
    if "M" not in fields or "d" not in fields:
        return None
    month, day = fields["M"], fields["d"]
    longest = month_length(year, month)
    if strict and day > longest:
        if day == 29:
            raise Failure(f"Invalid date 'February 29' as '{year}' is not a leap year")
        raise Failure(f"Invalid date '{LOCALES['en'].months[month - 1].upper()} {day}'")
    return day_number(year, month, min(day, longest))


def _clock(fields: dict[str, int]) -> int | None:
    if "H" in fields:
        hour = fields["H"]
    elif "k" in fields:
        hour = fields["k"] % 24
    elif "a" in fields and ("h" in fields or "K" in fields):
        hour = fields.get("h", fields.get("K", 0)) % 12 + 12 * fields["a"]
    else:
        return None
    return hour * 3600 + fields.get("m", 0) * 60 + fields.get("s", 0)


# --- input


def moment_of(value: Any, zone: Zone, existing: str | None, locale: str = "en") -> Moment:
    """The moment that a value of a template stands for."""
    from flowrun.template.values import class_name, is_long

    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        since = aware - datetime(1970, 1, 1, tzinfo=UTC)
        return Moment(since.days * DAY + since.seconds, since.microseconds * 1000, zone)
    if isinstance(value, date):
        return Moment(zone.instant((value.toordinal() - EPOCH) * DAY + DAY // 2), 0, zone)
    if is_long(value):
        return _from_number(int(value), zone)
    if isinstance(value, str) and class_name(value) == "java.lang.String":
        return parsed(str(value), existing, zone, locale)
    raise Failure(
        f"class {class_name(value)} cannot be cast to class java.lang.String ({class_name(value)} and "
        "java.lang.String are in module java.base of loader 'bootstrap')"
    )


def _from_number(number: int, zone: Zone) -> Moment:
    text = str(number)
    if len(text) == 13:
        second, milli = divmod(number, 1000)
        return Moment(second, milli * 10**6, zone)
    if len(text) == 19:
        second, nano = divmod(number, NANOS)
        return Moment(second, nano if text.endswith("000") else number % 10**6 * 1000, zone)
    if abs(number) > 31556889864403199:
        raise Failure("Instant exceeds minimum or maximum instant")
    return Moment(number, 0, zone)
