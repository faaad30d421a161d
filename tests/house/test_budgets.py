"""Budgets: queries and bytes per page, the same with few and with very many contributions."""

import gzip
import re
from contextlib import contextmanager
from itertools import islice, product
from uuid import uuid4

import pytest
from sqlalchemy import event, insert

from dialogue import circles
from dialogue.kit import clock, tokens
from dialogue.kit.files import STATIC
from dialogue.tables import Comment
from moderation import filters, reading
from tests.consultations.editing.conftest import Desk, consultation

TEMPLATES = STATIC.parent / "templates"

MOST = 8
# Random numbers would meet by chance among tens of thousands.
NUMBERS = (f"{a}-{b}" for a, b in product(map("".join, product(tokens.CROCKFORD, repeat=3)), repeat=2))


@contextmanager
def counted(database):
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    engines = [database.reader.sync_engine, database.writer.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def fill(database, thread, author, count, status="published"):
    now = clock.now()
    public = status == "published"
    rows = [
        {
            "number": number,
            "thread_id": thread.id,
            "author_id": author.id,
            "text": f"Beitrag {n}",
            "status": status,
            "once": uuid4(),
            "created_at": now,
            "published_at": now if public else None,
        }
        for n, number in enumerate(islice(NUMBERS, count))
    ]
    async with database.writing() as db:
        await db.execute(insert(Comment), rows)
    return rows


@pytest.mark.parametrize("role", ["citizen", "moderator", "panelist", "committee"])
async def test_pages_need_few_queries_and_the_same_with_10_and_10_000_contributions(
    browser, make, database, role
):
    point = await make.point()
    author = await make.person()
    person = await make.person(*([] if role == "citizen" else [role]))
    first = await fill(database, point.thread, author, 10)
    waiting = await fill(database, point.thread, author, 60, "pending")
    await browser.sign_in(person)
    pages = [
        "/",
        "/beteiligung",
        f"/beteiligung/{point.consultation.slug}",
        "/strategie",
        f"/punkte/{point.code}",
    ]
    pages += [
        f"/beteiligung/{point.consultation.slug}/karten?punkt={point.code}",
        f"/punkte/{point.code}?sort=newest",
        f"/punkte/{point.code}?sort=agreed",
        f"/punkte/{point.code}?sort=divided",
        f"/punkte/{point.code}?druck=1",
        f"/beitraege/{first[0]['number']}",
        "/konto",
        "/netiquette",
        "/suche?q=Beitrag",
        f"/punkte/{point.code}/ergebnis",
        "/suche?q=7K4-92F&wo=" + point.code,
        "/transparenz",
        f"/transparenz/{point.consultation.slug}",
        "/transparenz.csv",
        "/transparenz.json",
    ]
    own = {
        "moderator": [
            "/moderation",
            "/moderation?weiter=0.0",
            f"/moderation/{waiting[0]['number']}",
            f"/moderation/{waiting[-1]['number']}?weiter=0.0",
            f"/moderation/{first[0]['number']}",
            f"/moderation?erledigt={first[0]['number']}",
            f"/moderation/{waiting[0]['number']}?erledigt={first[0]['number']}",
            *(f"/moderation?zeige={kind}" for kind in filters.KINDS),
            f"/moderation?punkt={point.thread.id}&feld=&alter=24&bei=mir&ordnung=dauer",
            f"/moderation/{waiting[5]['number']}?ordnung=dauer&punkt={point.thread.id}",
            f"/moderation/faden/{point.thread.id}",
            f"/moderation/{waiting[0]['number']}/sperren",
            "/moderation/tasten",
            "/moderation/protokoll",
            "/moderation/mails",
            "/moderation/hinweise",
        ],
        "panelist": ["/gremium"],
        "committee": ["/ausschuss"],
    }
    pages += own.get(role, [])

    async def queries():
        found = {}
        for page in pages:
            with counted(database) as statements:
                assert (await browser.get(page)).status == 200
            found[page] = len(statements)
        return found

    await queries()  # the first visit is noted
    few = await queries()
    await make.point(await make.consultation())
    await fill(database, point.thread, author, 10_000)
    await fill(database, point.thread, author, 10_000, "pending")
    many = await queries()

    assert many == few
    assert {page: count for page, count in few.items() if count > MOST} == {}


async def test_a_vote_is_one_statement_and_the_session(browser, make, database):
    comment = await make.comment()
    await browser.sign_in(await make.citizen())

    with counted(database) as statements:
        await browser.post(
            f"/beitraege/{comment.number}/stimme", vote="agree", headers={"hx-request": "true"}
        )

    assert [re.match(r"\w+", statement).group() for statement in statements] == ["SELECT", "WITH"]


def kinds(statements):
    return [" ".join(statement.split()[:3]) for statement in statements]


async def test_the_editors_pages_need_the_same_queries_with_few_and_many_contents(browser, make, database):
    desk = Desk(database, await make.person("editor"))
    point = await make.point()
    uid = await desk.save("area", title="Eins", summary="Worum es geht.")
    await desk.save("consultation", **consultation())
    await desk.save("point", point.uid, text="Anders.")
    await browser.sign_in(desk.person)
    pages = ["", "/punkte", f"/felder/{uid}", f"/felder/{uid}/vorschau", f"/felder/{uid}/verlauf"]
    pages += [
        f"/beteiligungen/{point.consultation.uid}",
        f"/punkte/{point.uid}",
        f"/punkte/{point.uid}/vorschau",
    ]

    async def queries():
        found = {}
        for page in pages:
            with counted(database) as statements:
                assert (await browser.get(f"/redaktion{page}")).status == 200
            found[page] = len(statements)
        return found

    few = await queries()
    for n in range(20):
        await desk.save("area", title=f"Feld {n}", summary="Worum es geht.")
        await desk.save("consultation", **consultation(title=f"Beteiligung {n}"))
        await make.point(await make.consultation())

    assert await queries() == few
    assert max(few.values()) <= 2 * MOST


@pytest.mark.parametrize("checks_first", [True, False])
async def test_a_contribution_needs_few_statements(browser, make, database, checks_first):
    thread = await make.thread(checks_first=checks_first)
    await browser.sign_in(await make.citizen())

    with counted(database) as statements:
        await browser.post(f"/faden/{thread.id}/schreiben", text="Bitte auch auf Papier.", stance="agree")

    assert len(statements) <= MOST, kinds(statements)


async def test_triage_needs_few_statements_and_locks_the_journal_last(make, database):
    author = await make.citizen()
    thread = await make.thread(checks_first=False)
    await fill(database, thread, author, 100)
    comment = await make.comment(thread, author, status="pending")

    with counted(database) as statements:
        await reading.read(database, comment.id, comment.revision)

    assert kinds(statements)[-1] == "INSERT INTO journal"
    assert len(statements) <= 2 * MOST, kinds(statements)


async def test_the_journal_comes_last_because_its_lock_is_held_until_the_commit(
    browser, new_browser, make, database
):
    thread, writer = await make.thread(checks_first=False), await make.citizen()
    waiting, rule = await make.comment(thread, status="pending"), await make.rule()
    await make.comment(thread, status="pending")
    moderator = new_browser()
    await browser.sign_in(writer)
    await moderator.sign_in(await make.moderator())

    async def last_of(who, address, **form):
        with counted(database) as statements:
            page = await who.post(address, follow=False, **form)
        told = kinds(statements)
        if told[-1] == "INSERT INTO claims":  # the next case is taken after the commit, by itself
            told.pop()
        return page, told[-1], told.count("INSERT INTO journal")

    written = await last_of(browser, f"/faden/{thread.id}/schreiben", text="Auf Papier.", stance="agree")
    number, secret = (written[0].words(f".receipt__{part}") for part in ("number", "secret"))
    no = {
        "decision": "reject",
        "revision": 1,
        "rule": rule.id,
        "reasons": "Ein Name steht darin, bitte ohne.",
    }
    decided = await last_of(moderator, f"/moderation/{waiting.number}/entscheiden", **no)
    withdrawn = await last_of(browser, "/beitrag", number=number, secret=secret, action="withdraw")

    assert [each[0].status for each in (written, decided, withdrawn)] == [200, 303, 200]
    assert written[2] == 0
    assert [each[1:] for each in (decided, withdrawn)] == [("INSERT INTO journal", 1)] * 2


async def test_a_hundred_join_a_circle_with_few_statements(make, database):
    circle, admin = await make.circle(), await make.person("admin")
    emails = [(await make.citizen()).email for _ in range(100)]

    async with database.writing() as db:
        with counted(database) as statements:
            joined = await circles.add_members(db, circle.id, " ".join(emails), admin.id)

    assert joined == 100
    assert len(statements) <= MOST


def test_styles_scripts_and_fonts_stay_small():
    def size(pattern):
        return sum(len(gzip.compress(file.read_bytes())) for file in STATIC.glob(pattern))

    def styles(template):
        named = re.findall(r"css/([a-z]+)\.css", template.read_text())
        listed = re.findall(r"for sheet in \(([^)]*)\)", template.read_text())
        return {*named, *re.findall(r"'(?:css/)?([a-z]+)(?:\.css)?'", " ".join(listed))}

    everywhere = styles(TEMPLATES / "base.html")
    pages = {file.name: everywhere | styles(file) for file in TEMPLATES.rglob("*.html")}
    heaviest = max(pages, key=lambda name: sum(size(f"css/{sheet}.css") for sheet in pages[name]))

    assert sum(size(f"css/{sheet}.css") for sheet in pages[heaviest]) < 13_000, heaviest
    assert size("css/*.css") < 22_000
    assert size("js/*.js") < 6_000
    assert size("vendor/kern/*.css") < 48_000
    assert sum(file.stat().st_size for file in STATIC.glob("vendor/fira-sans/*.woff2")) < 400_000


async def test_a_page_of_fifty_contributions_stays_small(browser, make, database):
    point = await make.point()
    await fill(database, point.thread, await make.person(), 50)

    page = await browser.get(f"/punkte/{point.code}")

    assert len(page.select("article.comment")) == 50
    assert len(gzip.compress(page.response.content)) < 12_000
