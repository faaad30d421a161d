"""Put a contribution that says the same under another one, and take it out again."""

from starlette.responses import Response

from dialogue.kit.errors import Invalid
from dialogue.roles import MODERATORS
from dialogue.web import Page, path, post
from moderation import merges
from moderation.pages.cases import EntryForm, asked, found, show


async def merge(page: Page) -> Response:
    comment, form = await found(page), page.filled(EntryForm)
    try:
        await merges.merge(page.db, page.me, comment, form.entry.data or "")
    except Invalid as error:
        form.refuse(error)
        return await show(page, comment, entry=form, status=422)
    return page.redirect(path("case", number=comment.number, **asked(page)))


async def unmerge(page: Page) -> Response:
    comment = await found(page)
    await merges.undo(page.db, page.me, comment)
    return page.redirect(path("case", number=comment.number, **asked(page)))


ROUTES = [
    post("/moderation/{number}/zusammenfuehren", merge, name="merge", access=MODERATORS),
    post("/moderation/{number}/trennen", unmerge, name="unmerge", access=MODERATORS),
]
