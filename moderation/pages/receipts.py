"""What one can do with a contribution of one's own beside taking it back: change it with the receipt, delete it,
take it over into an account."""

import re
from io import BytesIO

import segno
from starlette.requests import Request
from starlette.responses import Response

from dialogue import comments, guests, threads
from dialogue.comments import Viewer
from dialogue.kit import tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import Invalid, NotFound
from dialogue.roles import EVERYONE, PEOPLE, VOICES
from dialogue.web import Page, alone, get, path, post
from moderation import erasure, intake
from moderation.pages import guard
from moderation.pages.intake import (
    CommentForm,
    ReceiptForm,
    by_receipt,
    edit_form,
    not_opened,
    opened,
    own,
    receipt,
)

NUMBER = re.compile(f"[{tokens.CROCKFORD}]{{3}}-[{tokens.CROCKFORD}]{{3}}")
_NO_MORE = NotFound(
    "Diesen Beitrag gibt es nicht oder nicht mehr. Wenn Sie ihn eben selbst gelöscht haben, hat das geklappt."
)


async def erase(page: Page) -> Response:
    """Asks first: what is deleted does not come back."""
    comment = await own(page)
    return await _asked(page, comment)


async def do_erase(page: Page) -> Response:
    try:
        comment = await own(page)
    except NotFound:
        raise _NO_MORE from None
    return await _erased(page, comment, page.person_id)


async def erase_by_receipt(page: Page) -> Response:
    """The same with number and secret: asked the first time, done when that is answered."""
    form = page.filled(ReceiptForm)
    try:
        comment = await by_receipt(page, form)
    except (Invalid, NotFound) as error:
        return not_opened(page, form, error.status)
    if page.form.get("sure") != "yes":
        return await _asked(page, comment, form)
    return await _erased(page, comment, comment.author_id)


async def _asked(page: Page, comment: Record, form: ReceiptForm | None = None) -> Response:
    thread = await _thread(page, comment, comment.author_id)
    return page.render("moderation/erase.html", comment=comment, thread=thread, receipt=form)


async def _erased(page: Page, comment: Record, author_id: int | None) -> Response:
    thread = await _thread(page, comment, author_id)
    answer = page.render("moderation/erased.html", comment=comment, thread=thread)
    await erasure.erase(page.db, comment)
    return answer


async def _thread(page: Page, comment: Record, author_id: int | None) -> Record | None:
    """Where it was said; None for somebody whom the circle no longer lets in: it may be deleted all the same."""
    try:
        return await threads.get(page.db, comment.thread_id, author_id)
    except NotFound:
        return None


async def edit_by_receipt(page: Page) -> Response:
    """New words with number and secret, as long as nobody has decided on the old ones."""
    form, paper = page.filled(CommentForm), page.filled(ReceiptForm)
    sent = "text" in page.form
    try:
        comment = await by_receipt(page, paper)
    except (Invalid, NotFound) as error:
        return not_opened(page, paper, error.status, text=form.text.data or "")
    if comment.status != "pending":
        raise comments.Decided
    thread = threads.must_be_open(await threads.get(page.db, comment.thread_id, comment.author_id))
    if not sent:
        return edit_form(page, thread, CommentForm(data={"text": comment.text}), comment, receipt=paper)
    try:
        if page.form.get("action") == "preview":
            text = comments.checked(form.text.data or "")
            return edit_form(page, thread, form, comment, receipt=paper, preview=text)
        if told := guard.stopped(page, form.text):
            return edit_form(page, thread, form, comment, receipt=paper, told=told, status=told.status)
        await intake.edit(page.db, comment, form.text.data or "")
    except Invalid as error:
        form.refuse(error)
        return edit_form(page, thread, form, comment, receipt=paper, status=422)
    new = await comments.by_number(page.db, comment.number, Viewer(moderates=True))
    return await opened(page, paper, new)


async def take_over(page: Page) -> Response:
    """From now on the contribution belongs to the account that is signed in."""
    form = page.filled(ReceiptForm)
    try:
        comment = await by_receipt(page, form)
    except (Invalid, NotFound) as error:
        return not_opened(page, form, error.status)
    await comments.take_over(page.db, comment.id, page.me.id)
    if comment.author_id not in {None, page.me.id}:
        await guests.leave(page.db, comment.author_id)
    return page.redirect(path("comment", number=comment.number))


def code(request: Request) -> Response:
    """The address of a contribution's page for a camera; the number stands in it, the secret never."""
    number = tokens.number(request.path_params["number"])
    if not NUMBER.fullmatch(number):
        raise NotFound
    origin = request.app.state.house.settings.origin
    drawn = BytesIO()
    segno.make_qr(f"{origin}{path('receipt', nummer=number)}", error="m").save(
        drawn, kind="svg", light="white", xmldecl=False
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")


ROUTES = [
    alone("/beitrag/code/{number}.svg", code, name="receipt_code", access=EVERYONE),
    get("/beitraege/{number}/loeschen", erase, name="erase", access=VOICES),
    post("/beitraege/{number}/loeschen", do_erase, name="do_erase", access=VOICES),
    get("/beitrag/loeschen", receipt, name="erase_opened", access=EVERYONE),
    post("/beitrag/loeschen", erase_by_receipt, name="erase_by_receipt", access=EVERYONE),
    get("/beitrag/bearbeiten", receipt, name="edit_opened", access=EVERYONE),
    post("/beitrag/bearbeiten", edit_by_receipt, name="edit_by_receipt", access=EVERYONE),
    post("/beitrag/uebernehmen", take_over, name="take_over", access=PEOPLE),
]
