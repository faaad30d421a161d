"""Administration: people and their roles, circles; absences and deputies of moderators."""

from collections.abc import Awaitable
from datetime import date
from typing import Any

from starlette.responses import Response
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired

from consultations import rooms
from dialogue import absences, circles, people
from dialogue.kit.errors import Invalid
from dialogue.kit.forms import GermanForm, email_field, plain
from dialogue.roles import ADMINS, MODERATORS
from dialogue.web import Page, get, path, post

NAMES = {
    "moderator": "Moderation",
    "editor": "Redaktion",
    "panelist": "Expertengremium",
    "committee": "Ausschuss",
    "admin": "Verwaltung (IT)",
}
_ROLES = [SelectChoice(*each) for each in NAMES.items()]
_DAY = InputRequired("Bitte wählen Sie einen Tag.")


def _date(label: str) -> DateField:
    return DateField(label, validators=[_DAY], render_kw={"type": "date"})


class InviteForm(GermanForm):
    email = email_field("E-Mail-Adresse")
    role = SelectField("Rolle", choices=[SelectChoice("", "keine, nur ein Konto"), *_ROLES])
    where = SelectField("Gilt für")


class GrantForm(GermanForm):
    role = SelectField("Rolle", choices=_ROLES)
    where = SelectField("Gilt für")


class BlockForm(GermanForm):
    last_day = _date("Letzter Tag der Sperre")
    why = TextAreaField(
        "Begründung",
        filters=[plain],
        validators=[InputRequired("Bitte begründen Sie die Sperre.")],
        description="Die Person liest sie in ihrem Konto und in einer E-Mail.",
    )


class CircleForm(GermanForm):
    name = StringField(
        "Name", filters=[plain], validators=[InputRequired("Bitte geben Sie einen Namen ein.")]
    )
    about = TextAreaField("Wer dazugehört", filters=[plain])


class MembersForm(GermanForm):
    addresses = TextAreaField(
        "E-Mail-Adressen",
        validators=[InputRequired("Bitte geben Sie mindestens eine Adresse ein.")],
        description="Eine oder mehrere, getrennt durch Leerzeichen, Komma oder Zeilen. "
        "Wer noch kein Konto hat, bekommt eine Einladung.",
    )


class AbsenceForm(GermanForm):
    first = _date("Erster Tag")
    last = _date("Letzter Tag")
    deputy = SelectField("Vertretung", coerce=int)


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
        "absence": forms.get("absence") or await _absence(page, AbsenceForm(), found.id),
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


# --- circles ----------------------------------------------------------------------------------------


async def all_circles(page: Page) -> Response:
    return await _circles(page, CircleForm())


async def _circles(page: Page, form: CircleForm, status: int = 200) -> Response:
    found = await circles.every(page.db)
    return page.render("administration/circles.html", status=status, circles=found, form=form)


async def add_circle(page: Page) -> Response:
    form = page.filled(CircleForm)
    if form.validate():
        try:
            name, about = str(form.name.data), form.about.data or ""
            return page.redirect(path("circle", id=await circles.create(page.db, name, about, page.me.id)))
        except Invalid as error:
            form.refuse(error)
    return await _circles(page, form, 422)


async def circle(page: Page) -> Response:
    return await _circle(page)


async def _circle(page: Page, status: int = 200, **forms: Any) -> Response:
    found = await circles.one(page.db, page.params["id"])
    context: dict[str, Any] = {
        "circle": found,
        "members": await circles.members(page.db, found.id),
        "form": forms.get("words") or CircleForm(data={"name": found.name, "about": found.about}),
        "adding": forms.get("adding") or MembersForm(),
    }
    return page.render("administration/circle.html", status=status, **context)


async def rename(page: Page) -> Response:
    form = page.filled(CircleForm)
    name, about = form.name.data or "", form.about.data or ""
    return await _changed(
        page, circles.rename(page.db, page.params["id"], name, about, page.me.id), words=form
    )


