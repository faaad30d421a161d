"""Object to a decision on one's own contribution: from the account, or with number and secret of the receipt."""

from starlette.responses import Response
from wtforms import HiddenField, TextAreaField

from dialogue import comments, limits
from dialogue.comments import MAX_LENGTH
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.kit.forms import GermanForm, plain, ruled
from dialogue.roles import EVERYONE, VOICES
from dialogue.web import Page, answer, get, path, post
from moderation import appeals
from moderation.pages.intake import own


class AppealForm(GermanForm):
    text = TextAreaField("Ihre Beschwerde", filters=[plain], validators=[ruled(appeals.explained)])
    number = HiddenField()
    secret = HiddenField()


async def appeal(page: Page) -> Response:
    comment = await own(page)
    decision = await appeals.contested(page.db, comment)
    if decision.appealed_at is not None:
        return page.redirect(path("comment", number=comment.number))
    return _form(page, comment, decision, AppealForm())


def _form(page: Page, comment: Record, decision: Record, form: AppealForm, status: int = 200) -> Response:
    context = {"comment": comment, "decision": decision, "form": form, "most": MAX_LENGTH}
    return page.render("moderation/appeal.html", status=status, **context)


async def do_appeal(page: Page) -> Response:
    comment = await own(page)
    decision, form = await appeals.contested(page.db, comment), page.filled(AppealForm)
    if decision.appealed_at is None:
        if not form.validate():
            return _form(page, comment, decision, form, 422)
        await appeals.file(page.db, comment, form.text.data or "", person_id=page.speaker.id)
    return page.redirect(path("comment", number=comment.number))


async def appeal_by_receipt(page: Page) -> Response:
    """With the receipt: first the form, then, with a text, the appeal itself. The secret travels by POST alone."""
    form = page.filled(AppealForm)
    if page.house.settings.limits:
        await limits.take(page.db, limits.RECEIPT_ADDRESS, page.address_key)
    try:
        comment = await comments.opened_by_receipt(page.db, form.number.data or "", form.secret.data or "")
    except NotFound as error:  # an answer, not a refusal: the try counts
        error.may_pass = False
        return await answer(page.request, error, page.form)
    decision = await appeals.contested(page.db, comment)
    if decision.appealed_at is None:
        if "text" not in page.form:
            return _form(page, comment, decision, form)
        if not form.validate():
            return _form(page, comment, decision, form, 422)
        await appeals.file(page.db, comment, form.text.data or "", person_id=None)
    return page.render("moderation/appealed.html", comment=comment)


ROUTES = [
    get("/beitraege/{number}/beschwerde", appeal, name="appeal", access=VOICES),
    post("/beitraege/{number}/beschwerde", do_appeal, name="do_appeal", access=VOICES),
    post("/beitrag/beschwerde", appeal_by_receipt, name="appeal_by_receipt", access=EVERYONE),
]
