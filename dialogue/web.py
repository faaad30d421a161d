"""The doorway: a route is path + access + one transaction + rendering, and a "no" becomes a page."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import structlog
from jinja2 import Environment
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import URL, FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from wtforms import Form

from dialogue import accounts
from dialogue.comments import NOBODY, Viewer
from dialogue.kit import clock, tokens, uploads
from dialogue.kit.database import Database
from dialogue.kit.errors import (
    Busy,
    FileTooLarge,
    Invalid,
    Malformed,
    NotFound,
    Refusal,
    SignInNeeded,
    TooMany,
    TooSlow,
    Unavailable,
)
from dialogue.kit.mail import Post
from dialogue.kit.security import BODY_LIMIT, line, own_path
from dialogue.kit.settings import Settings
from dialogue.roles import Access

log = structlog.get_logger()
T = TypeVar("T")
F = TypeVar("F", bound=Form)
SECONDS = 8
MAX_FIELDS = 100
NEVER_KEPT = {"password", "password_again", "secret", "schluessel"}
PASSES = ("08", "40", "53", "57", "55P03", "25P03")  # SQLSTATEs that go away by themselves, by their start


@dataclass(frozen=True)
class House:
    """What every request may use: made once at the start, kept in the application's state."""

    settings: Settings
    database: Database
    templates: Environment
    post: Post
    city: Any

    @property
    def cookie(self) -> str:
        return "__Host-session" if self.settings.https else "session"

    def forget_session(self, request: Request, response: Response) -> None:
        """Take the cookie of a session that has ended from the browser, if it brought one."""
        if self.cookie in request.cookies:
            response.delete_cookie(
                self.cookie, path="/", secure=self.settings.https, httponly=True, samesite="lax"
            )


Note = Callable[[AsyncConnection], Awaitable[None]]


