"""The door: what never gets in, and that nothing typed is lost when it says no."""

import asyncio
import re
import time
from datetime import timedelta
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit
from uuid import uuid4

import httpx2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from sqlalchemy import select
from structlog.testing import capture_logs

from consultations import app as roof
from dialogue import accounts, web
from dialogue.kit import clock
from dialogue.kit.database import Database
from dialogue.kit.security import BODY_LIMIT, own_path
from dialogue.kit.settings import Settings
from dialogue.tables import Comment
from tests.browser import Browser, Seen, check, fields
from tests.conftest import KEY, ORIGIN
from tests.house.test_access import ALL_ROLES, TABLE, House, expected, rows
from tests.make import PASSWORD

SECURE = "https://dialog.halle.example"
HOST = b"127.0.0.1:8000"
SAME = {b"sec-fetch-site": b"same-origin"}
FORM = SAME | {b"content-type": b"application/x-www-form-urlencoded"}
TEXT = "Erste Zeile mit <b>, & und „Anführung“\n\nZweiter Absatz: 👩‍👩‍👧 مرحبا {{7*7}}"


async def knock(app, target=b"/", *, method="GET", headers=None, chunks=(), hosts=(HOST,)):
    """One request as bytes, past every client that would tidy it up. `unread`: chunks left over."""
    raw_path, _, query = target.partition(b"?")
    scope = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": unquote(raw_path.decode("latin-1")),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": [*((b"host", host) for host in hosts), *(headers or {}).items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }
    waiting, sent = list(chunks), []

    async def receive():
        body = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    about = httpx2.Request(method, ORIGIN + quote(scope["path"]))
    seen = Seen(httpx2.Response(sent[0]["status"], headers=sent[0]["headers"], content=body, request=about))
    seen.unread = len(waiting)
    return seen


# --- hosts ------------------------------------------------------------------------------------------

HOSTS = {
    b"127.0.0.1:8000": 200,
    b"localhost:8000": 200,
    b"LocalHost:8000": 200,
    b"[::1]:8000": 200,
    b"": 400,
    b"127.0.0.1": 400,
    b"127.0.0.1:8001": 400,
    b"127.0.0.1:80000": 400,
    b"boese.example": 400,
    b"boese.example:8000": 400,
    b"127.0.0.1:8000.boese.example": 400,
    b"boese.example#127.0.0.1:8000": 400,
    b"127.0.0.1:8000@boese.example": 400,
    b"127.0.0.1:8000, boese.example": 400,
    b"127.0.0.1:8000 ": 400,
    b"localhost.:8000": 400,
    b"xlocalhost:8000": 400,
    b"0.0.0.0:8000": 400,
    b"\xff\xfe": 400,
}


@pytest.mark.parametrize(("host", "status"), HOSTS.items())
async def test_only_the_configured_host_is_answered(running, database, host, status):
    page = await knock(running.app, b"/netiquette", hosts=[host])

    assert page.status == status
    assert "boese" not in page.text + str(page.headers)


@pytest.mark.parametrize("hosts", [[], [HOST, b"boese.example"], [b"boese.example", HOST], [HOST, HOST]])
async def test_a_request_names_one_host(running, database, hosts):
    page = await knock(running.app, b"/netiquette", hosts=hosts)

    assert (page.status, page.words("h1")) == (400, "Das haben wir nicht verstanden")


@pytest.mark.parametrize(
    "name", ["x-forwarded-host", "forwarded", "x-host", "x-forwarded-server", "x-original-url"]
)
async def test_what_a_proxy_claims_about_the_host_does_not_count(running, database, make, name):
    page = await knock(running.app, b"/konto", headers={name.encode(): b"boese.example"})
    refused = await knock(running.app, b"/konto", hosts=[b"boese.example"], headers={name.encode(): HOST})

    assert (page.status, refused.status) == (401, 400)
    assert "boese" not in page.text + str(page.headers)


