"""What is not public: every viewer opens every page, and each secret is seen by exactly those who may."""

import re
import zipfile
from datetime import timedelta
from html import unescape
from itertools import product
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup

from consultations.app import ROUTES
from consultations.outcome import exports
from dialogue import accounts, journal
from dialogue.kit import clock
from dialogue.tables import Actor, Job
from moderation.tables import Decision
from tests.browser import known

VIEWERS = {
    "guest": None,
    "citizen": (),
    "moderator": ("moderator",),
    "editor": ("editor",),
    "panelist": ("panelist",),
    "committee": ("committee",),
    "admin": ("admin",),
}
HIDDEN = ("pending", "rejected", "hidden", "withdrawn")
TEXTS = set(HIDDEN)
SEES = {name: TEXTS if name == "moderator" else set() for name in VIEWERS} | {"author": TEXTS | {"email"}}
MARKS = {status: f"Kennwort-{status}-Zwiebelkuchen" for status in HIDDEN} | {
    "email": "zwiebelkuchen@geheim.example",
    "tally of votes": "n\xa0=\xa013",
    "count of stances": "n\xa0=\xa011",
}
NUMBER = "ZZZ-ZZZ"
LINK = re.compile(r'href="((?!/static/|/konto/anmelden)[/?][^"#]*)')


class City:
    """Two consultations, one of them sealed, with a comment of every status in each, and who looks."""

    def __init__(self, make, new_browser):
        self.make, self.new_browser = make, new_browser

    async def build(self):
        make, today = self.make, clock.today()
        self.author = await make.person(email=MARKS["email"])
        self.open = await make.point(await make.consultation())
        dates = {"starts_on": today - timedelta(days=9), "ends_on": today - timedelta(days=1)}
        self.sealed = await make.point(
            await make.consultation(sealed_until=clock.now() + timedelta(days=3), **dates)
        )
        self.public = await make.comment(self.open.thread)
        self.counted = await make.comment(self.sealed.thread)
        people = [await make.person() for _ in range(13)]
        for person in people:
            await make.vote(self.counted, person)
        for person in people[:11]:
            await make.stance(self.sealed.thread, person)
        self.secret = {status: await self.comment(status) for status in HIDDEN}
        self.replies = {status: await self.comment(status, parent_id=self.public.id) for status in HIDDEN}
        return self

    @property
    def points(self):
        return (self.open, self.sealed)

    async def comment(self, status, **values):
        text = MARKS[status]
        return await self.make.comment(self.open.thread, self.author, status=status, text=text, **values)

    async def viewer(self, name):
        browser = self.new_browser()
        if name == "author":
            await browser.sign_in(self.author)
        elif VIEWERS[name] is not None:
            await browser.sign_in(await self.make.person(*VIEWERS[name]))
        return browser

    def addresses(self):
        """One of every page that can be opened, for every row; links lead to the rest."""
        comments = [self.public, self.counted, *self.secret.values(), *self.replies.values()]
        values = {
            "number": [NUMBER, *(comment.number for comment in comments)],
            "code": [point.code for point in self.points],
            "slug": [point.consultation.slug for point in self.points],
            "thread": [point.thread.id for point in self.points],
            "id": [1, 7],
        }
        for route in ROUTES:
            if "GET" in route.methods:
                for filled in product(*(values[name] for name in route.param_convertors)):
                    yield route.path_format.format(**dict(zip(route.param_convertors, filled, strict=True)))
        yield from (f"/punkte/{code}?sort=newest" for code in values["code"])
        yield from ("/moderation?ab=2020-01-01T00:00:00%2B00:00", "/moderation/protokoll?vor=9", "/unbekannt")


async def crawl(browser, addresses):
    """Everything a viewer can open: the given addresses, and every link found on the way."""
    waiting, found = list(addresses), {}
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        page = await browser.client.get(address, follow_redirects=True)
        found[address] = page.text + str(page.headers)
        waiting += (urljoin(address, unescape(link)) for link in LINK.findall(page.text))
    return found


def seen(pages):
    return {secret for secret, mark in MARKS.items() if any(mark in text for text in pages.values())}


@pytest.fixture
async def city(make, new_browser):
    return await City(make, new_browser).build()


@pytest.mark.parametrize("name", SEES)
async def test_each_secret_is_seen_by_exactly_those_who_may(city, name):
    pages = await crawl(await city.viewer(name), city.addresses())

    assert seen(pages) == SEES[name]
    assert {route.name for route in ROUTES if "GET" in route.methods and not opened(route, pages)} == set()


def opened(route, pages):
    return any(route.path_regex.match(address.partition("?")[0]) for address in pages)
