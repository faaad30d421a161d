"""Roles people hold, everywhere or in one room. While somebody is away, a deputy holds their moderation too."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Date, Text, and_, cast, func, or_, select, union
from sqlalchemy.orm import aliased

from dialogue.tables import Absence, Grant

# The day in Berlin by the database's clock, as for everything that decides.
TODAY = cast(func.timezone("Europe/Berlin", func.now()), Date)
Held = frozenset[tuple[str, int | None]]
_grant, _own = aliased(Grant), aliased(Grant)


def _ways(person: Any) -> tuple[Any, Any]:
    """Conditions on a grant: it is the person's own, or that of somebody absent whose deputy they are."""
    away = select(Absence.id).where(
        Absence.person_id == _grant.person_id,
        Absence.deputy_id == person,
        Absence.starts_on <= TODAY,
        Absence.ends_on >= TODAY,
    )
    moderates = select(_own.id).where(_own.person_id == person, _own.role == "moderator")
    deputised = and_(
        _grant.role == "moderator",
        away.correlate_except(Absence).exists(),
        moderates.correlate_except(_own).exists(),  # who has lost the role stands in for nobody
    )
    return _grant.person_id == person, deputised


_deputy = aliased(Grant)
_today = and_(Absence.starts_on <= TODAY, Absence.ends_on >= TODAY)
# Who moderates where today (room_id NULL: everywhere): with a grant of their own, or as a deputy.
MODERATING = union(
    select(Grant.person_id, Grant.room_id).where(Grant.role == "moderator"),
    select(Absence.deputy_id, Grant.room_id)
    .join(Grant, and_(Grant.person_id == Absence.person_id, Grant.role == "moderator"))
    .join(_deputy, and_(_deputy.person_id == Absence.deputy_id, _deputy.role == "moderator"))
    .where(_today),
)


def absent(person: Any) -> ColumnElement[bool]:
    """Whether a person is away today."""
    return select(Absence.id).where(Absence.person_id == person, _today).correlate_except(Absence).exists()


def of(person: Any) -> ColumnElement[Any]:
    """A column with a person's grants as texts, for `parsed`: "admin", "moderator 7"."""
    text = func.concat_ws(" ", _grant.role, _grant.room_id)
    own, deputised = (
        func.array(select(text).where(way).correlate_except(_grant).scalar_subquery(), type_=ARRAY(Text))
        for way in _ways(person)
    )
    return own + deputised


def parsed(found: Iterable[str]) -> Held:
    """("admin", "moderator 7") → {("admin", None), ("moderator", 7)}"""
    split = (text.partition(" ") for text in found)
    return frozenset((role, int(room) if room else None) for role, _, room in split)


def hosts(person: Any, place: Any) -> ColumnElement[bool]:
    """Whether a person moderates or edits a place (anything with a room_id)."""
    host = or_(_grant.role == "moderator", _grant.role == "editor")
    here = or_(_grant.room_id.is_(None), _grant.room_id == place.room_id)
    hosting = select(_grant.id).where(host, here, or_(*_ways(person)))
    return hosting.correlate_except(_grant).exists()