@pytest.fixture
async def secure(database, settings):
    """The application under an https origin."""
    return roof.create(Settings(data=settings.data, origin=SECURE, secret=KEY), database)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"dialog.halle.example", 200),
        (b"Dialog.Halle.EXAMPLE", 200),
        (b"halle.example", 400),
        (b"localhost", 400),
        (b"dialog.halle.example:8000", 400),
    ],
)
async def test_in_production_only_the_public_host_is_answered(secure, host, status):
    assert (await knock(secure, b"/netiquette", hosts=[host])).status == status


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://[::1]:8000", b"[::1]:8000"),
        ("http://localhost", b"127.0.0.1"),
        ("https://Dialog.Halle.example/", b"dialog.halle.example"),
        ("https://dialog.halle.example:443", b"dialog.halle.example"),
        ("https://dialog.halle.example:8443", b"dialog.halle.example:8443"),
        ("https://[2001:db8::1]", b"[2001:db8::1]"),
    ],
)
async def test_every_origin_that_may_be_set_is_reached_as_browsers_name_it(database, settings, origin, host):
    app = roof.create(Settings(data=settings.data, origin=origin, secret=KEY), database)
    own = origin.partition(":")[0].encode() + b"://" + host

    page = await knock(app, b"/netiquette", hosts=[host])
    sent = await knock(app, b"/konto/anmelden", method="POST", hosts=[host], headers={b"origin": own})

    assert (page.status, sent.status) == (200, 422)


# --- origin -----------------------------------------------------------------------------------------

POSTS = [name for name, (method, *_) in TABLE.items() if method == "POST"]
STRANGERS = {
    "nothing": {},
    "another origin": {"origin": "https://boese.example"},
    "no origin": {"origin": "null"},
    "empty origin": {"origin": ""},
    "another port": {"origin": "http://127.0.0.1:8001"},
    "another scheme": {"origin": "https://127.0.0.1:8000"},
    "our host inside": {"origin": "http://127.0.0.1:8000.boese.example"},
    "only the host": {"origin": "127.0.0.1:8000"},
    "a referer": {"referer": f"{ORIGIN}/"},
    "another site": {"sec-fetch-site": "cross-site"},
    "a neighbour": {"sec-fetch-site": "same-site"},
    "an unknown word": {"sec-fetch-site": "same-origin, cross-site"},
    "another site with our origin": {"sec-fetch-site": "cross-site", "origin": ORIGIN},
}


class Open(House):
    """The house of the access tests with real rows for odd requests, and a new person for each of them."""

    values = None

    async def furnished(self):
        if self.values is None:
            await self.furnish("panelist")
        return self.values

    async def cookie(self):
        person = await self.make.person(*ALL_ROLES)
        async with self.database.writing() as db:
            token, _ = await accounts.sign_in(db, person.id, "Firefox")
        return f"session={token}".encode()


@pytest.fixture
def house(make, database, running):
    return Open(make, database, running)


@pytest.mark.parametrize("name", POSTS)
async def test_every_write_refuses_other_sites_and_nothing_is_written(house, owner, name):
    await house.furnish("moderator")
    house.person = await house.make.person(*ALL_ROLES)
    before = await rows(owner)

    answered = {why: await house.ask("everyone", name, headers) for why, headers in STRANGERS.items()}

    assert answered == dict.fromkeys(STRANGERS, 403)
    assert await rows(owner) == before


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {"origin": ORIGIN}]
)
@pytest.mark.parametrize("name", POSTS)
async def test_every_write_takes_what_comes_from_its_own_page(house, name, headers):
    await house.furnish("moderator")

    status = await house.ask("moderator", name, headers)

    assert status == expected("moderator", name)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (SECURE, 422),
        ("http://dialog.halle.example", 403),
        ("https://halle.example", 403),
        ("https://x.dialog.halle.example", 403),
    ],
)
async def test_in_production_the_origin_is_compared_with_its_scheme(secure, origin, status):
    headers = {b"origin": origin.encode()}

    page = await knock(
        secure, b"/konto/anmelden", method="POST", headers=headers, hosts=[b"dialog.halle.example"]
    )

    assert page.status == status


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "application/xml", "", "multipart/form-data"]
)
async def test_no_content_type_gets_around_the_origin(running, database, kind):
    headers = {b"content-type": kind.encode(), b"origin": b"https://boese.example"}

    page = await knock(running.app, b"/konto/anmelden", method="POST", headers=headers, chunks=[b"{}"])

    assert page.status == 403