async def add_members(page: Page) -> Response:
    form = page.filled(MembersForm)
    written = form.addresses.data or ""
    return await _changed(
        page, circles.add_members(page.db, page.params["id"], written, page.me.id), adding=form
    )


async def _changed(page: Page, change: Awaitable[Any], **forms: Any) -> Response:
    """The circle after a change, or the page again with the form that was refused."""
    try:
        await change
    except Invalid as error:
        next(iter(forms.values())).refuse(error)
        return await _circle(page, 422, **forms)
    return page.redirect(path("circle", id=page.params["id"]))


async def remove_member(page: Page) -> Response:
    await circles.remove_member(page.db, page.params["id"], page.params["person"], page.me.id)
    return page.redirect(path("circle", id=page.params["id"]))


async def remove_circle(page: Page) -> Response:
    await circles.remove(page.db, page.params["id"], page.me.id)
    return page.redirect(path("circles"))


# --- absences ---------------------------------------------------------------------------------------


async def _absence(page: Page, form: AbsenceForm, person_id: int) -> AbsenceForm:
    others = await absences.deputies(page.db, person_id)
    by_address = "admin" in page.me.roles  # colleagues know each other by their pseudonyms only
    form.deputy.choices = [SelectChoice(row.id, row.email if by_address else row.pseudonym) for row in others]
    return form


async def _note_absence(page: Page, form: AbsenceForm, person_id: int) -> bool:
    """Whether it was noted; else the form says why not."""
    await _absence(page, form, person_id)
    if not form.validate():
        return False
    first, last = form.first.data or date.min, form.last.data or date.min
    try:
        await absences.add(page.db, person_id, form.deputy.data, first=first, last=last, by=page.me.id)
    except Invalid as error:
        form.refuse(error)
        return False
    return True


async def add_absence(page: Page) -> Response:
    form = page.filled(AbsenceForm)
    noted = await _note_absence(page, form, page.params["id"])
    return _back(page) if noted else await _person(page, 422, absence=form)


async def end_absence(page: Page) -> Response:
    await absences.end(page.db, page.params["id"], page.params["absence"], page.me.id)
    return _back(page)


async def own_absences(page: Page) -> Response:
    return await _own_absences(page, await _absence(page, AbsenceForm(), page.me.id))


async def _own_absences(page: Page, form: AbsenceForm, status: int = 200) -> Response:
    ahead = await absences.ahead(page.db, page.me.id)
    return page.render("moderation/absences.html", status=status, absences=ahead, form=form)


async def add_own_absence(page: Page) -> Response:
    form = page.filled(AbsenceForm)
    if await _note_absence(page, form, page.me.id):
        return page.redirect(path("own_absences"))
    return await _own_absences(page, form, 422)


async def end_own_absence(page: Page) -> Response:
    await absences.end(page.db, page.me.id, page.params["absence"], page.me.id)
    return page.redirect(path("own_absences"))


_PERSON, _CIRCLE = "/verwaltung/personen/{id:int}", "/verwaltung/kreise/{id:int}"
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
    get("/verwaltung/kreise", all_circles, name="circles", access=ADMINS),
    post("/verwaltung/kreise", add_circle, name="add_circle", access=ADMINS),
    get(_CIRCLE, circle, name="circle", access=ADMINS),
    post(f"{_CIRCLE}/name", rename, name="rename_circle", access=ADMINS),
    post(f"{_CIRCLE}/aufloesen", remove_circle, name="remove_circle", access=ADMINS),
    post(f"{_CIRCLE}/mitglieder", add_members, name="add_members", access=ADMINS),
    post(
        f"{_CIRCLE}/mitglieder/{{person:int}}/entfernen", remove_member, name="remove_member", access=ADMINS
    ),
    get("/moderation/vertretung", own_absences, name="own_absences", access=MODERATORS),
    post("/moderation/vertretung", add_own_absence, name="add_own_absence", access=MODERATORS),
    post(
        "/moderation/vertretung/{absence:int}/beenden",
        end_own_absence,
        name="end_own_absence",
        access=MODERATORS,
    ),
]
