"""The long names of time zones, as Java's pattern `zzzz` writes them in English; asked of a Kestra 1.3."""

from __future__ import annotations

from typing import Final


def long_name(zone: str, short: str) -> str:
    """The long name of a zone while it goes by this short name; the short one if none is known."""
    return NAMES.get(f"{zone} {short}") or NAMES.get(zone) or NAMES.get(short, short)


NAMES: Final = dict(
    line.strip().split("|")
    for line in """
        ACDT|Australian Central Daylight Time
        ACST|Australian Central Standard Time
        ADT|Atlantic Daylight Time
        AEDT|Australian Eastern Daylight Time
        AEST|Australian Eastern Standard Time
        AKDT|Alaska Daylight Time
        AKST|Alaska Standard Time
        AST|Atlantic Standard Time
        AWST|Australian Western Standard Time
        BST|British Summer Time
        CAT|Central Africa Time
        CDT|Central Daylight Time
        CEST|Central European Summer Time
        CET|Central European Standard Time
        CST|Central Standard Time
        ChST|Chamorro Standard Time
        EAT|East Africa Time
        EDT|Eastern Daylight Time
        EEST|Eastern European Summer Time
        EET|Eastern European Standard Time
        EST|Eastern Standard Time
        GMT|Greenwich Mean Time
        HADT|Hawaii-Aleutian Daylight Time
        HAST|Hawaii-Aleutian Standard Time
        HKT|Hong Kong Standard Time
        HST|Hawaii-Aleutian Standard Time
        IDT|Israel Daylight Time
        IST|India Standard Time
        JST|Japan Standard Time
        KST|Korean Standard Time
        MDT|Mountain Daylight Time
        MSK|Moscow Standard Time
        MST|Mountain Standard Time
        NDT|Newfoundland Daylight Time
        NST|Newfoundland Standard Time
        NZDT|New Zealand Daylight Time
        NZST|New Zealand Standard Time
        PDT|Pacific Daylight Time
        PKT|Pakistan Standard Time
        PST|Pacific Standard Time
        SAST|South Africa Standard Time
        SST|American Samoa Standard Time
        UTC|Coordinated Universal Time
        WAT|West Africa Standard Time
        WEST|Western European Summer Time
        WET|Western European Standard Time
        WIB|Western Indonesia Time
        WIT|Eastern Indonesia Time
        WITA|Central Indonesia Time
        Africa/Casablanca|Casablanca Daylight Time
        America/Argentina/Buenos_Aires|Argentina Standard Time
        America/Bogota|Colombia Standard Time
        America/Buenos_Aires|Argentina Standard Time
        America/Caracas|Venezuela Time
        America/Havana CST|Cuba Standard Time
        America/Havana CDT|Cuba Daylight Time
        America/Hermosillo|Mexican Pacific Standard Time
        America/La_Paz|Bolivia Time
        America/Lima|Peru Standard Time
        America/Montevideo|Uruguay Standard Time
        America/Santiago GMT-03:00|Chile Summer Time
        America/Santiago GMT-04:00|Chile Standard Time
        America/Sao_Paulo|Brasilia Standard Time
        America/Whitehorse|Yukon Time
        Asia/Almaty|Kazakhstan Time
        Asia/Baghdad|Arabian Standard Time
        Asia/Baku|Azerbaijan Standard Time
        Asia/Bangkok|Indochina Time
        Asia/Chongqing|China Standard Time
        Asia/Dhaka|Bangladesh Standard Time
        Asia/Dubai|Gulf Standard Time
        Asia/Ho_Chi_Minh|Indochina Time
        Asia/Jerusalem IST|Israel Standard Time
        Asia/Kabul|Afghanistan Time
        Asia/Kathmandu|Nepal Time
        Asia/Kuala_Lumpur|Malaysia Time
        Asia/Macau|China Standard Time
        Asia/Manila|Philippine Standard Time
        Asia/Novosibirsk|Novosibirsk Standard Time
        Asia/Riyadh|Arabian Standard Time
        Asia/Shanghai|China Standard Time
        Asia/Singapore|Singapore Standard Time
        Asia/Taipei|Taiwan Standard Time
        Asia/Tashkent|Uzbekistan Standard Time
        Asia/Tbilisi|Georgia Standard Time
        Asia/Tehran|Iran Standard Time
        Asia/Tel_Aviv IST|Israel Standard Time
        Asia/Vladivostok|Vladivostok Standard Time
        Asia/Yangon|Cocos Islands Time
        Asia/Yekaterinburg|Yekaterinburg Standard Time
        Asia/Yerevan|Armenia Standard Time
        Atlantic/Azores GMT-01:00|Azores Standard Time
        Atlantic/Azores GMT|Azores Summer Time
        Australia/Lord_Howe GMT+11:00|Lord Howe Daylight Time
        Australia/Lord_Howe GMT+10:30|Lord Howe Standard Time
        Europe/Istanbul|Istanbul Standard Time
        Pacific/Apia|Samoa Standard Time
        Pacific/Fiji|Fiji Standard Time
        Pacific/Tongatapu|Tonga Standard Time
        Europe/Dublin IST|Irish Standard Time
    """.strip().splitlines()
)
"""By short name, by zone, or by both where a zone has several names in a year."""
