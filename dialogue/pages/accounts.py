"""Accounts: register, confirm, sign in and out, reset, one's own page."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.responses import Response
from wtforms import BooleanField, Field, HiddenField, PasswordField
from wtforms.validators import InputRequired

from dialogue import accounts, comments, limits
from dialogue.kit.errors import Invalid, NotFound
from dialogue.kit.forms import GermanForm, email_field
from dialogue.kit.security import own_path
from dialogue.roles import EVERYONE, PEOPLE, VOICES
from dialogue.web import Page, get, path, post

Work = Callable[[], Awaitable[str]]


def _password(label: str, autocomplete: str) -> PasswordField:
    return PasswordField(
        label,
        description=f"Mindestens {accounts.MIN_PASSWORD} Zeichen." if autocomplete == "new-password" else "",
        validators=[InputRequired("Bitte geben Sie ein Passwort ein.")],
        render_kw={"autocomplete": autocomplete},
    )


RESET = "dialogue/account/reset.html"


class RegisterForm(GermanForm):
    email = email_field("E-Mail-Adresse")
    password = _password("Passwort", "new-password")
    consent = BooleanField(
        "Ich bin mit den Teilnahmebedingungen einverstanden.",
        validators=[InputRequired("Ohne Ihr Einverständnis können wir kein Konto anlegen.")],
    )
    terms = HiddenField()


class SignInForm(GermanForm):
    email = email_field("E-Mail-Adresse")
    password = _password("Passwort", "current-password")
    next = HiddenField()


class ForgotForm(GermanForm):
    email = email_field("E-Mail-Adresse")


class LinkForm(GermanForm):
    schluessel = HiddenField()
    password = _password("Passwort", "current-password")


class ResetForm(LinkForm):
    password = _password("Neues Passwort", "new-password")


def _text(field: Field) -> str:
    return str(field.data or "")


async def _count(page: Page, limit: limits.Limit, *key: str, use: Any = limits.take) -> None:
    if page.house.settings.limits:
        await use(page.db, limit, page.keyed(*key) if key else page.address_key)


async def register(page: Page) -> Response:
    terms = await accounts.current_terms(page.db)
    form = page.filled(RegisterForm, terms=terms.id if terms else "")
    return page.render("dialogue/account/register.html", form=form)


async def hash_first_password(page: Page) -> Work | None:
    """Before registering: what a refused visitor need not wait for is not done."""
    form = page.filled(RegisterForm)
    if not form.validate():
        return None
    email = _text(form.email)
    await _count(page, limits.MAIL, "mail", email.lower(), use=limits.look)
    await _count(page, limits.REGISTER_ADDRESS, use=limits.look)
    return partial(accounts.protected, _text(form.password), email.lower())


async def do_register(page: Page) -> Response:
    form, terms = page.filled(RegisterForm), await accounts.current_terms(page.db)
    if terms is None:
        raise NotFound("Zurzeit lassen sich keine Konten anlegen: Es gibt noch keine Teilnahmebedingungen.")
    if form.validate():
        email = _text(form.email)
        try:
            _same_terms(form, terms.id)
            await accounts.register(page.db, email, page.prepared, terms.id)
            await _count(page, limits.MAIL, "mail", email.lower())
            await _count(page, limits.REGISTER_ADDRESS)
            return page.render("dialogue/account/registered.html", email=email)
        except Invalid as error:
            form.refuse(error)
    return page.render("dialogue/account/register.html", status=422, form=form)


def _same_terms(form: RegisterForm, in_force: int) -> None:
    """Nobody agrees to a version that was not in force when the form was opened."""
    if _text(form.terms) != str(in_force):
        form.terms.data, form.consent.data = str(in_force), False
        raise Invalid(
            "Die Teilnahmebedingungen haben sich inzwischen geändert. Bitte lesen Sie die neue Fassung und stimmen "
            "Sie ihr noch einmal zu.",
            field="consent",
        )


async def confirm(page: Page) -> Response:
    form = LinkForm(data={"schluessel": page.query.get("schluessel", "")})
    return page.render("dialogue/account/confirm.html", form=form)


async def verify_chosen_password(page: Page) -> Work | None:
    form = page.filled(LinkForm)
    if not form.validate():
        return None
    await _count(page, limits.SIGN_IN_ADDRESS, use=limits.look)
    stored = await accounts.password_behind(page.db, _text(form.schluessel))
    return partial(accounts.verified, stored, _text(form.password))


async def do_confirm(page: Page) -> Response:
    form = page.filled(LinkForm)
    return await _by_link(page, form, accounts.confirm, "dialogue/account/confirm.html")


async def _by_link(page: Page, form: LinkForm, use: Any, template: str, **context: Any) -> Response:
    """Use a mail's link. A wrong one is answered with the form again, not refused: it has to be counted."""
    status = 422
    if form.validate():
        try:
            await _count(page, limits.SIGN_IN_ADDRESS)
            person_id = await use(page.db, _text(form.schluessel), page.prepared)
            return await _signed_in(page, person_id, path("account"))
        except (Invalid, NotFound) as error:
            form.refuse(error)
            status = error.status
    return page.render(template, status=status, form=form, **context)


