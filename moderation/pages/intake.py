"""Write, reply, edit, withdraw; the receipt."""

from typing import Any
from uuid import UUID

from starlette.responses import Response
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired, Optional

from dialogue import comments, limits, stances, threads, votes
from dialogue.comments import MAX_LENGTH
from dialogue.kit import tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import Invalid, NotFound
from dialogue.kit.forms import GermanForm, plain
from dialogue.pages import guests
from dialogue.roles import EVERYONE, VOICES
from dialogue.web import Page, get, path, post
from moderation import intake, records
from moderation.pages import guard

STANCES: dict[int | None, str] = {value: name for name, value in votes.CHOICES.items()}
NEXT_BY = "in der Regel innerhalb eines Werktags"


class CommentForm(GermanForm):
    text = TextAreaField("Ihr Beitrag", filters=[plain])
    stance = RadioField(
        "Ihre Haltung zu diesem Punkt",
        choices=[
            SelectChoice("agree", "Zustimmung"),
            SelectChoice("pass", "neutral"),
            SelectChoice("disagree", "Ablehnung"),
        ],
        validators=[Optional()],
    )


class ReceiptForm(GermanForm):
    number = StringField(
        "Beitragsnummer", validators=[InputRequired("Bitte geben Sie die Beitragsnummer ein.")]
    )
    secret = StringField(
        "Schlüssel vom Beleg", validators=[InputRequired("Bitte geben Sie den Schlüssel ein.")]
    )


def _form(
    page: Page,
    thread: Record,
    form: CommentForm,
    *,
    status: int = 200,
    preview: str = "",
    parent: Record | None = None,
    editing: Record | None = None,
    told: guard.Told | None = None,
    receipt: ReceiptForm | None = None,
) -> Response:
    if parent or (editing and editing.parent_id):
        form.text.label.text = "Ihre Antwort"
    context = {
        "parent": parent,
        "editing": editing,
        "receipt": receipt,
        "preview": preview,
        "told": told or guard.told(preview),
        "max_length": MAX_LENGTH,
        "guest": page.person is None,
    }
    return page.render("moderation/write.html", status=status, thread=thread, form=form, **context)


def edit_form(page: Page, thread: Record, form: CommentForm, comment: Record, **more: Any) -> Response:
    """The form for new words of a contribution that waits; `receipt`: opened with number and secret."""
    return _form(page, thread, form, editing=comment, **more)


async def write(page: Page) -> Response:
    thread = threads.must_be_open(await guests.place(page, page.params["thread"], "guests_write"))
    standing = await stances.standing(page.db, page.person_id, thread.id)
    return _form(page, thread, CommentForm(data={"stance": STANCES.get(standing.mine)}))


async def do_write(page: Page) -> Response:
    return await _submit(page, await guests.place(page, page.params["thread"], "guests_write"), None)


async def reply(page: Page) -> Response:
    thread, parent = await _parent(page)
    return _form(page, threads.must_be_open(thread), CommentForm(), parent=parent)


async def do_reply(page: Page) -> Response:
    thread, parent = await _parent(page)
    return await _submit(page, thread, parent)


async def _parent(page: Page) -> tuple[Record, Record]:
    """The thread and the contribution that a reply is for."""
    thread = await guests.place_of(page, page.params["number"], "guests_write")
    return thread, await comments.reply_parent(page.db, page.params["number"], page.person_id)


async def _submit(page: Page, thread: Record, parent: Record | None) -> Response:
    form, once = page.filled(CommentForm), page.once()
    form.once.data = str(once)
    try:
        if page.form.get("action") == "preview":
            text = comments.checked(form.text.data or "")
            return _form(page, threads.must_be_open(thread), form, parent=parent, preview=text)
        if told := guard.stopped(page, form.text):
            return _form(
                page, threads.must_be_open(thread), form, parent=parent, told=told, status=told.status
            )
        key = intake.key(once, form.text.data or "")
        author = await guests.author(page, form.text.data or "", form=once, once=key)
        draft = _draft(page, form, key, author, thread=thread, parent=parent)
        added = await intake.submit(page.db, author.voice, draft)
    except Invalid as error:
        form.refuse(error)
        return _form(page, thread, form, parent=parent, status=422)
    return page.render(
        "dialogue/receipt.html", added=added, secret=draft.secret, thread=thread, next_by=NEXT_BY
    )


def _draft(
    page: Page, form: CommentForm, key: UUID, author: guests.Author, *, thread: Record, parent: Record | None
) -> intake.Draft:
    return intake.Draft(
        thread=thread,
        text=form.text.data or "",
        once=key,
        secret=tokens.receipt_secret(page.house.settings.key, str(author.voice.id), str(key)),
        unproved=author.unproved,
        parent_id=parent.id if parent else None,
        stance=votes.CHOICES.get(form.stance.data or ""),
    )


