"""A visitor without JavaScript: opens pages, submits forms, and checks every page it sees."""

import re
from typing import Any
from urllib.parse import urlsplit

import httpx2
from bs4 import BeautifulSoup, Tag

from consultations.app import ROUTES
from tests.make import PASSWORD, Made

_ADDRESSES = [(route.path_regex, route.methods or set()) for route in ROUTES]


class Seen:
    """An answer: status, headers, text, and for HTML the parsed page."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response, self.status, self.headers = response, response.status_code, response.headers
        self.text = response.text
        self.path = response.url.path
        self.soup = BeautifulSoup(response.text, "html.parser")

    def select(self, css: str) -> list[Tag]:
        return self.soup.select(css)

    def one(self, css: str) -> Tag:
        found = self.soup.select(css)
        assert len(found) == 1, f"{len(found)} × {css} on {self.path}"
        return found[0]

    def words(self, css: str = "main") -> str:
        """The visible text of the elements, white space folded."""
        return " ".join(" ".join(tag.get_text(" ") for tag in self.select(css)).split())

    def form(self, action: str) -> dict[str, str]:
        """The fields of the form with this action, as a browser would send them without a button."""
        form = self.one(f'form[action="{action}"]')
        return fields(form)


def fields(form: Tag) -> dict[str, str]:
    sent = {}
    for tag in form.select("input[name], textarea[name], select[name]"):
        kind = str(tag.get("type", "text"))
        if kind in {"submit", "button"} or (kind in {"checkbox", "radio"} and not tag.has_attr("checked")):
            continue
        value = (
            tag.text.removeprefix("\r").removeprefix("\n") if tag.name == "textarea" else tag.get("value", "")
        )
        sent[str(tag["name"])] = str(value)
    return sent


class Browser:
    """One visitor with its own cookies."""

    def __init__(self, app: Any, origin: str) -> None:
        self.origin = origin
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=origin)
        self.here = origin

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def get(self, path: str, *, follow: bool = True, **headers: str) -> Seen:
        response = await self.client.get(path, headers=_named(headers), follow_redirects=follow)
        return self._seen(response)

    async def post(
        self,
        path: str,
        *,
        follow: bool = True,
        headers: dict[str, str] | None = None,
        files: dict[str, Any] | None = None,
        **form: Any,
    ) -> Seen:
        """Send a form as a browser does: with its Origin, following the redirect; files come last."""
        sent = {"origin": self.origin, "sec-fetch-site": "same-origin", "referer": self.here} | (
            headers or {}
        )
        response = await self.client.post(path, data=form, files=files, headers=sent, follow_redirects=follow)
        return self._seen(response)

    async def sign_in(self, person: Made, password: str = PASSWORD) -> Seen:
        seen = await self.post("/konto/anmelden", email=person.email, password=password, next="/")
        assert seen.status == 200, seen.words()
        return seen

    def _seen(self, response: httpx2.Response) -> Seen:
        seen = Seen(response)
        if "text/html" in response.headers.get("content-type", "") and not response.is_redirect:
            self.here = str(response.url)
            check(seen, fragment=response.request.headers.get("hx-request") == "true")
        return seen


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def check(page: Seen, *, fragment: bool = False) -> None:
    """What holds on every page: see the house's conventions, number 17."""
    where = f"{page.response.request.method} {page.path}"
    assert not page.select("[style], style"), f"inline style on {where}"
    assert not page.select("script:not([src])"), f"inline script on {where}"
    handlers = [
        tag.name
        for tag in page.soup.find_all()
        if any(name.startswith(("on", "hx-on")) for name in tag.attrs)
    ]
    assert handlers == [], f"inline handlers on {where}"
    ids = [tag["id"] for tag in page.select("[id]")]
    assert sorted(ids) == sorted(set(ids)), f"an id stands twice on {where}"
    _check_forms(page, where)
    if fragment and not page.select("html"):
        return
    assert page.one("html")["lang"] == "de", where
    heading = " ".join(page.one("h1").get_text(" ").split())
    assert page.one("title").get_text().startswith(heading), (
        f"title of {where} does not begin with “{heading}”"
    )
    assert page.one("main")["id"] == "inhalt", where
    for link in page.select("a[href]"):
        address = urlsplit(str(link["href"]))
        if not address.scheme and not address.netloc and address.path.startswith("/"):
            assert known(address.path, "GET"), f"{where} links to {address.path}"
    for link in page.select(".errors a[href^='#']"):
        assert page.select(f"[id='{str(link['href'])[1:]}']"), f"{where}: an error leads to {link['href']}"
    for tag in page.select("a[aria-describedby], input[aria-describedby], textarea[aria-describedby]"):
        for target in str(tag["aria-describedby"]).split():
            assert page.select(f"[id='{target}']"), f"{where}: {target} is missing"
    outside = [
        tag
        for tag in page.select("script[src], link[href], img[src]")
        if "//" in str(tag.get("src") or tag.get("href"))
    ]
    assert outside == [], f"third-party request on {where}"


def _check_forms(page: Seen, where: str) -> None:
    for field in page.select("input:not([type=hidden]), textarea, select"):
        labelled = (
            page.select(f"label[for='{field.get('id')}']")
            or field.find_parent("label")
            or field.get("aria-label")
        )
        assert labelled, f"{where}: field {field.get('name')} has no label"
    for form in page.select("form"):
        action = urlsplit(str(form.get("action", page.path))).path
        assert known(action, str(form.get("method", "get")).upper()), f"{where}: a form goes to {action}"


def known(path: str, method: str) -> bool:
    """True when a route answers this address."""
    if path.startswith("/static/"):
        return True
    return any(regex.match(path) and method in methods for regex, methods in _ADDRESSES)


def numbers(text: str) -> list[str]:
    """The comment numbers in a text, in order."""
    return re.findall(r"\b[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}\b", text)