# --- sizes ------------------------------------------------------------------------------------------


async def post(running, chunks, *, headers=FORM, target=b"/konto/anmelden"):
    page = await knock(running.app, target, method="POST", headers=headers, chunks=chunks)
    check(page)
    return page


async def test_a_body_that_says_it_is_too_large_is_not_read(running, database):
    headers = FORM | {b"content-length": str(64 * 1024 * 1024).encode()}

    page = await post(running, [b"x" * 1024] * 9, headers=headers)

    assert (page.status, page.unread, page.words("h1")) == (413, 9, "Das ist zu viel auf einmal")


@pytest.mark.parametrize("kind", [b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x"])
async def test_a_body_without_a_length_is_read_no_further_than_the_limit(running, database, kind):
    start = b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n' if b"multi" in kind else b"a="
    chunks = [start, *[b"x" * 1024] * 64 * 1024]

    page = await post(running, chunks, headers=SAME | {b"content-type": kind})

    assert page.status == 413
    assert len(chunks) - page.unread <= BODY_LIMIT // 1024 + 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({f"x-{n:03}".encode(): b"" for n in range(99)}, 200),
        ({f"x-{n:03}".encode(): b"" for n in range(100)}, 431),
        ({b"x-long": b"x" * (32 * 1024 - 24)}, 200),
        ({b"x-long": b"x" * (32 * 1024 - 23)}, 431),
        ({b"cookie": b"session=" + b"x" * 200_000}, 431),
    ],
)
async def test_a_request_has_at_most_a_hundred_headers_and_32_kib_of_them(running, database, headers, status):
    page = await knock(running.app, b"/netiquette", headers=headers)

    assert page.status == status
    check(page)


async def test_a_body_that_never_ends_is_not_blamed_on_the_database(running, database, monkeypatch):
    monkeypatch.setattr(web, "SECONDS", 0.1)

    async def endless(_scope, _receive, send):
        async def receive():
            await asyncio.sleep(1)
            return {"type": "http.request", "body": b"x", "more_body": True}

        await running.app(_scope, receive, send)

    page = await knock(endless, b"/konto/anmelden", method="POST", headers=FORM)

    assert (page.status, page.words("h1")) == (408, "Das hat zu lange gedauert")


async def test_a_body_at_the_limit_is_read(running, database):
    assert (await post(running, [b"email=", b"x" * (BODY_LIMIT - 6)])).status == 422


@pytest.mark.parametrize(
    "length", [b"", b"-1", b"1e9", b"0x10", b"1 2", "٣".encode(), b"9" * 20, b"9" * 5000]
)
async def test_an_odd_length_is_refused(running, database, length):
    page = await post(running, [b"email=x"], headers=FORM | {b"content-length": length})

    assert page.status == (413 if length.isdigit() else 400)


@pytest.mark.parametrize(("count", "status"), [(100, 422), (101, 400), (1_000, 400)])
@pytest.mark.parametrize("multipart", [False, True])
async def test_a_form_has_at_most_a_hundred_fields(running, database, count, status, multipart):
    fields = [(f"feld{n}", "x") for n in range(count)]
    headers, body = encoded(fields) if multipart else (FORM, urlencode(fields).encode())

    assert (await post(running, [body], headers=headers)).status == status


def encoded(fields, charset="utf-8"):
    """A multipart body; a value of bytes is sent as it is."""
    parts = [
        f'--x\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + (value if isinstance(value, bytes) else value.encode())
        for name, value in fields
    ]
    kind = f"multipart/form-data; boundary=x; charset={charset}".encode()
    return SAME | {b"content-type": kind}, b"\r\n".join([*parts, b"--x--\r\n"])


