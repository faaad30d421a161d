"""What is not public: every viewer opens every page, and each secret is seen by exactly those who may."""

import re
import zipfile
from datetime import timedelta
from html import unescape
from itertools import product
from urllib.parse import urljoin
from uuid import uuid4

import pytest

from consultations.app import ROUTES
from consultations.editing import rulebooks
from consultations.outcome import exports
from consultations.outcome.formats import FORMATS
from consultations.outcome.readme import ROLES
from consultations.pages.editing_views import FOLDERS
from consultations.tables import Response, Version
from dialogue import accounts, journal
from dialogue.kit import clock
from dialogue.tables import Absence
from moderation import filters
from moderation.tables import Decision, Flag, Original
from tests.moderation import matter

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
# Who hosts another room, and a deputy who has lost the role: both are there with a session of staff.
SEES = {name: set() for name in (*VIEWERS, "host elsewhere", "deputy no more")} | {
    "moderator": TEXTS
    | {
        "of a guest",
        "circle",
        "its title",
        "its entry",
        "reporter",
    },  # everything of the consultations they moderate
    "editor": {"circle", "its title", "draft"},  # their drafts, and nothing that waits to be checked
    "member": {"circle", "its title"},
    "admin": {"its title", "email"},  # people and where their roles hold
    "author": TEXTS | {"email"},
    "guest author": {"of a guest"},
}
MARKS = {status: f"Kennwort-{status}-Zwiebelkuchen" for status in HIDDEN} | {
    "of a guest": "Kennwort-Gast-Zwiebelkuchen",
    "email": "zwiebelkuchen@geheim.example",
    "circle": "Kennwort-Kreis-Zwiebelkuchen",
    "its entry": "Kennwort-Eintrag-Zwiebelkuchen",
    "its title": "Kennwort-Titel-Zwiebelkuchen",
    "tally of votes": "13\xa0Stimmen",
    "count of stances": "11\xa0Antworten",
    "draft": "Kennwort-Entwurf-Zwiebelkuchen",
    "reporter": "zwiebelmelderin@geheim.example",
    "masked original": "Kennwort-Original-Zwiebelkuchen",  # by an act of its own, never by opening a page
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
        self.member = await make.citizen()
        self.circle = await make.point(await self.of_circle(), title=MARKS["circle"], text=MARKS["circle"])
        self.said = await make.comment(self.circle.thread, text=MARKS["circle"])
        words = {"outcome": "adopted", "reasons": MARKS["circle"], "before": "", "after": ""}
        about = {"comment_id": self.said.id, "point_id": self.circle.id, "published_at": clock.now()}
        await make.row(Response, **words, **about)
        self.open = await make.point(await make.consultation())
        dates = {"starts_on": today - timedelta(days=9), "ends_on": today - timedelta(days=1)}
        self.sealed = await make.point(
            await make.consultation(sealed_until=clock.now() + timedelta(days=3), **dates)
        )
        self.public = await make.comment(self.open.thread)
        self.answer = await make.comment(self.open.thread, parent_id=self.public.id)
        self.counted = await make.comment(self.sealed.thread)
        masked = {"text": "Fragen Sie [geschwärzt].", "revision": 2}
        self.masked = await make.comment(self.open.thread, self.author, **masked)
        people = [await make.person() for _ in range(13)]
        for person in people:
            await make.vote(self.counted, person)
        for person in people[:11]:
            await make.stance(self.sealed.thread, person)
        return self

    async def of_circle(self):
        """A consultation for a circle, whose very existence is a secret to all others."""
        self.keeps = circle = await self.make.circle(self.member, name=MARKS["its title"])
        words = {"title": MARKS["its title"], "lead": MARKS["circle"], "about": MARKS["circle"]}
        made = await self.make.consultation(circle_id=circle.id, **words)
        async with self.make.database.writing() as db:
            await journal.record(
                db, "consultation.published", f"consultation:{made.slug}", example=MARKS["its entry"]
            )
        return made

    async def keep_secrets(self):
        """A comment and a reply of every status that is not public, all voted on, the comments answered."""
        self.secret = {status: await self.comment(status) for status in HIDDEN}
        self.guest = await self.make.guest()
        waits = {"status": "pending", "text": MARKS["of a guest"]}
        self.of_guest = await self.make.comment(self.open.thread, self.guest, **waits)
        self.replies = {status: await self.comment(status, parent_id=self.public.id) for status in HIDDEN}
        for comment in (*self.secret.values(), *self.replies.values()):
            await self.make.vote(comment)
        for comment in self.secret.values():
            words = {"outcome": "adopted", "reasons": "Ja.", "before": "Alt.", "after": "Neu."}
            values = words | {"comment_id": comment.id, "point_id": self.open.id, "published_at": clock.now()}
            await self.make.row(Response, **values)
        await self.black_out()
        await self.draft()
        await self.procedure()

    async def procedure(self):
        """Notices, open and settled, of what is public and what is not, with who reported them and in which
        words."""
        reporter, rule = await self.make.citizen(), await self.make.rule()
        no = {"revision": 1, "snapshot": b"", "rule_id": rule.id, "reasons": "Bitte ohne Namen, danke sehr."}
        no |= {"actor_id": uuid4(), "origin": "own"}
        told = {"category": "other", "text": MARKS["reporter"], "contact": MARKS["reporter"]}
        told |= {"reporter_id": reporter.id, "key": b"1", "secret_hash": b""}
        for at, comment in enumerate((self.public, self.masked, self.secret["hidden"], self.said)):
            about = {"number": f"M-ZZZ-ZZ{at}", "once": uuid4(), "comment_id": comment.id}
            await self.make.row(Flag, **told, **about)
        decision = await self.make.row(Decision, comment_id=self.secret["hidden"].id, decision="hide", **no)
        settled = {
            "decision_id": decision.id,
            "settled_at": clock.now(),
            "number": "M-ZZZ-ZZ9",
            "once": uuid4(),
        }
        hidden = self.secret["hidden"].id
        await self.make.row(Flag, comment_id=hidden, **(told | settled | {"key": b"2"}))

    async def black_out(self):
        """The text before the blacking out, and an appeal for which somebody may read it."""
        rule, judge = await self.make.rule(), await self.make.moderator()
        decision = await matter.decided_by(self.make, self.masked, judge, "publish_masked", rule)
        about = {"decision_id": decision.id, "comment_id": self.masked.id}
        await self.make.row(Original, text=MARKS["masked original"], **about)
        await matter.appeal(self.make, self.masked, decision)

    async def draft(self):
        """One of every kind, saved and not published; one of them of something that is public, one thrown away."""
        words = dict.fromkeys(
            ("title", "text", "summary", "lead", "about", "intro", "rationale"), MARKS["draft"]
        )
        words |= {"slug": "zwiebelkuchen", "code": "Z77", "state": "planned", "consultation": ""}
        planned = await self.make.consultation(
            title=MARKS["its title"], lead=MARKS["draft"], about=MARKS["draft"], published_at=None
        )
        of_it = {"consultation": str(planned.uid), "code": "Z78"}
        self.drafts = [
            (planned.uid, "consultation", words | {"slug": planned.slug, "title": planned.title}),
            (self.open.uid, "point", words | {"code": self.open.code}),
            (uuid4(), "point", words | of_it),
            *((uuid4(), kind, words) for kind in ("point", "area", "measure", "page")),
            (rulebooks.UID, "rulebook", words | {"rules": []}),
        ]
        for uid, kind, content in self.drafts:
            await self.make.row(Version, subject=uid, number=1, kind=kind, act="saved", content=content)
        thrown = {"subject": uuid4(), "kind": "page"}
        for number, act in ((1, "saved"), (2, "discarded")):
            await self.make.row(
                Version, number=number, act=act, content=words if number == 1 else {}, **thrown
            )

    async def comment(self, status, **values):
        text = MARKS[status]
        return await self.make.comment(self.open.thread, self.author, status=status, text=text, **values)

    async def viewer(self, name):
        browser = self.new_browser()
        if name == "author":
            await browser.sign_in(self.author)
        elif name in {"guest author", "known guest"}:
            guest = self.guest if name == "guest author" else await self.make.guest()
            async with self.make.database.writing() as db:
                token, _ = await accounts.sign_in(db, guest.id, "")
            browser.client.cookies.set("session", token)
        elif name == "member":
            await browser.sign_in(self.member)
        elif name == "host elsewhere":
            await browser.sign_in(await self.host_elsewhere())
        elif name == "deputy no more":
            await browser.sign_in(await self.deputy_no_more())
        elif VIEWERS[name] is not None:
            await browser.sign_in(await self.make.person(*VIEWERS[name]))
        return browser

    async def host_elsewhere(self):
        person, room = await self.make.citizen(), await self.make.room()
        for role in ("moderator", "editor", "panelist", "committee"):
            await self.make.grant(person, role, room)
        return person

    async def deputy_no_more(self):
        """Stands in for somebody who moderates everywhere, and only edits in another room by now."""
        person, away = await self.make.citizen(), await self.make.moderator()
        await self.make.grant(person, "editor", await self.make.room())
        days = {"starts_on": clock.today(), "ends_on": clock.today()}
        await self.make.row(Absence, person_id=away.id, deputy_id=person.id, **days)
        return person

    def addresses(self):
        """One of every page that can be opened, for every row; links lead to the rest."""
        comments = [
            self.public,
            self.answer,
            self.counted,
            self.masked,
            self.said,
            *self.secret.values(),
            *self.replies.values(),
            self.of_guest,
        ]
        values = {
            "number": [NUMBER, *(comment.number for comment in comments)],
            "code": [self.open.code, self.sealed.code, self.circle.code],
            "slug": [each.consultation.slug for each in (self.open, self.sealed, self.circle)],
            "thread": [self.open.thread.id, self.sealed.thread.id, self.circle.thread.id],
            "id": [1, 7, self.author.id, self.keeps.id],
            "kind": list(FOLDERS.values()),
            "uid": [uid for uid, *_ in self.drafts],
            "step": [1],
            "accent": ["005465", "ffffff"],
            "digest": ["0" * 64],
            "ending": ["png", "svg"],
        }
        for route in ROUTES:
            if "GET" in route.methods:
                for filled in product(*(values[name] for name in route.param_convertors)):
                    yield route.path_format.format(**dict(zip(route.param_convertors, filled, strict=True)))
        for words in ("Zwiebelkuchen", "Kennwort", "zwie", "Text", *values["number"], *values["code"]):
            yield f"/suche?q={words}"
        yield from ("/verwaltung/personen?zeige=alle", "/verwaltung/personen?suche=zwiebelkuchen")
        orders = ("sort=newest", "sort=agreed", "sort=divided", "druck=1")
        yield from (f"/punkte/{code}?{order}" for code in values["code"] for order in orders)
        yield f"/beteiligung/{self.open.consultation.slug}/karten?stimmen=1&zuletzt={self.public.id}"
        yield from ("/moderation?ab=2020-01-01T00:00:00%2B00:00", "/moderation/protokoll?vor=9", "/unbekannt")
        yield from (f"/moderation?zeige={kind}&ordnung=dauer" for kind in filters.KINDS)


async def crawl(browser, addresses):
    """Everything a viewer can open: the given addresses, and every link found on the way."""
    waiting, found = list(addresses), {}
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        page = await browser.client.get(address, follow_redirects=True)
        assert page.status_code < 500, address
        found[address] = unescape(page.text) + str(page.headers)
        waiting += (urljoin(address, unescape(link)) for link in LINK.findall(page.text))
    return found


def seen(pages):
    return {secret for secret, mark in MARKS.items() if any(mark in text for text in pages.values())}


def opened(route, pages):
    return any(route.path_regex.match(address.partition("?")[0]) for address in pages)


@pytest.fixture
async def city(make, new_browser):
    return await City(make, new_browser).build()


@pytest.mark.parametrize("name", SEES)
async def test_each_secret_is_seen_by_exactly_those_who_may(city, name):
    await city.keep_secrets()
    parent = city.secret["hidden"].id
    city.replies["published"] = await city.make.comment(city.open.thread, parent_id=parent)

    pages = await crawl(await city.viewer(name), city.addresses())

    assert seen(pages) == SEES[name]
    assert [route.name for route in ROUTES if "GET" in route.methods and not opened(route, pages)] == []


@pytest.mark.parametrize("name", SEES)
async def test_a_comment_that_is_not_public_opens_for_its_author_and_moderators(city, name):
    await city.keep_secrets()
    browser = await city.viewer(name)

    opened = [(await browser.get(f"/beitraege/{row.number}")).status for row in city.secret.values()]

    assert opened == [200 if name in {"author", "moderator"} else 404] * 4


async def test_a_reply_to_a_hidden_comment_stands_alone(city):
    await city.keep_secrets()
    reply = await city.make.comment(city.open.thread, parent_id=city.secret["hidden"].id, text="Antwort.")

    page = await (await city.viewer("citizen")).get(f"/beitraege/{reply.number}")

    assert page.words(".comment__text") == "Antwort."
    assert city.secret["hidden"].number not in page.text
    assert f"/beitraege/{reply.number}/antworten" not in page.text


async def test_once_the_seal_is_broken_everyone_sees_the_tallies(city, owner):
    await city.keep_secrets()
    for table in ("threads", "consultations"):
        await owner.execute(f"UPDATE {table} SET sealed_until = now() WHERE sealed_until IS NOT NULL")

    pages = await crawl(await city.viewer("guest"), city.addresses())

    assert seen(pages) == {"tally of votes", "count of stances"}


@pytest.mark.parametrize("name", sorted(set(VIEWERS) - {"moderator"}))
async def test_what_is_not_public_changes_no_page_of_others(city, name):
    browser = await city.viewer(name)
    before = await public_pages(browser, city)

    await city.keep_secrets()

    assert await public_pages(browser, city) == before


async def public_pages(browser, city):
    """What one reads on every page that counts or lists."""
    addresses = [
        "/",
        "/beteiligung",
        "/strategie",
        "/gremium",
        "/ausschuss",
        f"/beitraege/{city.public.number}",
    ]
    for point in (city.open, city.sealed):
        addresses += [f"/beteiligung/{point.consultation.slug}", f"/punkte/{point.code}"]
        more = ("?sort=newest", "?sort=agreed", "?druck=1", "/ergebnis")
        addresses += [f"/punkte/{point.code}{each}" for each in more]
        addresses += [f"/suche?q={words}" for words in ("Zwiebelkuchen", "Text", point.code)]
    return {address: (await browser.get(address)).words("body") for address in addresses}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("role", ROLES)
async def test_an_export_holds_what_its_role_may_see(city, database, tmp_path, role, format):
    await city.keep_secrets()

    files = await package(database, city.open, role, tmp_path, format)

    assert seen(files) == (
        TEXTS - {"withdrawn"} | {"of a guest"} if role in {"moderator", "admin"} else set()
    )


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("role", ROLES)
async def test_a_sealed_export_is_the_same_with_and_without_votes(
    city, database, owner, tmp_path, role, format
):
    voted = await package(database, city.sealed, role, tmp_path, format)
    await owner.execute("DELETE FROM votes; DELETE FROM stances")

    assert await package(database, city.sealed, role, tmp_path, format) == voted


DATED = {"README.md", "schema.json", "xl/worksheets/sheet1.xml", "docProps/core.xml"}  # they name the moment


async def package(database, point, role, folder, format):
    """Name and text of what is in an export, but for the explanations."""
    await exports.to_file(database, point.consultation.slug, role, folder / "export", print, format)
    with zipfile.ZipFile(folder / "export") as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name not in DATED}