async def own(page: Page) -> Record:
    """The contribution of whoever asks, else NotFound."""
    author_id = page.speaker.id
    comment = await comments.by_number(page.db, page.params["number"], page.viewer)
    if comment.author_id != author_id:
        raise NotFound
    return comment


async def edit(page: Page) -> Response:
    comment = await own(page)
    if comment.status != "pending":
        raise comments.Decided
    thread = await threads.open_for_writing(page.db, comment.thread_id, page.speaker.id)
    return _form(page, thread, CommentForm(data={"text": comment.text}), editing=comment)


async def do_edit(page: Page) -> Response:
    comment, form = await own(page), page.filled(CommentForm)
    thread = await threads.get(page.db, comment.thread_id, page.speaker.id)
    try:
        if page.form.get("action") == "preview":
            text = comments.checked(form.text.data or "")
            return _form(page, threads.must_be_open(thread), form, editing=comment, preview=text)
        if told := guard.stopped(page, form.text):
            return _form(
                page, threads.must_be_open(thread), form, editing=comment, told=told, status=told.status
            )
        await intake.edit(page.db, comment, form.text.data or "")
    except Invalid as error:
        form.refuse(error)
        return _form(page, thread, form, editing=comment, status=422)
    return page.redirect(path("comment", number=comment.number))


async def withdraw(page: Page) -> Response:
    """Asks first: what is taken back stays taken back."""
    comment = comments.withdrawable(await own(page))
    thread = await threads.get(page.db, comment.thread_id, page.speaker.id)
    return page.render("moderation/withdraw.html", comment=comment, thread=thread)


async def do_withdraw(page: Page) -> Response:
    comment = await own(page)
    await intake.withdraw(page.db, comment, page.speaker.id)
    return page.redirect(path("comment", number=comment.number))


async def receipt(page: Page) -> Response:
    form = ReceiptForm(data={"number": page.query.get("nummer", "")[:20]})
    return not_opened(page, form, 200)


async def by_receipt(page: Page, form: ReceiptForm) -> Record:
    """The contribution whose number and secret were sent; Invalid or NotFound, said in the form, when there is none."""
    if not form.validate():
        raise Invalid
    if page.house.settings.limits:
        await limits.take(page.db, limits.RECEIPT_ADDRESS, page.address_key)
    try:
        return await comments.opened_by_receipt(page.db, str(form.number.data), str(form.secret.data))
    except NotFound as error:
        form.refuse(Invalid(error.text, field="secret"))
        raise


def not_opened(page: Page, form: ReceiptForm, status: int, *, text: str = "") -> Response:
    """The form again; `text`: what was typed to be stored, which is not lost."""
    return page.render(
        "dialogue/receipt_open.html", status=status, form=form, comment=None, decision=None, text=text
    )


async def open_receipt(page: Page) -> Response:
    """Number and secret, by POST: state, reasons, and what one can do with the contribution."""
    form = page.filled(ReceiptForm)
    try:
        comment = await by_receipt(page, form)
    except (Invalid, NotFound) as error:
        return not_opened(page, form, error.status)
    if page.form.get("action") == "withdraw":
        answer = _opened(page, form, comment, state="withdrawn")
        await intake.withdraw(page.db, comment, None)
        return answer
    return await opened(page, form, comment)


async def opened(page: Page, form: ReceiptForm, comment: Record) -> Response:
    """A contribution as its receipt shows it."""
    decision = await records.latest(page.db, comment.id)
    return _opened(page, form, comment, state=comment.status, decision=decision)


def _opened(
    page: Page, form: ReceiptForm, comment: Record, *, state: str, decision: Record | None = None
) -> Response:
    return page.render(
        "dialogue/receipt_open.html", form=form, comment=comment, state=state, decision=decision
    )


ROUTES = [
    get("/faden/{thread:int}/schreiben", write, name="write", access=VOICES),
    post("/faden/{thread:int}/schreiben", do_write, name="do_write", access=VOICES),
    get("/beitraege/{number}/antworten", reply, name="write_reply", access=VOICES),
    post("/beitraege/{number}/antworten", do_reply, name="do_reply", access=VOICES),
    get("/beitraege/{number}/bearbeiten", edit, name="edit", access=VOICES),
    post("/beitraege/{number}/bearbeiten", do_edit, name="do_edit", access=VOICES),
    get("/beitraege/{number}/zurueckziehen", withdraw, name="withdraw", access=VOICES),
    post("/beitraege/{number}/zurueckziehen", do_withdraw, name="do_withdraw", access=VOICES),
    get("/beitrag", receipt, name="receipt", access=EVERYONE),
    post("/beitrag", open_receipt, name="open_receipt", access=EVERYONE),
]
