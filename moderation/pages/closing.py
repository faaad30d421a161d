"""Close a thread before its time, with rule and reasons, and open it again."""

from starlette.responses import Response
from wtforms import TextAreaField

from dialogue.kit.database import Record
from dialogue.kit.errors import Invalid
from dialogue.kit.forms import GermanForm, WholeField, plain
from dialogue.roles import MODERATORS
from dialogue.web import Page, get, path, post
from moderation import closing, rules


class ClosingForm(GermanForm):
    rule = WholeField("Regel")
    reasons = TextAreaField("Begründung für alle", filters=[plain])


async def _thread(page: Page) -> Record:
    return await closing.find(page.db, page.params["thread"], page.viewer)


async def thread(page: Page) -> Response:
    return await _show(page, await _thread(page), ClosingForm())


async def _show(page: Page, found: Record, form: ClosingForm, status: int = 200) -> Response:
    return page.render(
        "moderation/thread.html",
        status=status,
        thread=found,
        history=await closing.history(page.db, found.id),
        rules=await rules.of(page.db, found.id),
        form=form,
    )


async def close(page: Page) -> Response:
    found, form = await _thread(page), page.filled(ClosingForm)
    try:
        await closing.close(page.db, page.me, found, form.rule.data, form.reasons.data or "")
    except Invalid as error:
        form.refuse(error)
        return await _show(page, found, form, 422)
    return page.redirect(path("thread_closing", thread=found.id))


async def reopen(page: Page) -> Response:
    found, form = await _thread(page), page.filled(ClosingForm)
    try:
        await closing.reopen(page.db, page.me, found, form.reasons.data or "")
    except Invalid as error:
        form.refuse(error)
        return await _show(page, found, form, 422)
    return page.redirect(path("thread_closing", thread=found.id))


ROUTES = [
    get("/moderation/faden/{thread:int}", thread, name="thread_closing", access=MODERATORS),
    post("/moderation/faden/{thread:int}/schliessen", close, name="close_thread", access=MODERATORS),
    post("/moderation/faden/{thread:int}/oeffnen", reopen, name="open_thread", access=MODERATORS),
]
