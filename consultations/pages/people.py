"""Administration: people, their roles, blocks and absences."""

from datetime import date
from typing import Any

from starlette.responses import Response
from wtforms import SelectField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired

from consultations import rooms
from dialogue import absences, people
from dialogue.kit.errors import Invalid
from dialogue.kit.forms import GermanForm, day_field, email_field, plain
from dialogue.roles import ADMINS
from dialogue.web import Page, get, path, post
from moderation.pages.absences import AbsenceForm, noted, with_deputies

NAMES = {
    "moderator": "Moderation",
    "editor": "Redaktion",
    "panelist": "Expertengremium",
    "committee": "Ausschuss",
    "admin": "Verwaltung (IT)",
}
_ROLES = [SelectChoice(*each) for each in NAMES.items()]


class InviteForm(GermanForm):
    email = email_field("E-Mail-Adresse")
    role = SelectField("Rolle", choices=[SelectChoice("", "keine, nur ein Konto"), *_ROLES])
    where = SelectField("Gilt für")


class GrantForm(GermanForm):
    role = SelectField("Rolle", choices=_ROLES)
    where = SelectField("Gilt für")


class BlockForm(GermanForm):
    last_day = day_field("Letzter Tag der Sperre")
    why = TextAreaField(
        "Begründung",
        filters=[plain],
        validators=[InputRequired("Bitte begründen Sie die Sperre.")],
        description="Die Person liest sie in ihrem Konto und in einer E-Mail, ohne Konto beim nächsten Versuch.",
    )


async def _wheres(page: Page, form: Any) -> None:
    """Everywhere, or one of the consultations."""
    each = [SelectChoice(str(row.id), row.title) for row in await rooms.choices(page.db)]
    form.where.choices = [SelectChoice("", "alle Beteiligungen"), *each]


async def _room(page: Page, form: Any) -> int | None:
    return await rooms.of(page.db, int(form.where.data)) if form.where.data else None


async def start(page: Page) -> Response:
    return page.render("administration/start.html", figures=await people.figures(page.db))


# --- people -----------------------------------------------------------------------------------------


async def listing(page: Page) -> Response:
    kind, said = page.query.get("zeige", "team"), page.query.get("suche", "")
    found = await people.found(page.db, kind, said, page.number("vor"))
    shown = found[: people.PAGE]
    more = path("people", zeige=kind, suche=said, vor=shown[-1].id) if len(found) > people.PAGE else None
    return page.render(
        "administration/people.html", people=shown, more=more, kind=kind, said=said[:200], names=NAMES
    )


async def invite(page: Page) -> Response:
    form = InviteForm()
    await _wheres(page, form)
    return page.render("administration/invite.html", form=form)


async def do_invite(page: Page) -> Response:
    form = page.filled(InviteForm)
    await _wheres(page, form)
    if form.validate():
        try:
            people.must_fit(form.role.data, everywhere=not form.where.data)
            room_id = await _room(page, form) if form.role.data else None  # before: the journal comes last
            person_id = await people.invite(page.db, str(form.email.data), page.me.id)
            if form.role.data:
                await people.grant(page.db, person_id, form.role.data, room_id, page.me.id)
            return page.redirect(path("person", id=person_id))
        except Invalid as error:
            form.refuse(error)
    return page.render("administration/invite.html", status=422, form=form)


async def person(page: Page) -> Response:
    return await _person(page)


async def _person(page: Page, status: int = 200, **forms: Any) -> Response:
    found = await people.one(page.db, page.params["id"])
    grant = forms.get("grant") or GrantForm()
    await _wheres(page, grant)
    context: dict[str, Any] = {
        "person": found,
        "grants": await people.grants_of(page.db, found.id),
        "absences": await absences.ahead(page.db, found.id),
        "absence": forms.get("absence") or await with_deputies(page, AbsenceForm(), found.id),
        "block": forms.get("block") or BlockForm(),
        "grant": grant,
        "names": NAMES,
    }
    return page.render("administration/person.html", status=status, **context)


async def add_grant(page: Page) -> Response:
    form = page.filled(GrantForm)
    await _wheres(page, form)
    if not form.validate():
        return await _person(page, 422, grant=form)
    try:
        people.must_fit(form.role.data, everywhere=not form.where.data)
        room_id = await _room(page, form)
        await people.grant(page.db, page.params["id"], form.role.data, room_id, page.me.id)
    except Invalid as error:
        form.refuse(error)
        return await _person(page, 422, grant=form)
    return _back(page)


async def revoke(page: Page) -> Response:
    await people.revoke(page.db, page.params["id"], page.params["grant"], page.me.id)
    return _back(page)


async def invite_again(page: Page) -> Response:
    await people.invite_again(page.db, page.params["id"], page.me.id)
    return _back(page)


async def block(page: Page) -> Response:
    form = page.filled(BlockForm)
    if form.validate():
        try:
            last, why = form.last_day.data or date.min, str(form.why.data)
            await people.block(page.db, page.params["id"], last, why, page.me.id)
            return _back(page)
        except Invalid as error:
            form.refuse(error)
    return await _person(page, 422, block=form)


async def unblock(page: Page) -> Response:
    await people.unblock(page.db, page.params["id"], page.me.id)
    return _back(page)


def _back(page: Page) -> Response:
    return page.redirect(path("person", id=page.params["id"]))


# --- absences ---------------------------------------------------------------------------------------


async def add_absence(page: Page) -> Response:
    form = page.filled(AbsenceForm)
    done = await noted(page, form, page.params["id"])
    return _back(page) if done else await _person(page, 422, absence=form)


async def end_absence(page: Page) -> Response:
    await absences.end(page.db, page.params["id"], page.params["absence"], page.me.id)
    return _back(page)


_PERSON = "/verwaltung/personen/{id:int}"
ROUTES = [
    get("/verwaltung", start, name="administration", access=ADMINS),
    get("/verwaltung/personen", listing, name="people", access=ADMINS),
    get("/verwaltung/personen/einladen", invite, name="invite", access=ADMINS),
    post("/verwaltung/personen/einladen", do_invite, name="do_invite", access=ADMINS),
    get(_PERSON, person, name="person", access=ADMINS),
    post(f"{_PERSON}/rollen", add_grant, name="add_grant", access=ADMINS),
    post(f"{_PERSON}/rollen/{{grant:int}}/entziehen", revoke, name="revoke", access=ADMINS),
    post(f"{_PERSON}/einladung", invite_again, name="invite_again", access=ADMINS),
    post(f"{_PERSON}/sperren", block, name="block", access=ADMINS),
    post(f"{_PERSON}/entsperren", unblock, name="unblock", access=ADMINS),
    post(f"{_PERSON}/vertretung", add_absence, name="add_absence", access=ADMINS),
    post(f"{_PERSON}/vertretung/{{absence:int}}/beenden", end_absence, name="end_absence", access=ADMINS),
]
