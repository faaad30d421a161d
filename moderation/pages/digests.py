"""Moderators choose how often a mail tells them what waits."""

from starlette.responses import Response
from wtforms import RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired

from dialogue.kit.forms import GermanForm
from dialogue.roles import MODERATORS
from dialogue.web import Page, get, path, post
from moderation import digests

RHYTHMS = {
    "at_once": "sofort, spätestens nach fünf Minuten",
    "hourly": "höchstens einmal in der Stunde",
    "daily": "einmal am Tag, morgens um sieben",
    "never": "gar nicht",
}


class RhythmForm(GermanForm):
    rhythm = RadioField(
        "Wann möchten Sie eine E-Mail bekommen?",
        choices=[SelectChoice(value, label) for value, label in RHYTHMS.items()],
        validators=[InputRequired("Bitte wählen Sie eine der Möglichkeiten.")],
    )


async def own_mails(page: Page) -> Response:
    found = await digests.setting(page.db, page.me.id)
    form = RhythmForm(data={"rhythm": found.rhythm if found else digests.DEFAULT})
    return await _mails(page, form)


async def _mails(page: Page, form: RhythmForm, status: int = 200) -> Response:
    setting = await digests.setting(page.db, page.me.id)
    return page.render(
        "moderation/mails.html",
        status=status,
        form=form,
        saved=RHYTHMS[setting.rhythm] if setting and "gespeichert" in page.query else "",
        sent_at=setting.sent_at if setting else None,
        hours=page.house.city.moderation.answer_within_hours,
    )


async def set_own_mails(page: Page) -> Response:
    form = page.filled(RhythmForm)
    if not form.validate():
        return await _mails(page, form, 422)
    await digests.set_rhythm(page.db, page.me.id, str(form.rhythm.data))
    return page.redirect(path("own_mails", gespeichert=1))


ROUTES = [
    get("/moderation/mails", own_mails, name="own_mails", access=MODERATORS),
    post("/moderation/mails", set_own_mails, name="set_own_mails", access=MODERATORS),
]