async def sign_in(page: Page) -> Response:
    form = SignInForm(data={"next": own_path(page.query.get("next", "/"))})
    return page.render("dialogue/account/sign_in.html", form=form, kept=[], retry="")


async def verify_password(page: Page) -> Work | None:
    form = page.filled(SignInForm)
    if not form.validate():
        return None
    for attempt in _attempts(_text(form.email)):
        await _count(page, *attempt, use=limits.look)
    stored = await accounts.stored_password(page.db, _text(form.email))
    return partial(accounts.verified, stored, _text(form.password))


async def do_sign_in(page: Page) -> Response:
    """Signs in; typed text that waited behind the form comes back ready to send."""
    form = page.filled(SignInForm)
    kept = [
        (key.removeprefix("keep."), str(value))
        for key, value in page.form.multi_items()
        if key.startswith("keep.")
    ]
    retry = own_path(str(page.form.get("retry") or "")) if page.form.get("retry") else ""
    if form.validate():
        email = _text(form.email)
        for attempt in _attempts(email):
            await _count(page, *attempt)
        person = await accounts.with_password(page.db, email, page.prepared)
        if person is not None and person.confirmed_at is not None:
            if retry:
                resume = page.render("dialogue/account/resume.html", kept=kept, retry=retry)
                return await _signed_in(page, person.id, "", resume)
            return await _signed_in(page, person.id, own_path(form.next.data or "/"))
        form.refuse(Invalid(_REFUSED if person is None else _UNCONFIRMED, field="email"))
    return page.render("dialogue/account/sign_in.html", status=422, form=form, kept=kept, retry=retry)


def _attempts(email: str) -> tuple[Any, ...]:
    return ((limits.SIGN_IN_ADDRESS,), (limits.SIGN_IN_ACCOUNT, "sign_in", email.lower()))


_REFUSED = "E-Mail-Adresse und Passwort passen nicht zusammen. Bitte prüfen Sie beides."
_UNCONFIRMED = "Dieses Konto ist noch nicht bestätigt. Bitte öffnen Sie den Link in unserer E-Mail."


async def _signed_in(page: Page, person_id: int, target: str, answer: Response | None = None) -> Response:
    if page.voice is not None:
        await accounts.sign_out(page.db, page.voice)
    token, life = await accounts.sign_in(
        page.db, person_id, _device(page.request.headers.get("user-agent", ""))
    )
    response = answer or page.redirect(target)
    page.set_session(response, token, int(life.total_seconds()))
    return response


