"""Hints of coordinated voting, shown to moderators: what was seen, and that it may be chance."""

from datetime import datetime

from starlette.responses import Response

from dialogue.roles import MODERATORS
from dialogue.web import Page, get
from moderation import hints


async def vote_hints(page: Page) -> Response:
    found = [
        (row, *(datetime.fromisoformat(row.detail[name]) for name in ("begins", "ends")))
        for row in await hints.seen(page.db, page.viewer)
    ]
    return page.render("moderation/hints.html", hints=found)


ROUTES = [get("/moderation/hinweise", vote_hints, name="vote_hints", access=MODERATORS)]
