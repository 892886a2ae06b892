"""The filters, by name. A group's module is imported when one of its filters is first used."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowrun.template.callables import Filter

GROUPS = {
    "text": "default abbreviate capitalize title upper lower trim replace split join substringBefore substringBeforeLast "
    "substringAfter substringAfterLast startsWith endsWith slugify urlencode urldecode base64encode base64decode "
    "sha256 sha1 sha512 md5 escapeChar indent nindent string nl2br format",
    "numbers": "abs number numberFormat",
    "collections": "length first last slice sort rsort reverse merge chunk flatten distinct keys values className",
    "data": "toJson json toIon yaml jq",
    "dates": "date dateAdd timestamp timestampMilli timestampMicro timestampNano",
}
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names.split()}


def find(name: str) -> Filter | None:
    """The filter of this name."""
    return filters_of(GROUP_OF[name])[name] if name in GROUP_OF else None


@cache
def filters_of(group: str) -> dict[str, Filter]:
    """The filters of a group."""
    filters: dict[str, Filter] = import_module(f"flowrun.template.filters.{group}").FILTERS
    return filters