def _device(agent: str) -> str:
    """Browser and system in two words; the full identification is not kept."""
    browsers = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in agent), "Browser")
    system = next((name for mark, name in systems if mark in agent), "unbekanntem Gerät")
    return f"{browser} auf {system}"


async def sign_out(page: Page) -> Response:
    """End this session; a guest is forgotten on this device."""
    await accounts.sign_out(page.db, page.speaker)
    response = page.redirect(path("home"))
    page.drop_session(response)
    return response


async def sign_out_everywhere(page: Page) -> Response:
    await accounts.sign_out_everywhere(page.db, page.me.id)
    response = page.redirect(path("sign_in"))
    page.drop_session(response)
    return response


async def end_sign_in(page: Page) -> Response:
    await accounts.end_sign_in(page.db, page.me.id, page.params["id"])
    return page.redirect(path("account"))


async def forgot(page: Page) -> Response:
    return page.render("dialogue/account/forgot.html", form=page.filled(ForgotForm))


async def do_forgot(page: Page) -> Response:
    form = page.filled(ForgotForm)
    if not form.validate():
        return page.render("dialogue/account/forgot.html", status=422, form=form)
    await _count(page, limits.MAIL, "mail", _text(form.email).lower())
    await _count(page, limits.MAIL_ADDRESS)
    await accounts.ask_for_reset(page.db, _text(form.email))
    return page.render("dialogue/account/forgot_sent.html", email=_text(form.email))


async def reset(page: Page) -> Response:
    token = page.query.get("schluessel", "")
    invited = await accounts.is_invitation(page.db, token)
    return page.render(RESET, form=ResetForm(data={"schluessel": token}), invited=invited)


async def hash_new_password(page: Page) -> Work | None:
    form = page.filled(ResetForm)
    if not form.validate():
        return None
    await _count(page, limits.SIGN_IN_ADDRESS, use=limits.look)
    return partial(accounts.protected, _text(form.password))


async def do_reset(page: Page) -> Response:
    form = page.filled(ResetForm)
    invited = await accounts.is_invitation(page.db, _text(form.schluessel))
    return await _by_link(page, form, accounts.set_password, RESET, invited=invited)


async def account(page: Page) -> Response:
    context: dict[str, Any] = {
        "sign_ins": await accounts.sign_ins(page.db, page.me.id),
        "comments": await comments.by_author(page.db, page.me.id),
        "consent": await accounts.consent(page.db, page.me.id),
        "block": await accounts.block(page.db, page.me.id),
    }
    return page.render("dialogue/account/account.html", **context)


ROUTES = [
    get("/konto/anlegen", register, name="register", access=EVERYONE),
    post("/konto/anlegen", do_register, name="do_register", access=EVERYONE, prepare=hash_first_password),
    get("/konto/bestaetigen", confirm, name="confirm", access=EVERYONE),
    post(
        "/konto/bestaetigen", do_confirm, name="do_confirm", access=EVERYONE, prepare=verify_chosen_password
    ),
    get("/konto/anmelden", sign_in, name="sign_in", access=EVERYONE),
    post("/konto/anmelden", do_sign_in, name="do_sign_in", access=EVERYONE, prepare=verify_password),
    post("/konto/abmelden", sign_out, name="sign_out", access=VOICES),
    post("/konto/ueberall-abmelden", sign_out_everywhere, name="sign_out_everywhere", access=PEOPLE),
    post("/konto/anmeldungen/{id:int}/beenden", end_sign_in, name="end_sign_in", access=PEOPLE),
    get("/konto/passwort-vergessen", forgot, name="forgot", access=EVERYONE),
    post("/konto/passwort-vergessen", do_forgot, name="do_forgot", access=EVERYONE),
    get("/konto/passwort", reset, name="reset", access=EVERYONE),
    post("/konto/passwort", do_reset, name="do_reset", access=EVERYONE, prepare=hash_new_password),
    get("/konto", account, name="account", access=PEOPLE),
]
