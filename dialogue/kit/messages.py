"""Words, dates and numbers as people write them in German; texts go through gettext."""

from datetime import date, datetime

from babel.dates import format_date, format_datetime

from dialogue.kit import clock

LOCALE = "de"


def number(value: int) -> str:
    """1903 → "1 903", with a narrow no-break space."""
    return f"{value:,}".replace(",", "\u202f")


def long_date(value: date | datetime) -> str:
    """21. November 2026, in Berlin."""
    return format_date(_local(value), "d. MMMM y", locale=LOCALE)


def short_date(value: date | datetime) -> str:
    """21.11.2026, in Berlin."""
    return format_date(_local(value), "dd.MM.y", locale=LOCALE)


def moment(value: datetime) -> str:
    """21.11.2026, 14:05 Uhr, in Berlin."""
    return format_datetime(_local(value), "dd.MM.y, HH:mm 'Uhr'", locale=LOCALE)


def ago(value: datetime) -> str:
    """How long ago, in one word or two."""
    seconds = max(0, int((clock.now() - value).total_seconds()))
    if seconds < 60:
        return "gerade eben"
    for size, one, many in (
        (86400 * 365, "einem Jahr", "Jahren"),
        (86400 * 30, "einem Monat", "Monaten"),
        (86400, "einem Tag", "Tagen"),
        (3600, "einer Stunde", "Stunden"),
        (60, "einer Minute", "Minuten"),
    ):
        if (count := seconds // size) >= 1:
            return f"vor {one}" if count == 1 else f"vor {count} {many}"
    raise AssertionError("unreachable: at least a minute")


def lasting(seconds: float) -> str:
    """How long something took, in a word or two: from two days on in days, below in hours or minutes."""
    for size, least, one, many in (
        (86400, 2, "Tag", "Tage"),
        (3600, 1, "Stunde", "Stunden"),
        (60, 1, "Minute", "Minuten"),
    ):
        if seconds >= size * least:
            count = round(seconds / size)
            return f"{count} {one if count == 1 else many}"
    return "unter einer Minute"


def _local(value: date | datetime) -> date | datetime:
    return value.astimezone(clock.BERLIN) if isinstance(value, datetime) else value
