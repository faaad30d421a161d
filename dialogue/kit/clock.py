"""Time: now(), the only source of it in Python; rules that decide compare with the database's clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    return now().astimezone(BERLIN).date()


def start_of(day: date) -> datetime:
    """The moment a day begins in Berlin, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """Half-open [first 00:00, day after last 00:00) in Berlin, as UTC."""
    return start_of(first), start_of(last + timedelta(days=1))
