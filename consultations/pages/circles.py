"""Administration: circles and who belongs to them."""

from collections.abc import Awaitable
from typing import Any

from starlette.responses import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired

from dialogue import circles
from dialogue.kit.errors import Invalid
from dialogue.kit.forms import GermanForm, plain
from dialogue.roles import ADMINS
from dialogue.web import Page, get, path, post


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


_CIRCLE = "/verwaltung/kreise/{id:int}"
ROUTES = [
    get("/verwaltung/kreise", all_circles, name="circles", access=ADMINS),
    post("/verwaltung/kreise", add_circle, name="add_circle", access=ADMINS),
    get(_CIRCLE, circle, name="circle", access=ADMINS),
    post(f"{_CIRCLE}/name", rename, name="rename_circle", access=ADMINS),
    post(f"{_CIRCLE}/aufloesen", remove_circle, name="remove_circle", access=ADMINS),
    post(f"{_CIRCLE}/mitglieder", add_members, name="add_members", access=ADMINS),
    post(
        f"{_CIRCLE}/mitglieder/{{person:int}}/entfernen", remove_member, name="remove_member", access=ADMINS
    ),
]
