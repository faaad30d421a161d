"""The orders a reader may choose for a thread, and a page in the chosen one."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import listing, tallies, votes
from dialogue.kit.errors import NotFound
from dialogue.listing import Listing

BY_VOTES = ("agreed", "divided")
SORTS = ("mixed", "newest", *BY_VOTES)


@dataclass(frozen=True)
class Asked:
    """A thread as its reader meets it: what the orders depend on."""

    thread_id: int
    is_open: bool
    ended: bool
    sealed: bool
    gaps: bool
    person_id: int | None
    seed: int

    @property
    def offers(self) -> tuple[str, ...]:
        """By votes: after the end for everyone; while it is open for who may have voted; sealed for nobody."""
        shown = not self.sealed and (self.ended or (self.is_open and self.person_id is not None))
        return SORTS if shown else SORTS[:2]


async def page(
    db: AsyncConnection, counter: tallies.Counter, asked: Asked, sort: str, cursor: str = ""
) -> Listing:
    """A page of the thread; NotFound for an order that is not offered, and for a page behind the last one."""
    if sort not in asked.offers:
        raise NotFound
    if sort in BY_VOTES:
        found = await _by_votes(db, counter, asked, sort, cursor)
    else:
        found = await listing.page(db, asked.thread_id, sort, asked.seed, cursor, gaps=asked.gaps)
    if cursor and not found.top:
        raise NotFound
    return found


async def _by_votes(
    db: AsyncConnection, counter: tallies.Counter, asked: Asked, sort: str, cursor: str
) -> Listing:
    """While it is open, only what the reader has voted on: there they may see the tally."""
    kept = (await counter.of({asked.thread_id: asked.ended}))[asked.thread_id]
    order = kept.agreed if sort == "agreed" else kept.divided
    if not asked.ended:
        voted = await votes.voted(db, asked.person_id or 0)
        order = [each for each in order if each.id in voted]
    return await listing.ranked(db, asked.thread_id, order, cursor, gaps=asked.gaps and asked.ended)
