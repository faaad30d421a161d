"""A point with its thread, and one contribution with its replies."""

from functools import partial
from typing import Any

from starlette.responses import Response

from consultations import strategy
from consultations.editing import wordings
from consultations.pages.shared import tallied
from dialogue import comments, listing, sorting, stances, threads, visits, votes
from dialogue.kit import clock, tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.orders import PAGE
from dialogue.roles import EVERYONE
from dialogue.web import Page, get, path
from moderation import closing, merges, records


def _seed(page: Page) -> int:
    """A place of each visitor's own in the mixed order, so that nobody is first for everybody."""
    token = page.request.cookies.get(page.house.cookie)
    client = page.request.client.host if page.request.client else ""
    return int.from_bytes(tokens.keyed(page.house.settings.key, "seed", token or client)[:8], signed=True)


async def point(page: Page) -> Response:
    """The text, one's stance, and a page of contributions with what may be seen of their votes."""
    person_id = page.person_id
    found = await strategy.point(page.db, page.params["code"], person_id)
    if "druck" in page.query:
        return await _on_paper(page, found)
    talk = await _talk(page, found, person_id)
    if page.person and found.visit_due:
        page.later(partial(visits.note, person_id=page.person.id, thread_id=found.thread_id))
    if page.is_htmx:
        return page.render("consultations/_talk.html", point=found, **talk)
    waiting = await comments.waiting(page.db, person_id, found.thread_id) if person_id and found.waits else []
    stance = await stances.standing(page.db, person_id, found.thread_id)
    closed = await closing.standing(page.db, found.thread_id) if found.thread_closed_at else None
    return page.render(
        "consultations/point.html", point=found, stance=stance, waiting=waiting, closed=closed, **talk
    )


async def _talk(page: Page, found: Record, person_id: int | None) -> dict[str, Any]:
    """A page of the thread, and what a reader sees at its contributions."""
    ended, sealed = found.thread_ended, found.thread_sealed
    asked = sorting.Asked(
        found.thread_id, found.thread_is_open, ended, sealed, found.gaps, person_id, _seed(page)
    )
    sort, cursor = page.query.get("sort", "mixed"), page.query.get("weiter", "")
    shown = await sorting.page(page.db, tallied(page), asked, sort, cursor)
    return {
        "listing": shown,
        "ballots": await votes.ballots(page.db, person_id, shown.ids, ended=ended, sealed=sealed),
        "viewer_id": person_id,
        "responses": await strategy.answers_in(page.db, found.thread_id) if ended else {},
        "merged": await merges.among(page.db, shown.ids) if found.merged else (),
        "sort": sort,
        "sorts": asked.offers,
        "more": path("point", code=found.code, sort=sort, weiter=shown.cursor) if shown.cursor else None,
    }


async def _on_paper(page: Page, found: Record) -> Response:
    """Everything on one page, without what one can press; the same for all who open it."""
    if page.query["druck"] != "1":
        raise NotFound
    shown, complete = await listing.whole(page.db, found.thread_id)
    ended, sealed = found.thread_ended, found.thread_sealed
    return page.render(
        "consultations/point_print.html",
        point=found,
        listing=shown,
        complete=complete,
        at=clock.now(),
        ballots=await votes.ballots(page.db, None, shown.ids, ended=ended, sealed=sealed),
        responses=await strategy.answers_in(page.db, found.thread_id) if ended else {},
        merged=await merges.among(page.db, shown.ids) if found.merged else (),
    )


async def comment(page: Page) -> Response:
    """One contribution with all its replies; to its author also the decision on it. In place: the replies
    after those that are shown already."""
    found = await comments.by_number(page.db, page.params["number"], page.viewer)
    person_id = page.person_id
    thread = await threads.get(page.db, found.thread_id, page.person_id)
    replies = await listing.replies(page.db, found.id, page.number("nach"))
    ids = [found.id, *(reply.id for reply in replies)]
    mine = person_id is not None and found.author_id == person_id
    talk: dict[str, Any] = {
        "comment": found,
        "thread": thread,
        "replies": replies[:PAGE],
        "more": path("comment", number=found.number, nach=replies[-2].id) if len(replies) > PAGE else None,
        "ballots": await votes.ballots(page.db, person_id, ids, ended=thread.ended, sealed=thread.sealed),
        "viewer_id": person_id,
        "merged": await merges.among(page.db, ids) if found.parent_id or replies else (),
    }
    if page.is_htmx:
        return page.render("dialogue/_replies.html", **talk)
    decision = await records.latest(page.db, found.id)
    return page.render(
        "dialogue/comment.html",
        **talk,
        parent=await comments.by_id(page.db, found.parent_id) if found.parent_id else None,
        response=await strategy.response(page.db, found.number),
        decision=decision if mine else None,
        restored_at=records.restored_at(decision),
    )


async def wording(page: Page) -> Response:
    """How the text of a point came to be: every public version, with what changed."""
    found = await strategy.point(page.db, page.params["code"], page.person_id)
    return page.render(
        "consultations/wording.html", point=found, steps=await wordings.of(page.db, found.code)
    )


ROUTES = [
    get("/punkte/{code}", point, name="point", access=EVERYONE),
    get("/punkte/{code}/verlauf", wording, name="wording", access=EVERYONE),
    get("/beitraege/{number}", comment, name="comment", access=EVERYONE),
]
