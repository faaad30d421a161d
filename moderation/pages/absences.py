"""Moderators note when they are away, and who stands in for them."""

from datetime import date

from starlette.responses import Response
from wtforms import SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dialogue import absences
from dialogue.kit.errors import Invalid
from dialogue.kit.forms import GermanForm, day_field
from dialogue.roles import MODERATORS
from dialogue.web import Page, get, path, post


class AbsenceForm(GermanForm):
    first = day_field("Erster Tag")
    last = day_field("Letzter Tag")
    deputy = SelectField("Vertretung", coerce=int)


async def with_deputies(page: Page, form: AbsenceForm, person_id: int) -> AbsenceForm:
    """The form with all who could stand in."""
    others = await absences.deputies(page.db, person_id)
    by_address = "admin" in page.me.roles  # colleagues know each other by their pseudonyms only
    form.deputy.choices = [SelectChoice(row.id, row.email if by_address else row.pseudonym) for row in others]
    return form


async def noted(page: Page, form: AbsenceForm, person_id: int) -> bool:
    """Whether it was noted; else the form says why not."""
    await with_deputies(page, form, person_id)
    if not form.validate():
        return False
    first, last = form.first.data or date.min, form.last.data or date.min
    try:
        await absences.add(page.db, person_id, form.deputy.data, first=first, last=last, by=page.me.id)
    except Invalid as error:
        form.refuse(error)
        return False
    return True


async def own_absences(page: Page) -> Response:
    return await _own_absences(page, await with_deputies(page, AbsenceForm(), page.me.id))


async def _own_absences(page: Page, form: AbsenceForm, status: int = 200) -> Response:
    ahead = await absences.ahead(page.db, page.me.id)
    return page.render("moderation/absences.html", status=status, absences=ahead, form=form)


async def add_own_absence(page: Page) -> Response:
    form = page.filled(AbsenceForm)
    if await noted(page, form, page.me.id):
        return page.redirect(path("own_absences"))
    return await _own_absences(page, form, 422)


async def end_own_absence(page: Page) -> Response:
    await absences.end(page.db, page.me.id, page.params["absence"], page.me.id)
    return page.redirect(path("own_absences"))


ROUTES = [
    get("/moderation/vertretung", own_absences, name="own_absences", access=MODERATORS),
    post("/moderation/vertretung", add_own_absence, name="add_own_absence", access=MODERATORS),
    post(
        "/moderation/vertretung/{absence:int}/beenden",
        end_own_absence,
        name="end_own_absence",
        access=MODERATORS,
    ),
]
