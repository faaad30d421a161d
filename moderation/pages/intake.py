"""Write, reply, edit, withdraw; the receipt."""

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
from dialogue.roles import EVERYONE, PEOPLE
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
) -> Response:
    if parent or (editing and editing.parent_id):
        form.text.label.text = "Ihre Antwort"
    context = {
        "parent": parent,
        "editing": editing,
        "preview": preview,
        "told": told or guard.told(preview),
        "max_length": MAX_LENGTH,
    }
    return page.render("moderation/write.html", status=status, thread=thread, form=form, **context)


async def write(page: Page) -> Response:
    thread = await threads.open_for_writing(page.db, page.params["thread"], page.me.id)
    standing = await stances.standing(page.db, page.me.id, thread.id)
    return _form(page, thread, CommentForm(data={"stance": STANCES.get(standing.mine)}))


async def do_write(page: Page) -> Response:
    return await _submit(page, page.params["thread"], None)


async def reply(page: Page) -> Response:
    parent = await comments.reply_parent(page.db, page.params["number"], page.me.id)
    return _form(
        page,
        await threads.open_for_writing(page.db, parent.thread_id, page.me.id),
        CommentForm(),
        parent=parent,
    )


async def do_reply(page: Page) -> Response:
    parent = await comments.reply_parent(page.db, page.params["number"], page.me.id)
    return await _submit(page, parent.thread_id, parent)


async def _submit(page: Page, thread_id: int, parent: Record | None) -> Response:
    form, once = page.filled(CommentForm), page.once()
    thread = await threads.get(page.db, thread_id, page.me.id)
    form.once.data = str(once)
    try:
        if page.form.get("action") == "preview":
            text = comments.checked(form.text.data or "")
            return _form(page, threads.must_be_open(thread), form, parent=parent, preview=text)
        if told := guard.stopped(page, form.text):
            return _form(
                page, threads.must_be_open(thread), form, parent=parent, told=told, status=told.status
            )
        draft = _draft(page, form, once, thread=thread, parent=parent)
        added = await intake.submit(page.db, page.me, draft)
    except Invalid as error:
        form.refuse(error)
        return _form(page, thread, form, parent=parent, status=422)
    return page.render(
        "dialogue/receipt.html", added=added, secret=draft.secret, thread=thread, next_by=NEXT_BY
    )


def _draft(
    page: Page, form: CommentForm, once: UUID, *, thread: Record, parent: Record | None
) -> intake.Draft:
    text = form.text.data or ""
    key = intake.key(once, text)
    return intake.Draft(
        thread=thread,
        text=text,
        once=key,
        secret=tokens.receipt_secret(page.house.settings.key, str(page.me.id), str(key)),
        parent_id=parent.id if parent else None,
        stance=votes.CHOICES.get(form.stance.data or ""),
    )


async def _own(page: Page) -> Record:
    comment = await comments.by_number(page.db, page.params["number"], page.viewer)
    if comment.author_id != page.me.id:
        raise NotFound
    return comment


async def edit(page: Page) -> Response:
    comment = await _own(page)
    if comment.status != "pending":
        raise comments.Decided
    thread = await threads.open_for_writing(page.db, comment.thread_id, page.me.id)
    return _form(page, thread, CommentForm(data={"text": comment.text}), editing=comment)


async def do_edit(page: Page) -> Response:
    comment, form = await _own(page), page.filled(CommentForm)
    thread = await threads.get(page.db, comment.thread_id, page.me.id)
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
    comment = comments.withdrawable(await _own(page))
    thread = await threads.get(page.db, comment.thread_id, page.me.id)
    return page.render("moderation/withdraw.html", comment=comment, thread=thread)


async def do_withdraw(page: Page) -> Response:
    comment = await _own(page)
    await intake.withdraw(page.db, comment, page.me.id)
    return page.redirect(path("comment", number=comment.number))


async def receipt(page: Page) -> Response:
    form = ReceiptForm(data={"number": page.query.get("nummer", "")[:20]})
    return page.render("dialogue/receipt_open.html", form=form, comment=None, decision=None)


async def open_receipt(page: Page) -> Response:
    """Number and secret, by POST: state, reasons, and taking the contribution back."""
    form = page.filled(ReceiptForm)
    if not form.validate():
        return page.render("dialogue/receipt_open.html", status=422, form=form, comment=None, decision=None)
    if page.house.settings.limits:
        await limits.take(page.db, limits.RECEIPT_ADDRESS, page.address_key)
    try:
        comment = await comments.opened_by_receipt(page.db, str(form.number.data), str(form.secret.data))
    except NotFound as error:
        form.refuse(Invalid(error.text, field="secret"))
        return page.render("dialogue/receipt_open.html", status=404, form=form, comment=None, decision=None)
    if page.form.get("action") == "withdraw":
        answer = _opened(page, form, comment, state="withdrawn")
        await intake.withdraw(page.db, comment, None)
        return answer
    decision = await records.latest(page.db, comment.id)
    return _opened(page, form, comment, state=comment.status, decision=decision)


def _opened(
    page: Page, form: ReceiptForm, comment: Record, *, state: str, decision: Record | None = None
) -> Response:
    return page.render(
        "dialogue/receipt_open.html", form=form, comment=comment, state=state, decision=decision
    )


ROUTES = [
    get("/faden/{thread:int}/schreiben", write, name="write", access=PEOPLE),
    post("/faden/{thread:int}/schreiben", do_write, name="do_write", access=PEOPLE),
    get("/beitraege/{number}/antworten", reply, name="write_reply", access=PEOPLE),
    post("/beitraege/{number}/antworten", do_reply, name="do_reply", access=PEOPLE),
    get("/beitraege/{number}/bearbeiten", edit, name="edit", access=PEOPLE),
    post("/beitraege/{number}/bearbeiten", do_edit, name="do_edit", access=PEOPLE),
    get("/beitraege/{number}/zurueckziehen", withdraw, name="withdraw", access=PEOPLE),
    post("/beitraege/{number}/zurueckziehen", do_withdraw, name="do_withdraw", access=PEOPLE),
    get("/beitrag", receipt, name="receipt", access=EVERYONE),
    post("/beitrag", open_receipt, name="open_receipt", access=EVERYONE),
]