@pytest.mark.parametrize("status", HIDDEN)
@pytest.mark.parametrize(
    "name", ["guest", "known guest", "citizen", "editor", "panelist", "committee", "admin"]
)
async def test_hidden_and_unknown_numbers_look_alike(city, name, status):
    await city.keep_secrets()
    browser = await city.viewer(name)

    hidden = [await answers(browser, row[status].number) for row in (city.secret, city.replies)]

    assert hidden == [await answers(browser, NUMBER)] * 2


async def answers(browser, number):
    """All that the addresses of a number say, without the number itself."""
    found = []
    for page in ("", "/antworten", "/bearbeiten", "/loeschen", "/stimme"):
        found.append(await browser.client.get(f"/beitraege/{number}{page}"))
    for action in ("stimme", "stimme/zuruecknehmen", "antworten", "bearbeiten", "zurueckziehen", "loeschen"):
        sent = {"vote": "agree", "text": "Eine Antwort."}
        headers = {"origin": browser.origin}
        found.append(await browser.client.post(f"/beitraege/{number}/{action}", data=sent, headers=headers))
    sent = {"number": number, "secret": "AAAA-BBBB"}
    found.append(await browser.client.post("/beitrag", data=sent, headers={"origin": browser.origin}))
    return [
        (page.status_code, page.text.replace(number, "N"), str(page.headers).replace(number, "N"))
        for page in found
    ]
