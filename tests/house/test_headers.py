"""Headers and cookies: the same protection on every page, file and error."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from consultations import app as roof
from dialogue import accounts, web
from dialogue.kit import clock, files
from dialogue.kit.database import Database
from dialogue.kit.settings import Settings
from dialogue.roles import EVERYONE
from tests.browser import Browser
from tests.conftest import KEY, ORIGIN
from tests.make import PASSWORD

SECURE = "https://dialog.halle.example"
CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
KEPT = "public, max-age=31536000, immutable"
SAME = {"sec-fetch-site": "same-origin"}
TELLTALE = {"server", "x-powered-by", "access-control-allow-origin", "set-cookie"}


def csp(answer):
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


def protection(answer):
    """The security headers of an answer, each exactly once."""
    names = [name.decode().lower() for name, _ in answer.headers.raw]
    assert sorted(names) == sorted(set(names))
    return {name: answer.headers[name] for name in [*HEADERS, *HSTS] if name in answer.headers}


def is_protected(answer, *, cache="no-store", more=None):
    assert protection(answer) == HEADERS | (more or {})
    assert csp(answer) == CSP
    assert answer.headers["cache-control"] == cache
    assert TELLTALE & set(answer.headers) == set()


@pytest.fixture
async def everyone(make, database, browser):
    """A visitor who may open every page."""
    person = await make.person("moderator", "editor", "panelist", "committee", "admin")
    async with database.writing() as db:
        token, _ = await accounts.sign_in(db, person.id, "Firefox")
    browser.client.cookies.set("session", token)
    return browser


@pytest.fixture
async def secure(database, settings):
    """A visitor of the same application under an https origin."""
    house = Settings(data=settings.data, origin=SECURE, secret=KEY)
    async with Browser(roof.create(house, database), SECURE) as visitor:
        yield visitor


async def places(make):
    point = await make.point()
    comment = await make.comment(point.thread)
    await make.terms()
    values = {"slug": point.consultation.slug, "code": point.code, "number": comment.number}
    values |= {"thread": point.thread.id, "id": 1, "kind": "punkte", "uid": point.uid, "step": 1}
    return values | {"accent": "ffffff", "digest": "0" * 64, "ending": "svg"}


PAGES = [route for route in roof.ROUTES if "GET" in route.methods]
FILES = sorted(str(file.relative_to(files.ROOT)) for file in files.STATIC.rglob("*.*"))


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_every_page_is_protected_and_kept_by_nobody(everyone, make, method, route):
    values = await places(make)
    address = route.path_format.format(**{name: values[name] for name in route.param_convertors})

    answer = await everyone.client.request(method, address)

    assert answer.status_code < 500
    is_protected(answer)


async def test_the_citys_colour_and_logo_are_protected_and_kept_for_a_year(browser, make):
    drawing, painting = await make.logo(), await make.logo(b"PNG", "png")
    colour = await browser.client.get("/erscheinungsbild/005465.css")
    painted = await browser.client.get(f"/erscheinungsbild/{painting.digest}.png")
    drawn = await browser.client.get(f"/erscheinungsbild/{drawing.digest}.svg")

    for answer in (colour, painted):
        is_protected(answer, cache=KEPT)
    assert (protection(drawn), drawn.headers["cache-control"]) == (HEADERS, KEPT)
    assert csp(drawn) == {
        "default-src": "'none'",
        "sandbox": "",
        **dict.fromkeys(("base-uri", "form-action", "frame-ancestors"), "'none'"),
    }
    kinds = [answer.headers["content-type"] for answer in (colour, painted, drawn)]
    assert kinds == ["text/css; charset=utf-8", "image/png", "image/svg+xml"]


async def test_every_static_file_is_protected_and_kept_for_a_year(browser):
    for file in FILES:
        answer = await browser.client.get(f"/{file}")

        assert answer.status_code == 200
        is_protected(answer, cache=KEPT)


@pytest.mark.parametrize(("headers", "status"), [({"range": "bytes=0-9"}, 206), ({"range": "bytes=x"}, 400)])
async def test_a_part_of_a_file_is_protected(browser, headers, status):
    answer = await browser.client.get("/static/img/icon.svg", headers=headers)

    assert answer.status_code == status
    assert (protection(answer), csp(answer)) == (HEADERS, CSP)


async def test_a_file_that_has_not_changed_is_protected(browser):
    etag = (await browser.client.get("/static/img/icon.svg")).headers["etag"]
    answer = await browser.client.get("/static/img/icon.svg", headers={"if-none-match": etag})

    assert answer.status_code == 304
    assert (protection(answer), csp(answer)) == (HEADERS, CSP)


ERRORS = {
    "unknown host": ("GET", "/", {"host": "boese.example"}, 400),
    "long address": ("GET", "/?q=" + 20_000 * "x", {}, 400),
    "signed out": ("GET", "/konto", {}, 401),
    "another site": ("POST", "/konto/anmelden", {"origin": "https://boese.example"}, 403),
    "no page": ("GET", "/gibt-es-nicht", {}, 404),
    "no file": ("GET", "/static/gibt-es-nicht.css", {}, 404),
    "out of the folder": ("GET", "/static/..%2f..%2fpyproject.toml", {}, 404),
    "wrong method": ("POST", "/strategie", SAME, 405),
    "wrong method for a file": ("POST", "/static/img/icon.svg", SAME, 405),
    "unknown method": ("BREW", "/", SAME, 405),
    "too large": ("POST", "/konto/anmelden", SAME | {"content-length": str(64 * 1024 * 1024)}, 413),
    "incomplete form": ("POST", "/konto/anmelden", SAME, 422),
}


@pytest.mark.parametrize("error", ERRORS)
async def test_every_error_is_protected(browser, error):
    method, address, headers, status = ERRORS[error]

    answer = await browser.client.request(method, address, headers=headers)

    assert answer.status_code == status
    is_protected(answer)


@pytest.mark.parametrize(("closes", "status"), [(-1, 409), (1, 422)])
async def test_a_refused_vote_is_protected(everyone, make, closes, status):
    now = clock.now()
    thread = await make.thread(opens_at=now - timedelta(2), closes_at=now + timedelta(closes))
    comment = await make.comment(thread)

    answer = await everyone.client.post(
        f"/beitraege/{comment.number}/stimme", data={"vote": "agree" if status == 409 else "?"}, headers=SAME
    )

    assert answer.status_code == status
    is_protected(answer)


async def test_a_wrong_method_is_told_the_right_ones(browser):
    answers = [await browser.client.post(address, headers=SAME) for address in ("/", "/static/img/icon.svg")]

    assert [set(answer.headers["allow"].split(", ")) for answer in answers] == [{"GET", "HEAD"}] * 2


async def test_too_many_attempts_are_answered_with_protection(browser):
    form = {"email": "niemand@halle.example", "password": PASSWORD}
    for _ in range(11):
        answer = await browser.client.post("/konto/anmelden", data=form, headers=SAME)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    is_protected(answer)


async def test_a_defect_is_answered_with_protection_and_without_its_cause(monkeypatch, database, settings):
    async def broken(page):
        raise RuntimeError("geheimer Grund")

    planted = web.get("/kaputt", broken, name="broken", access=EVERYONE)
    monkeypatch.setattr(roof, "ROUTES", [*roof.ROUTES, planted])
    async with Browser(roof.create(settings, database), ORIGIN) as visitor:
        with capture_logs() as logged:
            answer = await visitor.client.get("/kaputt")

    assert (answer.status_code, "geheimer Grund" in answer.text) == (500, False)
    assert [entry["event"] for entry in logged] == ["request_failed", "defect"]
    is_protected(answer)


@pytest.mark.parametrize("address", ["/", "/konto", "/readyz"])
async def test_without_a_database_the_answer_is_protected_and_says_when_to_come_back(settings, address):
    away = Database("postgresql+asyncpg://dialog@127.0.0.1:1/dialog")
    async with Browser(roof.create(settings, away), ORIGIN) as visitor:
        with capture_logs():
            answer = await visitor.client.get(address)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    is_protected(answer)


# --- https ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/static/img/icon.svg", "/gibt-es-nicht", "/konto"])
async def test_on_https_the_browser_is_told_to_stay_there(secure, address):
    answer = await secure.client.get(address)

    assert protection(answer) == HEADERS | HSTS


def cookie(answer):
    """Name, value and attributes of the one cookie an answer sets."""
    (line,) = answer.headers.get_list("set-cookie")
    pair, *attributes = line.split("; ")
    name, _, value = pair.partition("=")
    return name, value, sorted(attributes)


async def sign_in(visitor, person):
    form = {"email": person.email, "password": PASSWORD}
    return await visitor.client.post("/konto/anmelden", data=form, headers=SAME)


async def test_on_https_the_session_is_bound_to_host_and_transport(secure, make):
    name, value, attributes = cookie(await sign_in(secure, await make.citizen()))

    assert (name, len(value)) == ("__Host-session", 43)
    assert attributes == ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=lax", "Secure"]


async def test_on_the_own_machine_the_session_has_no_prefix_and_works_without_https(browser, make):
    name, value, attributes = cookie(await sign_in(browser, await make.citizen()))

    assert (name, len(value)) == ("session", 43)
    assert attributes == ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=lax"]


async def test_staff_stay_signed_in_for_twelve_hours(secure, make):
    _, _, attributes = cookie(await sign_in(secure, await make.moderator()))

    assert attributes == ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=lax", "Secure"]


@pytest.mark.parametrize("action", ["/konto/abmelden", "/konto/ueberall-abmelden"])
async def test_signing_out_takes_the_cookie_back(secure, make, action):
    await sign_in(secure, await make.citizen())

    name, value, attributes = cookie(await secure.client.post(action, headers=SAME))

    assert (name, value) == ("__Host-session", '""')
    assert [part for part in attributes if not part.startswith("expires=")] == [
        "HttpOnly",
        "Max-Age=0",
        "Path=/",
        "SameSite=lax",
        "Secure",
    ]


async def test_a_session_of_the_plain_name_means_nothing_on_https(secure, make, database):
    async with database.writing() as db:
        token, _ = await accounts.sign_in(db, (await make.citizen()).id, "Firefox")

    seen = [
        (await secure.client.get("/konto", headers={"cookie": f"{name}={token}"})).status_code
        for name in ("session", "__Host-session")
    ]

    assert seen == [401, 200]
