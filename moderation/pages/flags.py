"""Report a contribution, without an account; the receipt, and what became of the notice."""

from starlette.responses import Response
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired

from dialogue import limits, threads
from dialogue.kit import tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import Invalid, NotFound
from dialogue.kit.forms import GermanForm, email_field, plain, ruled
from dialogue.roles import EVERYONE
from dialogue.web import Page, get, post
from moderation import flags
from moderation.tables import CATEGORIES


class FlagForm(GermanForm):
    category = RadioField(
        "Worum geht es?",
        choices=[SelectChoice(name) for name in CATEGORIES],  # the template has the words
        validators=[InputRequired("Bitte wählen Sie, worum es geht.")],
    )
    text = TextAreaField(
        "Was stimmt an diesem Beitrag nicht?", filters=[plain], validators=[ruled(flags.explained)]
    )
    contact = email_field("Ihre E-Mail-Adresse", required=False)


class NoticeForm(GermanForm):
    number = StringField(
        "Meldungsnummer", validators=[InputRequired("Bitte geben Sie die Meldungsnummer ein.")]
    )
    secret = StringField(
        "Schlüssel vom Beleg", validators=[InputRequired("Bitte geben Sie den Schlüssel ein.")]
    )


async def report(page: Page) -> Response:
    comment = await flags.reportable(page.db, page.params["number"], page.person_id)
    return await _form(page, comment, FlagForm())


async def _form(page: Page, comment: Record, form: FlagForm, status: int = 200) -> Response:
    thread = await threads.get(page.db, comment.thread_id, page.person_id)
    most = flags.LONGEST
    return page.render(
        "moderation/flag.html", status=status, form=form, comment=comment, thread=thread, most=most
    )


async def do_report(page: Page) -> Response:
    """Store the notice; the receipt is shown only here, and again to the same submit."""
    comment = await flags.reportable(page.db, page.params["number"], page.person_id)
    form, once = page.filled(FlagForm), page.once()
    form.once.data = str(once)
    if not form.validate():
        return await _form(page, comment, form, 422)
    said = (form.category.data or "", form.text.data or "", form.contact.data or "")
    account = page.person.id if page.person else None  # a guest is a connection: sessions are easily had
    key = page.keyed("report", f"person {account}" if account else page.address_key.hex())
    notice = flags.Notice(said[0], said[1], said[2] or None, key, flags.once(once, *said), account)
    secret = tokens.receipt_secret(page.house.settings.key, "report", key.hex(), str(notice.once))
    filed = await flags.earlier(page.db, comment.id, notice)
    if filed is None:
        await _count(page, notice)
        filed = await flags.file(page.db, comment.id, notice, secret)
    return page.render("moderation/flagged.html", flag=filed, secret=secret, comment=comment)


async def _count(page: Page, notice: flags.Notice) -> None:
    if not page.house.settings.limits:
        return
    if page.person is not None:
        await limits.take(page.db, limits.REPORT_PERSON, notice.key)
    else:
        await limits.take(page.db, limits.REPORT_ADDRESS, notice.key)
    if notice.contact:
        await limits.take(page.db, limits.MAIL, page.keyed("mail", notice.contact.lower()))


async def notice(page: Page) -> Response:
    return page.render("moderation/notice.html", form=NoticeForm(), flag=None)


async def open_notice(page: Page) -> Response:
    """Number and secret, by POST: where the notice stands, and what came of it."""
    form = page.filled(NoticeForm)
    if not form.validate():
        return page.render("moderation/notice.html", status=422, form=form, flag=None)
    if page.house.settings.limits:
        await limits.take(page.db, limits.RECEIPT_ADDRESS, page.address_key)
    try:
        flag = await flags.opened(page.db, str(form.number.data), str(form.secret.data))
    except NotFound as error:
        form.refuse(Invalid(error.text, field="secret"))
        return page.render("moderation/notice.html", status=404, form=form, flag=None)
    return page.render("moderation/notice.html", form=form, flag=flag)


ROUTES = [
    get("/melden/{number}", report, name="report", access=EVERYONE),
    post("/melden/{number}", do_report, name="do_report", access=EVERYONE),
    get("/meldung", notice, name="notice", access=EVERYONE),
    post("/meldung", open_notice, name="open_notice", access=EVERYONE),
]