PART = b'--x\r\ncontent-disposition: form-data; name="email"'
BROKEN = {
    "a file": PART + b'; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\nx\r\n--x--\r\n',
    "an empty file": PART + b'; filename=""\r\n\r\n\r\n--x--\r\n',
    "no name": b"--x\r\ncontent-disposition: form-data\r\n\r\nx\r\n--x--\r\n",
    "no disposition": b"--x\r\n\r\nx\r\n--x--\r\n",
    "another boundary": b'--y\r\ncontent-disposition: form-data; name="a"\r\n\r\nx\r\n--y--\r\n',
    "a broken header": b"--x\r\ncontent disposition\r\n\r\nx\r\n--x--\r\n",
    "a header of NUL": b"--x\r\n\x00: x\r\n\r\nx\r\n--x--\r\n",
    "only text": b"Hallo",
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_broken_form_is_refused(running, database, broken):
    page = await post(running, [BROKEN[broken]], headers=encoded([])[0])

    assert (page.status, page.words("h1")) == (400, "Das haben wir nicht verstanden")


@pytest.mark.parametrize(
    "kind",
    [
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b"multipart/form-data; boundary=" + b"x" * 999,
    ],
)
async def test_a_form_without_a_fitting_boundary_is_refused(running, database, kind):
    page = await post(running, [BROKEN["a file"]], headers=SAME | {b"content-type": kind})

    assert page.status == 400


CHARSETS = [
    "utf-8",
    "utf-7",
    "utf-16",
    "utf-32",
    "unicode_escape",
    "raw_unicode_escape",
    "punycode",
    "idna",
    "zlib",
]
CHARSETS += ["undefined", "rot13", "base64", "\x00", "x" * 300]


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("target", [b"/konto/anlegen", b"/konto/anmelden", b"/konto/passwort", b"/beitrag"])
async def test_a_strange_alphabet_is_no_defect(running, database, make, target, charset):
    await make.terms()
    odd = rb"\ud800+2AA-\x00" + "äö".encode("utf-16") + b"\xff\xfe\x00\xd8"
    fields = [
        ("email", "a@halle.example"),
        *((name, odd) for name in ("password", "schluessel", "number", "secret")),
    ]
    headers, body = encoded([*fields, ("consent", "y")], charset)

    page = await post(running, [body], headers=headers, target=target)

    assert page.status < 500


@pytest.mark.parametrize("charset", ["punycode", "utf-7", "UTF-16", '"idna"', "zlib"])
async def test_only_utf8_is_read(running, database, charset):
    headers, body = encoded([("email", b"a-" + b"b" * 200_000)], "utf-8")
    headers[b"content-type"] = headers[b"content-type"].replace(b"utf-8", charset.encode())
    started = time.process_time()

    page = await post(running, [body], headers=headers, target=b"/konto/anmelden")

    assert (page.status, time.process_time() - started < 1) == (400, True)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/punkte/%zz", 404),
        (b"/punkte/%", 404),
        (b"/punkte/%ff%fe", 404),
        (b"/punkte/%C3%28", 404),
        (b"/punkte/%ED%A0%80", 404),
        (b"/beitraege/\xff", 404),
        (b"/beitraege/%2e%2e%2f", 404),
        (b"/beteiligung/%u0041", 404),
        (b"//", 404),
        (b"/./", 404),
        (b"/konto/", 404),
        (b"/%6bonto", 401),
        (b"/punkte/%00", 400),
        (b"/punkte/a\x00b", 400),
        (b"/punkte/%2500", 404),
        (b"/?q=" + b"x" * 5_000, 200),
        (b"/?q=" + b"x" * 20_000, 400),
        (b"/" + b"x" * 5_000, 400),
        (b"/?%zz=%ff&&&=", 200),
        (b"/beitrag?nummer=%00%ff", 200),
        (b"/demo/post/" + b"9" * 300, 404),
        (b"/demo/post/" + b"9" * 4_000, 404),
        (b"/faden/" + b"9" * 40 + b"/schreiben", 401),
        (b"/static/" + b"x" * 300, 404),
        (b"/static/" + b"x/" * 1_900, 404),
        (b"/static/%2e%2e/%2e%2e/pyproject.toml", 404),
        (b"/static/%5c..%5c..%5cpyproject.toml", 404),
    ],
)
async def test_an_odd_address_is_answered_with_a_page(running, database, target, status):
    page = await knock(running.app, target)

    assert page.status == status
    check(page)


