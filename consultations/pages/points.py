"""A point with its thread, and one contribution with its replies."""

from starlette.responses import Response

from consultations import strategy
from dialogue import comments, listing, stances, threads, votes
from dialogue.kit import tokens
from dialogue.kit.errors import NotFound
from dialogue.roles import EVERYONE
from dialogue.web import Page, get, path
from moderation import decisions

SORTS = ("mixed", "newest")


def _seed(page: Page) -> int:
    """One order per visitor, so that nobody is first for everybody."""
    token = page.request.cookies.get(page.house.cookie)
    client = page.request.client.host if page.request.client else ""
    return int.from_bytes(tokens.keyed(page.house.settings.key, "seed", token or client)[:4])


async def point(page: Page) -> Response:
    """The text, one's stance, and a page of contributions with what may be seen of their votes."""
    sort = page.query.get("sort", "mixed")
    if sort not in SORTS:
        raise NotFound
    person_id = page.person_id
    found = await strategy.point(page.db, page.params["code"], person_id)
    shown = await listing.page(
        page.db, found.thread_id, sort, _seed(page), page.query.get("weiter", ""), gaps=found.gaps
    )
    waiting = await comments.waiting(page.db, person_id, found.thread_id) if person_id and found.waits else []
    return page.render(
        "consultations/point.html",
        point=found,
        stance=await stances.standing(page.db, person_id, found.thread_id),
        listing=shown,
        ballots=await votes.ballots(
            page.db, person_id, shown.ids, ended=found.thread_ended, sealed=found.thread_sealed
        ),
        viewer_id=person_id,
        responses=await strategy.answers_in(page.db, found.thread_id) if found.thread_ended else {},
        waiting=waiting,
        sort=sort,
        more=path("point", code=found.code, sort=sort, weiter=shown.cursor) if shown.cursor else None,
    )


async def comment(page: Page) -> Response:
    """One contribution with all its replies; to its author also the decision on it."""
    found = await comments.by_number(page.db, page.params["number"], page.viewer)
    person_id = page.person_id
    thread = await threads.get(page.db, found.thread_id, page.person_id)
    replies = await listing.replies(page.db, found.id, page.number("nach"))
    ids = [found.id, *(reply.id for reply in replies)]
    mine = person_id is not None and found.author_id == person_id
    return page.render(
        "dialogue/comment.html",
        comment=found,
        thread=thread,
        parent=await comments.by_id(page.db, found.parent_id) if found.parent_id else None,
        replies=replies[: listing.PAGE],
        more=path("comment", number=found.number, nach=replies[-2].id)
        if len(replies) > listing.PAGE
        else None,
        ballots=await votes.ballots(page.db, person_id, ids, ended=thread.ended, sealed=thread.sealed),
        viewer_id=person_id,
        response=await strategy.response(page.db, found.number),
        decision=await decisions.latest(page.db, found.id) if mine else None,
    )


ROUTES = [
    get("/punkte/{code}", point, name="point", access=EVERYONE),
    get("/beitraege/{number}", comment, name="comment", access=EVERYONE),
]