@dataclass
class Page:
    """One request on its way: the connection, the person, the form, and how to answer."""

    request: Request
    house: House
    form: FormData
    cut: bool = False  # more came in than the route takes: what stood first is in the form
    db: AsyncConnection = field(init=False)
    person: accounts.Current | None = None  # the account signed in
    guest: accounts.Current | None = None  # or somebody who wrote or voted without one
    session: tuple[str, int] | None = None  # one that begins with this answer
    outcome: Any = None
    notes: list[Note] = field(default_factory=list)

    @property
    def params(self) -> dict[str, Any]:
        return self.request.path_params

    @property
    def query(self) -> Any:
        return self.request.query_params

    @property
    def me(self) -> accounts.Current:
        """The person of a route that needs one."""
        if self.person is None:
            raise SignInNeeded
        return self.person

    @property
    def voice(self) -> accounts.Current | None:
        """Who speaks here, with an account or as a guest; None for somebody who has not spoken yet."""
        return self.person or self.guest

    @property
    def speaker(self) -> accounts.Current:
        """The voice of a route that changes what somebody has said."""
        if self.voice is None:
            raise SignInNeeded
        return self.voice

    @property
    def viewer(self) -> Viewer:
        return self.voice.viewer if self.voice else NOBODY

    @property
    def person_id(self) -> int | None:
        """Who asks, with an account or as a guest; None for somebody who has not spoken yet."""
        return self.voice.id if self.voice else None

    @property
    def prepared(self) -> Any:
        """What the route's preparation gave, or what it found wrong with the form."""
        if isinstance(self.outcome, Invalid):
            raise self.outcome
        return self.outcome

    @property
    def is_htmx(self) -> bool:
        return self.request.headers.get("hx-request") == "true"

    @property
    def address_key(self) -> bytes:
        """The visitor's connection to the network, only as a keyed hash."""
        client = self.request.client
        return self.keyed("address", line(client.host) if client else "")

    def keyed(self, *parts: str) -> bytes:
        return tokens.keyed(self.house.settings.key, *parts)

    def later(self, note: Note) -> None:
        """Note something once the request is answered for: its own small transaction, and no failure of it."""
        self.notes.append(note)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number from the address, else NotFound: out of range is no page of ours."""
        value = self.query.get(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > 18:
            raise NotFound
        return int(value)

    def choice(self, name: str, choices: dict[str, T]) -> T:
        """A value from a fixed list, else Invalid."""
        value = self.form.get(name)
        if not isinstance(value, str) or value not in choices:
            raise Invalid("Bitte wählen Sie eine der angebotenen Möglichkeiten.", field=name)
        return choices[value]

    def once(self) -> UUID:
        """The form's idempotency key; a form without one gets a fresh one."""
        value = self.form.get("once")
        if not value:
            return uuid4()
        try:
            return UUID(str(value))
        except ValueError:
            raise Malformed from None

    async def upload(self, name: str, most: int, too_large: str) -> bytes | None:
        """The form's file, None without one; raises FileTooLarge with the sentence."""
        file = self.form.get(name)
        if self.cut or (isinstance(file, UploadFile) and (file.size or 0) > most):
            raise FileTooLarge(too_large, field=name)
        if not isinstance(file, UploadFile) or not (file.filename or file.size):
            return None
        return await file.read()

    def filled(self, form: type[F], **more: Any) -> F:
        """The form with what was sent (POST) or with defaults (GET)."""
        return form(self.form if self.request.method == "POST" else None, **more)

    def render(self, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
        return HTMLResponse(self.html(template, **context), status)

    def html(self, template: str, /, **context: Any) -> str:
        return self.house.templates.get_template(template).render(
            me=self.person,
            guest_here=self.guest is not None,
            here=self.request.scope["path"],
            **context,
        )

    def redirect(self, target: str) -> RedirectResponse:
        """See other, only to a path of our own."""
        return RedirectResponse(own_path(target), 303)

    def fragment(self, template: str, *, otherwise: str, **context: Any) -> Response:
        """The partial for htmx; without it back to the page."""
        return self.render(template, **context) if self.is_htmx else self.redirect(otherwise)

    def begin_session(self, token: str, seconds: int) -> None:
        """Give the answer a session's cookie, once all that belongs to it is committed."""
        self.session = (token, seconds)

    def set_session(self, response: Response, token: str, seconds: int) -> None:
        response.set_cookie(
            self.house.cookie,
            token,
            max_age=seconds,
            path="/",
            secure=self.house.settings.https,
            httponly=True,
            samesite="lax",
        )

    def drop_session(self, response: Response) -> None:
        self.house.forget_session(self.request, response)


Handler = Callable[[Page], Awaitable[Response]]
Preparation = Callable[[Page], Awaitable[Callable[[], Awaitable[Any]] | None]]


class Paths:
    """Addresses by route name, filled in fast: `path("point", code="E2")`."""

    def __init__(self) -> None:
        self._patterns: dict[str, str] = {}

    def add(self, route: Route) -> None:
        self._patterns[route.name] = route.path_format

    def __call__(self, name: str, /, **values: Any) -> str:
        address = self._patterns[name]
        if not values:
            return address
        parts = {key: value for key, value in values.items() if f"{{{key}}}" in address}
        rest = {key: value for key, value in values.items() if key not in parts}
        filled = address.format(**{key: quote(str(value), safe="") for key, value in parts.items()})
        return f"{filled}?{urlencode(rest)}" if rest else filled


path = Paths()


def get(address: str, handler: Handler, *, name: str, access: Access) -> Route:
    """A page: the connection is read-only, a GET cannot change anything."""
    return _route(address, handler, name, access, "GET")


def post(
    address: str,
    handler: Handler,
    *,
    name: str,
    access: Access,
    prepare: Preparation | None = None,
    file: int = 0,
) -> Route:
    """A write: one transaction, committed before the first byte of the answer leaves.

    `file`: the bytes of one file the form may bring, from people who may use the route.

    `prepare` is for work so slow that no connection should wait for it: it reads what the work needs and
    returns it; the work is done before the transaction begins, which then has to check what it relies on.
    """
    return _route(address, handler, name, access, "POST", prepare, file)


def alone(address: str, made: Callable[[Request], Response], *, name: str, access: Access) -> Route:
    """An answer that needs neither database nor person: that the process lives, or a file made of its address."""

    async def endpoint(request: Request) -> Response:
        try:
            return made(request)
        except Refusal as refusal:
            return await answer(request, refusal)

    endpoint.access = access  # type: ignore[attr-defined]
    path.add(route := Route(address, endpoint, name=name))
    return route


def _route(
    address: str,
    handler: Handler,
    name: str,
    access: Access,
    method: str,
    prepare: Preparation | None = None,
    file: int = 0,
) -> Route:
    async def endpoint(request: Request) -> Response:
        form = None
        try:
            form, cut = await _received(request, access, file)
            page = Page(request, request.app.state.house, form, cut)
            async with asyncio.timeout(SECONDS):
                if prepare:
                    await _prepare(page, prepare, access)
                response = await _serve(page, handler, access)
            await _note_presence(page)
            return response
        except Exception as error:  # the one place where every "no" and every failure becomes a page
            return await answer(request, error, form)
        finally:
            if form is not None:
                await form.close()

    endpoint.access = access  # type: ignore[attr-defined]
    if file:
        endpoint.limit = BODY_LIMIT + file  # type: ignore[attr-defined]
    path.add(route := Route(address, endpoint, name=name, methods=[method]))
    return route


# Forms are UTF-8. Decoders of other names may be slow, and the sender would choose.
_STRANGE = re.compile(r"charset\s*=\s*\"?(?!utf-?8\b|us-ascii\b)", re.IGNORECASE)


async def _received(request: Request, access: Access, file: int) -> tuple[FormData, bool]:
    """The form, and whether more came in than the route takes."""
    if request.method != "POST":
        return FormData(), False
    if _STRANGE.search(request.headers.get("content-type", "")):
        raise Malformed
    files = file if uploads.brings_file(request) else 0
    admitted = bool(files) and await _admits(request, access)
    try:
        async with asyncio.timeout(uploads.SECONDS if admitted else SECONDS):
            form, cut = await _form(request, files, BODY_LIMIT + (files if admitted else 0))
        "".join(f"{name}{value}" for name, value in form.multi_items()).encode()  # no half surrogate pair
    except (HTTPException, LookupError, ValueError):
        raise Malformed from None
    except TimeoutError:
        raise TooSlow from None
    return form, cut


async def _form(request: Request, files: int, most: int) -> tuple[FormData, bool]:
    if files:
        return await uploads.read(request, most, max_fields=MAX_FIELDS)
    return await request.form(max_fields=MAX_FIELDS, max_files=0, max_part_size=BODY_LIMIT), False


async def _admits(request: Request, access: Access) -> bool:
    """Whether this person may send a file here: nobody else's is read."""
    house: House = request.app.state.house
    async with asyncio.timeout(SECONDS), house.database.reading() as db:
        voice = await accounts.current(db, request.cookies.get(house.cookie))
    try:
        access.admit(None if voice is None or voice.is_guest else voice)
    except Refusal:
        return False
    return True


async def _enter(page: Page, access: Access) -> None:
    voice = await accounts.current(page.db, page.request.cookies.get(page.house.cookie))
    page.request.state.known = voice is not None
    if voice is not None and voice.is_guest:
        page.guest = voice
    else:
        page.person = page.request.state.person = voice
    access.admit(page.person)


async def _prepare(page: Page, prepare: Preparation, access: Access) -> None:
    async with page.house.database.reading() as page.db:
        await _enter(page, access)
        work = await prepare(page)
    try:
        async with asyncio.timeout(0.75 * SECONDS):
            page.outcome = await work() if work else None
    except Invalid as wrong:
        page.outcome = wrong
    except TimeoutError:
        raise Busy from None


def _connection(page: Page) -> AbstractAsyncContextManager[AsyncConnection]:
    database = page.house.database
    return database.writing() if page.request.method == "POST" else database.reading()


async def _serve(page: Page, handler: Handler, access: Access) -> Response:
    async with _connection(page) as page.db:
        await _enter(page, access)
        response = await handler(page)
    if page.session is not None:
        page.set_session(response, *page.session)
    return response


async def _note_presence(page: Page) -> None:
    """Note what the page asked for, and every five minutes that the person was here. The request is already
    answered for: what fails here is not its failure."""
    notes = page.notes + _presence(page.person)
    if not notes:
        return
    try:
        async with asyncio.timeout(1), page.house.database.writing() as db:
            for note in notes:
                await note(db)
    except Exception as error:
        log.warning("presence_not_noted", kind=type(error).__name__)


def _presence(person: accounts.Current | None) -> list[Note]:
    if person is None or clock.now() - person.seen_at <= accounts.SEEN_EVERY:
        return []
    return [lambda db: accounts.seen(db, person)]


# --- a "no" becomes a page --------------------------------------------------------------------------


def as_refusal(error: BaseException) -> Refusal | None:
    """The refusal behind an error: our own, or the database being away; None for a defect."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        refusal = NotFound() if error.status_code == 404 else Malformed()
        refusal.status = error.status_code
        return refusal
    if isinstance(error, PoolTimeout | TimeoutError | OSError):
        return Unavailable()
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if error.connection_invalidated or state is None or state.startswith(PASSES):
            return Unavailable()
        return Malformed() if state.startswith("22") else None
    return Unavailable() if isinstance(error, PendingRollbackError) else None


async def answer(request: Request, error: BaseException, form: FormData | None = None) -> Response:
    """The error page, with everything that was typed kept in it, ready to be sent again.

    Without a form no route has read it: what another site sent is not offered for sending.
    """
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)
    refusal, reference = _reported(request, error)
    template = "errors/sign_in.html" if isinstance(refusal, SignInNeeded) else "errors/error.html"
    house: House = request.app.state.house
    html = house.templates.get_template(template).render(
        me=getattr(request.state, "person", None),
        here=request.scope["path"],
        next=_back(request),
        status=refusal.status,
        title=refusal.title,
        text=refusal.text,
        kept=_kept(form),
        retry=request.scope["path"]
        if form is not None and request.method == "POST" and refusal.may_pass
        else "",
        reference=reference,
    )
    response = HTMLResponse(html, refusal.status)
    if isinstance(refusal, SignInNeeded) and not getattr(request.state, "known", False):
        house.forget_session(request, response)
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    if isinstance(refusal, TooMany | Unavailable):
        response.headers["retry-after"] = str(refusal.seconds)
    return response


def _reported(request: Request, error: BaseException) -> tuple[Refusal, str]:
    """The refusal, and the number under which the log knows what nobody meant to say no to."""
    refusal = as_refusal(error)
    if refusal is not None and not isinstance(refusal, Unavailable):
        return refusal, ""
    reference = secrets.token_hex(4)
    route = getattr(request.scope.get("route"), "path", "")  # not the address: it may hold what was typed
    log.error("request_failed", reference=reference, route=route, kind=type(error).__name__)
    if refusal is None:
        log.error("defect", reference=reference, exc_info=error)
        refusal = Refusal("Das war unser Fehler. Bitte versuchen Sie es gleich noch einmal.")
        refusal.status = 500
        refusal.title = "Etwas ist schiefgegangen"
    return refusal, reference


def _kept(form: FormData | None) -> list[tuple[str, str]]:
    return [
        (key, value)
        for key, value in (form or FormData()).multi_items()
        if isinstance(value, str) and key not in NEVER_KEPT and value
    ]


def _back(request: Request) -> str:
    """Where to go on after signing in: this page, or the page of ours whose button was pressed."""
    url = request.url
    if request.method == "POST":
        url = URL(request.headers.get("referer", ""))
        if url.netloc != request.url.netloc:
            return "/"
    return own_path(url.path + (f"?{url.query}" if url.query else ""))


def refuser(app: Any) -> Callable[[Scope, Receive, Send, Refusal], Awaitable[None]]:
    """How the door answers before any route is reached."""

    async def refuse(scope: Scope, receive: Receive, send: Send, refusal: Refusal) -> None:
        scope.setdefault("app", app)
        response = await answer(Request(scope, receive), refusal)
        await response(scope, receive, send)

    return refuse