# --- redirects --------------------------------------------------------------------------------------

ELSEWHERE = [
    "",
    "https://boese.example",
    "HTTPS://boese.example/",
    "http:boese.example",
    "https:/boese.example",
    "https:///boese.example",
    "//boese.example",
    "///boese.example",
    "////boese.example",
    "//boese.example/%2f..",
    "//boese.example@127.0.0.1/",
    "//127.0.0.1@boese.example/",
    "/\\boese.example",
    "\\\\boese.example",
    "\\/boese.example",
    "/\t/boese.example",
    "\t//boese.example",
    "/\n/boese.example",
    " //boese.example",
    "/ /boese.example",
    "\x00//boese.example",
    "/\r\nset-cookie: x=1",
    "/\x7f/boese.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)//",
    "data:text/html,x",
    "boese.example",
    "@boese.example",
    "?next=//boese.example",
    "#//boese.example",
    "//[",
    "//[::1",
    "//boese.example\uff0f@x",
    "https://[boese",
    "//\u2100.example",
    "..//boese.example",
    "ftp://boese.example",
    "//google%E3%80%82com",
]
OURS = [
    "/",
    "/konto",
    "/punkte/E2?sort=newest#b-7K4-92F",
    "/a//b",
    "/%2F%2Fboese.example",
    "/?next=//boese.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_nothing_leads_elsewhere(browser, make, target):
    assert own_path(target) == "/"
    citizen = await make.citizen()
    page = await browser.get(f"/konto/anmelden?next={quote(target)}")

    answer = await browser.post(
        "/konto/anmelden", follow=False, email=citizen.email, password=PASSWORD, next=target
    )

    assert page.one("input[name=next]")["value"] == "/"
    assert (answer.status, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("target", OURS)
async def test_one_is_led_back_to_where_one_was(browser, make, target):
    citizen = await make.citizen()

    answer = await browser.post(
        "/konto/anmelden", follow=False, email=citizen.email, password=PASSWORD, next=target
    )

    assert (own_path(target), answer.headers["location"]) == (target, target)


@pytest.mark.parametrize("retry", ["https://boese.example", "//boese.example", "/\\boese.example", "//["])
async def test_what_waits_behind_signing_in_is_sent_nowhere_else(browser, make, retry):
    form = {"email": (await make.citizen()).email, "password": PASSWORD, "keep.text": TEXT, "retry": retry}

    answer = await browser.client.post("/konto/anmelden", data=form, headers={"origin": ORIGIN})

    assert "boese" not in answer.text
    assert Seen(answer).form("/") == {"text": TEXT}


CROSS = {b"sec-fetch-site": b"cross-site", b"content-type": b"application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [(b"/konto/abmelden", CROSS, 403), (b"//boese.example/", CROSS, 403), (b"//boese.example/", FORM, 404)],
)
async def test_what_no_route_has_read_is_not_offered_for_sending(running, database, address, headers, status):
    page = await knock(running.app, address, method="POST", headers=headers, chunks=[b"text=Von+woanders"])

    assert (page.status, page.select("form"), "woanders" in page.text) == (status, [], False)


# --- odd requests -----------------------------------------------------------------------------------

WORDS = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "9" * 18,
    "9" * 40,
    "1e3",
    "0x1",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "'",
    '"',
    "%",
    "%00",
]
WORDS += [
    "\x00",
    "\n",
    "\ufffe",
    "\u202e",
    "ß",
    "ﬀ",
    "İ",
    "٣",
    "½",
    "𝟙",
    "../..",
    "//[",
    "a/b",
    "7K4-92F",
    "7k492f",
    "ILO-000",
]
WORDS += [
    "0.0.0",
    "1.2",
    "9" * 30 + ".1.1",
    "-1.-1.-1",
    "newest",
    "mixed",
    "preview",
    "withdraw",
    "none",
    "agree",
    "publish",
]
WORDS += [
    "reject",
    "panelist",
    "2020-01-01",
    "2020-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
]
WORDS += ["urn:uuid:" + "0" * 32, "0" * 32, "a@b", "ä@halle.example", "x" * 300, "x" * 6_000, PASSWORD, TEXT]
KEYS = [
    "text",
    "vote",
    "stance",
    "once",
    "action",
    "email",
    "password",
    "consent",
    "next",
    "retry",
    "schluessel",
]
KEYS += [
    "number",
    "secret",
    "decision",
    "rule",
    "reasons",
    "revision",
    "role",
    "keep.text",
    "keep.",
    "sort",
    "weiter",
]
KEYS += ["nach", "vor", "ab", "nummer", ""]
VALUES = st.one_of(st.sampled_from(WORDS), st.text(max_size=30), st.integers().map(str))
PAIRS = st.lists(st.tuples(st.sampled_from(KEYS) | st.text(max_size=9), VALUES), max_size=8)
KINDS = [
    "application/x-www-form-urlencoded",
    "application/json",
    "text/plain",
    "multipart/form-data; boundary=x",
    "",
]
HEADS = [
    "cookie",
    "user-agent",
    "accept",
    "accept-language",
    "hx-request",
    "range",
    "if-none-match",
    "x-forwarded-for",
]


@given(
    name=st.sampled_from(sorted(TABLE)),
    path=st.lists(VALUES, min_size=1, max_size=1),
    real=st.booleans(),
    query=PAIRS,
    form=PAIRS,
    kind=st.sampled_from(KINDS),
    extra=st.dictionaries(st.sampled_from(HEADS), st.binary(max_size=30), max_size=3),
    signed_in=st.booleans(),
)
@profile(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
async def test_no_request_however_odd_is_a_defect(
    house, name, path, real, query, form, kind, extra, signed_in
):
    method, template = TABLE[name][:2]
    values = (await house.furnished())[name] if real else {}
    parts = [str(values.get(part, path[0])) for part in _parameters(template)]
    address = _fill(template, [quote(part.replace("/", "")[:900] or "x", safe="") for part in parts])
    headers = {key.encode(): value for key, value in extra.items()} | {b"content-type": kind.encode()} | SAME
    if signed_in:
        headers[b"cookie"] = await house.cookie()
    target = f"{address}?{urlencode(query)}"[:4_000].encode()

    page = await knock(
        house.running.app, target, method=method, headers=headers, chunks=[urlencode(form).encode()]
    )

    assert page.status < 500
    if page.status in {301, 302, 303, 307, 308}:
        assert page.headers["location"] == own_path(page.headers["location"])
    elif page.headers["content-type"].startswith("text/html") and method != "HEAD":
        check(page, fragment=extra.get("hx-request") == b"true")


def _parameters(template):
    return re.findall(r"{(\w+)(?::\w+)?}", template)


def _fill(template, values):
    waiting = iter(values)
    return re.sub(r"{[^}]+}", lambda _: next(waiting), template)


# --- nothing typed is lost --------------------------------------------------------------------------


def typed(page):
    """What the form of an answer would send again."""
    return fields(page.one("main form"))


async def test_signed_out_the_text_waits_behind_signing_in(browser, make, database):
    thread, citizen = await make.thread(), await make.citizen()
    address, sent = f"/faden/{thread.id}/schreiben", {"text": TEXT, "stance": "agree", "once": str(uuid4())}

    refused = await browser.post(address, **sent)
    wrong = await browser.post(
        "/konto/anmelden", **typed(refused) | {"email": citizen.email, "password": "falsch"}
    )
    resumed = await browser.post("/konto/anmelden", **typed(wrong) | {"password": PASSWORD})
    done = await browser.post(address, **resumed.form(address))

    assert [page.status for page in (refused, wrong, resumed, done)] == [401, 422, 200, 200]
    assert resumed.form(address) == sent
    assert await texts(database) == [TEXT]


async def texts(database):
    async with database.reading() as db:
        return list((await db.execute(select(Comment.text))).scalars())


async def test_signed_out_even_a_button_waits_behind_signing_in(browser, make, database):
    citizen = await make.citizen()
    comment = await make.comment(author=citizen)
    address = f"/beitraege/{comment.number}/zurueckziehen"

    refused = await browser.post(address)
    resumed = await browser.post(
        "/konto/anmelden", **typed(refused) | {"email": citizen.email, "password": PASSWORD}
    )
    await browser.post(address, **resumed.form(address))

    async with database.reading() as db:
        assert list((await db.execute(select(Comment.status))).scalars()) == ["withdrawn"]


async def test_a_password_is_never_among_what_is_kept(browser, make):
    thread = await make.thread()
    secrets = dict.fromkeys(["password", "password_again", "secret", "schluessel"], "geheim")

    page = await browser.post(f"/faden/{thread.id}/schreiben", text=TEXT, **secrets)

    assert (page.status, "geheim" in page.text) == (401, False)


class Refused:
    """Ways to be refused with a text in hand: each returns the address and the other fields."""

    def __init__(self, make, person):
        self.make, self.person = make, person

    async def not_open_yet(self):
        now = clock.now()
        thread = await self.make.thread(opens_at=now + timedelta(1), closes_at=now + timedelta(9))
        return f"/faden/{thread.id}/schreiben", {}

    async def no_thread(self):
        return "/faden/999999/schreiben", {}

    async def parent_gone(self):
        return f"/beitraege/{(await self.make.comment(status='hidden')).number}/antworten", {}

    async def too_many(self):
        thread = await self.make.thread()
        for _ in range(10):
            await self.make.comment(thread, self.person, created_at=clock.now())
        return f"/faden/{thread.id}/schreiben", {}

    async def broken_key(self):
        return f"/faden/{(await self.make.thread()).id}/schreiben", {"once": "kein-uuid"}

    async def not_a_moderator(self):
        return f"/moderation/{(await self.make.comment()).number}/entscheiden", {"decision": "hide"}


STATUS = {
    "not_open_yet": 409,
    "no_thread": 404,
    "parent_gone": 404,
    "too_many": 429,
    "broken_key": 400,
    "not_a_moderator": 403,
}


@pytest.mark.parametrize("why", STATUS)
async def test_what_was_typed_is_in_the_answer_that_refuses_it(browser, make, database, why):
    citizen = await make.citizen()
    await browser.sign_in(citizen)
    address, more = await getattr(Refused(make, citizen), why)()
    before = await texts(database)

    page = await browser.post(address, text=TEXT, **more)

    assert page.status == STATUS[why]
    assert page.form(address) == {"text": TEXT} | more
    assert await texts(database) == before


async def test_after_the_end_the_text_stays_to_be_copied_and_nothing_promises_another_try(browser, make):
    now = clock.now()
    thread = await make.thread(opens_at=now - timedelta(9), closes_at=now - timedelta(1))
    await browser.sign_in(await make.citizen())

    page = await browser.post(f"/faden/{thread.id}/schreiben", text=TEXT)

    assert (page.status, page.one("main textarea").text.lstrip("\n")) == (409, TEXT)
    assert page.select("main form") == []


async def test_the_new_text_of_what_was_decided_meanwhile_stays_to_be_copied(browser, make):
    author = await make.citizen()
    comment = await make.comment(author=author, status="rejected")
    await browser.sign_in(author)

    page = await browser.post(f"/beitraege/{comment.number}/bearbeiten", text=TEXT)

    assert (page.status, page.one("main textarea").text.lstrip("\n")) == (409, TEXT)
    assert page.select("main form") == []


@pytest.mark.parametrize("base", ["a", "🙂"])
async def test_a_letter_under_a_heap_of_marks_is_refused_and_kept(browser, make, base):
    await browser.sign_in(await make.citizen())
    heap = f"Guten Tag {base}" + "\u0335" * 400

    page = await browser.post(f"/faden/{(await make.thread()).id}/schreiben", text=heap)

    assert page.status == 422
    assert typed(page)["text"] == heap
    assert "sehr viele Zusatzzeichen" in page.words(".kern-error")


@pytest.mark.parametrize(
    "action", ["/faden/{0}/haltung", "/beitraege/{1}/stimme", "/beitraege/{1}/zurueckziehen"]
)
async def test_after_signing_in_one_is_back_on_the_page_of_the_button(browser, make, action):
    point, citizen = await make.point(), await make.citizen()
    comment = await make.comment(point.thread, citizen)
    await browser.get(f"/punkte/{point.code}?sort=newest")

    refused = await browser.post(action.format(point.thread.id, comment.number), vote="agree", stance="agree")
    link = parse_qs(urlsplit(refused.select(".only-note a")[0]["href"]).query)
    back = await browser.post("/konto/anmelden", next=link["next"][0], email=citizen.email, password=PASSWORD)

    assert refused.status == 401
    assert (back.status, str(back.response.url)) == (200, f"{ORIGIN}/punkte/{point.code}?sort=newest")


@pytest.mark.parametrize("referer", ["", "https://boese.example/punkte/E2", "https://boese.example", "//x"])
async def test_no_other_site_says_where_to_go_on(browser, make, referer):
    refused = await browser.post(f"/faden/{(await make.thread()).id}/haltung", headers={"referer": referer})

    assert refused.select(".only-note a")[0]["href"] == "/konto/anmelden?next=%2F"


@pytest.mark.parametrize("text", ["x" * 5_001, TEXT + "x" * 5_000, "ä" * 40_000])
async def test_a_text_that_does_not_fit_stays_in_its_field(browser, make, text):
    await browser.sign_in(await make.citizen())
    once = str(uuid4())

    page = await browser.post(
        f"/faden/{(await make.thread()).id}/schreiben", text=text, once=once, stance="pass"
    )

    assert page.status == 422
    assert typed(page) == {"text": text, "once": once, "stance": "pass"}


async def test_without_a_database_the_text_comes_back_to_be_sent_again(settings):
    away = Database("postgresql+asyncpg://dialog@127.0.0.1:1/dialog")
    async with Browser(roof.create(settings, away), ORIGIN) as browser:
        with capture_logs():
            page = await browser.post("/faden/1/schreiben", text=TEXT, once="7")

    assert (page.status, page.form("/faden/1/schreiben")) == (503, {"text": TEXT, "once": "7"})


async def test_the_process_says_that_it_lives_without_a_database(settings):
    away = Database("postgresql+asyncpg://dialog@127.0.0.1:1/dialog")
    async with Browser(roof.create(settings, away), ORIGIN) as browser:
        page = await browser.get("/healthz")

    assert (page.status, page.text) == (200, "ok")


async def test_who_is_signed_in_stays_so_on_the_page_of_a_refusal(browser, make):
    await browser.sign_in(await make.citizen())

    page = await browser.get("/beitraege/000-000")

    assert page.status == 404
    assert [link["href"] for link in page.select('header a[href^="/konto"]')] == ["/konto"]


async def test_what_is_sent_again_after_a_refusal_is_one_comment(browser, make, database, owner):
    thread, citizen = await make.thread(), await make.citizen()
    await browser.sign_in(citizen)
    address = f"/faden/{thread.id}/schreiben"
    await owner.execute("UPDATE threads SET opens_at = now() + interval '1 hour'")
    page = await browser.post(address, text=TEXT, once=str(uuid4()))
    await owner.execute("UPDATE threads SET opens_at = now() - interval '1 day'")

    numbers = [
        (await browser.post(address, **page.form(address))).words(".receipt__number") for _ in range(3)
    ]

    assert (page.status, len(set(numbers))) == (409, 1)
    assert await texts(database) == [TEXT]


@pytest.mark.parametrize("typed_as", ["{0}", " {0} ", "{1}", "{2}"])
async def test_a_number_is_understood_as_people_type_it(browser, make, database, typed_as):
    comment, citizen = await make.comment(), await make.citizen()
    number = comment.number
    address = f"/beitraege/{quote(typed_as.format(number, number.lower(), number.replace('-', '')))}"
    await browser.sign_in(citizen)

    page = await browser.get(address)
    voted = await browser.post(f"{address}/stimme", follow=False, vote="agree")
    taken = await browser.post(f"{address}/stimme/zuruecknehmen", follow=False)

    assert page.words("h1") == f"Beitrag {comment.number}"
    assert [answer.headers["location"] for answer in (voted, taken)] == [f"/punkte/E2#b-{comment.number}"] * 2
