"""The cards of a consultation: where someone is in them, and the card that comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.calendar import Entry
from consultations.tables import Point
from dialogue import cards, comments, tallies, votes
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.tables import Comment, Person, Thread

SKIPPED = 30  # so many skipped ones are remembered, in the address and nowhere else
PAUSE = 10  # votes, then a word of thanks
AT_ONCE = 3  # drawn together, so that one that has just gone needs no second look


@dataclass(frozen=True)
class Way:
    """Where someone is in the cards. It stands in the address and in the form: nothing of it is stored."""

    point: str = ""  # only contributions to this one
    skipped: tuple[int, ...] = ()
    votes: int = 0  # cast on this way
    last: int = 0  # the one voted on last
    card: int = 0  # the one that is shown, or shall be
    onward: bool = False  # the thanks are read

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Way":
        """From an address or a form; NotFound for what no page of ours writes."""
        skipped = tuple(_number(part) for part in str(given.get("ohne", "")).split(".") if part)
        if len(skipped) > SKIPPED or given.get("weiter", "1") != "1":
            raise NotFound
        cast, last, card = (_number(str(given.get(name, "0"))) for name in ("stimmen", "zuletzt", "karte"))
        return cls(str(given.get("punkt", ""))[:20], skipped, cast, last, card, "weiter" in given)

    @property
    def fields(self) -> dict[str, str]:
        """What `read` reads, as far as there is something to say."""
        said = {
            "punkt": self.point,
            "ohne": ".".join(map(str, self.skipped)),
            "stimmen": self.votes,
            "zuletzt": self.last,
            "karte": self.card,
            "weiter": int(self.onward),
        }
        return {name: str(value) for name, value in said.items() if value}

    @property
    def rests(self) -> bool:
        """Ten more votes are cast: time for thanks."""
        return self.votes > 0 and self.votes % PAUSE == 0 and not self.onward

    def on(self) -> "Way":
        return replace(self, onward=True)

    def voted(self) -> "Way":
        kept = tuple(one for one in self.skipped if one != self.card)
        return replace(self, skipped=kept, votes=self.votes + 1, last=self.card, card=0, onward=False)

    def skip(self) -> "Way":
        kept = (*(one for one in self.skipped if one != self.card), self.card)[-SKIPPED:]
        return replace(self, skipped=kept, card=0, onward=True)

    def undone(self) -> "Way":
        return replace(self, votes=max(0, self.votes - 1), last=0, card=self.last, onward=True)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return int(text)


@dataclass(frozen=True)
class Hand:
    """What the page of cards shows: the card, if there is one, what was voted on last, and how far one is."""

    card: Record | None
    last: Record | None
    ballot: votes.Ballot
    done: int
    total: int
    again: bool  # the card had been skipped


_POINTS = (
    select(Point.code, Point.thread_id, Thread.closed_at)
    .join(Thread, Thread.id == Point.thread_id)
    .where(Point.consultation_id == bindparam("consultation"))
)
_CARDS = (
    select(
        *comments.columns(Comment, Person),
        Comment.thread_id,
        Point.code,
        Point.title.label("point_title"),
        Point.text.label("point_text"),
    )
    .join(Point, Point.thread_id == Comment.thread_id)
    .outerjoin(Person, Person.id == Comment.author_id)
    .where(
        Comment.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        Point.consultation_id == bindparam("consultation"),
        Comment.parent_id.is_(None),
        comments.visible_to(comments.INSIDE),
    )
)


async def deal(
    db: AsyncConnection, counter: tallies.Counter, entry: Entry, person_id: int | None, way: Way
) -> Hand:
    """The next card of an open consultation for a person who was let into it; NotFound for a point it does
    not have."""
    points = (await db.execute(_POINTS, {"consultation": entry.id})).all()
    chosen = [each.thread_id for each in points if way.point in ("", each.code)]
    if way.point and not chosen:
        raise NotFound
    chosen = [each.thread_id for each in points if each.thread_id in chosen and each.closed_at is None]
    kept = await counter.of(dict.fromkeys(chosen, entry.ended))
    seen = await cards.seen(db, person_id or 0)
    deck = cards.Deck([kept[one] for one in chosen], alike=entry.sealed)
    drawn = _drawn(deck, seen, way)
    ids = {"ids": [*drawn, way.last], "consultation": entry.id}
    found = {row.id: row for row in await db.execute(_CARDS, ids)}
    card = next((found[one] for one in drawn if one in found), None)
    last = found.get(way.last) if way.last in seen.voted else None
    shown = await votes.ballots(
        db, person_id, [last.id] if last else [], ended=entry.ended, sealed=entry.sealed
    )
    if last is not None and shown[last.id].mine is None:  # taken back meanwhile, in another window
        last = None
    done, total = deck.progress(seen)
    again = card is not None and card.id in way.skipped
    return Hand(card, last, shown[way.last], done, total, again)


def _drawn(deck: cards.Deck, seen: cards.Seen, way: Way) -> list[int]:
    """The wanted card, then drawn ones; those that were skipped only when nothing else is left, and the one
    skipped just now last."""
    if way.rests:
        return []
    wanted = [way.card] if way.card and way.card not in seen.all else []
    for skipped in (way.skipped, way.skipped[-1:], ()):
        if drawn := deck.draw(seen.all | set(skipped), AT_ONCE):
            return wanted + drawn
    return wanted
